"""Compiling and paying through one's own contracts, in the lab."""

from __future__ import annotations

import pytest

from sandbox.contracts.compiler import compiler_version
from sandbox.contracts.standard_input import compile_standard
from sandbox.contracts.verification import compare
from sandbox.kit.errors import InvalidInput
from sandbox.sdk import ContractReverted, PermitRefused, SdkError, compile_source
from sandbox.sdk.amounts import minor
from sandbox.sdk.wallets import as_transaction

KGST = 10**18


def _volume(chain) -> int:
    from sandbox.sdk.labs.office import PERMIT

    return chain.supervisor.functions.usage(PERMIT, chain.kgst.address).call()[0]


@pytest.fixture
def shop(limited, contracts):
    made = limited.deploy(contracts["MerchantPayments"], limited.kgst.address)
    limited.kgst.approve(limited.accounts[0], made, "100000")
    return made


def test_the_sources_contracts_are_found_and_not_those_it_imports(contracts):
    assert set(contracts) == {"MerchantPayments", "Till", "TillFactory"}


def test_one_of_several_contracts_must_be_named(contracts):
    with pytest.raises(SdkError, match="say which one"):
        _ = contracts.only
    with pytest.raises(SdkError, match="MerchantPayments"):
        contracts["Shop"]


def test_a_source_that_does_not_compile_names_the_place():
    with pytest.raises(SdkError) as error:
        compile_source("pragma solidity ^0.8.27;\ncontract A { uint x = ; }")
    assert error.value.code == "compile.failed"
    assert error.value.params["line"] == 2


def test_a_source_file_is_read_and_a_missing_one_is_named(tmp_path):
    file = tmp_path / "a.sol"
    file.write_text("pragma solidity ^0.8.27;\ncontract A {}\n")
    assert compile_source(file).only.name == "A"
    with pytest.raises(SdkError, match=r"missing\.sol"):
        compile_source(tmp_path / "missing.sol")


def test_what_was_compiled_verifies_by_its_standard_json_and_another_does_not(
    limited, contracts, shop
):
    code = bytes(limited.w3.eth.get_code(shop.address))
    version = compiler_version()
    compare(compile_standard(contracts.standard_json, "MerchantPayments", version), code)
    with pytest.raises(InvalidInput, match="verify"):
        compare(compile_standard(contracts.standard_json, "Till", version), code)


def test_a_payment_through_a_contract_is_counted_once(limited, shop):
    aida, merchant = limited.accounts[0], limited.accounts[-1]
    limited.send(shop.functions.pay(merchant.address, minor("100", "KGST"), bytes(32)), by=aida)
    assert _volume(limited) == 100 * KGST
    assert limited.kgst.balance(merchant) == 10_100 * KGST


def test_a_payment_split_in_one_transaction_is_refused_and_one_below_is_not(limited, shop):
    aida, merchant = limited.accounts[0], limited.accounts[-1]
    parts = minor("3000", "KGST"), minor("2000.01", "KGST")
    with pytest.raises(PermitRefused) as refusal:
        limited.send(shop.functions.payInTwo(merchant.address, *parts, bytes(32)), by=aida)
    assert refusal.value.clause == "per_transaction"
    assert _volume(limited) == 0
    parts = minor("3000", "KGST"), minor("2000", "KGST")
    limited.send(shop.functions.payInTwo(merchant.address, *parts, bytes(32)), by=aida)
    assert _volume(limited) == 5_000 * KGST


def test_a_factorys_child_hands_on_and_is_counted_once(limited, contracts):
    aida, merchant = limited.accounts[0], limited.accounts[-1]
    factory = limited.deploy(contracts["TillFactory"], limited.kgst.address)
    limited.send(factory.functions.open(merchant.address))
    till = limited.contract(factory.functions.tillOf(merchant.address).call(), contracts["Till"])
    limited.kgst.approve(aida, till, "100")
    limited.send(till.functions.pay(minor("100", "KGST")), by=aida)
    assert _volume(limited) == 100 * KGST


def test_a_contracts_own_refusal_is_named_and_touches_no_clause(limited, shop):
    bek, merchant = limited.accounts[1], limited.accounts[-1]
    with pytest.raises(ContractReverted, match="InsufficientAllowance"):
        limited.send(shop.functions.pay(merchant.address, 1, bytes(32)), by=bek)


def test_a_refusal_in_a_mined_transaction_is_explained(limited, shop):
    aida, merchant = limited.accounts[0], limited.accounts[-1]
    limited.issue("KGST", aida, "10000")
    call = shop.functions.pay(merchant.address, minor("5000", "KGST"), bytes(32))
    enough = {**as_transaction(call, aida.address), "gas": 500_000}
    with limited.one_block():
        sent = [limited.submit(enough, by=aida) for _ in range(3)]
    assert limited.wait(sent[0])["blockNumber"] == limited.wait(sent[1])["blockNumber"]
    with pytest.raises(PermitRefused) as refusal:
        limited.wait(sent[2], call)
    assert (refusal.value.clause, refusal.value.used) == ("window_volume", 10_000 * KGST)
    assert refusal.value.tx_hash == sent[2].to_0x_hex()


def test_waiting_inside_one_block_is_refused_instead_of_waiting_for_ever(limited, shop):
    call = shop.functions.pay(limited.accounts[-1].address, 1, bytes(32))
    with limited.one_block(), pytest.raises(SdkError, match="held"):
        limited.send(call)
    limited.send(call)
