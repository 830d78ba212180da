"""Our own courses score as by stock nbgrader, point for point, for all honest work.

For each assignment honest submissions are made from its solution (`tests.courses.honest_work`);
stock grades them in a process of its own while ours does. Where tests draw at random, a mistake
may be seen once and not another time: what differs is graded again by both, and differs only
when neither ever gave what the other gave.

Where an assignment has variants, whole and mistaken work is a variant's. `FEW` submissions of each
are taken; ``SYNAK_HONEST_WORK=all`` takes every one.
"""

from __future__ import annotations

import itertools
import os
from collections import defaultdict

import pytest

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import filled, samples
from sandbox.grading.authoring.check_variants import declared_in
from sandbox.grading.authoring.description import FILE, described
from sandbox.grading.authoring.grading import files_below, make_release
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.honest_work import FEW, honest_work
from tests.grading.stock import begun

ASSIGNMENTS = sorted(path.parent for path in (CHECKOUT / "courses").glob("*/*/*/course.yaml"))
ALL = os.environ.get("SYNAK_HONEST_WORK") == "all"
OF_A_VARIANT = ("whole", "each answer wrong")
ROUNDS = 4
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def taken_of(assignment):
    """Values, and whether a work of a name is graded with them."""
    variants = samples(declared_in(described((assignment / FILE).read_bytes())))
    of_example = set(FEW) - set(OF_A_VARIANT)
    if not variants:
        return [({}, lambda name: ALL or name in FEW)]
    return [
        ({}, lambda name: name in of_example),
        (variants[-1], lambda name: name in OF_A_VARIANT or (ALL and name not in of_example)),
    ]


def works_of(assignment, folder, values):
    """The master, and honest work, with these values."""
    release = without_authoring(files_below(make_release(assignment, folder)))
    source = without_authoring(files_below(assignment))
    master, given = (filled(each, values) for each in (source, release))
    return master, honest_work(master, given)


class Both:
    """Marks by both graders, as often as they were given."""

    def __init__(self, folder, graded):
        self._folder = folder
        self._graded = graded
        self._count = itertools.count()
        self.marks = defaultdict(lambda: (set(), set()))
        self.reasons = {}

    def grade(self, master, works):
        """Grade by both at the same time, and again what differs."""
        self._once(master, works)
        for _ in range(ROUNDS):
            again = {name for name, _cell in self.differing()} & set(works)
            if again:
                self._once(master, {name: works[name] for name in again})

    def _once(self, master, works):
        folder = self._folder / f"stock-{next(self._count)}"
        numbered = {f"s{number}": name for number, name in enumerate(works)}
        theirs = begun(folder, master, {who: works[name] for who, name in numbered.items()})
        ours = {name: self._graded(master, files) for name, files in works.items()}
        for who, marks in theirs().items():
            name = numbered.pop(who)
            mine, reasons = ours[name]
            assert set(marks) == set(mine), name
            for cell, mark in marks.items():
                self.marks[name, cell][0].add(mark)
                self.marks[name, cell][1].add(mine[cell])
                self.reasons[name, cell] = reasons[cell]
        assert numbered == {}, "stock gave a mark for each"

    def best(self, work):
        """The most that stock ever gave a work."""
        mine = [marks for (name, _cell), (marks, _ours) in self.marks.items() if name == work]
        return sum(max(mark or 0 for mark in marks) for marks in mine)

    def differing(self):
        """What never was the same: (work, cell) → marks of stock, of ours, our reason."""
        return {
            place: (*marks, self.reasons[place])
            for place, marks in self.marks.items()
            if not marks[0] & marks[1]
        }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("assignment", ASSIGNMENTS, ids=lambda path: path.name)
def test_honest_work_scores_as_by_stock(tmp_path, graded, assignment):
    both = Both(tmp_path, graded)
    for number, (values, taken) in enumerate(taken_of(assignment)):
        master, works = works_of(assignment, tmp_path / f"release-{number}", values)
        both.grade(master, {name: files for name, files in works.items() if taken(name)})
    assert both.differing() == {}
    assert both.best("whole") > both.best("each answer wrong") >= both.best("untouched") == 0
