"""The tables of supervision: alerts, how far was looked, what was set, the record, hourly sums.

Rules:

1. An alert is unique by rule, chain, subject and place: looking twice cannot write it twice.
2. Nothing here is read for anybody but those with the right to see alerts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index, Integer, String, Text, UniqueConstraint
from sqlmodel import SQLModel

from sandbox.domain.alerts.cases import AlertState, Closing
from sandbox.domain.supervision import SettingKind, SettingState
from sandbox.store.base import column
from sandbox.store.types import AmountColumn, CanonicalColumn, EnumColumn, JsonColumn, TZDateTime

_SUBJECT, _PERMIT, _CHAIN = 80, 20, 10


class AlertRow(SQLModel, table=True):
    """Alerts and their cases."""

    __tablename__: ClassVar[Any] = "alert"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("rule", "chain", "subject", "place"),
        Index(None, "state", "id"),
        Index(None, "subject", "at"),
    )
    id: str = column(String(20), primary_key=True)
    rule: str = column(String(40), index=True)
    version: int = column(Integer())
    chain: str = column(String(_CHAIN))
    subject: str = column(String(_SUBJECT))
    permit: str | None = column(String(_PERMIT), nullable=True, index=True)
    kind: str = column(String(20))
    place: int = column(BigInteger())
    since: datetime = column(TZDateTime())
    at: datetime = column(TZDateTime())
    raised_at: datetime = column(TZDateTime())
    value: int = column(BigInteger())
    weight: int = column(Integer())
    asset: str = column(String(10))
    found: Any = column(JsonColumn())
    state: Any = column(EnumColumn(AlertState))
    assignee: str | None = column(String(32), nullable=True)
    closed_as: Any = column(EnumColumn(Closing), nullable=True)
    closed_at: datetime | None = column(TZDateTime(), nullable=True)
    reopened: int = column(Integer())
    revision: int = column(Integer())


class AlertCursorRow(SQLModel, table=True):
    """How far each stream was looked at."""

    __tablename__: ClassVar[Any] = "alert_cursor"
    stream: str = column(String(10), primary_key=True)
    genesis: str = column(String(66))
    place: int = column(BigInteger())
    at: datetime = column(TZDateTime())


class AlertActivityRow(SQLModel, table=True):
    """When each party was active."""

    __tablename__: ClassVar[Any] = "alert_activity"
    chain: str = column(String(_CHAIN), primary_key=True)
    address: str = column(String(42), primary_key=True)
    first: datetime = column(TZDateTime())
    last: datetime = column(TZDateTime())
    woke: datetime | None = column(TZDateTime(), nullable=True)
    idle: int = column(BigInteger())


class SettingRow(SQLModel, table=True):
    """Versions of alert rules and national caps."""

    __tablename__: ClassVar[Any] = "supervision_setting"
    __table_args__: ClassVar[Any] = (Index(None, "kind", "version"),)
    id: str = column(String(20), primary_key=True)
    kind: Any = column(EnumColumn(SettingKind))
    version: int = column(Integer())
    state: Any = column(EnumColumn(SettingState))
    body: Any = column(JsonColumn())
    reasons: str = column(Text())
    author: str = column(String(32))
    author_person: str = column(String(64))
    drafted_at: datetime = column(TZDateTime())
    trial: Any = column(JsonColumn(), nullable=True)
    confirmer: str | None = column(String(32), nullable=True)
    in_force_since: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class SupervisionRecordRow(SQLModel, table=True):
    """The record of supervision: a chain of hashes."""

    __tablename__: ClassVar[Any] = "supervision_record"
    __table_args__: ClassVar[Any] = (Index(None, "subject", "index"),)
    index: int = column(BigInteger(), primary_key=True, autoincrement=False)
    at: datetime = column(TZDateTime())
    kind: str = column(String(60))
    actor: str = column(String(80))
    subject: str = column(String(80))
    body: Any = column(CanonicalColumn())
    before: str = column(String(64))
    hash: str = column(String(64))


class LedgerHourRow(SQLModel, table=True):
    """What a permit's customers moved in one hour of one chain."""

    __tablename__: ClassVar[Any] = "ledger_hour"
    chain: str = column(String(_CHAIN), primary_key=True)
    permit: str = column(String(_PERMIT), primary_key=True)
    hour: datetime = column(TZDateTime(), primary_key=True)
    payments: int = column(BigInteger())
    volume: int = column(AmountColumn())
    came: int = column(AmountColumn())
    went: int = column(AmountColumn())
    sizes: Any = column(JsonColumn(list, tuple))
