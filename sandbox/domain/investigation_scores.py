"""Scores of investigations: what a person marks, what is signed, contested, and when it expires.

Rules:

1. The parts that a machine does not mark are marked by a teacher, step by step, without knowing
   whose answer it is. Who marked may ask for a second look; then somebody else marks, and the
   newest marks count.
2. A score counts once a teacher who leads the course has signed it. What is signed binds answer,
   seal, marks, rubric and steps by their versions, who and when. A further version has a reason;
   no version is changed.
3. The trainee may contest the newest version within its term, once. Who signed any version of the
   score does not decide; it is upheld or changed, with reasons.
4. A score expires some months after it was signed first; a later version does not lengthen that.
5. Of several attempts the median counts (``sandbox.forensics.scoring.marks``): of those that are
   signed, not reset, not expired, and of the newest version of the rubric.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sandbox.domain.coursework import CourseName
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.kit.ids import AccountName

PREFIX: Final = "case-"
"""Before an investigation's id, as the name of its result among the assignments of a course."""
MONTHS: Final = 24
"""Until a score expires, where a course says nothing else."""
MOST_MONTHS: Final = 120
CONTEST_DAYS: Final = 14
"""In which a score may be contested, likewise; calendar days, our own rule."""
MOST_CONTEST_DAYS: Final = 60
MOST_WORDS: Final = 4_000
"""Characters of a comment, of a contest, of reasons."""


class Stage(StrEnum):
    """Where an answer's score stands."""

    UNRECKONED = "unreckoned"
    TO_MARK = "to_mark"
    SECOND = "second"
    TO_SIGN = "to_sign"
    SIGNED = "signed"


class ContestState(StrEnum):
    """Where a contest stands."""

    OPEN = "contest_open"
    UPHELD = "contest_upheld"
    CHANGED = "contest_changed"


@dataclass(frozen=True, slots=True)
class Opinion:
    """A person's marks of an answer.

    Attributes:
        number: from 1, of the case; the highest counts.
        levels: by part and step; none for a part whose checklist is confirmed as it is.
        comment: to the trainee, who reads it once the score is signed.
        asks: why a second look is asked for; empty: it is not.
    """

    case: str
    number: int
    author: AccountName
    at: datetime
    levels: Mapping[str, Mapping[str, int]]
    comment: str
    asks: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signed version of a score.

    Attributes:
        version: from 1, of the case.
        reason: why it took the place of the one before; empty for the first.
        content: all that is signed (``services.investigation_signing``); without what a person
            wrote or found once it was reduced.
        digest: of ``digest_of``.
        reduced_at: since when the content is no longer whole; None: it is.
    """

    case: str
    version: int
    by: AccountName
    at: datetime
    reason: str
    content: Mapping[str, Any]
    digest: str
    reduced_at: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether it is what was signed; of what was reduced only the log's digest can say."""
        return self.reduced_at is not None or self.digest == digest_of(
            self.case, self.version, self.by, self.at, self.reason, self.content
        )

    @property
    def ends(self) -> datetime:
        """When the score expires."""
        return datetime.fromisoformat(self.content["ends"])

    @property
    def contest_until(self) -> datetime:
        """Until when it may be contested."""
        return datetime.fromisoformat(self.content["contest_until"])

    def in_force(self, at: datetime) -> bool:
        """Whether it has not expired."""
        return at < self.ends


@dataclass(frozen=True, slots=True)
class Contest:
    """A trainee's words against a signed version.

    Attributes:
        version: that is contested.
        reasons: of who decided.
    """

    case: str
    version: int
    by: AccountName
    at: datetime
    words: str
    state: ContestState
    decided_by: AccountName | None = None
    decided_at: datetime | None = None
    reasons: str = ""
    revision: int = 1


@dataclass(frozen=True, slots=True)
class ScoreRules:
    """What a course sets for the scores of its investigations.

    Attributes:
        months: until a score expires.
        contest_days: in which it may be contested.
        pseudonyms: the police profile: the course knows its trainees by pseudonyms alone.
        set_by: empty: nobody has set anything.
    """

    course: CourseName
    months: int = MONTHS
    contest_days: int = CONTEST_DAYS
    pseudonyms: bool = False
    set_by: str = ""
    set_at: datetime | None = None
    revision: int = 1

    def check(self) -> None:
        """Refuse what cannot be.

        Raises:
            InvalidInput: ``score.months``, ``score.contest_days``.
        """
        if not 1 <= self.months <= MOST_MONTHS:
            raise InvalidInput("score.months", most=MOST_MONTHS)
        if not 1 <= self.contest_days <= MOST_CONTEST_DAYS:
            raise InvalidInput("score.contest_days", most=MOST_CONTEST_DAYS)


def digest_of(
    case: str,
    version: int,
    by: AccountName,
    at: datetime,
    reason: str,
    content: Mapping[str, Any],
) -> str:
    """What names exactly this signed version: SHA-256 of its canonical JSON, hex."""
    said = {
        "case": case,
        "version": version,
        "by": by,
        "at": at.isoformat(),
        "reason": reason,
        "content": dict(content),
    }
    return content_hash(said).hex()


def check_words(text: str, *, needed: bool) -> str:
    """Words as they are kept: without spaces around, not too many.

    Raises:
        InvalidInput: ``score.words_missing``, ``score.words_long``.
    """
    said = text.replace("\r\n", "\n").strip()
    if needed and not said:
        raise InvalidInput("score.words_missing")
    if len(said) > MOST_WORDS:
        raise InvalidInput("score.words_long", most=MOST_WORDS)
    return said


def check_contest(
    newest: Signature | None, contests: tuple[Contest, ...], at: datetime
) -> Signature:
    """The version that may be contested.

    Raises:
        Conflict: ``score.not_signed``, ``score.contested_already``, ``score.contest_late``.
    """
    if newest is None:
        raise Conflict("score.not_signed")
    if any(each.version == newest.version for each in contests):
        raise Conflict("score.contested_already")
    if at >= newest.contest_until:
        raise Conflict("score.contest_late", until=newest.contest_until.isoformat())
    return newest


def check_decider(who: AccountName, versions: tuple[Signature, ...]) -> None:
    """Refuse whoever signed any version of the score.

    Raises:
        NotAllowed: ``score.own_signature``.
    """
    if who in {each.by for each in versions}:
        raise NotAllowed("score.own_signature")
