"""What is kept of a comparison, and of pairs that somebody set aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.similarity.comparing import Match, Pair
from sandbox.kit.ids import AccountName


@dataclass(frozen=True, slots=True)
class Author:
    """Whose a work is, in which course."""

    student: AccountName
    course: CourseName


@dataclass(frozen=True, slots=True)
class Comparison:
    """The newest comparison of an assignment's works.

    Attributes:
        works: how many of this course were compared; ``others`` of other courses.
        cut: whose work was not compared whole.
        pairs: the largest share first.
        authors: of the pairs' works, by submission.
    """

    course: CourseName
    assignment: AssignmentName
    made_by: AccountName
    made_at: datetime
    works: int
    others: int
    cut: tuple[AccountName, ...]
    pairs: tuple[Pair, ...]
    authors: Mapping[str, Author]


@dataclass(frozen=True, slots=True)
class SetAside:
    """Two students' likeness in an assignment is explained and is not listed any more.

    Attributes:
        first: of the two accounts the one that comes first in the alphabet.
    """

    course: CourseName
    assignment: AssignmentName
    first: AccountName
    second: AccountName
    note: str
    by: AccountName
    at: datetime


def pair_data(pair: Pair) -> dict[str, Any]:
    """A pair as JSON."""
    return {
        "first": pair.first,
        "second": pair.second,
        "tokens": pair.tokens,
        "shares": [pair.first_share, pair.second_share],
        "matches": [
            [each.first_cell, *each.first, each.second_cell, *each.second, each.tokens]
            for each in pair.matches
        ],
    }


def pair_of(said: Mapping[str, Any]) -> Pair:
    """A pair from its JSON."""
    return Pair(
        said["first"],
        said["second"],
        said["tokens"],
        said["shares"][0],
        said["shares"][1],
        tuple(
            Match(one, (a, b), other, (c, d), tokens)
            for one, a, b, other, c, d, tokens in said["matches"]
        ),
    )


def turned(pair: Pair) -> Pair:
    """The same pair, seen from the second work."""
    return Pair(
        pair.second,
        pair.first,
        pair.tokens,
        pair.second_share,
        pair.first_share,
        tuple(
            Match(each.second_cell, each.second, each.first_cell, each.first, each.tokens)
            for each in pair.matches
        ),
    )
