"""Authorities, changes of competence, and what one authority shows to another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, func, select
from sqlmodel import SQLModel

from sandbox.domain.authorities import Authority, ChangeState, CompetenceChange, Share
from sandbox.domain.authority_versions import AuthorityVersion
from sandbox.kit.ids import FileId, OrgId
from sandbox.store.base import column
from sandbox.store.repositories import lock_name
from sandbox.store.repository import Repository
from sandbox.store.types import EnumColumn, JsonColumn, TZDateTime


class AuthorityRow(SQLModel, table=True):
    """Organisations that are competent for files."""

    __tablename__: ClassVar[Any] = "authority"
    org: str = column(String(40), ForeignKey("organisation.id"), primary_key=True)
    names: Any = column(JsonColumn())
    kinds: Any = column(JsonColumn(list, tuple))
    assets: Any = column(JsonColumn(list, tuple))
    rank: int = column(Integer())
    fallback: bool = column(Boolean())
    source: str = column(Text())
    contact: str = column(Text())
    since: date | None = column(Date(), nullable=True)
    until: date | None = column(Date(), nullable=True)


def _body(authority: Authority) -> dict[str, Any]:
    """An authority as JSON; its days are texts."""
    days = {name: getattr(authority, name) for name in ("since", "until")}
    return {**asdict(authority), **{name: day and day.isoformat() for name, day in days.items()}}


def _authority(body: Mapping[str, Any]) -> Authority:
    """The same back."""
    days = {name: body[name] and date.fromisoformat(body[name]) for name in ("since", "until")}
    lists = {name: tuple(body[name]) for name in ("kinds", "assets")}
    return Authority(**{**body, **days, **lists})


class AuthorityVersionRow(SQLModel, table=True):
    """What was proposed and confirmed to be recorded of authorities."""

    __tablename__: ClassVar[Any] = "authority_version"
    id: str = column(String(40), primary_key=True)
    org: str = column(String(40), index=True)
    number: int = column(Integer())
    body: Any = column(JsonColumn(_body, _authority))
    reasons: str = column(Text())
    state: Any = column(EnumColumn(ChangeState))
    proposed_by: str = column(String(32), ForeignKey("account.name"))
    proposed_person: str = column(String(40))
    proposed_at: datetime = column(TZDateTime())
    settled_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    settled_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class CompetenceChangeRow(SQLModel, table=True):
    """Files that were handed, or were to be handed, to another authority."""

    __tablename__: ClassVar[Any] = "competence_change"
    id: str = column(String(40), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"), index=True)
    before: str = column(String(40), ForeignKey("authority.org"))
    after: str = column(String(40), ForeignKey("authority.org"))
    reasons: str = column(Text())
    state: Any = column(EnumColumn(ChangeState))
    proposed_by: str = column(String(32), ForeignKey("account.name"))
    proposed_person: str = column(String(40))
    proposed_at: datetime = column(TZDateTime())
    settled_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    settled_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class ShareRow(SQLModel, table=True):
    """Files that are shown to another authority."""

    __tablename__: ClassVar[Any] = "file_share"
    __table_args__: ClassVar[Any] = (Index(None, "authority", "until"),)
    id: str = column(String(40), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"), index=True)
    authority: str = column(String(40), ForeignKey("authority.org"))
    by: str = column(String(40), ForeignKey("authority.org"))
    basis: str = column(Text())
    shared_by: str = column(String(32), ForeignKey("account.name"))
    shared_at: datetime = column(TZDateTime())
    until: datetime = column(TZDateTime())
    ended_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    ended_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class Authorities(Repository[Authority]):
    """Authorities."""

    record, row, code = Authority, AuthorityRow, "authority"

    def all(self) -> tuple[Authority, ...]:
        """Every authority by its rank."""
        return self.select(order=[self.columns.rank, self.columns.org])


class AuthorityVersions(Repository[AuthorityVersion]):
    """Versions of what is recorded of authorities."""

    record, row, code = AuthorityVersion, AuthorityVersionRow, "authority_version"

    def values(self, record: AuthorityVersion) -> dict[str, Any]:
        """The row of a record."""
        return {**super().values(record), "org": record.org}

    def of(self, org: OrgId) -> tuple[AuthorityVersion, ...]:
        """An authority's, the newest first."""
        order = [self.columns.proposed_at.desc(), self.columns.id]
        return self.select(self.columns.org == org, order=order)

    def waiting(self) -> tuple[AuthorityVersion, ...]:
        """Those that nobody settled, by authority."""
        return self.select(self.columns.state == ChangeState.PROPOSED, order=self.columns.org)

    def lock(self) -> None:
        """Hold all of them until the transaction ends."""
        lock_name(self.session, "authority_version")


class CompetenceChanges(Repository[CompetenceChange]):
    """Changes of competence."""

    record, row, code = CompetenceChange, CompetenceChangeRow, "competence"

    def of_file(self, file: FileId) -> tuple[CompetenceChange, ...]:
        """A file's changes in order."""
        return self.select(
            self.columns.file == file, order=[self.columns.proposed_at, self.columns.id]
        )

    def proposed(self, file: FileId) -> CompetenceChange | None:
        """What waits for a second person."""
        found = self.select(
            self.columns.file == file, self.columns.state == ChangeState.PROPOSED, limit=1
        )
        return found[0] if found else None

    def waiting(self, authority: OrgId) -> tuple[CompetenceChange, ...]:
        """An authority's files that are to be handed on, the oldest proposal first."""
        return self.select(
            self.columns.before == authority,
            self.columns.state == ChangeState.PROPOSED,
            order=[self.columns.proposed_at, self.columns.id],
        )

    def left_since(self, authorities: Collection[OrgId], at: datetime) -> dict[OrgId, datetime]:
        """When each of these authorities last handed a file on, of those that did since."""
        query = select(self.columns.before, func.max(self.columns.settled_at)).where(
            self.columns.before.in_(list(authorities)),
            self.columns.state == ChangeState.CONFIRMED,
            self.columns.settled_at >= at,
        )
        found = self.session.execute(query.group_by(self.columns.before))
        return {row[0]: row[1] for row in found}


class Shares(Repository[Share]):
    """What authorities show to each other."""

    record, row, code = Share, ShareRow, "share"

    def of_file(self, file: FileId) -> tuple[Share, ...]:
        """Everything that a file was shown by, the newest first."""
        return self.select(
            self.columns.file == file, order=[self.columns.shared_at.desc(), self.columns.id]
        )

    def files_for(self, authority: OrgId, at: datetime) -> frozenset[FileId]:
        """The files that an authority may read by another's leave, now."""
        return self.files_of({authority}, at).get(authority, frozenset())

    def files_of(
        self, authorities: Collection[OrgId], at: datetime
    ) -> dict[OrgId, frozenset[FileId]]:
        """The same of several authorities, in one query."""
        query = select(self.columns.authority, self.columns.file).where(
            self.columns.authority.in_(list(authorities)), *self._holding(at)
        )
        found: dict[OrgId, set[FileId]] = {}
        for row in self.session.execute(query):
            found.setdefault(row.authority, set()).add(row.file)
        return {name: frozenset(files) for name, files in found.items()}

    def count_for(self, authority: OrgId, at: datetime) -> int:
        """How many files are shown to an authority now."""
        query = select(func.count()).select_from(self.table)
        query = query.where(self.columns.authority == authority, *self._holding(at))
        return int(self.session.execute(query).scalar() or 0)

    def _holding(self, at: datetime) -> tuple[Any, ...]:
        return self.columns.ended_at.is_(None), self.columns.until > at
