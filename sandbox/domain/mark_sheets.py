"""Mark sheets: one for each academic group and module, locked by a signature.

Rules:

1. A sheet is a document: names, points and grades as they were when it was signed. Marks that
   change later change no sheet; the sheet says that they differ.
2. A signed sheet is corrected only by another version, with a reason; every version stays. A
   version's digest stands in the audit log, so that one that was altered is found.
3. What counts is the last work of which the feedback was released. Nothing handed in counts 0 and
   is said; somebody who handed in nothing at all was absent.
4. Work that was handed in and has no released mark keeps a sheet from being signed: it would be 0.
   So do work of which the points changed since they were released, and, on the sheet of the whole
   course, a student whom no sheet of a module lists. Work that could not be graded counts 0 once
   who signs has said so. So does a score of an investigation that has expired.
5. A resit's sheet lists those who failed on the sheet before it, and gives no more than the scale
   allows. Work handed in after somebody's line was signed first is the resit's, never the line's:
   a correction changes marks, not what was handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sandbox.domain.coursework import CourseName
from sandbox.domain.mark_scales import Band, band_of
from sandbox.kit.canonical import content_hash
from sandbox.kit.ids import AccountName


class Counting(StrEnum):
    """Whether something counts in somebody's points."""

    COUNTED = "mark_counted"
    ABSENT = "mark_absent"
    UNRELEASED = "mark_unreleased"
    WAITING = "mark_waiting"
    CHANGED = "mark_changed"
    UNLISTED = "mark_unlisted"
    FAILED = "mark_failed"
    EXPIRED = "mark_expired"


HOLDS_UP: Final = frozenset(
    {Counting.UNRELEASED, Counting.WAITING, Counting.CHANGED, Counting.UNLISTED}
)
"""With which a sheet is not signed."""


@dataclass(frozen=True, slots=True)
class Part:
    """One assignment of a module, or one module of the course.

    Attributes:
        key: the assignment's name, or the module's.
        points: hundredths with two places, or whole points.
        late: the work that counts was handed in late.
        newer: there is newer work, of which nothing is released.
    """

    key: str
    points: str
    counting: Counting
    late: bool = False
    newer: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One student.

    Attributes:
        points: whole.
        words: the grade, by language.
        absent: handed in nothing.
    """

    account: AccountName
    number: str
    surname: str
    given: str
    patronymic: str
    points: int
    letter: str
    gpa: str
    words: Mapping[str, str]
    passes: bool
    absent: bool
    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        """Surname, name, patronymic."""
        return " ".join(filter(None, (self.surname, self.given, self.patronymic)))

    @property
    def held_up(self) -> bool:
        """Whether something of theirs waits for a mark."""
        return any(each.counting in HOLDS_UP for each in self.parts)

    @property
    def failed(self) -> bool:
        """Whether something of theirs could not be graded."""
        return any(each.counting is Counting.FAILED for each in self.parts)

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Line:
        """The line of its JSON form."""
        parts = (Part(**{**each, "counting": Counting(each["counting"])}) for each in said["parts"])
        return cls(**{**said, "parts": tuple(parts)})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sheet.

    Attributes:
        module: a module's key, or ``FINAL``.
        attempt: 0, or which resit it is.
    """

    group: str
    term: str
    module: str
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """One version of a signed sheet.

    Attributes:
        number: the order of all, from 1.
        version: 1 as signed first, more for each correction.
        content: all that is printed; see ``services.mark_sheets``.
        digest: SHA-256 of what ``digest_of`` takes.
        reason: why it was corrected; empty for the first version.
    """

    id: str
    number: int
    course: CourseName
    group: str
    term: str
    module: str
    attempt: int
    version: int
    content: Mapping[str, Any]
    digest: str
    reason: str
    signed_by: AccountName
    signed_at: datetime

    @property
    def wanted(self) -> Wanted:
        """Which sheet it is a version of."""
        return Wanted(self.group, self.term, self.module, self.attempt)

    @property
    def lines(self) -> tuple[Line, ...]:
        """Its students."""
        return tuple(Line.read(each) for each in self.content["lines"])

    @property
    def holds(self) -> bool:
        """Whether it is still what was signed."""
        return self.digest == digest_of(self)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a student's line says, and what their marks say now; None: is not on it."""

    name: str
    then: Line | None
    now: Line | None


def digest_of(sheet: Sheet) -> str:
    """What names exactly this version: SHA-256 of its canonical JSON without the digest itself."""
    said = {**asdict(sheet), "signed_at": sheet.signed_at.isoformat()}
    del said["digest"]
    return content_hash(said).hex()


def totals(bands: Iterable[Band], lines: Iterable[Line]) -> tuple[tuple[Band, int], ...]:
    """How many have each grade, who was absent left out."""
    there = [each.letter for each in lines if not each.absent]
    return tuple((band, there.count(band.letter)) for band in bands)


def graded(bands: tuple[Band, ...], points: int) -> Mapping[str, Any]:
    """What a line says of points."""
    band = band_of(bands, points)
    return {
        "points": points,
        "letter": band.letter,
        "gpa": band.gpa,
        "words": dict(band.words),
        "passes": band.passes,
    }


def differing(then: Iterable[Line], now: Iterable[Line]) -> tuple[Difference, ...]:
    """Students whose points or grade are other now, and who came or went."""
    old, new = ({each.account: each for each in lines} for lines in (then, now))
    found = []
    for account in {**old, **new}:
        one, other = old.get(account), new.get(account)
        if one is None or other is None or _result(one) != _result(other):
            name = one.name if one is not None else other.name if other is not None else ""
            found.append(Difference(name, one, other))
    return tuple(found)


def _result(line: Line) -> tuple[object, ...]:
    return (line.points, line.letter, line.passes, line.absent)
