"""How a university marks: bands of points, modules with their weights, resits; data with versions.

Rules:

1. Points are whole, 0 to 100. They are reckoned as fractions, never as floats, and rounded once, at
   the end: to the nearest, a half up.
2. Bands cover 0 to 100 without a gap and without an overlap; no band that fails is above one that
   passes.
3. The weights of the modules are whole hundredths of the course and together 100.
4. An assignment belongs to one module at most; what belongs to none counts nowhere. A module has
   one assignment at least.
5. A resit may give as many points as somebody needs to pass.

>>> rounded(Fraction(119, 2)), rounded(Fraction(5949, 100))
(60, 59)
>>> share(Fraction("0.3"), Fraction("0.9")) == Fraction(100, 3)
True

Source: ``USUAL_BANDS`` is how we believe several universities mark; no text on it was found, and
each university has to confirm its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Final

from sandbox.domain.application import plain_text
from sandbox.domain.coursework import CourseName
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName

MOST: Final = 100
"""Points of everything right."""
MOST_BANDS: Final = 10
MOST_MODULES: Final = 6
MOST_RESITS: Final = 3
MOST_HOURS: Final = 1000
LONGEST: Final = 80
"""Characters of a grade in words, of a module's name, of a department."""
SPOKEN: Final = ("ky", "ru", "en")
FINAL: Final = "final"
"""The sheet of the whole course, made of its modules' sheets."""
_LETTER: Final = re.compile(r"[A-ZА-Я]{1,3}[+-]?")
_GPA: Final = re.compile(r"[0-9]\.[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class Band:
    """What points from ``least`` to ``most``, both included, are worth.

    Attributes:
        letter: of the ECTS scale, or the university's own.
        gpa: digits with a point, ``3.33``.
        words: the grade in words, by language.
    """

    least: int
    most: int
    letter: str
    gpa: str
    passes: bool
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Module:
    """A part of a course.

    Attributes:
        key: ``1``, ``2`` and so on.
        weight: hundredths of the whole course.
        names: by language.
        assignments: whose shares, each as much as the other, are the module's points.
    """

    key: str
    weight: int
    names: Mapping[str, str]
    assignments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """How a course is marked.

    Attributes:
        version: 1 for the first.
        resits: how often somebody who failed may be marked again.
        resit_most: points that a resit gives at most.
        department: by language, ``ky`` and ``ru``; may be empty.
        hours: of the course by its plan.
    """

    course: CourseName
    version: int
    bands: tuple[Band, ...]
    modules: tuple[Module, ...]
    resits: int
    resit_most: int
    department: Mapping[str, str]
    hours: int
    set_by: AccountName
    set_at: datetime

    def module(self, key: str) -> Module | None:
        """The module with a key."""
        return next((each for each in self.modules if each.key == key), None)


def _band(least: int, most: int, letter: str, gpa: str, *words: str) -> Band:
    return Band(least, most, letter, gpa, gpa != "0.00", dict(zip(SPOKEN, words, strict=True)))


_EXCELLENT: Final = ("эң жакшы", "отлично", "excellent")
_GOOD: Final = ("жакшы", "хорошо", "good")
_FAIR: Final = ("канааттандырарлык", "удовлетворительно", "satisfactory")
_FAILED: Final = ("канааттандырарлык эмес", "неудовлетворительно", "unsatisfactory")
USUAL_BANDS: Final = (
    _band(87, 100, "A", "4.00", *_EXCELLENT),
    _band(80, 86, "B", "3.33", *_GOOD),
    _band(74, 79, "C", "3.00", *_GOOD),
    _band(68, 73, "D", "2.33", *_FAIR),
    _band(61, 67, "E", "2.00", *_FAIR),
    _band(31, 60, "FX", "0.00", *_FAILED),
    _band(0, 30, "F", "0.00", *_FAILED),
)
"""To be confirmed by the university."""


def share(got: Fraction, of: Fraction) -> Fraction:
    """Hundredths of what there was to get, exactly; never more than all of it.

    Args:
        got: points.
        of: the most there is, above 0.
    """
    return min(Fraction(MOST), MOST * got / of)


def mean(shares: Iterable[Fraction]) -> Fraction:
    """What several shares are together, each as much as the other; at least one."""
    found = tuple(shares)
    return sum(found, Fraction(0)) / len(found)


def weighted(points: Mapping[str, int], modules: Iterable[Module]) -> Fraction:
    """The whole course's points of its modules' whole points; a module without any counts 0."""
    return sum((Fraction(m.weight * points.get(m.key, 0), MOST) for m in modules), Fraction(0))


def rounded(points: Fraction) -> int:
    """Whole points: the nearest, a half up."""
    return floor(points + Fraction(1, 2))


def hundredths(points: Fraction) -> str:
    """A share as people read it, two places, a half up.

    >>> hundredths(Fraction(200, 3)), hundredths(Fraction(5))
    ('66.67', '5.00')
    """
    whole = floor(points * 100 + Fraction(1, 2))
    return f"{whole // 100}.{whole % 100:02d}"


def band_of(bands: Iterable[Band], points: int) -> Band:
    """The band that points are in; there is exactly one (``check_bands``)."""
    return next(each for each in bands if each.least <= points <= each.most)


def check_bands(bands: Iterable[Band]) -> tuple[Band, ...]:
    """The same bands from the highest to the lowest, if rule 2 holds.

    Raises:
        InvalidInput: ``scale.no_bands``, ``scale.band_range``, ``scale.bands_overlap``,
            ``scale.bands_gap``, ``scale.letter``, ``scale.letter_twice``, ``scale.gpa``,
            ``scale.pass_order``, ``scale.no_words``, ``text.*``.
    """
    found = tuple(sorted((_checked(each) for each in bands), key=lambda each: -each.least))
    if not found:
        raise InvalidInput("scale.no_bands")
    for each in found:
        if not 0 <= each.least <= each.most <= MOST:
            raise InvalidInput("scale.band_range", letter=each.letter)
    expected = MOST
    for each in found:
        if each.most > expected:
            raise InvalidInput("scale.bands_overlap", points=expected + 1)
        if each.most < expected:
            raise InvalidInput("scale.bands_gap", points=expected)
        expected = each.least - 1
    if expected != -1:
        raise InvalidInput("scale.bands_gap", points=expected)
    if len({each.letter for each in found}) < len(found):
        raise InvalidInput("scale.letter_twice")
    passing = [each.passes for each in found]
    if passing != sorted(passing, reverse=True) or not passing[0]:
        raise InvalidInput("scale.pass_order")
    return found


def _checked(band: Band) -> Band:
    if not _LETTER.fullmatch(band.letter):
        raise InvalidInput("scale.letter", letter=band.letter[:8])
    if not _GPA.fullmatch(band.gpa):
        raise InvalidInput("scale.gpa", letter=band.letter)
    words = _said("grade_words", band.words, SPOKEN)
    if not all(words.values()):
        raise InvalidInput("scale.no_words", letter=band.letter)
    return Band(band.least, band.most, band.letter, band.gpa, band.passes, words)


def check_modules(modules: Iterable[Module], known: Iterable[str]) -> tuple[Module, ...]:
    """The same modules, if rules 3 and 4 hold.

    Args:
        modules: in their order.
        known: the course's released assignments.

    Raises:
        InvalidInput: ``scale.no_modules``, ``scale.module_name``, ``scale.module_empty``,
            ``scale.weights``, ``scale.assignment_twice``, ``scale.no_assignment``, ``text.*``.
    """
    found = tuple(
        Module(each.key, each.weight, _said("module_name", each.names, SPOKEN), each.assignments)
        for each in modules
    )
    if not found:
        raise InvalidInput("scale.no_modules")
    for each in found:
        if not all(each.names.values()):
            raise InvalidInput("scale.module_name", module=each.key)
    total = sum(each.weight for each in found)
    if total != MOST or any(each.weight < 1 for each in found):
        raise InvalidInput("scale.weights", total=total)
    chosen = [name for each in found for name in each.assignments]
    if len(set(chosen)) < len(chosen):
        raise InvalidInput("scale.assignment_twice")
    if strange := sorted(set(chosen) - set(known)):
        raise InvalidInput("scale.no_assignment", assignment=strange[0][:48])
    if empty := [each.key for each in found if not each.assignments]:
        raise InvalidInput("scale.module_empty", module=empty[0])
    return found


def check_scale(scale: Scale, known: Iterable[str]) -> Scale:
    """The scale, tidied, if every rule holds.

    Raises:
        InvalidInput: those of ``check_bands`` and ``check_modules``; ``scale.resits``,
            ``scale.resit_most``, ``scale.resit_fails``, ``scale.hours``, ``text.*``.
    """
    if not 0 <= scale.resits <= MOST_RESITS:
        raise InvalidInput("scale.resits", most=MOST_RESITS)
    if not 0 <= scale.resit_most <= MOST:
        raise InvalidInput("scale.resit_most")
    if not 0 <= scale.hours <= MOST_HOURS:
        raise InvalidInput("scale.hours", most=MOST_HOURS)
    bands = check_bands(scale.bands)
    passing = min(each.least for each in bands if each.passes)
    if scale.resits and scale.resit_most < passing:
        raise InvalidInput("scale.resit_fails", points=passing)
    return Scale(
        course=scale.course,
        version=scale.version,
        bands=bands,
        modules=check_modules(scale.modules, known),
        resits=scale.resits,
        resit_most=scale.resit_most,
        department=_said("department", scale.department, ("ky", "ru")),
        hours=scale.hours,
        set_by=scale.set_by,
        set_at=scale.set_at,
    )


def _said(field: str, texts: Mapping[str, str], languages: Iterable[str]) -> dict[str, str]:
    return {
        each: plain_text(field, texts.get(each, ""), limit=LONGEST, name=True) for each in languages
    }
