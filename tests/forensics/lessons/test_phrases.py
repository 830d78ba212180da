"""Phrases and paths give what the BIPs say, by another computation; what is none is refused."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from eth_account import Account
from eth_keys import keys
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.forensics.errors import NotAPhrase
from sandbox.forensics.lessons import phrases

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
HARD = 2**31
ZEROS = "abandon " * 11 + "about"
JUNK = "test " * 11 + "junk"


def bip39_seed(words, passphrase=""):
    """Source: BIP-39, "From mnemonic to seed"."""
    return hashlib.pbkdf2_hmac("sha512", words.encode(), b"mnemonic" + passphrase.encode(), 2048)


def bip32_key(seed, path):
    """Source: BIP-32, "Private parent key to private child key"."""
    both = hmac.digest(b"Bitcoin seed", seed, "sha512")
    key, chain = int.from_bytes(both[:32], "big"), both[32:]
    for part in path.split("/")[1:]:
        number = int(part.removesuffix("'")) + (HARD if part.endswith("'") else 0)
        private = key.to_bytes(32, "big")
        public = keys.PrivateKey(private).public_key.to_compressed_bytes()
        data = (b"\0" + private if number >= HARD else public) + number.to_bytes(4, "big")
        both = hmac.digest(chain, data, "sha512")
        key, chain = (int.from_bytes(both[:32], "big") + key) % ORDER, both[32:]
    return key.to_bytes(32, "big")


def test_the_other_computation_gives_the_vectors_of_the_bips():
    seed = bip39_seed(ZEROS, "TREZOR").hex()
    assert seed.startswith("c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e5349553")
    last = bip32_key(bytes(range(16)), "m/0'/1/2'/2/1000000000").hex()
    assert last == "471b76e389e528d6de6d816857e012c5455051cad6660850e58372a6c3e6e7c8"


def test_a_known_phrase_has_its_known_address():
    found = phrases.address_of(JUNK, "m/44'/60'/0'/0/0")
    assert found == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


@settings(max_examples=30, deadline=None)
@given(
    entropy=st.binary(min_size=16, max_size=16) | st.binary(min_size=32, max_size=32),
    passphrase=st.text("abc XYZ0-", max_size=12),
    numbers=st.lists(st.tuples(st.integers(0, 2**20), st.booleans()), min_size=1, max_size=5),
)
def test_keys_are_those_of_the_other_computation(entropy, passphrase, numbers):
    words = phrases.phrase_from(entropy)
    path = "m/" + "/".join(f"{number}{chr(39) if hard else ''}" for number, hard in numbers)
    right = bip32_key(bip39_seed(words, passphrase), path)
    assert phrases.key_of(words.upper(), path, passphrase) == right
    address = phrases.table(words, [path], passphrase)[path]
    assert address == Account.from_key(right).address


@settings(max_examples=50, deadline=None)
@given(entropy=st.binary(min_size=16, max_size=16), place=st.integers(0, 11))
def test_words_that_are_no_phrase_are_told_and_refused(entropy, place):
    words = phrases.phrase_from(entropy).split()
    assert phrases.check(" ".join(words)).holds
    missing = " ".join(words[:place] + words[place + 1 :])
    assert phrases.check(missing) == phrases.Words(11, (), None)
    strange = " ".join([*words[:place], "synak", *words[place + 1 :]])
    assert phrases.check(strange) == phrases.Words(12, ("synak",), None)
    for each in (missing, strange, ""):
        with pytest.raises(NotAPhrase, match=r"lessons\.not_a_phrase"):
            phrases.key_of(each, "m/0")


def test_of_words_at_the_last_place_128_pass_the_checksum():
    first = JUNK.split()[:11]
    held = [w for w in phrases.words_of_the_list() if phrases.check(" ".join([*first, w])).holds]
    assert len(held) == 128
    assert "junk" in held


@pytest.mark.parametrize(
    "path", ["", "m", "m/", "44'/60'", "m/44h/0", "m/-1", "m/01", "m/0/ 1", "n/0"]
)
def test_what_is_no_path_is_refused(path):
    with pytest.raises(NotAPhrase, match=r"lessons\.not_a_path"):
        phrases.key_of(JUNK, path)
