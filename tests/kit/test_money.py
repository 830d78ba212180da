"""Money is exact in and out, and nothing that is not money gets in."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit.errors import InvalidInput
from sandbox.kit.money import (
    MAX_UINT256,
    NO_LIMIT,
    amount_from_json,
    format_amount,
    limit_from_json,
    limit_to_json,
    parse_amount,
)

decimals = st.sampled_from([0, 2, 6, 18])


@given(st.integers(0, MAX_UINT256), decimals)
def test_what_is_written_is_read_back(value: int, places: int) -> None:
    assert parse_amount(format_amount(value, places), places) == value


@given(st.integers(0, 10**30), decimals)
def test_text_is_the_decimal_number(value: int, places: int) -> None:
    with localcontext() as context:
        context.prec = 60
        assert Decimal(format_amount(value, places)).scaleb(places) == value


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1e3", "0x10", "1,5", ".5", "5.", "NaN", "٣", "1.2.3"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_amount(text, 2)
    assert caught.value.code == "amount.malformed"


def test_fraction_of_a_tyiyn_is_refused_and_a_zero_behind_it_is_not() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_amount("0.001", 2)
    assert caught.value.code == "amount.too_fine"
    assert parse_amount("0.010", 2) == 1


def test_groups_of_digits_are_read() -> None:
    assert parse_amount("500 000.00", 2) == 50_000_000
    assert parse_amount("500\u202f000", 2) == 50_000_000


def test_above_uint256_is_refused_and_at_it_is_not() -> None:
    assert parse_amount(str(MAX_UINT256), 0) == MAX_UINT256
    with pytest.raises(InvalidInput) as caught:
        parse_amount(str(MAX_UINT256 + 1), 0)
    assert caught.value.code == "amount.too_large"


@pytest.mark.parametrize("value", [True, None, 1.5, "1.5", "-1", "01", "", "1" * 90, [], "٣"])
def test_json_amount_is_digits_only(value: object) -> None:
    with pytest.raises(InvalidInput):
        amount_from_json(value)


@given(st.one_of(st.just(NO_LIMIT), st.integers(0, MAX_UINT256)))
def test_limit_through_json(limit) -> None:
    assert limit_from_json(limit_to_json(limit)) == limit


def test_zero_is_zero_and_not_no_limit() -> None:
    assert limit_from_json("0") == 0
    assert limit_from_json("0") is not NO_LIMIT
