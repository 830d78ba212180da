from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.domain.calendar import (
    MOST_DAYS,
    Calendar,
    DayKind,
    day_of,
    end_of,
    holiday_of,
    lunar_missing,
)
from sandbox.domain.regime import (
    EXTENSION_MONTHS,
    RULES,
    DeadlineKind,
    months_later,
    require_days,
    require_extension,
)
from sandbox.kit.errors import InvalidInput

DAYS = st.dates(date(2024, 1, 1), date(2029, 12, 31))
CALENDARS = st.dictionaries(DAYS, st.sampled_from(DayKind), max_size=30).map(Calendar)
MOMENTS = st.integers(1_704_067_200, 1_893_456_000).map(lambda at: datetime.fromtimestamp(at, UTC))
"""Seconds from 2024 to 2030."""


@given(CALENDARS, DAYS, st.integers(1, 60))
def test_a_period_counts_its_working_days_and_ends_on_one(calendar, day, days):
    last = calendar.add(day, days)
    assert calendar.is_working(last)
    assert calendar.between(day, last) == days
    assert calendar.between(day, last - timedelta(days=1)) == days - 1


@given(CALENDARS, DAYS, st.integers(0, 30), st.integers(0, 30))
def test_two_periods_one_after_the_other_are_as_long_as_both(calendar, day, first, second):
    begun = calendar.add(day, 0)
    assert calendar.add(calendar.add(begun, first), second) == calendar.add(begun, first + second)


@given(CALENDARS, DAYS, st.integers(1, 60))
def test_counting_back_undoes_counting_on(calendar, day, days):
    begun = calendar.add(day, 0)
    assert calendar.before(calendar.add(begun, days), days) == begun


@given(CALENDARS, MOMENTS, st.integers(1, 40), DAYS)
def test_a_day_off_more_never_shortens_a_period(calendar, at, days, off):
    more = Calendar({**calendar.entered, off: DayKind.OFF})
    assert more.deadline(at, days) >= calendar.deadline(at, days)


@given(MOMENTS)
def test_a_deadline_is_the_last_second_of_a_day_in_bishkek(at):
    due = Calendar().deadline(at, 3)
    assert due > at
    assert day_of(due + timedelta(seconds=1)) == day_of(due) + timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 1, 7), False),
        (date(2026, 1, 8), True),
        (date(2026, 2, 23), True),
        (date(2026, 3, 9), True),
        (date(2026, 3, 20), False),
        (date(2026, 5, 8), False),
        (date(2026, 5, 11), True),
        (date(2026, 8, 31), False),
    ],
)
def test_weekends_and_holidays_are_free_and_nothing_is_carried_over(day, works):
    assert Calendar().is_working(day) is works


def test_what_was_entered_goes_before_weekend_and_holiday():
    saturday, nooruz, monday = date(2026, 11, 21), date(2028, 3, 21), date(2026, 11, 23)
    calendar = Calendar({saturday: DayKind.WORKING, nooruz: DayKind.WORKING, monday: DayKind.OFF})
    assert calendar.is_working(saturday)
    assert holiday_of(nooruz) == "nooruz"
    assert calendar.is_working(nooruz)
    assert calendar.add(date(2026, 11, 20), 2) == date(2026, 11, 24)


def test_an_act_late_at_night_in_utc_belongs_to_the_next_day_in_bishkek():
    assert day_of(datetime(2026, 11, 19, 17, 59, 59, tzinfo=UTC)) == date(2026, 11, 19)
    assert day_of(datetime(2026, 11, 19, 18, 0, tzinfo=UTC)) == date(2026, 11, 20)
    assert end_of(date(2026, 11, 19)) == datetime(2026, 11, 19, 17, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("days", [-1, MOST_DAYS + 1])
def test_a_period_that_is_none_is_refused(days):
    with pytest.raises(InvalidInput, match=r"calendar\.too_many_days"):
        Calendar().add(date(2026, 11, 20), days)


def test_a_year_without_lunar_holidays_says_so_until_one_is_entered():
    assert lunar_missing(2027, {}) is True
    assert lunar_missing(2027, {date(2027, 3, 10): DayKind.OFF}) is False
    assert lunar_missing(2026, {}) is False


@settings(max_examples=200)
@given(MOMENTS, st.integers(-400 * 86_400, 400 * 86_400))
def test_an_extension_is_later_and_six_months_at_most(end, seconds):
    until, latest = end + timedelta(seconds=seconds), months_later(end, EXTENSION_MONTHS)
    if end < until <= latest:
        require_extension(end, until)
    else:
        with pytest.raises(InvalidInput, match=r"extension\.(not_later|too_long)"):
            require_extension(end, until)


def test_six_months_end_on_the_same_day_or_the_last_of_a_shorter_month():
    end = datetime(2026, 8, 31, 3, tzinfo=UTC)
    latest = datetime(2027, 2, 28, 3, tzinfo=UTC)
    require_extension(end, latest)
    with pytest.raises(InvalidInput, match=r"extension\.too_long"):
        require_extension(end, latest + timedelta(seconds=1))


@pytest.mark.parametrize("kind", list(DeadlineKind))
def test_the_days_of_a_deadline_are_set_within_its_bounds_only(kind):
    rule = RULES[kind]
    assert rule.least <= rule.days <= rule.most
    require_days(kind, rule.least)
    require_days(kind, rule.most)
    for days in (rule.least - 1, rule.most + 1):
        with pytest.raises(InvalidInput, match=r"regime\.days_out_of_bounds"):
            require_days(kind, days)
