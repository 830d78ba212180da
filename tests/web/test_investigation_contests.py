"""Contests of scores, their expiry, and the median among the course's marks."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from sandbox.domain.investigation_scores import ContestState
from sandbox.domain.mark_scales import USUAL_BANDS, Module, Scale
from sandbox.domain.mark_sheets import Counting, Wanted
from sandbox.domain.seats import Seat
from sandbox.kit.errors import InvalidInput
from sandbox.services import (
    investigation_results,
    investigations,
    mark_records,
    mark_scales,
    mark_sheets,
)
from sandbox.store.classroom import Members
from tests.web.course_world import COURSE, enter
from tests.web.score_world import (
    AS_IS,
    FULL,
    HALF,
    code_of,
    investigation,
    kept_answer,
    marked,
    score,
    signed,
    two_teachers,
)
from tests.web.seams import PEOPLE
from tests.web.test_notices import _follow, _kinds


@pytest.fixture
def place(desk, monkeypatch):
    for name in ("kanat", "olga"):
        monkeypatch.setitem(PEOPLE, name, (name.title(), None, Seat.TEACHER))
    two_teachers(desk)
    return investigation(desk)


@pytest.fixture
def contested(desk, place):
    answer = settled(desk, place)
    sent = desk.browser("lira").post(f"{answer}/contest", {"words": "Баалар туура эмес."})
    assert sent.status_code == 303
    return answer


def settled(desk, place, attempt=1, share=Fraction(1, 2), **levels):
    """An answer that Kanat marked and signed."""
    answer = kept_answer(desk, place, attempt=attempt, share=share)
    marked(desk, answer, **levels)
    assert signed(desk, answer).status_code == 303
    return answer


def decided(desk, answer, who="olga", **form):
    fields = {"seen": "1", "decision": "uphold", "reasons": "Read again: it stands."} | form
    return desk.browser(who).act(f"{answer}/contest/decision", fields)


def text_of(answer):
    return html.unescape(answer.text)


def test_another_than_who_signed_upholds_a_contested_score_with_reasons(desk, contested):
    own = decided(desk, contested, "kanat")
    assert (own.status_code, code_of(own)) == (403, ["score.own_signature"])
    assert score(desk, contested).contested
    assert decided(desk, contested, reasons="").status_code == 400
    assert decided(desk, contested).status_code == 303
    found = score(desk, contested)
    assert found.contest.state is ContestState.UPHELD
    assert found.contest.decided_by == "olga"
    assert len(found.versions) == 1
    page = text_of(desk.browser("lira").get(f"{contested}/score"))
    assert "Read again: it stands." in page
    assert "Contest the score" not in page
    assert code_of(decided(desk, contested)) == ["score.no_contest"]


def test_a_decision_changes_a_persons_part_and_signs_another_version(desk, contested):
    form = {"decision": "change", "comment": "Now by the steps."} | AS_IS
    before = score(desk, contested)
    assert decided(desk, contested, **(form | HALF)).status_code == 303
    found = score(desk, contested)
    assert found.contest.state is ContestState.CHANGED
    assert [each.by for each in found.versions] == ["olga", "kanat"]
    assert found.signature.reason == "Read again: it stands."
    assert found.signature.ends == before.signature.ends
    machine = [each.points for each in found.machine.parts if each.by == "machine"]
    kept = [each.points for each in found.marks.parts if each.by == "machine"]
    assert kept == machine
    again = desk.browser("lira").post(f"{contested}/contest", {"words": "Still not right."})
    assert again.status_code == 303
    assert code_of(decided(desk, contested, seen="2")) == ["score.own_signature"]


def test_a_change_that_changes_nothing_is_none(desk, contested):
    same = {"decision": "change", "comment": "Ачык."} | FULL | AS_IS
    before = score(desk, contested)
    assert code_of(decided(desk, contested, **same)) == ["score.nothing_differs"]
    assert score(desk, contested) == before


def test_a_decision_asks_who_it_is_and_an_assistant_makes_none(desk, contested):
    fields = {"seen": "1", "decision": "uphold", "reasons": "It stands."}
    place = f"{contested}/contest/decision"
    assert "_password" in desk.browser("olga").post(place, fields).text
    assert desk.browser("lira").act(place, fields).status_code == 403
    assert score(desk, contested).contested


def test_nothing_else_changes_a_contested_score(desk, contested):
    kanat = desk.browser("kanat")
    code = score(desk, contested).code
    marking = f"{contested.partition('/cases/')[0]}/marking/{code}"
    refused = kanat.post(marking, HALF | AS_IS | {"seen": "1"})
    assert code_of(refused) == ["score.contest_open"]
    assert code_of(kanat.act(f"{contested}/score", {"seen": "x"})) == ["score.contest_open"]


def test_a_score_is_contested_in_its_term_once_by_its_trainee(desk, place):
    answer = kept_answer(desk, place)
    lira, words = desk.browser("lira"), {"words": "Why?"}
    assert code_of(lira.post(f"{answer}/contest", words)) == ["score.not_signed"]
    marked(desk, answer)
    signed(desk, answer)
    assert desk.browser("asan").post(f"{answer}/contest", words).status_code == 404
    assert desk.browser("olga").post(f"{answer}/contest", words).status_code == 403
    assert code_of(lira.post(f"{answer}/contest", {"words": " "})) == ["score.words_missing"]
    assert lira.post(f"{answer}/contest", words).status_code == 303
    assert code_of(lira.post(f"{answer}/contest", words)) == ["score.contested_already"]
    other = settled(desk, place, attempt=2)
    desk.clock.forward(timedelta(days=14))
    lira = desk.browser("lira")
    assert code_of(lira.post(f"{other}/contest", words)) == ["score.contest_late"]


def test_who_could_decide_and_then_the_trainee_are_told(desk, contested):
    _follow(desk)
    heard = {name: _kinds(desk, name) for name in ("olga", "kanat", "lira")}
    assert heard["olga"] == ["course.case_contested"]
    assert heard["kanat"] == []
    assert heard["lira"] == ["course.feedback_released"]


def test_the_median_counts_and_not_the_best_and_waits_for_what_is_not_signed(desk, place):
    for attempt, share in ((1, Fraction(1)), (2, Fraction(1, 5))):
        settled(desk, place, attempt, share)
    room = text_of(desk.browser("lira").get(place))
    # 100, and 16 for what a machine marked with 20 for the text
    assert "Your result: 68 of 100" in room
    assert record_of(desk, place) == ("68.00", Counting.COUNTED)
    late = kept_answer(desk, place, attempt=3)
    assert record_of(desk, place) == ("0.00", Counting.WAITING)
    marked(desk, late)
    assert signed(desk, late).status_code == 303
    assert record_of(desk, place) == ("60.00", Counting.COUNTED)
    sent = desk.browser("lira").post(f"{late}/contest", {"words": "Not so."})
    assert sent.status_code == 303
    assert record_of(desk, place) == ("0.00", Counting.WAITING)


def test_a_reset_attempt_leaves_the_median_and_nobody_else_has_a_record(desk, place):
    best = settled(desk, place, 1, Fraction(1))
    worst = kept_answer(desk, place, attempt=2, share=Fraction(0))
    assert record_of(desk, place) == ("0.00", Counting.WAITING)
    assert desk.browser("kanat").post(f"{worst}/reset").status_code == 303
    signed_one = desk.browser("kanat").post(f"{best}/reset")
    assert code_of(signed_one) == ["score.signed_stays"]
    assert record_of(desk, place) == ("100.00", Counting.COUNTED)
    assert record_of(desk, place, "asan") == ("0.00", Counting.ABSENT)


def test_an_expired_score_counts_no_more_and_says_so(desk, place):
    answer = settled(desk, place)
    lira = desk.browser("lira")
    assert "It counts until" in text_of(lira.get(f"{answer}/score"))
    ends = score(desk, answer).signature.ends
    desk.clock.forward(ends - desk.clock.now() - timedelta(seconds=1))
    assert record_of(desk, place) == ("60.00", Counting.COUNTED)
    desk.clock.forward(timedelta(seconds=1))
    assert record_of(desk, place) == ("0.00", Counting.EXPIRED)
    lira = desk.browser("lira")
    assert "no longer counts" in text_of(lira.get(f"{answer}/score"))
    assert "Your result" not in text_of(lira.get(place))


def test_the_result_stands_in_the_mark_sheet_as_an_assignments_does(desk, place):
    settled(desk, place, 1, Fraction(1))
    name = investigation_results.assignment_of(_found(desk, place))
    with desk.parts.store.unit() as u:
        members = Members(u.session)
        for who in ("lira", "asan"):
            members.save(replace(members.find(COURSE, who), group="P-1", term="2026/27-1"))
        u.commit()

    def scale(room, assignments):
        wanted = Scale(
            course=COURSE,
            version=0,
            bands=USUAL_BANDS,
            modules=(Module("1", 100, mark_scales.FIRST_NAMES, assignments),),
            resits=1,
            resit_most=100,
            department={"ky": "", "ru": ""},
            hours=0,
            set_by=room.person.account,
            set_at=room.at,
        )
        return mark_scales.set_scale(room, wanted)

    enter(desk, "kanat", lambda room: scale(room, (name,)))
    wanted = Wanted("P-1", "2026/27-1", "1")
    drawn = enter(desk, "kanat", lambda room: mark_sheets.draft(room, wanted))
    points = {each.account: (each.points, each.absent) for each in drawn.lines}
    assert points == {"lira": (100, False), "asan": (0, True)}
    assert drawn.content["columns"] == [
        {"key": name, "names": {"ky": "P3", "ru": "P3", "en": "P3"}}
    ]
    with pytest.raises(InvalidInput, match=r"scale\."):
        enter(desk, "kanat", lambda room: scale(room, (f"case-{'0' * 32}",)))


def record_of(desk, place, who="lira"):
    found = investigation_results.assignment_of(_found(desk, place))
    work = lambda room: mark_records.records_of(room, found, [who])  # noqa: E731
    part = enter(desk, "kanat", work)[who].part
    return part.points, part.counting


def _found(desk, place):
    return enter(desk, "kanat", lambda room: investigations.one(room, place.rpartition("/")[2]))
