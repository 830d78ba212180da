"""Items of an assignment: difficulty, item-rest correlation, and where there is none."""

from __future__ import annotations

from statistics import correlation as reference

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.classroom import Mark
from sandbox.domain.item_analysis import analysed, correlation


def marks(*given: float | None, own: float | None = None) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            submission="s",
            notebook="lab",
            cell=f"t{place}",
            title=f"Task {place}",
            points=2.0,
            mark=mark,
            status="failed" if mark == 0 else "passed",
            reason={},
            teacher_mark=own if place == 0 else None,
            position=place,
        )
        for place, mark in enumerate(given)
    )


def test_difficulty_is_the_mean_share_of_what_counts() -> None:
    first, second = analysed([marks(2, 0), marks(0, 1), marks(0, 2, own=1)])
    assert (first.cell, first.answers, first.difficulty) == ("t0", 3, 0.5)
    assert second.difficulty == 0.5
    assert len(first.failed) == 2


def test_a_task_is_compared_with_the_other_tasks_only() -> None:
    first, second, third = analysed([marks(2, 2, 0), marks(2, 2, 0), marks(0, 0, 2)])
    assert first.discrimination == pytest.approx(0.0, abs=0.01) or first.discrimination is None
    first, second, third = analysed([marks(2, 2, 2), marks(1, 1, 1), marks(0, 0, 0)])
    assert [each.discrimination for each in (first, second, third)] == pytest.approx([1, 1, 1])
    first, second = analysed([marks(2, 0), marks(0, 2), marks(1, 1)])
    assert (first.discrimination, second.discrimination) == (pytest.approx(-1), pytest.approx(-1))


@pytest.mark.parametrize(
    "answers",
    [
        [marks(2, 2), marks(0, 0)],
        [marks(2), marks(0), marks(1)],
        [marks(2, 1), marks(2, 0), marks(2, 2)],
    ],
    ids=["two answers", "one task", "no differences"],
)
def test_there_is_no_discrimination_where_there_cannot_be(answers: list[tuple[Mark, ...]]) -> None:
    assert analysed(answers)[0].discrimination is None


def test_what_waits_for_a_person_is_no_answer_until_a_teacher_marked_it() -> None:
    (second,) = analysed([marks(None, 2)])
    assert (second.cell, second.answers) == ("t1", 1)
    first, _second = analysed([marks(None, 2, own=1)])
    assert (first.answers, first.difficulty) == (1, 0.5)
    assert analysed([]) == ()


_ROWS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=3, max_size=30)


@given(_ROWS)
def test_the_correlation_is_pearsons(rows: list[tuple[int, int]]) -> None:
    first, second = [float(a) for a, _ in rows], [float(b) for _, b in rows]
    found = correlation(first, second)
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(reference(first, second), abs=1e-9)
