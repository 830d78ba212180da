"""Marks as they were kept, completed by a person step by step."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.forensics.scoring import (
    CannotScore,
    Mark,
    Marks,
    Rubric,
    completed,
    read_marks,
    share_of,
    so_far,
)
from sandbox.forensics.scoring.rubric import PARTS
from sandbox.forensics.scoring.steps import STEPS

LABS = ("P1", "P3", "P5", "P11")
shares = st.fractions(0, 1, max_denominator=1_000)


@st.composite
def kept(draw):
    rubric = Rubric.shipped(draw(st.sampled_from(LABS)))
    parts = tuple(
        Mark(
            part,
            PARTS[part],
            None if PARTS[part] == "human" else draw(shares),
            rubric.scaled(part),
            points,
            (("address_missed", {"count": 2}),) * draw(st.integers(0, 1)),
        )
        for part, points in rubric.points.items()
    )
    broken = ("exhibit",) * draw(st.integers(0, 1))
    return Marks(rubric, "fifo", parts, broken)


@given(kept())
def test_what_is_read_and_written_again_is_the_same(marks):
    assert read_marks(marks.as_data()).as_data() == marks.as_data()


@given(kept(), shares)
def test_so_far_and_what_waits_make_the_whole(marks, share):
    told = so_far(marks)
    assert told.of + told.waits == 100
    given_ = {each.part: share for each in marks.parts if each.by != "machine"}
    whole = completed(marks, given_)
    assert so_far(whole).waits == 0
    assert so_far(whole).points == whole.points
    machine = [each.share for each in marks.parts if each.by == "machine"]
    assert [each.share for each in whole.parts if each.by == "machine"] == machine
    assert whole.passed is not None


def test_a_checklist_is_confirmed_and_a_text_is_not():
    marks = _p3()
    done = completed(marks, {"method": None, "clarity": Fraction(1)})
    assert done.parts[3].share == Fraction(1, 2)
    with pytest.raises(CannotScore, match=r"scoring\.given_wrong"):
        completed(marks, {"clarity": None})


@pytest.mark.parametrize("part", ["addresses", "custody", "nothing"])
def test_a_person_gives_nothing_for_what_a_machine_marks(part):
    with pytest.raises(CannotScore, match=r"scoring\.given_wrong"):
        completed(_p3(), {part: Fraction(1)})


def test_every_step_counts_alike():
    names = STEPS["clarity"]
    assert share_of("clarity", dict.fromkeys(names, 2)) == 1
    assert share_of("clarity", dict.fromkeys(names, 0)) == 0
    assert share_of("clarity", {**dict.fromkeys(names, 0), names[0]: 1}) == Fraction(1, 10)


@pytest.mark.parametrize(
    "levels",
    [
        {},
        dict.fromkeys(STEPS["clarity"][1:], 2),
        dict.fromkeys(STEPS["clarity"], 3),
        dict.fromkeys(STEPS["clarity"], -1),
        dict.fromkeys(STEPS["clarity"], True),
        dict.fromkeys((*STEPS["clarity"], "more"), 1),
    ],
)
def test_steps_that_are_missing_or_out_of_bounds_are_refused(levels):
    with pytest.raises(CannotScore, match=r"scoring\.steps_wrong"):
        share_of("clarity", levels)


def _p3():
    rubric = Rubric.shipped("P3")
    half = Fraction(1, 2)
    return Marks(
        rubric,
        "fifo",
        tuple(
            Mark(part, PARTS[part], None if part == "clarity" else half, rubric.scaled(part), each)
            for part, each in rubric.points.items()
        ),
    )
