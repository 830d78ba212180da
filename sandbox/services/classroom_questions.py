"""What a person marks in an assignment: questions with rubrics, and students' answers to them.

Rules:

- Questions are the graded cells that students write themselves, of the newest release. Points and
  rubric are of the teacher's version; the question is shown as students have it in the reader's
  language.
- An answer is a student's own text, untrusted: of what was handed in only the text of the cell is
  taken (``domain.notebooks``), for a page to show as plain text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.domain.classroom import Action, CourseRole, StoredBundle
from sandbox.domain.coursework import AssignmentName, BundleHash
from sandbox.domain.notebooks import grade_id, heading_of, normalised
from sandbox.domain.release import SOLUTION, points_of, source_of
from sandbox.domain.rubrics import Rubric, rubric_of
from sandbox.grading.authoring.description import FILE, described
from sandbox.grading.authoring.texts import is_text, nbgrader_of
from sandbox.kit.errors import NotFound
from sandbox.locale import Language
from sandbox.services.classroom_exchange import kept_versions, newest_release
from sandbox.services.classroom_room import Room
from sandbox.store.classroom import Bundles

SUFFIX = ".ipynb"
Place = tuple[str, str]
"""Notebook and cell."""


@dataclass(frozen=True, slots=True)
class Question:
    """One cell that a person marks.

    Attributes:
        title: of the task, in the reader's language.
        text: the words before the answer, as Markdown source; of the student's own copy.
        starts: what stands in the cell before anybody writes, by language; never an answer.
        model: the answer in the teacher's version.
        rubric: None: points are typed.
        code: whether the answer is code.
    """

    notebook: str
    cell: str
    title: str
    points: float
    text: str
    starts: frozenset[str]
    model: str
    rubric: Rubric | None
    code: bool

    @property
    def place(self) -> Place:
        """Notebook and cell."""
        return self.notebook, self.cell


def questions(room: Room, assignment: AssignmentName, lang: Language) -> tuple[Question, ...]:
    """What a person marks in an assignment, in order.

    Args:
        room: of a teacher.
        assignment: a released one.
        lang: the reader's language.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``classroom.not_released``.
    """
    room.person.require(CourseRole.TEACHER)
    copies = kept_versions(room, assignment)[-1]
    master = _master(room, assignment)
    shown = _notebooks(room, copies.get(lang, copies[""]))
    starts = [_notebooks(room, each) for each in copies.values()]
    rubrics = (described(_read(room, master, FILE)) or {}).get("rubrics")
    rubrics = rubrics if isinstance(rubrics, Mapping) else {}
    return tuple(
        Question(
            notebook=path.removesuffix(SUFFIX),
            cell=name,
            title=title or name,
            points=points_of(cell),
            text=text,
            starts=frozenset(
                source_of(found).strip()
                for copy in starts
                for found in copy.get(path, ())
                if grade_id(found) == name
            ),
            model=_without_markers(source_of(cell)),
            rubric=rubric_of(rubrics.get(name)),
            code=cell.get("cell_type") == "code",
        )
        for path, cells in _notebooks(room, master).items()
        for name, cell in _own(cells)
        for title, text in [_before(shown.get(path, ()), name)]
    )


def question(room: Room, assignment: AssignmentName, place: Place, lang: Language) -> Question:
    """One of them.

    Raises:
        NotFound: ``marking.no_question``, and those of `questions`.
    """
    for each in questions(room, assignment, lang):
        if each.place == place:
            return each
    raise NotFound("marking.no_question", name="/".join(place)[:64])


def answer(room: Room, assignment: AssignmentName, work: Action, place: Place) -> str:
    """What a student wrote in a cell; empty when nothing was handed in for it.

    Args:
        room: of a teacher.
        assignment: which.
        work: the submission.
        place: of the question.
    """
    path = f"{place[0]}{SUFFIX}"
    handed_in = _read(room, Bundles(room.u.session).get(work.bundle), path)
    master = _read(room, _master(room, assignment), path)
    if handed_in is None or master is None:
        return ""
    cells = json.loads(normalised(handed_in, master))["cells"]
    return next((source_of(cell) for cell in cells if grade_id(cell) == place[1]), "")


def _master(room: Room, assignment: AssignmentName) -> StoredBundle:
    return Bundles(room.u.session).get(BundleHash(newest_release(room, assignment).master))


def _read(room: Room, bundle: StoredBundle, path: str) -> bytes | None:
    names = {name: sha256 for name, sha256, _size in bundle.entries}
    return room.blobs.get(names[path]) if path in names else None


def _notebooks(room: Room, bundle: StoredBundle) -> dict[str, list[dict[str, Any]]]:
    return {
        path: json.loads(room.blobs.get(sha256))["cells"]
        for path, sha256, _size in bundle.entries
        if path.endswith(SUFFIX)
    }


def _own(cells: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The graded cells that students write, with their ids."""
    for cell in cells:
        about, name = nbgrader_of(cell), grade_id(cell)
        if name is not None and about.get("grade") and about.get("solution"):
            yield name, cell


def _without_markers(source: str) -> str:
    """A model answer without the lines that mark where it begins and ends."""
    lines = source.split("\n")
    return "\n".join(line for line in lines if not any(each in line for each in SOLUTION)).strip()


def _before(cells: Any, name: str) -> tuple[str, str]:
    """The last heading before a cell, and the text cell right before it."""
    title = text = ""
    for cell in cells:
        if grade_id(cell) == name:
            return title, text
        text = source_of(cell) if is_text(cell) else ""
        title = heading_of(text) or title
    return title, ""
