r"""What a release may show: no solution, no hidden test, nothing that is the authors' own.

>>> hidden_regions("x\n### BEGIN HIDDEN TESTS\nassert f(2) == 4\n### END HIDDEN TESTS")
['assert f(2) == 4']
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sandbox.domain.coursework import Bundle
from sandbox.kit.errors import InvalidInput

HIDDEN: Final = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
SOLUTION: Final = ("BEGIN SOLUTION", "END SOLUTION")
MARKING: Final = ("BEGIN MARK SCHEME", "END MARK SCHEME")

QUIZ: Final = "quiz.yaml"
AUTHORING: Final = ("course.yaml", "guide.md", QUIZ)
"""Files of an assignment that are its authors' alone."""


def without_authoring(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What of an assignment may lie where a student, or a student's code, can read.

    Left out: its description, the teacher's guide, the quiz (it holds the answers), catalogues
    (they hold what hidden tests say) and pictures (they are in the notebooks).

    Args:
        files: by relative path.

    >>> sorted(without_authoring({"lab.ipynb": b"", "guide.md": b"", "locale/ru.po": b""}))
    ['lab.ipynb']
    """
    return {
        path: content
        for path, content in files.items()
        if path not in AUTHORING
        and not path.startswith("locale/")
        and not path.endswith((".po", ".svg"))
    }


def check_release(student_version: Bundle, master: Bundle) -> float:
    """Hold a release against its master.

    Args:
        student_version: what students get.
        master: with solutions and hidden tests.

    Returns:
        The points of the master's tests together.

    Raises:
        InvalidInput: ``classroom.other_notebooks`` when the two have not the same;
            ``classroom.shows_solution``, ``classroom.shows_tests`` naming the file;
            ``classroom.no_tests`` when nothing is graded.
    """
    masters = _notebooks(master)
    if set(masters) != set(_notebooks(student_version)):
        raise InvalidInput("classroom.other_notebooks")
    hidden = [
        region
        for cells in masters.values()
        for cell in cells
        for region in hidden_regions(source_of(cell))
        if len(region) > 10
    ]
    for path, content in student_version.files.items():
        text = _searchable(path, content)
        if any(marker in text for marker in (*SOLUTION, *MARKING)):
            raise InvalidInput("classroom.shows_solution", path=path)
        if any(marker in text for marker in HIDDEN) or any(region in text for region in hidden):
            raise InvalidInput("classroom.shows_tests", path=path)
    points = sum(points_of(cell) for cells in masters.values() for cell in cells)
    if points <= 0:
        raise InvalidInput("classroom.no_tests")
    return points


def hidden_regions(source: str) -> list[str]:
    """The texts between the markers of hidden tests."""
    regions: list[str] = []
    lines: list[str] = []
    inside = False
    for line in source.split("\n"):
        if HIDDEN[0] in line:
            lines, inside = [], True
        elif HIDDEN[1] in line:
            regions.append("\n".join(lines).strip())
            inside = False
        elif inside:
            lines.append(line)
    return regions


def source_of(cell: dict[str, Any]) -> str:
    """A cell's text, in either form that notebooks have."""
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)


def points_of(cell: dict[str, Any]) -> float:
    """What a graded cell is worth; 0 for others."""
    nbgrader = cell.get("metadata", {}).get("nbgrader", {})
    if not nbgrader.get("grade"):
        return 0.0
    try:
        return float(nbgrader.get("points", 0))
    except (TypeError, ValueError):
        return 0.0


def _notebooks(bundle: Bundle) -> dict[str, list[dict[str, Any]]]:
    return {
        path: json.loads(content)["cells"]
        for path, content in bundle.files.items()
        if path.endswith(".ipynb")
    }


def _searchable(path: str, content: bytes) -> str:
    """The text of a file; for a notebook its sources and outputs as they read."""
    if not path.endswith(".ipynb"):
        return content.decode("utf-8", "replace")
    cells = json.loads(content)["cells"]
    sources = [source_of(cell) for cell in cells]
    outputs = [json.dumps(cell.get("outputs", [])) for cell in cells]
    return "\n".join([*sources, *outputs])
