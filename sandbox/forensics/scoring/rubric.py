"""A rubric: which parts an answer of a lab is marked by, for how many points, and what fails it.

Rules:

1. A rubric is versioned data (TOML). Marks name lab and version; another version's marks are not
   put together with them.
2. Points are those of the course's rubric of a hundred. A lab that uses some parts says so, and its
   points are brought to a hundred: ``scaled`` shows by how much.
3. A part is marked by a machine, by a checklist that a person confirms, or by a person alone.
4. A gate is no part: where it fails, the whole answer fails.

>>> p3 = Rubric.shipped("P3")
>>> p3.points["addresses"], p3.scaled("addresses"), p3.pass_mark
(12, Fraction(24, 1), 70)
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

from sandbox.forensics.scoring.errors import CannotScore

By = Literal["machine", "checklist", "human"]
PARTS: Final[Mapping[str, By]] = {
    "addresses": "machine",
    "hops": "machine",
    "located": "machine",
    "recovery": "machine",
    "attribution": "machine",
    "custody": "machine",
    "sums": "machine",
    "saved": "machine",
    "vasp": "machine",
    "necessity": "machine",
    "paper": "machine",
    "method": "checklist",
    "clarity": "human",
}
"""Every part that there is, and who marks it."""
GATES: Final = ("exhibit",)
"""``exhibit``: an exhibit of which a byte was edited."""
FOLDER: Final = Path(__file__).with_name("rubrics")
_HUNDRED: Final = 100
_KEYS: Final = {"lab", "version", "pass_mark", "gates", "points"}


@dataclass(frozen=True)
class Rubric:
    """A lab's rubric; ``Rubric.shipped`` and ``Rubric.read`` make one.

    Attributes:
        lab: of the curriculum.
        version: from 1.
        pass_mark: points of a hundred from which an answer passes.
        gates: what fails an answer whole.
        points: by part, as the course's rubric has them.
    """

    lab: str
    version: int
    pass_mark: int
    gates: tuple[str, ...]
    points: Mapping[str, int]

    @property
    def total(self) -> int:
        """The sum of the points."""
        return sum(self.points.values())

    def scaled(self, part: str) -> Fraction:
        """A part's points of a hundred."""
        return Fraction(self.points[part] * _HUNDRED, self.total)

    def without(self, parts: set[str]) -> Rubric:
        """The rubric for a case in which some parts have nothing to be marked."""
        points = {part: each for part, each in self.points.items() if part not in parts}
        return Rubric(self.lab, self.version, self.pass_mark, self.gates, points)

    @classmethod
    def shipped(cls, lab: str) -> Rubric:
        """The rubric of a lab of the course.

        Args:
            lab: ``P1`` for example; ``shipped_labs`` names all.

        Raises:
            CannotScore: ``scoring.lab_unknown``.
        """
        if lab not in shipped_labs():
            raise CannotScore("scoring.lab_unknown", known=", ".join(shipped_labs()))
        return cls.read((FOLDER / f"{lab}.toml").read_bytes())

    @classmethod
    def read(cls, content: bytes) -> Rubric:
        """A trainer's rubric.

        Args:
            content: TOML in UTF-8.

        Raises:
            CannotScore: ``scoring.rubric_malformed`` with the key that is wrong.
        """
        try:
            said = tomllib.loads(content.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise CannotScore("scoring.rubric_malformed", key="TOML") from error
        for key in sorted(_KEYS ^ set(said)):
            raise CannotScore("scoring.rubric_malformed", key=key[:40])
        _check("lab", isinstance(said["lab"], str) and 0 < len(said["lab"]) <= 40)
        _check("version", _whole(said["version"], 1, 1_000_000))
        _check("pass_mark", _whole(said["pass_mark"], 1, _HUNDRED))
        _check("gates", isinstance(said["gates"], list) and _among(said["gates"], GATES))
        points = said["points"]
        _check("points", isinstance(points, dict) and bool(points) and _among(list(points), PARTS))
        for part, each in points.items():
            _check(f"points.{part}", _whole(each, 1, _HUNDRED))
        ordered = {part: points[part] for part in PARTS if part in points}
        _check("points", any(PARTS[part] == "machine" for part in ordered))
        gates = tuple(said["gates"])
        return cls(said["lab"], said["version"], said["pass_mark"], gates, ordered)


def shipped_labs() -> tuple[str, ...]:
    """The labs whose rubrics are shipped."""
    return tuple(sorted(each.stem for each in FOLDER.glob("*.toml")))


def _whole(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _among(values: list[Any], known: Any) -> bool:
    return all(isinstance(each, str) and each in known for each in values) and len(
        set(values)
    ) == len(values)


def _check(key: str, right: bool) -> None:  # noqa: FBT001 - said where it is called
    if not right:
        raise CannotScore("scoring.rubric_malformed", key=key[:40])
