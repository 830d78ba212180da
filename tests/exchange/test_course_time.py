"""Due dates and extensions: in force for lateness, told to whom they are for, taken back unused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.domain.classroom import ActionKind
from sandbox.domain.notices import Notice
from sandbox.kit.errors import SynakError
from sandbox.services import classroom_people, classroom_time, classroom_titles
from sandbox.services.classroom_exchange import submissions
from sandbox.services.classroom_room import Room
from sandbox.store.classroom import Actions
from sandbox.store.classroom_blobs import Blobs
from tests.exchange.conftest import COURSE, LAB, START
from tests.exchange.test_both_stores import KEY
from tests.exchange.test_exchange import fetch_and_submit

DUE = START + timedelta(days=7)
LATER = START + timedelta(days=14)
ILL = "A doctor's note was shown."


def act(world, who, work):
    """A use case as somebody, in one transaction."""
    at = world.clock.now()
    with world.store.unit() as u:
        person = classroom_people.person_in(u, who, COURSE, at)
        done = work(Room(u, person, at, Blobs(world.parts.blobs), KEY))
        u.commit()
    return done


def extend(world, *students, due=LATER, reason=ILL, who="kanat"):
    return act(
        world,
        who,
        lambda room: classroom_time.extend(room, LAB, students=students, due=due, reason=reason),
    )


def revoke(world, extension, reason="Given by mistake.", who="kanat"):
    return act(world, who, lambda room: classroom_time.revoke(room, extension.id, reason=reason))


def due_for(world, who):
    (lab,) = world.desk(who).get("/assignments")
    return lab["due"]


def late(world, who):
    """Whether each submission of a student is late, as the student sees it."""

    def work(room):
        time = classroom_time.time_of(room, LAB)
        return [bool(time.late(each)) for each in submissions(room, LAB)]

    return act(world, who, work)


@pytest.fixture
def due(released):
    """The lab is due in a week."""
    act(released, "kanat", lambda room: classroom_time.set_due(room, LAB, DUE))
    return released


def test_without_a_due_date_nothing_is_late(released):
    released.later(days=300)
    fetch_and_submit(released, "lira")
    assert (due_for(released, "lira"), late(released, "lira")) == (None, [False])


def test_work_is_in_time_at_the_due_moment_and_late_after_it(due):
    due.later(days=7)
    fetch_and_submit(due, "lira", "in time")
    due.later(seconds=1)
    fetch_and_submit(due, "lira", "late")
    assert late(due, "lira") == [False, True]


def test_an_extension_is_for_its_students_alone(due):
    extend(due, "lira")
    due.later(days=8)
    for who in ("lira", "marat"):
        fetch_and_submit(due, who)
    assert (late(due, "lira"), late(due, "marat")) == ([False], [True])
    assert due_for(due, "lira").startswith("2026-12-05")
    assert due_for(due, "marat").startswith("2026-11-28")


def test_one_extension_is_for_several_and_the_latest_counts(due):
    extend(due, "lira", "marat")
    extend(due, "lira", due=LATER + timedelta(days=1))
    assert due_for(due, "lira").startswith("2026-12-06")
    assert due_for(due, "marat").startswith("2026-12-05")


def test_an_extension_may_be_given_after_the_due_date(due):
    due.later(days=8)
    fetch_and_submit(due, "lira")
    assert late(due, "lira") == [True]
    extend(due, "lira")
    assert late(due, "lira") == [False]


def test_an_extension_is_taken_back_before_it_is_used(due):
    given = extend(due, "lira")
    fetch_and_submit(due, "lira", "in time without it")
    revoke(due, given)
    assert due_for(due, "lira").startswith("2026-11-28")
    with pytest.raises(SynakError, match="extension_revoked"):
        revoke(due, given)


def test_an_extension_that_one_of_its_students_used_stays(due):
    given = extend(due, "lira", "marat")
    due.later(days=8)
    fetch_and_submit(due, "marat")
    with pytest.raises(SynakError, match="extension_used"):
        revoke(due, given)
    assert due_for(due, "lira").startswith("2026-12-05")


def test_what_was_handed_in_after_the_extension_too_did_not_use_it(due):
    given = extend(due, "lira")
    due.later(days=15)
    fetch_and_submit(due, "lira")
    revoke(due, given)


@pytest.mark.parametrize(
    ("students", "until", "reason", "code"),
    [
        ((), LATER, ILL, "nobody_extended"),
        (("kanat",), LATER, ILL, "not_a_student"),
        (("nobody",), LATER, ILL, "not_a_student"),
        (("lira",), DUE, ILL, "extends_nothing"),
        (("lira",), START, ILL, "due_passed"),
        (("lira",), START + timedelta(days=500), ILL, "due_too_far"),
        (("lira",), LATER, "  ", "no_reason"),
        (("lira",), LATER, "x" * 1001, "words_too_long"),
    ],
)
def test_an_extension_that_cannot_be_right_is_refused(due, students, until, reason, code):
    with pytest.raises(SynakError, match=code):
        extend(due, *students, due=until, reason=reason)
    assert due_for(due, "lira").startswith("2026-11-28")


def test_without_a_due_date_there_is_nothing_to_extend(released):
    with pytest.raises(SynakError, match="no_due"):
        extend(released, "lira")


@pytest.mark.parametrize("who", ["lira", "marat"])
def test_no_student_gives_takes_or_sees_anothers_time(due, who):
    given = extend(due, "lira")
    with pytest.raises(SynakError, match="wrong_role"):
        extend(due, "marat", who=who)
    with pytest.raises(SynakError, match="wrong_role"):
        revoke(due, given, who=who)
    with pytest.raises(SynakError, match="wrong_role"):
        act(due, who, lambda room: classroom_time.set_due(room, LAB, LATER))
    seen = act(due, who, lambda room: classroom_time.time_of(room, LAB).extensions)
    assert [each.reason for each in seen] == ([ILL] if who == "lira" else [])


def test_a_reason_is_in_no_list_that_only_grows(due):
    revoke(due, extend(due, "lira"), reason="The note was forged.")
    with due.store.unit(read_only=True) as u:
        noted = [
            a.detail
            for a in Actions(u.session).select()
            if a.kind in (ActionKind.EXTENDED, ActionKind.EXTENSION_REVOKED)
        ]
        entries = [str(each.body) for each in u.audit.page(after=-1, limit=100)]
    assert len(noted) == 2
    assert all(each["students"] == ["lira"] for each in noted)
    kept = " ".join(map(str, [*noted, *entries]))
    assert "doctor" not in kept
    assert "forged" not in kept
    assert "course.extended" in kept
    assert "course.extension_revoked" in kept


def test_a_notice_leads_to_the_assignment_and_names_it_in_the_readers_language(due):
    told = Notice("lira", 1, "course.extended", None, None, "digital-money/lab", START)
    assert told.place == "courses/digital-money#lab"
    with due.store.unit(read_only=True) as u:
        assert classroom_titles.written(u, told.title, "ru").endswith(": Суммы")
        assert classroom_titles.written(u, "none/other", "ru") == "none: other"


def test_the_due_date_set_again_is_no_news_and_may_be_taken_away(due):
    act(due, "kanat", lambda room: classroom_time.set_due(room, LAB, DUE))
    act(due, "kanat", lambda room: classroom_time.set_due(room, LAB, None))
    with due.store.unit(read_only=True) as u:
        set_ = [a for a in Actions(u.session).select() if a.kind is ActionKind.DUE_SET]
    assert [each.detail["due"] for each in set_] == [DUE.isoformat(), None]
    assert set_[0].detail["students"] == ["lira", "marat"]
    assert due_for(due, "lira") is None
