"""How fast a regulator's suspension stops a permit, under load: ``make bench NAME=killswitch``.

A whole install (``synak run``). Permits pay from several connections each, from a process of
their own; a regulator with a real session suspends one after the other by the form of the
console page; two other regulators reinstate it meanwhile, so that it can be suspended again.

- *latency*: from the moment before the form is sent until the moment when the last
  acknowledgement of one of the permit's transactions was received, on the same clock. Signing
  in, the password and loading the page come before; everything that the desk does with the
  request is in it. 0 when nothing was acknowledged after the form was sent.
- *moved_after*: Transfers of the permit's money to anybody but home (a customer, redemption),
  behind the Supervisor's ``Published`` of the suspension and before that of the reinstatement,
  in the order of blocks and logs, counted from the chain.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections import defaultdict

from eth_utils import keccak

from sandbox.isolation.probe import Isolation, probe
from sandbox.kit.ids import permit_key
from sandbox.run.identity import TOLD, Identities
from sandbox.services.gateway_client import GatewayClient
from sandbox.settings import Settings
from tests.bench._report import quantile, report
from tests.gateway.support import TOKEN, encode
from tests.support.system import CHECKOUT, system

SUSPENSIONS = int(os.environ.get("BENCH_ROUNDS", "200"))
PERMITS = int(os.environ.get("BENCH_PERMITS", "12"))
CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "3"))
PAUSE = float(os.environ.get("BENCH_PAUSE", "0.01"))
P99_MS = 50.0
REGULATOR = "ermek"
SINK = "0x600160005360016000f3"
"""Creates a contract that takes what it is sent."""
PUBLISHED = "0x" + keccak(text="Published(bytes32,uint64,uint8,uint64)").hex()
TRANSFER = "0x" + keccak(text="Transfer(address,address,uint256)").hex()
ACTIVE = 1


class Team:
    """The other people, in a process of the desk's user."""

    def __init__(self, running, settings):
        separate = probe().level is Isolation.SEPARATE_USERS
        ids = Identities(settings.isolation.uid_base, separate=separate)
        who = {}
        if separate:
            groups = [ids.group("store"), ids.group("internal")]
            who = {"user": ids.uid("desk"), "group": ids.uid("desk"), "extra_groups": groups}
        told = (Isolation.SEPARATE_USERS if separate else Isolation.NONE).value
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench._team"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
            env={**running.environment, TOLD: told, "PYTHONDONTWRITEBYTECODE": "1"},
            **who,
        )
        self._asking = threading.Lock()

    def ask(self, name, argument):
        with self._asking:
            self.process.stdin.write(f"{name} {argument}\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        assert line, "the team's process ended"
        return json.loads(line)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)


class Regulator:
    """A signed-in browser, without the browser."""

    def __init__(self, running):
        self.client, self.url = running.client(REGULATOR), running.url
        self.password = running.password
        page = self.client.get("/desk/sign-in?next=/desk/")
        assert page.status_code == 200, page.status_code

    def form(self, number):
        """The console's form, as the browser has it before the click."""
        page = self.client.get(f"/desk/permits/{number}/console")
        assert page.status_code == 200, page.status_code
        start = page.text.index(f'action="/desk/permits/{number}/suspend"')
        hidden = r'name="(_csrf|_key)" value="([^"]+)"'
        fields = dict(re.findall(hidden, page.text[start : start + 2000]))
        return {**fields, "understood": "yes", "reasons": "Complaints are rising."}

    def give_password(self, number):
        """It is good for a quarter of an hour; the form is not confirmed and does nothing."""
        form = {**self.form(number), "understood": "no", "_password": self.password}
        answer = self._post(number, form)
        assert answer.status_code == 400, answer.status_code

    def _post(self, number, form):
        headers = {"Origin": self.url, "Referer": f"{self.url}/desk/permits/{number}/console"}
        path = f"/desk/permits/{number}/suspend"
        return self.client.post(path, data=form, headers=headers, follow_redirects=False)

    def suspend(self, number, form):
        """Send it; the moments before and behind it."""
        began = time.monotonic()
        answer = self._post(number, form)
        answered = time.monotonic()
        assert answer.status_code == 303, (answer.status_code, answer.text[-3000:])
        return began, answered


def prepare(inside, permits, port):
    """Money for every permit's wallet, and a contract of its own to pay."""
    import httpx

    national = inside.national()["kgst"]
    token = national.tokens["KGST"]
    for each in permits:
        data = encode("KGST", "issue", each["wallet"], 100_000 * TOKEN)
        paid = inside.submit_system(
            "kgst", "system/issuer", token, data, idempotency_key=f"bench:{each['permit']}"
        )
        assert paid["status"] == "0x1", paid
        fields = {"from": each["wallet"], "data": SINK, "gas": hex(300_000)}
        body = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction", "params": [fields]}
        headers = {"Authorization": f"Bearer {each['key']}"}
        address = f"http://127.0.0.1:{port}/rpc/kgst"
        answer = httpx.post(address, json=body, headers=headers, timeout=60).json()
        each["token"], each["hash"] = token, answer["result"]
    for each in permits:
        while (receipt := inside.rpc("kgst", "eth_getTransactionReceipt", [each["hash"]])) is None:
            time.sleep(0.1)
        each["contract"] = receipt["contractAddress"]
    return national


class Spenders:
    """The process that pays; acknowledgements by permit, each a moment."""

    def __init__(self, permits, port):
        told = {"port": port, "permits": permits, "connections": CONNECTIONS, "pause": PAUSE}
        self.output = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed by stop)
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tests.bench._spenders", json.dumps(told)],
            stdin=subprocess.PIPE,
            stdout=self.output,
            cwd=CHECKOUT,
        )

    def stop(self):
        self.process.stdin.close()
        self.process.wait(120)
        self.output.seek(0)
        moments, troubles = defaultdict(list), []
        for line in self.output:
            moment, permit, said = line.rstrip("\n").split(" ", 2)
            if said.startswith("!"):
                troubles.append(said)
            moments[permit].append(float(moment))
        self.output.close()
        return {permit: sorted(found) for permit, found in moments.items()}, troubles


def suspend_all(team, regulator, numbers):
    """Suspensions one by one; each permit is reinstated in the background."""
    acts, back = [], dict.fromkeys(numbers)

    def reinstate(number):
        team.ask("reinstate", number)

    for at in range(SUSPENSIONS):
        number = numbers[at % len(numbers)]
        if back[number] is not None:
            back[number].join()
        time.sleep(0.5)  # let it pay again
        if at % 50 == 0:
            regulator.give_password(number)
        form = regulator.form(number)
        began, answered = regulator.suspend(number, form)
        acts.append((number, began, answered))
        back[number] = threading.Thread(target=reinstate, args=(number,))
        back[number].start()
    for thread in back.values():
        thread.join()
    return acts


def latencies(acts, moments):
    """Seconds from each form to the last acknowledgement before the reinstatement."""
    found, after_answer = [], 0
    for number, began, answered in acts:
        mine = moments[number]
        at = bisect_left(mine, began)
        last = began
        while at < len(mine) and mine[at] - last < 0.25:  # a reinstatement takes far longer
            last = mine[at]
            at += 1
        found.append(last - began)
        after_answer += sum(answered < each <= last for each in mine)
    return found, after_answer


def moved_after(inside, national, permits):
    """Count from the chain; also how many blocks held a suspension."""
    moved, suspended = 0, 0
    wallets = {each["wallet"].lower(): each["permit"] for each in permits}
    numbers = {"0x" + permit_key(each["permit"]).hex(): each["permit"] for each in permits}
    closed = set()
    head = int(inside.rpc("kgst", "eth_blockNumber", []), 16)
    for block in range(1, head + 1):
        wanted = {"fromBlock": hex(block), "toBlock": hex(block)}
        logs = inside.rpc("kgst", "eth_getLogs", [wanted])
        for log in sorted(logs, key=lambda each: int(each["logIndex"], 16)):
            topics = log["topics"]
            if topics[0] == PUBLISHED and topics[1] in numbers:
                state = int(log["data"][66:130], 16)
                (closed.discard if state == ACTIVE else closed.add)(numbers[topics[1]])
                suspended += state != ACTIVE
            elif topics[0] == TRANSFER and log["address"] == national.tokens["KGST"].lower():
                payer = wallets.get("0x" + topics[1][26:])
                moved += payer in closed and int(topics[2], 16) != 0
    return moved, suspended


def measure():
    with system(SYNAK_BLOCK_INTERVAL="1.0") as running:
        running.start()
        settings = Settings.load(running.environment)
        team = Team(running, settings)
        inside = GatewayClient(settings.paths.gateway_socket)
        try:
            permits = team.ask("grant", PERMITS)
            national = prepare(inside, permits, settings.paths.gateway_port)
            regulator = Regulator(running)
            spenders = Spenders(permits, settings.paths.gateway_port)
            began = time.monotonic()
            time.sleep(3)
            try:
                acts = suspend_all(team, regulator, [each["permit"] for each in permits])
                seconds = time.monotonic() - began
            finally:
                moments, troubles = spenders.stop()
            time.sleep(3)
            moved, seen = moved_after(inside, national, permits)
        finally:
            team.stop()
            inside.close()
    found, late = latencies(acts, moments)
    figures = {
        "p50_ms": round(quantile(found, 0.5) * 1000, 1),
        "p99_ms": round(quantile(found, 0.99) * 1000, 1),
        "max_ms": round(max(found) * 1000, 1),
        "answer_p50_ms": round(quantile([e - b for _, b, e in acts], 0.5) * 1000, 1),
        "acknowledged_after_the_answer": late,
        "moved_after": moved,
        "suspensions": len(acts),
        "published_on_chain": seen,
        "permits": PERMITS,
        "connections": PERMITS * CONNECTIONS,
        "load_tps": round(sum(map(len, moments.values())) / seconds, 1),
        "seconds": round(seconds),
        "troubles": troubles[:3],
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "bar": {"p99_ms": P99_MS, "moved_after": 0},
    }
    holds = figures["p99_ms"] <= P99_MS and moved == 0 and late == 0 and seen >= len(acts)
    return figures, holds


if __name__ == "__main__":
    report("killswitch", measure)
