"""Cases from before: decided on paper, entered with scans, marked as such.

Rules:

1. A paper case is a record, not a permit file: nothing is decided, enforced or signed by it.
2. Only the authorities see it. What was entered stays as it was entered; a scan is added, never
   changed.
3. Its date is the paper's, and lies not in the future.

>>> Outcome("refused").value
'refused'
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName, OrgId

MOST_SCANS: Final = 40
EARLIEST: Final = date(1991, 8, 31)
"""Independence of the Kyrgyz Republic: no authority of it decided anything before."""


class Outcome(StrEnum):
    """What was decided on paper."""

    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


@dataclass(frozen=True)
class PaperCase:
    """A case as the paper has it.

    Attributes:
        id: ``P-2026-0001``, ours.
        authority: whose paper it is; only that authority's people and auditors know of it. None
            for an old one whose author is of no organisation any more.
        number: the paper's own, once in an authority.
        dated: the paper's day.
        applicant: as named there; often no organisation of the sandbox.
        summary: what the paper says, in short.
    """

    id: str
    authority: OrgId | None
    number: str
    dated: date
    title: str
    applicant: str
    sponsor: str
    outcome: Outcome
    summary: str
    by: AccountName
    at: datetime


@dataclass(frozen=True)
class Scan:
    """One scanned document of a paper case."""

    id: str
    case: str
    name: str
    media: str
    size: int
    sha256: str
    by: AccountName
    at: datetime


def paper_day(text: str, *, today: date) -> date:
    """The day of a paper.

    Raises:
        InvalidInput: ``paper.day``.
    """
    try:
        found = date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput("paper.day") from error
    if not EARLIEST <= found <= today:
        raise InvalidInput("paper.day")
    return found
