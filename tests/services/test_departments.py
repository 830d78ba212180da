"""Departments: courses of a term, given to another lead in one act, archived."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.bookings import Booking
from sandbox.domain.classroom import ActionKind, CourseRole, Job, JobState
from sandbox.domain.coursework import Bundle
from sandbox.domain.records import Account, Organisation
from sandbox.domain.seats import Right, Seat, rights_of
from sandbox.domain.words import OrganisationKind
from sandbox.kit.clock import FixedClock
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound, Unavailable
from sandbox.services import class_lists, course_staff, departments
from sandbox.services.classroom_people import contexts_of, person_in
from sandbox.services.classroom_room import Room, act
from sandbox.services.course_servers import STOP, at_hub
from sandbox.services.course_staff import Appoint
from sandbox.services.department_admin import (
    add_department,
    appoint_coordinator,
    end_coordinator,
    give_to_department,
)
from sandbox.services.department_views import list_departments, one_course
from sandbox.services.departments import CreateCourse
from sandbox.services.publication import Desk
from sandbox.store.booking_tables import Bookings
from sandbox.store.classroom import Actions, Courses, Jobs, Members
from sandbox.toolchain.layout import CHECKOUT
from tests.services.class_world import AT, COURSE, KIM, confirmed, csv_of, people, sent, teacher

LOOKING = {
    *(ActionKind.FETCHED, ActionKind.COLLECTED, ActionKind.FEEDBACK_FETCHED),
    *(ActionKind.VIEWED_AS_STUDENT, ActionKind.LESSON_READ),
}
NAMES = {"ky": "Каржы", "ru": "Финансы", "en": "Finance"}
MATERIAL, LATER = CHECKOUT / "courses", AT + timedelta(hours=1)
TERM = "2026/27-2"
NEW = "digital-money-finance-2627-2"


@pytest.fixture(autouse=True)
def _school(store) -> None:
    faculty(store)


def faculty(store) -> None:
    """Two departments of one university with a coordinator each; the course is the first's."""
    people(store)
    with store.unit() as u:
        u.organisations.add(Organisation("far", "Far", OrganisationKind.UNIVERSITY, AT))
        for name, org, seat in (
            ("burul", "uni", Seat.TEACHER),
            ("aida", "uni", Seat.TEACHER),
            ("gone", "uni", Seat.TEACHER),
            ("sultan", "uni", Seat.TEACHER),
            ("stranger", "far", Seat.TEACHER),
        ):
            active = name != "gone"
            u.accounts.add(Account(name, name.title(), name, org, (seat,), "en", active, AT))
        for department, account in (("finance", "burul"), ("law", "aida")):
            add_department(u, department, "uni", NAMES, at=AT)
            appoint_coordinator(u, department, account, at=AT)
        give_to_department(u, COURSE, "finance", "2026/27-1", at=AT)
        u.commit()


def done(store, use_case, who, *args, at=LATER):
    with store.unit() as u:
        found = use_case(u, teacher(store, who), *args, at=at)
        u.commit()
    return found


def created(store, who="burul", *, leads="olga", key=None, **changed):
    given = {"department": "finance", "material": COURSE, "term": TERM, **changed}
    command = CreateCourse(leads=leads, key=key, **given)
    return done(store, departments.create, who, command, MATERIAL)


def reassigned(store, leads, who="burul", *, course=COURSE, at=LATER):
    return done(store, departments.reassign, who, "finance", course, leads, at=at)


def archived(store, course=COURSE):
    done(store, departments.archive, "burul", "finance", course)


def kinds(store):
    with store.unit(read_only=True) as u:
        return [each.kind for each in u.audit.scan()]


def rows(store):
    with store.unit(read_only=True) as u:
        return [each for each in u.outbox.due(LATER) if each.kind == STOP]


def stopping(store):
    return [each.payload for each in rows(store)]


class StoppingHub:
    """A hub that notes what it was asked to stop."""

    def __init__(self):
        self.stopped = []

    def stop(self, account, server):
        self.stopped.append((account, server))


def test_the_same_material_runs_again_by_itself(store) -> None:
    confirmed(store, csv_of(KIM))
    assert created(store) == NEW
    assert created(store) == f"{NEW}-2", "and again"
    assert created(store, "aida", department="law") == "digital-money-law-2627-2"
    with store.unit(read_only=True) as u:
        made = Courses(u.session).get(NEW)
        assert (made.material, made.department, made.term, made.org) == (
            *(COURSE, "finance", TERM),
            "uni",
        )
        assert made.titles["en"] == "Digital money and smart contracts · 2026/27-2"
        assert [each.account for each in Members(u.session).in_course(NEW)] == ["olga"]
        assert contexts_of(u, "olga", LATER)[0]["context"] == f"course-{NEW}"
        with pytest.raises(NotFound):
            person_in(u, "kanat", NEW, LATER)
        with pytest.raises(NotFound):
            person_in(u, "olga", COURSE, LATER)
    assert kinds(store)[-1] == "course.created"


def test_the_same_form_twice_is_one_course(store) -> None:
    assert created(store, key="k1") == created(store, key="k1") == NEW
    assert created(store, key="k2") == f"{NEW}-2"


@pytest.mark.parametrize(
    ("changed", "kind", "code"),
    [
        ({"leads": " , "}, InvalidInput, "department.no_lead"),
        ({"leads": "a b c d e f"}, InvalidInput, "department.many_leads"),
        ({"leads": "nobody"}, InvalidInput, "department.no_teacher"),
        ({"leads": "gone"}, InvalidInput, "department.no_teacher"),
        ({"leads": "lira"}, InvalidInput, "department.no_teacher"),
        ({"leads": "stranger"}, InvalidInput, "department.no_teacher"),
        ({"term": "2026/28-1"}, InvalidInput, "department.bad_term"),
        ({"material": ".."}, InvalidInput, "department.no_material"),
        ({"department": "law"}, NotFound, "department.not_found"),
        ({"who": "kanat"}, NotFound, "web.not_found"),
    ],
)
def test_what_is_created_is_checked(store, changed, kind, code) -> None:
    before = kinds(store)
    with pytest.raises(kind) as refused:
        created(store, **changed)
    assert refused.value.code == code
    assert kinds(store) == before


def test_a_course_changes_hands_in_one_act_and_back(store) -> None:
    with store.unit() as u:
        room = Room(u, person_in(u, "kanat", COURSE, AT), AT, None, None)
        act(room, ActionKind.MARKED, "lab", student="lira")
        u.commit()
    reassigned(store, "olga")
    with store.unit(read_only=True) as u:
        with pytest.raises(NotFound):
            person_in(u, "kanat", COURSE, LATER)
        person_in(u, "olga", COURSE, LATER).require_lead()
        assert contexts_of(u, "kanat", LATER) == ()
        assert Actions(u.session).all_of(ActionKind.MARKED, COURSE)[0].actor == "kanat"
        entry = [*u.audit.scan()][-1]
    assert entry.kind == "course.reassigned"
    assert entry.body["data"] == {"course": COURSE, "from": ["kanat"], "to": ["olga"]}
    assert stopping(store) == [{"course": COURSE, "account": "kanat"}]
    reassigned(store, "kanat", at=LATER + timedelta(hours=1))
    with store.unit(read_only=True) as u:
        person_in(u, "kanat", COURSE, LATER + timedelta(hours=1)).require_lead()
        with pytest.raises(NotFound):
            person_in(u, "olga", COURSE, LATER + timedelta(hours=1))


def test_the_server_of_who_lost_the_course_is_stopped_once_the_hub_answers(store) -> None:
    reassigned(store, "olga")
    (row,) = rows(store)
    with pytest.raises(Unavailable):
        at_hub(Desk(store, None, FixedClock(LATER)), row)
    hub = StoppingHub()
    at_hub(Desk(store, None, FixedClock(LATER), hub=hub), row)
    assert hub.stopped == [("kanat", f"course-{COURSE}")]
    assert rows(store) == []


def test_who_has_the_course_again_by_then_keeps_the_server(store) -> None:
    reassigned(store, "olga")
    (row,) = rows(store)
    reassigned(store, "kanat")
    hub = StoppingHub()
    at_hub(Desk(store, None, FixedClock(LATER), hub=hub), row)
    assert hub.stopped == []


def test_several_lead_and_the_same_again_changes_nothing(store) -> None:
    assert reassigned(store, "kanat, olga") == ("kanat", "olga")
    log = kinds(store)
    reassigned(store, "olga kanat")
    assert kinds(store) == log
    assert stopping(store) == []


def test_two_coordinators_at_once_leave_a_lead_whoever_asked_first(store) -> None:
    reassigned(store, "sultan", at=LATER + timedelta(microseconds=1))
    reassigned(store, "kanat", at=LATER)
    with store.unit(read_only=True) as u:
        members = Members(u.session).in_course(COURSE)
        for at in (LATER, LATER + timedelta(days=1)):
            assert departments.leads_now(members, at) == ("kanat",)
            person_in(u, "kanat", COURSE, at).require_lead()
            with pytest.raises(NotFound):
                person_in(u, "sultan", COURSE, at)


def test_a_coordinator_who_teaches_is_named_by_another(store) -> None:
    helper = Appoint(COURSE, "burul", "second_marker", AT, AT + timedelta(days=9))
    log = kinds(store)
    for refused in (
        lambda: reassigned(store, "burul"),
        lambda: reassigned(store, "kanat burul"),
        lambda: done(store, course_staff.appoint, "burul", helper),
    ):
        with pytest.raises(NotAllowed) as problem:
            refused()
        assert problem.value.code == "department.yourself"
    assert kinds(store) == log
    with store.unit() as u:
        appoint_coordinator(u, "finance", "aida", at=AT)
        u.commit()
    reassigned(store, "burul kanat", "aida")
    assert reassigned(store, "burul olga") == ("burul", "olga"), "who leads already may stay"


def test_a_helper_becomes_the_lead(store) -> None:
    until = AT + timedelta(days=9)
    done(store, course_staff.appoint, "burul", Appoint(COURSE, "olga", "assistant", AT, until))
    reassigned(store, "olga")
    with store.unit(read_only=True) as u:
        assert person_in(u, "olga", COURSE, AT + timedelta(days=99)).duty is None


@pytest.mark.parametrize(
    ("leads", "who", "kind", "code"),
    [
        ("", "burul", InvalidInput, "department.no_lead"),
        ("nobody", "burul", InvalidInput, "department.no_teacher"),
        ("olga stranger", "burul", InvalidInput, "department.no_teacher"),
        ("olga", "aida", NotFound, "department.not_found"),
        ("olga", "kanat", NotFound, "web.not_found"),
        ("pupil", "burul", Conflict, "department.is_student"),
    ],
)
def test_a_refused_reassignment_leaves_the_lead(store, leads, who, kind, code) -> None:
    with store.unit() as u:
        seats = (Seat.TEACHER, Seat.STUDENT)
        u.accounts.add(Account("pupil", "Pupil", "pupil", "uni", seats, "en", True, AT))
        found = Members(u.session).find(COURSE, "lira")
        Members(u.session).add(type(found)(COURSE, "pupil", CourseRole.STUDENT, AT, AT))
        u.commit()
    log = kinds(store)
    with pytest.raises(kind) as refused:
        reassigned(store, leads, who)
    assert refused.value.code == code
    assert kinds(store) == log
    with store.unit(read_only=True) as u:
        person_in(u, "kanat", COURSE, LATER).require_lead()


def test_a_coordinator_appoints_and_enters_no_course(store) -> None:
    command = Appoint(COURSE, "olga", "second_marker", AT, AT + timedelta(days=9))
    assert done(store, course_staff.appoint, "burul", command).duty == "second_marker"
    with store.unit(read_only=True) as u, pytest.raises(NotFound):
        person_in(u, "burul", COURSE, LATER)
    with pytest.raises(NotFound):
        done(store, course_staff.appoint, "aida", command)
    with pytest.raises(NotFound):
        done(store, course_staff.end, "aida", COURSE, "olga")
    done(store, course_staff.end, "burul", COURSE, "olga")


def test_an_archived_course_takes_nothing_and_keeps_everything(store) -> None:
    sent_before = sent(store, csv_of(KIM))
    archived(store)
    log = kinds(store)
    archived(store)
    assert kinds(store) == log
    with store.unit() as u:
        for who in ("kanat", "lira"):
            room = Room(u, person_in(u, who, COURSE, LATER), LATER, None, None)
            for kind in set(ActionKind) - LOOKING:
                with pytest.raises(NotAllowed) as refused:
                    act(room, kind, "lab")
                assert refused.value.code == "course.archived"
            act(room, ActionKind.FETCHED, "lab")
    with pytest.raises(NotAllowed):
        sent(store, csv_of(KIM))
    with pytest.raises(NotAllowed):
        done(store, class_lists.undo, "kanat", COURSE, sent_before.id)
    command = Appoint(COURSE, "olga", "assistant", AT, AT + timedelta(days=9))
    with pytest.raises(NotAllowed):
        done(store, course_staff.appoint, "burul", command)
    with pytest.raises(NotAllowed):
        reassigned(store, "olga")
    done(store, departments.open_again, "burul", "finance", COURSE)
    assert reassigned(store, "olga") == ("olga",)


def test_an_archived_course_gives_up_its_seats_and_leaves_those_of_others(store) -> None:
    ends = LATER + timedelta(days=2)
    with store.unit() as u:
        for name, course in (("own", COURSE), ("other", "another-course")):
            Bookings(u.session).add(Booking(name, course, "", "", LATER, ends, 3, "kanat", AT))
        u.commit()
    archived(store)
    with store.unit(read_only=True) as u:
        found = {each: Bookings(u.session).get(each) for each in ("own", "other")}
    assert (found["own"].cancelled_by, found["own"].cancelled_at) == ("burul", LATER)
    assert found["other"].cancelled_at is None
    assert kinds(store)[-2:] == ["course.seats_cancelled", "course.archived"]


def test_a_course_is_archived_when_no_grading_is_open(store) -> None:
    with store.unit() as u:
        job = Job(
            *("j", "s", COURSE, "lab", Bundle.of({"a.txt": b"a"}).hash, JobState.RUNNING, 0, 0),
            created_at=AT,
        )
        Jobs(u.session).add(job)
        u.commit()
    with pytest.raises(Conflict) as refused:
        archived(store)
    assert refused.value.code == "department.grading_open"


def test_the_list_is_searched_and_shows_the_own_department_alone(store) -> None:
    confirmed(store, csv_of(KIM))
    created(store)
    archived(store, NEW)

    def names(who, text=""):
        with store.unit(read_only=True) as u:
            found = list_departments(u, teacher(store, who), text=text, at=LATER)
        return [
            (each.department.id, *([line.course.name for line in part] for part in parts))
            for each in found
            for parts in [(each.open, each.archived)]
        ]

    assert names("burul") == [("finance", [COURSE], [NEW])]
    assert names("burul", "пи-2 KANAT") == [("finance", [COURSE], [])]
    assert names("burul", "2627-2") == [("finance", [], [NEW])]
    assert names("burul", "no such") == [("finance", [], [])]
    assert names("aida") == [("law", [], [])]
    with store.unit(read_only=True) as u:
        line = one_course(u, teacher(store, "burul"), "finance", COURSE, at=LATER).line
        assert (line.leads, line.students, line.groups) == (("kanat",), 2, ("ПИ-2",))
        for who, department in (("aida", "finance"), ("aida", "law"), ("kanat", "finance")):
            with pytest.raises(NotFound):
                one_course(u, teacher(store, who), department, COURSE, at=LATER)


def test_what_the_operator_may_set_is_checked(store) -> None:
    def refused(act, *args):
        with store.unit() as u, pytest.raises((InvalidInput, NotFound, Conflict)) as problem:
            act(u, *args, at=AT)
        return problem.value.code.removeprefix("department.")

    assert refused(add_department, "Fi nance", "uni", NAMES) == "bad_id"
    assert refused(add_department, "art", "uni", {**NAMES, "ky": " "}) == "bad_name"
    assert refused(add_department, "art", "no", NAMES) == "no_university"
    assert refused(add_department, "law", "uni", NAMES) == "exists"
    assert refused(appoint_coordinator, "law", "stranger") == "account.not_found"
    assert refused(end_coordinator, "law", "burul") == "coordinator.not_found"
    assert refused(give_to_department, COURSE, "law", TERM) == "has_course"


def test_a_coordinator_ends_with_the_seat_and_comes_back(store) -> None:
    with store.unit() as u:
        end_coordinator(u, "finance", "burul", at=LATER)
        u.commit()
    assert teacher(store, "burul").seats == {Seat.TEACHER}
    with pytest.raises(NotFound):
        reassigned(store, "olga", at=LATER)
    with store.unit() as u:
        appoint_coordinator(u, "finance", "burul", at=LATER)
        u.commit()
    assert reassigned(store, "olga", at=LATER) == ("olga",)


def test_a_seat_that_is_given_back_is_in_the_audit_log(store) -> None:
    def appointed():
        with store.unit() as u:
            appoint_coordinator(u, "finance", "burul", at=LATER)
            u.commit()

    log = kinds(store)
    appointed()
    assert kinds(store) == log, "nothing was missing"
    with store.unit() as u:
        u.accounts.save(replace(u.accounts.get("burul"), seats=(Seat.TEACHER,)))
        u.commit()
    appointed()
    assert Seat.COORDINATOR in teacher(store, "burul").seats
    assert kinds(store) == [*log, "department.coordinator_appointed"]


def test_the_seat_gives_nothing_but_departments() -> None:
    assert rights_of(frozenset({Seat.COORDINATOR})) == {Right.COORDINATE}
