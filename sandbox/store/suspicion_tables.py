"""The tables of suspicious-transaction reports, and what is asked of them.

Rules: every query that lists reports is given who reads; a part is bounded; a draft is in no list
but that of its own entity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    and_,
    delete,
    func,
    or_,
    select,
)
from sqlmodel import SQLModel

from sandbox.domain.suspicion import (
    Attachment,
    Entity,
    Outcome,
    Report,
    ReportParty,
    ReportState,
)
from sandbox.kit.folding import folded
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import AmountColumn, CanonicalColumn, EnumColumn, JsonColumn, TZDateTime

MOST_WORDS: Final = 8
MOST_COUNTED: Final = 10_000


class ReportRow(SQLModel, table=True):
    """Suspicious-transaction reports."""

    __tablename__: ClassVar[Any] = "str_report"
    __table_args__: ClassVar[Any] = (
        Index(None, "state", "submitted_at"),
        Index(None, "org", "entity"),
    )
    id: str = column(String(20), primary_key=True)
    entity: Any = column(EnumColumn(Entity))
    org: str = column(String(40), ForeignKey("organisation.id"))
    permit: str | None = column(String(20), ForeignKey("permit.number"), nullable=True, index=True)
    alert: str | None = column(String(20), nullable=True, index=True)
    state: Any = column(EnumColumn(ReportState))
    officer: str = column(String(32), ForeignKey("account.name"))
    person: str = column(String(64))
    created_at: datetime = column(TZDateTime())
    answers: Any = column(JsonColumn())
    content: Any = column(CanonicalColumn(), nullable=True)
    digest: str = column(String(64))
    submitted_at: datetime | None = column(TZDateTime(), nullable=True)
    noticed_at: datetime | None = column(TZDateTime(), nullable=True)
    due: datetime | None = column(TZDateTime(), nullable=True)
    asset: str = column(String(10))
    amount: int = column(AmountColumn())
    folded: str = column(Text())
    assignee: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    outcome: Any = column(EnumColumn(Outcome), nullable=True)
    closed_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class ReportPartyRow(SQLModel, table=True):
    """Parties of submitted reports."""

    __tablename__: ClassVar[Any] = "str_party"
    report: str = column(String(20), ForeignKey("str_report.id"), primary_key=True)
    address: str = column(String(42), primary_key=True, index=True)
    person: str = column(String(66), index=True)


class AttachmentRow(SQLModel, table=True):
    """Documents of reports and of answers."""

    __tablename__: ClassVar[Any] = "str_attachment"
    id: str = column(String(40), primary_key=True)
    subject: str = column(String(20), index=True)
    name: str = column(String(120))
    media: str = column(String(100))
    size: int = column(BigInteger())
    sha256: str = column(String(64))
    by: str = column(String(32), ForeignKey("account.name"))
    at: datetime = column(TZDateTime())


@dataclass(frozen=True)
class WantedReports:
    """Which reports the inbox shows; None or empty for any.

    Attributes:
        text: words in number, organisation, permit, parties and narrative.
        order: ``newest``, ``oldest``, ``amount`` or ``due``.
        start: so many are left out.
    """

    state: ReportState | None = None
    entity: Entity | None = None
    assignee: str | None = None
    late: bool = False
    text: str = ""
    order: str = "newest"
    start: int = 0
    limit: int = 50


class SuspicionReports(Repository[Report]):
    """SuspicionReports."""

    record, row, code = Report, ReportRow, "suspicion"

    def of_entity(self, org: str, entity: Entity, limit: int) -> tuple[Report, ...]:
        """What one entity wrote, drafts too, newest first."""
        columns = self.columns
        return self.select(
            columns.org == org,
            columns.entity == entity,
            order=[columns.created_at.desc(), columns.id],
            limit=limit,
        )

    def inbox(self, wanted: WantedReports) -> tuple[tuple[Report, ...], int]:
        """One part of the submitted reports that a filter finds, and how many it finds."""
        where = self._where(wanted)
        columns = self.columns
        orders: dict[str, list[Any]] = {
            "newest": [columns.submitted_at.desc()],
            "oldest": [columns.submitted_at],
            "amount": [columns.amount.desc(), columns.submitted_at.desc()],
            "due": [columns.due],
        }
        query = select(self.table).where(*where)
        query = query.order_by(*orders.get(wanted.order, orders["newest"]), columns.id)
        rows = self.session.execute(query.offset(wanted.start).limit(wanted.limit)).mappings()
        found = tuple(self.load(row) for row in rows)
        some = select(columns.id).where(*where).limit(MOST_COUNTED).subquery()
        return found, int(self.session.execute(select(func.count()).select_from(some)).scalar_one())

    def counted(self) -> dict[tuple[ReportState, Outcome | None, Entity, bool], int]:
        """Submitted reports by state, outcome, entity and whether they were late."""
        columns = self.columns
        late = (columns.submitted_at > columns.due).label("late")
        groups = (columns.state, columns.outcome, columns.entity, late)
        query = select(*groups, func.count()).where(columns.state != ReportState.DRAFT)
        rows = self.session.execute(query.group_by(*groups)).all()
        return {
            (state, outcome, entity, bool(tardy)): n for state, outcome, entity, tardy, n in rows
        }

    def forget(self, report: str) -> None:
        """Take a draft away."""
        mine = (self.columns.id == report, self.columns.state == ReportState.DRAFT)
        self.session.execute(delete(self.table).where(*mine))

    def of_alert(self, alert: str, org: str) -> tuple[Report, ...]:
        """An authority's reports that were made from an alert."""
        columns = self.columns
        return self.select(
            columns.alert == alert, columns.org == org, columns.entity == Entity.AUTHORITY
        )

    def related(self, report: str, limit: int) -> tuple[tuple[Report, str], ...]:
        """Other reports that name a party of this one, newest first.

        Returns:
            Each with ``person`` when somebody's pseudonym is the same, else ``party``.
        """
        party: Any = ReportPartyRow.__table__  # type: ignore[attr-defined]
        mine, other = party.alias("mine"), party.alias("other")
        same_person = and_(mine.c.person != "", mine.c.person == other.c.person)
        query = (
            select(other.c.report)
            .distinct()
            .select_from(mine.join(other, or_(mine.c.address == other.c.address, same_person)))
            .where(mine.c.report == report, other.c.report != report)
            .limit(limit)
        )
        ids = list(self.session.execute(query).scalars())
        found = self.select(self.columns.id.in_(ids)) if ids else ()
        newest = sorted(found, key=lambda each: each.submitted_at or each.created_at, reverse=True)
        people = self._people(report, [each.id for each in newest])
        return tuple((each, "person" if each.id in people else "party") for each in newest)

    def _people(self, report: str, others: Sequence[str]) -> set[str]:
        """Which of the others name a person that this one names."""
        party: Any = ReportPartyRow.__table__  # type: ignore[attr-defined]
        mine = select(party.c.person).where(party.c.report == report, party.c.person != "")
        query = select(party.c.report).where(
            party.c.report.in_(list(others)), party.c.person.in_(mine)
        )
        return set(self.session.execute(query).scalars())

    def _where(self, wanted: WantedReports) -> list[ColumnElement[bool]]:
        columns = self.columns
        where = [columns.state != ReportState.DRAFT]
        if wanted.state is not None:
            where.append(columns.state == wanted.state)
        if wanted.entity is not None:
            where.append(columns.entity == wanted.entity)
        if wanted.assignee is not None:
            where.append(columns.assignee == wanted.assignee)
        if wanted.late:
            where.append(columns.submitted_at > columns.due)
        words = folded(wanted.text).split()[:MOST_WORDS]
        return where + [columns.folded.contains(word, autoescape=True) for word in words]


class ReportParties(Repository[ReportParty]):
    """Parties of reports."""

    record, row, code = ReportParty, ReportPartyRow, "suspicion"

    def name(self, address: str, person: str) -> bool:
        """Whether a report names an address (lower case) or a pseudonym."""
        columns = self.columns
        return bool(self.select((columns.address == address) | (columns.person == person), limit=1))


class Attachments(Repository[Attachment]):
    """Documents of reports and answers."""

    record, row, code = Attachment, AttachmentRow, "attachment"

    def of(self, subject: str) -> tuple[Attachment, ...]:
        """What is attached, in the order in which it came."""
        return self.select(
            self.columns.subject == subject, order=[self.columns.at, self.columns.id]
        )

    def forget(self, attachment: str) -> None:
        """Take a document of a draft away."""
        self.session.execute(delete(self.table).where(self.columns.id == attachment))
