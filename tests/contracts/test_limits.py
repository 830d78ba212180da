"""The permit's limits at, and one unit above, on a real engine, through real products."""

from __future__ import annotations

from functools import cache

import pytest
from eth_account import Account
from web3.contract.contract import Contract

from sandbox.contracts.artifacts import Artifact
from sandbox.contracts.compiler import compile_sources
from sandbox.contracts.typed import ChainRefusal
from tests.contracts.support import (
    CUSTOMER,
    DAY,
    KGST,
    MERCHANT,
    PERMIT,
    REVERTS,
    SETTLEMENT,
    World,
    refusal_of,
)

TILL = """
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;
import {SafeERC20, IERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IKGST} from "synak/IKGST.sol";

contract Till {
    using SafeERC20 for IERC20;
    IKGST public immutable kgst;
    Helper public immutable helper;
    constructor(IKGST kgst_) { kgst = kgst_; helper = new Helper(); }
    function pay(address shop, uint256 amount) external {
        IERC20(kgst).safeTransferFrom(msg.sender, address(this), amount);
        IERC20(kgst).safeTransfer(shop, amount);
    }
    /// Half directly, half through another contract.
    function paySplit(address shop, uint256 half) external {
        IERC20(kgst).safeTransferFrom(msg.sender, shop, half);
        helper.pull(kgst, msg.sender, shop, half);
    }
    function payThroughChild(address shop, uint256 amount) external {
        Child child = new Child();
        IERC20(kgst).safeTransferFrom(msg.sender, address(child), amount);
        child.pass(kgst, shop, amount);
    }
}

contract Helper {
    function pull(IKGST kgst, address from, address to, uint256 amount) external {
        kgst.transferFrom(from, to, amount);
    }
}

contract Child {
    function pass(IKGST kgst, address to, uint256 amount) external { kgst.transfer(to, amount); }
}
"""


@pytest.fixture
def trial(world: World) -> World:
    world.publish(world.terms())
    return world


@cache
def _built_till() -> Artifact:
    return compile_sources({"Till.sol": TILL})["Till"]


def _till(world: World) -> Contract:
    operator = world.enrol(SETTLEMENT)
    return world.engine.deploy(operator, _built_till(), world.kgst.address)


def test_payment_at_the_transaction_limit_is_counted(trial: World) -> None:
    aida, shop = trial.enrol(CUSTOMER, funds=10_000 * KGST), trial.enrol(MERCHANT)
    trial.pay(aida, shop.address, 5_000 * KGST)
    assert trial.usage() == (5_000 * KGST, 5_000 * KGST, 1, 1)


def test_payment_one_unit_above_the_transaction_limit_is_refused_by_its_clause(
    trial: World,
) -> None:
    aida, shop = trial.enrol(CUSTOMER, funds=10_000 * KGST), trial.enrol(MERCHANT)
    with pytest.raises(REVERTS) as caught:
        trial.pay(aida, shop.address, 5_000 * KGST + 1)
    assert refusal_of(caught.value) == ChainRefusal(
        PERMIT, 1, "per_transaction", 5_000 * KGST, 0, 5_000 * KGST + 1
    )


def test_split_over_helper_contracts_in_one_transaction_is_summed(trial: World) -> None:
    """EIP-1153 on the engine that is really used: the sum spans contracts and calls."""
    till, shop = _till(trial), trial.enrol(MERCHANT)
    aida = trial.enrol(CUSTOMER, funds=10_000 * KGST)
    for spender in (till.address, till.functions.helper().call()):
        trial.engine.send(aida, trial.kgst.functions.approve(spender, 10_000 * KGST))
    with pytest.raises(REVERTS) as caught:
        trial.engine.send(aida, till.functions.paySplit(shop.address, 2_500 * KGST + 1))
    refusal = refusal_of(caught.value)
    assert (refusal.clause, refusal.used) == ("per_transaction", 2_500 * KGST + 1)
    trial.engine.send(aida, till.functions.paySplit(shop.address, 2_500 * KGST))
    trial.engine.send(aida, till.functions.paySplit(shop.address, 1))
    assert trial.usage()[0] == 5_000 * KGST + 2


@pytest.mark.parametrize("way", ["pay", "payThroughChild"])
def test_payment_through_a_contract_or_a_factorys_child_counts_once(trial: World, way: str) -> None:
    till, shop = _till(trial), trial.enrol(MERCHANT)
    aida = trial.enrol(CUSTOMER, funds=15_000 * KGST)
    trial.engine.send(aida, trial.kgst.functions.approve(till.address, 15_000 * KGST))
    trial.engine.send(aida, till.functions[way](shop.address, 5_000 * KGST))
    assert trial.usage()[0] == 5_000 * KGST
    assert trial.kgst.functions.balanceOf(shop.address).call() == 5_000 * KGST
    with pytest.raises(REVERTS) as caught:
        trial.engine.send(aida, till.functions[way](shop.address, 5_000 * KGST + 1))
    assert refusal_of(caught.value).clause == "per_transaction"


def test_the_payment_that_crosses_the_window_is_refused_and_says_when_room_frees(
    world: World,
) -> None:
    world.publish(world.terms(windowVolume=12_000 * KGST))
    aida, shop = world.enrol(CUSTOMER, funds=20_000 * KGST), world.enrol(MERCHANT)
    world.engine.travel((world.engine.now() // 1_800 + 1) * 1_800 + 10)
    begun = world.engine.now()
    for amount in (5_000, 5_000, 2_000):
        world.pay(aida, shop.address, amount * KGST)
    with pytest.raises(REVERTS) as caught:
        world.pay(aida, shop.address, 1)
    refusal = refusal_of(caught.value)
    assert (refusal.clause, refusal.limit, refusal.used) == (
        "window_volume",
        12_000 * KGST,
        12_000 * KGST,
    )
    assert refusal.frees_at is not None
    assert begun + DAY < refusal.frees_at <= begun + DAY + 1_800
    world.engine.travel(refusal.frees_at)
    world.pay(aida, shop.address, 5_000 * KGST)


def test_the_twentieth_customer_is_registered_and_the_next_is_refused(trial: World) -> None:
    for number in range(20):
        trial.enrol(CUSTOMER, f"customer {number}")
    with pytest.raises(REVERTS) as caught:
        trial.enrol(CUSTOMER, "one too many")
    assert refusal_of(caught.value) == ChainRefusal(PERMIT, 1, "max_customers", 20, 20, 1)
    trial.enrol(CUSTOMER, "customer 0")


def test_the_holding_cap_counts_a_persons_wallets_together(trial: World) -> None:
    first, second = (trial.enrol(CUSTOMER, "Aida") for _ in range(2))
    trial.issue(first.address, 19_000 * KGST)
    trial.issue(second.address, 1_000 * KGST)
    with pytest.raises(REVERTS) as caught:
        trial.issue(second.address, 1)
    assert refusal_of(caught.value) == ChainRefusal(
        PERMIT, 1, "customer_cap", 20_000 * KGST, 20_000 * KGST, 1
    )


def test_an_address_that_nobody_registered_is_refused_by_name(trial: World) -> None:
    aida, stranger = trial.enrol(CUSTOMER, funds=KGST), Account.create()
    with pytest.raises(REVERTS) as caught:
        trial.pay(aida, stranger.address, 1)
    assert refusal_of(caught.value) == ChainRefusal(
        PERMIT, 1, "not_a_member", subject=stranger.address
    )


def test_in_wind_down_customers_redeem_and_nobody_pays(world: World) -> None:
    terms = world.terms()
    world.publish(terms)
    aida, shop = world.enrol(CUSTOMER, funds=5_000 * KGST), world.enrol(MERCHANT)
    world.pay(aida, shop.address, 1_000 * KGST)
    world.publish(terms | {"version": 2, "state": 2}, world.regulators[0])
    with pytest.raises(REVERTS) as caught:
        world.pay(aida, shop.address, 1)
    assert refusal_of(caught.value) == ChainRefusal(PERMIT, 2, "wind_down", subject=shop.address)
    world.pay(shop, aida.address, 1_000 * KGST)
    world.engine.send(aida, world.kgst.functions.redeem(5_000 * KGST))
    assert world.kgst.functions.totalSupply().call() == 0


def test_two_transactions_of_one_block_do_not_share_the_last_unit(world: World) -> None:
    world.publish(world.terms(windowVolume=5_000 * KGST))
    aida, bek = (world.enrol(CUSTOMER, funds=5_000 * KGST) for _ in range(2))
    shop = world.enrol(MERCHANT)
    w3 = world.engine.w3
    world.engine.ask("evm_setAutomine", False)
    try:
        hashes = []
        for payer in (aida, bek):
            built = world.kgst.functions.transfer(shop.address, 5_000 * KGST).build_transaction(
                {"from": payer.address, "nonce": 0, "gas": 500_000, "gasPrice": 0}
            )
            raw = payer.sign_transaction(built).raw_transaction
            hashes.append(w3.eth.send_raw_transaction(raw))
        world.engine.ask("evm_mine")
    finally:
        world.engine.ask("evm_setAutomine", True)
    receipts = [w3.eth.get_transaction_receipt(each) for each in hashes]
    assert len({receipt["blockNumber"] for receipt in receipts}) == 1
    assert sorted(receipt["status"] for receipt in receipts) == [0, 1]
    assert world.usage()[0] == 5_000 * KGST


def test_a_transfer_between_members_costs_less_than_a_hundred_thousand_gas(trial: World) -> None:
    """Throughput is gas: the bound is for a warm transfer, both sides already holding."""
    aida, shop = trial.enrol(CUSTOMER, funds=10_000 * KGST), trial.enrol(MERCHANT, funds=KGST)
    trial.pay(aida, shop.address, KGST)
    assert trial.pay(aida, shop.address, KGST)["gasUsed"] < 100_000
