"""Cases: one made, and a class of fifty at once.

``case_seconds``: a standard case of about 2,000 transactions planned, executed on its two chains,
sealed and written, from a call of ``make``, the engine that creates the tokens included: the
slower of easy and medium, each the median of ``RUNS``.
``class50_cold_s``, ``class50_ahead_s``, ``class50_prepared_s``: ``TRAINEES`` at once, through the
desk and its worker (``_forensics_class``). Nodes start when they are first asked something:
``node_seconds`` is one start.

First one case of each kind is compared with its plan, row by row, and verified by executing it
again.
"""

import asyncio
import os
import resource
import statistics
import time

from sandbox.forensics.cases.scene import LEDGERS
from sandbox.services.cases import CaseNode, Order, make, planned
from sandbox.services.cases.verifying import verify
from tests.bench._forensics_class import measure_class

SECRET = bytes(range(32))
NAMES = ("easy", "medium")
STANDARD = 50
TRAINEES = int(os.environ.get("BENCH_TRAINEES", str(STANDARD)))
RUNS = 3


def measure_cases(folder):
    """The figures, and whether they are of the full size."""
    for name in NAMES:
        compare_with_the_plan(name, folder / "compared" / name)
    figures = {f"case_{name}_seconds": made_in(name, folder / name) for name in NAMES}
    figures["case_seconds"] = max(figures[f"case_{name}_seconds"] for name in NAMES)
    node = asyncio.run(node_seconds(planned_case(folder)))
    before = spent()
    figures |= measure_class(folder / "class", TRAINEES)
    figures["class50_cpu_s"] = round(spent() - before, 1)
    return figures | {"node_seconds": node, "trainees": TRAINEES}


def compare_with_the_plan(name, folder):
    """Every row, and the same blocks again."""
    order = Order("P3", name, "compared", 1)
    case, public = make(order, SECRET, folder), planned(order, SECRET)[0].public()
    for ledger in LEDGERS:
        wanted = public.table(ledger)
        assert case.table(ledger).select(wanted.columns).rows() == wanted.rows()
    assert verify(folder).replayed


def made_in(name, folder):
    """The median of some, seconds."""
    seconds = []
    for attempt in range(1, RUNS + 1):
        began = time.perf_counter()
        case = make(Order("P3", name, "measured", attempt), SECRET, folder / str(attempt))
        seconds.append(time.perf_counter() - began)
        assert read(case) >= 1_900
    return round(statistics.median(seconds), 3)


def planned_case(folder):
    return make(Order("P3", "easy", "node", 1), SECRET, folder / "node")


async def node_seconds(case):
    began = time.perf_counter()
    async with CaseNode(case, "kgst") as node:
        await node.call("eth_blockNumber")
        return round(time.perf_counter() - began, 3)


def read(case):
    """All that a page of the case shows; how many movements."""
    assert case.tags
    assert case.reports
    return sum(len(case.table(ledger)) for ledger in LEDGERS)


def spent():
    """Seconds of processor time so far, with those of ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
