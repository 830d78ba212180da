"""Marks as an asking for grading keeps them, for telling afterwards what it changed.

The cells are named once, then each submission has (place of the cell, the platform's mark).

>>> kept = kept_marks({"s": [Mark("s", "lab", "a", "Task", 4.0, 3.0, "partial", {})]})
>>> marks_in(kept, "s")
{('lab', 'a'): 3.0}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.domain.classroom import Mark

Cell = tuple[str, str]
"""Notebook and cell."""


def kept_marks(marks: Mapping[str, Iterable[Mark]]) -> dict[str, Any]:
    """Marks as plain data.

    Args:
        marks: by submission, before they are graded again.
    """
    rows = {name: platform_marks(each) for name, each in marks.items()}
    cells = sorted({cell for row in rows.values() for cell in row})
    places = {cell: place for place, cell in enumerate(cells)}
    return {
        "cells": [list(cell) for cell in cells],
        "marks": {
            name: [[places[cell], mark] for cell, mark in row.items()]
            for name, row in rows.items()
            if row
        },
    }


def marks_in(kept: Mapping[str, Any], submission: str) -> dict[Cell, float | None] | None:
    """A submission's marks in what was kept; None: it has none there."""
    row = (kept.get("marks") or {}).get(submission)
    if row is None:
        return None
    cells = kept["cells"]
    return {(cells[place][0], cells[place][1]): mark for place, mark in row}


def platform_marks(marks: Iterable[Mark]) -> dict[Cell, float | None]:
    """What the platform gave, by cell; None: it waits for a person."""
    return {(mark.notebook, mark.cell): mark.mark for mark in marks}
