"""Marking under pseudonyms and by two, on the pages and for the exchange."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.classroom import ActionKind, CourseRole, Duty, Member
from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.kit.errors import Conflict, NotAllowed
from sandbox.services import classroom_exchange, classroom_feedback, classroom_grading
from sandbox.store.classroom import Actions, Marks, Members
from tests.web.course_world import COURSE, LAB, PAGE, enter
from tests.web.marking_world import FULL, MARKING, QUESTION, answered, graded, write
from tests.web.test_course_marking import mark, said

RULES = {
    "second": "second_none", "percent": "20", "border": "50", "near": "5", "tolerance": "0.5",
    "agreed": "agreed_first",
}  # fmt: skip
HIDDEN = {**RULES, "anonymous": "yes"}
TWICE = {**RULES, "second": "second_sample", "percent": "100"}
HALF = {"level.0": "1", "level.1": "1"}
NOTHING = {"level.0": "0", "level.1": "0"}


@pytest.fixture
def marking(desk):
    return answered(desk)


def set_rules(desk, fields, who="kanat"):
    return desk.browser(who).post(f"{MARKING}/rules", fields)


def places(desk, who):
    """The addresses of all answers, as a marker finds them."""
    page = desk.browser(who).get(MARKING).text
    first = re.search(rf'href="({QUESTION}/[^"]+)"', page)
    if first is None:
        return []
    return sorted(
        set(re.findall(rf'href="({QUESTION}/[^"]+)"', desk.browser(who).get(first[1]).text))
    )


def save(desk, who, place, fields, **more):
    page = desk.browser(who).get(place).text
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    form = {"seen": seen[1] if seen else "", "then": "stay"} | fields | more
    return desk.browser(who).post(place, form)


def audited(desk, kind):
    with desk.parts.store.unit(read_only=True) as u:
        return [each for each in u.audit.scan() if each.kind == kind]


def work_of(desk, student):
    with desk.parts.store.unit(read_only=True) as u:
        return Actions(u.session).newest(ActionKind.SUBMITTED, COURSE, LAB, student)


def test_markers_see_stable_pseudonyms_and_no_names_until_release(marking):
    assert set_rules(marking, HIDDEN).status_code == 303
    found = places(marking, "olga")
    assert len(found) == 3
    assert found == places(marking, "kanat"), "the teacher too, and the same again"
    with marking.parts.store.unit(read_only=True) as u:
        accounts = {name: u.accounts.get(name).display_name for name in ("lira", "marat", "asel")}
    pages = [marking.browser("olga").get(each).text for each in found]
    pages.append(marking.browser("olga").get(MARKING).text)
    for text in pages:
        body = text.split("<main", 1)[1]
        for account, name in accounts.items():
            assert account not in body
            assert name not in body
            assert work_of(marking, account).id not in body
    write(marking, "lira", "Another answer.")
    graded(marking)
    assert places(marking, "olga") == found
    for each in found:
        save(marking, "olga", each, FULL)
    enter(marking, "kanat", lambda room: classroom_feedback.release_feedback(room, LAB))
    texts = [marking.browser("olga").get(each).text for each in found]
    assert sum(accounts["lira"] in text.split("<h2", 1)[1].split("</h2>")[0] for text in texts) == 1


def test_no_mark_stands_beside_a_name_and_nothing_is_given_out_by_name(marking):
    set_rules(marking, HIDDEN)
    before = said(marking.browser("kanat").get(f"{PAGE}/lab"))
    assert "Waits for a teacher" in before
    for each in places(marking, "olga"):
        save(marking, "olga", each, FULL)
    assert said(marking.browser("kanat").get(f"{PAGE}/lab")) == before, "not even that it is marked"
    assert "2 / 2" not in said(marking.browser("kanat").get(f"{PAGE}/lab"))
    student = said(marking.browser("kanat").get(f"{PAGE}/lab/students/lira"))
    assert "marked anonymously" in student
    assert "2 / 2" not in student
    work = work_of(marking, "lira").id
    for do in (
        lambda room: classroom_exchange.collect(room, work),
        lambda room: classroom_grading.graded(room, work),
        lambda room: classroom_grading.marks_of(room, work),
        lambda room: classroom_grading.set_teacher_mark(
            room, work_of(marking, "lira").id, ("lab", "why"), mark=1.0, comment=""
        ),
    ):
        with pytest.raises(NotAllowed, match=r"marking\.(anonymous|on_its_page)"):
            enter(marking, "kanat", do)
    enter(marking, "kanat", lambda room: classroom_feedback.release_feedback(room, LAB))
    assert enter(marking, "kanat", lambda room: classroom_exchange.collect(room, work))
    assert "2 / 2" in said(marking.browser("kanat").get(f"{PAGE}/lab"))


def test_without_anonymity_all_of_that_is_open(marking):
    work = work_of(marking, "lira").id
    assert enter(marking, "kanat", lambda room: classroom_exchange.collect(room, work))
    assert enter(marking, "kanat", lambda room: classroom_grading.marks_of(room, work))


def test_a_teacher_of_the_course_lifts_anonymity_with_a_reason_that_is_logged(marking):
    set_rules(marking, HIDDEN)
    lift = f"{MARKING}/names"
    assert marking.browser("olga").post(lift, {"reason": "Curious."}).status_code == 403
    empty = marking.browser("kanat").post(lift, {"reason": " "})
    assert (empty.status_code, "classroom.no_reason" in empty.text) == (400, True)
    assert marking.browser("kanat").post(lift, {"reason": "A copied work."}).status_code == 303
    page = said(marking.browser("olga").get(MARKING))
    assert "A copied work." in page
    assert "Kanat" in page
    assert places(marking, "olga") == [f"{QUESTION}/{who}" for who in ("asel", "lira", "marat")]
    (entry,) = audited(marking, "course.anonymity_lifted")
    assert (entry.actor, entry.body["data"]["reason"]) == ("kanat", "A copied work.")
    again = marking.browser("kanat").post(lift, {"reason": "Again."})
    assert (again.status_code, "marking.not_anonymous" in again.text) == (409, True)
    back = set_rules(marking, HIDDEN)
    assert (back.status_code, "marking.lifted" in back.text) == (409, True)


def test_rules_are_set_until_the_first_mark_by_the_courses_teachers(marking):
    assert set_rules(marking, HIDDEN, "olga").status_code == 403
    assert set_rules(marking, TWICE).status_code == 303
    assert set_rules(marking, HIDDEN).status_code == 303
    (first, second) = audited(marking, "course.marking_set")
    assert "secret" not in first.body["data"]
    assert second.body["data"]["anonymous"] is True
    save(marking, "olga", places(marking, "olga")[0], FULL)
    late = set_rules(marking, RULES)
    assert (late.status_code, "marking.fixed" in late.text) == (409, True)
    assert set_rules(marking, HIDDEN).status_code == 303, "the same again changes nothing"
    assert len(audited(marking, "course.marking_set")) == 2


@pytest.mark.parametrize(
    "change",
    [{"percent": "0"}, {"near": "x"}, {"border": "101"}, {"tolerance": ""}, {"second": "a"}],
)
def test_wrong_rules_are_refused(marking, change):
    answer = set_rules(marking, {**TWICE, **change})
    assert (answer.status_code, "marking.rules" in answer.text) == (400, True)
    assert audited(marking, "course.marking_set") == []


def test_a_second_marker_is_blind_until_both_are_in_and_two_that_agree_settle_it(marking):
    set_rules(marking, TWICE)
    place = f"{QUESTION}/lira"
    assert places(marking, "said") == [f"{QUESTION}/{who}" for who in ("asel", "lira")]
    save(marking, "olga", place, FULL, comment="Well argued.")
    assert mark(marking, "lira").teacher_mark is None, "one opinion is no mark"
    hers = said(marking.browser("said").get(place))
    assert "Well argued." not in hers
    assert "Olga" not in hers
    assert "Given:" not in hers
    assert "Well argued." not in said(marking.browser("said").get(f"{PAGE}/lab/students/lira"))
    answer = save(marking, "said", place, {"level.0": "2", "level.1": "1"}, comment="A bit thin.")
    assert answer.status_code == 303
    now = mark(marking, "lira")
    assert (now.teacher_mark, now.comment) == (2.0, "Well argued.")
    both = said(marking.browser("said").get(place))
    assert "First marker: Olga" in both
    assert "What counts: 2 of 2" in both
    (entry,) = audited(marking, "course.marked")
    assert (entry.body["data"]["given_by"], entry.body["data"]["checked_by"]) == ("olga", "said")
    assert [each.body["data"]["turn"] for each in audited(marking, "course.opinion_given")] == [
        1,
        2,
    ]
    page = said(marking.browser("kanat").get(f"{PAGE}/lab/students/lira"))
    assert "Olga" in page
    assert "A bit thin." not in page


def test_opinions_change_until_both_are_in_and_not_after(marking):
    set_rules(marking, TWICE)
    place = f"{QUESTION}/asel"
    save(marking, "olga", place, FULL)
    save(marking, "kanat", place, NOTHING)
    save(marking, "kanat", place, {}, then="clear")
    save(marking, "said", place, HALF)
    assert mark(marking, "asel").teacher_mark is None
    save(marking, "olga", place, HALF)
    assert mark(marking, "asel").teacher_mark == 1.0
    late = save(marking, "olga", place, FULL, seen=_state(marking, "kanat", place))
    assert (late.status_code, "marking.settled" in late.text) == (409, True)
    assert mark(marking, "asel").teacher_mark == 1.0


def _state(desk, who, place):
    return re.search(r'name="seen" value="([^"]+)"', desk.browser(who).get(place).text)[1]


def test_two_accounts_of_one_person_are_not_two_markers(marking):
    set_rules(marking, TWICE)
    with marking.parts.store.unit() as u:
        person = u.accounts.get("olga").person
        u.accounts.save(replace(u.accounts.get("said"), person=person))
        u.commit()
    save(marking, "olga", f"{QUESTION}/lira", FULL)
    refused = save(marking, "said", f"{QUESTION}/lira", FULL)
    assert (refused.status_code, "marking.same_person" in refused.text) == (409, True)
    assert mark(marking, "lira").teacher_mark is None
    save(marking, "kanat", f"{QUESTION}/lira", FULL)
    assert save(marking, "said", f"{QUESTION}/lira", FULL).status_code == 303


def test_the_mean_counts_where_it_was_set(marking):
    set_rules(marking, {**TWICE, "agreed": "agreed_mean"})
    save(marking, "olga", f"{QUESTION}/lira", FULL)
    save(marking, "said", f"{QUESTION}/lira", {"level.0": "2", "level.1": "1"})
    assert mark(marking, "lira").teacher_mark == 1.75


def test_two_that_differ_wait_for_a_teacher_who_decides_with_a_reason(marking):
    set_rules(marking, TWICE)
    place = f"{QUESTION}/lira"
    save(marking, "olga", place, FULL)
    save(marking, "said", place, NOTHING, comment="No reason given.")
    assert mark(marking, "lira").teacher_mark is None
    assert "Two markers differ here" in said(marking.browser("kanat").get(MARKING))
    assert "No reason given." in said(marking.browser("kanat").get(place))
    form = {**HALF, "then": "decide", "reason": "One reason is there."}
    state = _state(marking, "kanat", place)
    mine = marking.browser("olga").post(place, {**form, "seen": state})
    assert (mine.status_code, "classroom.teachers_own" in mine.text) == (403, True)
    silent = save(marking, "kanat", place, {**form, "reason": " "})
    assert (silent.status_code, "classroom.no_reason" in silent.text) == (400, True)
    assert save(marking, "kanat", place, form).status_code == 303
    assert mark(marking, "lira").teacher_mark == 1.0
    (entry,) = audited(marking, "course.mark_moderated")
    data = entry.body["data"]
    assert (data["first"], data["second"], data["mark"]) == ("2.0", "0.0", "1.0")
    assert (data["first_by"], data["second_by"], entry.actor) == ("olga", "said", "kanat")
    assert data["reason"] == "One reason is there."
    assert "Two markers differ here" not in said(marking.browser("kanat").get(MARKING))
    graded(marking, again=True)
    assert mark(marking, "lira").teacher_mark == 1.0


def test_no_marker_decides_between_the_own_mark_and_anothers(marking):
    set_rules(marking, TWICE)
    place = f"{QUESTION}/lira"
    save(marking, "kanat", place, FULL)
    save(marking, "said", place, NOTHING)
    page = marking.browser("kanat").get(place)
    assert "somebody else decides" in said(page)
    assert 'value="decide"' not in page.text
    with marking.parts.store.unit() as u:
        at, person = marking.clock.now(), u.accounts.get("kanat").person
        for name, whose in (("ainura", "p-ainura"), ("kanat2", person)):
            u.accounts.add(Account(name, name, whose, None, (Seat.TEACHER,), "en", True, at))
            u.session.flush()
            until = at + timedelta(days=9)
            member = Member(COURSE, name, CourseRole.TEACHER, at, until, duty=Duty.SUBSTITUTE)
            Members(u.session).add(member)
        u.commit()
    form = {**HALF, "then": "decide", "reason": "I thought again."}
    seen = _state(marking, "ainura", place)
    for who in ("kanat", "kanat2"):
        refused = marking.browser(who).post(place, {**form, "seen": seen})
        assert (refused.status_code, "marking.own_decision" in refused.text) == (403, True), who
        assert mark(marking, "lira").teacher_mark is None
    assert save(marking, "ainura", place, form).status_code == 303
    assert mark(marking, "lira").teacher_mark == 1.0


def test_there_is_nothing_to_decide_before_both_are_in(marking):
    set_rules(marking, TWICE)
    save(marking, "olga", f"{QUESTION}/lira", FULL)
    form = {**HALF, "then": "decide", "reason": "Early."}
    early = save(marking, "kanat", f"{QUESTION}/lira", form)
    assert (early.status_code, "marking.not_both" in early.text) == (409, True)


def test_near_the_border_only_is_marked_twice(marking):
    set_rules(marking, {**TWICE, "second": "second_border", "border": "50", "near": "10"})
    assert places(marking, "said") == [], "nothing is known before the first mark"
    save(marking, "olga", f"{QUESTION}/lira", FULL)
    save(marking, "olga", f"{QUESTION}/asel", HALF)
    assert mark(marking, "lira").teacher_mark == 2.0
    assert mark(marking, "asel").teacher_mark is None
    assert places(marking, "said") == [f"{QUESTION}/asel"]
    save(marking, "olga", f"{QUESTION}/lira", NOTHING)
    assert mark(marking, "lira").teacher_mark is None, "it is near the border by now"
    assert audited(marking, "course.marked")[0].body["data"]["given_by"] == "olga"


def test_a_mark_by_the_exchange_does_not_pass_by_two_markers(marking):
    set_rules(marking, TWICE)
    work = work_of(marking, "lira").id
    with pytest.raises(NotAllowed, match="on_its_page"):
        enter(marking, "kanat", lambda room: classroom_grading.set_teacher_mark(
            room, work, ("lab", "why"), mark=2.0, comment=""
        ))  # fmt: skip
    assert mark(marking, "lira").teacher_mark is None


def test_without_rules_a_second_marker_marks_like_an_assistant(marking):
    assert save(marking, "said", f"{QUESTION}/lira", FULL).status_code == 303
    assert mark(marking, "lira").teacher_mark == 2.0


def test_no_work_is_compared_by_name_while_it_is_marked_without_names(marking):
    place, kanat = f"{PAGE}/lab/similarity", marking.browser("kanat")
    assert kanat.post(place).status_code == 303
    assert kanat.get(place).status_code == 200
    set_rules(marking, HIDDEN)
    refused = kanat.post(place)
    assert (refused.status_code, "marking.anonymous" in refused.text) == (403, True)
    kanat.post(f"{MARKING}/names", {"reason": "A copied work."})
    assert kanat.post(place).status_code == 303


def test_unmarked_work_is_not_released_where_that_would_show_its_name(marking):
    def release(room):
        return classroom_feedback.release_feedback(room, LAB)

    set_rules(marking, HIDDEN)
    released = enter(marking, "kanat", release)
    assert [each.student for each in released] == ["marat"], "he wrote nothing: the platform's 0"
    with pytest.raises(Conflict, match=r"marking\.unfinished"):
        enter(
            marking,
            "kanat",
            lambda room: classroom_feedback.release_feedback(room, LAB, students=("lira",)),
        )
    for each in places(marking, "olga"):
        save(marking, "olga", each, FULL)
    assert len(enter(marking, "kanat", release)) == 3


def test_a_mark_above_the_points_of_a_correction_is_given_again(marking):
    work = work_of(marking, "lira").id
    save(marking, "olga", f"{QUESTION}/lira", FULL, comment="Well said.")
    for points, expected in ((2.0, 2.0), (1.0, None)):

        def graded_again(room, points=points):
            marks = Marks(room.u.session)
            (found,) = marks.of(work)
            marks.replace(work, (replace(found, points=points),))
            return marks.of(work)

        (found,) = enter(marking, "kanat", graded_again)
        assert (found.teacher_mark, found.comment) == (expected, "Well said.")
