"""Dry runs of a drafted pack: which alerts over the trials' ledgers come, go and stay.

Rules:

1. Both packs, the one in force and the draft, see the whole ledger of each national token up to
   the last moment: what is new, first or fresh is so only by everything before. What they find in
   the chosen days is compared (``sandbox.forensics.rules.compare``).
2. They are told which parties are merchants and that zero is the issuer, and nothing else: rules
   that need what no register of the sandbox holds are named as not computable.
3. Nothing is raised and nothing but the draft's trial is written.
4. A ledger with more than ``alert_pack_ledger.MOST`` movements is refused, not cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sandbox.domain.calendar import BISHKEK
from sandbox.domain.supervision import Setting
from sandbox.forensics import rules
from sandbox.forensics.rules import Comparison, Pack
from sandbox.services.alert_pack_ledger import movements_of, table_of, tags_of
from sandbox.services.alert_watch import unit_of
from sandbox.services.explorer_follow import CHAINS
from sandbox.services.supervision import pack_in_force
from sandbox.store import UnitOfWork

if TYPE_CHECKING:
    import polars as pl

LISTED: Final = 200
"""Alerts that a trial names one by one; the newest."""
OUTCOMES: Final = ("lost", "same", "gained")


def try_pack(u: UnitOfWork, setting: Setting) -> dict[str, Any]:
    """What a drafted pack would have found in its trial's days, beside the pack in force.

    Args:
        u: a reading unit of work.
        setting: a pack with an ordered trial.

    Returns:
        JSON: ``state``, ``since``; ``movements`` in all and ``payments`` in the days; ``compared``,
        the version in force; ``rules`` and ``typologies`` (name to how many hits and alerts are
        lost, the same, gained); ``daily`` (day, lost, same, gained); ``raised`` and ``before``,
        alerts of the draft and of the pack in force; ``hundredths``, those per analyst and day in
        hundredths, the draft's first; ``not_computable`` (rule to tables); ``alerts`` (the newest,
        one by one).

    Raises:
        InvalidInput: ``alert_rules.ledger_too_large``, as ``sandbox.forensics.rules.compare``.
    """
    told = dict(setting.trial or {})
    until = datetime.fromisoformat(told["until"])
    since = until - timedelta(days=int(told["days"]))
    now, drafted = pack_in_force(u, until), Pack.read(setting.body)
    movements = {chain: moved for chain in CHAINS if (moved := movements_of(u, chain, until))}
    tried = {
        chain: rules.compare(
            table_of(moved),
            now,
            drafted,
            tables={"tags": tags_of(u, moved)},
            unit=unit_of(chain),
            since=since,
            until=until + timedelta(seconds=1),
        )
        for chain, moved in movements.items()
    }
    alerts = sorted(
        (
            {"chain": chain, **row}
            for chain, each in tried.items()
            for row in each.alerts.iter_rows(named=True)
        ),
        key=lambda each: (each["time"], each["account"], each["typology"]),
    )
    counted = Counter(each["outcome"] for each in alerts)
    raised, before = (counted["same"] + counted[each] for each in ("gained", "lost"))
    shared = int(told.get("analysts", 1)) * int(told["days"])
    return {
        "state": "ready",
        "since": since.isoformat(),
        "compared": now.version,
        "movements": sum(len(each) for each in movements.values()),
        "payments": sum(each.at > since for moved in movements.values() for each in moved),
        "rules": _summed([each.rules for each in tried.values()], list(drafted.rules)),
        "typologies": _summed(
            [each.typologies for each in tried.values()], list(drafted.typologies)
        ),
        "daily": _daily(alerts, since, until),
        "raised": raised,
        "before": before,
        "hundredths": [round(100 * each / shared) for each in (raised, before)],
        "not_computable": _lacking(tried.values()),
        "alerts": [_told(each) for each in alerts[-LISTED:]][::-1],
    }


def _summed(tables: Sequence[pl.DataFrame], names: Sequence[str]) -> dict[str, list[int]]:
    found = {name: [0, 0, 0] for name in names}
    for table in tables:
        for name, *counts in table.select("name", *OUTCOMES).iter_rows():
            found[name] = [one + two for one, two in zip(found[name], counts, strict=True)]
    return found


def _daily(
    alerts: Sequence[Mapping[str, Any]], since: datetime, until: datetime
) -> list[list[Any]]:
    counts = Counter(
        (datetime.fromtimestamp(each["time"], BISHKEK).date(), each["outcome"]) for each in alerts
    )
    first, last = since.astimezone(BISHKEK).date(), until.astimezone(BISHKEK).date()
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [[day.isoformat(), *(counts[day, each] for each in OUTCOMES)] for day in days]


def _lacking(tried: Iterable[Comparison]) -> dict[str, list[str]]:
    return {
        name: list(needs) for each in tried for name, needs in each.after.not_computable.items()
    }


def _told(alert: Mapping[str, Any]) -> dict[str, Any]:
    at = datetime.fromtimestamp(alert["time"], UTC).isoformat()
    names = ("outcome", "typology", "chain", "account", "level", "score")
    return {**{name: alert[name] for name in names}, "at": at}
