"""Comparing works and files on similarity, on both stores; other runs of the same material."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.coursework import AssignmentName, Bundle, CourseName
from sandbox.domain.marking import MarkingRules
from sandbox.domain.seats import Seat
from sandbox.domain.similarity_files import Act, Finding, State
from sandbox.kit.errors import SynakError
from sandbox.services import classroom_exchange, similarity, similarity_files
from sandbox.services.classroom_marking_rules import lift, set_rules
from sandbox.services.classroom_people import give_course, seed_course
from sandbox.services.identity import actor_of
from sandbox.store.classroom import Courses
from tests.services.class_world import AT, COURSE
from tests.services.mark_world import School
from tests.services.test_class_lists import store
from tests.web.course_world import notebook
from tests.web.test_similarity import LONG, OTHER, renamed

__all__ = ["store"]
LAB = AssignmentName("lab")
NOW, BEFORE = CourseName(COURSE), CourseName("digital-money-2526")


@pytest.fixture
def runs(store, tmp_path):
    """This year's run and last year's of the same material, and a course of other material."""
    with store.unit() as u:
        for course in (BEFORE, "another"):
            seed_course(u, AT, teachers=["kanat"], students=["lira"], course=course)
            give_course(u, course, "uni")
        base = u.accounts.get("lira")
        for name in ("marat", "aida"):
            u.accounts.add(replace(base, name=name, display_name=name, person=f"person-{name}"))
        seed_course(u, AT, teachers=["olga"], students=["marat"], course=NOW)
        seed_course(u, AT, teachers=[], students=["aida"], course=BEFORE)
        courses = Courses(u.session)
        courses.save(replace(courses.get(BEFORE), content=NOW))
        u.commit()
    school = School(store, tmp_path)
    for course in (NOW, BEFORE, "another"):
        files = Bundle.of({"lab.ipynb": notebook("Double.", "raise NotImplementedError")})
        master = Bundle.of({"lab.ipynb": notebook("Double.", "2 * 2")})
        school.enter(
            "kanat",
            lambda room, files=files, master=master: classroom_exchange.release(
                room, LAB, student_version=files, master=master, titles={}
            ),
            course,
        )
    return school


def handed_in(school, who, answer, course=NOW):
    files = Bundle.of({"lab.ipynb": notebook("Double.", answer)})
    school.enter(who, lambda room: classroom_exchange.submit(room, LAB, files), course)


def compared(school, who="kanat"):
    def work(room):
        material = similarity.gather(room, LAB)
        return similarity.keep(room, material, similarity.compared(material))

    return school.enter(who, work)


def opened(school, *students):
    def work(room):
        (line,) = similarity.lines(room, similarity.newest(room, LAB))
        ids = (line.pair.first, line.pair.second)
        return similarity_files.open_files(room, LAB, ids, students=students, reason="Why?")

    return school.enter("kanat", work)


def step(school, who, act, number=1):
    with school.store.unit() as u:
        done = similarity_files.do(u, actor_of(u, who), number, act, "Words.", at=school.at)
        u.commit()
    return done


def refused(code, work):
    with pytest.raises(SynakError) as caught:
        work()
    assert caught.value.code == code


def test_a_comparison_is_kept_and_the_next_takes_its_place(runs):
    handed_in(runs, "lira", LONG)
    handed_in(runs, "marat", renamed(LONG))
    made = compared(runs)
    assert runs.enter("kanat", lambda room: similarity.newest(room, LAB)) == made
    assert (made.works, made.others, len(made.pairs)) == (2, 0, 1)
    handed_in(runs, "marat", OTHER)
    assert compared(runs).pairs == ()


def test_works_of_another_run_of_the_same_material_are_compared_too(runs):
    handed_in(runs, "lira", LONG)
    handed_in(runs, "aida", renamed(LONG), BEFORE)
    made = compared(runs)
    assert (made.works, made.others) == (1, 1)
    (pair,) = made.pairs
    assert made.authors[pair.first].student == "lira"
    assert made.authors[pair.second].course == BEFORE
    refused("similarity.nobody", lambda: opened(runs, "aida"))
    (file,) = opened(runs, "lira", "aida")
    assert (file.student, file.other, file.other_course) == ("lira", "aida", BEFORE)


def seen(school, who):
    with school.store.unit(read_only=True) as u:
        return similarity_files.view(u, actor_of(u, who), 1, at=school.at)


def test_whose_a_work_of_another_course_is_who_leads_only_this_one_does_not_learn(runs):
    handed_in(runs, "lira", LONG)
    handed_in(runs, "aida", renamed(LONG), BEFORE)
    compared(runs)

    def named(room):
        return [each.named for each in similarity.lines(room, similarity.newest(room, LAB))]

    assert (runs.enter("kanat", named), runs.enter("olga", named)) == ([True], [False])
    opened(runs, "lira")
    assert {who: seen(runs, who).knows_other for who in ("kanat", "olga", "lira")} == {
        "kanat": True,
        "olga": False,
        "lira": False,
    }


@pytest.mark.parametrize("course", [NOW, BEFORE])
def test_a_file_waits_for_its_lead_while_a_work_is_marked_anonymously(runs, course):
    handed_in(runs, "lira", LONG)
    handed_in(runs, "aida", renamed(LONG), BEFORE)
    compared(runs)
    opened(runs, "lira")
    assert seen(runs, "kanat").seat is similarity_files.Seat.LEAD

    def hide(room):
        set_rules(room, LAB, MarkingRules(anonymous=True), ())

    runs.enter("kanat", hide, course)
    refused("marking.anonymous", lambda: seen(runs, "kanat"))
    refused("marking.anonymous", lambda: step(runs, "kanat", Act.NO_CASE))
    step(runs, "lira", Act.ANSWER)
    assert seen(runs, "lira").state is State.ANSWERED
    runs.enter("kanat", lambda room: lift(room, LAB, "All are marked."), course)
    assert step(runs, "kanat", Act.NO_CASE).finding is Finding.NO_CASE


def test_courses_of_other_material_or_another_university_are_not_compared(runs):
    handed_in(runs, "lira", LONG)
    handed_in(runs, "lira", renamed(LONG), "another")
    assert compared(runs).others == 0
    handed_in(runs, "aida", renamed(LONG), BEFORE)
    with runs.store.unit() as u:
        courses = Courses(u.session)
        courses.save(replace(courses.get(BEFORE), org=None))
        u.commit()
    assert compared(runs).others == 0


def test_ones_own_work_of_last_year_is_no_pair(runs):
    handed_in(runs, "lira", LONG)
    handed_in(runs, "lira", renamed(LONG), BEFORE)
    assert compared(runs).pairs == ()


def test_nothing_is_compared_by_students_or_in_an_archived_course(runs):
    handed_in(runs, "lira", LONG)
    refused("classroom.wrong_role", lambda: compared(runs, "lira"))
    with runs.store.unit() as u:
        courses = Courses(u.session)
        courses.save(replace(courses.get(NOW), archived_at=AT))
        u.commit()
    refused("course.archived", lambda: compared(runs))


def test_a_file_goes_its_way_on_either_store(runs):
    handed_in(runs, "lira", LONG)
    handed_in(runs, "marat", renamed(LONG))
    compared(runs)
    files = opened(runs, "lira", "marat")
    assert [(each.number, each.student, each.state) for each in files] == [
        (1, "lira", State.OPEN),
        (2, "marat", State.OPEN),
    ]
    step(runs, "lira", Act.ANSWER)
    step(runs, "kanat", Act.PROPOSE)
    refused("similarity.second_person", lambda: step(runs, "kanat", Act.NOTE))
    noted = step(runs, "olga", Act.NOTE)
    assert (noted.finding, noted.state) == (Finding.BREACH, State.DECIDED)
    assert noted.appeal_due > runs.at
    step(runs, "lira", Act.APPEAL)
    with runs.store.unit(read_only=True) as u:
        view = similarity_files.view(u, actor_of(u, "kanat"), 1, at=runs.at)
        mine = similarity_files.listed(u, actor_of(u, "marat"), at=runs.at)
    assert (view.hearers, view.may) == ((), frozenset())
    assert [file.number for file, _ in mine] == [2]
    refused("similarity.not_yours", lambda: step(runs, "olga", Act.UPHOLD))


def test_somebody_with_a_second_account_is_no_second_person(runs):
    handed_in(runs, "lira", LONG)
    handed_in(runs, "marat", renamed(LONG))
    compared(runs)
    opened(runs, "lira")
    with runs.store.unit() as u:
        twin = replace(u.accounts.get("kanat"), name="kanat2", seats=(Seat.TEACHER,))
        u.accounts.add(twin)
        seed_course(u, AT, teachers=["kanat2"], students=[], course=NOW)
        u.commit()
    step(runs, "lira", Act.ANSWER)
    step(runs, "kanat", Act.PROPOSE)
    refused("similarity.second_person", lambda: step(runs, "kanat2", Act.NOTE))


def test_a_free_lead_hears_the_appeal_where_there_is_no_coordinator(runs):
    handed_in(runs, "lira", LONG)
    handed_in(runs, "marat", renamed(LONG))
    compared(runs)
    opened(runs, "lira")
    with runs.store.unit() as u:
        base = u.accounts.get("kanat")
        u.accounts.add(replace(base, name="asel", person="person-asel"))
        seed_course(u, AT, teachers=["asel"], students=[], course=NOW)
        u.commit()
    runs.at += timedelta(days=20)
    for who, act in (("kanat", Act.PROPOSE), ("olga", Act.NOTE), ("lira", Act.APPEAL)):
        step(runs, who, act)
    ended = step(runs, "asel", Act.OVERTURN)
    assert (ended.state, ended.finding) == (State.ENDED, Finding.OVERTURNED)
