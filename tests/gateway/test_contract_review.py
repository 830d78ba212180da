"""Contract review: nothing unapproved is paid, nothing approved changes unseen."""

import time

import pytest
from eth_utils import to_checksum_address

from sandbox.gateway.trials import Trials
from sandbox.kit.errors import InvalidInput
from tests.gateway.review_support import (
    NOTHING,
    approve,
    built,
    call,
    clauses,
    deploy,
    in_one_block,
    pay,
    refused,
    refused_quietly,
    review_of,
    reviewed_permit,
    send,
    until_withdrawn,
)
from tests.gateway.support import TOKEN, Permit, transfer


@pytest.fixture
def reviewed(system, numbers):
    """A permit with the term, and a funded customer."""
    return reviewed_permit(system, next(numbers))


def test_a_contract_is_paid_only_after_its_approval(system, reviewed):
    till = deploy(system, reviewed, "Till")
    assert refused(pay(system, reviewed, till), till)
    assert clauses(system, reviewed) == ["contract_review"]
    approve(system, reviewed, till)
    digest = pay(system, reviewed, till)["result"]
    assert system.receipt(reviewed, digest)["status"] == "0x1"


def test_layers_are_the_proxy_its_beacon_and_the_implementation(system, reviewed):
    till = deploy(system, reviewed, "Till")
    proxy = deploy(system, reviewed, "Proxy", till)
    nested = deploy(system, reviewed, "Proxy", proxy)
    said = system.inside.layers("kgst", nested)["layers"]
    assert [each["account"] for each in said] == [nested, proxy, till]
    beacon = deploy(system, reviewed, "Beacon", till)
    behind = deploy(system, reviewed, "BeaconProxy", beacon)
    said = system.inside.layers("kgst", behind)["layers"]
    assert [each["account"] for each in said] == [behind, beacon, till]
    with pytest.raises(InvalidInput, match=r"review\.no_code"):
        system.inside.layers("kgst", reviewed.account.address)
    with pytest.raises(InvalidInput, match=r"review\.no_proxy"):
        system.inside.layers("kgst", till, upgrade=proxy)


def test_an_unapproved_upgrade_is_refused_beforehand(system, reviewed):
    till, other = deploy(system, reviewed, "Till"), deploy(system, reviewed, "OtherTill")
    proxy = deploy(system, reviewed, "Proxy", till)
    approve(system, reviewed, proxy)
    upgrade = reviewed.sign(to=proxy, data=call("Proxy", "upgradeTo", other))
    assert refused(system.rpc(reviewed, "eth_sendRawTransaction", upgrade), proxy)
    assert review_of(system, reviewed, proxy)[0] != NOTHING
    assert clauses(system, reviewed) == ["contract_review"]
    assert send(system, reviewed, proxy, call("Proxy", "upgradeTo", till))["status"] == "0x1"


def test_an_upgrade_that_is_put_back_in_the_same_transaction_is_refused(system, reviewed):
    """No difference is left behind, but other code has acted as the approved contract."""
    till, other = deploy(system, reviewed, "Till"), deploy(system, reviewed, "OtherTill")
    proxy = deploy(system, reviewed, "Proxy", till)
    dodger = deploy(system, reviewed, "Dodger")
    approve(system, reviewed, proxy)
    assert system.receipt(reviewed, pay(system, reviewed, proxy)["result"])["status"] == "0x1"
    out = call("Till", "payOut", reviewed.token, reviewed.wallet, TOKEN)
    for gas in (2_000_000, 3_000_001):
        data = bytes.fromhex(out[2:])
        dodge = call("Dodger", "payOut", proxy, other, till, data)
        raw = reviewed.sign(to=dodger, data=dodge, gas=gas)
        assert refused(system.rpc(reviewed, "eth_sendRawTransaction", raw), proxy)
    assert send(system, reviewed, proxy, out)["status"] == "0x1", "by its own layer"
    gate = deploy(system, reviewed, "Switch", gas=3_500_000)
    flipped = send(system, reviewed, gate, call("Switch", "flip"), gas=3_500_000)
    assert flipped["status"] == "0x1", "what touches nothing watched is not bounded"


def test_payments_in_the_national_money_are_never_tried_and_others_once(
    system, reviewed, numbers, monkeypatch
):
    """A permit without the term pays nothing for another's approvals."""
    till = deploy(system, reviewed, "Till")
    approve(system, reviewed, till)
    tried, foresee = [], Trials.foresee

    async def counted(self, node, permit, transaction, watched=()):
        tried.append(transaction.to)
        return await foresee(self, node, permit, transaction, watched)

    monkeypatch.setattr(Trials, "foresee", counted)
    other = Permit(system, next(numbers))
    other.issue(other.account.address, TOKEN)
    assert send(system, other, other.token, transfer(other.managed, 1))["status"] == "0x1"
    assert system.receipt(reviewed, pay(system, reviewed, till)["result"])["status"] == "0x1"
    assert tried == []
    gate = deploy(system, other, "Switch")
    send(system, other, gate, call("Switch", "flip"))
    assert tried == [None, gate]


def test_anothers_transaction_is_refused_as_well_and_is_evidence_against_the_other(
    system, reviewed, numbers
):
    till, other = deploy(system, reviewed, "Till"), deploy(system, reviewed, "OtherTill")
    proxy = deploy(system, reviewed, "Proxy", till)
    approve(system, reviewed, proxy)
    stranger = Permit(system, next(numbers))
    raw = stranger.sign(to=proxy, data=call("Proxy", "upgradeTo", other))
    assert refused(system.rpc(stranger, "eth_sendRawTransaction", raw), proxy)
    assert clauses(system, reviewed) == []
    assert clauses(system, stranger) == ["contract_review"]


def test_a_beacons_upgrade_is_refused_beforehand(system, reviewed):
    till, other = deploy(system, reviewed, "Till"), deploy(system, reviewed, "OtherTill")
    beacon = deploy(system, reviewed, "Beacon", till)
    proxy = deploy(system, reviewed, "BeaconProxy", beacon)
    approve(system, reviewed, proxy)
    raw = reviewed.sign(to=beacon, data=call("Beacon", "upgradeTo", other))
    assert refused(system.rpc(reviewed, "eth_sendRawTransaction", raw), proxy)


def test_what_escapes_the_trial_lapses_at_its_block_and_money_goes_home(system, reviewed):
    till, other = deploy(system, reviewed, "Till"), deploy(system, reviewed, "OtherTill")
    proxy, gate = deploy(system, reviewed, "Proxy", till), deploy(system, reviewed, "Switch")
    approve(system, reviewed, proxy)
    paid = pay(system, reviewed, proxy, 10 * TOKEN)["result"]
    assert system.receipt(reviewed, paid)["status"] == "0x1"
    # At the head, where the second is tried, nothing is switched.
    _, upgraded = in_one_block(
        system,
        reviewed,
        (gate, call("Switch", "flip")),
        (proxy, call("Proxy", "upgradeIf", gate, other)),
    )
    assert upgraded["status"] == "0x1"
    until_withdrawn(system, reviewed, proxy)
    reviewed.change(approved=())
    system.until(lambda: refused_quietly(pay(system, reviewed, proxy), proxy))
    home = send(
        system, reviewed, proxy, call("Till", "payOut", reviewed.token, reviewed.wallet, TOKEN)
    )
    assert home["status"] == "0x1"


def test_an_approved_upgrade_is_made_once_and_not_undone(system, reviewed):
    till, other = deploy(system, reviewed, "Till"), deploy(system, reviewed, "OtherTill")
    proxy = deploy(system, reviewed, "Proxy", till)
    approve(system, reviewed, proxy)
    approve(system, reviewed, proxy, upgrade=other)
    digest = pay(system, reviewed, proxy)["result"]
    assert system.receipt(reviewed, digest)["status"] == "0x1", "good until the upgrade is made"
    assert send(system, reviewed, proxy, call("Proxy", "upgradeTo", other))["status"] == "0x1"
    time.sleep(0.3)
    assert review_of(system, reviewed, proxy)[0] != NOTHING, "as approved"
    back = reviewed.sign(to=proxy, data=call("Proxy", "upgradeTo", till))
    assert refused(system.rpc(reviewed, "eth_sendRawTransaction", back), proxy)


def test_a_clone_shows_its_target(system, reviewed):
    till = deploy(system, reviewed, "Till")
    code = "363d3d373d3d3d363d73" + till[2:] + "5af43d82803e903d91602b57fd5bf3"
    raw = reviewed.sign(to=b"", data="0x3d602d80600a3d3981f3" + code, gas=200_000)
    receipt = system.receipt(reviewed, system.ok(reviewed, "eth_sendRawTransaction", raw))
    clone = to_checksum_address(receipt["contractAddress"])
    said = system.inside.layers("kgst", clone)["layers"]
    assert [each["account"] for each in said] == [clone, till]
    assert built()["Till"].runtime
