"""Strings are told by published vectors; a mistyped one is never taken for an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.forensics.lessons.spellings import base58check, bech32, is_address, kind_of
from sandbox.kit.ids import checksum

RIGHT = {
    # EIP-55
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed": "evm",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb": "evm",
    "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed": "evm_plain",
    "0x52908400098527886E0F7030069857D2E4169EE7": "evm",
    # BIP-173, BIP-350
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4": "coin",
    "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx": "coin",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0": "coin",
    # the first output of the first block of coins, and a multi-signature address of BIP-13's form
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa": "coin",
    "3P14159f73E4gFr7JterCCQh9QjiTjiZrG": "coin",
    # 20 bytes of zero on Tron
    "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb": "tron",
}
NONE = {
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD": "wrong",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe": "none",
    "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed": "none",
    "0x" + "ab" * 32: "none",
    "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsy": "wrong",
    "tb1qW508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx": "none",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd": "wrong",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb": "wrong",
    "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwc": "wrong",
    "": "none",
    "Tokmok": "none",
    "0x": "none",
}


@pytest.mark.parametrize(("text", "kind"), (RIGHT | NONE).items())
def test_a_string_is_told(text, kind):
    assert kind_of(text) == kind
    assert is_address(text) == (text in RIGHT)


@given(st.binary(min_size=20, max_size=20), st.data())
def test_a_mistyped_address_is_none_of_its_kind(body, data):
    for text in (base58check(b"\x41" + body), bech32("tb", body), bech32("bc", body)):
        assert is_address(text)
        place = data.draw(st.integers(4, len(text) - 1))
        other = data.draw(st.sampled_from([c for c in "23456789" if c != text[place]]))
        assert not is_address(text[:place] + other + text[place + 1 :])


@given(st.binary(min_size=20, max_size=20))
def test_an_address_with_its_checksum_is_one_and_one_digit_less_is_none(body):
    address = checksum("0x" + body.hex())
    assert kind_of(address) in ("evm", "evm_plain")
    assert kind_of(address.lower()) == "evm_plain" or address == address.lower()
    assert not is_address(address[:-1])


@given(st.text(max_size=100))
def test_anything_at_all_has_a_kind(text):
    assert kind_of(text) in ("evm", "evm_plain", "tron", "coin", "wrong", "none")
