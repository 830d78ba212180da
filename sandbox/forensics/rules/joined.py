"""Side tables and truth from what other parts of the library hold.

Rules: nothing is added to what those say. Tags of a case may be wrong, clusters may be; a taint is
by the policy of its trace.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from sandbox.forensics.accounts import ZERO, spelt
from sandbox.forensics.rules.errors import CannotWatch
from sandbox.forensics.rules.tables import COLUMNS

if TYPE_CHECKING:
    from sandbox.forensics.cases import Case, Public
    from sandbox.forensics.clusters.clustering import Clusters
    from sandbox.forensics.tracing import Trace
    from sandbox.forensics.travel_rule.matching import Matched

ROLES: Final[Mapping[str, str]] = {
    "bank": "cash_out",
    "bridge": "bridge",
    "exchange": "exchange",
    "gold": "exchange",
    "merchant": "merchant",
    "mixer": "mixer",
    "utility": "merchant",
}
"""Which category of ``tags`` a service of a case is: a bank redeems tokens for money."""
_NAMES: Final = frozenset({"originator_name", "beneficiary_name"})


def case_tags(public: Public) -> pl.DataFrame:
    """The table ``tags`` of a case: what its tag packs say, wrong ones among them.

    Args:
        public: ``case.public()``.
    """
    rows = [
        (spelt(each.address), ROLES[each.category])
        for each in public.tags
        if each.category in ROLES
    ]
    return _table("tags", rows)


def case_truth(case: Case, ledger: str = "kgst") -> pl.DataFrame:
    """The truth of a case as ``measured`` takes it: who was used for stolen money, since when.

    The typology is the address's role: ``thief``, ``mule``, or ``deposit`` for an address at an
    exchange where they paid in. Since the first transaction of the ledger that moved the thieves'
    money there or from there; who had none of it on this ledger is left out.

    Args:
        case: a planned one.
        ledger: which of its tokens the rules look at.
    """
    public, secrets = case.public(), case.truth().secrets
    since: dict[str, datetime] = {}
    for position in reversed(secrets.stolen):
        transaction = public.transactions[position]
        if transaction.ledger == ledger:
            for address in (transaction.payer, transaction.payee):
                since[spelt(address)] = transaction.time
    rows = [
        (spelt(each.address), each.role, since[spelt(each.address)])
        for each in secrets.control
        if each.guilty and spelt(each.address) in since
    ]
    moment = pl.Datetime("us", "UTC")
    schema: dict[str, Any] = {"account": pl.String, "typology": pl.String, "since": moment}
    return pl.DataFrame(rows, schema=schema, orient="row")


def travel(matched: Matched) -> pl.DataFrame:
    """The table ``travel`` from transfers joined with travel-rule messages.

    Where something else than a name does not match, nothing matches (0 percent).

    Args:
        matched: by ``sandbox.forensics.travel_rule.match``.
    """
    rows = []
    for row in matched.transfers.iter_rows(named=True):
        scores = [row[each] for each in ("originator", "beneficiary") if row[each] is not None]
        apart = row["status"] == "mismatched" and set(row["why"]) - _NAMES - {"late"}
        percent = math.floor(100 * min(scores)) if scores else None
        sent = row["status"] != "missing"
        late = None if row["latency"] is None else math.ceil(row["latency"])
        place = row["block"], row["transaction"], row["log"]
        rows.append((*place, sent, late, 0 if apart else percent))
    return _table("travel", rows)


def clusters(found: Clusters) -> pl.DataFrame:
    """The table ``clusters`` from accounts that may be one's own.

    Args:
        found: by ``sandbox.forensics.clusters.cluster``.
    """
    return _table(
        "clusters", found.accounts.select("account", pl.col("cluster").cast(pl.String)).rows()
    )


def taint(found: Trace, category: str) -> pl.DataFrame:
    """The table ``taint`` from a forward trace.

    A row after each movement of traced money: what its payee had got until then, and how much of
    that was traced.

    Args:
        found: a trace of a ledger with a column ``time``.
        category: what the seeds are, such as ``theft``.

    Raises:
        CannotWatch: ``alert_pack.time_missing``, ``alert_pack.taint_backward``.
    """
    if found.backward:
        raise CannotWatch("alert_pack.taint_backward")
    if "time" not in found.ledger.places.columns:
        raise CannotWatch("alert_pack.time_missing")
    place = ("block", "transaction", "log")
    traced = {row[:3]: row[3:] for row in found.hops.select(*place, "tainted", "hop").iter_rows()}
    opening = zip(found.ledger.names.to_list(), found.ledger.opening.tolist(), strict=True)
    whole = defaultdict(int, {name: int(held) for name, held in opening})
    tainted: dict[str, int] = defaultdict(int)
    rows = []
    columns = found.ledger.table.select(*place, "payer", "payee", "amount", "time")
    for *at, payer, payee, amount, time in columns.iter_rows():
        if payer != payee:
            whole[payee] += amount
        if tuple(at) in traced and payee != ZERO:
            moved, hop = traced[tuple(at)]
            tainted[payee] += moved
            rows.append((payee, category, tainted[payee], whole[payee], hop, time))
    return _table("taint", rows, time=found.ledger.places["time"].dtype)


def _table(name: str, rows: Sequence[tuple[Any, ...]], **kinds: Any) -> pl.DataFrame:
    known: dict[str, Any] = {"text": pl.String, "flag": pl.Boolean, "amount": pl.Int128}
    columns = COLUMNS[name].items()
    schema = {column: kinds.get(column, known.get(kind, pl.Int64)) for column, kind in columns}
    return pl.DataFrame(rows, schema=schema, orient="row")
