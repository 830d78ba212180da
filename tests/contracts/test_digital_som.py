"""The digital som on a real engine: two tiers, no gas money."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from sandbox.contracts.loader import artifact
from tests.contracts.support import CUSTOMER, MERCHANT, REVERTS, World, refusal_of

SHORT = "ERC20InsufficientBalance(address,uint256,uint256)"


@pytest.fixture
def som(world: World) -> World:
    """The same world with the digital som in the place of KGST."""
    central = Account.create()
    token = world.engine.deploy(
        world.admin, artifact("DigitalSom"), world.supervisor.address, central.address
    )
    world.engine.send(world.admin, world.supervisor.functions.registerToken(token.address))
    changed = world.replaced(kgst=token, issuer=central)
    changed.publish(changed.terms(perTransaction=500_000, customerCap=2_000_000))
    return changed


def test_money_goes_from_central_bank_to_bank_to_customer_to_shop(som: World) -> None:
    bank = Account.create()
    som.engine.send(som.admin, som.supervisor.functions.registerInstitution(bank.address, True))
    som.engine.send(som.issuer, som.kgst.functions.registerBank(bank.address, True))
    som.issue(bank.address, 1_000_000)
    aida, shop = som.enrol(CUSTOMER), som.enrol(MERCHANT)
    for wallet in (aida, shop):
        som.engine.send(bank, som.kgst.functions.registerWallet(wallet.address, True))
    som.pay(bank, aida.address, 600_000)
    assert som.engine.w3.eth.get_balance(aida.address) == 0
    som.pay(aida, shop.address, 500_000)
    with pytest.raises(REVERTS) as caught:
        som.pay(aida, shop.address, 100_001)
    assert caught.value.data[:10] == "0x" + keccak(text=SHORT)[:4].hex()
    som.engine.send(shop, som.kgst.functions.redeem(500_000))
    assert som.kgst.functions.totalSupply().call() == 500_000


def test_a_member_whose_wallet_no_bank_opened_is_refused(som: World) -> None:
    aida = som.enrol(CUSTOMER)
    with pytest.raises(REVERTS) as caught:
        som.issue(aida.address, 1)
    assert caught.value.data[:10] == "0x" + keccak(text="NotBank(address)")[:4].hex()


def test_a_limit_is_refused_by_its_clause_on_this_chain_too(som: World) -> None:
    bank = Account.create()
    som.engine.send(som.admin, som.supervisor.functions.registerInstitution(bank.address, True))
    som.engine.send(som.issuer, som.kgst.functions.registerBank(bank.address, True))
    som.issue(bank.address, 1_000_000)
    aida, shop = som.enrol(CUSTOMER), som.enrol(MERCHANT)
    for wallet in (aida, shop):
        som.engine.send(bank, som.kgst.functions.registerWallet(wallet.address, True))
    som.pay(bank, aida.address, 1_000_000)
    with pytest.raises(REVERTS) as caught:
        som.pay(aida, shop.address, 500_001)
    assert refusal_of(caught.value).clause == "per_transaction"
