from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.seats import Channel
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, Unavailable
from sandbox.kit.ids import permit_key
from sandbox.services import interventions
from sandbox.services.acknowledgement import push_policies
from sandbox.services.calls import read
from sandbox.services.countersigning import Countersign, countersign
from sandbox.services.deadlines import apply_deadlines
from sandbox.services.decisions import (
    ProposeReinstate,
    ProposeRevoke,
    ProposeVary,
    propose_reinstate,
    propose_revoke,
    propose_vary,
)
from sandbox.services.interventions import Halt, Suspend, Tighten, halt, suspend, tighten
from sandbox.services.ports import Ports
from tests.services.world import KGST

LOWER = {"KGST.per_transaction": "1 000"}


def _chain_state(world, number):
    where = world.system.national["kgst"]
    version, state, *_ = read(
        world.ports.gateway, "kgst", where.supervisor, "effective", permit_key(number)
    )
    return version, state


def _deadlines(world):
    with world.store.unit() as u:
        apply_deadlines(u, at=world.at)
        u.commit()


class Recording:
    """The real gateway; remembers which policies went through it."""

    def __init__(self, real):
        self.real, self.policies = real, []

    def __getattr__(self, name):
        return getattr(self.real, name)

    def put_policy(self, policy):
        self.policies.append(policy)
        return self.real.put_policy(policy)


def test_a_lowered_limit_is_at_the_gateway_before_the_request_is_answered(world):
    number = world.active()
    gateway = Recording(world.ports.gateway)
    world.ports = Ports(world.ports.signer, gateway)
    command = Tighten(number, {"transactions_per_day": "10"}, "complaints")
    world.do(tighten, "ermek", command, ports=True)
    assert [each.limits["transactions_per_day"] for each in gateway.policies] == [10]
    assert world.permit(number).acknowledged is False
    world.settle()
    permit = world.permit(number)
    assert (permit.version, permit.base_version, permit.acknowledged) == (2, 1, True)
    assert _chain_state(world, number) == (2, 1)
    assert permit.interim_until - world.at > timedelta(hours=71)


def test_nothing_looser_passes_as_a_tightening(world):
    number = world.active()
    command = Tighten(number, {**LOWER, "max_customers": "21"}, "oops")
    with pytest.raises(InvalidInput, match=r"intervention\.not_tighter") as caught:
        world.do(tighten, "ermek", command, ports=True)
    assert [each["limit"] for each in caught.value.params["looser"]] == ["max_customers"]
    assert world.permit(number).version == 1


def test_a_tightening_that_changes_nothing_is_refused(world):
    number = world.active()
    command = Tighten(number, {"max_customers": "20"}, "same")
    with pytest.raises(InvalidInput, match=r"conditions\.nothing_changes"):
        world.do(tighten, "ermek", command, ports=True)


def test_a_confirmed_tightening_is_the_base(world):
    number = world.active()
    file = world.do(tighten, "ermek", Tighten(number, LOWER, "risk"), ports=True)
    world.settle()
    confirm = next(each for each in file.decisions if each.kind == "confirm")
    with pytest.raises(NotAllowed, match=r"approval\.author_cannot_countersign"):
        world.do(countersign, "ermek", Countersign(confirm.id), ports=True)
    world.do(countersign, "gulnara", Countersign(confirm.id), ports=True)
    world.settle()
    permit = world.permit(number)
    assert (permit.version, permit.base_version, permit.interim_until) == (3, 3, None)
    world.clock.ahead = timedelta(hours=73)
    _deadlines(world)
    assert world.permit(number).terms.assets[0].per_transaction == 1_000 * KGST


def test_an_unconfirmed_tightening_lapses_after_72_hours_and_not_before(world):
    number = world.active()
    world.do(tighten, "ermek", Tighten(number, LOWER, "risk"), ports=True)
    world.settle()
    until = world.permit(number).interim_until  # told by the chain, whose blocks may run ahead
    assert timedelta(hours=71) < until - world.at < timedelta(hours=73)
    left = until - world.at
    world.clock.ahead = left - timedelta(minutes=1)
    _deadlines(world)
    assert world.permit(number).version == 2
    world.clock.ahead = left + timedelta(minutes=1)
    _deadlines(world)
    push_policies(world.worker.desk)
    permit = world.permit(number)
    assert (permit.version, permit.interim_until, permit.acknowledged) == (1, None, True)
    assert permit.terms.assets[0].per_transaction == 5_000 * KGST


def test_whose_lone_act_lapsed_may_not_act_alone_again_but_another_may(world):
    number = world.active()
    world.do(tighten, "ermek", Tighten(number, LOWER, "risk"), ports=True)
    world.settle()
    world.clock.ahead = timedelta(hours=73)
    _deadlines(world)
    with pytest.raises(NotAllowed, match=r"intervention\.lone_act_spent"):
        world.do(suspend, "ermek", Suspend(number, "again"), ports=True)
    assert world.do(suspend, "feruza", Suspend(number, "risk"), ports=True).state == "suspended"


def test_more_acts_inside_the_72_hours_do_not_prolong_them(world):
    number = world.active()
    world.do(tighten, "ermek", Tighten(number, LOWER, "risk"), ports=True)
    world.settle()
    first = world.permit(number).interim_until
    world.clock.ahead = timedelta(hours=10)
    world.do(suspend, "ermek", Suspend(number, "worse"), ports=True)
    assert world.permit(number).interim_until == first


def test_suspension_is_wind_down_on_chain_and_reinstating_needs_two(world):
    number = world.active()
    assert world.do(suspend, "ermek", Suspend(number, "risk"), ports=True).state == "suspended"
    world.settle()
    assert _chain_state(world, number) == (2, 2)
    command = ProposeReinstate(number, "solved")
    file = world.do(propose_reinstate, "ermek", command, ports=True)
    proposal = next(each for each in file.decisions if each.kind == "reinstate")
    with pytest.raises(NotAllowed, match=r"approval\.author_cannot_countersign"):
        world.do(countersign, "ermek", Countersign(proposal.id), ports=True)
    assert world.file(file.id).state == "suspended"
    assert world.do(countersign, "feruza", Countersign(proposal.id), ports=True).state == (
        "activating"
    )
    world.settle()
    assert (world.permit(number).state, _chain_state(world, number)) == ("active", (3, 1))


def test_the_confirmation_that_a_reinstatement_overtook_is_void(world):
    number = world.active()
    suspended = world.do(suspend, "ermek", Suspend(number, "risk"), ports=True)
    world.settle()
    confirm = next(each for each in suspended.decisions if each.kind == "confirm")
    file = world.do(propose_reinstate, "feruza", ProposeReinstate(number, "ok"), ports=True)
    proposal = next(each for each in file.decisions if each.kind == "reinstate")
    world.do(countersign, "ermek", Countersign(proposal.id), ports=True)
    with pytest.raises(Conflict, match=r"approval\.overtaken"):
        world.do(countersign, "gulnara", Countersign(confirm.id), ports=True)


def test_a_halt_stops_everything_and_a_suspension_may_not_soften_it(world):
    number = world.active()
    assert world.do(halt, "ermek", Halt(number, "attack"), ports=True).state == "halted"
    world.settle()
    assert _chain_state(world, number) == (2, 3)
    with pytest.raises(Conflict, match=r"lifecycle\.not_from_here"):
        world.do(suspend, "feruza", Suspend(number, "softer"), ports=True)


def test_a_halt_by_two_ends_in_wind_down_after_thirty_days(world):
    number = world.active()
    file = world.do(halt, "ermek", Halt(number, "attack"), ports=True)
    confirm = next(each for each in file.decisions if each.kind == "confirm")
    world.settle()
    world.do(countersign, "feruza", Countersign(confirm.id), ports=True)
    world.settle()
    world.clock.ahead = timedelta(days=29, hours=23)
    _deadlines(world)
    assert world.permit(number).state == "halted"
    world.clock.ahead = timedelta(days=30, minutes=1)
    _deadlines(world)
    permit = world.permit(number)
    assert (permit.state, permit.trial_state, permit.base_version) == ("suspended", "wind_down", 3)


def test_a_variation_by_two_may_loosen(world):
    number = world.active()
    wider = {"max_customers": "40", "KGST.window_volume": "no limit"}
    file = world.do(propose_vary, "feruza", ProposeVary(number, wider, "record"), ports=True)
    assert world.permit(number).version == 1
    proposal = next(each for each in file.decisions if each.kind == "vary")
    world.do(countersign, "ermek", Countersign(proposal.id), ports=True)
    world.settle()
    permit = world.permit(number)
    assert (permit.version, permit.base_version, permit.terms.max_customers) == (2, 2, 40)
    assert _chain_state(world, number) == (2, 1)


def test_a_variation_to_another_chain_is_refused(world):
    number = world.active()
    som = {
        "assets": "KGST,SOM",
        **{
            f"SOM.{name}": "10"
            for name in ("per_transaction", "window_volume", "customer_cap", "merchant_cap")
        },
    }
    with pytest.raises(InvalidInput, match=r"conditions\.new_chain"):
        world.do(propose_vary, "ermek", ProposeVary(number, som, "more"), ports=True)


def test_revoking_winds_down_for_good(world):
    number = world.active()
    file = world.do(propose_revoke, "ermek", ProposeRevoke(number, "breach"), ports=True)
    proposal = next(each for each in file.decisions if each.kind == "revoke")
    assert world.do(countersign, "feruza", Countersign(proposal.id), ports=True).state == "revoked"
    world.settle()
    assert _chain_state(world, number) == (2, 2)
    with pytest.raises(Conflict, match=r"lifecycle\.not_from_here"):
        world.do(propose_reinstate, "ermek", ProposeReinstate(number, "no"), ports=True)


def test_a_term_that_is_over_expires_by_itself(world):
    number = world.active(term_days="1")
    _deadlines(world)
    assert world.permit(number).state == "active"
    world.clock.ahead = timedelta(days=1, minutes=1)
    _deadlines(world)
    assert world.permit(number).state == "expired"
    file = world.do(propose_revoke, "ermek", ProposeRevoke(number, "breach"), ports=True)
    with pytest.raises(Conflict, match=r"lifecycle\.not_from_here"):
        world.do(suspend, "ermek", Suspend(number, "x"), ports=True)
    proposal = next(each for each in file.decisions if each.kind == "revoke")
    assert world.do(countersign, "feruza", Countersign(proposal.id), ports=True).state == "revoked"
    world.settle()
    assert _chain_state(world, number) == (2, 2)


@pytest.mark.parametrize("who", ["aigul", "damira", "jyldyz", "operator"])
def test_nobody_but_a_regulator_intervenes(world, who):
    number = world.active()
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        world.do(suspend, who, Suspend(number, "x"), ports=True)


def test_a_regulators_token_intervenes_never(world):
    number = world.active()
    actor = replace(world.actor("ermek"), channel=Channel.SERVER)
    with pytest.raises(NotAllowed, match=r"seat\.needs_browser"):
        world.do(suspend, actor, Suspend(number, "x"), ports=True)


def test_an_act_posted_twice_is_one_act(world):
    number = world.active()
    command = Suspend(number, "risk", key="form-s")
    world.do(suspend, "ermek", command, ports=True)
    file = world.do(suspend, "ermek", command, ports=True)
    assert [each.kind for each in file.decisions].count("suspend") == 1


def test_a_suspension_holds_at_the_gateway_even_if_the_push_fails_at_first(world):
    class Deaf(Recording):
        def put_policy(self, policy):
            raise Unavailable("gateway.unreachable")

    number, real = world.active(), world.ports
    world.ports = Ports(real.signer, Deaf(real.gateway))
    assert world.do(suspend, "ermek", Suspend(number, "risk"), ports=True).state == "suspended"
    world.ports = real
    world.settle()
    assert world.permit(number).acknowledged is True


class Holding(Recording):
    """Remembers holds and pushes in their order."""

    def __init__(self, real):
        super().__init__(real)
        self.order = []

    def hold(self, permit, state):
        self.order.append(("hold", state))
        return self.real.hold(permit, state)

    def take_back(self, permit, hold):
        self.order.append(("take_back",))
        return self.real.take_back(permit, hold)

    def put_policy(self, policy):
        self.order.append(("policy", policy.state))
        return self.real.put_policy(policy)


def _holding(world, signer=None):
    gateway = Holding(world.ports.gateway)
    world.ports = Ports(signer or world.ports.signer, gateway)
    return gateway


@pytest.mark.parametrize(
    ("act", "command", "state"), [(suspend, Suspend, "suspended"), (halt, Halt, "halted")]
)
def test_the_gateway_holds_the_permit_before_anything_is_written(world, act, command, state):
    number = world.active()
    gateway = _holding(world)
    world.do(act, "ermek", command(number, "risk"), ports=True)
    assert gateway.order == [("hold", state), ("policy", state)]


def test_an_act_that_comes_to_nothing_takes_its_hold_back(world):
    class Silent:
        def sign_typed(self, key, typed):
            raise Unavailable("signer.unavailable")

    number, signer = world.active(), world.ports.signer
    gateway = _holding(world, Silent())
    with pytest.raises(Unavailable, match=r"signer\.unavailable"):
        world.do(suspend, "ermek", Suspend(number, "risk"), ports=True)
    assert gateway.order == [("hold", "suspended"), ("take_back",)]
    assert world.permit(number).state == "active"
    world.ports = Ports(signer, gateway)
    assert world.do(suspend, "ermek", Suspend(number, "risk"), ports=True).state == "suspended"


def test_a_hold_is_taken_back_when_the_store_does_not_commit(world):
    number = world.active()
    gateway = _holding(world)
    actor = world.actor("ermek")
    with world.store.unit() as u:
        suspend(u, actor, Suspend(number, "risk"), at=world.at, ports=world.ports)
    assert gateway.order == [("hold", "suspended"), ("take_back",)]
    assert world.permit(number).state == "active"


@pytest.mark.parametrize("who", ["aigul", "damira"])
def test_whoever_may_not_suspend_holds_nothing(world, who):
    number = world.active()
    gateway = _holding(world)
    with pytest.raises(NotAllowed):
        world.do(suspend, who, Suspend(number, "risk"), ports=True)
    assert gateway.order == []


def test_an_act_without_reasons_or_from_a_wrong_state_holds_nothing(world):
    number = world.active()
    gateway = _holding(world)
    with pytest.raises(InvalidInput):
        world.do(suspend, "ermek", Suspend(number, "  "), ports=True)
    assert gateway.order == []
    world.do(halt, "ermek", Halt(number, "risk"), ports=True)
    del gateway.order[:]
    with pytest.raises(Conflict):
        world.do(suspend, "ermek", Suspend(number, "risk"), ports=True)
    assert gateway.order == []


ACTS = [(suspend, Suspend, "suspended"), (halt, Halt, "halted")]


@pytest.mark.parametrize(("act", "command", "state"), ACTS)
def test_an_act_sent_again_after_a_reinstatement_holds_nothing(world, act, command, state):
    number, key = world.active(), "once"
    world.do(act, "ermek", command(number, "risk", key=key), ports=True)
    world.settle()
    proposal = ProposeReinstate(number, "in order")
    file = world.do(propose_reinstate, "ermek", proposal, ports=True)
    world.do(countersign, "feruza", Countersign(file.decisions[-1].id), ports=True)
    world.settle()
    gateway = _holding(world)
    again = world.do(act, "ermek", command(number, "risk", key=key), ports=True)
    assert (again.state, gateway.order) == ("active", [])
    world.do(act, "ermek", command(number, "risk", key="another"), ports=True)
    assert gateway.order == [("hold", state), ("policy", state)]


@pytest.mark.parametrize(("act", "command", "state"), ACTS)
def test_a_unit_that_commits_without_an_act_takes_its_hold_back(
    world, monkeypatch, act, command, state
):
    """The same command twice at a time: the later one sees the key only under the lock."""
    number = world.active()
    gateway = _holding(world)
    file = world.permit(number).file
    found = iter([None, file])
    monkeypatch.setattr(interventions, "earlier", lambda *_: next(found))
    world.do(act, "ermek", command(number, "risk", key="once"), ports=True)
    assert gateway.order == [("hold", state), ("take_back",)]
