"""Helpers of a course: rights that begin and end with their days, and who may appoint."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.domain.classroom import CourseRole, Duty
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.services import course_staff
from sandbox.services.class_views import people_of
from sandbox.services.classroom_people import person_in
from sandbox.services.course_staff import Appoint
from tests.services.class_world import AT, COURSE, KIM, confirmed, csv_of, people, teacher

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _school(store) -> None:
    people(store)


def appointed(store, duty="assistant", *, account="olga", by="kanat", days=(0, 10), at=AT):
    first, last = (AT + DAY * each for each in days)
    command = Appoint(COURSE, account, duty, first, last)
    with store.unit() as u:
        found = course_staff.appoint(u, teacher(store, by), command, at=at)
        u.commit()
    return found


def person(store, account="olga", *, at=AT):
    with store.unit(read_only=True) as u:
        return person_in(u, account, COURSE, at)


def kinds(store):
    with store.unit(read_only=True) as u:
        return [each.kind for each in u.audit.scan()]


@pytest.mark.parametrize(("duty", "leads"), [("assistant", False), ("substitute", True)])
def test_rights_begin_and_end_with_the_days(store, duty, leads) -> None:
    appointed(store, duty, days=(2, 10))
    for moment in (AT, AT + DAY * 10):
        with pytest.raises(NotFound):
            person(store, at=moment)
    found = person(store, at=AT + DAY * 3)
    assert (found.role, found.duty, found.leads) == (CourseRole.TEACHER, Duty(duty), leads)
    assert kinds(store)[-1] == "course.helper_appointed"


@pytest.mark.parametrize("duty", ["assistant", "second_marker"])
def test_what_goes_out_and_who_is_in_is_not_for_assistants_and_second_markers(store, duty) -> None:
    appointed(store, duty)
    with store.unit(read_only=True) as u, pytest.raises(NotAllowed) as refused:
        people_of(u, teacher(store, "olga"), COURSE, at=AT)
    assert refused.value.code == "classroom.teachers_own"
    with pytest.raises(NotAllowed):
        person(store).require_lead()
    person(store, "kanat").require_lead()


def test_a_substitute_leads_and_does_not_lengthen_the_own_time(store) -> None:
    appointed(store, "substitute")
    with store.unit(read_only=True) as u:
        found = people_of(u, teacher(store, "olga"), COURSE, at=AT)
    assert (found.appoints, [each.account for each in found.helpers]) == (False, ["olga"])
    with pytest.raises(NotAllowed) as refused:
        appointed(store, "substitute", by="olga", days=(0, 300))
    assert refused.value.code == "classroom.teachers_own"


def test_an_appointment_ends_earlier_and_once(store) -> None:
    appointed(store)
    for _ in range(2):
        with store.unit() as u:
            course_staff.end(u, teacher(store), COURSE, "olga", at=AT + DAY)
            u.commit()
    with pytest.raises(NotFound):
        person(store, at=AT + DAY)
    assert kinds(store).count("course.helper_ended") == 1
    with store.unit(read_only=True) as u:
        stopped = [each.payload["account"] for each in u.outbox.due(AT + DAY * 2)]
    assert stopped == ["olga"], "their server"
    assert appointed(store, "second_marker", days=(1, 5), at=AT + DAY).duty is Duty.SECOND_MARKER


def test_one_that_has_not_begun_can_be_ended(store) -> None:
    appointed(store, days=(5, 10))
    with store.unit() as u:
        course_staff.end(u, teacher(store), COURSE, "olga", at=AT)
        u.commit()
    with pytest.raises(NotFound):
        person(store, at=AT + DAY * 6)


def test_the_same_again_changes_nothing(store) -> None:
    appointed(store)
    log = kinds(store)
    appointed(store)
    assert kinds(store) == log


@pytest.mark.parametrize(
    ("changed", "kind", "code"),
    [
        ({"account": "lira"}, NotFound, "staff.nobody"),
        ({"account": "nobody"}, NotFound, "staff.nobody"),
        ({"account": "kanat"}, Conflict, "staff.in_course"),
        ({"duty": "teacher"}, InvalidInput, "staff.duty"),
        ({"days": (3, 3)}, InvalidInput, "staff.days"),
        ({"days": (-5, 0)}, InvalidInput, "staff.days"),
        ({"days": (0, 401)}, InvalidInput, "staff.days"),
        ({"by": "lira"}, NotAllowed, "classroom.wrong_role"),
        ({"by": "olga"}, NotFound, "course.not_found"),
    ],
)
def test_who_and_when_is_checked(store, changed, kind, code) -> None:
    with pytest.raises(kind) as refused:
        appointed(store, **changed)
    assert refused.value.code == code


def test_only_helpers_are_ended(store) -> None:
    for account in ("kanat", "lira", "nobody"):
        with store.unit() as u, pytest.raises(NotFound):
            course_staff.end(u, teacher(store), COURSE, account, at=AT)


def test_a_list_does_not_make_a_helper_a_student(store) -> None:
    confirmed(store, csv_of(KIM))
    appointed(store)
    confirmed(store, csv_of(KIM, ("2026-077", "Kim", "Olga", "", "")))
    assert person(store).role is CourseRole.TEACHER, "another person with the same name"
