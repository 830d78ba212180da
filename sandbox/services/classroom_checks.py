"""Rows of one task told apart: its visible check, its hidden one, what a person marks.

Rules:

- A task often has two checks under one heading. Where rows of a notebook have the same title, each
  says which of them it is.
- Which checks are hidden, teachers always read. Students read it once nobody may hand in any more;
  before that their rows have numbers alone.

>>> row = Mark("s", "lab", "a", "Sums", 1.0, 1.0, "passed", {})
>>> rows = (row, replace(row, cell="b"), replace(row, cell="c", title="More"))
>>> [each.title for each in told_apart(rows, "en", frozenset({("lab", "b")}))]
['Sums · visible check', 'Sums · hidden check', 'More']
>>> [each.title for each in told_apart(rows, "en", None)]
['Sums · check 1', 'Sums · check 2', 'More']
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sandbox.domain.classroom import ActionKind, CourseRole, Mark
from sandbox.domain.coursework import AssignmentName, BundleHash
from sandbox.domain.notebooks import grade_id
from sandbox.domain.release import hidden_regions, source_of
from sandbox.locale import Language, wording
from sandbox.services.classroom_room import Room
from sandbox.services.classroom_time import over
from sandbox.store.classroom import Actions, Bundles

SUFFIX = ".ipynb"
Cell = tuple[str, str]
"""Notebook and cell."""


def told_apart(
    marks: Iterable[Mark], lang: Language, hidden: frozenset[Cell] | None
) -> tuple[Mark, ...]:
    """The same marks; of those with one title each says which check it is.

    Args:
        marks: of submissions, each in order, in the reader's language.
        lang: the reader's language.
        hidden: of `hidden_checks`; None: the reader may not know which they are.
    """
    rows = tuple(marks)
    kinds = [_kind(each, hidden) for each in rows]
    tasks = [(each.submission, each.notebook, each.title) for each in rows]
    often, total = Counter(tasks), Counter(zip(tasks, kinds, strict=True))
    seen: Counter[Any] = Counter()
    found = []
    for each, task, kind in zip(rows, tasks, kinds, strict=True):
        seen[task, kind] += 1
        title = each.title
        if title and often[task] > 1:
            number = seen[task, kind] if total[task, kind] > 1 else ""
            title = wording(f"feedback.check.{kind}", {"task": title, "number": number}, lang)
        found.append(replace(each, title=title.strip()))
    return tuple(found)


def hidden_checks(room: Room, assignment: AssignmentName) -> frozenset[Cell] | None:
    """The tests of which students do not get all; None: the reader may not know them yet.

    Args:
        room: of whoever reads.
        assignment: a released one.
    """
    teaches = room.person.role is CourseRole.TEACHER
    return hidden_cells(room, assignment) if teaches or over(room, assignment) else None


def hidden_cells(room: Room, assignment: AssignmentName) -> frozenset[Cell]:
    """The same, whoever reads; by the newest release's master."""
    released = Actions(room.u.session).newest(ActionKind.RELEASED, room.person.course, assignment)
    if released is None:
        return frozenset()
    master = Bundles(room.u.session).get(BundleHash(str(released.detail["master"])))
    return frozenset(
        (path.removesuffix(SUFFIX), grade_id(cell) or "")
        for path, sha256, _size in master.entries
        if path.endswith(SUFFIX)
        for cell in json.loads(room.blobs.get(sha256))["cells"]
        if hidden_regions(source_of(cell))
    )


def _kind(mark: Mark, hidden: frozenset[Cell] | None) -> str:
    if hidden is None:
        return "one"
    if mark.status == "manual":
        return "person"
    return "hidden" if (mark.notebook, mark.cell) in hidden else "visible"
