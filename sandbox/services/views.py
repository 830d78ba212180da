"""What use cases answer: frozen, complete for a page or a JSON answer, no storage, no wording.

Limits are decimal strings of minor units, or ``no limit``; times are aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.domain.key_scope import KeyScope
from sandbox.domain.terms import Terms


@dataclass(frozen=True)
class AccountView:
    """Who is signed in."""

    account: str
    display_name: str
    org: str | None
    org_name: str | None
    seats: tuple[str, ...]
    rights: tuple[str, ...]
    language: str


@dataclass(frozen=True)
class OrganisationView:
    """An organisation to choose or to show."""

    id: str
    name: str
    kind: str


@dataclass(frozen=True)
class FileLine:
    """One line of a list of files."""

    id: str
    title: str
    org_name: str
    sponsor_name: str | None
    state: str
    permit: str | None
    updated_at: datetime
    waits_for: str
    """``applicant``, ``sponsor``, ``regulator``, ``second_regulator``, ``system`` or ``nobody``."""
    second_signature: bool = False
    """Whether a proposal waits for its second signature; known to the authorities only."""


@dataclass(frozen=True)
class MissingPart:
    """One missing or wrong part: ``part`` names the form's field."""

    part: str
    code: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class QuestionView:
    """A question and its answer."""

    id: str
    text: str
    asked_by: str
    asked_at: datetime
    due: datetime | None
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


@dataclass(frozen=True)
class DecisionView:
    """A decision as the file shows it."""

    id: str
    kind: str
    status: str
    version: int
    terms: Terms | None
    reasons: str
    author: str
    authored_at: datetime
    countersigner: str | None
    countersigned_at: datetime | None
    interim_until: datetime | None
    may_countersign: bool
    """Whether this reader may countersign it now."""
    signatures: tuple[Mapping[str, Any], ...]
    trial_state: str | None = None
    minutes: str | None = None
    """The number of the Committee's minutes that it refers to."""
    holder: str | None = None
    """Who holds the permit by this decision, by name."""
    author_for: tuple[str, ...] = ()
    """For whom its author stood by delegation when it was signed."""


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened to a file, from the audit log."""

    at: datetime
    kind: str
    actor: str
    data: Mapping[str, Any]
    on_behalf: tuple[str, ...] = ()
    """For whom it was done by delegation, beside who did it."""


@dataclass(frozen=True)
class FileView:
    """A whole file, as far as this reader may see it."""

    id: str
    org: str
    org_name: str
    sponsor: str | None
    sponsor_name: str | None
    title: str
    state: str
    answers: Mapping[str, str]
    missing: tuple[MissingPart, ...]
    revision: int
    created_by: str
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    sponsor_signed_at: datetime | None
    sponsor_signature: Mapping[str, str] | None
    questions: tuple[QuestionView, ...]
    decisions: tuple[DecisionView, ...]
    permit: str | None
    timeline: tuple[TimelineEntry, ...]
    possible: tuple[str, ...]
    """Acts (``lifecycle.Act`` values) this reader may perform now."""
    my_seat: str | None
    authority: str | None = None
    """The competent authority's organisation, from the first submission on."""
    shared_with_me: bool = False
    """Whether this reader reads it by another authority's leave."""
    submission: str = ""
    """The stamp of the newest submission, for a sponsor, who signs it."""


@dataclass(frozen=True)
class SavedDraft:
    """After an autosave: the new revision and what is still missing."""

    file: str
    revision: int
    missing: tuple[MissingPart, ...]
    saved_at: datetime


@dataclass(frozen=True)
class PermitView:
    """A permit: what is in force, and who acknowledged it."""

    number: str
    permit_id: str
    file: str
    title: str
    org_name: str
    sponsor_name: str | None
    state: str
    """The file's state: activating, active, suspended, halted, expired, revoked."""
    trial_state: str
    version: int
    base_version: int
    interim_until: datetime | None
    terms: Terms
    settlement: str | None
    published_version: int
    acknowledged: bool
    """Whether Supervisor and gateway both hold what is shown here."""
    granted_at: datetime
    chains: tuple[str, ...]


@dataclass(frozen=True)
class InForceView:
    """What a new signature is compared with: the version in force, and what holds without interim.

    ``state`` and ``base_state`` are ``domain.terms.TrialState`` values.
    """

    number: str
    terms: Terms
    state: str
    base_terms: Terms
    base_state: str
    interim_until: datetime | None


@dataclass(frozen=True)
class PublicPermitView:
    """What anybody may learn of a permit.

    Attributes:
        standing: ``valid``, ``suspended``, ``halted`` or ``ended``.
        standing_detail: the same, and how it ended: ``expired``, ``revoked``, ``surrendered``,
            ``completed``, ``graduated``.
        winding_down: new payments have stopped while customers are still being paid out.
    """

    number: str
    permit_id: str
    standing: str
    standing_detail: str
    winding_down: bool
    title: str
    org_name: str
    sponsor_name: str | None
    version: int
    start: datetime
    end: datetime
    terms: Mapping[str, Any]
    document: Mapping[str, Any]
    document_hash: str
    signatures: tuple[Mapping[str, Any], ...]
    notice: Mapping[str, str]


@dataclass(frozen=True)
class CustomerView:
    """An invited person. ``token`` only in the answer that created it."""

    id: str
    kind: str
    address: str
    state: str
    """invited, consented, registered, refused or released."""
    invited_at: datetime
    token: str | None = None
    refusal: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class KeyView:
    """An access key. ``secret`` only in the answer that created it."""

    id: str
    name: str
    hint: str
    permit: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    scope: KeyScope | None = None
    secret: str | None = None


@dataclass(frozen=True)
class ChallengeView:
    """What a wallet's owner signs: the text or the typed data, either once."""

    id: str
    address: str
    chain: str
    name: str
    text: str
    typed_data: Mapping[str, Any]
    expires_at: datetime


@dataclass(frozen=True)
class TeamWalletView:
    """A wallet of the team's own: joining, registered, refused or left."""

    id: str
    address: str
    chain: str
    name: str
    state: str
    asked_by: str
    asked_at: datetime
    joined_at: datetime | None
    left_at: datetime | None
    refusal: Mapping[str, Any] | None


@dataclass(frozen=True)
class FaucetView:
    """Test money asked for: asked, issued or refused."""

    id: str
    address: str
    asset: str
    amount: str
    state: str
    tx_hash: str | None
    refusal: Mapping[str, Any] | None


@dataclass(frozen=True)
class UsageLine:
    """One limit and what is used of it, in the limit's unit."""

    clause: str
    asset: str | None
    limit: str
    used: str | None
    """None when the part that counts it is out of reach or has nothing counted yet, or the limit
    is per person/transaction."""
    decimals: int
    held_by: str
    """``chain``, ``gateway``, ``desk`` or ``hub``."""


@dataclass(frozen=True)
class UsageView:
    """All limits of a permit and what is used."""

    permit: str
    as_of: datetime
    version: int
    state: str
    limits: tuple[UsageLine, ...]
    incomplete: tuple[str, ...]
    """Parts that could not be asked (``chain:kgst``, ``gateway``, ``workspaces``)."""


@dataclass(frozen=True)
class RefusalView:
    """A refusal with everything its wording needs (``refused.<clause>``)."""

    seq: int
    permit: str
    at: datetime
    chain: str
    layer: str
    clause: str
    version: int
    code: str
    asset: str | None
    limit: str | None
    used: str | None
    requested: str | None
    frees_at: datetime | None
    sender: str | None
    method: str | None
    tx_hash: str | None
    wording: Mapping[str, Any]
    """Parameters for ``wording('refused.' + clause, …)``: amounts already in major units."""
    count: int = 1
    """How many equal ones this record stands for."""


@dataclass(frozen=True)
class TransactionView:
    """A movement that the Supervisor counted (event ``Moved``)."""

    chain: str
    block: int
    at: datetime | None
    tx_hash: str
    asset: str
    from_person: str
    to_person: str
    from_wallet: str | None
    """The person's wallet, checksummed; None for a contract, the issuer or a stranger."""
    to_wallet: str | None
    amount: str
    counted: str


@dataclass(frozen=True)
class ConsoleView:
    """A regulator's live page of one permit."""

    permit: PermitView
    usage: UsageView
    refusals: tuple[RefusalView, ...]
    transactions: tuple[TransactionView, ...]
    customers: int
    merchants: int


@dataclass(frozen=True)
class HeadView:
    """A signed tree head. Hex: root, signature (Ed25519), public_key."""

    size: int
    root: str
    at: datetime
    signature: str
    key_id: str
    public_key: str


@dataclass(frozen=True)
class ProofView:
    """An inclusion (``first`` = leaf index) or consistency (``first`` = old size) proof, hex."""

    first: int
    second: int
    proof: tuple[str, ...]
    leaf: str | None = None


@dataclass(frozen=True)
class AuditLine:
    """An audit entry for readers; ``data`` None when the reader may not, or it was erased."""

    index: int
    at: datetime
    kind: str
    actor: str
    subject: str
    leaf: str
    data: Mapping[str, Any] | None


@dataclass(frozen=True)
class VerifyReport:
    """What ``verify_log`` found. ``first_wrong`` names the first record that does not hold.

    Attributes:
        erased: the places of records whose bodies were erased, each by a recorded act.
        roots: the roots at the sizes that were asked for, as far as the log goes.
        keys: every key that signed a head of the log, hex.
    """

    ok: bool
    size: int
    root: str
    first_wrong: int | None
    code: str | None
    params: Mapping[str, Any]
    checked_heads: int
    erased: tuple[int, ...] = ()
    roots: Mapping[int, str] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TrialView:
    """What the SDK asks first: the permit behind a credential."""

    number: str
    permit_id: str
    state: str
    version: int
    product: str
    start: datetime
    end: datetime
    chains: tuple[str, ...]
    settlement: str | None
    terms: Mapping[str, Any]
    """Flat, as ``GET /trial`` gives it: assets, persons and load limits."""
    language: str
