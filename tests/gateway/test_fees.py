"""Fees where gas is free: an account of zero balance sends whatever small fee its tool offers."""

from __future__ import annotations

import pytest
from eth_account import Account

from sandbox.domain.policy import PolicyWallet
from sandbox.gateway.steps.fees import LENT, MOST
from tests.gateway.support import Permit

GAS = 100_000


@pytest.fixture
def som(system, numbers):
    """A permit on the som chain with an empty wallet of the team's own."""
    return Permit(system, next(numbers), chain="som", on_chain=False)


def _balance(system, permit, wallet, chain="som"):
    return int(system.ok(permit, "eth_getBalance", wallet, "latest", chain=chain), 16)


def _send(system, permit, chain="som", **fees):
    fields = {"gas": GAS, "gasPrice": None} | fees
    raw = permit.sign(to=permit.token, data="0x18160ddd", **fields)
    return system.rpc(permit, "eth_sendRawTransaction", raw, chain=chain)


def test_a_wallet_of_zero_balance_sends_at_no_fee_and_stays_empty(system, som):
    answer = _send(system, som, gasPrice=0)
    assert system.receipt(som, answer["result"], chain="som")["status"] == "0x1"
    assert _balance(system, som, som.account.address) == 0


@pytest.mark.parametrize(
    "fees",
    [
        {"gasPrice": 1},
        {"maxFeePerGas": 1, "maxPriorityFeePerGas": 1},
        {"maxFeePerGas": MOST // GAS, "maxPriorityFeePerGas": 0},
    ],
)
def test_a_wallet_of_zero_balance_sends_although_it_offers_a_fee(system, som, fees):
    answer = _send(system, som, **fees)
    receipt = system.receipt(som, answer["result"], chain="som")
    assert receipt["status"] == "0x1"
    paid = int(receipt["gasUsed"], 16) * fees.get("maxPriorityFeePerGas", fees.get("gasPrice"))
    assert _balance(system, som, som.account.address) == LENT - paid


def test_nothing_is_lent_for_a_fee_that_is_no_accident(system, som):
    answer = _send(system, som, gasPrice=MOST // GAS + 1)
    assert answer["error"]["data"]["code"] == "gateway.insufficient_funds"
    assert _balance(system, som, som.account.address) == 0


def test_a_wallet_is_lent_to_once(system, som):
    first = _send(system, som, gasPrice=MOST // GAS)
    assert system.receipt(som, first["result"], chain="som")["status"] == "0x1"
    spent = 0
    while "result" in (answer := _send(system, som, gasPrice=MOST // GAS)):
        system.receipt(som, answer["result"], chain="som")
        spent += 1
        assert spent < 100, "it never runs dry"
    assert answer["error"]["data"]["code"] == "gateway.insufficient_funds"
    assert _balance(system, som, som.account.address) < MOST


def test_a_stranger_is_lent_nothing(system, som):
    stranger = Account.create()
    raw = som.sign(0, data="0x18160ddd", account=stranger, gas=GAS, gasPrice=1)
    answer = system.rpc(som, "eth_sendRawTransaction", raw, chain="som")
    assert answer["error"]["data"]["code"] == "gateway.wallet_not_permitted"
    assert _balance(system, som, stranger.address) == 0


def test_nothing_is_lent_where_gas_has_a_price(system, permit):
    empty = Account.create()
    permit.change(wallets=(*permit.policy.wallets, PolicyWallet(empty.address, "settlement", None)))
    raw = permit.sign(0, data="0x18160ddd", account=empty, gas=GAS, gasPrice=10**9)
    answer = system.rpc(permit, "eth_sendRawTransaction", raw)
    assert answer["error"]["data"]["code"] == "gateway.insufficient_funds"
    assert _balance(system, permit, empty.address, "kgst") == 0
