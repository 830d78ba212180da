"""A gradebook of one assignment and one student, in memory.

nbgrader opens its gradebook a dozen times for one submission, and asks an SQL database several
times for each cell. For a gradebook that one process makes, uses and throws away, that is most of
its converters' time. `MemoryBook` keeps the same things by name. It can do what nbgrader's two
converters ask of it; anything else is an error, never a mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partialmethod
from types import SimpleNamespace
from typing import Final, Self, TypeVar

from nbgrader.api import MissingEntry

CELL_TYPES: Final = ("code", "markdown")
"""nbgrader's gradebook keeps no other kind of cell."""
_missing: Final[type[Exception]] = MissingEntry
Kept = TypeVar("Kept")


@dataclass(slots=True)
class Cell:
    """What is kept of a cell of the master."""

    name: str
    cell_type: str | None = None
    max_score: float | None = None
    locked: bool = False
    source: str | None = None
    checksum: str | None = None

    def __post_init__(self) -> None:
        if self.cell_type not in (None, *CELL_TYPES):
            raise ValueError(f"{self.name} is a {self.cell_type} cell")


Part = dict[str, Cell]


@dataclass(slots=True)
class Grade:
    """A mark; ``auto_score`` is None while a person has to give it."""

    name: str
    max_score: float | None
    auto_score: float | None = None
    manual_score: float | None = None
    needs_manual_grade: bool = True


@dataclass(slots=True)
class Submitted:
    """The student's version of a notebook; marks and comments by the cell's name."""

    marks: dict[str, Grade]
    comments: dict[str, SimpleNamespace]
    late_submission_penalty: float | None = None

    @property
    def grades(self) -> list[Grade]:
        """In the order of the master, tasks last."""
        return list(self.marks.values())


@dataclass(slots=True)
class Notebook:
    """A notebook of the master; each part's cells by name, in their order."""

    name: str
    kernelspec: str | None = None
    grade: Part = field(default_factory=dict)
    solution: Part = field(default_factory=dict)
    task: Part = field(default_factory=dict)
    source: Part = field(default_factory=dict)

    @property
    def grade_cells(self) -> list[Cell]:
        """Cells with points."""
        return list(self.grade.values())

    @property
    def solution_cells(self) -> list[Cell]:
        """Cells that the student fills in."""
        return list(self.solution.values())

    @property
    def task_cells(self) -> list[Cell]:
        """Cells that ask for work elsewhere, with points."""
        return list(self.task.values())

    @property
    def source_cells(self) -> list[Cell]:
        """All of them as they are in the master."""
        return list(self.source.values())

    def handed_in(self) -> Submitted:
        """A student's version, with a place for each mark and comment."""
        graded, answered = self.grade | self.task, self.solution | self.task
        return Submitted(
            {name: Grade(name, cell.max_score) for name, cell in graded.items()},
            {name: SimpleNamespace(auto_comment=None) for name in answered},
        )


class MemoryBook:
    """What `nbgrader.api.Gradebook` is to the converters; methods are named and called as there.

    The names of the assignment and of the student, of which there is one each, are not looked at.
    What is not there raises nbgrader's ``MissingEntry``.
    """

    def __init__(self) -> None:
        self.db = SimpleNamespace(commit=lambda: None)
        self._notebooks: dict[str, Notebook] = {}
        self._submitted: dict[str, Submitted] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Stay open, for the next time."""

    def find_assignment(self, *_names: str) -> SimpleNamespace:
        """The assignment."""
        return SimpleNamespace(notebooks=list(self._notebooks.values()), submissions=())

    update_or_create_assignment = find_assignment

    def add_notebook(self, name: str, _assignment: str, *, kernelspec: str) -> None:
        """Add one of the master's notebooks."""
        self._notebooks[name] = Notebook(name, kernelspec)

    def find_notebook(self, name: str, *_names: str) -> Notebook:
        """One of the master's notebooks."""
        return _found(self._notebooks, name)

    def _find_cell(self, part: str, cell: str, notebook: str, *_names: str) -> Cell:
        cells: Part = getattr(self.find_notebook(notebook), part)
        return _found(cells, cell)

    def _keep_cell(
        self, part: str, cell: str, notebook: str, *_names: str, **about: object
    ) -> Cell:
        cells: Part = getattr(self.find_notebook(notebook), part)
        cells[cell] = kept = Cell(cell, **about)  # type: ignore[arg-type]
        return kept

    find_grade_cell = partialmethod(_find_cell, "grade")
    find_solution_cell = partialmethod(_find_cell, "solution")
    find_task_cell = partialmethod(_find_cell, "task")
    find_source_cell = partialmethod(_find_cell, "source")
    update_or_create_grade_cell = partialmethod(_keep_cell, "grade")
    update_or_create_solution_cell = partialmethod(_keep_cell, "solution")
    update_or_create_task_cell = partialmethod(_keep_cell, "task")
    update_or_create_source_cell = partialmethod(_keep_cell, "source")

    def find_graded_cell(self, cell: str, notebook: str, *_names: str) -> Cell:
        """A cell that points are given for."""
        kept = self.find_notebook(notebook)
        return _found(kept.task | kept.grade, cell)

    def update_or_create_student(self, *_names: str) -> None:
        """There is one student."""

    def find_submission(self, *_names: str) -> SimpleNamespace:
        """The submission; never late here, as the desk knows when it was handed in."""
        return SimpleNamespace(total_seconds_late=0)

    def update_or_create_submission(self, *names: str, **_about: object) -> SimpleNamespace:
        """Make a place for every mark, once."""
        for name, notebook in self._notebooks.items():
            if name not in self._submitted:
                self._submitted[name] = notebook.handed_in()
        return self.find_submission(*names)

    def find_submission_notebook(self, name: str, *_names: str) -> Submitted:
        """One of the student's notebooks."""
        return _found(self._submitted, name)

    def find_grade(self, cell: str, notebook: str, *_names: str) -> Grade:
        """The place of a mark."""
        return _found(self.find_submission_notebook(notebook).marks, cell)

    def find_comment(self, cell: str, notebook: str, *_names: str) -> SimpleNamespace:
        """The place of a comment."""
        return _found(self.find_submission_notebook(notebook).comments, cell)


def _found(kept: Mapping[str, Kept], name: str) -> Kept:
    if name not in kept:
        raise _missing(name)
    return kept[name]
