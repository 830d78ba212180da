"""Clock, canonical form, commitments, ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit.canonical import canonical
from sandbox.kit.clock import FixedClock, SystemClock, utc
from sandbox.kit.commitment import commit, opens
from sandbox.kit.errors import InvalidInput, SynakError
from sandbox.kit.ids import account_name, checksum, permit_number

START = datetime(2026, 1, 1, tzinfo=UTC)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


def test_clock_goes_forward_only() -> None:
    clock = FixedClock(START)
    clock.forward(timedelta(hours=24))
    assert clock.now() == START + timedelta(hours=24)
    with pytest.raises(InvalidInput) as caught:
        clock.forward(timedelta(seconds=-1))
    assert caught.value.code == "clock.backward"
    assert SystemClock().now().tzinfo is UTC


def test_naive_time_is_refused_and_another_zone_is_turned_into_utc() -> None:
    with pytest.raises(InvalidInput):
        utc(datetime(2026, 1, 1))  # noqa: DTZ001
    bishkek = timezone(timedelta(hours=6))
    assert utc(datetime(2026, 1, 1, 6, tzinfo=bishkek)) == START


@given(st.dictionaries(st.text(max_size=4), st.integers(-5, 5), max_size=5))
def test_order_of_keys_does_not_matter(body: dict[str, int]) -> None:
    assert canonical(body) == canonical(dict(reversed(body.items())))


@pytest.mark.parametrize("value", [2**53, {1: 2}, float("nan"), b"bytes", {"a": object()}])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        canonical(value)
    assert caught.value.code == "canonical.not_json"


@given(json_values, json_values, st.binary(min_size=32, max_size=32))
def test_a_commitment_opens_to_its_body_alone(body, other, salt: bytes) -> None:
    kept = commit(body, salt=salt)
    assert opens(kept, body, salt=salt)
    assert opens(kept, other, salt=salt) == (canonical(other) == canonical(body))
    assert not opens(kept, body, salt=bytes(b ^ 1 for b in salt))


def test_short_salt_is_refused() -> None:
    with pytest.raises(InvalidInput):
        commit({}, salt=b"short")


def test_wrong_checksum_is_refused() -> None:
    good = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
    assert checksum(good.lower()) == good
    for bad in ("0xFb6916095ca1df60bB79Ce92cE3Ea74c37c5d359", good[2:], good[:-1], ""):
        with pytest.raises(InvalidInput):
            checksum(bad)


@pytest.mark.parametrize("bad", ["Aigul", "1a", "a b", "../x", "", "a" * 40, "айгуль"])
def test_odd_account_name_is_refused(bad: str) -> None:
    with pytest.raises(InvalidInput):
        account_name(bad)
    assert account_name("aigul") == "aigul"


def test_permit_number_is_read_in_either_case_and_nothing_else() -> None:
    assert permit_number("sb-2026-0001") == "SB-2026-0001"
    for bad in ("SB-2026-1", "SB-2026-0001\n", "XX-2026-0001", "SB-20260001"):
        with pytest.raises(InvalidInput):
            permit_number(bad)


def test_error_as_data_and_as_text() -> None:
    error = SynakError("a.code", amount="5")
    assert error.as_dict() == {"code": "a.code", "params": {"amount": "5"}}
    assert str(error) == "a.code (amount='5')"
    assert str(SynakError("b")) == "b"
