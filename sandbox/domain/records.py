"""The records that are kept: frozen, typed, free of any storage.

``revision`` counts the writes of a record; whoever saves states the revision that was read, and
is told (``store.changed_meanwhile``) when somebody else was faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.domain.key_scope import KeyScope
from sandbox.domain.lifecycle import FileState
from sandbox.domain.seats import FileSeat, Seat
from sandbox.domain.terms import Terms, TrialState
from sandbox.domain.words import (
    CustomerState,
    DecisionKind,
    DecisionStatus,
    FaucetState,
    KeyKind,
    MemberKind,
    OrganisationKind,
)
from sandbox.kit.ids import (
    AccountName,
    Address,
    AssetCode,
    ChainName,
    FileId,
    OrgId,
    PermitNumber,
    PersonId,
    TxHash,
)


@dataclass(frozen=True)
class Organisation:
    """A start-up, sponsor, authority or school."""

    id: OrgId
    name: str
    kind: OrganisationKind
    created_at: datetime


@dataclass(frozen=True)
class Account:
    """A hub user. ``person`` is the natural person, who may have more than one account."""

    name: AccountName
    display_name: str
    person: PersonId
    org: OrgId | None
    seats: tuple[Seat, ...]
    language: str
    active: bool
    created_at: datetime


@dataclass(frozen=True)
class PermitFile:
    """One case: application, review, decision and the permit that came of it.

    Attributes:
        answers: the application form as typed, field to text (``application.FIELDS``).
        sponsor_signature: ``{account, address, digest, signature, at}`` once signed.
        permit: the number, from the grant on.
        candidate: who is named to follow the sponsor, and therefore sees the file.
        authority: which is competent, from the first submission on.
    """

    id: FileId
    org: OrgId
    sponsor: OrgId | None
    title: str
    state: FileState
    answers: Mapping[str, str]
    created_by: AccountName
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None = None
    sponsor_signature: Mapping[str, str] | None = None
    permit: PermitNumber | None = None
    candidate: OrgId | None = None
    authority: OrgId | None = None
    revision: int = 1


@dataclass(frozen=True)
class FileActor:
    """In which seat a person acts in a file; fixed by the first act."""

    file: FileId
    person: PersonId
    account: AccountName
    seat: FileSeat
    since: datetime


@dataclass(frozen=True)
class Question:
    """A regulator's question and the applicant's answer."""

    id: str
    file: FileId
    text: str
    asked_by: AccountName
    asked_at: datetime
    due: datetime | None
    answer: str | None = None
    answered_by: AccountName | None = None
    answered_at: datetime | None = None
    revision: int = 1


@dataclass(frozen=True)
class Signature:
    """One regulator's signatures under one version.

    Attributes:
        account: who.
        address: the signing address (``regulator/<account>``).
        terms: chain name to the EIP-712 signature over that chain's ``Terms``, ``0x`` hex.
        document: the EIP-712 signature over the permit document's hash, ``0x`` hex.
        at: when.
    """

    account: AccountName
    address: Address
    terms: Mapping[str, str]
    document: str
    at: datetime


@dataclass(frozen=True)
class Decision:
    """A regulator's act: proposed by its author, in force by countersignature or at once.

    Attributes:
        version: the version of the permit it would publish; 0 when it publishes none.
        terms: the conditions; None for a refusal.
        trial_state: what the Supervisor is told.
        document: the permit document that is signed (canonical JSON object), None for a refusal.
        interim_until: for an act by one regulator: when it lapses.
        minutes: the number of the Committee's minutes that it refers to.
    """

    id: str
    file: FileId
    kind: DecisionKind
    status: DecisionStatus
    version: int
    terms: Terms | None
    trial_state: TrialState | None
    document: Mapping[str, Any] | None
    reasons: str
    author: AccountName
    author_person: PersonId
    authored_at: datetime
    signatures: tuple[Signature, ...] = ()
    countersigner: AccountName | None = None
    countersigned_at: datetime | None = None
    interim_until: datetime | None = None
    minutes: str | None = None
    revision: int = 1


@dataclass(frozen=True)
class Permit:
    """A permit: what is in force, what stands beneath it, and who acknowledged it.

    Attributes:
        issued_version: the last version handed out, also to proposals that are published.
        version: the version in force (an interim one while it lasts).
        base_version: the last version with two signatures: what an interim act lapses to.
        published_version: the last version with a receipt from the Supervisor.
        chains: where it is published; fixed by the grant, since versions count per chain.
        policy_revision: counts every change of what the gateway must know.
        acknowledged_revision: the last revision the gateway confirmed.
    """

    number: PermitNumber
    file: FileId
    org: OrgId
    sponsor: OrgId | None
    title: str
    terms: Terms
    trial_state: TrialState
    base_terms: Terms
    base_state: TrialState
    issued_version: int
    version: int
    base_version: int
    granted_at: datetime
    interim_until: datetime | None = None
    chains: tuple[ChainName, ...] = ("kgst",)
    settlement: Address | None = None
    published_version: int = 0
    policy_revision: int = 1
    acknowledged_revision: int = 0
    revision: int = 1


@dataclass(frozen=True)
class Customer:
    """An invited person (or synthetic one) with a wallet of their own.

    Attributes:
        id: a random UUID.
        salt: 32 random bytes, hex; erased with the person.
        person_hash: what the chain sees: sha256(salt || id), ``0x`` hex of 32 bytes.
        place: n of the signer's key ``customer/<permit>/<n>``.
        refusal: why registering was refused, in the form of ``RefusalRecord.as_params``.
    """

    id: PersonId
    permit: PermitNumber
    kind: MemberKind
    place: int
    salt: str
    person_hash: str
    wallet: Address
    state: CustomerState
    invited_at: datetime
    consent: Mapping[str, str] | None = None
    refusal: Mapping[str, Any] | None = None
    revision: int = 1


@dataclass(frozen=True)
class AccessKey:
    """A permit key or a customer's token; the secret itself is never kept."""

    id: str
    kind: KeyKind
    permit: PermitNumber
    name: str
    digest: str
    hint: str
    created_by: AccountName
    created_at: datetime
    expires_at: datetime
    customer: PersonId | None = None
    revoked_at: datetime | None = None
    scope: KeyScope | None = None
    revision: int = 1


@dataclass(frozen=True)
class FaucetIssue:
    """Test money asked for a member. ``amount``: minor units."""

    id: str
    permit: PermitNumber
    address: Address
    asset: AssetCode
    amount: int
    asked_by: AccountName
    asked_at: datetime
    state: FaucetState
    tx_hash: TxHash | None = None
    refusal: Mapping[str, Any] | None = None
    revision: int = 1


@dataclass(frozen=True)
class RefusalRecord:
    """A refusal as the gateway's journal holds it; the store keeps a copy to search.

    Attributes:
        seq: the gateway's number, the key for "after".
        layer: ``gateway`` or ``chain``.
        clause: which clause said no.
        limit, used, requested: decimal strings in the clause's unit, or None.
        frees_at: when room frees, for rolling windows.
        raw: the gateway's record as it came.
    """

    seq: int
    permit: PermitNumber
    at: datetime
    chain: ChainName
    layer: str
    clause: str
    version: int
    code: str
    asset: str | None = None
    limit: str | None = None
    used: str | None = None
    requested: str | None = None
    frees_at: datetime | None = None
    sender: str | None = None
    method: str | None = None
    tx_hash: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditEntry:
    """One line of the audit log. ``body`` and ``salt`` may be erased; the leaf stays.

    Attributes:
        index: its place, from 0.
        commitment: sha256(salt || canonical body), hex.
        leaf: RFC 6962 leaf hash of the commitment, hex.
        body: ``{index, at, kind, actor, subject, data}``.
    """

    index: int
    at: datetime
    kind: str
    actor: str
    subject: str
    commitment: str
    leaf: str
    salt: str | None
    body: Mapping[str, Any] | None


@dataclass(frozen=True)
class TreeHead:
    """A signed statement of what the log was. ``signature``: Ed25519 over the canonical head."""

    size: int
    root: str
    at: datetime
    signature: str
    key_id: str
    public_key: str


@dataclass(frozen=True)
class OutboxRow:
    """Work that must follow a commit, done by the worker, at least once.

    Attributes:
        subject: rows of one subject are done in order (a permit's number, a wallet).
        result: what was learnt on the way (receipts), so that a retry goes on from there.
    """

    id: int
    kind: str
    subject: str
    payload: Mapping[str, Any]
    created_at: datetime
    next_at: datetime
    attempts: int = 0
    last_error: str | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    done_at: datetime | None = None
    given_up_at: datetime | None = None
