"""Several tag packs side by side: what they say of an account, and where they disagree.

1. Nothing is merged: each tag stays a row with its pack, version, place, source and level.
2. An account is in **conflict** about its ``category`` where its tags name more than one (a tag
   that names none says nothing about it), and about its ``label`` where they name more than one,
   without regard to capitals and spaces.
3. **Services** are the accounts that at least one tag of at least ``least`` gives one of
   ``SERVICES`` as its category. Where such tags name several of them, all are told, the surest
   first, so that no rule takes a disputed account for the one kind or the other; a trace stops.
4. **Over clusters**: a tag is said of the other accounts of a cluster with the confidence
   ``level`` / 100, times that of each link on the way by which they were joined, as if one erred
   independently of the other. All of it is ours, and a level is no probability: use it to order.

>>> pack = TagPack.read({"format": 1, "title": "A", "creator": "T", "version": 1,
...     "as_of": "2026-11-23", "network": "kgst", "source": "letter 14", "tags": [
...         {"address": "0xA1", "label": "Pamir", "category": "exchange",
...          "confidence": "service_api"},
...         {"address": "0xA1", "label": "Tulpar", "category": "mixer",
...          "confidence": "web_crawl"}]})
>>> tags = Tags.join(pack)
>>> tags.services(least=50), tags.services(least=20)
({'0xa1': 'exchange'}, {'0xa1': 'exchange | mixer'})
>>> tags.conflicts.select("account", "about", "says", "level").rows()[:2]
[('0xa1', 'category', 'exchange', 70), ('0xa1', 'category', 'mixer', 20)]
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import polars as pl

from sandbox.forensics.accounts import spelt
from sandbox.forensics.clusters.clustering import Clusters
from sandbox.forensics.errors import CannotTag
from sandbox.forensics.tags.packs import PackTag, TagPack

SERVICES: Final = frozenset(
    {"bank", "bridge", "exchange", "gold", "merchant", "mixer", "payment", "utility"}
)
"""Categories at which a trace stops: their own books say what goes on behind them."""
_TABLE: Final[dict[str, Any]] = {
    **dict.fromkeys(("account", "label", "category", "confidence"), pl.String),
    "level": pl.Int64,
    **dict.fromkeys(("source", "network", "context"), pl.String),
    "lastmod": pl.Date,
    **dict.fromkeys(("pack", "creator"), pl.String),
    "version": pl.Int64,
    "as_of": pl.Date,
    "digest": pl.String,
    "place": pl.Int64,
}
_CONFLICTS: Final[dict[str, Any]] = {
    **dict.fromkeys(("account", "about", "says"), pl.String),
    "level": pl.Int64,
    "tags": pl.Int64,
    "packs": pl.List(pl.String),
}
_SPREAD: Final[dict[str, Any]] = {
    "account": pl.String,
    "cluster": pl.Int64,
    **dict.fromkeys(("label", "category", "tagged"), pl.String),
    "links": pl.Int64,
    "confidence": pl.Float64,
    "disputed": pl.Boolean,
    "pack": pl.String,
    "place": pl.Int64,
}


@dataclass(frozen=True, eq=False)
class Tags:
    """Packs that are read together; ``Tags.join`` makes them.

    Attributes:
        packs: in the order in which they were given.
        network: of which alone tags were taken; None: of all.
    """

    packs: tuple[TagPack, ...]
    network: str | None = None

    @classmethod
    def join(cls, *packs: TagPack, network: str | None = None) -> Tags:
        """Put packs side by side.

        Args:
            *packs: each title once.
            network: take tags of this chain alone.

        Raises:
            CannotTag: ``tags.pack_twice``.
        """
        titles = [each.title for each in packs]
        for title in titles:
            if titles.count(title) > 1:
                raise CannotTag("tags.pack_twice", title=title[:80])
        return cls(packs, network)

    @cached_property
    def table(self) -> pl.DataFrame:
        """Every tag, the surest of an account first.

        Columns: ``account``, ``label``, ``category`` (empty: not said), ``confidence`` and its
        ``level``, ``source``, ``network``, ``context``, ``lastmod``; of the pack its title
        ``pack``, ``creator``, ``version``, ``as_of``, ``digest``, and the tag's ``place`` in it.
        """
        rows = [
            (
                *(tag.account, tag.label, tag.category or None, tag.confidence, tag.level),
                *(tag.source, tag.network, tag.context or None, tag.lastmod),
                *(pack.title, pack.creator, pack.version, pack.as_of, pack.digest, place),
            )
            for pack, place, tag in self._each()
        ]
        table = pl.DataFrame(rows, schema=_TABLE, orient="row")
        order = ["account", "level", "pack", "place"]
        return table.sort(order, descending=[False, True, False, False])

    def of(self, account: str) -> pl.DataFrame:
        """What is said of one account: rows of ``table``.

        Args:
            account: a name.
        """
        return self.table.filter(pl.col("account") == spelt(account))

    @cached_property
    def conflicts(self) -> pl.DataFrame:
        """Where tags disagree; a row for each thing that is said.

        Columns: ``account``; ``about``: ``category`` or ``label``; ``says``, as the surest tag has
        it; the highest ``level`` of those that say so; how many ``tags``, of which ``packs``.
        """
        said: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
        for row in self.table.iter_rows(named=True):
            for about in ("category", "label"):
                if row[about]:
                    same = _same(row[about])
                    said.setdefault((row["account"], about), {}).setdefault(same, []).append(row)
        rows = [
            (
                *(account, about, tags[0][about], tags[0]["level"], len(tags)),
                sorted({tag["pack"] for tag in tags}),
            )
            for (account, about), answers in sorted(said.items())
            if len(answers) > 1
            for tags in answers.values()
        ]
        return pl.DataFrame(rows, schema=_CONFLICTS, orient="row")

    def services(self, *, least: int, categories: Collection[str] = SERVICES) -> dict[str, str]:
        """Accounts that are called a service, for ``Stop(services=…)`` and ``cluster``.

        Args:
            least: level from which a tag is believed so far.
            categories: that are services.

        Returns:
            The category by account; where several are said, all, the surest first: ``exchange |
            mixer``.

        Raises:
            CannotTag: ``tags.least_malformed``.
        """
        if type(least) is not int or not 0 <= least <= 100:
            raise CannotTag("tags.least_malformed")
        wanted, found = {_same(each) for each in categories}, dict[str, dict[str, None]]()
        columns = self.table.select("account", "category", "level")
        for account, category, level in columns.iter_rows():
            if category and level >= least and _same(category) in wanted:
                found.setdefault(account, {})[_same(category)] = None
        return {account: " | ".join(said) for account, said in found.items()}

    def over(self, clusters: Clusters) -> pl.DataFrame:
        """What tags say of the accounts of clusters, by way of the links that join them.

        Args:
            clusters: as ``cluster`` found them.

        Returns:
            Columns: ``account``, its ``cluster``; ``label`` and ``category``; the account that is
            ``tagged`` so, how many ``links`` away it is (0: itself), and the ``confidence``;
            ``disputed``: whether the cluster's tags conflict; ``pack`` and ``place``. The surest
            of an account first.
        """
        ways = _ways(clusters)
        number = dict(clusters.accounts.select("account", "cluster").iter_rows())
        tagged: dict[str, list[tuple[Any, ...]]] = {}
        columns = ("account", "label", "category", "level", "pack", "place")
        for row in self.table.select(columns).iter_rows():
            if row[0] in number:
                tagged.setdefault(row[0], []).append(row)
        disputed = _disputed(tagged, number)
        rows = []
        for account, tags in tagged.items():
            for other, (links, confidence) in _reached(account, ways).items():
                for _, label, category, level, pack, place in tags:
                    sure = level / 100 * confidence
                    told = (label, category, account, links, sure, number[account] in disputed)
                    rows.append((other, number[other], *told, pack, place))
        order = ["cluster", "account", "confidence", "tagged", "pack", "place"]
        descending = [False, False, True, False, False, False]
        return pl.DataFrame(rows, schema=_SPREAD, orient="row").sort(order, descending=descending)

    def _each(self) -> Iterator[tuple[TagPack, int, PackTag]]:
        for pack in self.packs:
            for place, tag in enumerate(pack.tags, 1):
                if self.network in (None, tag.network):
                    yield pack, place, tag

    def __repr__(self) -> str:
        disputed = self.conflicts["account"].n_unique()
        said = f"{len(self.table)} tags of {self.table['account'].n_unique()} accounts"
        return f"<{said} from {len(self.packs)} packs; {disputed} disputed>"


def _same(text: str) -> str:
    """A word without regard to capitals and spaces."""
    return " ".join(text.casefold().split())


def _ways(clusters: Clusters) -> dict[str, list[tuple[str, float]]]:
    """To whom each account hangs by a link that joined, and how surely."""
    found: dict[str, list[tuple[str, float]]] = {}
    tree = clusters.links.filter("joins").select("account", "other", "confidence")
    for one, two, confidence in tree.iter_rows():
        found.setdefault(one, []).append((two, confidence))
        found.setdefault(two, []).append((one, confidence))
    return found


def _reached(
    account: str, ways: dict[str, list[tuple[str, float]]]
) -> dict[str, tuple[int, float]]:
    """Everybody in an account's cluster: over how many links, and with which confidence.

    The links that joined make no circle: there is one way to each.
    """
    found, ahead = {account: (0, 1.0)}, [account]
    while ahead:
        here = ahead.pop()
        links, confidence = found[here]
        for there, sure in ways.get(here, []):
            if there not in found:
                found[there] = (links + 1, confidence * sure)
                ahead.append(there)
    return found


def _disputed(tagged: dict[str, list[tuple[Any, ...]]], number: dict[str, int]) -> set[int]:
    """Clusters of which tags say more than one label or category."""
    said: dict[tuple[int, int], set[str]] = {}
    for account, tags in tagged.items():
        for tag in tags:
            for at in (1, 2):
                if tag[at]:
                    said.setdefault((number[account], at), set()).add(_same(tag[at]))
    return {cluster for (cluster, _), answers in said.items() if len(answers) > 1}
