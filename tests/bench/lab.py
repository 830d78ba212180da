"""``make bench NAME=lab``: how long a private lab chain takes to start, imports done.

``p50_ms`` is a plain lab (the bar); ``permit_p50_ms`` one that enforces a draft's terms: the same
and two regulators' signatures, a block, and the terms' own checks.
"""

from __future__ import annotations

import os
import statistics
import time

from sandbox.sdk import lab
from tests.bench._report import quantile, report

ROUNDS = 20
BAR_MS = 150


TERMS = {
    "assets": [{"asset": "KGST", "per_transaction": str(5_000 * 10**18)}],
    "deployments": 3,
    "transactions_per_day": 1_000,
}


def _lab_ms(**how: object) -> float:
    began = time.perf_counter()
    running = lab(**how)
    took = time.perf_counter() - began
    running.close()
    return took * 1000


def measure() -> tuple[dict[str, object], bool]:
    """Twenty starts after one that warms the caches."""
    _lab_ms()
    times = [_lab_ms() for _ in range(ROUNDS)]
    _lab_ms(permit=TERMS)
    under_terms = [_lab_ms(permit=TERMS) for _ in range(ROUNDS)]
    figures: dict[str, object] = {
        "p50_ms": round(statistics.median(times), 1),
        "p99_ms": round(quantile(times, 0.99), 1),
        "permit_p50_ms": round(statistics.median(under_terms), 1),
        "permit_p99_ms": round(quantile(under_terms, 0.99), 1),
        "rounds": ROUNDS,
        "load": round(os.getloadavg()[0], 2),
        "bar": {"p50_ms": BAR_MS},
    }
    return figures, statistics.median(times) <= BAR_MS


if __name__ == "__main__":
    report("lab", measure)
