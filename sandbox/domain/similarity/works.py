"""What is compared of a submission, and what the release gave."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.domain.notebooks import grade_id
from sandbox.domain.similarity.tokens import Language, names_in

MOST_BYTES: Final = 2 * 2**20
"""A larger file is left out."""
MOST_TEXT: Final = 60_000
"""Characters of one work."""
MOST_IN_ALL: Final = 8_000_000
"""Characters of all works together: many works are cut shorter."""
_KINDS: Final = {".py": Language.PYTHON, ".sol": Language.SOLIDITY}


@dataclass(frozen=True, slots=True)
class Cell:
    """A text of one work.

    Attributes:
        key: the notebook or file, and the cell in it: its grade id, or its place among the
            student's own cells.
    """

    key: str
    text: str
    language: Language = Language.PYTHON


@dataclass(frozen=True, slots=True)
class Given:
    """What every student got.

    Attributes:
        cells: of all releases.
        teachers: keys of cells that are not the student's.
    """

    cells: tuple[Cell, ...] = ()
    teachers: frozenset[str] = frozenset()

    @property
    def lines(self) -> frozenset[str]:
        """Its lines, without the blanks around them."""
        found = {line.strip() for cell in self.cells for line in cell.text.splitlines()}
        return frozenset(found - {""})

    @property
    def names(self) -> frozenset[str]:
        """Names in it: what students are not free to call otherwise."""
        return frozenset().union(*(names_in(cell.text) for cell in self.cells))


@dataclass(frozen=True, slots=True)
class Work:
    """What one student wrote.

    Attributes:
        id: of the submission.
        cells: in their order, as far as they are compared.
        cut: whether something of it is not compared: too large a file, or too long a text.
        earlier: whether it is of an earlier run; such works are not compared with each other.
    """

    id: str
    cells: tuple[Cell, ...]
    cut: bool = False
    earlier: bool = False


def given_of(releases: Iterable[Mapping[str, bytes]]) -> Given:
    """What was given by some releases, in any language.

    Args:
        releases: files by path, as students got them.
    """
    cells, teachers = [], set()
    for files in releases:
        for path, content in sorted(files.items()):
            for key, cell in _code_cells(path, content):
                cells.append(Cell(key, _text(cell)))
                if not _students(cell):
                    teachers.add(key)
            cells += _whole(path, content)
    return Given(tuple(dict.fromkeys(cells)), frozenset(teachers))


def work_of(
    submission: str,
    files: Mapping[str, bytes],
    given: Given,
    *,
    works: int = 1,
    earlier: bool = False,
) -> Work:
    """What of a submission is compared.

    Args:
        submission: its id.
        files: by path.
        given: whose cells are left out.
        works: how many are compared: they share ``MOST_IN_ALL``.
        earlier: whether it is of an earlier run.
    """
    left = min(MOST_TEXT, MOST_IN_ALL // max(1, works))
    cells: list[Cell] = []
    cut = False
    for path, content in sorted(files.items()):
        if len(content) > MOST_BYTES:
            cut = cut or path.endswith((".ipynb", *_KINDS))
            continue
        mine = [
            Cell(key, _text(cell))
            for key, cell in _code_cells(path, content)
            if key not in given.teachers
        ]
        for cell in (*mine, *_whole(path, content)):
            text = cell.text[:left]
            cut = cut or len(text) < len(cell.text)
            left -= len(text)
            cells.append(replace(cell, text=text))
    return Work(submission, tuple(cells), cut, earlier)


def _code_cells(path: str, content: bytes) -> list[tuple[str, dict[str, Any]]]:
    """The code cells of a notebook with their keys; of repeated grade ids the last is meant."""
    if not path.endswith(".ipynb"):
        return []
    found: dict[str, dict[str, Any]] = {}
    own = 0
    for cell in json.loads(content)["cells"]:
        if cell.get("cell_type") != "code":
            continue
        name = grade_id(cell)
        own += name is None
        found[f"{path.removesuffix('.ipynb')}:{name or f'+{own}'}"[:200]] = cell
    return list(found.items())


def _whole(path: str, content: bytes) -> list[Cell]:
    kind = next((kind for suffix, kind in _KINDS.items() if path.endswith(suffix)), None)
    return [] if kind is None else [Cell(path, content.decode("utf-8", "replace"), kind)]


def _students(cell: Mapping[str, Any]) -> bool:
    """Whether a cell of a release is for the student to write in; cells without a grade id are."""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if not isinstance(nbgrader, dict) or grade_id(cell) is None:
        return True
    return bool(nbgrader.get("solution")) and not nbgrader.get("locked")


def _text(cell: Mapping[str, Any]) -> str:
    """A cell's text, whatever a student's file has in its place."""
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return text.encode("utf-8", "replace").decode()
