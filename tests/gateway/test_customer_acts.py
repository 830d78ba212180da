"""Acts of customers' pages: the customer's own transaction, once, with every clause and record."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.gateway.customer_acts import CustomerAct
from sandbox.kit.errors import InvalidInput, NotAllowed, Refused
from tests.gateway.support import TOKEN, Permit, System


def asked(permit, wallet, key, *, act="pay", to=None, amount=TOKEN):
    said = {"permit": permit.number, "wallet": wallet, "act": act, "to": to}
    return {**said, "amount": str(amount), "key": key}


def held(system, permit, wallet):
    data = "0x70a08231" + wallet[2:].lower().rjust(64, "0")
    return int(system.ok(permit, "eth_call", {"to": permit.token, "data": data}, "latest"), 16)


def test_an_act_is_done_once_however_often_and_however_fast_it_is_asked_for(system, permit):
    wallet, _ = permit.customer(1, 100 * TOKEN)
    shop, _ = permit.customer(2, kind=2)
    body = asked(permit, wallet, "one", to=shop, amount=7 * TOKEN)
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: system.inside.customer_act("kgst", body), range(8)))
    assert {each["status"] for each in said} == {"0x1"}
    assert len({each["transactionHash"] for each in said}) == 1
    assert held(system, permit, shop) == 7 * TOKEN
    assert system.inside.customer_found("kgst", body) == said[0]
    nothing = {"transactionHash": None, "status": None}
    assert system.inside.customer_found("kgst", {**body, "key": "two"}) == nothing
    system.inside.customer_act("kgst", {**body, "key": "two"})
    assert held(system, permit, shop) == 14 * TOKEN


def test_a_clause_refuses_at_the_limit_plus_one_and_it_is_evidence(system, permit):
    wallet, _ = permit.customer(1, 20_000 * TOKEN)
    shop, _ = permit.customer(2, kind=2)
    above = asked(permit, wallet, "above", to=shop, amount=5_000 * TOKEN + 1)
    with pytest.raises(Refused, match=r"refused\.per_transaction") as caught:
        system.inside.customer_act("kgst", above)
    assert caught.value.params["limit"] == str(5_000 * TOKEN)
    records = system.inside.refusals(0, permit=permit.number)
    assert [(each["clause"], each["sender"]) for each in records] == [("per_transaction", wallet)]
    assert records[0]["account"].startswith("page:")
    exactly = asked(permit, wallet, "exactly", to=shop, amount=5_000 * TOKEN)
    assert system.inside.customer_act("kgst", exactly)["status"] == "0x1"


def test_money_goes_home_in_wind_down_and_nothing_else(system, permit):
    wallet, _ = permit.customer(1, 10 * TOKEN)
    shop, _ = permit.customer(2, kind=2)
    permit.publish(version=2, state=2)
    permit.change(version=2, state="suspended")
    with pytest.raises(Refused):
        system.inside.customer_act("kgst", asked(permit, wallet, "pay", to=shop))
    home = asked(permit, wallet, "home", act="redeem", amount=10 * TOKEN)
    assert system.inside.customer_act("kgst", home)["status"] == "0x1"
    assert held(system, permit, wallet) == 0


def test_only_a_persons_own_managed_wallet_acts(system, permit, numbers):
    wallet, _ = permit.customer(1, 10 * TOKEN)
    permit.issue(permit.managed, 10 * TOKEN)
    for other in (permit.managed, permit.account.address, permit.token):
        with pytest.raises(NotAllowed, match="wallet_not_managed"):
            system.inside.customer_act("kgst", asked(permit, other, "x", to=wallet))
    foreign = Permit(system, next(numbers), on_chain=False)
    with pytest.raises(NotAllowed, match="wallet_not_managed"):
        system.inside.customer_act("kgst", asked(foreign, wallet, "x", to=permit.managed))
    with pytest.raises(NotAllowed, match=r"gateway\.permit_unknown"):
        system.inside.customer_act(
            "kgst", {**asked(permit, wallet, "x", to=permit.managed), "permit": "SB-1999-0001"}
        )


@pytest.mark.parametrize(
    "change",
    [
        {"act": "approve"},
        {"act": "redeem"},
        {"to": None},
        {"amount": "0"},
        {"amount": "-1"},
        {"amount": "1.5"},
        {"amount": str(2**256)},
        {"key": ""},
        {"key": "k" * 65},
        {"wallet": "0x12"},
        {"to": "nobody"},
    ],
)
def test_anything_but_a_payment_or_a_redemption_is_refused(system, quiet, change):
    wallet = quiet.managed
    body = asked(quiet, wallet, "key", to="0x5FbDB2315678afecb367f032d93F642f64180aa3") | change
    with pytest.raises(InvalidInput):
        system.inside.customer_act("kgst", body)


def test_the_name_of_an_act_holds_its_wallet():
    one, two = (
        "0x5FbDB2315678afecb367f032d93F642f64180aa3",
        "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512",
    )
    names = {
        CustomerAct("SB-2026-0001", each, "redeem", None, 1, "same").name for each in (one, two)
    }
    assert len(names) == 2


@pytest.mark.slow
def test_an_act_is_found_after_a_restart_and_not_done_again(tmp_path_factory):
    running = System(tmp_path_factory.mktemp("again")).start()
    try:
        permit = Permit(running, "SB-2026-0001")
        wallet, _ = permit.customer(1, 100 * TOKEN)
        shop, _ = permit.customer(2, kind=2)
        body = asked(permit, wallet, "one", to=shop, amount=7 * TOKEN)
        first = running.inside.customer_act("kgst", body)
        running.stop()
        running.start()
        assert (
            running.inside.customer_found("kgst", body)["transactionHash"]
            == first["transactionHash"]
        )
        assert running.inside.customer_act("kgst", body) == first
        assert held(running, permit, shop) == 7 * TOKEN
    finally:
        running.stop()
