"""Teams with one case, seats with powers, and one case for a class that comes again."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from sandbox.services import investigations
from sandbox.store.investigation_tables import CaseFiles
from tests.web.exam_desk import typed
from tests.web.investigation_world import ALL, kept, opened, started, worked_on
from tests.web.lesson_world import school
from tests.web.world import done

PAIR = {"team.lira": "1", "team.asan": "1"}


@pytest.fixture
def course(desk):
    school(desk, "asan", "bek")
    return desk


def said(answer):
    return html.unescape(answer.text)


def codes(answer):
    return set(re.findall(r">(?:investigation|classroom|store)\.(\w+)<", answer.text))


def in_pair(course, **powers):
    place = opened(course)
    seats = {f"power.{name}": power for name, power in powers.items()}
    done(course.browser("kanat").post(f"{place}/teams", PAIR | seats))
    return place


def seen(course, case):
    return kept(course, case)[0].canonical()


def shared(course, kind="common", code="", **more):
    form = {
        "lab": "P3",
        "difficulty": "easy",
        "attempts": "1",
        "kind": kind,
        "code": code,
        "opens": typed(course.clock.now() - timedelta(hours=1)),
        "due": typed(course.clock.now() + timedelta(hours=8)),
    }
    return course.browser("kanat").post(ALL, form | more)


@pytest.mark.slow
def test_a_pair_has_one_case_one_draft_and_one_mark(course):
    place = in_pair(course)
    case = started(course, place)
    assert started(course, place, "asan") == case
    worked_on(course, case)
    other = said(course.browser("asan").get(case))
    assert "Team 1" in other
    assert "Биринчи капчык." in said(
        course.browser("asan").get(
            f"{case}/addresses/{kept(course, case)[0].reports[0].transaction.payee.lower()}"
        )
    )
    assert course.browser("bek").get(case).status_code == 404
    assert course.browser("bek").post(f"{case}/policy", {"policy": "lifo"}).status_code == 404
    done(course.browser("asan").post(f"{case}/hand-in"))
    for name in ("lira", "asan"):
        page = said(course.browser(name).get(place))
        assert "provisional" in page, name
        assert "So far" in said(course.browser(name).get(f"{case}/answer")), name
    assert codes(course.browser("lira").post(f"{case}/hand-in")) == {"closed"}
    room = said(course.browser("kanat").get(place))
    assert "Team 1: Asan" in room


def test_a_message_to_one_of_a_team_stands_in_its_case(course):
    place, kanat = in_pair(course), course.browser("kanat")
    case = started(course, place)
    done(kanat.post(f"{place}/messages", {"trainee": "asan", "words": "For one.", "when": "now"}))
    for name in ("lira", "asan"):
        assert "For one." in said(course.browser(name).get(case))
    page = said(kanat.get(place))
    assert "In cases: 1" in page
    assert "/withdraw" not in page


def test_whoever_is_alone_has_another_case_than_a_team(course):
    place = in_pair(course)
    assert seen(course, started(course, place)) != seen(course, started(course, place, "bek"))


def test_nothing_is_handed_in_but_what_the_prosecutor_approved(course):
    place = in_pair(course, lira="investigator", asan="prosecutor")
    case = started(course, place)
    worked_on(course, case)
    lira, asan = course.browser("lira"), course.browser("asan")
    assert codes(lira.post(f"{case}/hand-in")) == {"not_approved"}
    for act in ("/policy", "/hand-in"):
        refused = asan.post(case + act, {"policy": "lifo"})
        assert (refused.status_code, codes(refused)) == (403, {"seat"}), act
    assert lira.post(f"{case}/approve", {"sha256": "0" * 64}).status_code == 403
    page = asan.get(f"{case}/answer").text
    sha = re.search(r'name="sha256" value="([0-9a-f]{64})"', page).group(1)
    assert codes(asan.post(f"{case}/approve", {"sha256": "0" * 64})) == {"changed_meanwhile"}
    done(asan.post(f"{case}/approve", {"sha256": sha}))
    done(lira.post(f"{case}/policy", {"policy": "lifo"}))
    assert codes(lira.post(f"{case}/hand-in")) == {"not_approved"}
    assert codes(asan.post(f"{case}/approve", {"sha256": sha})) == {"changed_meanwhile"}
    done(lira.post(f"{case}/policy", {"policy": "fifo"}))
    done(lira.post(f"{case}/hand-in"))


def test_an_analyst_works_and_does_not_hand_in(course):
    place = in_pair(course, asan="analyst")
    case = started(course, place, "asan")
    worked_on(course, case, "asan")
    asan = course.browser("asan")
    assert "Hand in the answer" not in said(asan.get(f"{case}/answer"))
    assert codes(asan.post(f"{case}/hand-in")) == {"seat"}
    done(course.browser("lira").post(f"{case}/hand-in"))


def test_a_team_that_has_a_case_stays_as_it_is_and_its_seats_may_change(course):
    place = in_pair(course)
    started(course, place)
    kanat = course.browser("kanat")
    for wrong in ({}, PAIR | {"team.bek": "1"}, PAIR | {"team.lira": "2", "team.asan": "2"}):
        assert codes(kanat.post(f"{place}/teams", wrong)) == {"team_started"}
    done(kanat.post(f"{place}/teams", PAIR | {"power.asan": "analyst"}))
    started(course, place, "bek")
    with_bek = PAIR | {"team.bek": "2", "team.kanat": "2"}
    assert codes(kanat.post(f"{place}/teams", with_bek)) == {"message_to"}


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"team.lira": "1"}, "team_size"),
        ({"team.lira": "0", "team.asan": "0"}, "team_number"),
        ({"team.lira": "x", "team.asan": "1"}, "team_number"),
        (PAIR | {"power.lira": "judge"}, "team_number"),
        (PAIR | {"power.lira": "prosecutor", "power.asan": "analyst"}, "team_powers"),
    ],
)
def test_teams_that_cannot_be_are_refused_and_nothing_is_kept(course, form, code):
    place = opened(course)
    kanat = course.browser("kanat")
    assert codes(kanat.post(f"{place}/teams", form)) == {code}
    assert 'value="1" aria-label="Team of' not in kanat.get(f"{place}/teams").text
    for act in ("/teams", "/teams/random"):
        assert course.browser("lira").post(place + act, PAIR | {"size": "2"}).status_code == 403
    assert course.browser("lira").get(f"{place}/teams").status_code == 403


def test_teams_at_random_take_everybody_who_has_none(course):
    place = opened(course)
    kanat = course.browser("kanat")
    assert codes(kanat.post(f"{place}/teams/random", {"size": "9"})) == {"team_number"}
    done(kanat.post(f"{place}/teams/random", {"size": "2"}))
    page = kanat.get(f"{place}/teams").text
    assert len(re.findall(r'name="team\.\w+" value="1"', page)) == 3


@pytest.mark.slow
def test_a_class_has_one_case_and_the_code_brings_it_back_later(course, monkeypatch):
    place = done(shared(course)).partition("?")[0]
    first, other = started(course, place), started(course, place, "bek")
    assert first != other
    assert seen(course, first) == seen(course, other)
    with course.parts.store.unit(read_only=True) as u:
        seals = {CaseFiles(u.session).get(each.rpartition("/")[2]).seal for each in (first, other)}
    assert len(seals) == 1
    (code,) = re.findall(r'<strong class="mono">(\w+)<', course.browser("kanat").get(place).text)
    for end in (place, first, f"{first}/answer"):
        assert code not in course.browser("lira").get(end).text
    later = done(shared(course, "again", code.upper())).partition("?")[0]
    assert later != place
    assert seen(course, started(course, later)) == seen(course, first)
    real = investigations.recipe
    monkeypatch.setattr(investigations, "recipe", lambda _: real("hard"))
    assert codes(shared(course, "again", code)) == {"code_planner"}


def test_a_code_that_is_none_or_not_ones_own_is_refused_alike(course):
    assert codes(shared(course, "again", "nothing")) == {"code"}
    assert codes(shared(course, "again", "")) == {"code"}
    assert "No investigation is open" in said(course.browser("kanat").get(ALL))
