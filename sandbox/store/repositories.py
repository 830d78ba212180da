"""The repositories: what the desk asks of each table, by name."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, delete, exists, func, insert, or_, select, text, update
from sqlalchemy.orm import Session

from sandbox.domain import records
from sandbox.domain.lifecycle import FileState
from sandbox.domain.seats import FileSeat, Seat
from sandbox.domain.terms import DESK_LIMITS, DESK_VALUE_LIMITS
from sandbox.domain.words import (
    CustomerState,
    DecisionStatus,
    FaucetState,
    KeyKind,
    MemberKind,
    OrganisationKind,
)
from sandbox.kit.errors import Conflict
from sandbox.kit.folding import folded
from sandbox.kit.ids import AccountName, FileId, OrgId, PermitNumber, PersonId
from sandbox.store import tables
from sandbox.store.repository import Repository, once

UNNAMED = "—"
"""How a person is written whose personal data was erased."""


def file_words(file: records.PermitFile) -> str:
    """What a file is found and ordered by, besides the names of its parties: its title first."""
    return folded(f"{file.title} {file.id} {file.permit or ''}")


class Organisations(Repository[records.Organisation]):
    """Organisations."""

    record, row, code = records.Organisation, tables.OrganisationRow, "organisation"

    def values(self, record: records.Organisation) -> dict[str, Any]:
        """The row of a record, with its name as it is searched for."""
        return {**super().values(record), "folded": folded(record.name)}

    def that_may_sponsor(self) -> tuple[records.Organisation, ...]:
        """Organisations of the kinds that may sponsor, by name."""
        kinds = [each for each in OrganisationKind if each.may_sponsor]
        return self.select(self.columns.kind.in_(kinds), order=self.columns.name)

    def all(self) -> tuple[records.Organisation, ...]:
        """Every organisation, by name."""
        return self.select(order=self.columns.name)

    def names_of(self, ids: Collection[OrgId | None]) -> dict[str, str]:
        """Names by id, in one query."""
        wanted = [each for each in ids if each is not None]
        if not wanted:
            return {}
        query = select(self.columns.id, self.columns.name).where(self.columns.id.in_(wanted))
        return {row.id: row.name for row in self.session.execute(query)}


class Accounts(Repository[records.Account]):
    """Accounts."""

    record, row, code = records.Account, tables.AccountRow, "account"

    def held(self, name: AccountName) -> records.Account | None:
        """An account that nobody changes before the end of the transaction, or None.

        Others may refer to it meanwhile (PostgreSQL: FOR NO KEY UPDATE).
        """
        query = select(self.table).where(self.columns.name == name)
        row = self.session.execute(query.with_for_update(key_share=True)).first()
        return None if row is None else self._whole(row)

    def all(self) -> tuple[records.Account, ...]:
        """Every account."""
        return self.select()

    def named(self, names: Collection[AccountName]) -> dict[AccountName, records.Account]:
        """The active ones of these accounts, by name."""
        found = self.select(self.columns.name.in_(list(names)), self.columns.active)
        return {each.name: each for each in found}

    def several(self, names: Collection[AccountName]) -> dict[AccountName, records.Account]:
        """These accounts, closed ones too, by name."""
        found = self.select(self.columns.name.in_(list(names)))
        return {each.name: each for each in found}

    def seated(self, seats: Collection[Seat]) -> tuple[records.Account, ...]:
        """The active accounts with one of some seats."""
        written = cast(self.columns.seats, Text)
        one = or_(*(written.contains(f'"{seat.value}"', autoescape=True) for seat in seats))
        found = self.select(self.columns.active, one)
        return tuple(each for each in found if not set(seats).isdisjoint(each.seats))

    def written(self, names: Collection[str]) -> dict[str, str]:
        """Account to the person's name as written, closed ones too; told apart from namesakes.

        Whoever has the name of another person of the same organisation is written with the
        account's name behind it.
        """
        other = self.table.alias("other")
        namesake = exists().where(
            other.c.org == self.columns.org,
            other.c.display_name == self.columns.display_name,
            other.c.person != self.columns.person,
        )
        query = select(self.columns.name, self.columns.display_name, namesake.label("twice"))
        query = query.where(self.columns.name.in_(sorted(names)))
        return {
            row.name: f"{row.display_name} ({row.name})"
            if row.twice and row.display_name != UNNAMED
            else row.display_name
            for row in self.session.execute(query)
        }

    def remove(self, name: AccountName) -> None:
        """Take an account away that nothing refers to."""
        self.session.execute(delete(self.table).where(self.columns.name == name))

    def of_org(self, org: OrgId) -> tuple[records.Account, ...]:
        """The active accounts of an organisation."""
        return self.select(self.columns.org == org, self.columns.active)

    def closed_of_orgs(self, orgs: Collection[OrgId]) -> tuple[records.Account, ...]:
        """The closed accounts of organisations."""
        return self.select(self.columns.org.in_(sorted(orgs)), self.columns.active.is_(False))


class Files(Repository[records.PermitFile]):
    """Permit files."""

    record, row, code = records.PermitFile, tables.PermitFileRow, "file"

    def values(self, record: records.PermitFile) -> dict[str, Any]:
        """The row of a record, with the words by which it is searched for."""
        return {**super().values(record), "folded": file_words(record)}

    def in_states(self, states: Collection[FileState]) -> tuple[records.PermitFile, ...]:
        """Files that stand in one of these states."""
        return self.select(self.columns.state.in_(list(states)))

    def states(self, ids: Collection[FileId]) -> dict[str, records.PermitFile]:
        """Files by id, in one query."""
        return {each.id: each for each in self.select(self.columns.id.in_(list(ids)))}


class FileActors(Repository[records.FileActor]):
    """Who acts in which seat of a file."""

    record, row, code = records.FileActor, tables.FileActorRow, "file_actor"

    @once
    def of_file(self, file: FileId) -> dict[PersonId, FileSeat]:
        """Person to seat."""
        return {each.person: each.seat for each in self.select(self.columns.file == file)}


class Questions(Repository[records.Question]):
    """Questions of reviews."""

    record, row, code = records.Question, tables.QuestionRow, "question"

    @once
    def of_file(self, file: FileId) -> tuple[records.Question, ...]:
        """A file's questions in the order they were asked."""
        return self.select(
            self.columns.file == file, order=[self.columns.asked_at, self.columns.id]
        )


class Decisions(Repository[records.Decision]):
    """Decisions."""

    record, row, code = records.Decision, tables.DecisionRow, "decision"

    @once
    def of_file(self, file: FileId) -> tuple[records.Decision, ...]:
        """A file's decisions in order."""
        return self.select(
            self.columns.file == file, order=[self.columns.authored_at, self.columns.version]
        )

    def proposed(self, file: FileId) -> tuple[records.Decision, ...]:
        """Those that wait for a second signature."""
        return self.select(
            self.columns.file == file, self.columns.status == DecisionStatus.PROPOSED
        )

    def of_version(self, file: FileId, version: int) -> records.Decision | None:
        """The decision in force that published a version."""
        found = self.select(
            self.columns.file == file,
            self.columns.version == version,
            self.columns.status.in_([DecisionStatus.IN_FORCE, DecisionStatus.LAPSED]),
        )
        return found[0] if found else None


class Permits(Repository[records.Permit]):
    """Permits."""

    record, row, code = records.Permit, tables.PermitRow, "permit"

    def all(self) -> tuple[records.Permit, ...]:
        """Every permit, newest number first."""
        return self.select(order=self.columns.number.desc())

    def of_orgs(self, org: OrgId) -> tuple[records.Permit, ...]:
        """Permits operated or sponsored by an organisation."""
        return self.select((self.columns.org == org) | (self.columns.sponsor == org))

    def delete(self, number: PermitNumber) -> None:
        """Remove a permit that never came into force."""
        self.session.execute(delete(self.table).where(self.columns.number == number))

    def unacknowledged(self) -> tuple[records.Permit, ...]:
        """Permits whose newest policy the gateway has not confirmed."""
        return self.select(self.columns.acknowledged_revision < self.columns.policy_revision)

    def in_force(self, before: datetime) -> tuple[records.Permit, ...]:
        """Permits granted before a moment whose file is active, suspended or halted."""
        files = Files(self.session).columns
        standing = select(files.id).where(
            files.state.in_([FileState.ACTIVE, FileState.SUSPENDED, FileState.HALTED])
        )
        return self.select(
            self.columns.file.in_(standing),
            self.columns.granted_at < before,
            order=self.columns.number,
        )

    def watched_by_the_desk(self) -> tuple[records.Permit, ...]:
        """Permits with a limit that the desk watches, in force in an active file."""
        files = Files(self.session).columns
        active = select(files.id).where(files.state == FileState.ACTIVE)
        said = cast(self.columns.terms, Text)
        named = [said.contains(f'"{name}"') for name in (*DESK_LIMITS, *sorted(DESK_VALUE_LIMITS))]
        return self.select(self.columns.file.in_(active), or_(*named))

    def with_steps(
        self, permits: Collection[PermitNumber] | None, *, start: int = 0, limit: int
    ) -> tuple[records.Permit, ...]:
        """Permits of active files whose limits may rise, newest number first.

        Args:
            permits: of these only; None for all.
            start: how many are left out.
            limit: at most so many.
        """
        files = Files(self.session).columns
        active = select(files.id).where(files.state == FileState.ACTIVE)
        said = cast(self.columns.terms, Text).contains('"steps"')
        where = [self.columns.file.in_(active), said]
        if permits is not None:
            where.append(self.columns.number.in_(list(permits)))
        found = self.select(*where, order=self.columns.number.desc(), limit=start + limit)
        return found[start:]

    def interim_lapsed(self, at: datetime) -> tuple[records.Permit, ...]:
        """Permits whose interim act is over."""
        return self.select(self.columns.interim_until <= at)


class Customers(Repository[records.Customer]):
    """Invited people."""

    record, row, code = records.Customer, tables.CustomerRow, "customer"

    def of_permit(self, number: PermitNumber) -> tuple[records.Customer, ...]:
        """A permit's people in the order of invitation."""
        return self.select(self.columns.permit == number, order=self.columns.place)

    def of_ids(self, ids: Collection[PersonId]) -> tuple[records.Customer, ...]:
        """The people with these ids, in the order of invitation; at most a few hundred."""
        return self.select(self.columns.id.in_(list(ids)), order=self.columns.place)

    def wallets_of(self, number: PermitNumber, hashes: Collection[str]) -> dict[str, str]:
        """The wallets of a permit's people by what the chain sees of them."""
        query = select(self.columns.person_hash, self.columns.wallet).where(
            self.columns.permit == number, self.columns.person_hash.in_(list(hashes))
        )
        return {row.person_hash: row.wallet for row in self.session.execute(query)}

    def next_place(self, number: PermitNumber) -> int:
        """The next free number of a signer key."""
        query = select(func.max(self.columns.place)).where(self.columns.permit == number)
        highest = self.session.execute(query).scalar()
        return 0 if highest is None else int(highest) + 1

    def by_wallet(self, number: PermitNumber, wallet: str) -> records.Customer | None:
        """The person with a wallet."""
        found = self.select(self.columns.permit == number, self.columns.wallet == wallet)
        return found[0] if found else None

    def registered(self, number: PermitNumber, *, coming: bool = False) -> dict[MemberKind, int]:
        """How many of each kind are registered.

        Args:
            number: the permit.
            coming: count those as well who have consented and wait for their registration.
        """
        states = [CustomerState.REGISTERED, *([CustomerState.CONSENTED] if coming else [])]
        query = (
            select(self.columns.kind, func.count())
            .where(self.columns.permit == number, self.columns.state.in_(states))
            .group_by(self.columns.kind)
        )
        return {kind: int(count) for kind, count in self.session.execute(query).all()}


class AccessKeys(Repository[records.AccessKey]):
    """Permit keys and customers' tokens."""

    record, row, code = records.AccessKey, tables.AccessKeyRow, "key"

    def by_digest(self, digest: str) -> records.AccessKey | None:
        """The key with a digest."""
        found = self.select(self.columns.digest == digest)
        return found[0] if found else None

    def of_permit(self, number: PermitNumber, kind: KeyKind) -> tuple[records.AccessKey, ...]:
        """A permit's keys of a kind, newest first."""
        return self.select(
            self.columns.permit == number,
            self.columns.kind == kind,
            order=self.columns.created_at.desc(),
        )

    def usable(self, at: datetime) -> tuple[records.AccessKey, ...]:
        """Every key that is neither revoked nor expired."""
        return self.select(self.columns.revoked_at.is_(None), self.columns.expires_at > at)


class FaucetIssues(Repository[records.FaucetIssue]):
    """Test money."""

    record, row, code = records.FaucetIssue, tables.FaucetRow, "faucet"

    def since(self, number: PermitNumber, at: datetime) -> tuple[records.FaucetIssue, ...]:
        """What was asked since a moment and not refused."""
        return self.select(
            self.columns.permit == number,
            self.columns.asked_at > at,
            self.columns.state != FaucetState.REFUSED,
        )


class Refusals(Repository[records.RefusalRecord]):
    """Copies of the gateway's refusals."""

    record, row, code = records.RefusalRecord, tables.RefusalRow, "refusal"

    def last(self) -> int:
        """The highest sequence number that was copied; 0 at the beginning."""
        return int(self.session.execute(select(func.max(self.columns.seq))).scalar() or 0)

    def page(
        self,
        permits: Collection[PermitNumber] | None,
        *,
        after: int,
        limit: int,
        newest_first: bool,
    ) -> tuple[records.RefusalRecord, ...]:
        """Refusals after a number; ``permits`` None means all."""
        where = [self.columns.seq > after]
        if permits is not None:
            where.append(self.columns.permit.in_(list(permits)))
        order = self.columns.seq.desc() if newest_first else self.columns.seq
        return self.select(*where, order=order, limit=limit)

    def between(self, permit: PermitNumber, since: datetime, until: datetime) -> int:
        """How many of a permit's requests were refused in a span of time, ends included."""
        inside = self.columns.at.between(since, until)
        query = select(func.count()).where(self.columns.permit == permit, inside)
        return int(self.session.execute(query).scalar() or 0)


class Counters:
    """Counters without gaps."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.table = tables.SequenceRow.__table__  # type: ignore[attr-defined]

    def next(self, name: str) -> int:
        """Take the next number, from 1; given back when the transaction is."""
        lock_name(self.session, f"counter:{name}")
        bump = (
            update(self.table)
            .where(self.table.c.name == name)
            .values(value=self.table.c.value + 1)
            .returning(self.table.c.value)
        )
        value = self.session.execute(bump).scalar()
        if value is None:
            self.session.execute(insert(self.table).values(name=name, value=1))
            return 1
        return int(value)


class OnceKeys:
    """Acts done under an idempotency key."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.table = tables.OnceRow.__table__  # type: ignore[attr-defined]

    def find(self, account: str, key: str, act: str) -> str | None:
        """What an act under this key came to; holds the key until the transaction ends.

        Raises:
            Conflict: ``once.key_reused`` when the key belongs to another act.
        """
        lock_name(self.session, f"once:{account}:{key}")
        query = select(self.table).where(self.table.c.account == account, self.table.c.key == key)
        row = self.session.execute(query).mappings().first()
        if row is None:
            return None
        if row["act"] != act:
            raise Conflict("once.key_reused", act=act, first=str(row["act"]))
        return str(row["subject"])

    def record(self, account: str, key: str, act: str, subject: str, at: datetime) -> None:
        """Remember what came of it."""
        self.session.execute(
            insert(self.table).values(account=account, key=key, act=act, subject=subject, at=at)
        )


class Forms:
    """One-time keys of web forms."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.table = tables.FormRow.__table__  # type: ignore[attr-defined]

    def claim(self, key: str, account: str, at: datetime) -> str | None:
        """Use a form's key, in the same transaction as the act.

        Returns:
            None the first time; afterwards where the first post led (``""`` when unknown).

        Raises:
            Conflict: ``form.not_yours`` when another account used the key.
        """
        lock_name(self.session, f"form:{key}")
        query = select(self.table).where(self.table.c.key == key)
        row = self.session.execute(query).mappings().first()
        if row is None:
            self.session.execute(
                insert(self.table).values(key=key, account=account, at=at, location=None)
            )
            return None
        if row["account"] != account:
            raise Conflict("form.not_yours")
        return str(row["location"] or "")

    def record(self, key: str, location: str) -> None:
        """Remember where the act led."""
        self.session.execute(
            update(self.table).where(self.table.c.key == key).values(location=location)
        )

    def delete_older(self, at: datetime) -> int:
        """Forget keys used before a moment."""
        result = self.session.execute(delete(self.table).where(self.table.c.at < at))
        return int(result.rowcount)  # type: ignore[attr-defined]


def lock_name(session: Session, name: str) -> None:
    """Hold a name until the transaction ends (advisory lock; SQLite holds the store anyway)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
        )
