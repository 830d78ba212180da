"""Experts: called in for one file, for a time, under an undertaking of confidentiality.

Rules:

1. A regulator invites one person to one file until a day; nothing is shown before that person
   accepted the undertaking, word for word, in the browser.
2. From then on the expert sees the application with its questions and answers, and nothing else:
   no proposal, no decision, no note, no permit, no other file.
3. The expert files one opinion in writing. The invitation ends by its day or by a regulator; what
   was filed stays in the file.

Source: NBKR special regulatory regime: the Committee may call in independent experts (facts:
national-systems); the undertaking's words are to be confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sandbox.kit.canonical import content_hash
from sandbox.kit.ids import AccountName, FileId, PersonId

LONGEST: Final = timedelta(days=183)
"""How long an invitation may last. Source: to be confirmed."""

UNDERTAKING: Final[Mapping[str, str]] = {
    "en": (
        "I will use what I read in this file only to write my opinion. I will show it, copy it or "
        "tell it to nobody but the authority that invited me, now or later. I have no interest in "
        "the applicant, in its sponsor or in a competitor of theirs, and will say so at once if "
        "that changes. I know that every page I open here may be recorded."
    ),
    "ru": (
        "Я использую сведения из этого дела только для подготовки своего заключения. Ни сейчас, ни "
        "позже я никому, кроме пригласившего меня органа, их не покажу, не передам и не перескажу. "
        "У меня нет заинтересованности ни в заявителе, ни в его организации-партнёре, ни в их "
        "конкурентах; если это изменится, я сразу сообщу. Я знаю, что открытие страниц здесь может "
        "записываться."
    ),
    "ky": (
        "Бул иштеги маалыматты өз корутундумду даярдоо үчүн гана пайдаланам. Аны мени чакырган "
        "органдан башка эч кимге азыр да, кийин да көрсөтпөйм, бербейм жана айтпайм. Арыз ээсинде, "
        "анын өнөктөш уюмунда жана алардын атаандаштарында кызыкчылыгым жок; бул өзгөрсө, дароо "
        "билдирем. Бул жерде барактарды ачканым жазылышы мүмкүн экенин билем."
    ),
}
"""What an expert accepts, in each language; the three are hashed together."""

UNDERTAKING_DIGEST: Final = content_hash(dict(UNDERTAKING)).hex()
"""SHA-256 of the canonical form, hex: what was on the page when it was accepted."""


class InvitationState(StrEnum):
    """Where an invitation stands at a moment."""

    INVITED = "expert_invited"
    READING = "expert_reading"
    FILED = "opinion_filed"
    ENDED = "expert_ended"


@dataclass(frozen=True)
class ExpertInvitation:
    """One expert for one file.

    Attributes:
        subject: what the opinion is asked about.
        until: the moment at which it ends by itself.
        undertaking: ``{language, text, digest, at}`` once accepted.
        opinion_digest: SHA-256 of the opinion's UTF-8 text, hex.
    """

    id: str
    file: FileId
    account: AccountName
    person: PersonId
    subject: str
    until: datetime
    invited_by: AccountName
    invited_at: datetime
    undertaking: Mapping[str, str] | None = None
    opinion: str | None = None
    opinion_digest: str | None = None
    opinion_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: AccountName | None = None
    ended_reason: str = ""
    revision: int = 1

    def state(self, at: datetime) -> InvitationState:
        """Where it stands."""
        if self.ended_at is not None or at >= self.until:
            return InvitationState.ENDED
        if self.undertaking is None:
            return InvitationState.INVITED
        return InvitationState.READING if self.opinion is None else InvitationState.FILED

    def shows_file(self, at: datetime) -> bool:
        """Whether the expert may read the application now."""
        return self.state(at) in {InvitationState.READING, InvitationState.FILED}
