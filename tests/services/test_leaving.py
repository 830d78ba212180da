"""A membership ended in one act: everything ends, at once here, and until it is so elsewhere."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.leaving import may_end, require_owner_left, require_regulators_left
from sandbox.domain.passkeys import Passkey
from sandbox.domain.records import Account, Organisation
from sandbox.domain.seats import Actor, Seat
from sandbox.domain.suspicion import Entity, Report, ReportState
from sandbox.domain.webhooks import Endpoint, EndpointState
from sandbox.domain.words import OrganisationKind
from sandbox.kit.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Unavailable,
)
from sandbox.services import identity, leaving
from sandbox.services.committee_members import committee_now
from sandbox.services.leaving import EndMembership
from sandbox.services.leaving_outside import at_hub
from sandbox.services.publication import Desk
from sandbox.services.worker import Worker
from sandbox.store.desk_sessions import DeskSession
from tests.services.committee_room import START

FIRM = "kattap-pay"


class Hub:
    """A hub that can be away; keeps what it holds of each user."""

    def __init__(self, **users):
        self.users, self.away, self.stopping = users, False, 0

    def held(self, account):
        if self.away:
            raise Unavailable("hub.unreachable")
        return self.users.get(account)

    def forget(self, account):
        if self.stopping:
            self.stopping -= 1
            raise Unavailable("hub.unreachable")
        self.users.pop(account, None)

    def stop(self, account, server):
        raise AssertionError("a leaver's servers go all together")


def end(room, who, account, successor="", reasons="Left the firm."):
    command = EndMembership(account, reasons, successor)
    return room.do(leaving.end_membership, who, command, ports=True)


def receipt(room, who, departure):
    return room.look(leaving.find_departure, who, departure)


def session(account, at):
    return DeskSession(f"hash-{account}", account, "csrf", "sealed", at, at)


def worked(room, hub):
    worker = Worker(Desk(room.store, room.ports.gateway, room.clock, hub=hub))
    worker.work_outbox()
    room.clock.forward(timedelta(minutes=2))


def test_everything_of_a_leaver_ends_and_the_receipt_says_when(room):
    number, colleague = "SB-2026-0001", "aigul"
    with room.store.unit() as u:
        for name in ("bakyt", colleague):
            u.sessions.put(session(name, START))
        u.commit()
    departure = end(room, "aigul", "bakyt")
    with room.store.unit(read_only=True) as u:
        assert u.sessions.find("hash-bakyt") is None
        assert u.sessions.find("hash-aigul") is not None
        with pytest.raises(NotAuthenticated, match=r"account\.unknown"):
            identity.actor_of(u, "bakyt")
        assert number not in str(u.departures.get(departure).done)
    found = receipt(room, "aigul", departure)
    assert (found.gateway_at, found.hub_at, found.complete) == (None, None, False)
    hub = Hub(bakyt={"servers": ["home"], "tokens": 3}, aigul={"servers": [], "tokens": 1})
    hub.away = True
    worked(room, hub)
    found = receipt(room, "aigul", departure)
    assert found.gateway_at is not None, "the gateway does not wait for the hub"
    assert found.hub_at is None
    hub.away, hub.stopping = False, 1
    worked(room, hub)
    assert receipt(room, "aigul", departure).hub_at is None, "a server is still stopping"
    worked(room, hub)
    found = receipt(room, "aigul", departure)
    assert found.complete
    assert found.hub == {"bakyt": {"servers": ["home"], "tokens": 3}}
    assert set(hub.users) == {"aigul"}
    with room.store.unit(read_only=True) as u:
        kinds = [each.kind for each in u.audit.of_subjects(FIRM)]
    assert kinds == ["membership.ended", "membership.gateway_ended", "membership.hub_ended"]


def test_a_worker_that_dies_after_the_hub_forgot_still_tells_what_it_held(room):
    departure = end(room, "aigul", "bakyt")
    hub = Hub(bakyt={"servers": ["home"], "tokens": 2})

    def die(step):
        if step == "membership.hub.told":
            raise KeyboardInterrupt

    desk = Desk(room.store, room.ports.gateway, room.clock, at_step=die, hub=hub)
    with room.store.unit(read_only=True) as u:
        (row,) = (each for each in u.outbox.due(room.at) if each.kind == leaving.AT_HUB)
    with pytest.raises(KeyboardInterrupt):
        at_hub(desk, row)
    assert hub.users == {}
    worked(room, hub)
    found = receipt(room, "aigul", departure)
    assert found.hub == {"bakyt": {"servers": ["home"], "tokens": 2}}
    assert found.hub_at is not None


def test_the_owner_ends_their_own_firms_and_the_operator_those_without_an_owner(room):
    for who, account in (
        ("aigul", "damira"),
        ("aigul", "kubat"),
        ("aigul", "operator"),
        ("aigul", "no-such"),
        ("operator", "bakyt"),
        ("operator", "operator"),
    ):
        with pytest.raises(NotFound, match=r"account\.not_found"):
            end(room, who, account)
    for who in ("bakyt", "kubat", "damira", "jyldyz"):
        with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
            end(room, who, "cholpon")
        with pytest.raises(NotFound, match=r"web\.not_found"):
            room.look(leaving.list_members, who, at=room.at)
    departure = end(room, "operator", "kubat", "hanum")
    assert receipt(room, "operator", departure).successor == "hanum"
    with pytest.raises(NotFound, match=r"departure\.not_found"):
        receipt(room, "aigul", departure)
    shown = {each.org for each in room.look(leaving.list_members, "operator", at=room.at)}
    assert "demo-central-bank" in shown
    assert FIRM not in shown
    mine = {each.account for each in room.look(leaving.list_members, "aigul", at=room.at)}
    assert mine == {"aigul", "bakyt", "cholpon"}


def test_the_last_owner_leaves_only_with_a_successor_who_owns_it_then(room):
    with pytest.raises(Conflict, match=r"leaving\.last_owner"):
        end(room, "aigul", "aigul")
    for wrong in ("aigul", "damira", "no-such"):
        with pytest.raises(InvalidInput, match=r"leaving\.successor_unknown"):
            end(room, "aigul", "aigul", wrong)
    end(room, "aigul", "aigul", "cholpon")
    with room.store.unit(read_only=True) as u:
        assert Seat.OWNER in u.accounts.get("cholpon").seats
        assert not u.accounts.get("aigul").active
    end(room, "cholpon", "bakyt")


def test_an_authority_keeps_two_regulators_and_its_committee(room):
    with pytest.raises(Conflict, match=r"leaving\.last_regulators"):
        end(room, "operator", "saltanat")
    room.constitute()
    with room.store.unit(read_only=True) as u:
        sits = committee_now(u, "demo-central-bank", room.at)[0].account
    with pytest.raises(Conflict, match=r"leaving\.in_committee"):
        end(room, "operator", sits)


def test_every_account_of_the_person_in_the_firm_ends_and_none_elsewhere(room):
    with room.store.unit() as u:
        room.add(u, "bakyt2", FIRM, Seat.OBSERVER, "person-bakyt")
        room.add(u, "bakyt3", "ala-too-demo-bank", Seat.SPONSOR, "person-bakyt")
        u.commit()
    departure = end(room, "aigul", "bakyt2")
    assert set(receipt(room, "aigul", departure).accounts) == {"bakyt", "bakyt2"}
    with room.store.unit(read_only=True) as u:
        assert u.accounts.get("bakyt3").active


def test_passkeys_end_and_webhooks_are_named_in_the_receipt(room):
    with room.store.unit() as u:
        for name in ("bakyt", "aigul"):
            u.passkeys.add(Passkey(f"pk-{name}", name, "Phone of Bakyt", "00", 0, START))
        hook = Endpoint(
            *("w1", FIRM, "https://hooks.example.kg/secret-path", (), EndpointState.ON),
            *("sealed", "bakyt", START, START),
        )
        u.webhooks.endpoints.add(hook)
        u.commit()
    departure = end(room, "aigul", "bakyt")
    found = receipt(room, "aigul", departure)
    assert found.done["passkeys"] == ["pk-bakyt"]
    assert found.done["webhooks"] == ["hooks.example.kg"]
    with room.store.unit(read_only=True) as u:
        assert not u.passkeys.of_account("bakyt")
        assert u.passkeys.of_account("aigul")
        assert u.webhooks.endpoints.get("w1").state is EndpointState.ON


@pytest.mark.parametrize("successor", ["", "azamat"])
def test_the_intelligence_service_keeps_two_and_their_reports_a_hand_that_nobody_hears_of(
    room, successor
):
    with pytest.raises(Conflict, match=r"leaving\.last_officers"):
        end(room, "operator", "meerim", successor)
    with room.store.unit() as u:
        room.add(u, "meder", "demo-intelligence", Seat.INTELLIGENCE)
        for name, state in (
            ("STR-1", ReportState.IN_WORK),
            ("STR-2", ReportState.MORE_ASKED),
            ("STR-3", ReportState.CLOSED),
        ):
            made = Report(
                *(name, Entity.FIRM, FIRM, None, None, state, "aigul", "person-aigul"),
                *(START, {}),
                assignee="meerim",
            )
            u.suspicions.add(made)
        u.commit()
    departure = end(room, "operator", "meerim", successor)
    after = (successor or None, ReportState.IN_WORK if successor else ReportState.RECEIVED)
    with room.store.unit(read_only=True) as u:
        reports = [u.suspicions.get(f"STR-{n}") for n in (1, 2, 3)]
        told = str(u.departures.get(departure)) + str([each.body for each in u.audit.scan()])
        kept = [each.kind for each in u.supervision_record.of_subject("STR-1")]
    assert (reports[0].assignee, reports[0].state) == after
    assert (reports[1].assignee, reports[1].state) == (after[0], ReportState.MORE_ASKED)
    assert (reports[2].assignee, reports[2].state) == ("meerim", ReportState.CLOSED)
    assert kept == ["str.assigned"]
    assert "STR-" not in told


SEATS = st.frozensets(
    st.sampled_from([Seat.OWNER, Seat.DEVELOPER, Seat.REGULATOR, Seat.INTELLIGENCE]), min_size=1
)


@given(st.lists(st.tuples(SEATS, st.integers(0, 3)), min_size=1, max_size=6), st.data())
def test_no_organisation_is_left_without_who_decides_in_it(members, data):
    accounts = [
        Account(f"a{n}", f"A{n}", f"p{person}", "org", tuple(seats), "en", True, START)
        for n, (seats, person) in enumerate(members)
    ]
    chosen = data.draw(st.sampled_from(accounts))
    leaving_ = [each for each in accounts if each.person == chosen.person]
    staying = [each for each in accounts if each.person != chosen.person]
    successor = data.draw(st.sampled_from([None, *accounts]))
    try:
        require_owner_left(leaving_, accounts, successor)
        require_regulators_left(leaving_, accounts)
    except (Conflict, InvalidInput):
        return
    if any(Seat.OWNER in each.seats for each in accounts):
        named = [replace(successor, seats=(Seat.OWNER,))] if successor else []
        assert any(Seat.OWNER in each.seats for each in [*staying, *named])
    for seat in (Seat.REGULATOR, Seat.INTELLIGENCE):
        if any(seat in each.seats for each in leaving_):
            assert len({each.person for each in staying if seat in each.seats}) >= 2


@given(SEATS, st.sampled_from([Seat.OWNER, Seat.OPERATOR, Seat.DEVELOPER]), st.booleans())
def test_only_owner_and_operator_end_a_membership_and_never_an_operators(held, seat, owned):
    actor = Actor("x", "px", "org", frozenset({seat}))
    account = Account("a", "A", "pa", "org", tuple(held), "en", True, START)
    able = may_end(actor, account, owned=owned)
    assert able == (seat is Seat.OWNER or (seat is Seat.OPERATOR and not owned))
    assert not may_end(actor, replace(account, seats=(*held, Seat.OPERATOR)), owned=owned)
    assert not may_end(actor, replace(account, org=None), owned=owned)
    elsewhere = may_end(actor, replace(account, org="other"), owned=True)
    assert not elsewhere


@pytest.mark.parametrize(
    ("kind", "seat", "there"),
    [
        (OrganisationKind.AUTHORITY, Seat.REGULATOR, 3),
        (OrganisationKind.AUTHORITY, Seat.INTELLIGENCE, 3),
        (OrganisationKind.STARTUP, Seat.OWNER, 2),
    ],
)
def test_of_two_who_leave_at_once_the_one_too_many_stays(either, kind, seat, there):
    names = [f"one-{place}" for place in range(there)]
    with either.store.unit() as u:
        u.organisations.add(Organisation("house", "House", kind, START))
        u.flush()
        for name in names:
            either.add(u, name, "house", seat)
        u.commit()
    actors = {name: either.actor(name if seat is Seat.OWNER else "operator") for name in names[:2]}
    began, said = threading.Event(), {}

    def leave(name):
        command = EndMembership(name, "Leaves.")
        try:
            with either.store.unit() as u:
                ports = either.ports
                leaving.end_membership(u, actors[name], command, at=either.at, ports=ports)
                began.set()
                time.sleep(0.7)
                u.commit()
                said[name] = "ended"
        except Conflict as error:
            said[name] = error.code

    first = threading.Thread(target=leave, args=(names[0],))
    second = threading.Thread(target=leave, args=(names[1],))
    first.start()
    assert began.wait(10)
    second.start()
    first.join(20)
    second.join(20)
    assert said[names[0]] == "ended"
    assert said[names[1]].startswith("leaving.last_")
    with either.store.unit(read_only=True) as u:
        assert [each.name for each in u.accounts.of_org("house")] == names[1:]
