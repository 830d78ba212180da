"""Days that people type: which are read, which are refused and as what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit.dates import in_range, read_day, read_moment
from sandbox.kit.errors import InvalidInput

BISHKEK = ZoneInfo("Asia/Bishkek")


@pytest.mark.parametrize("typed", ["2000-01-01", " 2026-12-31 ", "2100-12-31", "2100-12-31T23:59"])
def test_a_day_within_the_years_is_read(typed):
    assert read_day(typed).isoformat() == typed.strip()[:10]
    assert in_range(read_day(typed)) == read_day(typed)


@pytest.mark.parametrize(
    "typed", ["0001-01-01", "0001-01-01T00:00", "1999-12-31", "2101-01-01", "9999-12-31T23:59"]
)
def test_a_day_beyond_them_is_refused_before_anything_is_reckoned(typed):
    for read in (read_day, lambda text: read_moment(text, BISHKEK)):
        with pytest.raises(InvalidInput) as caught:
            read(typed)
        assert caught.value.code == "date.out_of_range"
        assert caught.value.params == {"day": typed[:10], "first": "2000", "last": "2100"}


@pytest.mark.parametrize("typed", ["", "tomorrow", "2026-13-45", "٢٠٢٦-١١-٢١", "2026-12-31\x00"])
def test_what_is_no_date_has_the_code_of_its_form(typed):
    with pytest.raises(InvalidInput, match=r"limits\.not_a_date"):
        read_day(typed)
    with pytest.raises(InvalidInput, match=r"evidence\.not_a_day"):
        read_moment(typed, UTC, "evidence.not_a_day")


def test_a_clock_without_an_offset_hangs_where_the_form_says():
    assert read_moment("2026-12-31T06:00", BISHKEK) == datetime(2026, 12, 31, tzinfo=UTC)
    assert read_moment("2026-12-31T06:00+00:00", BISHKEK) == datetime(2026, 12, 31, 6, tzinfo=UTC)


@given(st.datetimes(timezones=st.sampled_from([None, UTC, BISHKEK])))
def test_every_moment_is_read_or_refused_in_words(moment):
    if 2000 <= moment.year <= 2100:
        assert read_moment(moment.isoformat(), BISHKEK).utcoffset() == timedelta(0)
    else:
        with pytest.raises(InvalidInput, match=r"date\.out_of_range"):
            read_moment(moment.isoformat(), BISHKEK)
