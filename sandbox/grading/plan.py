"""What runs where, decided by the teacher's notebook alone.

The cells of the *master* (the version with hidden tests) say what is set-up and what
is a test. A submission's own metadata decides nothing: a cell that claims to be locked
or to be a test, but is not in the master, is the student's and runs in S.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nbgrader import utils

from sandbox.domain.notebooks import heading_of
from sandbox.domain.release import hidden_regions
from sandbox.grading.names import bound_in
from sandbox.grading.telling import credited_words, imports_credit

Kind = Literal["setup", "test", "student"]


@dataclass(frozen=True, slots=True)
class Step:
    """A set-up or test cell of the master.

    Attributes:
        credited: what the steps that a test credits say.
    """

    grade_id: str
    kind: Kind
    source: str
    points: float
    title: str
    credited: tuple[str, ...] = ()

    @property
    def hidden(self) -> bool:
        """Whether students do not get all of its text."""
        return bool(hidden_regions(self.source))


@dataclass(frozen=True, slots=True)
class Plan:
    """All set-up and test cells of one master notebook, in order.

    Attributes:
        titles: of everything that is graded, also by a person, in order: grade id → heading.
        own: names that tests bind and no answer: they are never asked of the student's side.
        answered: names that an answer binds anew after a test or set-up: the answer's grade id
            → names.
    """

    steps: Mapping[str, Step]
    titles: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    answered: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def kind(self, cell: Any) -> Kind:
        """Where a submitted cell runs.

        Args:
            cell: a code cell of the submission.
        """
        step = self.steps.get(grade_id(cell))
        return "student" if step is None else step.kind

    def setup_before(self, test: str) -> tuple[str, ...]:
        """The set-up cells that come before a test in the master.

        Args:
            test: the test's grade id.
        """
        found: list[str] = []
        for step in self.steps.values():
            if step.grade_id == test:
                break
            if step.kind == "setup":
                found.append(step.grade_id)
        return tuple(found)


def grade_id(cell: Any) -> str:
    """The nbgrader id of a cell, or an empty string."""
    metadata = cell.metadata.get("nbgrader", {})
    name = metadata.get("grade_id", "") if isinstance(metadata, Mapping) else ""
    return name if isinstance(name, str) else ""


def plan_of(master: Any) -> Plan:
    """Read the plan of a master notebook.

    Args:
        master: a notebook node with solutions and hidden tests.
    """
    steps: dict[str, Step] = {}
    titles: dict[str, str] = {}
    heading, imported = "", False
    for cell in master.cells:
        if cell.cell_type == "markdown" and not utils.is_solution(cell):
            heading = heading_of(cell.source) or heading
        if grade_id(cell) and utils.is_grade(cell):
            titles[grade_id(cell)] = heading
        if cell.cell_type != "code" or not grade_id(cell) or utils.is_solution(cell):
            continue
        if utils.is_grade(cell):
            points = float(cell.metadata["nbgrader"]["points"])
            words = credited_words(cell.source, imported=imported)
            imported = imported or imports_credit(cell.source)
            steps[grade_id(cell)] = Step(
                grade_id(cell), "test", cell.source, points, heading, words
            )
        elif utils.is_locked(cell):
            steps[grade_id(cell)] = Step(grade_id(cell), "setup", cell.source, 0.0, heading)
    return Plan(steps, titles, *_names(master, steps))


def _names(
    master: Any, steps: Mapping[str, Step]
) -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    """The tests' own names, and those that answers bind anew; see `Plan`."""
    tested: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    answered: dict[str, frozenset[str]] = {}
    for cell in master.cells:
        if cell.cell_type != "code":
            continue
        names, step = bound_in(cell.source), steps.get(grade_id(cell))
        if step is None:
            given |= names
            if utils.is_solution(cell) and names & before:
                answered[grade_id(cell)] = names & before
        else:
            before |= names
            tested |= names if step.kind == "test" else frozenset()
    return tested - given, answered
