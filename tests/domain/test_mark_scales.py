"""Points to grades: exact, tiled, refused when the scale is no scale."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.mark_scales import (
    MOST,
    USUAL_BANDS,
    Band,
    Module,
    Scale,
    band_of,
    check_bands,
    check_scale,
    hundredths,
    mean,
    rounded,
    share,
    weighted,
)
from sandbox.kit.errors import InvalidInput

NAMES = {"ky": "Модуль", "ru": "Модуль", "en": "Module"}
SCALE = Scale(
    course="digital-money",
    version=0,
    bands=USUAL_BANDS,
    modules=(Module("1", 40, NAMES, ("lab",)), Module("2", 60, NAMES, ("wallets",))),
    resits=1,
    resit_most=100,
    department={"ky": "Кафедра", "ru": "Кафедра"},
    hours=90,
    set_by="kanat",
    set_at=datetime(2026, 11, 22, tzinfo=UTC),
)
KNOWN = ("lab", "wallets")


def refused(scale, code):
    with pytest.raises(InvalidInput) as caught:
        check_scale(scale, KNOWN)
    assert caught.value.code == code


def banded(*changes):
    """The usual bands with some replaced: (place, what)."""
    bands = list(USUAL_BANDS)
    for place, values in changes:
        bands[place] = replace(bands[place], **values)
    return replace(SCALE, bands=tuple(bands))


def test_the_usual_scale_is_a_scale():
    assert check_scale(SCALE, KNOWN).bands == USUAL_BANDS


def test_bands_may_come_in_any_order():
    assert check_bands(reversed(USUAL_BANDS)) == USUAL_BANDS


@pytest.mark.parametrize(
    ("scale", "code"),
    [
        (replace(SCALE, bands=()), "scale.no_bands"),
        (banded((1, {"most": 87})), "scale.bands_overlap"),
        (banded((1, {"most": 85})), "scale.bands_gap"),
        (banded((0, {"most": 99})), "scale.bands_gap"),
        (banded((0, {"most": 101})), "scale.band_range"),
        (banded((6, {"least": 1})), "scale.bands_gap"),
        (banded((2, {"least": 80, "most": 74})), "scale.band_range"),
        (banded((1, {"letter": "A"})), "scale.letter_twice"),
        (banded((1, {"letter": "=A"})), "scale.letter"),
        (banded((1, {"gpa": "3,3"})), "scale.gpa"),
        (banded((0, {"passes": False})), "scale.pass_order"),
        (banded((6, {"passes": True})), "scale.pass_order"),
        (banded((1, {"words": {"ky": "жакшы", "ru": "хорошо"}})), "scale.no_words"),
        (
            banded((1, {"words": {"ky": "а\u202eб", "ru": "б", "en": "c"}})),
            "text.control_character",
        ),
        (replace(SCALE, modules=()), "scale.no_modules"),
        (replace(SCALE, modules=(Module("1", 100, NAMES, ()),)), "scale.module_empty"),
        (replace(SCALE, resit_most=60), "scale.resit_fails"),
        (replace(SCALE, modules=(Module("1", 99, NAMES, ()),)), "scale.weights"),
        (
            replace(SCALE, modules=(Module("1", 100, NAMES, ()), Module("2", 0, NAMES, ()))),
            "scale.weights",
        ),
        (replace(SCALE, modules=(Module("1", 100, {"ky": "М"}, ()),)), "scale.module_name"),
        (replace(SCALE, modules=(Module("1", 100, NAMES, ("other",)),)), "scale.no_assignment"),
        (
            replace(
                SCALE, modules=(Module("1", 50, NAMES, ("lab",)), Module("2", 50, NAMES, ("lab",)))
            ),
            "scale.assignment_twice",
        ),
        (replace(SCALE, resits=4), "scale.resits"),
        (replace(SCALE, resit_most=101), "scale.resit_most"),
        (replace(SCALE, hours=1001), "scale.hours"),
        (replace(SCALE, department={"ky": "К" * 81, "ru": ""}), "text.too_long"),
    ],
)
def test_what_is_no_scale_is_refused(scale, code):
    refused(scale, code)


@st.composite
def tilings(draw):
    """Bands that cover 0 to 100."""
    cuts = sorted(draw(st.sets(st.integers(1, MOST), max_size=6)))
    edges = [0, *cuts, MOST + 1]
    words = {"ky": "б", "ru": "о", "en": "g"}
    return [
        Band(least, after - 1, chr(65 + place), "1.00", place > 0 or len(edges) == 2, words)
        for place, (least, after) in enumerate(pairwise(edges))
    ]


@given(tilings(), st.integers(0, MOST))
def test_every_whole_number_of_points_is_in_exactly_one_band(bands, points):
    found = check_bands(bands)
    assert sum(each.least <= points <= each.most for each in found) == 1
    assert band_of(found, points).least <= points


@given(tilings(), st.integers(0, MOST), st.integers(0, MOST))
def test_more_points_are_never_a_lower_band(bands, one, other):
    found = check_bands(bands)
    low, high = sorted((one, other))
    assert band_of(found, low).least <= band_of(found, high).least


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_rounding_is_to_the_nearest_and_a_half_up(top, bottom):
    points = Fraction(top, bottom)
    whole = rounded(points)
    assert -Fraction(1, 2) < whole - points <= Fraction(1, 2)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8))
def test_tenths_make_no_surprise_at_an_edge(tenths):
    """A sum of tenths reaches an edge exactly when the decimals do, whatever floats make of it."""
    got = sum((Fraction(each, 10) for each in tenths), Fraction(0))
    most = Fraction(100 * len(tenths))
    assert (share(got, most) >= Fraction(60)) == (sum(tenths) >= 600 * len(tenths))


def test_three_tenths_of_nine_tenths_is_a_third():
    assert share(Fraction("0.3"), Fraction("0.9")) == Fraction(100, 3)
    assert hundredths(Fraction(100, 3)) == "33.33"


def test_nobody_has_more_than_everything():
    assert share(Fraction(3), Fraction(2)) == MOST


@given(st.lists(st.fractions(0, 100), min_size=1, max_size=6))
def test_a_mean_lies_between_the_least_and_the_most(shares):
    assert min(shares) <= mean(shares) <= max(shares)


@given(st.integers(0, MOST), st.integers(0, MOST))
def test_a_whole_course_is_reckoned_from_the_points_that_are_printed(one, two):
    found = rounded(weighted({"1": one, "2": two}, SCALE.modules))
    assert found == (one * 40 + two * 60 + 50) // 100
    assert rounded(weighted({"2": two}, SCALE.modules)) == (two * 60 + 50) // 100
