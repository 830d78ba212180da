"""What an order of an authority stops at the gateway: a wallet's sending and signing, or all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.domain.policy import Policy, PolicyWallet
from sandbox.kit.errors import NotAllowed, Refused
from tests.gateway.support import TOKEN
from tests.gateway.test_customer_acts import asked, held
from tests.gateway.test_managed import TYPED


def _stopped(permit, wallet, suspended=True):
    wallets = (
        replace(each, suspended=suspended) if each.address == wallet else each
        for each in permit.policy.wallets
    )
    permit.change(wallets=tuple(wallets))


def test_a_suspended_wallet_neither_pays_nor_redeems_nor_signs_and_others_do(system, permit):
    wallet, token = permit.customer(1, 100 * TOKEN)
    other, other_token = permit.customer(2, 100 * TOKEN)
    shop, _ = permit.customer(3, kind=2)
    _stopped(permit, wallet)
    for act in (asked(permit, wallet, "a", to=shop), asked(permit, wallet, "b", act="redeem")):
        with pytest.raises(NotAllowed, match=r"gateway\.wallet_suspended"):
            system.inside.customer_act("kgst", act)
    for method, params in (
        ("personal_sign", ["0x00", wallet]),
        ("eth_signTypedData_v4", [wallet, TYPED]),
        ("eth_sendTransaction", [{"from": wallet, "to": shop}]),
    ):
        error = system.error(permit, method, *params, token=token)
        assert error["data"]["code"] == "gateway.wallet_suspended", method
    assert system.inside.customer_act("kgst", asked(permit, other, "c", to=shop))["status"] == "0x1"
    assert system.ok(permit, "personal_sign", "0x00", other, token=other_token)
    assert (held(system, permit, wallet), held(system, permit, shop)) == (100 * TOKEN, TOKEN)
    _stopped(permit, wallet, suspended=False)
    assert (
        system.inside.customer_act("kgst", asked(permit, wallet, "a", to=shop))["status"] == "0x1"
    )
    assert held(system, permit, shop) == 2 * TOKEN


def test_a_stopped_permit_moves_nothing_not_even_home(system, permit):
    wallet, _ = permit.customer(1, 100 * TOKEN)
    permit.change(state="halted")
    with pytest.raises(Refused, match=r"refused\.state"):
        system.inside.customer_act("kgst", asked(permit, wallet, "home", act="redeem"))
    permit.change(state="active")
    home = system.inside.customer_act("kgst", asked(permit, wallet, "home", act="redeem"))
    assert home["status"] == "0x1"


def test_a_policy_is_read_again_as_it_was_written(permit):
    wallet = PolicyWallet(permit.managed, "settlement", "permit/x/0", suspended=True)
    policy = replace(permit.policy, wallets=(wallet,))
    assert Policy.from_dict(policy.as_dict()) == policy
    assert "suspended" not in replace(wallet, suspended=False).as_dict()
