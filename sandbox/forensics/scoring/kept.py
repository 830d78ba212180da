"""Marks that were kept as data: read again, completed by a person, told as far as they are.

Rules: what is read and written again is the same data; a person gives shares of the parts that a
machine does not mark alone, and nothing else changes by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from sandbox.forensics.scoring.errors import CannotScore
from sandbox.forensics.scoring.marks import Mark, Marks
from sandbox.forensics.scoring.rubric import Rubric


@dataclass(frozen=True, slots=True)
class SoFar:
    """How far an answer is marked, points of a hundred, exact.

    Attributes:
        points: of the parts that are settled.
        of: the most of those parts.
        waits: the most of the parts that a person has still to settle.
    """

    points: Fraction
    of: Fraction
    waits: Fraction


def read_marks(said: Mapping[str, Any]) -> Marks:
    """The marks of ``Marks.as_data``.

    Args:
        said: the JSON values.
    """
    points = {each["part"]: int(each["rubric"]) for each in said["parts"]}
    rubric = Rubric(said["lab"], said["version"], said["pass_mark"], (), points)
    parts = tuple(
        Mark(
            part=each["part"],
            by=each["by"],
            share=None if each["share"] is None else Fraction(each["share"]),
            of=rubric.scaled(each["part"]),
            rubric=each["rubric"],
            findings=tuple((code, dict(numbers)) for code, numbers in each["findings"]),
            confirmed=each["confirmed"],
        )
        for each in said["parts"]
    )
    return Marks(rubric, said["policy"], parts, tuple(said["broken"]), tuple(said["left_out"]))


def completed(marks: Marks, given: Mapping[str, Fraction | None]) -> Marks:
    """Marks with what a person gives.

    Args:
        marks: as they are.
        given: by part, a share from 0 to 1; None confirms what the checklist gave.

    Raises:
        CannotScore: ``scoring.given_wrong``.
    """
    known = {each.part: each for each in marks.parts if each.by != "machine"}
    for part, share in given.items():
        there = known.get(part)
        wanted = share if share is not None or there is None else there.share
        if there is None or wanted is None or not 0 <= wanted <= 1:
            raise CannotScore("scoring.given_wrong", part=part[:40])
        known[part] = replace(there, share=wanted, confirmed=True)
    return replace(marks, parts=tuple(known.get(each.part, each) for each in marks.parts))


def so_far(marks: Marks) -> SoFar:
    """How far marks are; a gate that failed leaves no points."""
    open_parts = set(marks.open)
    settled = [each for each in marks.parts if each.part not in open_parts]
    points = Fraction() if marks.broken else _sum(each.points for each in settled)
    return SoFar(
        points,
        _sum(each.of for each in settled),
        _sum(each.of for each in marks.parts if each.part in open_parts),
    )


def _sum(values: Iterable[Fraction]) -> Fraction:
    return sum(values, Fraction())
