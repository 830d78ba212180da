"""Mark sheets: what counts, who signs, what stays locked, corrections, resits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from sandbox.domain.classroom import Duty, JobState
from sandbox.domain.mark_scales import FINAL
from sandbox.domain.mark_sheets import Counting, Wanted, differing, digest_of
from sandbox.domain.records import Organisation
from sandbox.domain.words import OrganisationKind
from sandbox.kit.errors import Conflict, IntegrityFailure, InvalidInput, NotAllowed, NotFound
from sandbox.services import class_lists, classroom_time, mark_scales, mark_sheet_views, mark_sheets
from sandbox.services.audit import verify_log
from sandbox.services.classroom_grading import set_teacher_mark
from sandbox.services.classroom_people import give_course, seed_course
from sandbox.services.identity import actor_of
from sandbox.store.classroom import Members
from sandbox.store.mark_sheet_tables import Scales, SheetRow, Sheets
from tests.services.class_world import COURSE, TERM
from tests.services.mark_world import GROUP, LAB, WALLETS, marked, school

RESIT = replace(GROUP, attempt=1)
CELL = ("n", "q0")


@pytest.fixture
def room(store, tmp_path):
    return school(store, tmp_path)


def drafted(room, wanted=GROUP, who="kanat"):
    return room.enter(who, lambda r: mark_sheets.draft(r, wanted))


def line(found, surname):
    return next(each for each in found.lines if each.surname.startswith(surname))


def refused(room, error, code, work, who="kanat"):
    with pytest.raises(error) as caught:
        room.enter(who, work)
    assert caught.value.code == code


def entries(room):
    with room.store.unit(read_only=True) as u:
        return [(each.kind, each.body) for each in u.audit.scan()]


def test_released_marks_become_points_letters_and_words_in_the_alphabets_order(room):
    room.given("omur", LAB, (0.3, 0.9), (0.25, 0.1))
    room.given("asan", LAB, (2.0, 2.0))
    found = drafted(room)
    assert [each.surname[:5] for each in found.lines] == ["Асано", "Өмүрб", "ӨӨӨӨӨ"]
    assert (line(found, "Асан").points, line(found, "Асан").letter) == (100, "A")
    omur = line(found, "Өмүр")
    assert (omur.points, omur.letter, omur.parts[0].points) == (55, "FX", "55.00")
    assert (omur.number, omur.patronymic, omur.passes) == ("2026-001", "Үсөнович", False)
    missing = line(found, "ӨӨӨ")
    assert (missing.absent, missing.points, missing.letter) == (True, 0, "F")
    assert line(found, "Асан").words["ky"] == "эң жакшы"


@pytest.mark.parametrize(
    ("got", "points", "letter"),
    [(60.5, 61, "E"), (60.49, 60, "FX"), (86.5, 87, "A"), (86.4, 86, "B"), (0.4, 0, "F")],
)
def test_edges_of_bands_are_where_decimals_say(room, got, points, letter):
    room.given("omur", LAB, (got, 100.0))
    found = line(drafted(room), "Өмүр")
    assert (found.points, found.letter) == (points, letter)


def test_ten_tenths_are_one_whatever_floats_say(room):
    room.given("omur", LAB, *([(0.1, 0.1)] * 3 + [(0.7, 0.7)]))
    assert line(drafted(room), "Өмүр").parts[0].points == "100.00"


def test_work_without_a_released_mark_keeps_the_sheet_from_being_signed(room):
    room.mark("omur", LAB, (2.0, 2.0))
    found = drafted(room)
    assert line(found, "Өмүр").parts[0].counting is Counting.UNRELEASED
    refused(room, Conflict, "sheet.held_up", lambda r: mark_sheets.sign(r, GROUP, found.seen))
    room.show("omur", LAB)
    assert line(room.signed(), "Өмүр").points == 100


def test_a_mark_that_waits_for_a_person_does_the_same(room):
    room.given("omur", LAB, (None, 2.0))
    found = drafted(room)
    assert (line(found, "Өмүр").parts[0].counting, found.held_up) == (Counting.WAITING, 1)


def test_work_that_could_not_be_graded_counts_nothing_once_who_signs_says_so(room):
    failed = lambda r: marked(r, LAB, state=JobState.FAILED)  # noqa: E731
    room.enter(room.students["omur"], failed)
    room.given("asan", LAB, (2.0, 2.0))
    found = drafted(room)
    assert line(found, "Өмүр").parts[0].counting is Counting.FAILED
    assert (found.held_up, found.failed) == (0, 1)
    refused(room, Conflict, "sheet.not_graded", lambda r: mark_sheets.sign(r, GROUP, found.seen))
    made = room.enter("kanat", lambda r: mark_sheets.sign(r, GROUP, found.seen, zeros=True))
    assert (line(made, "Өмүр").points, line(made, "Өмүр").absent) == (0, False)


def test_newer_work_that_is_not_released_is_said_and_does_not_count(room):
    room.given("omur", LAB, (1.0, 2.0))
    room.mark("omur", LAB, (2.0, 2.0))
    part = line(drafted(room), "Өмүр").parts[0]
    assert (part.points, part.newer) == ("50.00", True)
    assert line(room.signed(), "Өмүр").points == 50


def test_late_work_counts_and_is_said(room):
    due = room.at + timedelta(hours=1)
    room.enter("kanat", lambda r: classroom_time.set_due(r, LAB, due))
    room.given("asan", LAB, (2.0, 2.0))
    room.at += timedelta(hours=2)
    room.given("omur", LAB, (2.0, 2.0))
    found = drafted(room)
    assert (line(found, "Өмүр").parts[0].late, line(found, "Өмүр").points) == (True, 100)
    assert not line(found, "Асан").parts[0].late


def test_a_signed_sheet_keeps_what_it_said_and_its_digest_is_in_the_log(room):
    submission = room.given("omur", LAB, (1.0, 2.0))
    made = room.signed()
    kind, body = entries(room)[-1]
    assert kind == "course.sheet_signed"
    assert body["data"]["digest"] == made.digest
    room.marked_again("omur", LAB, submission, 2.0)
    found, _ = room.enter("kanat", lambda r: mark_sheets.sheet(r, made.id))
    assert line(found, "Өмүр").points == 50
    view = room.enter("kanat", lambda r: mark_sheet_views.signed_view(r, made.id))
    (difference,) = view.differences
    assert (difference.then.points, difference.now.points) == (50, 100)
    with room.store.unit(read_only=True) as u:
        verify_log(u)


def test_what_is_signed_is_what_was_looked_at(room):
    seen = drafted(room).seen
    room.given("omur", LAB, (1.0, 2.0))
    refused(room, Conflict, "sheet.changed_meanwhile", lambda r: mark_sheets.sign(r, GROUP, seen))
    with room.store.unit(read_only=True) as u:
        assert Sheets(u.session).newest_of_course(COURSE) == ()


def test_a_sheet_is_signed_once(room):
    room.signed()
    seen = drafted(room).seen
    refused(room, Conflict, "sheet.signed", lambda r: mark_sheets.sign(r, GROUP, seen))


def test_a_sheet_that_was_altered_in_the_store_is_found(room):
    made = room.signed()
    content = {**made.content, "hours": 1}
    with room.store.unit() as u:
        u.session.execute(update(SheetRow.__table__).values(content=content))
        u.commit()
    refused(room, IntegrityFailure, "sheet.altered", lambda r: mark_sheets.sheet(r, made.id))
    refused(room, IntegrityFailure, "sheet.altered", mark_sheet_views.overview)
    refused(room, IntegrityFailure, "sheet.altered", mark_sheet_views.own_lines, "lira")


def test_a_sheet_that_was_altered_with_its_digest_is_found_by_the_audit_log(room):
    made = room.signed()
    bad = replace(made, content={**made.content, "hours": 99})
    bad = replace(bad, digest=digest_of(bad))
    assert bad.holds
    with room.store.unit() as u:
        values = {"content": bad.content, "digest": bad.digest}
        u.session.execute(update(SheetRow.__table__).values(**values))
        u.commit()
    refused(room, IntegrityFailure, "sheet.altered", lambda r: mark_sheets.sheet(r, made.id))
    refused(room, IntegrityFailure, "sheet.altered", mark_sheet_views.overview)


def test_undoing_a_class_list_keeps_who_stands_on_a_signed_sheet(room):
    made = room.signed()
    with room.store.unit() as u:
        (found,) = u.class_lists.settled(COURSE)
        class_lists.undo(u, actor_of(u, "kanat"), COURSE, found.id, at=room.at)
        u.commit()
    with room.store.unit(read_only=True) as u:
        kept = {each.account for each in Members(u.session).of_course(COURSE, room.at)}
    assert {each.account for each in made.lines} <= kept
    assert room.students["kim"] not in kept
    view = room.enter("kanat", lambda r: mark_sheet_views.signed_view(r, made.id))
    assert (view.unmade, view.differences) == (None, ())


def test_a_correction_needs_a_reason_and_a_difference_and_leaves_the_old_version(room):
    work = room.given("omur", LAB, (1.0, 2.0))
    first = room.signed()

    def fix(reason, sheet=first.id):
        return lambda r: mark_sheets.correct(
            r, sheet, reason=reason, seen=mark_sheets.draft(r, GROUP).seen
        )

    refused(room, Conflict, "sheet.nothing_differs", fix("Why not."))
    room.marked_again("omur", LAB, work, 2.0)
    refused(room, InvalidInput, "classroom.no_reason", fix("  "))
    second = room.enter("kanat", fix("The mark came later."))
    assert (second.version, second.reason, second.wanted) == (2, "The mark came later.", GROUP)
    old, versions = room.enter("kanat", lambda r: mark_sheets.sheet(r, first.id))
    assert (old, versions) == (first, (second, first))
    assert entries(room)[-1][0] == "course.sheet_corrected"
    assert "came later" not in str(entries(room))
    refused(room, Conflict, "sheet.not_newest", fix("Again."))


def test_only_who_leads_signs_and_corrects(room):
    made = room.signed()
    room.given("omur", LAB, (2.0, 2.0))
    seen = drafted(room).seen
    room.helper("olga", Duty.ASSISTANT)
    assert room.enter("olga", lambda r: mark_sheets.sheet(r, made.id))[0] == made
    other = Wanted("ПИ-2", TERM, "1")
    work = (
        lambda r: mark_sheets.sign(r, other, "x"),
        lambda r: mark_sheets.correct(r, made.id, reason="A reason.", seen=seen),
        mark_scales.offered,
    )
    for each in work:
        refused(room, NotAllowed, "classroom.teachers_own", each, "olga")
        refused(room, NotAllowed, "classroom.wrong_role", each, "lira")


def test_a_substitute_signs_in_their_own_name(room):
    room.helper("olga", Duty.SUBSTITUTE)
    made = room.signed(who="olga")
    assert (made.signed_by, made.content["teacher"]) == ("olga", "Olga Kim")


def test_students_read_their_own_line_and_no_sheet(room):
    room.given("omur", LAB, (1.0, 2.0))
    made = room.signed()
    ((sheet, own),) = room.enter(room.students["omur"], mark_sheet_views.own_lines)
    assert (sheet.id, own.points) == (made.id, 50)
    assert room.enter(room.students["kim"], mark_sheet_views.own_lines) == ()
    for work in (
        lambda r: mark_sheets.sheet(r, made.id),
        lambda r: mark_sheets.draft(r, GROUP),
        mark_sheet_views.overview,
    ):
        refused(room, NotAllowed, "classroom.wrong_role", work, room.students["omur"])


@pytest.mark.parametrize(
    ("wanted", "error", "code"),
    [
        (replace(GROUP, group="ПИ-9"), NotFound, "sheet.no_group"),
        (replace(GROUP, group=""), NotFound, "sheet.no_group"),
        (replace(GROUP, term="2025/26-1"), NotFound, "sheet.no_group"),
        (replace(GROUP, module="9"), NotFound, "sheet.no_module"),
        (replace(GROUP, attempt=2), Conflict, "sheet.no_resit"),
        (replace(GROUP, module=FINAL), Conflict, "sheet.modules_not_signed"),
        (RESIT, Conflict, "sheet.before_not_signed"),
    ],
)
def test_a_sheet_that_cannot_be_is_refused(room, wanted, error, code):
    refused(room, error, code, lambda r: mark_sheets.draft(r, wanted))


def test_a_group_that_everybody_left_has_no_sheet_but_a_signed_one_can_be_corrected(room):
    other = Wanted("ПИ-2", TERM, "1")
    work = room.given("kim", LAB, (1.0, 2.0))
    made = room.signed(other)
    room.marked_again("kim", LAB, work, 2.0)
    room.moved("kim", "ПИ-3")
    refused(
        room,
        NotFound,
        "sheet.no_group",
        lambda r: mark_sheets.draft(r, replace(other, module="2")),
    )
    work = lambda r: mark_sheets.correct(  # noqa: E731
        r, made.id, reason="Marked late.", seen=mark_sheets.draft(r, other).seen
    )
    assert room.enter("kanat", work).lines[0].points == 100


def test_a_module_without_assignments_and_work_without_points_are_refused(room):
    room.given("omur", LAB, (0.0, 0.0))
    refused(room, Conflict, "sheet.no_points", lambda r: mark_sheets.draft(r, GROUP))
    scale = room.enter("kanat", mark_scales.scale_of)
    empty = replace(scale.modules[1], assignments=())
    with pytest.raises(InvalidInput) as caught:
        room.scale(modules=(scale.modules[0], empty))
    assert (caught.value.code, caught.value.params) == ("scale.module_empty", {"module": "2"})


def test_a_resit_lists_only_those_who_failed_and_gives_no_more_than_the_scale(room):
    room.scale(resit_most=70)
    room.given("asan", LAB, (2.0, 2.0))
    room.given("omur", LAB, (1.0, 2.0))
    room.given("long", LAB, (1.0, 2.0))
    room.signed()
    room.given("omur", LAB, (2.0, 2.0))
    found = drafted(room, RESIT)
    assert [(each.surname[:4], each.points) for each in found.lines] == [("Өмүр", 70), ("ӨӨӨӨ", 0)]
    assert (found.lines[0].absent, found.lines[1].absent) == (False, True)
    assert room.signed(RESIT).attempt == 1
    refused(
        room, Conflict, "sheet.no_resit", lambda r: mark_sheets.draft(r, replace(GROUP, attempt=2))
    )


def test_a_correction_of_the_first_sheet_takes_in_no_resit_work(room):
    room.scale(resit_most=61)
    work = room.given("omur", LAB, (1.0, 2.0))
    other = room.given("asan", LAB, (1.0, 2.0))
    first = room.signed()
    room.given("omur", LAB, (2.0, 2.0))
    resit = room.signed(RESIT)
    assert line(resit, "Өмүр").points == 61
    view = room.enter("kanat", lambda r: mark_sheet_views.signed_view(r, first.id))
    assert view.differences == ()
    room.marked_again("asan", LAB, other, 2.0)
    second = room.corrected(first)
    assert [line(second, each).points for each in ("Өмүр", "Асан")] == [50, 100]
    assert line(drafted(room, RESIT), "Өмүр").points == 61
    room.enter("kanat", lambda r: set_teacher_mark(r, work, CELL, mark=2.0, comment=""))
    assert line(drafted(room), "Өмүр").points == 50


def test_resit_work_that_is_not_released_keeps_the_resits_sheet_from_being_signed(room):
    room.given("omur", LAB, (1.0, 2.0))
    room.signed()
    assert line(drafted(room, RESIT), "Өмүр").absent
    room.mark("omur", LAB, (2.0, 2.0))
    found = drafted(room, RESIT)
    assert line(found, "Өмүр").parts[0].counting is Counting.UNRELEASED
    refused(room, Conflict, "sheet.held_up", lambda r: mark_sheets.sign(r, RESIT, found.seen))
    room.show("omur", LAB)
    assert line(room.signed(RESIT), "Өмүр").points == 100


def test_who_does_one_assignment_again_keeps_the_others_and_who_does_none_the_sheet_before(room):
    scale = room.enter("kanat", mark_scales.scale_of)
    both = replace(scale.modules[0], weight=100, assignments=(LAB, WALLETS))
    room.scale(modules=(both,))
    for who in ("omur", "asan"):
        room.given(who, LAB, (2.0, 2.0))
        room.given(who, WALLETS, (0.0, 2.0))
    room.signed()
    room.given("omur", WALLETS, (1.0, 2.0))
    found = room.signed(RESIT)
    assert [(line(found, n).points, line(found, n).absent) for n in ("Өмүр", "Асан")] == [
        (75, False),
        (0, True),
    ]
    whole = drafted(room, replace(GROUP, module=FINAL))
    assert [line(whole, each).points for each in ("Өмүр", "Асан")] == [75, 50]


def test_somebody_who_came_later_is_added_with_what_they_handed_in_since(room):
    first = room.signed()
    room.given("kim", LAB, (2.0, 2.0))
    room.given("omur", LAB, (2.0, 2.0))
    room.moved("kim", "ПИ-1")
    second = room.corrected(first)
    assert (line(second, "Ким").points, line(second, "Өмүр").points) == (100, 0)


def test_points_that_change_after_the_release_count_once_they_are_released_again(room):
    work = room.given("omur", LAB, (1.0, 2.0))
    room.helper("olga", Duty.ASSISTANT)
    room.enter("olga", lambda r: set_teacher_mark(r, work, CELL, mark=2.0, comment=""))
    found = drafted(room)
    assert line(found, "Өмүр").parts[0].counting is Counting.CHANGED
    refused(room, Conflict, "sheet.held_up", lambda r: mark_sheets.sign(r, GROUP, found.seen))
    room.show("omur", LAB)
    assert line(room.signed(), "Өмүр").points == 100


def test_there_is_no_resit_when_nobody_failed(room):
    for who in ("asan", "omur", "long"):
        room.given(who, LAB, (2.0, 2.0))
    room.signed()
    refused(room, Conflict, "sheet.nobody_failed", lambda r: mark_sheets.draft(r, RESIT))


def test_the_whole_course_is_made_of_signed_sheets_with_their_resits(room):
    room.given("omur", LAB, (1.0, 2.0))
    room.given("omur", WALLETS, (3.0, 4.0))
    room.signed()
    room.signed(replace(GROUP, module="2"))
    whole = replace(GROUP, module=FINAL)
    assert line(drafted(room, whole), "Өмүр").points == (50 * 40 + 75 * 60) // 100
    room.given("omur", LAB, (2.0, 2.0))
    assert line(drafted(room, whole), "Өмүр").points == 65
    room.signed(RESIT)
    found = line(drafted(room, whole), "Өмүр")
    assert (found.points, [each.points for each in found.parts]) == (85, ["100", "75"])
    assert line(drafted(room, whole), "Асан").absent


def test_a_student_on_no_sheet_of_a_module_holds_up_the_whole_courses(room):
    room.given("kim", LAB, (2.0, 2.0))
    room.signed(replace(GROUP, group="ПИ-2"))
    first = room.signed()
    room.moved("kim", "ПИ-1")
    room.signed(replace(GROUP, module="2"))
    whole = replace(GROUP, module=FINAL)
    found = drafted(room, whole)
    assert [each.counting for each in line(found, "Ким").parts] == [
        Counting.UNLISTED,
        Counting.ABSENT,
    ]
    refused(room, Conflict, "sheet.held_up", lambda r: mark_sheets.sign(r, whole, found.seen))
    room.corrected(first)
    assert line(room.signed(whole), "Ким").points == 40


def test_a_module_with_other_assignments_than_its_signed_sheet_is_refused(room):
    room.given("omur", LAB, (2.0, 2.0))
    sheets = [room.signed(), room.signed(replace(GROUP, module="2"))]
    one, two = room.enter("kanat", mark_scales.scale_of).modules
    room.scale(modules=(replace(one, assignments=(WALLETS,)), replace(two, assignments=(LAB,))))
    whole = replace(GROUP, module=FINAL)
    refused(room, Conflict, "sheet.module_changed", lambda r: mark_sheets.draft(r, whole))
    for each in sheets:
        room.corrected(each)
    assert line(drafted(room, whole), "Өмүр").points == 60


def test_a_signed_resit_counts_while_it_is_needed_whatever_the_scale_allows_later(room):
    room.scale(resit_most=61)
    room.given("omur", LAB, (1.0, 2.0))
    room.signed()
    room.signed(replace(GROUP, module="2"))
    room.given("omur", LAB, (2.0, 2.0))
    resit = room.signed(RESIT)
    room.scale(resits=0)
    whole = replace(GROUP, module=FINAL)

    assert line(drafted(room, whole), "Өмүр").parts[0].points == "61"
    view = room.enter("kanat", lambda r: mark_sheet_views.signed_view(r, resit.id))
    assert view.unmade is None


def test_the_same_scale_again_is_no_version_and_another_one_is(room):
    before = len(entries(room))
    assert room.scale().version == 1
    assert len(entries(room)) == before
    assert room.scale(hours=90).version == 2
    kind, body = entries(room)[-1]
    assert (kind, body["data"]["bands"][0]) == ("course.scale_set", ["A", 87, 100, True, "4.00"])
    with room.store.unit(read_only=True) as u:
        assert Scales(u.session).get(COURSE, 1).hours == 0


def test_a_new_course_of_the_university_begins_with_its_scale_and_one_of_another_does_not(room):
    room.scale(resits=2)
    with room.store.unit() as u:
        u.organisations.add(Organisation("other", "O", OrganisationKind.UNIVERSITY, room.at))
        for course, org in (("tokens", "uni"), ("coins", "other")):
            seed_course(u, room.at, teachers=["kanat"], students=[], course=course, titles={})
            give_course(u, course, org)
        u.commit()
    found = [room.enter("kanat", mark_scales.offered, each) for each in ("tokens", "coins")]
    assert [(each.version, each.resits) for each in found] == [(0, 2), (0, 1)]


def test_a_scale_is_tried_without_being_set(room):
    room.given("omur", LAB, (1.0, 2.0))
    scale = room.enter("kanat", mark_scales.scale_of)
    counts = room.enter("kanat", lambda r: mark_scales.tried(r, replace(scale, hours=5)))
    assert counts["1"] == {"FX": 1, "F": 4}
    assert room.enter("kanat", mark_scales.scale_of) == scale
    wrong = replace(scale, modules=scale.modules[:1])
    refused(room, InvalidInput, "scale.weights", lambda r: mark_scales.tried(r, wrong))


def test_differences_name_who_came_and_who_went(room):
    lines = drafted(room).lines
    found = differing(lines[:2], lines[1:])
    assert [(each.then is None, each.now is None) for each in found] == [
        (False, True),
        (True, False),
    ]
