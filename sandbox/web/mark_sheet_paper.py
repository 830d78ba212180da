"""What stands on a printed mark sheet, in Kyrgyz with Russian; page, PDF and spreadsheet alike.

The form is ours, made after what such sheets usually hold; each university has to confirm its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sandbox.domain.mark_scales import FINAL, Band
from sandbox.domain.mark_sheets import Line, Sheet, totals
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import N_
from sandbox.services.mark_sheets import Draft

TITLE = N_("Mark sheet")
RESIT = N_("Mark sheet of resit %(number)s")
DRAFT = N_("DRAFT: not signed")
CORRECTED = N_("Corrected: version %(version)s")
FACTS = {
    "university": N_("University"),
    "department": N_("Department"),
    "course": N_("Course of study"),
    "module": N_("Module"),
    "group": N_("Academic group"),
    "term": N_("Term of study"),
    "hours": N_("Hours"),
    "teacher": N_("Teacher"),
    "date": N_("Date"),
    "number": N_("Number of the sheet"),
}
COLUMNS = {
    "place": N_("No."),
    "name": N_("Surname, name, patronymic"),
    "number": N_("Student number"),
    "points": N_("Points"),
    "letter": N_("Letter"),
    "gpa": N_("GPA"),
    "words": N_("Grade in words"),
    "signature": N_("Signature"),
}
ABSENT = N_("did not appear")
TOTALS = N_("Together by grade")
LISTED = N_("Listed")
SIGNERS = (N_("Teacher"), N_("Head of the department"), N_("Dean"))
NAME_AND_DATE = N_("signature, name, date")
LANGUAGES: Final = ("ky", "ru")
GPA: Final = tuple(COLUMNS).index("gpa")
"""Where the grade point stands in a line, with no modules before it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A text in Kyrgyz and in Russian."""

    ky: str
    ru: str

    @property
    def line(self) -> str:
        """Both in one line; once where they are the same."""
        return self.ky if self.ky == self.ru or not self.ru else f"{self.ky} / {self.ru}"


@dataclass(frozen=True, slots=True)
class Total:
    """How many have a grade; ``letter`` is empty for those who were absent, and for all."""

    letter: str
    words: Pair
    count: int


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet, ready to be laid out.

    Attributes:
        notes: that it is a draft, or a correction.
        parts: headings of the modules' points, on the sheet of the whole course.
        rows: cells by line: the columns' in order, points of modules before ``points``.
        digest: of the signed version; empty for a draft.
    """

    title: Pair
    notes: tuple[Pair, ...]
    facts: tuple[tuple[Pair, str], ...]
    columns: tuple[Pair, ...]
    parts: tuple[Pair, ...]
    rows: tuple[tuple[str | int, ...], ...]
    totals_title: Pair
    totals: tuple[Total, ...]
    signers: tuple[Pair, ...]
    to_fill: Pair
    digest: str

    @property
    def printed(self) -> tuple[tuple[str | int, ...], ...]:
        """The lines as people read them: the grade point with the comma of both languages."""
        at = len(self.parts) + GPA
        return tuple(
            (*row[:at], forms.decimal(Decimal(row[at]), "ky"), *row[at + 1 :]) for row in self.rows
        )


def pair(message: str, **values: Any) -> Pair:
    """A message of ours in both languages."""
    said = [translator(lang).gettext(message) for lang in LANGUAGES]
    return Pair(*(each % values if values else each for each in said))


def draft_paper(draft: Draft, *, numbers: bool) -> Paper:
    """A sheet as it would be signed now. ``numbers``: with student numbers, for who leads."""
    return _paper(draft.content, draft.lines, None, numbers=numbers)


def signed_paper(sheet: Sheet, *, numbers: bool) -> Paper:
    """A signed version. ``numbers``: with student numbers, for who leads."""
    return _paper(sheet.content, sheet.lines, sheet, numbers=numbers)


def _paper(
    content: Mapping[str, Any], lines: tuple[Line, ...], sheet: Sheet | None, *, numbers: bool
) -> Paper:
    if not numbers:
        lines = tuple(replace(each, number="") for each in lines)
    attempt, whole = content["attempt"], content["module"] == FINAL
    parts = tuple(_named(each["names"]) for each in content["columns"]) if whole else ()
    notes = () if sheet else (pair(DRAFT),)
    if sheet and sheet.version > 1:
        notes = (pair(CORRECTED, version=sheet.version),)
    return Paper(
        title=pair(RESIT, number=attempt) if attempt else pair(TITLE),
        notes=notes,
        facts=tuple(_facts(content, sheet)),
        columns=tuple(pair(each) for each in COLUMNS.values()),
        parts=parts,
        rows=tuple(_row(n, each, whole=whole) for n, each in enumerate(lines, 1)),
        totals_title=pair(TOTALS),
        totals=_totals([Band(**each) for each in content["bands"]], lines),
        signers=tuple(pair(each) for each in SIGNERS),
        to_fill=pair(NAME_AND_DATE),
        digest=sheet.digest if sheet else "",
    )


def _facts(content: Mapping[str, Any], sheet: Sheet | None) -> list[tuple[Pair, str]]:
    said = {
        "university": content["university"],
        "department": _named(content["department"]).line,
        "course": _named(content["titles"]).line,
        "module": _named(content["names"]).line,
        "group": content["group"],
        "term": content["term"],
        "hours": str(content["hours"] or ""),
        "teacher": content["teacher"],
        "date": _days(sheet.signed_at) if sheet else "",
        "number": str(sheet.number) if sheet else "",
    }
    return [(pair(label), said[key]) for key, label in FACTS.items() if said[key]]


def _days(at: datetime) -> str:
    return Pair(forms.day(at, "ky"), forms.day(at, "ru")).line


def _named(texts: Mapping[str, str]) -> Pair:
    other = next((text for text in texts.values() if text), "")
    return Pair(texts.get("ky") or other, texts.get("ru") or other)


def _row(place: int, line: Line, *, whole: bool) -> tuple[str | int, ...]:
    words = pair(ABSENT) if line.absent else _named(line.words)
    parts = [int(each.points) for each in line.parts] if whole else []
    grade = (line.points, line.letter, line.gpa, words.line)
    return (place, line.name, line.number, *parts, *grade, "")


def _totals(bands: list[Band], lines: tuple[Line, ...]) -> tuple[Total, ...]:
    return (
        *(Total(band.letter, _named(band.words), n) for band, n in totals(bands, lines)),
        Total("", pair(ABSENT), sum(each.absent for each in lines)),
        Total("", pair(LISTED), len(lines)),
    )
