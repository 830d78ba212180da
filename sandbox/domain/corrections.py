"""What a corrected release does to a copy that somebody works in: nothing of theirs is lost.

Rules:

- A file that is as it was handed out is replaced; a new or missing one is laid down.
- A file that somebody changed stays as it is. The corrected one is laid beside, as
  ``NAME.corrected.ipynb``; in a notebook the answers that were begun are carried over into it.
- A file that the correction did not change, or that it no longer has, is left alone.

>>> beside("lab.ipynb", 1), beside("data/rates.csv", 2)
('lab.corrected.ipynb', 'data/rates.corrected-2.csv')
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from sandbox.domain.notebooks import grade_id
from sandbox.domain.release import source_of


class Fate(StrEnum):
    """What becomes of one file of a copy."""

    REPLACED = "replaced"
    ADDED = "added"
    BESIDE = "beside"


@dataclass(frozen=True, slots=True)
class Step:
    """One file and what becomes of it."""

    path: str
    fate: Fate


def plan(
    old: Mapping[str, str],
    new: Mapping[str, str],
    mine: Mapping[str, str],
    handed_out: Mapping[str, Collection[str]],
) -> tuple[Step, ...]:
    """What is to be done to a copy.

    Args:
        old: path → SHA-256 of the release that the copy was brought to last.
        new: the same of the newest release.
        mine: the same of the copy as it lies there.
        handed_out: path → every SHA-256 that it ever had in a release.
    """
    steps = []
    for path, wanted in sorted(new.items()):
        here = mine.get(path)
        if here == wanted or (here is not None and old.get(path) == wanted):
            continue
        if here is None:
            steps.append(Step(path, Fate.ADDED))
        elif here in handed_out.get(path, ()):
            steps.append(Step(path, Fate.REPLACED))
        else:
            steps.append(Step(path, Fate.BESIDE))
    return tuple(steps)


def beside(path: str, number: int) -> str:
    """Where the corrected version of a changed file lies.

    Args:
        path: of the file.
        number: from 1; more when there is one already.
    """
    place = PurePosixPath(path)
    word = "corrected" if number == 1 else f"corrected-{number}"
    return str(place.with_name(f"{place.stem}.{word}{place.suffix}"))


def carried(corrected: bytes, mine: bytes, old: bytes) -> bytes:
    """The corrected notebook with the answers that were begun in the copy.

    Args:
        corrected: as released now.
        mine: the copy; what is no notebook carries nothing.
        old: as released when the copy was made; empty: every answer was begun.
    """
    try:
        begun = _answers(mine)
        untouched = _answers(old) if old else {}
        notebook = json.loads(corrected)
        for cell in notebook["cells"]:
            name = grade_id(cell)
            if name in begun and _answered(cell) and begun[name] != untouched.get(name):
                cell["source"] = begun[name]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return corrected
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _answers(notebook: bytes) -> dict[str, str]:
    cells = json.loads(notebook)["cells"]
    return {name: source_of(cell) for cell in cells if (name := grade_id(cell)) and _answered(cell)}


def _answered(cell: Mapping[str, object]) -> bool:
    """Whether a cell is one that students write in."""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    return isinstance(nbgrader, Mapping) and nbgrader.get("solution") is True
