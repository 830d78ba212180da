"""Regulators, sponsor and start-up of a running install, for measurements; one command a line.

Runs as the desk's user, whose socket to the signer lets it sign as a regulator; every act is
the use case that the desk's page calls. ``grant COUNT`` and ``reinstate PERMIT`` answer with
one line of JSON when the worker has carried the act out.
"""

import json
import sys
import time

from sandbox.chain.signer.client import SignerClient
from sandbox.services import countersigning, decisions, keys
from sandbox.services.gateway_client import GatewayClient
from sandbox.services.ports import Ports
from sandbox.settings import Settings
from sandbox.store import Store
from tests.services.world import Clock, World

WIDE = {
    "KGST.window_volume": "50 000 000",
    "transactions_per_day": "1 000 000",
    "requests_per_second": "1 000",
}


class Team(World):
    """The people of an install that runs; its own worker does what is due."""

    def __init__(self, settings):
        self.store, self.clock = Store(settings.database_url), Clock()
        gateway = GatewayClient(settings.paths.gateway_socket)
        self.ports = Ports(SignerClient(settings.paths.signer_socket), gateway)

    def wait(self, number, state="active", seconds=60):
        deadline = time.monotonic() + seconds
        while True:
            permit = self.permit(number)
            if permit.state == state and permit.acknowledged:
                return permit
            assert time.monotonic() < deadline, f"{number} is {permit.state}"
            time.sleep(0.02)

    def grant(self, count):
        files = [self.countersigned(**WIDE) for _ in range(int(count))]
        return [self._open(self.file(each.id).permit) for each in files]

    def _open(self, number):
        permit = self.wait(number)
        made = self.do(keys.create_key, "aigul", keys.CreateKey(number, "bench"), ports=True)
        return {"permit": number, "wallet": permit.settlement, "key": made.secret}

    def reinstate(self, number):
        self.wait(number, "suspended")
        command = decisions.ProposeReinstate(number, "in order again")
        file = self.do(decisions.propose_reinstate, "feruza", command, ports=True)
        proposed = [
            each for each in file.decisions if (each.kind, each.status) == ("reinstate", "proposed")
        ]
        command = countersigning.Countersign(proposed[-1].id)
        self.do(countersigning.countersign, "gulnara", command, ports=True)
        return self.wait(number).version


if __name__ == "__main__":
    team = Team(Settings.load())
    for line in sys.stdin:
        name, argument = line.split()
        print(json.dumps(getattr(team, name)(argument)), flush=True)
