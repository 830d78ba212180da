"""A course with something on every page: work handed in and marked, a class list, mark sheets, an
exam whose room is open, an essay, works that are alike, and a department above it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.lti import LtiPlatform
from sandbox.domain.outside_accounts import How, OutsideAccount, Outsider
from sandbox.domain.passback import GradeService
from sandbox.kit.ids import AccountName
from sandbox.services import passback
from sandbox.services.classroom_people import seed_course, students_of
from sandbox.services.department_admin import (
    add_department,
    appoint_coordinator,
    give_to_department,
)
from sandbox.services.keyed import Keyed
from sandbox.services.lti import Lti
from sandbox.services.passback_delivery import Passback
from sandbox.services.publication import Desk
from tests.services import class_world
from tests.services.class_world import ASAN, KIM, OMUR, csv_of
from tests.web import certificate_world, exam_desk, investigation_world, marking_world, score_world
from tests.web.course_world import PAGE as COURSE_PAGE
from tests.web.course_world import grade, hand_in, release
from tests.web.lesson_world import PRACTICE, practised
from tests.web.mark_sheet_desk import corrected, given, marked_again, set_scale, signed_sheet
from tests.web.test_similarity import LONG as ALIKE
from tests.web.world import World, done

DEPARTMENT = {"ky": "Каржы кафедрасы", "ru": "Кафедра финансов", "en": "Finance"}

ESSAY = {"ky": "Эркин жооп", "ru": "Свободный ответ", "en": "A free answer"}
EXAMS = {
    "final": {"ky": "Жыйынтыктоочу экзамен", "ru": "Итоговый экзамен", "en": "Final exam"},
    "midterm": {"ky": "Аралык экзамен", "ru": "Промежуточный экзамен", "en": "Midterm exam"},
}


def fill(desk: World) -> None:
    """Let the course live: see the module."""
    with desk.parts.store.unit() as u:
        seed_course(u, desk.clock.now(), teachers=["kanat"], students=["lira"])
        u.commit()
    _department(desk)
    release(desk)
    hand_in(desk, "lira", "1")
    grade(desk, {"lira": {"q1": 2.0, "q2": 0.0}})
    grade(desk, {"lira": {"q1": 2.0, "q2": 2.0}}, "regrade")
    done(desk.browser("kanat").post(f"{COURSE_PAGE}/lab/students/lira/as-student"), 200)
    teacher = desk.browser("kanat")
    due, until = (f"{desk.clock.now() + timedelta(days=n):%Y-%m-%dT%H:%M}" for n in (7, 14))
    done(teacher.post(f"{COURSE_PAGE}/lab/due", {"due": due}))
    more = {"student.lira": "yes", "until": until, "reason": "Ооруп калды."}
    done(teacher.post(f"{COURSE_PAGE}/lab/extensions", more))
    receipt = hand_in(desk, "lira", "2")
    certificate_world.marked(desk, "lira", 2.0, receipt["body"]["submission"])
    done(certificate_world.issue(desk))
    release(desk, "Double an integer.", "Бүтүн сан.", PRACTICE)
    practised(desk)
    own = ("2026-004", "Beisheeva", "Lira", "", "ПИ-1")
    store, now = desk.parts.store, desk.clock.now()
    class_world.confirmed(store, csv_of(OMUR, own), {3: "lira"}, at=now)
    later = class_world.confirmed(store, csv_of(KIM), at=now)
    class_world.undone(store, later, at=now)
    _mark_sheets(desk)
    _exam(desk)
    _bookings(desk)
    twin, wrong = ("2026-009", *OMUR[1:]), ("", "Ким", "Олег", "", "")
    class_world.sent(store, csv_of(OMUR, twin, wrong, ASAN), at=now)
    _essay(desk)
    _similar_works(desk)
    _platform(desk)
    _investigation(desk)


def _investigation(desk: World) -> None:
    """Cases that Lira works on and acts on, and whose truth is open to the trainers."""
    cover = investigation_world.started(desk, investigation_world.opened(desk))
    investigation_world.worked_on(desk, cover)
    place, _, case = cover.partition("/cases/")
    answer = score_world.kept_answer(desk, place, attempt=2, like=case)
    score_world.marked(desk, answer)
    for lab in ("P4", "P5"):
        investigation_world.started(desk, investigation_world.opened(desk, lab=lab))
    for each in (cover, investigation_world.raced(desk)):
        done(desk.browser("kanat").post(f"{each}/truth"))


def _platform(desk: World) -> None:
    """A learning platform that takes marks: Lira came by it, and her mark could not be sent yet."""
    entry = LtiPlatform(
        *("moodle", "Окуу порталы", "https://moodle.example", "synak", ("1",)),
        *("https://moodle.example/keys", "https://moodle.example/authorize"),
        token="https://moodle.example/token",
    )
    parts = desk.parts
    url, keyed = parts.public_url, Keyed("session-secret")
    desk.parts = replace(parts, lti={"moodle": Lti(entry, url, keyed)})
    desk.app.state.parts = desk.app.state.reception.parts = desk.parts
    at, account, subject = desk.clock.now(), AccountName("lira"), "m-1"
    outsider = Outsider("moodle", entry.issuer, subject)
    service = GradeService(f"{entry.issuer}/items/1", "")
    with parts.store.unit() as u:
        u.outside.add(
            OutsideAccount("lira-moodle", "moodle", entry.issuer, subject, account, How.OWN, at)
        )
        passback.note_launch(u, outsider, service, f"{COURSE_PAGE}/lab/open", at=at)
        passback.came(u, account, entry.issuer, subject, at=at)
        u.commit()
    Passback(Desk(parts.store, parts.ports.gateway, desk.clock), {}, "ky").settle()


def _essay(desk: World) -> None:
    """An assignment with a free question, and an answer that nobody has marked."""
    marking_world.release_essay(desk, assignment="essay", titles=ESSAY)
    marking_world.write(desk, "lira", "Карызга алынган акча.", "essay")
    marking_world.graded(desk, "essay")


def _similar_works(desk: World) -> None:
    """Two works that are alike, and a file on one of them."""
    with desk.parts.store.unit(read_only=True) as u:
        others = students_of(u, CourseName(class_world.COURSE), desk.clock.now())
    other = next(each for each in others if each != "lira")
    for who, answer in (("lira", ALIKE), (other, ALIKE.replace("row", "line"))):
        hand_in(desk, who, answer)
    teacher, place = desk.browser("kanat"), f"{COURSE_PAGE}/lab/similarity"
    done(teacher.post(place))
    first, second = re.findall(rf'href="{place}/(\w+)/(\w+)"', teacher.get(place).text)[0]
    asked = {"student.lira": "yes", "reason": "Түшүндүрүп бериңиз."}
    done(teacher.post(f"{place}/{first}/{second}/open", asked))
    done(desk.browser("lira").post("/desk/similarity/1/answered", {"text": "Өзүм жаздым."}))


def _mark_sheets(desk: World) -> None:
    """A scale; a sheet that was signed, corrected and differs again; its resit is to come."""
    teacher = desk.browser("kanat")
    done(set_scale(teacher))
    submission = given(desk, "lira", 1.0)
    which = {"group": "ПИ-1", "term": class_world.TERM, "module": "1", "attempt": "0"}
    first = done(signed_sheet(teacher, which))
    marked_again(desk, "lira", submission, 2.0)
    done(corrected(teacher, first, "Кайра текшерилди."))
    marked_again(desk, "lira", submission, 0.0)


def _exam(desk: World) -> None:
    """An exam whose room is open, is paused, and had an incident; another one is only planned."""
    teacher, exams = desk.browser("kanat"), f"{COURSE_PAGE}/exams"
    for name in ("final", "midterm"):
        done(teacher.post(exams, {"assignment": name, "minutes": "60", "own": "yes"}))
        release(desk, assignment=AssignmentName(name), titles=EXAMS[name])
    opens, closes = (exam_desk.typed(desk.clock.now() + timedelta(hours=n)) for n in (0, 4))
    window = {"group": f"ПИ-1|{class_world.TERM}", "opens": opens, "closes": closes}
    done(teacher.post(f"{exams}/final/rooms", window | {"invigilator.kanat": "yes"}))
    (room,) = exam_desk.rooms(desk, "final")
    done(teacher.post(f"{exams}/final/rooms/{room}/open"))
    done(teacher.post(f"{exams}/final/pause", {"for": "all", "reason": "Өрт коңгуроосу."}))
    about = {"about": f"room.{room}", "text": "Жарык өчтү."}
    done(teacher.post(f"{exams}/final/incidents", about))


def _bookings(desk: World) -> None:
    """Seats booked for tomorrow, and others that were given up."""
    teacher, place = desk.browser("kanat"), f"{COURSE_PAGE}/bookings"
    for turn in (1, 2):
        day = f"{desk.clock.now() + timedelta(days=turn):%Y-%m-%d}"
        window = {"day": day, "from": "09:00", "to": "11:00"}
        done(teacher.post(place, window | {"class": "|", "seats": "2"}))
    given_up = re.findall(rf"{place}/(\w{{32}})/cancel", teacher.get(place).text)[-1]
    done(teacher.post(f"{place}/{given_up}/cancel"))


def _department(desk: World) -> None:
    """A department with the course, with another one, and with one of last year's."""
    with desk.parts.store.unit() as u:
        at = desk.clock.now()
        add_department(u, "finance", "uni", DEPARTMENT, at=at)
        appoint_coordinator(u, "finance", "burul", at=at)
        give_to_department(u, CourseName(class_world.COURSE), "finance", "2026/27-1", at=at)
        u.commit()
    burul, place = desk.browser("burul"), "/desk/departments/finance/courses"
    day = f"{desk.clock.now() + timedelta(days=9):%Y-%m-%d}"
    for term in ("2025/26-1", "2026/27-2"):
        form = {"material": class_world.COURSE, "term": term, "leads": "sultan"}
        made = done(burul.post(place, form)).partition("?")[0]
        days = {"account": "sultan", "duty": "assistant", "since": day, "until": day}
        if term < "2026":
            done(burul.post(f"{made}/archive"))
        else:
            done(burul.post(f"{place}/{class_world.COURSE}/helpers", days))
