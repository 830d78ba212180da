"""Requests for information: the intelligence service asks, compliance officers and others answer.

Rules:

1. A request names whom it is to, what is wanted, on which legal basis and by when, in working days.
2. It is answered once, by the seat that reports for that organisation; the service may withdraw it
   before. An answer after the deadline is taken and says so.
3. Whoever it is not to does not learn of it (no tipping off), as with reports.
4. A request to who wrote a report lets that report wait until it is answered.

>>> DAYS.usual, DAYS.most
(5, 30)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sandbox.domain.suspicion import Entity
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName, OrgId, PermitNumber


class InquiryState(StrEnum):
    """Where a request is."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class Addressee(StrEnum):
    """Whom a request is to, as the form says it."""

    REPORTER = "reporter"
    FIRM = "firm"
    SPONSOR = "sponsor"
    AUTHORITY = "authority"


@dataclass(frozen=True)
class Days:
    """How long there is to answer.

    Attributes:
        usual: working days where nobody says another number.
        most: at most so many.
        source: where the figures are from.
    """

    usual: int
    most: int
    source: str


DAYS: Final = Days(5, 30, "our own figures (to be confirmed)")


@dataclass(frozen=True)
class Inquiry:
    """One request.

    Attributes:
        id: ``RFI-<year>-<eight characters>``.
        entity: in which seat it is answered.
        org: by which organisation.
        report: the report that it is about.
        permit: the permit that it is about.
        text: what is wanted: parties, transactions, period, documents.
        basis: on which legal ground.
    """

    id: str
    entity: Entity
    org: OrgId
    report: str | None
    permit: PermitNumber | None
    text: str
    basis: str
    due: datetime
    asked_by: AccountName
    asked_at: datetime
    state: InquiryState = InquiryState.OPEN
    answer: str = ""
    answered_by: AccountName | None = None
    answered_at: datetime | None = None
    revision: int = 1

    def overdue(self, at: datetime) -> bool:
        """Whether it came, or still does not come, after its deadline."""
        if self.state is InquiryState.WITHDRAWN:
            return False
        return (self.answered_at or at) > self.due


def require_open(inquiry: Inquiry) -> None:
    """Refuse an act on a request that is settled.

    Raises:
        Conflict: ``inquiry.settled``.
    """
    if inquiry.state is not InquiryState.OPEN:
        raise Conflict("inquiry.settled", id=inquiry.id)


def read_days(text: str, least: int, most: int) -> int:
    """A number of working days as typed.

    Raises:
        InvalidInput: ``inquiry.days``.

    >>> read_days(" 5 ", 1, 30)
    5
    """
    tidy = text.strip()
    days = int(tidy) if is_digits(tidy) and len(tidy) < 4 else 0
    if not least <= days <= most:
        raise InvalidInput("inquiry.days", least=least, most=most)
    return days
