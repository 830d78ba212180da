"""A sponsor's withdrawal, its successor and the duty officer, on a real chain."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.life import PetitionKind
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.services import holders, succession
from sandbox.services.automatic import (
    DecideAutomatic,
    confirm_automatic,
    lift_automatic,
    run_deadlines,
)
from sandbox.services.deadlines import apply_deadlines
from sandbox.services.duty import EndDuty, EnterDuty, end_duty, enter_duty
from sandbox.services.holders import LeavePermit, StayInPermit
from sandbox.services.interventions import Halt, halt
from sandbox.services.permits import public_permit
from sandbox.services.petitions import open_petition
from sandbox.services.succession import AcceptSponsorship, NameSponsor, ProposeSponsor
from tests.services.life import (
    WEEKS,
    effective,
    later,
    life,
    lines,
    of,
    on_duty,
    policy_state,
    sign,
)


def accepting(world, file_id):
    """The command of whoever reads the file now."""
    with world.store.unit(read_only=True) as u:
        petition = open_petition(u, file_id, PetitionKind.NEW_SPONSOR).id
    return AcceptSponsorship(file_id, petition, world.stamp(file_id))


# a sponsor's withdrawal, the duty officer


def test_a_sponsors_withdrawal_suspends_by_itself_until_the_duty_officer_decides(world):
    number = world.active()
    file_id = of(world, number)
    world.do(holders.leave, "damira", LeavePermit(number, "A new board."))
    later(world, timedelta(days=7))
    assert world.file(file_id).state == "active"
    later(world, WEEKS)
    run_deadlines(world.worker.desk)
    file = world.file(file_id)
    assert file.state == "suspended"
    assert [each.kind for each in file.timeline].count("file.sponsor_gone") == 1
    assert (world.permit(number).version, policy_state(world, number)) == (1, "suspended")
    decide = DecideAutomatic(file_id, "Customers come first.")
    with pytest.raises(NotAllowed, match=r"duty\.not_on_duty"):
        world.do(confirm_automatic, "gulnara", decide, ports=True)
    on_duty(world)
    assert "decide_automatic" in life(world, file_id, "gulnara").can
    assert "decide_automatic" not in life(world, file_id, "feruza").can
    lifted = world.do(lift_automatic, "gulnara", decide, ports=True)
    assert (lifted.state, policy_state(world, number)) == ("active", "active")
    assert lines(world, file_id)["new_sponsor", "open"].due > world.at
    with pytest.raises(Conflict, match=r"automatic\.none_waits"):
        world.do(lift_automatic, "gulnara", decide, ports=True)


def test_a_confirmed_automatic_suspension_is_signed_by_one_then_by_two(world):
    number = world.active()
    file_id = of(world, number)
    world.do(holders.leave, "damira", LeavePermit(number, "A new board."))
    later(world, WEEKS)
    on_duty(world)
    world.clock.ahead = WEEKS + timedelta(hours=1)
    command = DecideAutomatic(file_id, "Confirmed.", key="confirm-1")
    for _ in range(2):
        world.do(confirm_automatic, "gulnara", command, ports=True)
    world.settle()
    assert effective(world, number)[:2] == (2, 2)
    assert world.permit(number).interim_until is not None
    with pytest.raises(NotAllowed, match=r"approval\.author_cannot_countersign"):
        sign(world, file_id, "gulnara")
    sign(world, file_id, "feruza")
    world.settle()
    assert world.permit(number).interim_until is None
    (line,) = [each for each in life(world, file_id).deadlines if each.kind == "duty_confirmation"]
    assert line.state == "met"


@pytest.mark.slow
def test_a_confirmation_that_lapses_and_a_halt_that_ends_let_no_trial_go_on_without_a_sponsor(
    world,
):
    number = world.active()
    file_id = of(world, number)
    world.do(holders.leave, "damira", LeavePermit(number, "A new board."))
    later(world, WEEKS)
    on_duty(world)
    world.do(confirm_automatic, "gulnara", DecideAutomatic(file_id, "Confirmed."), ports=True)
    world.do(halt, "feruza", Halt(number, "Keys leaked."), ports=True)
    assert world.file(file_id).state == "halted"
    world.clock.ahead = WEEKS + timedelta(hours=73)
    with world.store.unit() as u:
        apply_deadlines(u, at=world.at)
        u.commit()
    assert (world.file(file_id).state, policy_state(world, number)) == ("suspended", "suspended")
    assert life(world, file_id).automatic is not None
    with world.store.unit(read_only=True) as u:
        assert public_permit(u, number, at=world.at).standing == "suspended"


@pytest.mark.slow
def test_a_sponsor_that_stays_ends_the_deadline_and_an_unconfirmed_suspension(world):
    number = world.active()
    file_id = of(world, number)
    world.do(holders.leave, "damira", LeavePermit(number, "A new board."))
    with pytest.raises(Conflict, match=r"petition\.open_already"):
        world.do(holders.leave, "damira", LeavePermit(number, "Again."))
    later(world, WEEKS)
    assert world.file(file_id).state == "suspended"
    back = world.do(holders.stay, "damira", StayInPermit(number), ports=True)
    assert (back.state, life(world, file_id).automatic) == ("active", None)
    later(world, 2 * WEEKS)
    assert world.file(file_id).state == "active"


def _other_bank(world):
    """Another bank with an account of its own."""
    with world.store.unit() as u:
        bank = replace(u.organisations.get("ala-too-demo-bank"), id="tulpar", name="Tulpar Bank")
        u.organisations.add(bank)
        clerk = replace(u.accounts.get("damira"), name="samat", person="p-samat", org="tulpar")
        u.accounts.add(clerk)
        u.commit()


def test_another_sponsor_named_accepted_and_signed_by_two_ends_the_clocks_suspension(world):
    _other_bank(world)
    number = world.active()
    file_id = of(world, number)
    world.do(holders.leave, "damira", LeavePermit(number, "A new board."))
    later(world, WEEKS)
    assert world.file(file_id).state == "suspended"
    with pytest.raises(NotFound, match=r"file\.not_found"):
        world.file(file_id, "samat")
    for name in ("kattap-pay", "ala-too-demo-bank", "nobody"):
        with pytest.raises(InvalidInput, match=r"succession\.may_not_sponsor"):
            world.do(succession.name_sponsor, "aigul", NameSponsor(file_id, name, "They left."))
    world.do(succession.name_sponsor, "aigul", NameSponsor(file_id, "tulpar", "They left."))
    propose = ProposeSponsor(number, "A bank of good standing.")
    with pytest.raises(Conflict, match=r"succession\.not_accepted"):
        world.do(succession.propose_sponsor, "ermek", propose, ports=True)
    accept = accepting(world, file_id)
    with pytest.raises(NotAllowed, match=r"sponsor\.not_named"):
        world.do(succession.accept_sponsorship, "damira", accept, ports=True)
    assert "accept_sponsorship" in life(world, file_id, "samat").can
    world.do(succession.accept_sponsorship, "samat", accept, ports=True)
    with pytest.raises(Conflict, match=r"succession\.accepted_already"):
        world.do(succession.accept_sponsorship, "samat", accept, ports=True)
    world.do(succession.propose_sponsor, "ermek", propose, ports=True)
    assert sign(world, file_id).state == "active"
    world.settle()
    with world.store.unit(read_only=True) as u:
        public = public_permit(u, number, at=world.at)
        assert u.automatic.interim_of(file_id) is None
    assert (public.sponsor_name, public.document["holder"]["id"]) == ("Tulpar Bank", "tulpar")
    with pytest.raises(NotFound, match=r"file\.not_found"):
        world.file(file_id, "damira")
    later(world, 2 * WEEKS)
    assert world.file(file_id).state == "active"


def test_a_change_is_not_signed_for_another_organisation_than_accepted(world):
    _other_bank(world)
    number = world.active()
    file_id = of(world, number)
    name = NameSponsor(file_id, "tulpar", "Better terms.")
    world.do(succession.name_sponsor, "aigul", name)
    world.do(succession.accept_sponsorship, "samat", accepting(world, file_id), ports=True)
    propose = ProposeSponsor(number, "In order.")
    world.do(succession.propose_sponsor, "ermek", propose, ports=True)
    world.do(succession.name_sponsor, "aigul", name)
    with pytest.raises(Conflict, match=r"succession\.not_accepted"):
        sign(world, file_id)
    assert world.permit(number).sponsor_name == "Ala-Too Demo Bank"


def test_nobody_enters_themselves_and_only_regulators_are_named(world):
    span = (world.at, world.at + timedelta(days=1))
    with pytest.raises(NotAllowed, match=r"duty\.not_oneself"):
        world.do(enter_duty, "ermek", EnterDuty("ermek", *span))
    for who in ("aigul", "jyldyz", "nobody"):
        with pytest.raises(InvalidInput, match=r"duty\.no_officer"):
            world.do(enter_duty, "ermek", EnterDuty(who, *span))
    with pytest.raises(InvalidInput, match=r"duty\.wrong_span"):
        world.do(enter_duty, "ermek", EnterDuty("gulnara", span[1], span[0]))
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        world.do(enter_duty, "damira", EnterDuty("gulnara", *span))
    duty = on_duty(world)
    world.do(end_duty, "feruza", EndDuty(duty))
    with pytest.raises(Conflict, match=r"duty\.over"):
        world.do(end_duty, "feruza", EndDuty(duty))
