"""Tracing against what people write by hand, on ledgers with a few very busy accounts.

One ledger of ``BENCH_ROWS`` movements (1e6) lies in a Parquet file with addresses as hex text. From
there to the tainted value of every address, reading and numbering included, in one process:

``networkx_ratio``: haircut, seconds of a networkx multigraph by ours.
``deque_ratio``: FIFO, seconds of deques of lots by ours. The deques keep each lot apart;
``deque_joined_ratio`` is against deques that join neighbours of one kind, as the kernel does.
``seconds_1e7``, ``peak_gb_1e7``: FIFO over ``BENCH_LARGE`` movements (1e7) whose columns are
integers in memory already, in a process of its own: from columns to the value of every account,
and the most memory that the whole process took.
``cold_seconds``: haircut in a new process, with Python, libraries and compiled kernels to load.
``rules_seconds``: all 27 alert rules with every side table, and the typologies: from the same
Parquet file to hits and alerts (``_forensics_rules``).
``score_ms``: one answer to a case, read and marked (``_forensics_scoring``).
``case_seconds``, ``class50_cold_s``, ``class50_prepared_s``: cases made, ``BENCH_TRAINEES`` (50) at
once (``_forensics_cases``).

First all are compared: kernels and rivals with brute force on small ledgers, then with each other
on the large one. Ours is the median of three runs with the kernels loaded, rivals run once. The
bars hold at full size alone.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from numba import njit

from sandbox.forensics import Ledger, trace
from sandbox.forensics.accounts import ZERO
from tests.bench._forensics_rivals import fifo_with_deques, haircut_on_a_graph
from tests.bench._report import report
from tests.forensics import ledgers, oracle

FULL, LARGEST = 1_000_000, 10_000_000
ROWS = int(float(os.environ.get("BENCH_ROWS", str(FULL))))
LARGE = int(float(os.environ.get("BENCH_LARGE", str(LARGEST))))
THEFTS = 20
BUSY = 50
BARS = {
    "networkx_ratio": 30,
    "deque_ratio": 50,
    "seconds_1e7": 3,
    "peak_gb_1e7": 1.5,
    "rules_seconds": 10,
    "score_ms": 500,
    "case_seconds": 5,
    "class50_cold_s": 60,
    "class50_prepared_s": 5,
}


@njit(cache=True)
def movements(rows, accounts, chance):
    """Payers, payees and amounts; busy accounts take a fifth, the others by a steep law."""
    payer, payee = np.empty(rows, np.int32), np.empty(rows, np.int32)
    amount, held = np.empty(rows, np.int64), np.zeros(accounts, np.int64)
    row = 0
    while row < rows:
        issue = row < accounts // 2 or chance.random() < 0.02
        x, y = 0, 1 + chance.integers(0, accounts - 1)
        if not issue:
            steep = chance.random() ** 3
            busy = chance.random() < 0.15
            x = 1 + (chance.integers(0, BUSY) if busy else int((accounts - 1) * steep))
            steep = chance.random() ** 2
            busy = chance.random() < 0.2
            y = 1 + (chance.integers(0, BUSY) if busy else int((accounts - 1) * steep))
            if x == y or held[x] == 0:
                continue
        share = chance.random()
        v = chance.integers(1_000, 10_000_000)
        if not issue:
            v = held[x] if share < 0.15 else max(1, int(held[x] * share * 0.5))
        payer[row], payee[row], amount[row] = x, y, v
        held[x] -= v if x else 0
        held[y] += v
        row += 1
    return payer, payee, amount


def coded(rows):
    """A ledger's columns as integers."""
    payer, payee, amount = movements(rows, max(1_000, rows // 10), np.random.default_rng(7))
    order = np.arange(rows, dtype=np.uint32)
    places = {"block": order // 50, "transaction": order % 50, "log": order * 0}
    return pl.DataFrame({**places, "payer": payer, "payee": payee, "amount": amount})


def thefts(rows):
    return random.Random(1).sample(range(rows // 3, rows), THEFTS)


def as_text(columns):
    """Numbers become addresses."""
    chance = np.random.default_rng(3)
    names = [ZERO, *("0x" + chance.bytes(20).hex() for _ in range(columns["payee"].max()))]
    known = pl.Series(names)
    return columns.with_columns(known.gather(columns[each]).alias(each) for each in names_of())


def names_of():
    return ("payer", "payee")


def ours(path, policy, seeds):
    """Tainted value by address."""
    nodes = trace(Ledger.read(path), policy, seeds).nodes
    return nodes.filter(pl.col("held") > 0).select("account", "held")


def timed(run, *arguments, **options):
    began = time.perf_counter()
    found = run(*arguments, **options)
    return time.perf_counter() - began, found


def compare_with_brute_force(folder):
    """Ours and the rivals, each against coins."""
    for number in range(50):
        chance = random.Random(number)
        made = [row for row in ledgers.rows(chance)[0] if row[2] and row[0] != row[1]]
        held, rows = {0: 0}, []
        for payer, payee, amount in made:  # without what was there before
            if payer == 0 or held.get(payer, 0) >= amount:
                rows.append((payer, payee, amount))
                held[payer] = held.get(payer, 0) - (amount if payer else 0)
                held[payee] = held.get(payee, 0) + (amount if payee else 0)
        rows = [row for row in rows if row[1]]
        seeds = set(chance.sample(range(len(rows)), min(3, len(rows))))
        path = folder / "small.parquet"
        places = {"block": range(len(rows)), "transaction": [0] * len(rows), "log": [0] * len(rows)}
        ends = {
            name: [f"0x{row[column]:040x}" for row in rows]
            for column, name in enumerate(names_of())
        }
        amounts = {"amount": [row[2] for row in rows]}
        pl.DataFrame({**places, **ends, **amounts}).write_parquet(path)
        for policy, rivals in (
            ("haircut", [haircut_on_a_graph]),
            ("fifo", [joining(True), joining(False)]),
        ):
            right = oracle.traced(policy, rows, seeds).held
            wanted = {f"0x{account:040x}": value for account, value in right.items() if account}
            for found in (
                dict(ours(path, policy, seeds).rows()),
                *(r(path, seeds) for r in rivals),
            ):
                assert found == wanted


def joining(joined):
    return lambda path, seeds: fifo_with_deques(path, seeds, joined=joined)


def large(path):
    """In a process of its own: FIFO over integer columns."""
    columns = pl.read_parquet(path)
    names = pl.Series("account", np.arange(int(columns["payee"].max()) + 1)).cast(pl.String)
    ends = [columns[each].to_numpy() for each in (*names_of(), "amount")]
    places = columns.select("block", "transaction", "log")
    seeds = thefts(len(columns))
    ours_small()

    def run():
        ledger = Ledger.coded(places, names, *ends, np.zeros(len(names), np.int64))
        return trace(ledger, "fifo", seeds).nodes

    seconds, nodes = timed(run)
    print(json.dumps({"seconds": seconds, "peak_gb": peak_gb(), "holders": len(nodes)}))


def peak_gb():
    """The most memory that this process took; what ``getrusage`` says counts the parent's."""
    said = Path("/proc/self/status").read_text()
    return int(said.split("VmHWM:")[1].split()[0]) / (1 << 20)


def ours_small():
    """Load the kernels."""
    small = ledgers.ledger([(0, 1, 5), (1, 2, 3)], {})
    for policy in ("haircut", "fifo"):
        trace(small, policy, [0])


def alone(*arguments):
    """This module in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.forensics", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def measure():
    # Here, so that the process whose memory is measured does without them.
    from tests.bench._forensics_cases import STANDARD, measure_cases
    from tests.bench._forensics_rules import measure_rules
    from tests.bench._forensics_scoring import measure_scoring

    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        compare_with_brute_force(folder)
        path, integers = folder / "ledger.parquet", folder / "integers.parquet"
        as_text(coded(ROWS)).write_parquet(path)
        figures = measure_scoring() | measure_rules(folder, path)
        seeds = set(thefts(ROWS))
        figures |= {"rows": ROWS, "rows_large": LARGE}
        for policy, rivals in (
            ("haircut", {"networkx": haircut_on_a_graph}),
            ("fifo", {"deque": joining(False), "deque_joined": joining(True)}),
        ):
            runs = [timed(ours, path, policy, seeds) for _ in range(3)]
            seconds = statistics.median(each for each, _ in runs)
            figures[f"{policy}_seconds"] = round(seconds, 3)
            figures[f"{policy}_holders"] = len(runs[0][1])
            for rival, run in rivals.items():
                theirs, found = timed(run, path, seeds)
                found.pop(ZERO, None)
                assert found == dict(runs[0][1].filter(pl.col("account") != ZERO).rows())
                figures[f"{rival}_seconds"] = round(theirs, 3)
                figures[f"{rival}_ratio"] = round(theirs / seconds, 1)
        figures["cold_seconds"] = round(timed(alone, "cold", path)[0], 3)
        coded(LARGE).write_parquet(integers)
        said = json.loads(alone("large", integers))
        figures["seconds_1e7"] = round(said["seconds"], 3)
        figures["peak_gb_1e7"] = round(said["peak_gb"], 3)
        figures |= measure_cases(folder)
    figures |= {"cores": os.cpu_count(), "load_average": os.getloadavg(), "bar": BARS}
    full = (ROWS, LARGE, figures["trainees"]) == (FULL, LARGEST, STANDARD)
    holds = full and all(
        figures[name] >= bar if name.endswith("_ratio") else figures[name] <= bar
        for name, bar in BARS.items()
    )
    return figures, holds


if __name__ == "__main__":
    if sys.argv[1:2] == ["large"]:
        large(sys.argv[2])
    elif sys.argv[1:2] == ["cold"]:
        ours(sys.argv[2], "haircut", thefts(ROWS))
    else:
        report("forensics", measure)
