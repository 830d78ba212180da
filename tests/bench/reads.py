"""How much of the engine's speed at reading is left behind the gateway.

The load: ``eth_call`` of a supervised token's ``balanceOf``, from 50 connections of a process
of its own, one request at a time each, while nothing is mined.

- *direct*: into the HTTP port of an identical engine with the same state.
- *gateway*: over HTTP with a permit key: every step of the pipeline, quota and compute units.

The two take turns in rounds on the same machine; every answer is compared with the other's.
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


def bodies(permit, wallets):
    """Each connection asks for the balances of all customers, again and again."""
    found = []
    for number in range(EACH):
        data = "0x70a08231" + wallets[number % len(wallets)].address[2:].rjust(64, "0")
        params = [{"to": permit.token, "data": data}, "latest"]
        body = {"jsonrpc": "2.0", "id": number, "method": "eth_call", "params": params}
        found.append(json.dumps(body, separators=(",", ":")).encode())
    return [found] * CONNECTIONS


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
            return _rounds(system, direct, permit, bodies(permit, wallets))
        finally:
            direct.stop()
    finally:
        system.stop()
        shutil.rmtree(root, ignore_errors=True)


def _rounds(system, direct, permit, asked):
    headers = {"Authorization": f"Bearer {permit.key}"}
    seconds, latencies, differing, errors, rounds = {"direct": 0.0, "gateway": 0.0}, [], 0, [], []
    cpu = system.cpu_seconds()
    for _ in range(ROUNDS):
        straight = run(Load(direct.port, "/", asked))
        system.beat()
        through = run(Load(system.port, "/rpc/kgst", asked, headers))
        (expected, failed), (found, refused) = results(straight), results(through)
        assert not failed, failed[0]
        differing += expected != found
        errors += refused
        seconds["direct"] += straight.seconds
        seconds["gateway"] += through.seconds
        latencies += through.latencies
        rounds.append([round(CONNECTIONS * EACH / each.seconds) for each in (straight, through)])
    count = ROUNDS * CONNECTIONS * EACH
    figures = {
        "direct_rps": round(count / seconds["direct"]),
        "gateway_rps": round(count / seconds["gateway"]),
        "ratio": round(seconds["direct"] / seconds["gateway"], 3),
        "p50_ms": round(quantile(latencies, 0.5) * 1000, 1),
        "p99_ms": round(quantile(latencies, 0.99) * 1000, 1),
        "gateway_cpu_us_each": round((system.cpu_seconds() - cpu) / count * 1e6),
        "differing_rounds": differing,
        "errors": len(errors),
        "calls": count,
        "connections": CONNECTIONS,
        "rounds_direct_gateway_rps": rounds,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "bar": {"ratio": RATIO},
    }
    if errors:
        figures["first_error"] = errors[0]
    return figures, figures["ratio"] >= RATIO and not differing and not errors


if __name__ == "__main__":
    report("reads", measure)
