"""The 27 alert rules over the ledger of the tracing measurement, every side table beside it.

Rows lie on 90 days. A fifth of the accounts are customers with all that is known of them, 1 in 50
is tagged, 1 in 20 has a cluster; taint, lists, messages, conversions, reserves and attestations
are of some thousand rows each. First the rules are compared with brute force on small ledgers;
every rule has to be computable.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import polars as pl

from sandbox.forensics import Ledger
from sandbox.forensics.accounts import ZERO
from sandbox.forensics.rules import watch
from tests.forensics.rules import test_rules

SPAN = 90 * 86_400
TYIYN = 1
OTHERS = 5_000
CATEGORIES = (
    *("exchange", "merchant", "mixer", "bridge", "cash_out", "frozen"),
    *("weak_travel_rule", "no_travel_rule"),
)


def measure_rules(folder, path):
    """Figures; ``path`` is the ledger's Parquet file without times."""
    for number, others in enumerate(test_rules.OTHERS):
        test_rules.compare(range(9_000 + 50 * number, 9_050 + 50 * number), others=others)
    rows = pl.read_parquet(path)
    timed = folder / "timed.parquet"
    moments = (np.arange(len(rows)) * SPAN // max(len(rows), 1)).astype(np.int64)
    rows = rows.with_columns(pl.Series("time", moments))
    rows.write_parquet(timed)
    tables = side_tables(rows, np.random.default_rng(5))
    del rows
    seconds, digests = [], set()
    for _ in range(3):
        began = time.perf_counter()
        found = watch(Ledger.read(timed), tables=tables, unit=TYIYN)
        seconds.append(time.perf_counter() - began)
        digests.add(found.digest)
    assert len(digests) == 1
    assert found.not_computable == {}
    by_rule = dict(found.hits.group_by("rule").len().sort("rule").rows())
    return {
        "rules_seconds": round(statistics.median(seconds), 3),
        "rules_hits": by_rule,
        "rules_alerts": len(found.alerts),
    }


def side_tables(rows, chance):
    """Every side table, at random."""
    accounts = rows["payee"].unique(maintain_order=True)
    accounts = accounts.filter(accounts != ZERO)

    def some(part):
        return accounts.filter(pl.Series(chance.random(len(accounts)) < part)).to_list()

    def whole(least, most, count):
        return chance.integers(least, most, count)

    def chosen(words, count):
        return [words[each] for each in chance.integers(0, len(words), count)]

    def any_account(count):
        return [accounts[int(each)] for each in chance.integers(0, len(accounts), count)]

    customers, tagged, clustered = some(0.2), some(0.02), some(0.05)
    count, n = len(customers), min(OTHERS, len(rows))
    moments = np.sort(whole(0, SPAN, n))
    place = np.sort(chance.choice(len(rows), n, replace=False))
    return {
        "customers": pl.DataFrame(
            {
                "account": customers,
                "opened": whole(-SPAN, SPAN, count),
                "declared": whole(1_000_000, 20_000_000, count),
                "age": whole(16, 90, count),
                "device": chosen([f"d{each}" for each in range(max(count // 2, 1))], count),
            }
        ),
        "tags": pl.DataFrame({"account": tagged, "category": chosen(CATEGORIES, len(tagged))}),
        "clusters": pl.DataFrame(
            {
                "account": clustered,
                "cluster": chosen([f"c{each}" for each in range(1_000)], len(clustered)),
            }
        ),
        "taint": pl.DataFrame(
            {
                "account": any_account(n),
                "category": chosen(("mixer", "theft", "sanctions", "salary"), n),
                "tainted": whole(0, 100, n),
                "whole": whole(100, 1_000, n),
                "hops": whole(0, 6, n),
                "time": moments,
            }
        ),
        "screening": pl.DataFrame(
            {"account": any_account(n), "score": whole(50, 101, n), "time": moments}
        ),
        "travel": pl.DataFrame(
            {
                **{name: rows[name].gather(place) for name in ("block", "transaction", "log")},
                "sent": chance.random(n) < 0.9,
                "late": whole(0, 10, n) // 9,
                "match": whole(80, 101, n),
            }
        ),
        "conversions": pl.DataFrame(
            {
                "account": any_account(n),
                "time": moments,
                "given": np.full(n, 1_000),
                "got": whole(900, 1_000, n),
            }
        ),
        "reserves": pl.DataFrame(
            {
                "account": chosen(("p", "q"), n),
                "time": moments,
                "assets": whole(90, 140, n),
                "liabilities": np.full(n, 100),
                "published": chance.random(n) < 0.5,
            }
        ),
        "attestations": pl.DataFrame(
            {
                "account": ["gold"] * n,
                "time": moments,
                "supply": whole(90, 110, n),
                "attested": np.full(n, 100),
                "attested_at": moments - whole(0, 100_000, n),
            }
        ),
    }
