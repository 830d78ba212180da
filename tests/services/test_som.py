"""A permit on the digital som: from the application to payments between registered wallets."""

from __future__ import annotations

import time

import pytest

from sandbox.domain.seats import Channel
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.services import faucet, usage
from sandbox.services.calls import call_data, event_topic
from sandbox.services.faucet import AskFaucet
from tests.gateway.support import transfer

SOM = 100
"""Tyiyn."""
SOM_ONLY = {
    "assets": "SOM",
    "max_customers": "3",
    "max_merchants": "1",
    "SOM.per_transaction": "5 000.50",
    "SOM.window_volume": "9 000",
    "SOM.customer_cap": "20 000",
    "SOM.merchant_cap": "300 000",
}
BOTH = SOM_ONLY | {"assets": "KGST,SOM"}


@pytest.fixture
def number(world):
    return world.active(**SOM_ONLY)


def _team(world, number):
    return world.actor("bakyt", channel=Channel.SERVER, permit=number)


def _fund(world, number, address, amount, asset="SOM", key=None):
    command = AskFaucet(number, address, asset, str(amount), key)
    issue = world.do(faucet.ask, _team(world, number), command)
    world.settle()
    return world.look(faucet.status, _team(world, number), issue.id)


def _rpc(world, token, method, *params):
    world.worker.beat()
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    return world.system.post("som", body, token).json()


def _call(world, token, data):
    """A customer calls the som, by its own token, at no fee."""
    sender = _rpc(world, token, "eth_accounts")["result"][0]
    where = world.system.national["som"].tokens["SOM"]
    return _rpc(world, token, "eth_sendTransaction", {"from": sender, "to": where, "data": data})


def _mined(world, digest):
    deadline = time.monotonic() + 20
    while True:
        found = world.ports.gateway.rpc("som", "eth_getTransactionReceipt", [digest])
        if found:
            return found
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _read(world, function, *values):
    where = world.system.national["som"].tokens["SOM"]
    call = {"to": where, "data": call_data("DigitalSom", function, *values)}
    return int(world.ports.gateway.rpc("som", "eth_call", [call, "latest"]), 16)


def _line(world, number, clause):
    with world.store.unit(read_only=True) as u:
        view = usage.usage(u, world.actor("ermek"), number, at=world.at, ports=world.ports)
    return next(each for each in view.limits if each.clause == clause)


def test_a_payment_in_som_is_counted_in_tyiyn_and_one_too_large_is_refused(world, number):
    (customer,) = world.people(number, 1)
    (merchant,) = world.people(number, 1, "merchant")
    issued = _fund(world, number, customer.address, 12_000 * SOM)
    assert (issued.state, issued.refusal) == ("issued", None)
    assert world.ports.gateway.rpc("som", "eth_getBalance", [customer.address, "latest"]) == "0x0"
    paid = _call(world, customer.token, transfer(merchant.address, 5_000 * SOM + 50))
    assert _mined(world, paid["result"])["status"] == "0x1"
    assert _read(world, "balanceOf", merchant.address) == 500_050
    assert _line(world, number, "window_volume").used == "500050"
    error = _call(world, customer.token, transfer(merchant.address, 5_000 * SOM + 51))["error"]
    said = error["data"]
    assert (said["clause"], said["limit"], said["requested"]) == (
        "per_transaction",
        "500050",
        "500051",
    )
    assert (said["asset"], "5,000.50" in error["message"]) == ("SOM", True), error
    error = _call(world, customer.token, transfer(merchant.address, 4_000 * SOM))["error"]
    said = error["data"]
    assert (said["clause"], said["limit"], said["used"]) == ("window_volume", "900000", "500050")


def test_an_address_that_no_bank_opened_is_refused_and_a_members_wallet_redeems(world, number):
    (customer,) = world.people(number, 1)
    _fund(world, number, customer.address, 100 * SOM)
    stranger = "0x00000000000000000000000000000000DeaDBeef"
    sent = _call(world, customer.token, transfer(stranger, 1))
    assert "NotRegistered" in sent["error"]["message"], sent
    done = _call(world, customer.token, call_data("DigitalSom", "redeem", 40 * SOM))
    receipt = _mined(world, done["result"])
    assert receipt["logs"][-1]["topics"][0] == event_topic("DigitalSom", "Redeemed")
    assert _read(world, "balanceOf", customer.address) == 60 * SOM


def test_the_faucet_pays_som_through_the_bank_which_keeps_nothing(world, number):
    (customer,) = world.people(number, 1)
    bank = world.system.signer.address("system/issuer")
    before = _read(world, "balanceOf", bank)
    _fund(world, number, customer.address, 19_000 * SOM)
    supply = _read(world, "totalSupply")
    refused = _fund(world, number, customer.address, 1_000 * SOM + 1)
    assert (refused.state, refused.refusal["clause"]) == ("refused", "customer_cap")
    assert (refused.refusal["limit"], refused.refusal["asset"]) == ("2000000", "SOM")
    assert (_read(world, "totalSupply"), _read(world, "balanceOf", bank)) == (supply, before)
    assert _fund(world, number, customer.address, 1_000 * SOM).state == "issued"


def test_the_faucet_gives_som_up_to_its_quota_and_names_it_beyond(world, number):
    settlement = world.permit(number).settlement
    most = faucet.MOST_A_DAY["SOM"]
    assert _fund(world, number, settlement, most).state == "issued"
    with pytest.raises(Conflict, match=r"faucet\.quota") as caught:
        _fund(world, number, settlement, 1)
    assert caught.value.params == {
        "asset": "SOM",
        "limit": str(most),
        "used": str(most),
        "requested": "1",
    }


def test_a_som_permit_is_offered_neither_kgst_nor_gas_money(world, number):
    settlement = world.permit(number).settlement
    for asset in ("KGST", "BNB"):
        with pytest.raises(InvalidInput, match=r"faucet\.asset") as caught:
            _fund(world, number, settlement, 1, asset)
        assert caught.value.params["offered"] == "SOM"


def test_a_permit_for_both_moneys_keeps_their_counts_apart(world):
    number = world.active(**BOTH)
    (customer,) = world.people(number, 1)
    (merchant,) = world.people(number, 1, "merchant")
    assert _fund(world, number, customer.address, 300 * SOM).state == "issued"
    assert _fund(world, number, customer.address, 10**18, "KGST").state == "issued"
    paid = _call(world, customer.token, transfer(merchant.address, 300 * SOM))
    assert _mined(world, paid["result"])["status"] == "0x1"
    with world.store.unit(read_only=True) as u:
        view = usage.usage(u, world.actor("ermek"), number, at=world.at, ports=world.ports)
    used = {each.asset: each.used for each in view.limits if each.clause == "window_volume"}
    assert used == {"KGST": "0", "SOM": "30000"}
