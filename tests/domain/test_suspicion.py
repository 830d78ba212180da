"""Reading the form of a report; numbers and deadlines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.alerts.rule import About
from sandbox.domain.alerts.rule_set import RULES
from sandbox.domain.suspicion import (
    FILING,
    MOST_PARTIES,
    MOST_TRANSACTIONS,
    Indicator,
    indicator_of,
    new_number,
    read_hashes,
    read_parties,
)
from sandbox.kit.errors import InvalidInput

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
ADDRESSES = st.integers(0, 2**160 - 1).map(lambda number: f"0x{number:040X}")
HASHES = st.integers(0, 2**256 - 1).map(lambda number: f"0x{number:064X}")


@given(st.lists(st.tuples(ADDRESSES, st.text("abc ", max_size=20)), max_size=MOST_PARTIES))
def test_parties_are_read_once_each_in_small_letters(rows) -> None:
    read = read_parties("\n\n".join(f" {address} {note}" for address, note in rows))
    assert list(read) == list(dict.fromkeys(address.lower() for address, _ in rows))
    first = {}
    for address, note in rows:
        first.setdefault(address.lower(), note.strip())
    assert read == first


@given(st.lists(HASHES, max_size=30))
def test_hashes_are_read_once_each_in_their_order(hashes) -> None:
    assert list(read_hashes(" \n".join(hashes))) == list(
        dict.fromkeys(each.lower() for each in hashes)
    )


@pytest.mark.parametrize("wrong", ["0x12", "0x" + "g" * 40, "1x" + "a" * 40, "0x" + "a" * 41])
def test_what_is_no_address_or_hash_is_refused(wrong) -> None:
    with pytest.raises(InvalidInput, match=r"suspicion\.party_malformed"):
        read_parties(f"0x{'ab' * 20} fine\n{wrong}")
    with pytest.raises(InvalidInput, match=r"suspicion\.transaction_malformed"):
        read_hashes(wrong)


def test_as_many_as_allowed_are_read_and_one_more_is_refused() -> None:
    for read, width, most in (
        (read_parties, 40, MOST_PARTIES),
        (read_hashes, 64, MOST_TRANSACTIONS),
    ):
        lines = [f"0x{number:0{width}x}" for number in range(most + 1)]
        assert len(read("\n".join(lines[:most]))) == most
        with pytest.raises(InvalidInput, match=r"suspicion\.too_many"):
            read("\n".join(lines))


def test_numbers_tell_nothing_of_how_many_there_are() -> None:
    drawn = {new_number("STR", AT) for _ in range(100)}
    assert len(drawn) == 100
    assert {each[:9] for each in drawn} == {"STR-2026-"}


def test_every_alert_rule_has_an_indicator_of_its_own() -> None:
    of_parties = {name for name, rule in RULES.items() if rule.about is not About.PERMITS}
    assert {indicator_of(name) for name in of_parties} == {Indicator(name) for name in of_parties}
    assert {indicator_of(name) for name in set(RULES) - of_parties} == {Indicator.OTHER}
    assert FILING.due(AT) - AT == timedelta(hours=FILING.hours)
