"""The reference solver: what a diligent trainee finds with one policy and three heuristics.

It sees what the trainee sees and is the yardstick of difficulty: its F1 over a hundred seeds is
what makes a recipe easy, medium or hard.

Rules (ours, simple on purpose):

1. A service is what a tag calls so (tags from crawled pages are not believed), or an account with
   ``BUSY`` different counterparties.
2. A deposit address passes on at least nineteen twentieths of what it received, to one service.
   Deposit reuse as in Victor, "Address clustering heuristics for Ethereum" (2020), reduced to one
   hop.
3. Haircut from the reported payments, stopped at services and deposit addresses. Guilty is who
   received at least half of everything as tainted money; a seller who knew nothing is so called
   as well, and a mule who lives from the same wallet is not.
4. Over the bridge a payment is joined to the one release that is later by at most two hours and
   less by at most a hundredth; where there are two, to none. Mixer and gold desk end the trace.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from sandbox.forensics.accounts import ZERO, spelt
from sandbox.forensics.cases.case import Public, Transaction, minor
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.tracing import Stop, Trace, trace

BUSY: Final = 25
"""Counterparties."""
_DISBELIEVED: Final = frozenset({"web_crawl"})
_LATER: Final = 7_200


@dataclass(frozen=True)
class Score:
    """How right a set of addresses is.

    Attributes:
        precision: of those named, which share is guilty.
        recall: of the guilty, which share is named.
    """

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both; 0 where both are."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def measured(found: Iterable[str], guilty: Iterable[str]) -> Score:
    """Compare addresses, each once and without regard to capitals.

    >>> measured(["0xA", "0xb"], ["0xa", "0xc"]).f1
    0.5
    """
    named, true = {spelt(each) for each in found}, {spelt(each) for each in guilty}
    right = len(named & true)
    return Score(right / len(named) if named else 0.0, right / len(true) if true else 0.0)


def solve(public: Public) -> frozenset[str]:
    """Name the guilty addresses of a case.

    Args:
        public: what the trainee sees.

    Returns:
        Addresses in lower case.
    """
    services = _services(public)
    innocent = set(services) | {spelt(each.transaction.payer) for each in public.reports}
    stops = stops_of(public)
    found: set[str] = set()
    followed = follow(public, "haircut")
    found |= _suspects(followed)
    releases = _over_the_bridge(public, followed.hops, services)
    som = public.ledger("som")
    seeds = [row for each in releases for row in _rows(som, each)]
    if seeds:
        found |= _suspects(trace(som, "haircut", seeds, stop=Stop(services=stops)))
    return frozenset(found - innocent)


def stops_of(public: Public) -> dict[str, str]:
    """Where the solver does not follow: what it takes for services and deposit addresses.

    Args:
        public: what the trainee sees.
    """
    services = _services(public)
    return services | dict.fromkeys(_deposits(public, services), "deposit")


def follow(public: Public, policy: str) -> Trace:
    """The reported payments, followed on the KGST ledger up to ``stops_of``.

    Args:
        public: what the trainee sees.
        policy: as in ``Policy``.
    """
    kgst = public.ledger("kgst")
    seeds = [row for each in public.reports for row in _rows(kgst, each.transaction)]
    return trace(kgst, policy, seeds, stop=Stop(services=stops_of(public)))


def _services(public: Public) -> dict[str, str]:
    """Rule 1."""
    met: dict[str, set[str]] = defaultdict(set)
    for each in public.transactions:
        met[spelt(each.payer)].add(each.payee)
        met[spelt(each.payee)].add(each.payer)
    busy = {account: "busy" for account, others in met.items() if len(others) >= BUSY}
    tagged = {
        spelt(each.address): each.category
        for each in public.tags
        if each.confidence not in _DISBELIEVED
    }
    return busy | tagged


def _deposits(public: Public, services: Mapping[str, str]) -> set[str]:
    """Rule 2; each token by itself, and all of them to the same service."""
    came: dict[tuple[str, str], int] = defaultdict(int)
    went: dict[tuple[str, str], int] = defaultdict(int)
    payees: dict[str, set[str]] = defaultdict(set)
    for each in public.transactions:
        came[spelt(each.payee), each.ledger] += each.amount
        went[spelt(each.payer), each.ledger] += each.amount
        payees[spelt(each.payer)].add(spelt(each.payee))
    return {
        account
        for (account, ledger), amount in went.items()
        if account not in services
        and len(payees[account]) == 1
        and next(iter(payees[account])) in services
        and amount * 20 >= came[account, ledger] * 19
    }


def _suspects(found: Trace) -> set[str]:
    """Rule 3."""
    amounts = zip(found.ledger.payee.tolist(), found.ledger.amount.tolist(), strict=True)
    received: dict[str, int] = defaultdict(int)
    names = found.ledger.names.to_list()
    for payee, amount in amounts:
        received[names[payee]] += amount
    nodes = found.nodes.select("account", "received").iter_rows()
    return {name for name, tainted in nodes if name != ZERO and tainted * 2 >= received[name]}


def _over_the_bridge(
    public: Public, hops: pl.DataFrame, services: Mapping[str, str]
) -> list[Transaction]:
    """Rule 4: the releases on the other ledger."""
    bridges = {account for account, category in services.items() if category == "bridge"}
    entered = hops.filter(
        pl.col("payee").is_in(list(bridges)) & (pl.col("tainted") * 2 >= pl.col("amount"))
    )
    paid = [
        each
        for each in public.transactions
        if each.ledger == "som" and spelt(each.payer) in bridges
    ]
    found = []
    for amount, time in entered.select("amount", "time").iter_rows():
        sent = amount // minor("kgst", 1)
        fit = [
            each
            for each in paid
            if 0 <= (each.time - time).total_seconds() <= _LATER
            and sent * 99 <= each.amount * 100 <= sent * 100
        ]
        found += fit if len(fit) == 1 else []
    return found


def _rows(ledger: Ledger, transaction: Transaction) -> list[int]:
    """The row of a transaction in a token's ledger."""
    return [
        row
        for row in ledger.find(payer=transaction.payer, block=transaction.block)
        if ledger.places["transaction"][row] == transaction.index
    ]
