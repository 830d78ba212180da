"""Files on similarity on pages: opened with a reason, answered, decided, appealed."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from sandbox.domain.classroom import Duty
from sandbox.domain.departments import Coordinator, Department
from sandbox.domain.marking import MarkingRules
from sandbox.domain.records import Account, Organisation
from sandbox.domain.seats import Seat
from sandbox.domain.similarity_files import ANSWER_DAYS, APPEAL_DAYS, FROM
from sandbox.domain.words import OrganisationKind
from sandbox.services import similarity, similarity_files
from sandbox.services.classroom_marking_rules import set_rules
from sandbox.services.course_staff import Appoint, appoint
from sandbox.services.identity import actor_of
from sandbox.store.classroom import Courses
from sandbox.web.words import SAID
from tests.web import sweep
from tests.web.course_world import COURSE, LAB, PAGE, enter, grade, hand_in
from tests.web.test_course_time import said, seat
from tests.web.test_notices import _follow, _kinds
from tests.web.test_similarity import LONG, PLACE, compared, pairs, renamed

FILE = "/desk/similarity/1"


@pytest.fixture
def alike(desk):
    """Lira and Marat handed in nearly the same; Olga teaches too, Burul coordinates."""
    from dataclasses import replace

    from sandbox.services.classroom_people import seed_course

    seat(desk)
    at = desk.clock.now()
    with desk.parts.store.unit() as u:
        u.organisations.add(Organisation("uni9", "University", OrganisationKind.UNIVERSITY, at))
        for name, seats in (
            ("olga", (Seat.TEACHER,)),
            ("burul9", (Seat.COORDINATOR,)),
            ("sultan9", (Seat.TEACHER,)),
        ):
            shown = name.title()
            u.accounts.add(Account(name, shown, f"p-{name}", "uni9", seats, "en", True, at))
        seed_course(u, at, teachers=["olga"], students=[])
        names = {"en": "Finance", "ru": "Финансы", "ky": "Финансы"}
        u.departments.add(Department("finance9", "uni9", names, at))
        u.coordinators.add(Coordinator("finance9", "burul9", at))
        courses = Courses(u.session)
        courses.save(replace(courses.get(COURSE), department="finance9"))
        u.commit()
    hand_in(desk, "lira", LONG + "\n# lira own line")
    hand_in(desk, "marat", renamed(LONG) + "\n# marat secret line")
    compared(desk)
    return desk


def opened(desk, *students, reason="Please explain how this came about.", who="kanat"):
    fields = {f"student.{each}": "yes" for each in students or ("lira",)}
    (place,) = pairs(desk)
    return desk.browser(who).post(f"{place}/open", fields | {"reason": reason})


def step(desk, who, act, words="My words.", file=FILE):
    return desk.browser(who).post(f"{file}/{act}", {"text": words})


def breach(desk):
    """A breach that Kanat proposed and Olga noted."""
    opened(desk)
    assert step(desk, "lira", "answered").status_code == 303
    assert step(desk, "kanat", "proposed", "The loops are the same.").status_code == 303
    assert step(desk, "olga", "noted", "I agree.").status_code == 303


def marks(desk):
    """Everything about marks that the store holds."""
    tables = ("classroom_mark", "classroom_job", "classroom_sheet", "classroom_certificate")
    with desk.parts.store.engine.connect() as connection:
        return [list(connection.execute(text(f'SELECT * FROM "{name}"'))) for name in tables]


def test_a_file_is_opened_by_a_person_with_a_reason_and_the_student_is_told(alike):
    _follow(alike)
    assert _kinds(alike, "lira") == []
    empty = opened(alike, reason=" ")
    assert (empty.status_code, "similarity.no_reason" in empty.text) == (400, True)
    (place,) = pairs(alike)
    nobody = alike.browser("kanat").post(f"{place}/open", {"reason": "Why."})
    assert (nobody.status_code, "similarity.nobody" in nobody.text) == (400, True)
    assert opened(alike).status_code == 303
    _follow(alike)
    assert _kinds(alike, "lira") == ["course.similarity_opened"]
    assert _kinds(alike, "marat") == []
    with alike.parts.store.unit(read_only=True) as u:
        (notice,) = u.notices.of_account("lira", unread=False, before=None, limit=9)
    led = alike.browser("lira").get(f"/desk/notices/{notice.entry}")
    assert led.headers["location"] == "/desk/similarity"
    again = opened(alike)
    assert (again.status_code, "similarity.open_already" in again.text) == (409, True)


def test_the_student_sees_the_own_work_and_of_the_other_only_what_matches(alike):
    opened(alike)
    page = alike.browser("lira").get(FILE).text
    assert "lira own line" in page
    assert "marat secret line" not in page
    assert "Marat" not in page
    assert "The other work" in page
    assert "File No. 1" in alike.browser("lira").get("/desk/similarity").text
    content = json.loads(alike.browser("lira").get(f"{FILE}/file.json").text)
    assert content["other"] is None
    assert "secret" not in json.dumps(content)
    moment = re.compile(r"\d\d:\d\d")
    own, other = (each["handed_in"] for each in content["works"])
    assert (bool(moment.search(own)), bool(moment.search(other))) == (True, False)
    own, other = (re.sub(r"<[^>]*>", " ", each) for each in page.split("Handed in ")[1:])
    assert (bool(moment.search(own[:30])), bool(moment.search(other[:30]))) == (True, False)
    teacher = alike.browser("kanat").get(FILE).text
    assert "marat secret line" in teacher
    assert "Marat" in teacher


def test_a_lead_sees_no_name_in_a_file_while_the_work_is_marked_anonymously(alike):
    opened(alike)
    assert "Lira" in alike.browser("kanat").get("/desk/similarity").text
    rules = MarkingRules(anonymous=True)
    enter(alike, "kanat", lambda room: set_rules(room, LAB, rules, ()))
    kanat = alike.browser("kanat")
    for path in (FILE, f"{FILE}/file.json"):
        refused = kanat.get(path)
        assert (refused.status_code, "Lira" in refused.text) == (403, False)
    listed = kanat.get("/desk/similarity").text
    assert ("File No. 1" in listed, "Lira" in listed, FILE in listed) == (True, False, False)
    assert step(alike, "kanat", "no_case").status_code == 403
    assert alike.browser("lira").get(FILE).status_code == 200


@pytest.mark.parametrize("who", ["marat", "burul9", "sultan9", "aigul"])
def test_others_find_no_such_file(alike, who):
    opened(alike)
    browser = alike.browser(who)
    assert browser.get(FILE).status_code == 404
    assert browser.get(f"{FILE}/file.json").status_code == 404
    assert step(alike, who, "no_case").status_code == 404
    assert "File No. 1" not in browser.get("/desk/similarity").text


@pytest.mark.parametrize("number", ["0", "2", "x", "9" * 40])
def test_a_file_that_is_none_is_not_found(alike, number):
    assert alike.browser("kanat").get(f"/desk/similarity/{number}").status_code == 404


def test_nothing_is_decided_before_the_answer_or_its_time(alike):
    opened(alike)
    early = step(alike, "kanat", "no_case")
    assert (early.status_code, "similarity.wait_for_answer" in early.text) == (409, True)
    with alike.parts.store.unit(read_only=True) as u:
        due = u.calendar.calendar().deadline(alike.clock.now(), ANSWER_DAYS)
    alike.clock.forward(due - alike.clock.now())
    assert step(alike, "kanat", "no_case").status_code == 409
    alike.clock.forward(timedelta(seconds=1))
    assert step(alike, "kanat", "no_case", "It is a lesson's example.").status_code == 303
    assert "lesson&#39;s example" in alike.browser("lira").get(FILE).text
    late = step(alike, "lira", "answered")
    assert (late.status_code, "similarity.not_from_here" in late.text) == (409, True)


def test_the_student_answers_once_and_who_opened_is_told(alike):
    opened(alike)
    assert step(alike, "kanat", "answered").status_code == 403
    assert step(alike, "lira", "answered", "We learnt together.").status_code == 303
    assert step(alike, "lira", "answered").status_code == 409
    _follow(alike)
    assert "course.similarity_answered" in _kinds(alike, "kanat")
    assert "We learnt together." in alike.browser("kanat").get(FILE).text


def test_a_breach_is_noted_by_another_person_and_not_shown_before(alike):
    opened(alike)
    step(alike, "lira", "answered")
    assert step(alike, "kanat", "proposed", "The loops are the same.").status_code == 303
    hers = alike.browser("lira").get(FILE).text
    assert "The loops are the same." not in hers
    assert "second person" not in hers
    own = step(alike, "kanat", "noted")
    assert (own.status_code, "similarity.second_person" in own.text) == (403, True)
    assert step(alike, "lira", "noted").status_code == 403
    assert step(alike, "olga", "noted", "I agree.").status_code == 303
    hers = alike.browser("lira").get(FILE).text
    assert "The loops are the same." in hers
    assert "I agree." in hers
    _follow(alike)
    assert _kinds(alike, "lira")[-1] == "course.similarity_noted"


def test_a_coordinator_is_the_second_person_too_and_may_send_it_back(alike):
    opened(alike)
    step(alike, "lira", "answered")
    step(alike, "kanat", "proposed", "First thoughts.")
    _follow(alike)
    assert "course.similarity_proposed" in _kinds(alike, "burul9")
    page = alike.browser("burul9").get(FILE)
    assert page.status_code == 200
    assert "marat secret line" not in page.text
    assert step(alike, "burul9", "returned", "Too little.").status_code == 303
    assert alike.browser("burul9").get(FILE).status_code == 404
    assert step(alike, "olga", "allowed", "They may.").status_code == 303
    hers = alike.browser("lira").get(FILE).text
    assert "First thoughts." not in hers
    assert "Too little." not in hers
    assert "They may." in hers


@pytest.mark.parametrize("act", ["upheld", "overturned"])
def test_an_appeal_is_heard_once_by_the_coordinator(alike, act):
    breach(alike)
    assert step(alike, "lira", "appealed", "I wrote it first.").status_code == 303
    assert step(alike, "lira", "appealed").status_code == 409
    assert step(alike, "kanat", act).status_code == 403
    assert step(alike, "olga", act).status_code == 403
    assert step(alike, "lira", act).status_code == 403
    assert step(alike, "burul9", act, "I looked at both.").status_code == 303
    assert "I looked at both." in alike.browser("lira").get(FILE).text
    assert step(alike, "lira", "appealed").status_code == 409
    overturned = "Overturned: no breach" in said(alike.browser("lira").get(FILE))
    assert overturned is (act == "overturned")


def test_a_coordinator_who_noted_the_breach_does_not_hear_the_appeal(alike):
    opened(alike)
    step(alike, "lira", "answered")
    step(alike, "kanat", "proposed")
    assert step(alike, "burul9", "noted").status_code == 303
    step(alike, "lira", "appealed")
    assert step(alike, "burul9", "upheld").status_code == 403
    assert step(alike, "olga", "upheld").status_code == 303


def test_an_appeal_after_its_time_is_refused(alike):
    breach(alike)
    with alike.parts.store.unit(read_only=True) as u:
        due = u.calendar.calendar().deadline(alike.clock.now(), APPEAL_DAYS)
    alike.clock.forward(due - alike.clock.now() + timedelta(seconds=1))
    late = step(alike, "lira", "appealed")
    assert (late.status_code, "similarity.appeal_over" in late.text) == (409, True)
    assert "What you can do" not in alike.browser("lira").get(FILE).text


def test_an_assistant_neither_sees_nor_decides_and_a_substitute_does(alike):
    opened(alike)
    step(alike, "lira", "answered")
    for duty, status in ((Duty.ASSISTANT, 404), (Duty.SUBSTITUTE, 200)):
        at = alike.clock.now()
        with alike.parts.store.unit() as u:
            command = Appoint(COURSE, "sultan9", duty.value, at, at + timedelta(days=7))
            appoint(u, actor_of(u, "kanat"), command, at=at)
            u.commit()
        assert alike.browser("sultan9").get(FILE).status_code == status
        expected = 303 if status == 200 else 404
        assert step(alike, "sultan9", "no_case").status_code == expected
        alike.clock.forward(timedelta(minutes=1))


def test_no_step_changes_a_mark(alike):
    grade(alike, {"lira": {"q1": 2.0}, "marat": {"q1": 1.0}})
    alike.browser("kanat").post(f"{PAGE}/lab/feedback")
    before = marks(alike)
    assert before[0]
    compared(alike)
    opened(alike, "lira", "marat")
    for number in (1, 2):
        file = f"/desk/similarity/{number}"
        who = {1: "lira", 2: "marat"}[number]
        for actor, act in (
            *((who, "answered"), ("kanat", "proposed"), ("olga", "returned")),
            *(("kanat", "proposed"), ("olga", "noted"), (who, "appealed")),
            ("burul9", {1: "upheld", 2: "overturned"}[number]),
        ):
            assert step(alike, actor, act, file=file).status_code == 303, act
    opened(alike)
    step(alike, "lira", "answered", file="/desk/similarity/3")
    assert step(alike, "kanat", "allowed", file="/desk/similarity/3").status_code == 303
    assert marks(alike) == before
    for module in (similarity, similarity_files):
        assert not {"Marks", "Jobs", "Sheets"} & set(vars(module))


def test_each_step_is_in_the_audit_log_without_words(alike):
    breach(alike)
    step(alike, "lira", "appealed", "A private sorrow.")
    with alike.parts.store.unit(read_only=True) as u:
        entries = u.audit.page(after=-1, limit=300)
    found = [each for each in entries if each.subject == "similarity/1"]
    acts = [each.kind.removeprefix("course.similarity_") for each in found]
    assert acts == ["opened", "answered", "proposed", "noted", "appealed"]
    assert "sorrow" not in str([each.body for each in entries])


def test_after_each_step_the_page_says_what_was_done(alike):
    opened(alike)
    for who, act, words in (
        ("lira", "answered", "Your answer is sent"),
        ("kanat", "proposed", "Another person must note the breach or send it back"),
        ("olga", "returned", "The proposal is sent back"),
        ("kanat", "proposed", "Another person must note the breach or send it back"),
        ("olga", "noted", "The breach is noted."),
        ("lira", "appealed", "Your appeal is sent"),
        ("burul9", "upheld", "The finding stands."),
    ):
        done = step(alike, who, act)
        assert done.status_code == 303, (act, done.text)
        assert words in said(alike.browser(who).get(done.headers["location"])), act
    assert {f"similarity_{act}" for act in FROM} <= set(SAID)


def test_a_file_stays_when_works_are_compared_again(alike):
    opened(alike)
    hand_in(alike, "lira", "print('new')")
    compared(alike)
    assert pairs(alike) == []
    page = alike.browser("lira").get(FILE).text
    assert "lira own line" in page
    assert re.search(r'class="match-number">1<', page)


def test_words_that_are_too_long_are_refused_and_kept(alike):
    opened(alike)
    answer = step(alike, "lira", "answered", "x" * 1001)
    assert (answer.status_code, "classroom.words_too_long" in answer.text) == (400, True)
    assert "x" * 1001 in answer.text


def test_a_use_case_of_a_student_opens_nothing(alike):
    (place,) = pairs(alike)
    ids = tuple(place.rsplit("/", 2)[1:])
    with pytest.raises(Exception, match="wrong_role"):
        enter(
            alike,
            "lira",
            lambda room: similarity_files.open_files(
                room, LAB, ids, students=["marat"], reason="Me."
            ),
        )
    assert alike.browser("lira").post(f"{place}/open", {"reason": "x"}).status_code == 404


def test_pages_are_whole_in_their_readers_language(alike):
    opened(alike)
    step(alike, "lira", "answered", "Өзүм жаздым.")
    (place,) = pairs(alike)
    typed = sweep.typed_words(alike)
    for who, path in (
        *(("kanat", PLACE), ("kanat", place), ("kanat", FILE), ("kanat", "/desk/similarity")),
        *(("lira", FILE), ("lira", "/desk/similarity"), ("burul9", "/desk/similarity")),
    ):
        client = alike.browser(who, "ky").client
        seen = sweep.read(client.get(path, headers={"accept-language": "ky"}).text)
        assert seen.lang == "ky"
        assert sweep.wrong_words(path, seen, typed) + sweep.wrong_frame(seen) == [], path
