"""A UTXO ledger is read as a whole or refused with a code; traced coin by coin."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.forensics import trace
from sandbox.forensics.foreign import CannotRead, highest_out, read_utxo
from sandbox.forensics.foreign.addresses import is_segwit, is_tron, program_of, segwit, tron
from tests.forensics.foreign.samples import A, B, C, D, chain, name, reply, written


def code(content):
    with pytest.raises(CannotRead) as error:
        read_utxo(content)
    assert len({error.value.explain(each) for each in ("en", "ru", "ky")}) == 3
    return error.value.code


def changed(number, path, value):
    """The chain with one field of a transaction set."""
    said = copy.deepcopy(chain())
    at = said[number]
    for each in path[:-1]:
        at = at[each]
    at[path[-1]] = value
    return written(said)


def test_outputs_know_who_uses_them():
    rows = read_utxo(written(chain())).outputs
    assert rows["spent_by"].to_list() == [name(2), name(3), None, None, None]
    assert rows["address"].to_list() == [B, A, C, B, D]
    assert rows["amount"].sum() == 225


def test_the_ledger_goes_coin_by_coin_and_loses_nothing():
    ledger = read_utxo(written(chain())).ledger()
    assert ledger.balance(f"{name(2)}:0") == 50
    assert ledger.balance(f"{name(1)}:0") == 0
    assert ledger.balance(name(1)) == 0
    (seed,) = ledger.find(payer=name(1), payee=f"{name(1)}:0")
    found = trace(ledger, "fifo", [seed])
    held = {row["account"]: row["held"] for row in found.nodes.iter_rows(named=True) if row["held"]}
    assert held == {f"{name(2)}:0": 50, f"{name(2)}:1": 10}


def test_haircut_gives_each_output_its_share():
    ledger = read_utxo(written(chain())).ledger()
    (seed,) = ledger.find(payer=name(1), payee=f"{name(1)}:0")
    nodes = trace(ledger, "haircut", [seed]).nodes
    held = {row["account"]: row["held"] for row in nodes.iter_rows(named=True)}
    assert held[f"{name(2)}:0"] == 50 * 60 // 90


def test_payments_name_the_address_of_the_largest_input():
    ledger = read_utxo(written(chain())).payments()
    assert ledger.find(payer=B, payee=C)
    assert not ledger.find(payer=A, payee=C)


def test_transactions_of_a_block_stand_in_the_order_of_their_use():
    one, two, three = chain()
    read = read_utxo(written([two, three, one]))
    assert [each.txid for each in read.transactions] == [name(1), name(2), name(3)]


def test_a_coinbase_comes_from_nowhere():
    made = reply(9, [], [(A, 50)], 0)
    made["vin"] = [{"is_coinbase": True}]
    assert read_utxo(written([made])).ledger().balance(f"{name(9)}:0") == 50


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"{", "foreign.not_json"),
        (b"[" * 10**6, "foreign.not_json"),
        (b"[]", "foreign.field_malformed"),
        (b"[7]", "foreign.field_malformed"),
        (b'[], "list": []', "foreign.not_json"),
        (b" " * 16_000_001, "foreign.too_large"),
        (changed(0, ["fee"], 2), "foreign.unbalanced"),
        (changed(0, ["fee"], -1), "foreign.field_malformed"),
        (changed(0, ["fee"], True), "foreign.field_malformed"),
        (changed(0, ["fee"], 1.0), "foreign.field_malformed"),
        (changed(0, ["txid"], "ab"), "foreign.field_malformed"),
        (changed(0, ["txid"], name(1).replace("1", "G")), "foreign.field_malformed"),
        (changed(0, ["vout", 0, "value"], "60"), "foreign.field_malformed"),
        (
            changed(0, ["vout", 0, "scriptpubkey_address"], A[:-1] + "q"),
            "foreign.address_malformed",
        ),
        (changed(0, ["vout", 0, "scriptpubkey_address"], 7), "foreign.address_malformed"),
        (changed(0, ["status", "confirmed"], False), "foreign.unconfirmed"),
        (changed(0, ["status"], {}), "foreign.unconfirmed"),
        (changed(0, ["vout"], []), "foreign.field_malformed"),
        (changed(1, ["vin", 0, "prevout", "scriptpubkey_address"], C), "foreign.contradicts"),
        (changed(1, ["vin", 0, "vout"], 5), "foreign.contradicts"),
        (changed(1, ["status", "block_height"], 99), "foreign.order_impossible"),
        (written([*chain(), chain()[0]]), "foreign.twice"),
        (
            written([*chain(), reply(4, [(1, 0, B, 60)], [(A, 60)], 0, block=102)]),
            "foreign.spent_twice",
        ),
        (
            written([reply(5, [(6, 0, A, 9)], [(A, 9)], 0), reply(6, [(5, 0, A, 9)], [(A, 9)], 0)]),
            "foreign.order_impossible",
        ),
    ],
)
def test_what_cannot_be_right_is_refused(content, wrong):
    assert code(content) == wrong


@given(st.binary(max_size=200))
def test_no_bytes_bring_the_reader_down(content):
    with pytest.raises(CannotRead):
        read_utxo(content)


@given(st.binary(min_size=20, max_size=20), st.integers(0, 60), st.sampled_from("qpz9x0"))
def test_an_address_says_its_program_and_no_changed_letter_passes(program, at, letter):
    address = segwit(program)
    assert program_of(address) == program
    at %= len(address)
    other = address[:at] + letter + address[at + 1 :]
    assert is_segwit(other) == (other == address)
    token = tron(program)
    assert is_tron(token)
    assert token.startswith("T")
    assert not is_tron(token[:-1] + ("2" if token[-1] != "2" else "3"))
    assert not is_segwit(address.upper())


def test_known_addresses_of_the_standards():
    """BIP-173's own example on the test network."""
    program = bytes.fromhex("751e76e8199196d454941c45d1b3a323f1433bd6")
    assert segwit(program) == "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"


@st.composite
def flows(draw):
    """A random chain, and coins of its first transaction as seeds."""
    free = [(900, place, A, draw(st.integers(10, 1000))) for place in range(3)]
    replies, seeds = [], []
    for number in range(1, draw(st.integers(2, 9))):
        uses = [free.pop(draw(st.integers(0, len(free) - 1))) for _ in range(min(2, len(free)))]
        left = sum(each[3] for each in uses)
        fee = draw(st.integers(0, left // 10))
        first = draw(st.integers(0, left - fee))
        makes = [(B, first), (C, left - fee - first)]
        replies.append(reply(number, uses, makes, fee, block=100 + number))
        free += [(number, place, *each) for place, each in enumerate(makes)]
        seeds = seeds or [(name(1), draw(st.integers(0, 1)))]
    return replies, seeds


@given(flows())
def test_highest_out_loses_nothing_and_never_overfills(flow):
    replies, seeds = flow
    coins = read_utxo(json.dumps(replies).encode())
    found = highest_out(coins, seeds)
    value = {each.coin: each.value for by in coins.transactions for each in by.makes}
    assert sum(found.coins.values()) + found.burnt == sum(value[each] for each in seeds)
    assert all(0 < part <= value[coin] for coin, part in found.coins.items())
    assert sum(found.addresses.values()) == sum(found.coins.values())


def test_highest_out_fills_the_largest_first():
    found = highest_out(read_utxo(written(chain())), [(name(1), 0)])
    assert found.coins == {(name(2), 0): 50, (name(2), 1): 10}
    one = highest_out(read_utxo(written(chain())), [(name(1), 1)])
    assert (one.addresses, one.burnt) == ({D: 38}, 1)


def test_a_seed_that_nobody_made_is_refused():
    with pytest.raises(CannotRead, match="coin_unknown"):
        highest_out(read_utxo(written(chain())), [(name(77), 0)])
