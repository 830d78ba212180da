"""Multiple participation in an airdrop: recipients that pass the same amount on to one account.

1. An **airdrop** is one amount that one account (or the zero address, which issues) pays to at
   least ``recipients`` accounts; the median of the blocks between one of these rows and the next is
   at most ``gap``.
2. Of each recipient the first later row counts by which it pays exactly that amount to anybody but
   the distributor, a service or the zero address.
3. An account that is paid so by at least ``gather`` recipients is linked with each of them; with
   more than ``most`` it is not: then it may be a service that nobody has named.

Source: Victor, "Address Clustering Heuristics for Ethereum" (FC 2020), and the program
published with it (1,000 recipients, gap 2, gather 2). Ours: ``recipients`` is smaller, for ledgers
of a class; only the first later row counts; ``most``.

It errs where people sell what they were given to the same buyer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.forensics.clusters.links import Aside, Known, Link, Proposed
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.rows import blocks_of, moving, probabilities, whole_numbers

_DROP = ("payer", "amount")


@dataclass(frozen=True, kw_only=True)
class AirdropReuse:
    """Recipients of an airdrop that gather it; see the module.

    Attributes:
        recipients: of an airdrop, at least (ours; Victor: 1,000).
        gap: blocks, the median between two of its rows at most (2: Victor).
        gather: recipients that pass it on to one account, at least (2: Victor).
        most: recipients that one person has (ours).
        confidence: of a link (ours).
    """

    recipients: int = 50
    gap: int = 2
    gather: int = 2
    most: int = 100
    confidence: float = 0.8

    name = "airdrop"

    def propose(self, ledger: Ledger, known: Known) -> Proposed:
        """Find links in a ledger.

        Raises:
            CannotTrace: ``forensics.parameter_malformed``.
        """
        probabilities(confidence=self.confidence)
        whole_numbers(
            recipients=self.recipients,
            gap=self.gap,
            gather=self.gather,
            most=self.most,
        )
        people, found = known.people(ledger), Proposed()
        rows = _rows(ledger)
        received = self._received(rows)
        if received.is_empty():
            return found
        passed = _passed_on(rows, received, people)
        for (distributor, _, collector), group in passed.group_by(
            "distributor", "amount", "collector", maintain_order=True
        ):
            if len(group) < self.gather:
                continue
            if len(group) > self.most:
                found.aside.append(Aside(collector, "most", len(group)))
                continue
            for account, one, two in group.select("account", "received", "row").iter_rows():
                found.links.append(Link(account, collector, distributor, (one, two)))
        return found

    def _received(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Who received of each airdrop, and first by which row."""
        many = rows.group_by(_DROP).len().filter(pl.col("len") >= self.recipients)
        if many.is_empty():
            return pl.DataFrame()
        rows = rows.join(many, on=_DROP, how="semi", maintain_order="left")
        drops = (
            rows.group_by(_DROP)
            .agg(
                pl.col("payee").n_unique().alias("recipients"),
                pl.col("block").diff().median().alias("gap"),
            )
            .filter(pl.col("recipients") >= self.recipients, pl.col("gap") <= self.gap)
        )
        return (
            rows.join(drops, on=_DROP, how="semi", maintain_order="left")
            .unique([*_DROP, "payee"], keep="first", maintain_order=True)
            .select(
                pl.col("payer").alias("distributor"),
                "amount",
                pl.col("payee").alias("account"),
                pl.col("row").alias("received"),
            )
        )


def _rows(ledger: Ledger) -> pl.DataFrame:
    """The rows that move something; amounts as numbers of their own, whatever their width."""
    rows = np.flatnonzero(moving(ledger))
    _, amount = np.unique(ledger.amount[rows], return_inverse=True)
    return pl.DataFrame(
        {
            "row": rows,
            "block": blocks_of(ledger)[rows],
            "payer": ledger.payer[rows],
            "payee": ledger.payee[rows],
            "amount": amount.astype(np.int64),
        }
    )


def _passed_on(
    rows: pl.DataFrame, received: pl.DataFrame, people: NDArray[np.bool_]
) -> pl.DataFrame:
    """The first later row by which each recipient pays the same amount on."""
    both = people[rows["payer"].to_numpy()] & people[rows["payee"].to_numpy()]
    onward = rows.filter(both).select(
        pl.col("payer").alias("account"), "amount", pl.col("payee").alias("collector"), "row"
    )
    return (
        received.join(onward, on=["account", "amount"])
        .filter(pl.col("row") > pl.col("received"), pl.col("collector") != pl.col("distributor"))
        .sort("row")
        .unique(["distributor", "amount", "account"], keep="first", maintain_order=True)
    )
