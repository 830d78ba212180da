"""What a check finds: a code, where, and what to do, in words of three languages.

>>> Finding("authoring.good.crossing", Level.GOOD, "lab.ipynb").said("en")
'tests can cross into another process'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.locale import Language, wording


class Level(StrEnum):
    """How much a finding matters."""

    GOOD = "ok"
    NOTE = "note"
    FAULT = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked, or found wrong.

    Attributes:
        code: stable; its wording says what is wrong and what to do.
        level: a fault makes the check fail, a note does not.
        file: below the assignment's folder; empty: the whole of it.
        cell: nbgrader's id of the cell, else its own.
        params: of the wording.
    """

    code: str
    level: Level
    file: str = ""
    cell: str = ""
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether the check may pass with it."""
        return self.level is not Level.FAULT

    def said(self, lang: Language) -> str:
        """In words.

        Args:
            lang: of the reader.
        """
        return wording(self.code, self.params, lang)

    def line(self, lang: Language) -> str:
        """As the command prints it: level, code, place, words.

        Args:
            lang: of the reader.
        """
        place = " ".join(part for part in (self.file, self.cell and f"[{self.cell}]") if part)
        if self.level is Level.GOOD:
            return f"{self.level:4} {self.said(lang)}" + (f" ({place})" if place else "")
        return f"{self.level:4} {self.code} {place}".rstrip() + f"\n     {self.said(lang)}"


def good(code: str, file: str = "", **params: object) -> Finding:
    """Something that holds."""
    return Finding(f"authoring.good.{code}", Level.GOOD, file, params=params)


def fault(code: str, file: str = "", cell: str = "", **params: object) -> Finding:
    """Something that does not."""
    return Finding(f"authoring.{code}", Level.FAULT, file, cell, params)


def note(code: str, file: str = "", **params: object) -> Finding:
    """Something to know."""
    return Finding(f"authoring.{code}", Level.NOTE, file, params=params)
