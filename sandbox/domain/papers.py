"""What a permit file keeps beside its state: submissions, the authority's records, letters.

Rules:

1. Each submission is kept as it was, answers and inventory of documents, and never changes.
2. The checklist and the notes are the authority's own: no applicant, sponsor or customer learns
   of them.
3. A letter goes out once: with its number, its two languages and its bytes; what follows (a
   detached signature) is added beside it, never into it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sandbox.kit.canonical import content_hash
from sandbox.kit.ids import AccountName, FileId

CHECKLIST: Final = (
    "identity",
    "key_persons",
    "sponsor",
    "innovation",
    "consumer_benefit",
    "money_flow",
    "test_plan",
    "safeguards",
    "risks",
    "aml",
    "client_agreement",
    "data_protection",
    "exit_plan",
    "exemption",
    "limits",
    "documents",
)
"""What a review looks at, in order. Source: criteria of real sandboxes (facts: permit-limits)."""


class Verdict(StrEnum):
    """What a regulator found about one point."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Submission:
    """An application as it was submitted, once.

    Attributes:
        number: 1, 2, …; a file returned and submitted again has more than one.
        answers: the form's fields.
        documents: the inventory, ``Document.line`` of each.
        digest: ``submission_digest`` of both, hex.
    """

    id: str
    file: FileId
    number: int
    answers: Mapping[str, str]
    documents: tuple[Mapping[str, Any], ...]
    digest: str
    by: str
    at: datetime

    @property
    def stamp(self) -> str:
        """Number and digest: what a page hands back to say that this one was read."""
        return f"{self.number}-{self.digest}"


@dataclass(frozen=True)
class Mark:
    """What was found about one point of the checklist."""

    file: FileId
    item: str
    verdict: Verdict
    remark: str
    by: AccountName
    at: datetime
    revision: int = 1


@dataclass(frozen=True)
class Note:
    """A note for regulators only."""

    id: str
    file: FileId
    text: str
    by: AccountName
    at: datetime


@dataclass(frozen=True)
class Letter:
    """A decision's letter as it went out.

    Attributes:
        id: the decision's id.
        number: the outgoing number, ``2026-0001``.
        language: what stands beside the Kyrgyz text, ``ru`` or ``en``.
        text_ky: the reasons in Kyrgyz.
        text_other: the reasons in ``language``.
        sha256: of the PDF, hex.
        size: bytes of the PDF.
    """

    id: str
    file: FileId
    number: str
    language: str
    text_ky: str
    text_other: str
    sha256: str
    size: int
    by: AccountName
    at: datetime


@dataclass(frozen=True)
class LetterSignature:
    """A detached signature under a letter's PDF, as it was handed in.

    Attributes:
        letter: the decision's id.
        name: of the file, safe.
        sha256: of the signature file, hex.
        size: bytes.
    """

    id: str
    letter: str
    name: str
    sha256: str
    size: int
    by: AccountName
    at: datetime


def submission_digest(answers: Mapping[str, str], documents: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 over answers and inventory, hex; over the answers alone where nothing is attached.

    So what was submitted and signed before documents existed keeps its digest.
    """
    whole: dict[str, Any] = dict(answers)
    if documents:
        whole = {"answers": whole, "documents": [dict(each) for each in documents]}
    return content_hash(whole).hex()
