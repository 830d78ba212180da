"""The suspicious-transaction report: what it says, where it stands, by when it is due.

Rules:

1. A firm's compliance officer reports on the firm's own permits, a sponsor's on the permits that it
   sponsors, a regulator from an alert's case.
2. A draft may be incomplete; what is submitted is complete, gets a digest and never changes.
3. A report is due within ``FILING.hours`` from when the suspicion arose. A late one is taken and
   says that it is late: nobody is kept from reporting.
4. A report's number is drawn, never counted: from their own numbers nobody learns how many others
   there are.
5. Only who reports for the same organisation, in the same seat, and the intelligence service learn
   that there is a report (no tipping off).

>>> FILING.due(datetime(2026, 3, 2, 8)).isoformat()
'2026-03-02T13:00:00'

Source: FATF Recommendations 20 and 21; the parts of the form follow UNODC goAML (reporting entity,
reporting person, reason, action, report indicators, transactions, parties).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sandbox.kit.canonical import canonical
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName, OrgId, PermitNumber, PersonId

MOST_PARTIES: Final = 50
MOST_TRANSACTIONS: Final = 200
LONGEST: Final = 10_000
"""Characters of a narrative."""
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter is taken for a digit."""


class Entity(StrEnum):
    """Who reports."""

    FIRM = "firm"
    SPONSOR = "sponsor"
    AUTHORITY = "authority"


class ReportState(StrEnum):
    """Where a report is."""

    DRAFT = "draft"
    RECEIVED = "received"
    IN_WORK = "in_work"
    MORE_ASKED = "more_asked"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How the work on a report ended."""

    PASSED_ON = "passed_on"
    """To those who investigate."""
    KEPT = "kept"
    """For the analysis of others."""
    JOINED = "joined"
    """With another report, which the note names."""
    NOTHING = "nothing"
    """No ground for suspicion was left."""


class Indicator(StrEnum):
    """Why something is suspicious.

    Source: FATF, Virtual Assets: Red Flag Indicators (September 2020), six groups; the codes are
    ours (to be confirmed against the form in force).
    """

    STRUCTURING = "structuring"
    BURST = "burst"
    PASS_THROUGH = "pass_through"  # noqa: S105
    FAN_IN = "fan_in"
    FAN_OUT = "fan_out"
    DORMANT_SURGE = "dormant_surge"
    PROBING = "probing"
    ANONYMITY = "anonymity"
    PROFILE = "profile"
    VICTIM = "victim"
    SOURCE_OF_FUNDS = "source_of_funds"
    GEOGRAPHY = "geography"
    IDENTITY = "identity"
    OTHER = "other"


@dataclass(frozen=True)
class Filing:
    """By when a report is due.

    Attributes:
        hours: from when the suspicion arose, by the clock, not in working days.
        source: where the figure is from.
    """

    hours: int
    source: str

    def due(self, noticed: datetime) -> datetime:
        """The last moment."""
        return noticed + timedelta(hours=self.hours)


FILING: Final = Filing(
    5, "press on the duty of exchange bureaux, taken for all reporting firms (to be confirmed)"
)


@dataclass(frozen=True)
class Report:
    """One report.

    Attributes:
        id: ``STR-<year>-<eight characters>``.
        org: the reporting organisation.
        permit: what it is about; None for an alert that belongs to no permit.
        alert: the alert it was made from.
        answers: the form as typed.
        content: what was submitted, as :func:`sealed` made it; None while it is a draft.
        digest: SHA-256 over the canonical content, hex; empty for a draft.
        noticed_at: when the suspicion arose; once it is submitted.
        due: by when it was to be submitted.
        amount: of all its transactions, minor units of the asset; 0 for a draft.
        folded: what a search looks in.
    """

    id: str
    entity: Entity
    org: OrgId
    permit: PermitNumber | None
    alert: str | None
    state: ReportState
    officer: AccountName
    person: PersonId
    created_at: datetime
    answers: Mapping[str, str]
    content: Mapping[str, Any] | None = None
    digest: str = ""
    submitted_at: datetime | None = None
    noticed_at: datetime | None = None
    due: datetime | None = None
    asset: str = ""
    amount: int = 0
    folded: str = ""
    assignee: AccountName | None = None
    outcome: Outcome | None = None
    closed_at: datetime | None = None
    revision: int = 1

    @property
    def late(self) -> bool:
        """Whether it came after its deadline."""
        return bool(self.due and self.submitted_at and self.submitted_at > self.due)


@dataclass(frozen=True)
class ReportParty:
    """A party that a report names, for finding others that name it.

    Attributes:
        address: lower case.
        person: the pseudonym of who stands behind it in its permit; empty when it is nobody's.
    """

    report: str
    address: str
    person: str


@dataclass(frozen=True)
class Attachment:
    """A document of a report or of an answer to a request.

    Attributes:
        subject: the report's or the request's number.
    """

    id: str
    subject: str
    name: str
    media: str
    size: int
    sha256: str
    by: AccountName
    at: datetime

    @property
    def ended_at(self) -> datetime | None:
        """None: what is taken away from a draft is gone."""
        return None


@dataclass(frozen=True)
class Typed:
    """The form, read.

    Attributes:
        addresses: of parties, lower case, with what was written beside each.
        hashes: of transactions, lower case, each once.
    """

    chain: str
    noticed_at: datetime
    since: datetime
    until: datetime
    indicators: tuple[Indicator, ...]
    narrative: str
    actions: str
    addresses: Mapping[str, str] = field(default_factory=dict)
    hashes: Sequence[str] = ()


def new_number(kind: str, at: datetime) -> str:
    """A number that tells nothing: ``<kind>-<year>-<eight characters>``."""
    return f"{kind}-{at.year}-{''.join(secrets.choice(_ALPHABET) for _ in range(8))}"


def indicator_of(rule: str) -> Indicator:
    """The indicator that an alert rule stands for.

    >>> indicator_of("fan_in").value, indicator_of("new_rule").value
    ('fan_in', 'other')
    """
    return Indicator(rule) if rule in set(Indicator) else Indicator.OTHER


def read_parties(text: str) -> dict[str, str]:
    """Addresses, one a line, each with what is known beside it.

    Args:
        text: as typed.

    Raises:
        InvalidInput: ``suspicion.party_malformed``, ``suspicion.too_many``.

    >>> read_parties("0x" + "Ab" * 20 + "  paid for goods")
    {'0xabababababababababababababababababababab': 'paid for goods'}
    """
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        address, _, note = line.partition(" ")
        if not _is_hex(address, 40):
            raise InvalidInput("suspicion.party_malformed", text=line[:60])
        found.setdefault(address.lower(), note.strip()[:300])
    if len(found) > MOST_PARTIES:
        raise InvalidInput("suspicion.too_many", limit=MOST_PARTIES)
    return found


def read_hashes(text: str) -> tuple[str, ...]:
    """Hashes of transactions, apart by blanks or lines, each once.

    Raises:
        InvalidInput: ``suspicion.transaction_malformed``, ``suspicion.too_many``.
    """
    found = dict.fromkeys(each.lower() for each in text.split())
    for each in found:
        if not _is_hex(each, 64):
            raise InvalidInput("suspicion.transaction_malformed", text=each[:80])
    if len(found) > MOST_TRANSACTIONS:
        raise InvalidInput("suspicion.too_many", limit=MOST_TRANSACTIONS)
    return tuple(found)


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical content, hex. Source: RFC 8785."""
    return hashlib.sha256(canonical(dict(content))).hexdigest()


def require_draft(report: Report) -> None:
    """Refuse to change what was submitted.

    Raises:
        Conflict: ``suspicion.submitted``.
    """
    if report.state is not ReportState.DRAFT:
        raise Conflict("suspicion.submitted", id=report.id)


def require_open(report: Report) -> None:
    """Refuse work on a report that is closed.

    Raises:
        Conflict: ``suspicion.closed``.
    """
    if report.state is ReportState.CLOSED:
        raise Conflict("suspicion.closed", id=report.id)


def require_closed(report: Report) -> None:
    """Refuse to open again what is open.

    Raises:
        Conflict: ``suspicion.not_closed``.
    """
    if report.state is not ReportState.CLOSED:
        raise Conflict("suspicion.not_closed", id=report.id)


def _is_hex(text: str, digits: int) -> bool:
    body = text[2:].lower()
    return text[:2] == "0x" and len(body) == digits and set(body) <= set("0123456789abcdef")
