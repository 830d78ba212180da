"""``make bench NAME=lab``: how long a private lab chain takes to start, imports done."""

from __future__ import annotations

import statistics
import time

from sandbox.sdk import lab
from tests.bench._report import quantile, report

ROUNDS = 20
BAR_MS = 150


def _lab_ms() -> float:
    began = time.perf_counter()
    running = lab()
    took = time.perf_counter() - began
    running.close()
    return took * 1000


def measure() -> tuple[dict[str, object], bool]:
    """Twenty starts after one that warms the caches."""
    _lab_ms()
    times = [_lab_ms() for _ in range(ROUNDS)]
    figures: dict[str, object] = {
        "p50_ms": round(statistics.median(times), 1),
        "p99_ms": round(quantile(times, 0.99), 1),
        "rounds": ROUNDS,
        "bar": {"p50_ms": BAR_MS},
    }
    return figures, statistics.median(times) <= BAR_MS


if __name__ == "__main__":
    report("lab", measure)
