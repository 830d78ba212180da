"""A regulator whose key the Supervisor does not know: the desk follows the chain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.services.countersigning import Countersign, countersign
from sandbox.services.decisions import (
    ProposeGrant,
    ProposeReinstate,
    ProposeRevoke,
    propose_grant,
    propose_reinstate,
    propose_revoke,
)
from sandbox.services.holders import Surrender, surrender
from sandbox.services.interventions import Suspend, suspend
from tests.services.life import PLAN, of, sign
from tests.services.world import LIMITS


@pytest.fixture
def stranger(world):
    """A regulator of the desk who is not registered on chain."""
    with world.store.unit() as u:
        ermek = u.accounts.get("ermek")
        u.accounts.add(replace(ermek, name="ulan", person="person-ulan"))
        u.commit()
    return "ulan"


def _given_up(world):
    with world.store.unit(read_only=True) as u:
        return u.outbox.health(world.at)["given_up"]


def test_a_lone_act_that_the_chain_refuses_is_taken_back_and_seen(world, stranger):
    number = world.active()
    assert world.do(suspend, stranger, Suspend(number, "risk"), ports=True).state == "suspended"
    world.settle()
    permit = world.permit(number)
    assert (permit.state, permit.version, permit.acknowledged) == ("active", 1, True)
    assert _given_up(world) == 1
    world.do(suspend, "feruza", Suspend(number, "risk"), ports=True)
    world.settle()
    permit = world.permit(number)
    assert (permit.state, permit.version, permit.published_version) == ("suspended", 2, 2)


def test_a_grant_that_the_chain_refuses_is_under_review_again_and_can_be_granted(world, stranger):
    file = world.proposed()
    decision = Countersign(file.decisions[-1].id)
    number = world.do(countersign, stranger, decision, ports=True).permit
    world.settle()
    back = world.file(file.id)
    assert (back.state, back.permit) == ("under_review", None)
    again = world.do(propose_grant, "ermek", ProposeGrant(file.id, LIMITS, ""), ports=True)
    world.do(countersign, "feruza", Countersign(again.decisions[-1].id), ports=True)
    world.settle()
    assert (world.permit(number).state, world.permit(number).version) == ("active", 1)


def test_a_reinstatement_that_the_chain_refuses_leaves_the_trial_suspended(world, stranger):
    number = world.active()
    world.do(suspend, "ermek", Suspend(number, "risk"), ports=True)
    world.settle()
    file = world.do(propose_reinstate, "ermek", ProposeReinstate(number, "ok"), ports=True)
    proposal = next(each for each in file.decisions if each.kind == "reinstate")
    world.do(countersign, stranger, Countersign(proposal.id), ports=True)
    world.settle()
    permit = world.permit(number)
    assert (permit.state, permit.trial_state, permit.version) == ("suspended", "wind_down", 2)
    assert permit.interim_until is not None


def test_a_revocation_that_the_chain_refuses_leaves_a_surrendered_permit_surrendered(
    world, stranger
):
    number = world.active()
    world.do(surrender, "damira", Surrender(number, "No market.", PLAN), ports=True)
    file = world.do(propose_revoke, "ermek", ProposeRevoke(number, "breach"), ports=True)
    proposal = next(each for each in file.decisions if each.kind == "revoke")
    done = world.do(countersign, stranger, Countersign(proposal.id), ports=True)
    assert done.state == "revoked"
    world.settle()
    assert (world.permit(number).state, world.permit(number).version) == ("surrendered", 1)
    assert _given_up(world) == 1
    world.do(propose_revoke, "ermek", ProposeRevoke(number, "breach"), ports=True)
    sign(world, of(world, number))
    world.settle()
    permit = world.permit(number)
    assert (permit.state, permit.trial_state, permit.published_version) == (
        "revoked",
        "wind_down",
        2,
    )
