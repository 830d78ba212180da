"""The shipped rule pack measured against the truth of cases of each difficulty.

``python -m tests.bench.alert_rules`` writes ``build/bench/alert_rules.json``; with ``--publish``
also ``sandbox/forensics/rules/measured.json``, from which the reference page is made. A test
measures again and compares.

``CASES`` cases of each shipped recipe, from seeds that nothing was tuned on, their KGST ledgers.
Rules know what a supervisor would: tags as the case's packs have them, wrong ones among them;
clusters by the shipped heuristics; the haircut of what victims reported, told at the moment of the
last report (before, nobody could have traced it). There are no customers' files, messages,
reserves or screening in a case: rules that need them are not computable and say so.
"""

import json
import sys
import time
from pathlib import Path

import polars as pl

from sandbox.forensics import Stop, cluster, rules, trace
from sandbox.forensics.cases import case_seed, plan, recipe
from tests.bench._report import report

MEASURED = Path(__file__).parents[2] / "sandbox/forensics/rules/measured.json"
CASES = 20
DIFFICULTIES = ("easy", "medium", "hard")
KGST = 10**16
"""Minor units in a tyiyn."""


def case_of(difficulty, number):
    """A case of its own seed."""
    seed = case_seed(bytes(32), who="measured", lab="S1", attempt=number)
    return plan(seed, recipe(difficulty))


def side_tables(public, ledger):
    """What a supervisor knows beside the ledger."""
    tags = rules.joined.case_tags(public)
    services = dict(tags.rows())
    reported = {
        (each.transaction.block, each.transaction.index): each.moment for each in public.reports
    }
    places = ledger.places.select("block", "transaction").rows()
    seeds = [row for row, place in enumerate(places) if place in reported]
    stop = Stop(services=services)
    taint = rules.joined.taint(trace(ledger, "haircut", seeds, stop=stop), "theft")
    known = pl.lit(max(reported.values())).cast(taint["time"].dtype)
    found = cluster(ledger, services)
    return {
        "tags": tags,
        "clusters": rules.joined.clusters(found),
        "taint": taint.with_columns(pl.max_horizontal("time", known).alias("time")),
    }


def measured(difficulty, cases=CASES):
    """Counts by rule and typology of the pack, and by typology of the truth."""
    watched, span = [], 0
    for number in range(1, cases + 1):
        case = case_of(difficulty, number)
        ledger = case.public().ledger("kgst")
        found = rules.watch(ledger, tables=side_tables(case.public(), ledger), unit=KGST)
        watched.append((found, rules.joined.case_truth(case)))
        span += found.span
    over = rules.measured_over(watched)
    silent = over.rules.filter(pl.col("computable"), alerts=0)
    lacking = over.rules.filter(~pl.col("computable"))
    accounts = {row["truth"]: row["accounts"] for row in over.rules.iter_rows(named=True)}
    return {
        "days": span // 86_400,
        "accounts": accounts,
        "not_computable": lacking["name"].unique().sort().to_list(),
        "silent": silent["name"].unique().sort().to_list(),
        "rules": counts(over.rules),
        "typologies": counts(over.typologies),
    }


def counts(table):
    """By name what was counted, by typology of the truth (``any``: of all); of who alerted."""
    found = {}
    for row in table.filter(pl.col("alerts") > 0).iter_rows(named=True):
        own = found.setdefault(row["name"], {"alerts": row["alerts"], "false": row["false"]})
        own[row["truth"]] = [row["found"], row["true"], row["seconds"]]
    return found


def rates(cases=CASES):
    """Everything that is published."""
    pack = rules.Pack.shipped()
    return {
        "pack": pack.hash,
        "version": pack.version,
        "cases": cases,
        "difficulties": {each: measured(each, cases) for each in DIFFICULTIES},
    }


def measure():
    began = time.perf_counter()
    found = rates()
    if "--publish" in sys.argv:
        MEASURED.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return found | {"took_seconds": round(time.perf_counter() - began, 1)}, True


if __name__ == "__main__":
    report("alert_rules", measure)
