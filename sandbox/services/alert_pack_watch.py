"""The pack of 27 rules at work: alerts by its typologies over the trials' ledgers, as they grow.

Rules:

1. Nothing until two regulators have adopted a pack; then each block is judged by the pack that was
   in force at its time, and nothing before the first one's moment is raised.
2. A turn reads the whole ledger: what is new, first or fresh is so only by everything before. So a
   turn is due once a minute at most, and takes at most a twentieth of the worker's time.
3. Exactly once, as the watch: alerts and cursor are one transaction, and an alert is unique by
   typology, chain, account and block; of two in one block the heavier is kept.
4. A ledger with more than ``alert_pack_ledger.MOST`` movements is refused and not cut: the turn
   fails, health shows it, and the page says up to where was looked.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from sandbox.domain.alerts.cases import Alert
from sandbox.domain.ledger import Movement
from sandbox.domain.supervision import SettingKind
from sandbox.forensics import rules
from sandbox.forensics.rules import Pack
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.ids import ChainName
from sandbox.services.alert_pack_ledger import movements_of, table_of, tags_of
from sandbox.services.alert_parties import Parties, parties_of
from sandbox.services.alert_watch import (
    ASSETS,
    MOST_EVIDENCE,
    next_id,
    payment_of,
    told,
    unit_of,
    write_down,
)
from sandbox.services.explorer_follow import CHAINS
from sandbox.services.loops import Loop
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork
from sandbox.store.alerts import Cursor

if TYPE_CHECKING:
    from sandbox.forensics.rules import Found

PREFIX: Final = "pack."
"""Before a typology's name, where an alert names its rule."""
EVERY: Final = 60.0
"""Seconds between two turns, at least."""
_SHARE: Final = 20
_HEAVIEST: Final = 100
_LEVELS: Final = {"alert": 0, "interdict": 1}
Versions = Sequence[tuple[datetime, Pack]]


@dataclass
class PackWatch:
    """Watches one chain by the pack in force.

    Attributes:
        desk: store and clock.
        chain: which.
    """

    desk: Desk
    chain: ChainName
    _due: float = field(default=0.0, repr=False)

    @property
    def stream(self) -> str:
        """The name of its cursor."""
        return PREFIX + self.chain

    def turn(self) -> int:
        """Look at what came since the last turn, when one is due.

        Returns:
            How many alerts were raised.

        Raises:
            IntegrityFailure: ``alerts.other_chain``.
            InvalidInput: ``alert_rules.ledger_too_large``.
        """
        began = time.monotonic()
        if began < self._due:
            return 0
        try:
            return self._look()
        finally:
            self._due = began + max(EVERY, _SHARE * (time.monotonic() - began))

    def _look(self) -> int:
        with self.desk.store.unit(read_only=True) as u:
            versions = _versions(u)
            index, cursor = u.explorer.cursor(self.chain), u.alert_watch.cursor(self.stream)
            if not versions or index is None:
                return 0
            if cursor is not None and cursor.genesis != index.genesis:
                raise IntegrityFailure("alerts.other_chain", chain=self.chain)
            after = cursor.place if cursor else -1
            if index.block <= after:
                return 0
            fresh = u.alert_watch.movements(self.chain, index.token, (after, index.block), 1)
            moved = movements_of(u, self.chain) if fresh else ()
            spans = list(_spans(versions, moved, after))
            tags = [tags_of(u, part) for _, part, _ in spans]
        found = []
        for (pack, part, blocks), known in zip(spans, tags, strict=True):
            tables = {"tags": known}
            seen = rules.watch(table_of(part), pack, tables=tables, unit=unit_of(self.chain))
            found += [(seen, part, each) for each in _heaviest(seen, blocks)]
        self.desk.at_step("alerts.pack_looked")
        at = self.desk.clock.now()
        with self.desk.store.unit() as u:
            if u.alert_watch.hold(self.stream) != cursor:
                return 0
            parties = parties_of(u, {each["account"] for _, _, each in found})
            alerts = [_alert(u, self.chain, *each, parties, at) for each in found]
            write_down(u, alerts, at=at)
            u.alert_watch.move(Cursor(self.stream, index.genesis, index.block, at))
            u.commit()
        return len(found)


def watched_up_to(u: UnitOfWork) -> dict[str, Cursor]:
    """How far each chain was looked at by a pack; nothing before one was adopted.

    Args:
        u: a reading unit of work.
    """
    cursors = {chain: u.alert_watch.cursor(PREFIX + chain) for chain in CHAINS}
    return {chain: each for chain, each in cursors.items() if each is not None}


def pack_loops(desk: Desk, chains: Sequence[ChainName] = CHAINS) -> list[Loop]:
    """The watches as loops of the worker."""
    return [
        Loop(f"supervision.pack.{chain}", PackWatch(desk, chain).turn, 1.0, patience=600)
        for chain in chains
    ]


def _versions(u: UnitOfWork) -> Versions:
    confirmed = sorted(u.supervision.confirmed(SettingKind.PACK), key=lambda each: each.version)
    return [
        (each.in_force_since, Pack.read(each.body)) for each in confirmed if each.in_force_since
    ]


def _at(versions: Versions, moment: datetime) -> int:
    """The place of the version in force; -1 before the first."""
    begun = [place for place, (since, _) in enumerate(versions) if since <= moment]
    return max(begun, default=-1)


def _spans(
    versions: Versions, moved: Sequence[Movement], after: int
) -> Iterator[tuple[Pack, Sequence[Movement], frozenset[int]]]:
    """Each pack with the ledger up to its last fresh block, and its fresh blocks."""
    fresh = [place for place, each in enumerate(moved) if each.block > after]
    for version, span in groupby(fresh, key=lambda place: _at(versions, moved[place].at)):
        places = list(span)
        if version >= 0:
            blocks = frozenset(moved[place].block for place in places)
            yield versions[version][1], moved[: places[-1] + 1], blocks


def _heaviest(found: Found, fresh: frozenset[int]) -> Iterable[Mapping[str, Any]]:
    """The alerts in some blocks; of each typology, account and block the heaviest."""
    kept: dict[tuple[str, str, int], Mapping[str, Any]] = {}
    for each in found.alerts.iter_rows(named=True):
        if each["block"] in fresh:
            key = (each["typology"], each["account"], each["block"])
            kept[key] = max(kept.get(key, each), each, key=_weight)
    return sorted(
        kept.values(), key=lambda each: (each["block"], each["typology"], each["account"])
    )


def _weight(alert: Mapping[str, Any]) -> tuple[int, int]:
    return _LEVELS[alert["level"]], alert["score"]


def _alert(  # noqa: PLR0913, PLR0917 - what an alert is made of
    u: UnitOfWork,
    chain: str,
    found: Found,
    moved: Sequence[Movement],
    alert: Mapping[str, Any],
    parties: Parties,
    at: datetime,
) -> Alert:
    typology = found.pack.typologies[alert["typology"]]
    hits = list(found.hits[alert["hits"]].iter_rows(named=True))
    rows = sorted({row for hit in hits if hit["table"] == "ledger" for row in hit["evidence"]})
    account = alert["account"]
    kind = parties.kinds.get(account)
    return Alert(
        id=next_id(u, at),
        rule=PREFIX + typology.id,
        version=found.pack.version,
        chain=chain,
        subject=account,
        permit=parties.permits.get(account),
        kind=kind.value if kind else "",
        place=alert["block"],
        since=_moment(min(hit["since"] for hit in hits)),
        at=_moment(alert["time"]),
        raised_at=at,
        value=alert["score"],
        weight=min(alert["score"], _HEAVIEST),
        asset=ASSETS[chain],
        found={
            "pack": found.pack.hash,
            "level": alert["level"],
            "alert_at": typology.alert,
            "hold_at": typology.interdict,
            "rules": [_said(hit) for hit in hits],
            "figures": [],
            "evidence": [told(payment_of(moved[row])) for row in rows[-MOST_EVIDENCE:]],
            "left_out": max(len(rows) - MOST_EVIDENCE, 0),
        },
    )


def _said(hit: Mapping[str, Any]) -> dict[str, Any]:
    """What one rule said."""
    figures = {name: str(value) for name, value in json.loads(hit["figures"]).items()}
    return {
        "rule": hit["rule"],
        "at": _moment(hit["time"]).isoformat(),
        "score": hit["score"],
        "value": str(hit["value"]),
        "figures": figures,
    }


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
