"""Releasing feedback: its files are kept first, it waits for who may still hand in."""

from __future__ import annotations

from datetime import timedelta

from sandbox.domain.classroom import ActionKind
from sandbox.services import classroom_feedback
from sandbox.services.classroom_people import person_in
from sandbox.services.classroom_room import Room, load_receipt_key
from sandbox.store.classroom import Actions
from sandbox.store.classroom_blobs import Blobs
from tests.web.course_world import COURSE, LAB, PAGE, enter, grade, hand_in
from tests.web.test_course_assignment import CLASS, FULL, HALF, STUDENT, more_students
from tests.web.test_course_time import course, said, seat
from tests.web.test_page_queries import counted

__all__ = ["course", "seat"]


def test_files_of_feedback_are_kept_before_it_is_released_and_release_nothing(course):
    for name in ("lira", "marat"):
        hand_in(course, name, "1")
    grade(course, {"lira": HALF, "marat": FULL})
    blobs, at = Blobs(course.parts.blobs), course.clock.now()
    before = blobs.names()
    with course.parts.store.unit(read_only=True) as u:
        room = Room(
            u,
            person_in(u, "kanat", COURSE, at),
            at,
            blobs,
            load_receipt_key(course.parts.receipt_key),
        )
        classroom_feedback.make_feedback(room, LAB)
    made = blobs.names()
    assert len(made - before) == 4, "a page and the marks of each"
    assert "No feedback yet." in said(course.browser("lira").get(PAGE))
    assert course.browser("kanat").post(f"{CLASS}/feedback").status_code == 303
    assert blobs.names() == made
    assert "Task q2 0 / 2" in said(course.browser("lira").get(PAGE))


def test_when_a_file_of_feedback_cannot_be_kept_nobodys_is_released(course):
    names = more_students(course, 4)
    for name in names:
        hand_in(course, name, f"{name!r}")
    grade(course, dict.fromkeys(names, HALF))
    taken = [course.parts.blobs / f"{number:02x}" for number in range(256)]
    taken = [path for path in taken if not path.exists()]
    for path in taken:
        path.touch()
    kanat = course.browser("kanat")
    refused = kanat.post(f"{CLASS}/feedback")
    assert (refused.status_code, "classroom.blobs_unavailable" in refused.text) == (503, True)
    with course.parts.store.unit(read_only=True) as u:
        assert Actions(u.session).all_of(ActionKind.FEEDBACK_RELEASED, COURSE, LAB) == ()
    for path in taken:
        path.unlink()
    assert kanat.post(f"{CLASS}/feedback").status_code == 303
    with course.parts.store.unit(read_only=True) as u:
        assert len(Actions(u.session).all_of(ActionKind.FEEDBACK_RELEASED, COURSE, LAB)) == 4


def test_feedback_of_many_is_made_in_as_many_questions_as_of_one(course):
    def asked():
        with counted(course) as statements:
            enter(course, "kanat", lambda room: classroom_feedback.make_feedback(room, LAB))
        return len(statements)

    hand_in(course, "lira", "1")
    grade(course, {"lira": HALF})
    one = asked()
    names = more_students(course, 5)
    for name in names:
        hand_in(course, name, f"{name!r}")
    grade(course, dict.fromkeys(names, HALF))
    assert asked() == one


def test_feedback_waits_for_whoever_may_still_hand_in_unless_it_is_to_go_out_early(course):
    hand_in(course, "lira", "1")
    grade(course, {"lira": HALF})
    browser = course.browser("kanat")
    at = course.clock.now()
    due, later = (f"{at + timedelta(days=days):%Y-%m-%dT%H:%M}" for days in (1, 3))
    browser.post(f"{CLASS}/due", {"due": due})
    more = {"student.marat": "yes", "until": later, "reason": "A doctor's note."}
    assert browser.post(f"{CLASS}/extensions", more).status_code == 303
    assert "Release it all the same" not in browser.get(CLASS).text
    course.clock.forward(timedelta(days=2))  # all but marat's time is over
    browser = course.browser("kanat")
    refused = browser.post(f"{CLASS}/feedback")
    assert (refused.status_code, "classroom.still_open" in refused.text) == (409, True)
    assert "Release it all the same" in refused.text
    assert "no feedback for it yet" in said(browser.get(STUDENT))
    assert browser.post(f"{CLASS}/feedback", {"early": "yes"}).status_code == 303
    assert "no feedback for it yet" not in said(browser.get(STUDENT))


def test_feedback_is_released_without_a_word_when_all_time_is_over(course):
    hand_in(course, "lira", "1")
    grade(course, {"lira": HALF})
    browser = course.browser("kanat")
    due = f"{course.clock.now() + timedelta(days=1):%Y-%m-%dT%H:%M}"
    browser.post(f"{CLASS}/due", {"due": due})
    course.clock.forward(timedelta(days=2))
    browser = course.browser("kanat")
    done = browser.post(f"{CLASS}/feedback").headers["location"]
    assert done == f"{CLASS}?said=feedback_released"
    assert "no feedback for it yet" not in said(browser.get(STUDENT))
