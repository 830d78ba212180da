"""Codes as people type them; the complaint's table and clock; rates without floating point."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.calendar import Calendar, DayKind, day_of, end_of
from sandbox.domain.complaints import (
    RULES,
    TABLE,
    ComplaintAct,
    ComplaintState,
    after,
    due,
    rate,
)
from sandbox.domain.customer_page import ALPHABET, read_code, spoken_code
from sandbox.kit.errors import Conflict

CODES = st.text(alphabet=ALPHABET, min_size=10, max_size=10)


@given(CODES, st.sampled_from(["", " ", "-", " - ", "–"]), st.booleans())
def test_a_code_is_read_however_it_is_typed(code: str, between: str, small: bool) -> None:
    typed = between.join(code)
    assert read_code(typed.lower() if small else typed) == (code[:4], code[4:])
    assert read_code(spoken_code(code[:4], code[4:])) == (code[:4], code[4:])


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("oil1-000-000", ("0111", "000000")),
        ("АВСЕ-НКМ-РТХ", ("ABCE", "HKMPTX")),
        ("К7QХ-М2Р-94Т", ("K7QX", "M2P94T")),
    ],
)
def test_lookalikes_are_taken_for_what_is_printed(typed: str, read: tuple[str, str]) -> None:
    assert read_code(typed) == read


@pytest.mark.parametrize(
    "typed", ["", "K7QX", "K7QX-M2P-94TT", "U7QX-M2P-94T", "K7QX/M2P/94T", "🙂" * 10]
)
def test_what_can_be_no_code_is_none(typed: str) -> None:
    assert read_code(typed) is None


@given(st.integers(0, 10**6), st.integers(1, 10**9), st.sampled_from([1000, 10_000]))
def test_a_rate_is_the_nearest_tenth(complaints: int, base: int, per: int) -> None:
    found = rate(complaints, base, per)
    assert found is not None
    assert abs(Fraction(complaints * per * 10, base) - found) <= Fraction(1, 2)


def test_a_rate_of_nothing_is_none() -> None:
    assert rate(3, 0, 1000) is None
    assert rate(0, 5, 1000) == 0


@pytest.mark.parametrize("state", ComplaintState)
@pytest.mark.parametrize("act", ComplaintAct)
def test_a_complaint_moves_by_its_table_alone(state: ComplaintState, act: ComplaintAct) -> None:
    if (state, act) in TABLE:
        assert after(state, act) is TABLE[state, act]
    else:
        with pytest.raises(Conflict, match="not_from_here"):
            after(state, act)


def test_every_complaint_can_be_closed_and_a_closed_one_stays() -> None:
    reached = {ComplaintState.CLOSED}
    for _ in ComplaintState:
        reached |= {state for (state, _), to in TABLE.items() if to in reached}
    assert reached == set(ComplaintState)
    assert not [state for state, _ in TABLE if state is ComplaintState.CLOSED]


def test_the_clock_counts_its_days_and_names_its_source() -> None:
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    filed = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert due(filed, 1, Calendar()) == end_of(monday)
    free = Calendar({monday: DayKind.OFF})
    assert due(filed, 1, free) == end_of(date(2026, 11, 24))
    assert free.between(friday, day_of(due(filed, RULES.answer_days, free))) == 15
    assert "to be confirmed" in RULES.source
