"""The trainer's room: progress, pause for all, messages; and what trainees see of them."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from tests.web.exam_desk import typed
from tests.web.investigation_world import opened, started, worked_on
from tests.web.lesson_world import school
from tests.web.world import done


@pytest.fixture
def course(desk):
    school(desk, "asan")
    return desk


@pytest.fixture
def case(course):
    return started(course, opened(course))


def said(answer):
    return html.unescape(answer.text)


def codes(answer):
    return set(re.findall(r">(?:investigation|classroom|course)\.(\w+)<", answer.text))


def room_of(case):
    return case.partition("/cases/")[0]


def kinds(desk):
    with desk.parts.store.unit(read_only=True) as u:
        return [each.kind.removeprefix("course.") for each in u.audit.newest(1_000)]


def names_in_order(page):
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th>', said(page).partition('id="pause')[0])
    return [each for each in rows if "Lira" in each or "Asan" in each or "Асан" in each]


def test_who_does_not_get_on_stands_first_and_nobodys_truth_is_told(course, case):
    kanat, place = course.browser("kanat"), room_of(case)
    first = said(kanat.get(place))
    assert "Last change 0 min ago" in first
    assert "0 / 5" in first
    course.clock.forward(timedelta(minutes=19))
    assert 'badge-warn">No change' not in said(kanat.get(place))
    course.clock.forward(timedelta(minutes=1))
    stuck = said(kanat.get(place))
    assert 'badge-warn">No change for a while' in stuck
    assert "Last change 20 min ago" in stuck
    assert stuck.index("Last change 20") < stuck.index("Not started</td>")
    worked_on(course, case)
    after = said(kanat.get(place))
    assert "Last change 0 min ago" in after
    assert "4 / 5" in after
    assert not re.search(r"\b(mule|thief|guilty|recipe)\b", after.lower())


def test_the_minutes_of_a_pause_make_nobody_slow(course, case):
    kanat, place = course.browser("kanat"), room_of(case)
    course.clock.forward(timedelta(minutes=5))
    done(kanat.post(f"{place}/pause", {"reason": "Lunch", "extends": "yes"}))
    course.clock.forward(timedelta(minutes=60))
    assert "Last change 5 min ago" in said(kanat.get(place))
    done(kanat.post(f"{place}/resume"))
    assert "Last change 0 min ago" in said(kanat.get(place))


def test_a_pause_stops_every_trainee_and_survives_a_restart(course, case):
    kanat, lira, place = course.browser("kanat"), course.browser("lira"), room_of(case)
    worked_on(course, case)
    due = re.search(r"– ([^·]+) ·", said(kanat.get(place))).group(1)
    done(kanat.post(f"{place}/pause", {"reason": "Fire drill", "extends": "yes"}))
    for act, form in (
        ("/policy", {"policy": "lifo"}),
        ("/hops", {"do": "none"}),
        ("/hand-in", {}),
    ):
        refused = lira.post(case + act, form)
        assert (refused.status_code, codes(refused)) == (409, {"paused"}), act
        assert "Fire drill" in said(refused)
    page = said(lira.get(case))
    assert "Paused since" in page
    assert "Fire drill" in page
    answer = said(lira.get(f"{case}/answer"))
    assert "Hand in the answer" not in answer
    start = course.browser("asan").post(f"{place}/start")
    assert codes(start) == {"paused"}
    assert "Start the case" not in said(course.browser("asan").get(place))
    course.clock.forward(timedelta(hours=49))
    lira, kanat = course.browser("lira"), course.browser("kanat")
    assert codes(lira.post(f"{case}/hand-in")) == {"paused"}
    assert "It is sealed until" in said(kanat.get(f"{case}/truth"))
    done(kanat.post(f"{place}/resume"))
    assert due not in said(kanat.get(place))
    assert lira.post(f"{case}/hand-in").status_code == 303
    assert {"investigation_paused", "investigation_resumed"} <= set(kinds(course))


def test_a_pause_without_more_time_says_so_and_lets_the_due_date_pass(course, case):
    kanat, place = course.browser("kanat"), room_of(case)
    done(kanat.post(f"{place}/pause", {"reason": "Talk", "extends": "no"}))
    assert "The due date stays" in said(kanat.get(place))
    course.clock.forward(timedelta(hours=49))
    assert codes(course.browser("lira").post(f"{case}/hand-in")) == {"past_due"}


def test_only_who_leads_pauses_and_only_with_a_reason(course, case):
    place = room_of(case)
    for act in ("pause", "resume"):
        refused = course.browser("lira").post(f"{place}/{act}", {"reason": "x"})
        assert refused.status_code == 403
    kanat = course.browser("kanat")
    assert codes(kanat.post(f"{place}/pause", {"reason": " "})) == {"pause_reason"}
    assert codes(kanat.post(f"{place}/resume")) == {"not_paused"}
    assert "Paused since" not in said(kanat.get(place))
    assert "investigation_paused" not in kinds(course)


def test_a_message_reaches_all_in_their_language_and_stays_in_the_history(course, case):
    kanat, place = course.browser("kanat"), room_of(case)
    words = "Look at <b>12.5</b>"
    done(kanat.post(f"{place}/messages", {"prepared": "press", "words": words, "when": "now"}))
    for lang, title in (("en", "The press asks"), ("ky", "Басма сөз сурайт")):
        page = course.browser("lira", lang).get(f"{case}/find")
        assert title in said(page)
        assert "Look at &lt;b&gt;12.5&lt;/b&gt;" in page.text
    course.clock.forward(timedelta(seconds=1))
    done(kanat.post(f"{place}/messages", {"words": "Second.", "when": "now"}))
    history = said(course.browser("lira").get(f"{case}/messages"))
    assert history.index("Second.") < history.index("The press asks")
    assert "In cases: 1" in said(kanat.get(place))
    assert kinds(course).count("case_message_sent") == 2


def test_the_page_is_told_only_what_is_new(course, case):
    lira, kanat, place = course.browser("lira"), course.browser("kanat"), room_of(case)
    mark = re.search(r"messages\?seen=([\d-]+)", lira.get(case).text).group(1)
    assert lira.get(f"{case}/messages?seen={mark}").status_code == 204
    done(kanat.post(f"{place}/messages", {"words": "News.", "when": "now"}))
    assert "News." in said(lira.get(f"{case}/messages?seen={mark}"))


def test_a_message_waits_for_its_time_and_can_be_taken_back_until_then(course, case):
    lira, kanat, place = course.browser("lira"), course.browser("kanat"), room_of(case)
    course.clock.forward(timedelta(minutes=1))
    done(kanat.post(f"{place}/messages", {"words": "Later.", "when": "after", "minutes": "30"}))
    course.clock.forward(timedelta(seconds=1))
    moment = typed(course.clock.now() + timedelta(minutes=40))
    done(kanat.post(f"{place}/messages", {"words": "Never.", "when": "at", "moment": moment}))
    acts = re.findall(r'action="([^"]+/withdraw)"', kanat.get(place).text)
    assert len(acts) == 2
    never = acts[0]
    assert course.browser("lira").post(never).status_code == 403
    done(kanat.post(never))
    assert "Later." not in said(lira.get(case))
    course.clock.forward(timedelta(minutes=45))
    page = said(lira.get(f"{case}/messages"))
    assert "Later." in page
    assert "Never." not in page
    assert codes(kanat.post(acts[1])) == {"message_seen"}
    assert "Later." in said(lira.get(case))
    assert kinds(course).count("case_message_withdrawn") == 1


def test_a_message_to_one_is_read_by_nobody_else(course, case):
    kanat, place = course.browser("kanat"), room_of(case)
    other = started(course, place, "asan")
    done(kanat.post(f"{place}/messages", {"trainee": "asan", "words": "For one.", "when": "now"}))
    assert "For one." in said(course.browser("asan").get(other))
    assert "For one." not in said(course.browser("lira").get(f"{case}/messages"))
    assert course.browser("lira").get(f"{other}/messages").status_code == 404


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"when": "now"}, "message_text"),
        ({"words": "x", "when": "after", "minutes": "-1"}, "message_time"),
        ({"words": "x", "when": "after", "minutes": "99999"}, "message_time"),
        ({"words": "x", "when": "at", "moment": "2020-01-01T10:00"}, "message_time"),
        ({"words": "x", "trainee": "aigul"}, "message_to"),
    ],
)
def test_a_message_that_cannot_be_is_refused_and_nothing_is_kept(course, form, code):
    place = opened(course)
    kanat = course.browser("kanat")
    refused = kanat.post(f"{place}/messages", form)
    assert codes(refused) == {code}
    assert "No message was sent." in said(kanat.get(place))
    of_a_trainee = course.browser("lira").post(f"{place}/messages", {"words": "x"})
    assert of_a_trainee.status_code == 403


def test_the_truth_goes_on_by_enter_and_at_the_end_back(course, case):
    kanat = course.browser("kanat")
    done(kanat.post(f"{case}/truth"))
    first = kanat.get(f"{case}/truth").text
    assert re.findall(r'href="[^"]+step=(\d+)" autofocus', first) == ["1"]
    last = int(re.search(r"Hop 0 of (\d+)", first).group(1))
    end = kanat.get(f"{case}/truth?step={last}").text
    assert re.findall(r'href="[^"]+step=(\d+)" autofocus', end) == [str(last - 1)]
