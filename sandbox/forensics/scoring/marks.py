"""The marks of an answer by a rubric: exact fractions, the same for whoever reckons them again.

Rules:

1. Each part has a share from 0 to 1, and a share of a hundred points by the rubric. Where a case
   has nothing of a kind, that part is left out and the others are brought to a hundred.
2. What a person marks is open until it is given; a checklist's share may be given otherwise by a
   person. Until then an answer has neither passed nor failed.
3. A gate that fails fails the answer: no points, whatever the parts say.
4. Of several attempts the median counts, not the best; of an even number the mean of the middle
   two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sandbox.forensics.cases.case import Case
from sandbox.forensics.scoring import acts, parts
from sandbox.forensics.scoring.answers import Answer
from sandbox.forensics.scoring.attribution import attribution
from sandbox.forensics.scoring.custody import custody
from sandbox.forensics.scoring.errors import CannotScore
from sandbox.forensics.scoring.key import Key
from sandbox.forensics.scoring.method import method
from sandbox.forensics.scoring.parts import Finding, Found
from sandbox.forensics.scoring.rubric import PARTS, By, Rubric
from sandbox.forensics.scoring.sums import sums

_MARKERS: Final = {
    "addresses": parts.addresses,
    "hops": parts.hops,
    "located": parts.located,
    "recovery": parts.recovery,
    "attribution": attribution,
    "custody": custody,
    "sums": sums,
    "saved": acts.saved,
    "vasp": acts.vasp,
    "necessity": acts.necessity,
    "paper": acts.paper,
}


@dataclass(frozen=True)
class Mark:
    """One part.

    Attributes:
        part: of ``PARTS``.
        by: who marks it: ``machine``, ``checklist`` (a person confirms) or ``human``.
        share: from 0 to 1; None while a person has it to give.
        of: the most points of a hundred, exact.
        rubric: its points in the course's rubric.
        findings: what was missed or wrong, by kind and number.
        confirmed: a person gave or confirmed it.
    """

    part: str
    by: By
    share: Fraction | None
    of: Fraction
    rubric: int
    findings: tuple[Finding, ...] = ()
    confirmed: bool = False

    @property
    def points(self) -> Fraction:
        """Points, exact; 0 while open."""
        return (self.share or Fraction()) * self.of


@dataclass(frozen=True)
class Marks:
    """An answer's marks; ``score`` makes them.

    Attributes:
        rubric: by which; its version is the marks' version.
        policy: that was declared.
        parts: each mark.
        broken: gates that failed.
        left_out: parts of which the case has nothing.
    """

    rubric: Rubric
    policy: str
    parts: tuple[Mark, ...]
    broken: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def reckoned(self) -> Fraction:
        """The sum of all parts, of a hundred, whatever gates say."""
        return sum((each.points for each in self.parts), Fraction())

    @property
    def points(self) -> Fraction:
        """What counts, of a hundred."""
        return Fraction() if self.broken else self.reckoned

    @property
    def open(self) -> tuple[str, ...]:
        """Parts that wait for a person: marks to give, checklists to confirm."""
        return tuple(
            each.part for each in self.parts if each.by != "machine" and not each.confirmed
        )

    @property
    def passed(self) -> bool | None:
        """Whether it passed; None while parts are open."""
        if self.broken:
            return False
        return None if self.open else self.points >= self.rubric.pass_mark

    def as_data(self) -> dict[str, object]:
        """As JSON values, points to two places; nothing of the truth but kinds and numbers."""
        return {
            "lab": self.rubric.lab,
            "version": self.rubric.version,
            "pass_mark": self.rubric.pass_mark,
            "policy": self.policy,
            "points": rounded(self.points),
            "reckoned": rounded(self.reckoned),
            "exact": str(self.points),
            "of": "100.00",
            "passed": self.passed,
            "broken": list(self.broken),
            "open": list(self.open),
            "left_out": list(self.left_out),
            "parts": [
                {
                    "part": each.part,
                    "by": each.by,
                    "confirmed": each.confirmed,
                    "share": None if each.share is None else str(each.share),
                    "points": None if each.share is None else rounded(each.points),
                    "of": rounded(each.of),
                    "rubric": each.rubric,
                    "findings": [[code, dict(numbers)] for code, numbers in each.findings],
                }
                for each in self.parts
            ],
        }


def score(
    answer: Answer, case: Case | Key, rubric: Rubric, given: Mapping[str, Fraction] | None = None
) -> Marks:
    """Mark an answer.

    Args:
        answer: what the trainee found.
        case: of that trainee and attempt; a ``Key`` where it was executed.
        rubric: of the lab.
        given: shares from 0 to 1 that a person gives, by part: of ``clarity``, and of ``method``
            where the checklist is overruled or confirmed.

    Raises:
        CannotScore: ``scoring.given_wrong``.
    """
    key = case if isinstance(case, Key) else Key(case)
    said = _given(given or {}, rubric)
    wanted = [part for part in PARTS if part in rubric.points]
    found = {part: _MARKERS[part](answer, key) for part in wanted if part in _MARKERS}
    if "method" in rubric.points:
        others = [each.share for each in found.values() if each.share is not None]
        found["method"] = method(answer, key, others)
    left_out = {part for part, each in found.items() if each.share is None}
    scaled = rubric.without(left_out)
    marks = (_mark(part, scaled, found.get(part, Found(None)), said) for part in scaled.points)
    broken = "exhibit" in rubric.gates and any(each.broken for each in found.values())
    return Marks(
        rubric, answer.policy, tuple(marks), ("exhibit",) * broken, tuple(sorted(left_out))
    )


def median(attempts: Iterable[Marks]) -> Fraction:
    """The points that count of several attempts at one lab.

    Args:
        attempts: each marked to the end by the same version of the rubric.

    Raises:
        CannotScore: ``scoring.no_attempt``, ``scoring.other_rubric``, ``scoring.attempt_open``.
    """
    marks = list(attempts)
    if not marks:
        raise CannotScore("scoring.no_attempt")
    if len({(each.rubric.lab, each.rubric.version) for each in marks}) > 1:
        raise CannotScore("scoring.other_rubric")
    if any(each.passed is None for each in marks):
        raise CannotScore("scoring.attempt_open")
    ordered = sorted(each.points for each in marks)
    middle = len(ordered) // 2
    return (ordered[middle] + ordered[~middle]) / 2


def rounded(points: Fraction) -> str:
    """Points to two places, half up.

    >>> rounded(Fraction(2, 3))
    '0.67'
    """
    hundredths = int(points * 100 + Fraction(1, 2))
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _given(given: Mapping[str, Fraction], rubric: Rubric) -> dict[str, Fraction]:
    """What a person may give, as exact shares."""
    for part, share in given.items():
        right = part in rubric.points and PARTS[part] != "machine"
        exact = isinstance(share, (int, Fraction)) and not isinstance(share, bool)
        if not right or not exact or not 0 <= share <= 1:
            raise CannotScore("scoring.given_wrong", part=str(part)[:40])
    return {part: Fraction(share) for part, share in given.items()}


def _mark(part: str, rubric: Rubric, found: Found, given: Mapping[str, Fraction]) -> Mark:
    return Mark(
        part=part,
        by=PARTS[part],
        share=given.get(part, found.share),
        of=rubric.scaled(part),
        rubric=rubric.points[part],
        findings=found.findings,
        confirmed=part in given,
    )
