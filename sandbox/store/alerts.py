"""Alerts, settings and the record of supervision, inside one unit of work."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from sandbox.domain import ledger
from sandbox.domain.alerts.cases import Alert, AlertState, Closing
from sandbox.domain.alerts.engine import Last
from sandbox.domain.alerts.facts import Activity
from sandbox.domain.alerts.hours import ALWAYS, Hour
from sandbox.domain.supervision import RecordEntry, Setting, SettingKind, SettingState, linked
from sandbox.kit.clock import utc
from sandbox.kit.ids import OrgId
from sandbox.store import alert_tables as tables
from sandbox.store.explorer_tables import BlockRow, MovementRow
from sandbox.store.hour_sums import added_up
from sandbox.store.repositories import lock_name
from sandbox.store.repository import Repository
from sandbox.store.tables import PermitFileRow, RefusalRow

_PART: Final = 400


def _table(row: Any) -> Table:
    table: Table = row.__table__
    return table


_ALERT, _CURSOR = _table(tables.AlertRow), _table(tables.AlertCursorRow)
_ACTIVITY, _HOUR = _table(tables.AlertActivityRow), _table(tables.LedgerHourRow)
_MOVE, _BLOCK, _DENIED = _table(MovementRow), _table(BlockRow), _table(RefusalRow)
_FILE = _table(PermitFileRow)


@dataclass(frozen=True)
class Cursor:
    """How far a stream was looked at.

    Attributes:
        stream: a chain, or ``refusals``.
        genesis: of the chain; empty for refusals.
        place: the last block, or the last refusal's number.
        at: when that was written.
    """

    stream: str
    genesis: str
    place: int
    at: datetime


@dataclass(frozen=True)
class Wanted:
    """Which alerts a list shows; None for any.

    Attributes:
        text: an id, an address, a permit; compared from the beginning.
        among: of these permits alone, and of none without one; None for all.
    """

    state: AlertState | None = None
    rule: str | None = None
    permit: str | None = None
    assignee: str | None = None
    text: str | None = None
    closed_as: Closing | None = None
    among: tuple[str, ...] | None = None


class Settings(Repository[Setting]):
    """Versions of rules, packs and caps."""

    record, row, code = Setting, tables.SettingRow, "supervision"

    def of_kind(self, kind: SettingKind, limit: int = 200) -> tuple[Setting, ...]:
        """Newest first."""
        return self.select(self.columns.kind == kind, order=self.columns.id.desc(), limit=limit)

    def confirmed(self, kind: SettingKind) -> tuple[Setting, ...]:
        """Every version that was ever in force, oldest first."""
        where = (self.columns.kind == kind, self.columns.state == SettingState.IN_FORCE)
        return self.select(*where, order=self.columns.version)

    def draft(self, kind: SettingKind) -> Setting | None:
        """The open draft; holds the kind until the transaction ends."""
        lock_name(self.session, f"supervision:{kind.value}")
        where = (self.columns.kind == kind, self.columns.state == SettingState.DRAFT)
        found = self.select(*where, limit=1)
        return found[0] if found else None


class _Entries(Repository[RecordEntry]):
    record, row, code = RecordEntry, tables.SupervisionRecordRow, "supervision"


class SupervisionRecord:
    """The record of supervision, appended in order."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._entries = _Entries(session)

    def append(
        self, *, kind: str, actor: str, subject: str, data: Mapping[str, Any], at: datetime
    ) -> RecordEntry:
        """Add an entry behind the newest one, as ``AuditLog.append`` does in its log."""
        lock_name(self.session, "supervision_record")
        last = self.newest()
        index = last.index + 1 if last else 0
        body = {
            "index": index,
            "at": utc(at).isoformat(),
            "kind": kind,
            "actor": actor,
            "subject": subject,
            "data": dict(data),
        }
        before = last.hash if last else ""
        entry = RecordEntry(index, at, kind, actor, subject, body, before, linked(before, body))
        return self._entries.add(entry)

    def newest(self) -> RecordEntry | None:
        """The last entry."""
        found = self._entries.select(order=self._entries.columns.index.desc(), limit=1)
        return found[0] if found else None

    def of_subject(self, subject: str) -> tuple[RecordEntry, ...]:
        """What was done about an alert or a setting, in order."""
        columns = self._entries.columns
        return self._entries.select(columns.subject == subject, order=columns.index)

    def page(self, after: int, limit: int) -> tuple[RecordEntry, ...]:
        """Entries after a place (-1 for the beginning), in order."""
        columns = self._entries.columns
        return self._entries.select(columns.index > after, order=columns.index, limit=limit)


class Alerts(Repository[Alert]):
    """Alerts."""

    record, row, code = Alert, tables.AlertRow, "alert"

    def listed(self, wanted: Wanted, *, before: str | None = None, limit: int) -> tuple[Alert, ...]:
        """Alerts by a filter, newest first.

        Args:
            wanted: the filter.
            before: the id to go on behind.
            limit: at most so many.
        """
        where = _where(wanted)
        if before is not None:
            where.append(_ALERT.c.id < before)
        return self.select(*where, order=_ALERT.c.id.desc(), limit=limit)

    def counted(
        self, among: tuple[str, ...] | None = None
    ) -> dict[tuple[str, AlertState, Closing | None], int]:
        """How many there are by rule, state and reason of closing; ``among`` as in a filter."""
        groups = (_ALERT.c.rule, _ALERT.c.state, _ALERT.c.closed_as)
        query = select(*groups, func.count()).where(*_where(Wanted(among=among))).group_by(*groups)
        return {
            (rule, state, closed_as): int(count)
            for rule, state, closed_as, count in self.session.execute(query).all()
        }

    def of_subject(self, chain: str, subject: str, limit: int) -> tuple[Alert, ...]:
        """Alerts about the same party, newest first."""
        where = (_ALERT.c.chain == chain, _ALERT.c.subject == subject)
        return self.select(*where, order=_ALERT.c.id.desc(), limit=limit)

    def last(
        self, chain: str, subjects: Collection[str], since: datetime
    ) -> dict[tuple[str, str], Last]:
        """The newest alert of each rule about these subjects after a moment."""
        found: dict[tuple[str, str], Last] = {}
        for part in _parts(subjects):
            query = (
                select(_ALERT.c.rule, _ALERT.c.subject, _ALERT.c.at, _ALERT.c.weight)
                .where(_ALERT.c.chain == chain, _ALERT.c.subject.in_(part), _ALERT.c.at > since)
                .order_by(_ALERT.c.at, _ALERT.c.place)
            )
            for rule, subject, at, weight in self.session.execute(query).all():
                found[rule, subject] = Last(at, weight)
        return found


class AlertWatchTables:
    """What the watch over the ledger reads and keeps."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def hold(self, stream: str) -> Cursor | None:
        """The cursor, held until the unit ends: two watches take turns."""
        lock_name(self.session, f"alerts:{stream}")
        return self.cursor(stream)

    def cursor(self, stream: str) -> Cursor | None:
        """How far a stream was looked at; None before the first time."""
        query = select(_CURSOR).where(_CURSOR.c.stream == stream)
        row = self.session.execute(query).mappings().first()
        return None if row is None else Cursor(**row)

    def move(self, cursor: Cursor) -> None:
        """Write how far a stream was looked at."""
        self._put(_CURSOR, [_values(cursor)], ["stream"])

    def movements(
        self, chain: str, token: str, blocks: tuple[int, int], limit: int | None
    ) -> tuple[ledger.Movement, ...]:
        """What a token logged in blocks after the first and up to the second, in order."""
        where = [_MOVE.c.block > blocks[0], _MOVE.c.block <= blocks[1]]
        return self._moved(chain, token, where, limit)

    def moved_by(
        self, chain: str, token: str, parties: Collection[str], blocks: tuple[int, int]
    ) -> tuple[ledger.Movement, ...]:
        """The same for some parties only, each movement once."""
        found: dict[int, ledger.Movement] = {}
        for part in _parts(parties):
            for side in (_MOVE.c.payer, _MOVE.c.payee):
                where = [side.in_(part), _MOVE.c.block > blocks[0], _MOVE.c.block <= blocks[1]]
                for each in self._moved(chain, token, where, None):
                    found[each.id or 0] = each
        return tuple(found[key] for key in sorted(found))

    def newest_of(
        self, chain: str, token: str, parties: Collection[str], since: datetime, limit: int
    ) -> tuple[ledger.Movement, ...]:
        """The newest that some parties moved after a moment, newest first, each once."""
        found: dict[int, ledger.Movement] = {}
        names = [field.name for field in fields(ledger.Movement)]
        for part in _parts(parties):
            query = (
                select(*(_MOVE.c[name] for name in names))
                .where(
                    _MOVE.c.chain == chain,
                    _MOVE.c.token == token,
                    _MOVE.c.source == ledger.Source.LOG.value,
                    _MOVE.c.at > since,
                    or_(_MOVE.c.payer.in_(part), _MOVE.c.payee.in_(part)),
                )
                .order_by(_MOVE.c.id.desc())
                .limit(limit)
            )
            for row in self.session.execute(query).mappings():
                found[row["id"]] = ledger.Movement(**row)
        return tuple(found[key] for key in sorted(found, reverse=True)[:limit])

    def _moved(
        self, chain: str, token: str, where: list[ColumnElement[bool]], limit: int | None
    ) -> tuple[ledger.Movement, ...]:
        names = [field.name for field in fields(ledger.Movement)]
        query = (
            select(*(_MOVE.c[name] for name in names))
            .where(
                _MOVE.c.chain == chain,
                _MOVE.c.token == token,
                _MOVE.c.source == ledger.Source.LOG.value,
                *where,
            )
            .order_by(_MOVE.c.block, _MOVE.c.id)
            .limit(limit)
        )
        return tuple(ledger.Movement(**row) for row in self.session.execute(query).mappings())

    def last_block_before(self, chain: str, at: datetime, known: int) -> int:
        """The last block up to a moment; the newest of all when none is later.

        Args:
            chain: which.
            at: the moment, UTC.
            known: a block up to that moment, where the search begins; -1 for none.
        """
        mine = _BLOCK.c.chain == chain
        query = (
            select(_BLOCK.c.number)
            .where(mine, _BLOCK.c.number > known, _BLOCK.c.at > at)
            .order_by(_BLOCK.c.number)
            .limit(1)
        )
        later = self.session.execute(query).scalar()
        if later is not None:
            return int(later) - 1
        newest = self.session.execute(select(func.max(_BLOCK.c.number)).where(mine)).scalar()
        return known if newest is None else int(newest)

    def denied(
        self, *, after: int | None = None, since: datetime | None = None, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """Refusals after a number, or after a moment, in the gateway's order."""
        names = ("seq", "permit", "at", "chain", "clause", "sender", "tx_hash", "raw")
        query = select(*(_DENIED.c[name] for name in names)).order_by(_DENIED.c.seq)
        if after is not None:
            query = query.where(_DENIED.c.seq > after)
        if since is not None:
            query = query.where(_DENIED.c.at > since)
        return [dict(row) for row in self.session.execute(query.limit(limit)).mappings()]

    def denied_of(
        self, permits: Collection[str], *, until: int, since: datetime
    ) -> list[dict[str, Any]]:
        """Refusals of some permits up to a number and after a moment."""
        names = ("seq", "permit", "at", "chain", "clause", "sender", "tx_hash", "raw")
        found: list[dict[str, Any]] = []
        for part in _parts(permits):
            query = select(*(_DENIED.c[name] for name in names)).where(
                _DENIED.c.permit.in_(part), _DENIED.c.seq <= until, _DENIED.c.at > since
            )
            found += [dict(row) for row in self.session.execute(query).mappings()]
        return sorted(found, key=lambda each: int(each["seq"]))

    def activity(self, chain: str, addresses: Collection[str]) -> dict[str, Activity]:
        """When these addresses were active."""
        found: dict[str, Activity] = {}
        for part in _parts(addresses):
            query = select(_ACTIVITY).where(
                _ACTIVITY.c.chain == chain, _ACTIVITY.c.address.in_(part)
            )
            for row in self.session.execute(query).mappings():
                found[row["address"]] = Activity(
                    row["first"], row["last"], row["woke"], row["idle"]
                )
        return found

    def keep_activity(self, chain: str, activity: Mapping[str, Activity]) -> None:
        """Write when these addresses were active."""
        rows = [
            {"chain": chain, "address": address, **_values(each)}
            for address, each in activity.items()
        ]
        self._put(_ACTIVITY, rows, ["chain", "address"])

    def add_hours(self, chain: str, fresh: Mapping[tuple[str, datetime], Hour]) -> None:
        """Add sums of one chain to those that are kept."""
        known: dict[tuple[str, datetime], Hour] = {}
        moments = sorted({hour for _, hour in fresh})
        for part in _parts(permit for permit, _ in fresh):
            query = select(_HOUR).where(
                _HOUR.c.chain == chain, _HOUR.c.permit.in_(part), _HOUR.c.hour.in_(moments)
            )
            for row in self.session.execute(query).mappings():
                known[row["permit"], row["hour"]] = Hour(**row)
        rows = [_values(known[key] + each if key in known else each) for key, each in fresh.items()]
        self._put(_HOUR, rows, ["chain", "permit", "hour"])

    def hours(self, permit: str, since: datetime) -> tuple[Hour, ...]:
        """The sums of a permit on every chain: of all hours, and of each from a moment on."""
        query = (
            select(_HOUR)
            .where(_HOUR.c.permit == permit, (_HOUR.c.hour == ALWAYS) | (_HOUR.c.hour >= since))
            .order_by(_HOUR.c.chain, _HOUR.c.hour)
        )
        return tuple(Hour(**row) for row in self.session.execute(query).mappings())

    def payments_ever(self, permit: str) -> int:
        """How many payments a permit's customers have made on all chains, as the watch saw them."""
        query = select(func.sum(_HOUR.c.payments))
        query = query.where(_HOUR.c.permit == permit, _HOUR.c.hour == ALWAYS)
        return int(self.session.execute(query).scalar() or 0)

    def hours_of_authority(self, authority: OrgId, since: datetime) -> tuple[Hour, ...]:
        """The same of every permit for which an authority is competent now, together."""
        query = (
            select(_HOUR.c.hour)
            .join(_FILE, _FILE.c.permit == _HOUR.c.permit)
            .where(_FILE.c.authority == authority)
            .where((_HOUR.c.hour == ALWAYS) | (_HOUR.c.hour >= since))
        )
        return added_up(self.session, query, authority)

    def _put(self, table: Table, rows: Sequence[Mapping[str, Any]], keys: list[str]) -> None:
        if not rows:
            return
        postgres = self.session.get_bind().dialect.name == "postgresql"
        statement: Any = postgresql.insert(table) if postgres else sqlite.insert(table)
        rest = {
            each.name: statement.excluded[each.name]
            for each in table.columns
            if each.name not in keys
        }
        self.session.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=rest), list(rows)
        )


def _where(wanted: Wanted) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        where.append(_ALERT.c.state == wanted.state)
    if wanted.rule is not None:
        where.append(_ALERT.c.rule == wanted.rule)
    if wanted.permit is not None:
        where.append(_ALERT.c.permit == wanted.permit)
    if wanted.assignee is not None:
        where.append(_ALERT.c.assignee == wanted.assignee)
    if wanted.closed_as is not None:
        where.append(_ALERT.c.closed_as == wanted.closed_as)
    if wanted.among is not None:
        where.append(_ALERT.c.permit.in_(wanted.among))
    if wanted.text:
        where.append(
            or_(
                _ALERT.c.id == wanted.text.upper(),
                _ALERT.c.permit == wanted.text.upper(),
                _ALERT.c.subject.startswith(wanted.text.lower(), autoescape=True),
            )
        )
    return where


def _values(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _parts(keys: Iterable[Any]) -> Iterable[list[Any]]:
    listed = sorted(set(keys))
    return (listed[i : i + _PART] for i in range(0, len(listed), _PART))


def keep_alerts(session: Session, alerts: Sequence[Alert]) -> None:
    """Insert alerts at once; one that is there already is a conflict of the store."""
    if alerts:
        session.execute(insert(_ALERT), [_values(each) for each in alerts])
