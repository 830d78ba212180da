"""Clusters: the links of several heuristics joined, with the working shown.

>>> zero, hot = "0x" + "00" * 20, "0xee"
>>> steps = [(zero, "0xa1", 5), (zero, "0xa2", 7), ("0xa1", "0xdd", 5), ("0xdd", hot, 5),
...     ("0xa2", "0xdd", 7), ("0xdd", hot, 7)]
>>> rows = {"block": range(1, 7), "transaction": [0] * 6, "log": [0] * 6}
>>> rows |= dict(zip(("payer", "payee", "amount"), zip(*steps)))
>>> found = cluster(Ledger.read(pl.DataFrame(rows, strict=False)), {hot: "exchange"})
>>> found
<1 cluster of 2 accounts by 1 link; 1 deposit address; nothing stopped>
>>> found.services
{'0xee': 'exchange', '0xdd': 'exchange: deposit address'}
>>> found.links["via"].to_list(), found.links["rows"].to_list()
(['0xdd'], [[2, 3, 4, 5]])
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import polars as pl

from sandbox.forensics.accounts import spelt
from sandbox.forensics.clusters.airdrops import AirdropReuse
from sandbox.forensics.clusters.deposits import DepositReuse
from sandbox.forensics.clusters.funders import CommonFunder
from sandbox.forensics.clusters.joining import joined
from sandbox.forensics.clusters.links import Heuristic, Known, Proposed
from sandbox.forensics.ledger import PLACE, Ledger
from sandbox.forensics.rows import probabilities, whole_numbers

HEURISTICS: Final[tuple[Heuristic, ...]] = (DepositReuse(), AirdropReuse(), CommonFunder())
"""Those that need a ledger alone; self-authorisation needs a table of approvals as well."""
DEPOSIT: Final = "deposit address"
_LINKS: Final[dict[str, Any]] = {
    **dict.fromkeys(("account", "other", "via", "heuristic"), pl.String),
    "confidence": pl.Float64,
    "ledger": pl.Int64,
    "rows": pl.List(pl.Int64),
    "hashes": pl.List(pl.String),
}
_DEPOSITS: Final[dict[str, Any]] = {
    **dict.fromkeys(("account", "service", "tag"), pl.String),
    "payers": pl.Int64,
    "ledger": pl.Int64,
    "rows": pl.List(pl.Int64),
}
_ASIDE: Final[dict[str, Any]] = {
    **dict.fromkeys(("heuristic", "account", "bound"), pl.String),
    "size": pl.Int64,
    "ledger": pl.Int64,
}


@dataclass(frozen=True, eq=False)
class Clusters:
    """Which accounts may be one's own, and why.

    Attributes:
        links: every link that a heuristic proposed, in the order in which they were joined.
            Columns: ``account``, ``other``; ``via``, the account by way of which; ``heuristic``;
            ``confidence``; ``ledger`` (0, or which of several) and ``rows`` in it, the evidence;
            ``hashes``, the transactions of those rows (where the ledger has none: block,
            transaction and log), and evidence that stands in no row; ``stopped``: empty, or
            ``service``, ``size`` or ``confidence``; ``joins``: whether it brought two clusters
            together (otherwise it confirms, or was stopped).
        deposits: deposit addresses that were found. Columns: ``account``; ``service``, the hot
            wallet behind it, with its ``tag``; ``payers``; ``ledger`` and ``rows``.
        aside: what a heuristic left out because of its own bounds. Columns: ``heuristic``,
            ``account`` (empty: the whole of it), ``bound`` and the ``size`` found; ``ledger``.
        services: those that were known and the deposit addresses found, for ``Stop(services=…)``.
        most: accounts of a cluster.
        least: confidence of a link that joins.
    """

    links: pl.DataFrame
    deposits: pl.DataFrame
    aside: pl.DataFrame
    services: Mapping[str, str]
    most: int
    least: float

    @cached_property
    def accounts(self) -> pl.DataFrame:
        """Who is in which cluster; an account in none stands in no row.

        Columns: ``account``; ``cluster``, numbered from 1, the largest first; ``size``.
        """
        groups = sorted(self._groups, key=lambda each: (-len(each), each[0]))
        rows = [
            (account, number, len(group))
            for number, group in enumerate(groups, 1)
            for account in group
        ]
        schema = {"account": pl.String, "cluster": pl.Int64, "size": pl.Int64}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def of(self, account: str) -> list[str]:
        """The accounts of somebody's cluster, himself included.

        Args:
            account: a name.
        """
        name = spelt(account)
        return next((group for group in self._groups if name in group), [name])

    def why(self, account: str, other: str) -> pl.DataFrame:
        """The links by which two accounts hang together: a way from one to the other.

        Args:
            account: a name.
            other: a name.

        Returns:
            Rows of ``links``, from the first to the second; none where they do not.
        """
        first, last = spelt(account), spelt(other)
        came: dict[str, tuple[str, int]] = {first: ("", -1)}
        ahead = deque([first])
        while ahead and last not in came:
            here = ahead.popleft()
            for there, link in self._ways.get(here, []):
                if there not in came:
                    came[there] = (here, link)
                    ahead.append(there)
        way, at = [], last
        while at != first and at in came:
            at, link = came[at]
            way.append(link)
        return self.links[way[::-1]]

    def __repr__(self) -> str:
        groups, stopped = self._groups, self.links.filter(pl.col("stopped") != "")
        used = len(self.links) - len(stopped)
        people = _counted(sum(map(len, groups)), "account")
        words = [
            f"{_counted(len(groups), 'cluster')} of {people} by {_counted(used, 'link')}",
            _counted(len(self.deposits), "deposit address", "deposit addresses"),
            f"{_counted(len(stopped), 'link')} stopped" if len(stopped) else "nothing stopped",
        ]
        return f"<{'; '.join(words)}>"

    @cached_property
    def _ways(self) -> dict[str, list[tuple[str, int]]]:
        """To whom each account hangs by a link that joins."""
        found: dict[str, list[tuple[str, int]]] = {}
        tree = self.links.with_row_index("link").filter("joins")
        for link, one, two in tree.select("link", "account", "other").iter_rows():
            found.setdefault(one, []).append((two, link))
            found.setdefault(two, []).append((one, link))
        return found

    @cached_property
    def _groups(self) -> list[list[str]]:
        """The clusters, each in the order of its names."""
        left, groups = dict(self._ways), []
        while left:
            ahead, group = [next(iter(left))], []
            while ahead:
                account = ahead.pop()
                if account in left:
                    group.append(account)
                    ahead += [there for there, _ in left.pop(account)]
            groups.append(sorted(group))
        return groups


def cluster(
    ledger: Ledger,
    services: Mapping[str, str] | None = None,
    heuristics: Sequence[Heuristic] = HEURISTICS,
    *,
    most: int = 200,
    least: float = 0.0,
) -> Clusters:
    """Join the accounts of a ledger that may be one's own.

    Args:
        ledger: the movements of one token.
        services: accounts that are services, with a tag each (as for ``Stop``).
        heuristics: in this order: a deposit address found by one is a service for the next.
        most: accounts of a cluster; what would make a larger one is stopped (ours).
        least: links of less confidence are shown, but join nothing.

    Raises:
        CannotTrace: ``forensics.parameter_malformed``, and what a heuristic raises.
    """
    tags = {spelt(name): tag for name, tag in (services or {}).items()}
    links, deposits, aside = [], [], []
    for heuristic in heuristics:
        found = heuristic.propose(ledger, Known.read(ledger, tags))
        for each in found.deposits:
            account, behind = (ledger.names[number] for number in each[:2])
            deposits.append((account, behind, tags[behind], each.payers, 0, each.rows))
            tags[account] = f"{tags[behind]}: {DEPOSIT}"
        links += _named(ledger, heuristic, found)
        aside += [
            (heuristic.name, None if each.account < 0 else ledger.names[each.account], *each[1:], 0)
            for each in found.aside
        ]
    return _clusters(
        pl.DataFrame(links, schema=_LINKS, orient="row"),
        pl.DataFrame(deposits, schema=_DEPOSITS, orient="row"),
        pl.DataFrame(aside, schema=_ASIDE, orient="row"),
        tags,
        most=most,
        least=least,
    )


def together(*found: Clusters, most: int = 200, least: float = 0.0) -> Clusters:
    """Join what was found in several ledgers of one chain, as a token's and the coin's.

    Args:
        *found: of each ledger; ``ledger`` in the tables is its number in this order.
        most: as in ``cluster``.
        least: as in ``cluster``.

    Raises:
        CannotTrace: ``forensics.parameter_malformed``.
    """
    services: dict[str, str] = {}
    for each in found:
        services |= each.services
    parts = {
        name: pl.concat(
            [
                getattr(each, name).select(*schema).with_columns(ledger=pl.lit(at, pl.Int64))
                for at, each in enumerate(found)
            ]
            or [pl.DataFrame(schema=schema)]
        )
        for name, schema in (("links", _LINKS), ("deposits", _DEPOSITS), ("aside", _ASIDE))
    }
    return _clusters(
        parts["links"], parts["deposits"], parts["aside"], services, most=most, least=least
    )


def _clusters(
    links: pl.DataFrame,
    deposits: pl.DataFrame,
    aside: pl.DataFrame,
    services: Mapping[str, str],
    *,
    most: int,
    least: float,
) -> Clusters:
    probabilities(least=least)
    whole_numbers(most=most)
    made = joined(links, list(services), most=most, least=least)
    return Clusters(made, deposits, aside, services, most, least)


def _named(ledger: Ledger, heuristic: Heuristic, found: Proposed) -> list[tuple[Any, ...]]:
    """Links with names in place of numbers."""
    names = ledger.names
    if "hash" in ledger.places.columns:
        shown = ledger.places["hash"]
    else:
        shown = ledger.places.select(pl.concat_str(PLACE, separator="/")).to_series()
    return [
        (
            *(names[number] for number in each[:3]),
            heuristic.name,
            float(heuristic.confidence),
            0,
            list(each.rows),
            list(dict.fromkeys([*each.beside, *(shown[row] for row in each.rows)])),
        )
        for each in found.links
    ]


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
