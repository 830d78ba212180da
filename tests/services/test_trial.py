from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.seats import Channel, Seat
from sandbox.kit.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Refused,
    Unavailable,
)
from sandbox.services import console, customers, faucet, keys, refusals, usage
from sandbox.services.customers import GiveConsent, InviteCustomers
from sandbox.services.evidence import copy_refusals
from sandbox.services.faucet import AskFaucet
from sandbox.services.hub_export import contexts_of
from sandbox.services.identity import actor_of_secret
from sandbox.services.interventions import Suspend, suspend
from sandbox.services.keys import CreateKey, RevokeKey
from sandbox.services.permits import trial_view
from sandbox.services.ports import Ports
from tests.gateway.support import transfer
from tests.services.world import KGST

LIMITED = {"max_customers": "2", "max_merchants": "1"}


def _team(world, number):
    return world.actor("bakyt", channel=Channel.SERVER, permit=number)


def _holder(world, secret):
    with world.store.unit(read_only=True) as u:
        return actor_of_secret(u, secret, at=world.at)


def _usage(world, number, who="ermek"):
    with world.store.unit(read_only=True) as u:
        view = usage.usage(u, world.actor(who), number, at=world.at, ports=world.ports)
    return {(line.clause, line.asset): line for line in view.limits}, view


def _fund(world, number, address, amount, asset="KGST"):
    command = AskFaucet(number, address, asset, str(amount))
    issue = world.do(faucet.ask, _team(world, number), command)
    world.settle()
    return world.look(faucet.status, _team(world, number), issue.id)


def _beat(world):
    world.worker.beat()


def _pay(world, token, to, amount):
    """A customer pays by the public gateway, with its own token."""
    _beat(world)
    where = world.system.national["kgst"]
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "eth_sendTransaction",
        "params": [{"to": where.tokens["KGST"], "data": transfer(to, amount)}],
    }
    sender = world.system.post("kgst", {**body, "method": "eth_accounts", "params": []}, token)
    body["params"][0]["from"] = sender.json()["result"][0]
    return world.system.post("kgst", body, token).json()


def _mined(world, digest):
    """Wait: behind a queued transaction a refusal is only known when it is mined."""
    deadline = time.monotonic() + 20
    while not world.ports.gateway.rpc("kgst", "eth_getTransactionReceipt", [digest]):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_people_consent_with_their_own_wallets_and_one_too_many_is_refused(world):
    """Each consents alone, as real people do: the chain decides who is too many."""
    number = world.active(**LIMITED)
    people = world.do(
        customers.invite, _team(world, number), InviteCustomers(number, 3), ports=True
    )
    for each in people:
        world.do(customers.consent, _holder(world, each.token), GiveConsent(), ports=True)
    world.settle()
    assert len({each.token for each in people} | {each.address for each in people}) == 6
    found = world.look(customers.list_customers, "ermek", number)
    assert sorted(each.state for each in found) == ["refused", "registered", "registered"]
    refused = next(each for each in found if each.state == "refused")
    assert refused.refusal["clause"] == "max_customers"
    assert (refused.refusal["limit"], refused.refusal["used"]) == ("2", "2")
    lines, _ = _usage(world, number)
    assert (lines["max_customers", None].used, lines["max_customers", None].limit) == ("2", "2")


def test_more_people_than_places_are_refused_as_a_whole_before_anybody_is_invited(world):
    number = world.active(**LIMITED)
    team, one = _team(world, number), InviteCustomers(number, 1, consent=True)
    world.do(customers.invite, team, one, ports=True)
    too_many = InviteCustomers(number, 2, consent=True)
    with pytest.raises(Refused, match=r"refused\.max_customers") as caught:
        world.do(customers.invite, team, too_many, ports=True)
    said = caught.value.params
    assert (said["limit"], said["used"], said["requested"]) == (2, 1, 2)
    assert len(world.look(customers.list_customers, "ermek", number)) == 1
    world.do(customers.invite, team, one, ports=True)
    world.settle()
    found = world.look(customers.list_customers, "ermek", number)
    assert [each.state for each in found] == ["registered", "registered"]


def test_without_consent_nobody_is_registered(world):
    number = world.active(**LIMITED)
    command = InviteCustomers(number, 1)
    (person,) = world.do(customers.invite, _team(world, number), command, ports=True)
    world.settle()
    assert world.look(customers.list_customers, "bakyt", number)[0].state == "invited"
    holder = _holder(world, person.token)
    assert world.do(customers.consent, holder, GiveConsent(), ports=True).state == "consented"
    assert world.do(customers.consent, holder, GiveConsent(), ports=True).state == "consented"
    world.settle()
    assert world.look(customers.me, holder).state == "registered"


def test_a_teams_token_cannot_consent_for_a_person(world):
    number = world.active(**LIMITED)
    with pytest.raises(NotAllowed, match=r"customer\.token_needed"):
        world.do(customers.consent, _team(world, number), GiveConsent(), ports=True)


@pytest.mark.parametrize(
    ("count", "kind", "code"),
    [(0, "customer", "count"), (201, "customer", "count"), (1, "king", "kind")],
)
def test_a_wrong_invitation_is_refused(world, count, kind, code):
    number = world.active(**LIMITED)
    command = InviteCustomers(number, count, kind)
    with pytest.raises(InvalidInput, match=rf"customer\.{code}"):
        world.do(customers.invite, _team(world, number), command, ports=True)


def test_nobody_is_invited_while_suspended(world):
    number = world.active(**LIMITED)
    world.do(suspend, "ermek", Suspend(number, "risk"), ports=True)
    command = InviteCustomers(number, 1)
    with pytest.raises(NotAllowed, match=r"permit\.not_active"):
        world.do(customers.invite, _team(world, number), command, ports=True)


def test_another_permits_server_sees_nothing_of_this_one(world):
    first, second = world.active(**LIMITED), world.active(**LIMITED)
    with pytest.raises(NotFound, match=r"permit\.not_found"):
        world.look(customers.list_customers, _team(world, first), second)
    assert world.look(trial_view, _team(world, first)).number == first
    with pytest.raises(NotAllowed, match=r"permit\.no_context"):
        world.look(trial_view, world.actor("bakyt"))


def test_money_a_payment_its_use_and_a_refusal_as_evidence(world):
    number = world.active(**LIMITED)
    (customer,) = world.people(number, 1)
    (merchant,) = world.people(number, 1, "merchant")
    issued = _fund(world, number, customer.address, 12_000 * KGST)
    assert (issued.state, issued.refusal) == ("issued", None)
    paid = _pay(world, customer.token, merchant.address, 4_000 * KGST)
    assert "result" in paid, paid
    _mined(world, paid["result"])
    refused = _pay(world, customer.token, merchant.address, 5_000 * KGST + 10**16)
    assert refused["error"]["data"]["clause"] == "per_transaction"
    lines, view = _usage(world, number)
    assert view.incomplete == ()
    assert lines["window_volume", "KGST"].used == str(4_000 * KGST)
    assert lines["outstanding", "KGST"].used == str(8_000 * KGST)
    assert lines["transactions_per_day", None].used == "1"
    assert copy_refusals(world.worker.desk) >= 1
    (record,) = world.look(refusals.list_refusals, "ermek", permit=number)
    assert (record.clause, record.version, record.limit) == (
        "per_transaction",
        1,
        str(5_000 * KGST),
    )
    assert record.wording["requested"] == str(5_000 * KGST + 10**16)
    with world.store.unit(read_only=True) as u:
        page = console.console(u, world.actor("ermek"), number, at=world.at, ports=world.ports)
    assert (page.customers, page.merchants) == (1, 1)
    assert {each.counted for each in page.transactions} >= {str(4_000 * KGST)}
    assert page.refusals[0].seq == record.seq


def test_refusals_are_copied_once(world):
    copy_refusals(world.worker.desk)
    with world.store.unit(read_only=True) as u:
        before, entries = u.refusals.last(), u.audit.size()
    assert copy_refusals(world.worker.desk) == 0
    with world.store.unit(read_only=True) as u:
        assert (u.refusals.last(), u.audit.size()) == (before, entries)


def test_an_issue_above_the_holding_cap_is_refused_with_its_clause(world):
    number = world.active(**LIMITED)
    (customer,) = world.people(number, 1)
    refused = _fund(world, number, customer.address, 20_000 * KGST + 1)
    assert (refused.state, refused.refusal["clause"]) == ("refused", "customer_cap")
    assert _fund(world, number, customer.address, 20_000 * KGST).state == "issued"


def test_the_faucet_gives_to_members_only_and_under_its_quota(world):
    number = world.active(**LIMITED)
    settlement = world.permit(number).settlement
    stranger = "0x00000000000000000000000000000000000000aa"
    with pytest.raises(NotAllowed, match=r"faucet\.not_a_member"):
        _fund(world, number, stranger, 1)
    with pytest.raises(InvalidInput, match=r"faucet\.asset"):
        _fund(world, number, settlement, 1, "SOM")
    with pytest.raises(InvalidInput, match=r"amount\.malformed"):
        _fund(world, number, settlement, -1)
    with pytest.raises(InvalidInput, match=r"faucet\.nothing"):
        _fund(world, number, settlement, 0)
    with pytest.raises(Conflict, match=r"faucet\.quota"):
        _fund(world, number, settlement, 10_000_000 * KGST + 1)
    assert _fund(world, number, settlement, 10**18, "BNB").state == "issued"


def test_a_permit_key_is_shown_once_opens_the_gateway_and_ends_when_revoked(world):
    number = world.active(**LIMITED)
    command = CreateKey(number, "laptop", key="form-k")
    made = world.do(keys.create_key, "aigul", command, ports=True)
    assert made.secret.startswith("spk_")
    assert world.do(keys.create_key, "aigul", command, ports=True).secret is None
    assert [each.secret for each in world.look(keys.list_keys, "aigul", number)] == [None]
    _beat(world)
    ask = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    assert world.system.post("kgst", ask, made.secret).json()["result"] == hex(56417)
    holder = _holder(world, made.secret)
    assert (holder.channel, holder.permit) == (Channel.PERMIT_KEY, number)
    with pytest.raises(NotAllowed, match=r"key\.not_by_key"):
        world.do(keys.create_key, holder, CreateKey(number, "more"), ports=True)
    world.do(keys.revoke_key, "bakyt", RevokeKey(made.id), ports=True)
    assert world.system.post("kgst", ask, made.secret).json()["error"]["code"] == -32001
    with pytest.raises(NotAuthenticated, match=r"key\.revoked"):
        _holder(world, made.secret)


@pytest.mark.parametrize(
    "change",
    [{"org": "ala-too-demo-bank"}, {"seats": (Seat.COMPLIANCE,)}, {"active": False}],
    ids=["another organisation", "without the right", "no longer active"],
)
def test_a_permit_key_ends_at_the_gateway_with_its_makers_membership(world, change):
    number = world.active(**LIMITED)
    left = world.do(keys.create_key, "bakyt", CreateKey(number, "left"), ports=True).secret
    stays = world.do(keys.create_key, "aigul", CreateKey(number, "stays"), ports=True).secret
    ask = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    _beat(world)
    assert world.system.post("kgst", ask, left).json()["result"] == hex(56417)
    with world.store.unit() as u:
        u.accounts.save(replace(u.accounts.get("bakyt"), **change))
        u.commit()
    _beat(world)
    assert world.system.post("kgst", ask, left).json()["error"]["code"] == -32001
    assert world.system.post("kgst", ask, stays).json()["result"] == hex(56417)


def test_an_expired_or_unknown_key_is_nobody(world):
    number = world.active(**LIMITED)
    made = world.do(keys.create_key, "aigul", CreateKey(number, "short", days=1), ports=True)
    world.clock.ahead = timedelta(days=1, seconds=1)
    with pytest.raises(NotAuthenticated, match=r"key\.expired"):
        _holder(world, made.secret)
    with pytest.raises(NotAuthenticated, match=r"key\.unknown"):
        _holder(world, "spk_guess")


def test_usage_says_what_it_could_not_ask(world):
    number = world.active(**LIMITED)

    class Away:
        def national(self):
            raise Unavailable("gateway.unreachable")

        def readings(self, permits, asked):
            raise Unavailable("gateway.unreachable")

    world.ports = Ports(world.ports.signer, Away())
    lines, view = _usage(world, number)
    assert set(view.incomplete) == {"chain:kgst", "gateway"}
    assert lines["window_volume", "KGST"].used is None
    assert lines["window_volume", "KGST"].limit == str(500_000 * KGST)


def test_only_the_team_may_start_the_permits_server(world):
    number = world.active(**LIMITED)
    with world.store.unit(read_only=True) as u:
        mine = [each.context for each in contexts_of(u, "bakyt")]
        assert f"permit-{number.lower()}" in mine
        for other in ("damira", "ermek", "lira", "operator", "nobody"):
            assert contexts_of(u, other) == ()


def test_a_products_own_revert_says_its_reason_and_a_broken_record_is_kept():
    words = "08c379a0" + f"{32:064x}" + f"{4:064x}" + b"late".hex().ljust(64, "0")
    raw = {"seq": 9, "chain": "kgst", "at": 1.5, "clause": None, "output": "0x" + words}
    view = refusals.refusal_view(refusals.record_of({**raw, "permit": "SB-2026-0001"}))
    assert (view.clause, view.layer, view.wording["reason"]) == ("reverted", "chain", "late")
    odd = refusals.refusal_view(refusals.record_of({**raw, "output": "0xzz"}))
    assert odd.wording["reason"] is None
