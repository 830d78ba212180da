"""Signed transactions: read exactly, or refused with the reason."""

from __future__ import annotations

import pytest
import rlp
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from sandbox.chain.transaction import MAX_BYTES, decode
from sandbox.kit.errors import InvalidInput
from tests.chain.support import ACCOUNTS, CHAIN_ID, pay, signed

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ONE = ACCOUNTS[0]


def refused(raw: bytes | str) -> tuple[str, dict[str, object]]:
    with pytest.raises(InvalidInput) as caught:
        decode(raw)
    return caught.value.code, caught.value.params


@pytest.mark.parametrize(
    "fields",
    [
        {"gasPrice": 7},
        {
            "gasPrice": 7,
            "accessList": [{"address": ONE.address, "storageKeys": ["0x" + "01" * 32]}],
        },
        {"maxFeePerGas": 9, "maxPriorityFeePerGas": 7},
    ],
    ids=["legacy", "2930", "1559"],
)
def test_the_three_admitted_types_are_read_as_they_were_signed(fields):
    tx = signed(ONE, 5, ACCOUNTS[1].address, value=3, data=b"\x01\x02", **fields)
    assert (tx.sender, tx.nonce, tx.to, tx.value, tx.data) == (
        ONE.address,
        5,
        ACCOUNTS[1].address,
        3,
        b"\x01\x02",
    )
    assert (tx.chain_id, tx.gas, tx.gas_price) == (CHAIN_ID, 100_000, 7)
    assert Account.recover_transaction(tx.raw) == tx.sender
    assert decode("0x" + tx.raw.hex()) == tx


def test_a_deployment_has_no_target_and_a_wrong_length_of_target_is_refused():
    assert signed(ONE, 0, data=b"\x00").to is None
    fields = rlp.decode(pay(ONE, 0).raw)
    fields[3] = b"\x01" * 19
    assert refused(rlp.encode(fields)) == ("tx.malformed", {"reason": "to"})


def test_a_signature_without_chain_id_is_read_as_such():
    raw = ONE.sign_transaction(
        {"nonce": 0, "gas": 21_000, "gasPrice": 0, "to": ONE.address, "value": 0}
    ).raw_transaction
    assert decode(bytes(raw)).chain_id is None


@pytest.mark.parametrize("kind", [3, 4, 5, 0x7F])
def test_blobs_authorisation_lists_and_unknown_types_are_refused(kind):
    assert refused(bytes([kind]) + rlp.encode([b""] * 12)) == (
        "tx.type_not_supported",
        {"type": kind},
    )


@pytest.mark.parametrize("raw", ["", "0x", "abc", "0x0", "0xzz", b"", b"\xc0", b"\xf8\x01"])
def test_what_is_no_transaction_is_refused_as_malformed(raw):
    code, _ = refused(raw)
    assert code == "tx.malformed"


def test_trailing_bytes_and_leading_zeros_are_refused():
    raw = pay(ONE, 1).raw
    assert refused(raw + b"\x00")[0] == "tx.malformed"
    fields = rlp.decode(raw)
    fields[0] = b"\x00\x01"
    assert refused(rlp.encode(fields)) == ("tx.malformed", {"reason": "leading_zero"})


def test_a_high_s_is_refused_so_that_one_transaction_has_one_hash():
    fields = rlp.decode(pay(ONE, 1).raw)
    flipped = int.from_bytes(fields[6], "big")
    fields[6] = (flipped + (1 if (flipped - 35) % 2 == 0 else -1)).to_bytes(2, "big")
    fields[8] = (ORDER - int.from_bytes(fields[8], "big")).to_bytes(32, "big")
    assert refused(rlp.encode(fields))[0] == "tx.high_s"


@pytest.mark.parametrize("index", [7, 8])
@pytest.mark.parametrize("value", [b"", ORDER.to_bytes(32, "big")], ids=["zero", "order"])
def test_a_signature_out_of_range_is_refused(index, value):
    fields = rlp.decode(pay(ONE, 1).raw)
    fields[index] = value
    assert refused(rlp.encode(fields))[0] == "tx.bad_signature"


def test_a_priority_above_the_cap_is_refused_and_an_equal_one_is_not():
    assert signed(ONE, 0, ONE.address, maxFeePerGas=7, maxPriorityFeePerGas=7).gas_price == 7
    fields = rlp.decode(signed(ONE, 0, ONE.address, maxFeePerGas=7, maxPriorityFeePerGas=7).raw[1:])
    fields[2] = b"\x08"
    assert refused(b"\x02" + rlp.encode(fields)) == (
        "tx.malformed",
        {"reason": "priority_above_cap"},
    )


def test_a_broken_access_list_is_refused():
    fields = rlp.decode(signed(ONE, 0, ONE.address, maxFeePerGas=7, maxPriorityFeePerGas=7).raw[1:])
    for broken in (b"", [b"\x01" * 20], [[b"\x01" * 19, []]], [[b"\x01" * 20, [b"\x01"]]]):
        fields[8] = broken
        assert refused(b"\x02" + rlp.encode(fields))[0] == "tx.malformed"


def test_the_largest_size_is_read_and_one_byte_more_is_refused():
    assert refused(b"\xc0" * (MAX_BYTES + 1)) == (
        "tx.too_large",
        {"size": MAX_BYTES + 1, "limit": MAX_BYTES},
    )
    assert refused(b"\xc0" * MAX_BYTES)[0] == "tx.malformed"


def test_deep_nesting_is_refused_and_nothing_breaks():
    nested = b""
    for _ in range(3_000):
        nested = rlp.codec.length_prefix(len(nested), 0xC0) + nested
    assert refused(b"\x02" + nested)[0] == "tx.malformed"


@given(st.binary(max_size=300))
def test_any_bytes_give_a_transaction_or_one_clear_error(raw):
    code = "tx."
    try:
        decode(raw)
    except InvalidInput as error:
        code = error.code
    assert code.startswith("tx.")


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_changed_byte_never_keeps_sender_and_hash(index, flip):
    tx = pay(ONE, 9)
    changed = bytearray(tx.raw)
    changed[index % len(changed)] ^= flip
    try:
        other = decode(bytes(changed))
    except InvalidInput:
        return
    assert other.hash != tx.hash
    assert other.sender != tx.sender
