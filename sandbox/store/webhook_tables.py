"""The tables of webhooks: addresses, what each is told, and every try."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, delete, func, select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from sandbox.domain.webhooks import Attempt, Endpoint, EndpointState, Event, Outcome
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime

_ENDPOINT = "webhook_endpoint.id"


class EndpointRow(SQLModel, table=True):
    """Addresses that organisations want to be told at."""

    __tablename__: ClassVar[Any] = "webhook_endpoint"
    id: str = column(String(40), primary_key=True)
    org: str = column(String(40), ForeignKey("organisation.id"), index=True)
    url: str = column(String(500))
    kinds: Any = column(JsonColumn(dump=list, load=tuple))
    state: Any = column(EnumColumn(EndpointState))
    secret: str = column(Text())
    created_by: str = column(String(32), ForeignKey("account.name"))
    created_at: datetime = column(TZDateTime())
    changed_at: datetime = column(TZDateTime())
    previous: str | None = column(Text(), nullable=True)
    previous_until: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class EventRow(SQLModel, table=True):
    """What each address is told, sent or waiting."""

    __tablename__: ClassVar[Any] = "webhook_event"
    __table_args__: ClassVar[Any] = (
        Index(None, "endpoint", "taken_at", "seq"),
        Index(None, "created_at"),
    )
    id: str = column(String(40), primary_key=True)
    endpoint: str = column(String(40), ForeignKey(_ENDPOINT))
    seq: int = column(Integer())
    kind: str = column(String(60))
    body: str = column(Text())
    created_at: datetime = column(TZDateTime())
    next_at: datetime = column(TZDateTime())
    attempts: int = column(Integer())
    failing_since: datetime | None = column(TZDateTime(), nullable=True)
    taken_at: datetime | None = column(TZDateTime(), nullable=True)
    again_at: datetime | None = column(TZDateTime(), nullable=True, index=True)


class AttemptRow(SQLModel, table=True):
    """Every try, with what was answered."""

    __tablename__: ClassVar[Any] = "webhook_attempt"
    __table_args__: ClassVar[Any] = (Index(None, "at"),)
    endpoint: str = column(String(40), ForeignKey(_ENDPOINT), primary_key=True)
    seq: int = column(Integer(), primary_key=True, autoincrement=False)
    event: str = column(String(40))
    kind: str = column(String(60))
    at: datetime = column(TZDateTime())
    milliseconds: int = column(Integer())
    outcome: Any = column(EnumColumn(Outcome))
    status: int | None = column(Integer(), nullable=True)
    head: str = column(Text())
    by_hand: bool = column(Boolean())


class Endpoints(Repository[Endpoint]):
    """Addresses that organisations want to be told at."""

    record, row, code = Endpoint, EndpointRow, "webhook"

    def of_org(self, org: str) -> tuple[Endpoint, ...]:
        """An organisation's addresses, oldest first."""
        order = [self.columns.created_at, self.columns.id]
        return self.select(self.columns.org == org, order=order)

    def remove(self, endpoint: str) -> None:
        """Forget an address with all that was sent to it."""
        for row, name in ((AttemptRow, "endpoint"), (EventRow, "endpoint"), (EndpointRow, "id")):
            table = SQLModel.metadata.tables[row.__tablename__]
            self.session.execute(delete(table).where(table.c[name] == endpoint))


class Events(Repository[Event]):
    """What each address is told."""

    record, row, code = Event, EventRow, "webhook_event"

    def due(self, at: datetime, *, limit: int) -> tuple[Event, ...]:
        """The first waiting event of each address that is on, if its time has come."""
        ends: Any = EndpointRow.__table__  # type: ignore[attr-defined]
        first = (
            select(self.columns.endpoint, func.min(self.columns.seq).label("seq"))
            .join(ends, ends.c.id == self.columns.endpoint)
            .where(self.columns.taken_at.is_(None), ends.c.state == EndpointState.ON)
            .group_by(self.columns.endpoint)
            .subquery()
        )
        query = (
            select(self.table)
            .join(
                first,
                (first.c.endpoint == self.columns.endpoint) & (first.c.seq == self.columns.seq),
            )
            .where(self.columns.next_at <= at)
            .order_by(self.columns.next_at, self.columns.id)
            .limit(limit)
        )
        return tuple(self.load(row) for row in self.session.execute(query).mappings())

    def asked_again(self, at: datetime, *, limit: int) -> tuple[Event, ...]:
        """Events that somebody asked to have sent again, whatever the state of their address."""
        return self.select(
            self.columns.again_at <= at, order=[self.columns.again_at, self.columns.id], limit=limit
        )

    def asked(self, endpoint: str, since: datetime) -> tuple[Event, ...]:
        """Events of an address that somebody asked for, made since then or still to be sent."""
        mine = self.columns.endpoint == endpoint
        fresh = (self.columns.created_at > since) | self.columns.again_at.is_not(None)
        return self.select(mine, fresh, limit=200)

    def first_waiting(self, endpoint: str) -> Event | None:
        """The event that an address is told next."""
        found = self.select(
            self.columns.endpoint == endpoint,
            self.columns.taken_at.is_(None),
            order=self.columns.seq,
            limit=1,
        )
        return found[0] if found else None

    def waiting(self, endpoints: Collection[str]) -> dict[str, int]:
        """How many events wait for each address; none for those without."""
        query = (
            select(self.columns.endpoint, func.count())
            .where(self.columns.endpoint.in_(list(endpoints)), self.columns.taken_at.is_(None))
            .group_by(self.columns.endpoint)
        )
        return {str(name): int(count) for name, count in self.session.execute(query)}

    def drop_before(self, at: datetime) -> int:
        """Forget events that are older than a moment. Returns how many there were."""
        gone: Any = self.session.execute(delete(self.table).where(self.columns.created_at < at))
        return int(gone.rowcount)


class Attempts(Repository[Attempt]):
    """Every try."""

    record, row, code = Attempt, AttemptRow, "webhook_attempt"

    def of_endpoint(
        self, endpoint: str, *, before: int | None = None, limit: int
    ) -> tuple[Attempt, ...]:
        """An address's tries, newest first; only those before a number."""
        where = [self.columns.endpoint == endpoint]
        if before is not None:
            where.append(self.columns.seq < before)
        return self.select(*where, order=self.columns.seq.desc(), limit=limit)

    def drop_before(self, at: datetime) -> int:
        """Forget tries that are older than a moment. Returns how many there were."""
        gone: Any = self.session.execute(delete(self.table).where(self.columns.at < at))
        return int(gone.rowcount)


class Webhooks:
    """The three tables together."""

    def __init__(self, session: Session) -> None:
        self.endpoints = Endpoints(session)
        self.events = Events(session)
        self.attempts = Attempts(session)
