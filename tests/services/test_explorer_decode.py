"""Calls, events and revert data in words; hostile forms and data cost nothing."""

from __future__ import annotations

import time

import pytest
from eth_abi import encode
from eth_utils import keccak

from sandbox.services.explorer_decode import (
    decodable,
    decode_call,
    decode_log,
    decode_revert,
    method_name,
    national_abi,
)
from sandbox.services.explorer_measure import text
from sandbox.services.explorer_reading import TRANSFER, transfer

SOMEBODY = "0x" + "ab" * 20
WORD = "0x" + "00" * 12 + "ab" * 20


def _call(signature, kinds, values):
    return "0x" + (keccak(text=signature)[:4] + encode(kinds, values)).hex()


def test_a_national_call_is_decoded_by_its_own_form():
    data = _call("issue(address,uint256)", ["address", "uint256"], [SOMEBODY, 5])
    found = decode_call(national_abi("KGST"), data)
    assert (found.name, found.guessed, found.arguments[0].address) == ("issue", False, SOMEBODY)
    assert found.arguments[1].value == "5"


def test_without_a_form_a_standard_one_is_a_guess():
    data = _call("transfer(address,uint256)", ["address", "uint256"], [SOMEBODY, 5])
    assert decode_call(None, data).guessed
    assert method_name(None, data) == ("transfer", True)
    assert method_name(None, "0x12345678") is None


def test_cut_or_short_data_is_not_decoded():
    data = _call("transfer(address,uint256)", ["address", "uint256"], [SOMEBODY, 5])
    assert decode_call(None, data, whole=False) is None
    assert decode_call(None, data[:-2]) is None
    assert decode_call(None, "0x") is None


def test_a_transfer_with_four_topics_is_no_movement_of_a_token():
    assert transfer([TRANSFER, WORD, WORD], "0x" + "00" * 32, 32) is not None
    assert transfer([TRANSFER, WORD, WORD, WORD], "0x", 0) is None
    assert decode_log(None, [TRANSFER, WORD, WORD, WORD], "0x") is None


def _form(kind):
    return [{"type": "function", "name": "f", "inputs": [{"name": "x", "type": kind}]}]


@pytest.mark.parametrize(
    "kind",
    ["uint8[][][][][]", "uint8[0][]", "()[]", "uint256[][][]", "uint8[" * 300, "strange type", ""],
)
def test_a_form_that_unfolds_without_end_is_not_decoded(kind):
    assert not decodable(kind)
    data = "0x" + keccak(text=f"f({kind})")[:4].hex() + ("00" * 31 + "20") * 250
    begun = time.monotonic()
    assert decode_call(_form(kind), data) is None
    assert time.monotonic() - begun < 1


def test_what_may_be_decoded_stays_small_with_overlapping_pointers():
    word = "00" * 31 + "20"
    count = "00" * 31 + "f0"
    kind = "uint8[][]"
    data = "0x" + keccak(text=f"f({kind})")[:4].hex() + word + count + word * 240
    begun = time.monotonic()
    decode_call(_form(kind), data)
    assert time.monotonic() - begun < 2


def test_a_refusal_is_the_supervisors_own_only_when_a_national_contract_was_called():
    kinds = ["bytes32", "uint64", "bytes32", "uint256", "uint256", "uint256", "uint64"]
    values = [b"\1" * 32, 3, b"customer_cap".ljust(32, b"\0"), 20, 15, 10, 0]
    signature = f"LimitExceeded({','.join(kinds)})"
    output = _call(signature, kinds, values)
    own = decode_revert(None, output, national=True)
    other = decode_revert(None, output, national=False)
    assert (own.refusal.clause, own.own) == ("customer_cap", True)
    assert (other.refusal.clause, other.own) == ("customer_cap", False)


def test_revert_data_in_each_of_its_forms():
    said = decode_revert(None, _call("Error(string)", ["string"], ["no"]), national=False)
    abi = [{"type": "error", "name": "Sold", "inputs": [{"name": "left", "type": "uint256"}]}]
    custom = decode_revert(abi, _call("Sold(uint256)", ["uint256"], [2]), national=False)
    strange = decode_revert(None, "0x12345678", national=False)
    assert said.reason == "no"
    assert (custom.error.name, custom.error.arguments[0].value) == ("Sold", "2")
    assert (strange.reason, strange.error, strange.refusal) == (None, None, None)
    assert decode_revert(None, None, national=False) is None
    assert decode_revert(None, "0x123", national=False) is None


def test_a_name_is_printable_and_bounded():
    word = lambda said: "0x" + encode(["string"], [said]).hex()  # noqa: E731
    assert text(word("KGST\u202e\x00\n"), 20) == "KGST"
    assert text(word("x" * 5000), 20) == "x" * 20
    assert text("0x" + b"MKR".ljust(32, b"\0").hex(), 20) == "MKR"
    assert [text(each, 20) for each in (None, "0x", "0x" + "ff" * 64)] == ["", "", ""]
