"""The record of supervision: verified, and anchored in the audit log by the clock alone.

Rules:

1. The audit log takes in the record's head once in each full hour, also when nothing was added:
   neither the number nor the time of its entries says anything about alerts.
2. What concerns the intelligence service is checked like everything else and shown as such an
   entry, without who, what and about which: only the service and who reported know.
3. The head is the hash of the last entry; the entry's body is for those who read bodies.

>>> hour_of(datetime(2026, 1, 1, 5, 59)).isoformat()
'2026-01-01T05:00:00'
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sandbox.domain.records import AuditEntry
from sandbox.domain.seats import Actor
from sandbox.domain.sight import sight_of
from sandbox.domain.supervision import ANCHORED, RecordEntry, linked
from sandbox.services.publication import Desk
from sandbox.services.supervision import require_sees_alerts
from sandbox.store import UnitOfWork

SUBJECT: Final = "supervision"
SHOWN: Final = 50
"""Entries on the record's page."""
_PAGE: Final = 500
OF_THE_SERVICE: Final = ("str.", "rfi.", "order.")
"""Kinds of entries that concern the intelligence service: reports, requests, orders."""
HIDDEN: Final = "intelligence.entry"
"""What supervisors read instead of such a kind."""


def hour_of(at: datetime) -> datetime:
    """The beginning of an hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def anchor(desk: Desk) -> int:
    """Enter the record's head in the audit log, if this hour has no entry yet.

    Returns:
        0: there is never more to do at once.
    """
    hour = hour_of(desk.clock.now()).isoformat()
    with desk.store.unit(read_only=True) as u:
        if _anchored(u, hour):
            return 0
    with desk.store.unit() as u:
        u.audit.lock()
        if _anchored(u, hour):
            return 0
        last = u.supervision_record.newest()
        u.audit.append(
            kind=ANCHORED,
            actor="system",
            subject=SUBJECT,
            data={
                "hour": hour,
                "size": last.index + 1 if last else 0,
                "head": last.hash if last else "",
            },
            at=desk.clock.now(),
        )
        u.commit()
    return 0


def _anchored(u: UnitOfWork, hour: str) -> bool:
    newest = u.audit.of_subjects(SUBJECT, most=1)
    if not newest:
        return False
    data = (newest[-1].body or {}).get("data", {})
    return str(data.get("hour", "")) >= hour


@dataclass(frozen=True)
class RecordView:
    """The record as its page shows it.

    Attributes:
        size: how many entries there are.
        head: hash of the last one; empty for none.
        anchored: the newest entry of the audit log that took in a head; None for none.
        first_wrong: as :func:`first_wrong`.
        entries: of the newest ones, newest first, those that are for this reader.
    """

    size: int
    head: str
    anchored: AuditEntry | None
    first_wrong: int | None
    entries: tuple[RecordEntry, ...]


def record_view(u: UnitOfWork, actor: Actor) -> RecordView:
    """The record of supervision, checked.

    Raises:
        NotFound: ``web.not_found``.
    """
    require_sees_alerts(actor)
    last = u.supervision_record.newest()
    size = last.index + 1 if last else 0
    anchors = u.audit.of_subjects(SUBJECT, most=1)
    return RecordView(
        size=size,
        head=last.hash if last else "",
        anchored=anchors[-1] if anchors else None,
        first_wrong=first_wrong(u),
        entries=tuple(
            _veiled(each)
            for each in _shown(u, actor, u.supervision_record.page(size - SHOWN - 1, SHOWN)[::-1])
        ),
    )


def _veiled(entry: RecordEntry) -> RecordEntry:
    """An entry as supervisors may read it."""
    if not entry.kind.startswith(OF_THE_SERVICE):
        return entry
    return replace(entry, kind=HIDDEN, actor="", subject="", body={})


def _shown(
    u: UnitOfWork, actor: Actor, entries: tuple[RecordEntry, ...]
) -> tuple[RecordEntry, ...]:
    """Without what was done about alerts that the reader may not see."""
    among = u.listing.numbers(sight_of(actor))
    if among is None:
        return entries
    alerts = u.alerts.columns
    about = u.alerts.select(alerts.id.in_([each.subject for each in entries]))
    hidden = {each.id for each in about if each.permit not in among}
    return tuple(each for each in entries if each.subject not in hidden)


def first_wrong(u: UnitOfWork) -> int | None:
    """The first entry of the record that is not what was written; None when all hold.

    Checks every link, and every head that the audit log took in; an entry that is missing at the
    end counts as wrong.
    """
    before, index = "", 0
    heads: dict[int, str] = {}
    while page := u.supervision_record.page(index - 1, _PAGE):
        for each in page:
            fits = each.index == index and each.before == before
            if not fits or linked(before, each.body) != each.hash or not _columns(each.body, each):
                return index
            before, index = each.hash, index + 1
            heads[index] = each.hash
    for entry in u.audit.of_subjects(SUBJECT, most=10**6):
        data = (entry.body or {}).get("data", {})
        size = int(data.get("size", 0))
        if size and heads.get(size) != data.get("head"):
            return min(size - 1, index)
    return None


def _columns(body: object, entry: object) -> bool:
    names = ("index", "kind", "actor", "subject")
    told = dict(body) if isinstance(body, dict) else {}
    return all(told.get(name) == getattr(entry, name) for name in names)
