"""The tables of the desk: one class per record of ``sandbox.domain.records``, same field names."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlmodel import SQLModel

from sandbox.domain import lifecycle, records, words
from sandbox.domain.key_scope import KeyScope
from sandbox.domain.seats import FileSeat, Seat
from sandbox.domain.terms import Terms, TrialState
from sandbox.store.base import column
from sandbox.store.types import AmountColumn, CanonicalColumn, EnumColumn, JsonColumn, TZDateTime


def _load_signature(data: dict[str, Any]) -> records.Signature:
    return records.Signature(**{**data, "at": datetime.fromisoformat(data["at"])})


def _dump_signature(signature: records.Signature) -> dict[str, Any]:
    return {
        **asdict(signature),
        "terms": dict(signature.terms),
        "at": signature.at.isoformat(),
    }


def _terms() -> JsonColumn:
    return JsonColumn(lambda value: value.as_dict(), Terms.from_dict)


def _key_scope() -> JsonColumn:
    return JsonColumn(lambda value: value.as_dict(), KeyScope.from_dict)


def _seats() -> JsonColumn:
    return JsonColumn(
        lambda held: [seat.value for seat in held],
        lambda values: tuple(Seat(value) for value in values),
    )


def _signatures() -> JsonColumn:
    return JsonColumn(
        lambda all_: [_dump_signature(each) for each in all_],
        lambda all_: tuple(_load_signature(each) for each in all_),
    )


class OrganisationRow(SQLModel, table=True):
    """Organisations."""

    __tablename__: ClassVar[Any] = "organisation"
    id: str = column(String(40), primary_key=True)
    name: str = column(String(200))
    kind: Any = column(EnumColumn(words.OrganisationKind))
    created_at: datetime = column(TZDateTime())
    folded: str = column(Text(), server_default="")


class AccountRow(SQLModel, table=True):
    """Accounts of the hub."""

    __tablename__: ClassVar[Any] = "account"
    name: str = column(String(32), primary_key=True)
    display_name: str = column(String(200))
    person: str = column(String(40), index=True)
    org: str | None = column(String(40), ForeignKey("organisation.id"), nullable=True)
    seats: Any = column(_seats())
    language: str = column(String(2))
    active: bool = column(Boolean())
    created_at: datetime = column(TZDateTime())


class PermitFileRow(SQLModel, table=True):
    """Permit files."""

    __tablename__: ClassVar[Any] = "permit_file"
    __table_args__: ClassVar[Any] = (
        Index(None, "updated_at", "id"),
        Index(None, "org", "updated_at"),
        Index(None, "sponsor", "updated_at"),
        Index(None, "authority", "updated_at"),
    )
    id: str = column(String(20), primary_key=True)
    org: str = column(String(40), ForeignKey("organisation.id"), index=True)
    sponsor: str | None = column(
        String(40), ForeignKey("organisation.id"), nullable=True, index=True
    )
    title: str = column(String(200))
    state: Any = column(EnumColumn(lifecycle.FileState), index=True)
    answers: Any = column(JsonColumn())
    created_by: str = column(String(32), ForeignKey("account.name"))
    created_at: datetime = column(TZDateTime())
    updated_at: datetime = column(TZDateTime())
    submitted_at: datetime | None = column(TZDateTime(), nullable=True)
    sponsor_signature: Any = column(JsonColumn(), nullable=True)
    permit: str | None = column(String(20), nullable=True, unique=True)
    candidate: str | None = column(String(40), nullable=True, index=True)
    authority: str | None = column(String(40), nullable=True)
    revision: int = column(Integer())
    folded: str = column(Text(), server_default="")


class FileActorRow(SQLModel, table=True):
    """Who acts in which seat of a file: one seat per person."""

    __tablename__: ClassVar[Any] = "file_actor"
    file: str = column(String(20), ForeignKey("permit_file.id"), primary_key=True)
    person: str = column(String(40), primary_key=True)
    account: str = column(String(32), ForeignKey("account.name"))
    seat: Any = column(EnumColumn(FileSeat))
    since: datetime = column(TZDateTime())


class QuestionRow(SQLModel, table=True):
    """Questions of the review and their answers."""

    __tablename__: ClassVar[Any] = "question"
    id: str = column(String(40), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"), index=True)
    text: str = column(Text())
    asked_by: str = column(String(32), ForeignKey("account.name"))
    asked_at: datetime = column(TZDateTime())
    due: datetime | None = column(TZDateTime(), nullable=True)
    answer: str | None = column(Text(), nullable=True)
    answered_by: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    answered_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class DecisionRow(SQLModel, table=True):
    """Decisions, proposed and in force."""

    __tablename__: ClassVar[Any] = "decision"
    __table_args__: ClassVar[Any] = (Index(None, "status", "file"),)
    id: str = column(String(40), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"), index=True)
    kind: Any = column(EnumColumn(words.DecisionKind))
    status: Any = column(EnumColumn(words.DecisionStatus))
    version: int = column(BigInteger())
    terms: Any = column(_terms(), nullable=True)
    trial_state: Any = column(EnumColumn(TrialState), nullable=True)
    document: Any = column(JsonColumn(), nullable=True)
    reasons: str = column(Text())
    author: str = column(String(32), ForeignKey("account.name"))
    author_person: str = column(String(40))
    authored_at: datetime = column(TZDateTime())
    signatures: Any = column(_signatures())
    countersigner: str | None = column(String(32), ForeignKey("account.name"), nullable=True)
    countersigned_at: datetime | None = column(TZDateTime(), nullable=True)
    interim_until: datetime | None = column(TZDateTime(), nullable=True)
    minutes: str | None = column(String(20), nullable=True)
    revision: int = column(Integer())


class PermitRow(SQLModel, table=True):
    """Permits."""

    __tablename__: ClassVar[Any] = "permit"
    __table_args__: ClassVar[Any] = (Index(None, "sponsor"), Index(None, "settlement"))
    number: str = column(String(20), primary_key=True)
    file: str = column(String(20), ForeignKey("permit_file.id"), unique=True)
    org: str = column(String(40), ForeignKey("organisation.id"), index=True)
    sponsor: str | None = column(String(40), ForeignKey("organisation.id"), nullable=True)
    title: str = column(String(200))
    terms: Any = column(_terms())
    trial_state: Any = column(EnumColumn(TrialState))
    base_terms: Any = column(_terms())
    base_state: Any = column(EnumColumn(TrialState))
    issued_version: int = column(BigInteger())
    version: int = column(BigInteger())
    base_version: int = column(BigInteger())
    granted_at: datetime = column(TZDateTime())
    interim_until: datetime | None = column(TZDateTime(), nullable=True)
    chains: Any = column(JsonColumn(list, tuple))
    settlement: str | None = column(String(42), nullable=True)
    published_version: int = column(BigInteger())
    policy_revision: int = column(BigInteger())
    acknowledged_revision: int = column(BigInteger())
    revision: int = column(Integer())


class CustomerRow(SQLModel, table=True):
    """Invited people and their wallets."""

    __tablename__: ClassVar[Any] = "customer"
    __table_args__: ClassVar[Any] = (UniqueConstraint("permit", "place"),)
    id: str = column(String(40), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"))
    kind: Any = column(EnumColumn(words.MemberKind))
    place: int = column(Integer())
    salt: str = column(String(64))
    person_hash: str = column(String(66), unique=True)
    wallet: str = column(String(42), unique=True)
    state: Any = column(EnumColumn(words.CustomerState))
    invited_at: datetime = column(TZDateTime())
    consent: Any = column(JsonColumn(), nullable=True)
    refusal: Any = column(JsonColumn(), nullable=True)
    revision: int = column(Integer())


class AccessKeyRow(SQLModel, table=True):
    """Digests of permit keys and customers' tokens."""

    __tablename__: ClassVar[Any] = "access_key"
    id: str = column(String(40), primary_key=True)
    kind: Any = column(EnumColumn(words.KeyKind))
    permit: str = column(String(20), ForeignKey("permit.number"), index=True)
    name: str = column(String(80))
    digest: str = column(String(64), unique=True)
    hint: str = column(String(16))
    created_by: str = column(String(32), ForeignKey("account.name"))
    created_at: datetime = column(TZDateTime())
    expires_at: datetime = column(TZDateTime())
    customer: str | None = column(String(40), ForeignKey("customer.id"), nullable=True)
    revoked_at: datetime | None = column(TZDateTime(), nullable=True)
    scope: Any = column(_key_scope(), nullable=True)
    revision: int = column(Integer())


class FaucetRow(SQLModel, table=True):
    """Test money asked for."""

    __tablename__: ClassVar[Any] = "faucet_issue"
    id: str = column(String(40), primary_key=True)
    permit: str = column(String(20), ForeignKey("permit.number"), index=True)
    address: str = column(String(42))
    asset: str = column(String(10))
    amount: int = column(AmountColumn())
    asked_by: str = column(String(32), ForeignKey("account.name"))
    asked_at: datetime = column(TZDateTime())
    state: Any = column(EnumColumn(words.FaucetState))
    tx_hash: str | None = column(String(66), nullable=True)
    refusal: Any = column(JsonColumn(), nullable=True)
    revision: int = column(Integer())


class RefusalRow(SQLModel, table=True):
    """A searchable copy of the gateway's refusals."""

    __tablename__: ClassVar[Any] = "refusal"
    __table_args__: ClassVar[Any] = (Index(None, "permit", "seq"),)
    seq: int = column(BigInteger(), primary_key=True, autoincrement=False)
    permit: str = column(String(20))
    at: datetime = column(TZDateTime())
    chain: str = column(String(10))
    layer: str = column(String(10))
    clause: str = column(String(40))
    version: int = column(BigInteger())
    code: str = column(String(80))
    asset: str | None = column(String(10), nullable=True)
    limit: str | None = column(String(80), nullable=True)
    used: str | None = column(String(80), nullable=True)
    requested: str | None = column(String(80), nullable=True)
    frees_at: datetime | None = column(TZDateTime(), nullable=True)
    sender: str | None = column(String(42), nullable=True)
    method: str | None = column(String(60), nullable=True)
    tx_hash: str | None = column(String(66), nullable=True)
    raw: Any = column(JsonColumn())


class AuditRow(SQLModel, table=True):
    """The audit log: commitments in order, bodies beside."""

    __tablename__: ClassVar[Any] = "audit_entry"
    __table_args__: ClassVar[Any] = (Index(None, "subject", "index"),)
    index: int = column(BigInteger(), primary_key=True, autoincrement=False)
    at: datetime = column(TZDateTime())
    kind: str = column(String(60))
    actor: str = column(String(80))
    subject: str = column(String(80))
    commitment: str = column(String(64))
    leaf: str = column(String(64))
    salt: str | None = column(String(64), nullable=True)
    body: Any = column(CanonicalColumn(), nullable=True)


class TreeHeadRow(SQLModel, table=True):
    """Signed tree heads."""

    __tablename__: ClassVar[Any] = "tree_head"
    size: int = column(BigInteger(), primary_key=True, autoincrement=False)
    root: str = column(String(64))
    at: datetime = column(TZDateTime())
    signature: str = column(String(128))
    key_id: str = column(String(64))
    public_key: str = column(String(64))


class OutboxTable(SQLModel, table=True):
    """Work that follows a commit."""

    __tablename__: ClassVar[Any] = "outbox"
    __table_args__: ClassVar[Any] = (Index(None, "done_at", "next_at"),)
    id: int | None = column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    kind: str = column(String(60))
    subject: str = column(String(80), index=True)
    payload: Any = column(JsonColumn())
    created_at: datetime = column(TZDateTime())
    next_at: datetime = column(TZDateTime())
    attempts: int = column(Integer())
    last_error: str | None = column(Text(), nullable=True)
    result: Any = column(JsonColumn())
    done_at: datetime | None = column(TZDateTime(), nullable=True)
    given_up_at: datetime | None = column(TZDateTime(), nullable=True)


class SequenceRow(SQLModel, table=True):
    """Counters that leave no gap when a transaction is rolled back."""

    __tablename__: ClassVar[Any] = "counter"
    name: str = column(String(60), primary_key=True)
    value: int = column(BigInteger())


class OnceRow(SQLModel, table=True):
    """Acts already done under an idempotency key."""

    __tablename__: ClassVar[Any] = "once"
    account: str = column(String(80), primary_key=True)
    key: str = column(String(100), primary_key=True)
    act: str = column(String(60))
    subject: str = column(String(200))
    at: datetime = column(TZDateTime())


class FormRow(SQLModel, table=True):
    """One-time keys of web forms and where they led."""

    __tablename__: ClassVar[Any] = "form_key"
    key: str = column(String(100), primary_key=True)
    account: str = column(String(32))
    at: datetime = column(TZDateTime())
    location: str | None = column(String(300), nullable=True)


class SessionRow(SQLModel, table=True):
    """Browser sessions of the desk."""

    __tablename__: ClassVar[Any] = "desk_session"
    id_hash: str = column(String(64), primary_key=True)
    account: str = column(String(32))
    csrf: str = column(String(100))
    hub_token_sealed: str = column(Text())
    created_at: datetime = column(TZDateTime())
    seen_at: datetime = column(TZDateTime(), index=True)
    reauthenticated_at: datetime | None = column(TZDateTime(), nullable=True)
    language: str | None = column(String(2), nullable=True)
