"""How much of the engine's speed at reading is left behind the gateway.

The load: ``eth_call`` of a supervised token's ``balanceOf``, from 50 connections of a process
of its own, one request at a time each, while nothing is mined. Two loads:

- *again*: the balances of 50 customers, asked again and again, as pages and wallets do; the
  gateway has the engine work each out once for a head (``sandbox.chain.answered``);
- *distinct*: no two of all calls are equal, so the engine works each out.

- *direct*: into the HTTP port of an identical engine with the same state.
- *gateway*: over HTTP with a permit key: every step of the pipeline, quota and compute units.

The two take turns in rounds on the same machine; every answer is compared with the other's.
``ratio`` is the lesser of the two loads' ratios.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path

from tests.bench._load import Load, run
from tests.bench._report import quantile, report
from tests.bench.gateway import CONNECTIONS, Apart, Direct, grant

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "4"))
EACH = int(os.environ.get("BENCH_EACH", "200"))
RATIO = 0.4


def bodies(permit, addresses):
    """The balance of each address, a connection after the other."""
    found = []
    for number, address in enumerate(addresses):
        data = "0x70a08231" + address[2:].rjust(64, "0")
        params = [{"to": permit.token, "data": data}, "latest"]
        body = {"jsonrpc": "2.0", "id": number, "method": "eth_call", "params": params}
        found.append(json.dumps(body, separators=(",", ":")).encode())
    return [found[at : at + EACH] for at in range(0, len(found), EACH)]


def loads(permit, wallets):
    """Both loads, made new for each round: what is distinct was never asked before."""
    count = CONNECTIONS * EACH
    again = (wallets[number % len(wallets)].address for number in range(count))
    distinct = ("0x" + os.urandom(20).hex() for _ in range(count))
    return {"again": bodies(permit, again), "distinct": bodies(permit, distinct)}


def results(measured):
    answers = [json.loads(each) for each in measured.answers]
    return [each.get("result") for each in answers], [e["error"] for e in answers if "error" in e]


def measure():
    root = Path(tempfile.mkdtemp(prefix="bench-"))
    system = Apart(root)
    try:
        system.start(profile=os.environ.get("BENCH_PROFILE"))
        permit, wallets = grant(system)
        direct = Direct(system).start()
        try:
            return _rounds(system, direct, permit, wallets)
        finally:
            direct.stop()
    finally:
        system.stop()
        shutil.rmtree(root, ignore_errors=True)


class _Sum:
    """What the rounds of one load came to."""

    def __init__(self):
        self.seconds, self.cpu, self.latencies, self.rounds = [0.0, 0.0], 0.0, [], []

    def add(self, straight, through, cpu):
        pair = (straight, through)
        self.seconds = [had + each.seconds for had, each in zip(self.seconds, pair, strict=True)]
        self.latencies += through.latencies
        self.cpu += cpu
        self.rounds.append([round(CONNECTIONS * EACH / each.seconds) for each in pair])

    def figures(self):
        count = ROUNDS * CONNECTIONS * EACH
        return {
            "ratio": round(self.seconds[0] / self.seconds[1], 3),
            "direct_rps": round(count / self.seconds[0]),
            "gateway_rps": round(count / self.seconds[1]),
            "p50_ms": round(quantile(self.latencies, 0.5) * 1000, 1),
            "p99_ms": round(quantile(self.latencies, 0.99) * 1000, 1),
            "gateway_cpu_us_each": round(self.cpu / count * 1e6),
            "rounds_direct_gateway_rps": self.rounds,
        }


def _rounds(system, direct, permit, wallets):
    headers = {"Authorization": f"Bearer {permit.key}"}
    sums, differing, errors = {"again": _Sum(), "distinct": _Sum()}, 0, []
    for _ in range(ROUNDS):
        for name, asked in loads(permit, wallets).items():
            straight = run(Load(direct.port, "/", asked))
            system.beat()
            cpu = system.cpu_seconds()
            through = run(Load(system.port, "/rpc/kgst", asked, headers))
            sums[name].add(straight, through, system.cpu_seconds() - cpu)
            (expected, failed), (found, refused) = results(straight), results(through)
            assert not failed, failed[0]
            differing += expected != found
            errors += refused
    each = {name: one.figures() for name, one in sums.items()}
    figures = {
        "ratio": min(one["ratio"] for one in each.values()),
        **each,
        "differing_rounds": differing,
        "errors": len(errors),
        "calls": 2 * ROUNDS * CONNECTIONS * EACH,
        "connections": CONNECTIONS,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "bar": {"ratio": RATIO},
    }
    if errors:
        figures["first_error"] = errors[0]
    return figures, figures["ratio"] >= RATIO and not differing and not errors


if __name__ == "__main__":
    report("reads", measure)
