"""Partial credit on pages: which steps hold, in the reader's words, for student and teacher."""

from __future__ import annotations

from pathlib import Path

from sandbox.domain.coursework import AUTHORS_SUFFIXES, Bundle
from sandbox.grading.authoring.catalogues import Catalogue, written
from sandbox.grading.authoring.texts import Text
from sandbox.services import classroom_exchange
from sandbox.services.classroom_queue import Grading
from sandbox.store.classroom_blobs import Blobs
from tests.web.course_world import (
    LAB,
    PAGE,
    TITLES,
    SetGrader,
    enter,
    hand_in,
    notebook,
)
from tests.web.test_course_time import course, said

__all__ = ["course"]
DOUBLED, REFUSED = "any number is doubled", "what is no number is refused"
IN_RUSSIAN = {DOUBLED: "любое число удвоено", REFUSED: "то, что не число, отклонено"}
STUDENT = f"{PAGE}/lab/students/lira"


class StepGrader(SetGrader):
    """Gives a half mark whose steps are told."""

    def grade(self, job):
        result = super().grade(job)
        steps = [
            {"points": 1.5, "holds": True, "what": DOUBLED},
            {"points": 0.5, "holds": False, "what": REFUSED},
        ]
        for cell in result["notebooks"][0]["cells"]:
            cell |= {"status": "partial", "reason": {"steps": steps}}
        return result


def graded(course):
    """Lira's work, graded with 1.5 of 2; the release has a Russian catalogue."""
    texts = [Text(key, "lab.ipynb", message=True) for key in IN_RUSSIAN]
    files = {
        "lab.ipynb": notebook("Double a number.", "2 * 2"),
        "locale/ru.po": written(texts, Catalogue("ru", IN_RUSSIAN)),
    }
    student = Bundle.of({"lab.ipynb": notebook("Double a number.", "raise NotImplementedError")})
    master = Bundle.of(files, AUTHORS_SUFFIXES)
    enter(
        course,
        "kanat",
        lambda room: classroom_exchange.release(
            room, LAB, student_version=student, master=master, titles=TITLES, note="steps"
        ),
    )
    hand_in(course, "lira", "1")
    course.browser("kanat").post(f"{PAGE}/lab/grade")
    parts = course.parts
    folder = Path(parts.blobs).parent / "jobs"
    grader = StepGrader(course, {"lira": {"q1": 1.5}})
    queue = Grading(parts.store, Blobs(parts.blobs), folder, grader, course.clock)
    while queue.work_once():
        pass


def test_the_teachers_page_names_each_step_with_its_points(course):
    graded(course)
    page = said(course.browser("kanat").get(STUDENT))
    assert f"Holds, 1.5 / 1.5: {DOUBLED}. Does not hold, 0 / 0.5: {REFUSED}." in page


def test_the_tasks_of_a_class_count_the_steps_that_do_not_hold(course):
    graded(course)
    page = said(course.browser("kanat").get(f"{PAGE}/lab/tasks"))
    assert REFUSED in page
    assert DOUBLED not in page


def test_the_student_reads_the_steps_after_the_feedback_and_in_russian(course):
    graded(course)
    lira = course.browser("lira")
    assert DOUBLED not in lira.get(PAGE).text
    course.browser("kanat").post(f"{PAGE}/lab/feedback")
    lira.get("/desk/language/ru")
    page = said(lira.get(PAGE))
    assert f"Выполнено, 1,5 / 1,5: {IN_RUSSIAN[DOUBLED]}." in page
    assert f"Не выполнено, 0 / 0,5: {IN_RUSSIAN[REFUSED]}." in page
