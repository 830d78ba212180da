"""A Safe from its published package: it holds KGST and pays when two owners have signed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3RPCError
from web3.logs import DISCARD
from web3.middleware import SignAndSendRawMiddlewareBuilder

from sandbox.contracts.loader import artifact
from sandbox.kit.ids import CHAIN_IDS
from tests.clients.published import at, deploy, mined

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),  # web3's own sessions
]
KGST = 10**18
NOBODY = "0x" + "0" * 40
STRANGER = "0x00000000000000000000000000000000DeaDBeef"
FIELDS = {
    "to": "address",
    "value": "uint256",
    "data": "bytes",
    "operation": "uint8",
    "safeTxGas": "uint256",
    "baseGas": "uint256",
    "gasPrice": "uint256",
    "gasToken": "address",
    "refundReceiver": "address",
    "nonce": "uint256",
}


@pytest.fixture(scope="module")
def safe(trial, owner):
    """A Safe behind its proxy with two owners, and 1,000 KGST in it."""
    w3 = Web3(HTTPProvider(trial.url("kgst")))
    w3.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(owner), layer=0)
    w3.eth.default_account = owner.address
    owners = [Account.create(), Account.create()]
    singleton = deploy(w3, "Safe")
    factory = deploy(w3, "SafeProxyFactory")
    setup = singleton.encode_abi(
        "setup",
        [[each.address for each in owners], 2, NOBODY, "0x", NOBODY, NOBODY, 0, NOBODY],
    )
    made = mined(w3, factory.functions.createProxyWithNonce(singleton.address, setup, 7).transact())
    (event,) = factory.events.ProxyCreation().process_receipt(made, DISCARD)
    proxy = at(w3, "Safe", event.args.proxy)
    (customer,) = trial.people(1)
    kgst = w3.eth.contract(trial.national("kgst")["token"], abi=artifact("KGST").abi)
    trial.fund(owner.address, "KGST", 1_000 * KGST)
    mined(w3, kgst.functions.transfer(proxy.address, 1_000 * KGST).transact())
    return SimpleNamespace(
        w3=w3, proxy=proxy, owners=owners, kgst=kgst, customer=customer["address"]
    )


def pay(safe, to, amount, signers):
    """execTransaction of a KGST transfer, signed by some owners; sent by the team's wallet."""
    call = safe.kgst.encode_abi("transfer", [to, amount])
    message = {
        "to": safe.kgst.address,
        "value": 0,
        "data": call,
        "operation": 0,
        "safeTxGas": 0,
        "baseGas": 0,
        "gasPrice": 0,
        "gasToken": NOBODY,
        "refundReceiver": NOBODY,
        "nonce": safe.proxy.functions.nonce().call(),
    }
    typed = {
        "types": {
            "EIP712Domain": [
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "SafeTx": [{"name": name, "type": kind} for name, kind in FIELDS.items()],
        },
        "primaryType": "SafeTx",
        "domain": {"chainId": CHAIN_IDS["kgst"], "verifyingContract": safe.proxy.address},
        "message": message,
    }
    ordered = sorted(signers, key=lambda each: int(each.address, 16))
    signatures = b"".join(
        each.sign_message(encode_typed_data(full_message=typed)).signature for each in ordered
    )
    arguments = [message[name] for name in list(FIELDS)[:-1]]
    return safe.proxy.functions.execTransaction(*arguments, signatures)


def test_it_has_two_owners_and_pays_when_both_signed(safe, trial):
    assert safe.proxy.functions.getThreshold().call() == 2
    volume = trial.used("window_volume")
    mined(safe.w3, pay(safe, safe.customer, 250 * KGST, safe.owners).transact())
    assert safe.kgst.functions.balanceOf(safe.customer).call() == 250 * KGST
    assert safe.kgst.functions.balanceOf(safe.proxy.address).call() == 750 * KGST
    assert trial.used("window_volume") == volume, "money to a customer is no volume"


def test_one_signature_is_not_enough(safe):
    before = safe.kgst.functions.balanceOf(safe.proxy.address).call()
    with pytest.raises(Exception, match="GS020"):
        pay(safe, safe.customer, KGST, safe.owners[:1]).transact()
    with pytest.raises(Exception, match="GS026"):
        pay(safe, safe.customer, KGST, [safe.owners[0], Account.create()]).transact()
    assert safe.kgst.functions.balanceOf(safe.proxy.address).call() == before


def test_a_payment_to_somebody_outside_the_permit_moves_nothing(safe):
    before = safe.kgst.functions.balanceOf(safe.proxy.address).call()
    call = pay(safe, STRANGER, KGST, safe.owners)
    with pytest.raises(Exception, match="GS013"):  # the estimate: the Safe's own words
        call.transact()
    with pytest.raises(Web3RPCError) as caught:  # the transaction: the Supervisor's
        call.transact({"gas": 400_000})
    assert caught.value.rpc_response["error"]["data"]["clause"] == "not_a_member"
    assert safe.kgst.functions.balanceOf(safe.proxy.address).call() == before
    assert safe.kgst.functions.balanceOf(STRANGER).call() == 0
