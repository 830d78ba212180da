"""The twelve values that a small trail is asked for, found with the tracing library."""

from __future__ import annotations

from collections import Counter

import polars as pl

from sandbox.forensics.ledger import Ledger
from sandbox.forensics.tracing import trace


def answers(mine):
    """Values by name; amounts in tyiyn, places as ``block/transaction``."""
    rows = list(mine.rows)
    places = [f"{row['block']}/{row['transaction']}" for row in rows]
    theft = rows[(number := places.index(mine.theft))]
    shares = Counter()
    for row in rows:
        if row["payer"] == theft["payee"]:
            shares[row["payee"]] += row["amount"]
    (wallet,) = mine.tags
    into = next(row for row in rows if row["payee"] == wallet)
    way = [into["payer"]]
    while way[0] not in shares:
        way.insert(0, next(r["payer"] for r in rows[::-1] if r["payee"] == way[0]))
    early = next(row for row in rows if (row["payer"], row["payee"]) == (way[0], way[1]))
    here = next(each for each in shares if each not in (way[0], mine.mixed) and paid(rows, each))
    whole = shares[here]
    while out := paid(rows, here):
        last = max(out, key=lambda row: row["amount"])
        here = last["payee"]
    return {
        "largest": shares.most_common(1)[0][0],
        "got": shares.most_common(1)[0][1],
        "kept": theft["amount"] - shares.total(),
        "deposit": into["payer"],
        "arrival": places[rows.index(into)],
        "early": places[rows.index(early)],
        "peeled": whole - last["amount"],
        "end": here,
        "rest": last["amount"],
        **by_rules(rows, mine, number),
    }


def paid(rows, address):
    """What left an address."""
    return [row for row in rows if row["payer"] == address]


def by_rules(rows, mine, theft):
    """How much of the payment is stolen, and what is left, by the library."""
    table = pl.DataFrame([{**row, "log": 0} for row in rows])
    ledger, found = Ledger.read(table), {}
    block, transaction = (int(each) for each in mine.payment.split("/"))
    for policy in ("fifo", "lifo"):
        made = trace(ledger, policy, [theft])
        hop = made.hops.filter(pl.col("block") == block, pl.col("transaction") == transaction)
        found[policy] = int(hop["tainted"][0])
    made = trace(ledger, "fifo", [theft])
    (held,) = made.nodes.filter(pl.col("account") == mine.mixed)["held"]
    return found | {"left": int(held)}
