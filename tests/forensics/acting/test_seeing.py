"""What who acts may see at the clock's moment, and the next letter; nothing of later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.forensics.acting import World, next_news, reachable, reckoned, seen, settled, state
from sandbox.forensics.acting.seeing import FURTHEST
from sandbox.forensics.cases import read_public
from sandbox.forensics.cases.case import written
from tests.forensics.acting.worlds import listed
from tests.forensics.cases.planned import case


@pytest.fixture(scope="module")
def made():
    return case("medium")


@pytest.fixture(scope="module")
def world(made):
    return World.of(made)


def freeze(world, address, hours=0, ledger="kgst"):
    moment = written(world.reports[0].moment + timedelta(hours=hours))
    target = {"ledger": ledger, "address": address}
    return {"kind": "freeze", "at": moment, "by": "aida", "target": target}


@pytest.mark.parametrize("hours", [0, 30, 200])
def test_later_transfers_addresses_tags_reports_and_papers_are_not_seen(made, world, hours):
    moment = world.reports[0].moment + timedelta(hours=hours)
    found = seen(made.public(), state(world, (), moment))
    assert set(found.transactions) == {
        each for each in made.public().transactions if each.time <= moment
    }
    used = {end for each in found.transactions for end in (each.payer, each.payee)}
    assert {each.address for each in found.accounts} <= used
    assert {each.address for each in found.tags} <= used
    assert len(found.tags) > 0
    assert all(each.moment <= moment for each in (*found.reports, *found.papers))
    assert len(found.reports) >= 1


def test_at_the_end_without_acts_everything_is_seen_and_it_is_a_file_like_any_other(made, world):
    now = state(world, (), world.transactions[-1].time + timedelta(days=1))
    found = seen(made.public(), now)
    assert set(found.transactions) == set(made.public().transactions)
    assert read_public(found.canonical()).canonical() == found.canonical()
    for name in ("kgst", "som", "usdkg"):
        assert len(found.ledger(name)) == len(made.public().ledger(name))


def test_what_a_freeze_stopped_is_not_there_and_comes_late_when_it_lapses(made, world):
    payee = world.reports[0].transaction.payee
    acts = listed([freeze(world, payee)])
    during = seen(made.public(), state(world, acts, world.reports[0].moment + timedelta(hours=47)))
    began = state(world, acts, during.transactions[-1].time).news[-1].moment
    assert not [each for each in during.transactions if each.payer == payee and each.time > began]
    after = seen(made.public(), state(world, acts, world.reports[0].moment + FURTHEST))
    assert read_public(after.canonical()).canonical() == after.canonical()


def test_the_next_letter_is_the_first_that_is_still_to_come(world):
    payee = world.reports[0].transaction.payee
    begins = world.reports[0].moment
    acts = listed([freeze(world, payee)])
    first = next_news(world, acts, begins)
    assert (first.stage, first.number) == ("in_force", 1)
    second = next_news(world, acts, first.moment)
    assert second.stage == "lapsed"
    assert second.moment == begins + timedelta(hours=48)
    assert next_news(world, acts, second.moment) is None
    assert next_news(world, (), begins) is None


def test_who_knows_everything_catches_more_than_who_freezes_one_address(world):
    acts = listed([freeze(world, world.reports[0].transaction.payee)])
    now = state(world, acts, world.reports[0].moment + timedelta(hours=40))
    assert 0 < reckoned(now).caught < reachable(world)


def test_everything_is_settled_after_the_last_payment_and_the_urgent_term(world):
    last = world.transactions[-1].time
    for clock in (world.reports[0].moment, last + timedelta(days=9)):
        assert settled(world, clock) >= max(clock, last) + world.terms.confirm_within
