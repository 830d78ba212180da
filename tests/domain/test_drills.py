"""What a drill measures, at its edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.domain.drills import LENGTH, Drill, ended

CLICK = datetime(2026, 3, 1, 8, tzinfo=UTC)
MS = timedelta(milliseconds=1)
DRILL = Drill("DR-2026-0001", "SB-2026-0001", "ermek", "Monthly.", CLICK, "h", CLICK + 40 * MS)


@pytest.mark.parametrize(
    ("last", "last_ms", "passed"),
    [
        (None, 0, True),
        (CLICK - 5 * MS, 0, True),
        (CLICK + 7 * MS, 7, True),
        (CLICK + 40 * MS, 40, True),
        (CLICK + 41 * MS, 41, False),
    ],
)
def test_a_drill_has_passed_when_nothing_came_after_the_answer(last, last_ms, passed):
    done = ended(DRILL, last, CLICK + LENGTH, "")
    assert (done.held_ms, done.last_ms, done.passed) == (40, last_ms, passed)


def test_nothing_is_said_of_a_drill_that_runs_or_could_not_be_measured():
    assert DRILL.passed is None
    assert ended(DRILL, None, CLICK + LENGTH, "", measured=False).passed is None
