"""A token's transfers are read as a whole or refused with a code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.forensics.foreign import CannotRead, read_tokens
from tests.forensics.foreign.samples import PAYEE, PAYER, TOKEN, line, name, table


def code(content):
    with pytest.raises(CannotRead) as error:
        read_tokens(content)
    assert len({error.value.explain(each) for each in ("en", "ru", "ky")}) == 3
    return error.value.code


def test_newest_first_is_turned_round_and_amounts_are_exact():
    rows = [line(Block="501", Amount="0.000001"), line(Amount="999999999999.999999")]
    found = read_tokens(table(*rows))
    assert [each.block for each in found.transfers] == [500, 501]
    assert [each.amount for each in found.transfers] == [999_999_999_999_999_999, 1]
    assert found.ledger().balance(PAYEE) == 10**18


def test_what_failed_moved_nothing_and_a_zero_transfer_is_kept_but_no_movement():
    found = read_tokens(table(line(), line(Result="REVERT"), line(Amount="0", Block="502")))
    assert [each.amount for each in found.transfers] == [12_500_000, 0]
    assert len(found.ledger()) == 1
    assert found.ledger().find(payer=PAYER, payee=PAYEE)


def test_two_tokens_of_one_symbol_are_told_by_their_contracts():
    found = read_tokens(table(line(), line(Contract_Address=PAYEE, Amount="7", Block="501")))
    assert found.contracts == (TOKEN, PAYEE)
    assert len(found.ledger(PAYEE)) == 1
    for wanted in (None, PAYER):
        with pytest.raises(CannotRead, match="token_unclear"):
            found.ledger(wanted)


def test_an_empty_export_has_no_token():
    with pytest.raises(CannotRead, match="token_unclear"):
        read_tokens(table()).ledger()


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"", "foreign.not_csv"),
        (b"a,b\n1,2", "foreign.not_csv"),
        (b"\xff\xfe", "foreign.not_csv"),
        (table(line()) + b",more", "foreign.not_csv"),
        (table(line(), head=[*line(), "From"]), "foreign.not_csv"),
        (b" " * 16_000_001, "foreign.too_large"),
        (table(line(Amount="-1")), "foreign.field_malformed"),
        (table(line(Amount="1e3")), "foreign.field_malformed"),
        (table(line(Amount="1.0000001")), "foreign.field_malformed"),
        (table(line(Amount="٣")), "foreign.field_malformed"),
        (table(line(Amount="")), "foreign.field_malformed"),
        (table(line(Block="05")), "foreign.field_malformed"),
        (table(line(**{"Time (UTC)": "2026-13-02 10:00:00"})), "foreign.field_malformed"),
        (table(line(**{"Time (UTC)": "yesterday"})), "foreign.field_malformed"),
        (table(line(Txn_Hash=name(7).upper() + "0")), "foreign.field_malformed"),
        (table(line(From=PAYER[:-1] + "z")), "foreign.address_malformed"),
        (table(line(To="0x" + "00" * 20)), "foreign.address_malformed"),
        (table(line(), line(Block="501"), line(Block="499")), "foreign.order_impossible"),
        (
            table(line(), line(Block="501", **{"Time (UTC)": "2026-03-01 10:00:00"})),
            "foreign.order_impossible",
        ),
    ],
)
def test_what_cannot_be_right_is_refused(content, wrong):
    assert code(content) == wrong


@given(st.binary(max_size=200))
def test_no_bytes_bring_the_reader_down(content):
    with pytest.raises(CannotRead):
        read_tokens(content)
