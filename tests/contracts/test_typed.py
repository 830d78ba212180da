"""Typed data is what the contract hashes; refusals are read strictly."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from sandbox.contracts.typed import (
    NO_LIMIT_256,
    RULE_CLAUSES,
    VALUE_CLAUSES,
    ChainRefusal,
    change_regulator_typed_data,
    consent_typed_data,
    decode_reason,
    decode_refusal,
    terms_argument,
    terms_typed_data,
)
from tests.contracts.support import CUSTOMER, OTHER, PERMIT, REVERTS, World, person, refusal_of


def _digest(typed: dict[str, object]) -> bytes:
    return bytes(_hash_eip191_message(encode_typed_data(full_message=typed)))


def test_the_hash_of_terms_is_the_contracts(world: World) -> None:
    terms = world.terms(windowVolume=NO_LIMIT_256, maxMerchants=2**32 - 1)
    typed = terms_typed_data(world.chain_id, world.supervisor.address, terms)
    assert _digest(typed) == world.supervisor.functions.hashTerms(terms_argument(terms)).call()


def test_the_hash_of_terms_differs_with_any_field(world: World) -> None:
    terms = world.terms()
    typed = terms_typed_data(world.chain_id, world.supervisor.address, terms)
    seen = {_digest(typed)}
    for change in ({"version": 2}, {"state": 2}, {"end": terms["end"] + 1}, {"permit": OTHER}):
        other = terms_typed_data(world.chain_id, world.supervisor.address, terms | change)
        seen.add(_digest(other))
    seen.add(_digest(terms_typed_data(417, world.supervisor.address, terms)))
    seen.add(_digest(terms_typed_data(world.chain_id, world.kgst.address, terms)))
    assert len(seen) == 7


def test_a_permit_as_hex_is_signed_as_its_bytes(world: World) -> None:
    terms = world.terms()
    as_hex = terms | {"permit": "0x" + PERMIT.hex()}
    one, two = (
        terms_typed_data(world.chain_id, world.supervisor.address, each) for each in (terms, as_hex)
    )
    assert _digest(one) == _digest(two)
    assert terms_argument(terms) == terms_argument(as_hex)


def test_the_hash_of_a_consent_is_the_contracts(world: World) -> None:
    wallet = Account.create().address
    typed = consent_typed_data(
        world.chain_id,
        world.supervisor.address,
        permit=PERMIT,
        wallet=wallet,
        person=person("Aida"),
        deadline=77,
    )
    hashed = world.supervisor.functions.hashConsent(PERMIT, wallet, person("Aida"), 77)
    assert _digest(typed) == hashed.call()


def test_terms_signed_by_two_regulators_are_published(world: World) -> None:
    terms = world.terms()
    world.publish(terms)
    answer = world.supervisor.functions.effective(PERMIT).call()
    assert answer == [1, 1, terms["start"], terms["end"], 0]


def test_terms_signed_by_a_regulator_and_a_stranger_are_refused(world: World) -> None:
    with pytest.raises(REVERTS) as caught:
        world.publish(world.terms(), world.regulators[0], Account.create())
    assert caught.value.data[:10] == "0x" + keccak(text="NotRegulator(address)")[:4].hex()
    assert world.supervisor.functions.lastVersion(PERMIT).call() == 0


def test_a_regulator_is_admitted_by_two_typed_signatures(world: World) -> None:
    newcomer = Account.create()
    typed = change_regulator_typed_data(
        world.chain_id,
        world.supervisor.address,
        regulator=newcomer.address,
        registered=True,
        nonce=0,
    )
    signatures = [
        bytes(each.sign_typed_data(full_message=typed).signature) for each in world.regulators[1:]
    ]
    world.engine.send(
        newcomer,
        world.supervisor.functions.changeRegulator(newcomer.address, True, 0, signatures),
    )
    assert world.supervisor.functions.isRegulator(newcomer.address).call()
    world.publish(world.terms(), newcomer, world.regulators[0])


def test_a_consent_signed_by_another_wallet_is_refused_by_its_clause(world: World) -> None:
    world.publish(world.terms())
    wallet = Account.create()
    deadline, consent = world.consent(Account.create(), person("Aida"))
    with pytest.raises(REVERTS) as caught:
        world.engine.send(
            world.registrar,
            world.supervisor.functions.register(
                PERMIT, wallet.address, CUSTOMER, person("Aida"), deadline, consent
            ),
        )
    assert refusal_of(caught.value) == ChainRefusal(PERMIT, 1, "consent", subject=wallet.address)


# ---- decoding ----

LIMIT = keccak(text="LimitExceeded(bytes32,uint64,bytes32,uint256,uint256,uint256,uint64)")[:4]
RULE = keccak(text="NotPermitted(bytes32,uint64,bytes32,address)")[:4]


def _limit(clause: bytes) -> bytes:
    types = ["bytes32", "uint64", "bytes32", "uint256", "uint256", "uint256", "uint64"]
    return LIMIT + encode(types, [PERMIT, 3, clause, 5, 4, 2, 0])


@pytest.mark.parametrize("clause", VALUE_CLAUSES)
def test_every_value_clause_is_read(clause: str) -> None:
    assert decode_refusal(_limit(clause.encode())) == ChainRefusal(PERMIT, 3, clause, 5, 4, 2)


@pytest.mark.parametrize("clause", RULE_CLAUSES)
def test_every_rule_clause_is_read(clause: str) -> None:
    data = RULE + encode(
        ["bytes32", "uint64", "bytes32", "address"], [PERMIT, 3, clause.encode(), "0x" + "11" * 20]
    )
    assert decode_refusal(data) == ChainRefusal(PERMIT, 3, clause, subject="0x" + "11" * 20)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        LIMIT,
        _limit(b"per_transaction")[:-1],
        _limit(b"per_transaction") + b"\0",
        _limit(b"a_clause_of_its_own"),
        _limit(b"\xff" * 32),
        LIMIT + b"\xff" * 224,
        RULE + b"\xff" * 128,
    ],
)
def test_anything_else_is_no_refusal(data: bytes) -> None:
    assert decode_refusal(data) is None


@given(st.sampled_from([b"", LIMIT, RULE, b"\x08\xc3\x79\xa0", b"\x4e\x48\x7b\x71"]), st.binary())
def test_no_revert_data_of_a_product_breaks_the_reader(head: bytes, tail: bytes) -> None:
    decode_refusal(head + tail)
    decode_reason(head + tail)


def test_a_panic_and_a_reason_are_told_in_words() -> None:
    panic = keccak(text="Panic(uint256)")[:4] + encode(["uint256"], [0x11])
    reason = keccak(text="Error(string)")[:4] + encode(["string"], ["closed on Sundays"])
    assert decode_reason(panic) == "arithmetic overflow or underflow"
    assert decode_reason(reason) == "closed on Sundays"
    assert decode_reason(_limit(b"per_transaction")) is None
