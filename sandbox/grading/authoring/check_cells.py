"""Checks of the source's cells, before anything is run.

Rules: ids are unique; tests are locked, and ``credit`` is imported where they credit steps; no
output is kept, it could show an answer; tests and set-up use nothing that cannot cross into
another process; nothing needs a network. Tests under one title are noted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.domain.notebooks import heading_of
from sandbox.domain.release import HIDDEN, SOLUTION, points_of, source_of
from sandbox.grading.authoring.crossing import classes_of, networked, uncrossable
from sandbox.grading.authoring.findings import Finding, fault, good, note
from sandbox.grading.authoring.texts import cell_name, is_text, nbgrader_of
from sandbox.grading.telling import calls_credit, imports_credit

_REMOTE: Final = re.compile(
    r"!\[[^\]]*\]\(\s*<?(https?:[^)\s]+)|<img[^>]+src=[\"']?(https?:[^\"'\s>]+)"
)
_PICTURE: Final = re.compile(r"\]\((?!https?:|data:|attachment:|mailto:|#)([^)\s]+)\)")
Cells = list[dict[str, Any]]


def tests_of(cells: Cells) -> dict[str, float]:
    """The graded cells: grade id → points."""
    return {cell_name(cell): points_of(cell) for cell in cells if nbgrader_of(cell).get("grade")}


def answers_of(cells: Cells) -> tuple[str, ...]:
    """The graded cells that a person marks, because they are the student's own: grade ids."""
    marked = [cell for cell in cells if nbgrader_of(cell).get("grade")]
    return tuple(cell_name(cell) for cell in marked if nbgrader_of(cell).get("solution"))


def check_cells(file: str, cells: Cells, files: Mapping[str, bytes]) -> Iterator[Finding]:
    """Hold one notebook's cells against the rules of this module.

    Args:
        file: the notebook's path.
        cells: as they lie in the file.
        files: of the source, by relative path.
    """
    found = [*_ids(file, cells), *_tests(file, cells), *_credits(file, cells)]
    for cell in cells:
        found += list(_text(file, cell, files))
        if cell.get("cell_type") == "code":
            found += list(_network(file, cell))
            if cell.get("outputs"):
                found.append(fault("output_kept", file, cell_name(cell)))
    yield from found or [good("crossing", file)]


def check_titles(file: str, cells: Cells) -> Iterator[Finding]:
    """A note where tests cannot be told apart by their titles in marks and feedback.

    Args:
        file: the notebook's path.
        cells: as they lie in the file.
    """
    heading, named = "", dict[str, list[str]]()
    for cell in cells:
        if is_text(cell):
            heading = heading_of(source_of(cell)) or heading
        if nbgrader_of(cell).get("grade"):
            named.setdefault(heading, []).append(cell_name(cell))
    same = [f"{title} ({', '.join(tests)})" for title, tests in named.items() if len(tests) > 1]
    if same:
        yield note("titles_same", file, titles="; ".join(same))


def _ids(file: str, cells: Cells) -> Iterator[Finding]:
    names = [cell_name(cell) for cell in cells]
    for number, name in enumerate(names, 1):
        if not name:
            yield fault("id_missing", file, number=number)
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        yield fault("id_repeated", file, name)


def _credits(file: str, cells: Cells) -> Iterator[Finding]:
    """In a notebook that credits steps each cell, or one before it, says whose ``credit`` it means.

    Without that it would be asked of the student's code.
    """
    sources = [(cell, source_of(cell)) for cell in cells if nbgrader_of(cell).get("grade")]
    importing = [imports_credit(source) for _cell, source in sources]
    for number, (cell, source) in enumerate(sources):
        if any(importing) and calls_credit(source) and not any(importing[: number + 1]):
            yield fault("credit_unimported", file, cell_name(cell))


def _tests(file: str, cells: Cells) -> Iterator[Finding]:
    classes: set[str] = set()
    for cell in cells:
        if nbgrader_of(cell).get("solution"):
            classes |= classes_of(source_of(cell))
    for cell in cells:
        about, name, source = nbgrader_of(cell), cell_name(cell), source_of(cell)
        for begin, end in (HIDDEN, SOLUTION):
            if source.count(begin) != source.count(end):
                yield fault("markers", file, name, begin=begin, end=end)
        if cell.get("cell_type") != "code" or not (about.get("grade") or about.get("locked")):
            continue
        if about.get("solution"):
            continue
        if not about.get("locked"):
            yield fault("test_unlocked", file, name)
        for problem in uncrossable(source, classes):
            yield fault(
                f"crossing.{problem.kind}", file, name, what=problem.what, line=problem.line
            )


def _network(file: str, cell: Mapping[str, Any]) -> Iterator[Finding]:
    for problem in networked(source_of(dict(cell))):
        yield fault("crossing.network", file, cell_name(cell), what=problem.what, line=problem.line)


def _text(file: str, cell: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[Finding]:
    if cell.get("cell_type") != "markdown":
        return
    source, name = source_of(dict(cell)), cell_name(cell)
    for match in _REMOTE.finditer(source):
        yield fault("picture_remote", file, name, address=(match[1] or match[2])[:100])
    for match in _PICTURE.finditer(source):
        if match[1] not in files:
            yield fault("file_missing", file, name, path=match[1][:100])
