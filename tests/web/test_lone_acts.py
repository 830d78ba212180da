"""What one regulator may do alone is one person's, by whatever account and by whatever name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.drills import PAUSE
from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.domain.terms import TrialState
from sandbox.domain.words import DecisionKind, DecisionStatus
from sandbox.services import delegations
from sandbox.services.delegations import Delegate
from sandbox.services.identity import actor_of
from tests.web.seams import PEOPLE
from tests.web.world import World

GRAVE = {"reasons": "Grave.", "understood": "yes"}
SPENT = "intervention.lone_act_spent"


def lapsed(desk: World) -> str:
    """A permit that is active again after ermek's halt lapsed, as the worker leaves it."""
    number = desk.granted()
    halted = desk.browser("ermek").act(f"/desk/permits/{number}/halt", GRAVE)
    assert halted.status_code == 303
    desk.clock.forward(timedelta(hours=73))
    with desk.parts.store.unit() as u:
        permit = u.permits.get(number)
        for each in u.decisions.of_file(permit.file):
            if each.kind is DecisionKind.HALT:
                u.decisions.save(replace(each, status=DecisionStatus.LAPSED))
            elif each.status is DecisionStatus.PROPOSED:
                u.decisions.save(replace(each, status=DecisionStatus.OVERTAKEN))
        u.files.save(replace(u.files.get(permit.file), state=FileState.ACTIVE))
        u.permits.save(replace(permit, trial_state=TrialState.ACTIVE, interim_until=None))
        u.commit()
    return number


def same_person(desk: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Another account of ermek's."""
    monkeypatch.setitem(PEOPLE, "ermek2", ("Ermek", "nbkr", Seat.REGULATOR))
    with desk.parts.store.unit() as u:
        seats, since = (Seat.REGULATOR,), desk.clock.now()
        u.accounts.add(Account("ermek2", "Ermek", "person-ermek", "nbkr", seats, "en", True, since))
        u.commit()
    return "ermek2"


def stand_in(desk: World, _: pytest.MonkeyPatch) -> str:
    """Somebody who stands for ermek."""
    at = desk.clock.now()
    with desk.parts.store.unit() as u:
        giver = actor_of(u, "ermek", reauthenticated_at=at, at=at)
        command = Delegate("feruza", at, at + timedelta(days=5), "On leave.", "")
        delegations.delegate(u, giver, command, at=at)
        u.commit()
    return "feruza"


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (lambda *_: "ermek", 403),
        (same_person, 403),
        (stand_in, 403),
        (lambda *_: "gulnara", 303),
    ],
    ids=["the same account", "the same person", "who stands for that person", "another"],
)
@pytest.mark.parametrize("path", ["halt", "suspend", "drills"])
def test_whose_lone_act_lapsed_acts_alone_no_more_by_any_name(
    desk: World, monkeypatch: pytest.MonkeyPatch, who, status: int, path: str
) -> None:
    number = lapsed(desk)
    name = who(desk, monkeypatch)
    said = desk.browser(name).act(f"/desk/permits/{number}/{path}", GRAVE)
    assert (said.status_code, SPENT in said.text) == (status, status == 403)


@pytest.mark.parametrize(("after", "status"), [(-timedelta(seconds=1), 409), (timedelta(), 303)])
@pytest.mark.parametrize("who", ["ermek", "feruza"])
def test_from_one_drill_to_the_next_a_week_passes(
    desk: World, after: timedelta, status: int, who: str
) -> None:
    number = desk.granted()
    path = f"/desk/permits/{number}/drills"
    ermek = desk.browser("ermek")
    assert ermek.act(path, {"reasons": "Monthly."}).status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        (drill,) = u.drills.running(number)
    assert ermek.act(f"{path}/{drill.id}/end").status_code == 303
    assert f'action="{path}"' not in ermek.get(path).text
    desk.clock.forward(PAUSE + after)
    said = desk.browser(who).act(path, {"reasons": "Again."})
    assert (said.status_code, "drill.too_soon" in said.text) == (status, status == 409)
    if status == 409:
        assert "the next time from" in said.text
