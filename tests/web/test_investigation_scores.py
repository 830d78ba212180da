"""Scores on pages: a report, a person's marks, a second look, a signature over what was read."""

from __future__ import annotations

import html
from dataclasses import replace

import pytest

from sandbox.domain.investigation_scores import Stage
from sandbox.domain.seats import Seat
from sandbox.services import investigation_signing
from sandbox.store.investigation_tables import SentAnswers
from tests.web.investigation_world import opened
from tests.web.score_world import (
    AS_IS,
    FULL,
    HALF,
    REPORT,
    answered,
    code_of,
    marked,
    marking_of,
    one_answer,
    score,
    signed,
    two_teachers,
)
from tests.web.seams import PASSWORD, PEOPLE


@pytest.fixture
def answer(desk, monkeypatch):
    for name in ("kanat", "olga"):
        monkeypatch.setitem(PEOPLE, name, (name.title(), None, Seat.TEACHER))
    return one_answer(desk)


def text_of(answer):
    return html.unescape(answer.text)


def kinds(desk):
    with desk.parts.store.unit(read_only=True) as u:
        return [each.kind for each in u.audit.newest(1_000)]


def test_an_answer_without_machine_marks_waits_on_every_page(desk, answer):
    case = answer.rpartition("/")[2]
    with desk.parts.store.unit() as u:
        answers = SentAnswers(u.session)
        answers.save(replace(answers.get(case), marks=None))
        u.commit()
    place, kanat = answer.partition("/cases/")[0], desk.browser("kanat")
    assert "Marked later" in text_of(kanat.get(f"{place}/scores"))
    assert "No answer waits" in text_of(kanat.get(f"{place}/marking"))
    assert "It cannot be signed yet." in text_of(kanat.get(f"{answer}/score"))
    assert "Marked later" in text_of(desk.browser("lira").get(f"{answer}/score"))


@pytest.mark.slow
def test_the_receipt_says_the_signed_score(desk, answer):
    cover = answered(desk, answer.partition("/cases/")[0], "asan")
    assert "So far" in text_of(desk.browser("asan").get(f"{cover}/answer"))
    marked(desk, cover)
    assert signed(desk, cover).status_code == 303
    receipt = text_of(desk.browser("asan").get(f"{cover}/answer"))
    assert "So far" not in receipt
    assert "of 100 points" in receipt


@pytest.mark.slow
def test_a_report_is_part_of_the_answer_and_closes_with_it(desk):
    two_teachers(desk)
    answer = answered(desk, opened(desk))
    lira = desk.browser("lira")
    said = lira.get(f"{answer}/answer.json").json()
    assert said["texts"]["summary"] == REPORT["text.summary"]
    assert {"name": "deposit", "error_permille": 45} in said["method"]["heuristics"]
    assert said["method"]["limits"] == ["policy", "services", "tags"]
    assert REPORT["text.conclusion"] in text_of(lira.get(f"{answer}/report"))
    late = lira.post(f"{answer}/report", {"text.summary": "later"})
    assert code_of(late) == ["investigation.closed"]


def test_until_it_is_signed_the_trainee_reads_so_far_and_what_waits(desk, answer):
    lira = desk.browser("lira")
    page = text_of(lira.get(f"{answer}/score"))
    assert "So far 30 of 60 points" in page
    marked(desk, answer)
    page = text_of(lira.get(f"{answer}/score"))
    assert "40 more points wait for a trainer." in page
    assert "Ачык." not in page
    assert signed(desk, answer).status_code == 303
    page = text_of(lira.get(f"{answer}/score"))
    assert "Signed by Kanat" in page
    assert "Ачык." in page
    assert "more points wait" not in page
    assert "Facts, conclusions and assumptions are kept apart" in page


def test_markers_see_codes_and_no_names_and_go_on_to_the_next(desk, answer):
    kanat = desk.browser("kanat")
    place = answer.partition("/cases/")[0]
    register = text_of(kanat.get(f"{place}/marking"))
    page = text_of(kanat.get(marking_of(desk, answer)))
    assert score(desk, answer).code in register
    assert REPORT["text.summary"] in page
    for text in (register, page):
        assert "Lira" not in text
        assert answer.rpartition("/")[2] not in text
    then = kanat.post(marking_of(desk, answer), FULL | AS_IS | {"seen": "0", "then": "next"})
    assert then.headers["location"] == f"{place}/marking?said=answer_marked"
    assert "1 of 1 marked" in text_of(kanat.get(f"{place}/marking"))


def test_steps_give_the_points_and_a_step_that_is_missing_gives_none(desk, answer):
    kanat, place = desk.browser("kanat"), marking_of(desk, answer)
    sent = dict(FULL)
    sent.pop("step.clarity.facts")
    for wrong in (sent | AS_IS, FULL, FULL | AS_IS | {"step.clarity.facts": "3"}):
        refused = kanat.post(place, wrong | {"seen": "0"})
        assert (refused.status_code, code_of(refused)) == (400, ["scoring.steps_wrong"])
    assert score(desk, answer).stage is Stage.TO_MARK
    marked(desk, answer, **HALF)
    parts = {each.part: each for each in score(desk, answer).marks.parts}
    assert parts["clarity"].share == parts["clarity"].share.__class__(1, 2)
    assert parts["method"].share == score(desk, answer).machine.parts[-2].share


def test_a_trainee_marks_and_signs_nothing(desk, answer):
    lira, place = desk.browser("lira"), answer.partition("/cases/")[0]
    code = score(desk, answer).code
    for end in ("/marking", f"/marking/{code}", "/scores"):
        assert lira.get(place + end).status_code == 403
    assert lira.post(f"{place}/marking/{code}", FULL | AS_IS).status_code == 403
    assert lira.act(f"{answer}/score", {"seen": "x"}).status_code == 403
    assert desk.browser("asan").get(f"{answer}/score").status_code == 404


def test_marks_that_changed_meanwhile_refuse_the_form(desk, answer):
    marked(desk, answer)
    late = desk.browser("olga").post(marking_of(desk, answer), HALF | AS_IS | {"seen": "0"})
    assert code_of(late) == ["score.marked_meanwhile"]
    assert len(score(desk, answer).opinions) == 1


def test_a_second_look_is_another_persons_and_nothing_is_signed_before(desk, answer):
    marked(desk, answer, asks="Unsure of the conclusion.")
    assert score(desk, answer).stage is Stage.SECOND
    again = desk.browser("kanat").post(marking_of(desk, answer), FULL | AS_IS | {"seen": "1"})
    assert "score.second_by_another" in code_of(again)
    page = text_of(desk.browser("kanat").get(f"{answer}/score"))
    assert "It cannot be signed yet." in page
    early = desk.browser("kanat").act(f"{answer}/score", {"seen": "x"})
    assert "score.second_waits" in code_of(early)
    marked(desk, answer, "olga", **HALF)
    assert score(desk, answer).stage is Stage.TO_SIGN
    assert signed(desk, answer).status_code == 303
    kept = score(desk, answer).signature.content
    assert kept["marked_by"] == ["kanat", "olga"]


def test_a_signature_asks_who_it_is_and_binds_what_was_read(desk, answer):
    marked(desk, answer)
    kanat = desk.browser("kanat")
    fields = kanat.read(f"{answer}/score", f"{answer}/score")
    unproved = kanat.post(f"{answer}/score", fields)
    assert "_password" in unproved.text
    assert score(desk, answer).signature is None
    marked(desk, answer, "olga", **HALF)
    other = kanat.act(f"{answer}/score", fields)
    assert code_of(other) == ["act.other_than_read"]
    assert signed(desk, answer).status_code == 303
    found = score(desk, answer)
    content = found.signature.content
    assert content["answer"] == found.answer.sha256
    assert content["seal"] == found.case.seal
    assert (content["lab"], content["rubric"], content["steps"]) == ("P3", 2, 1)
    with desk.parts.store.unit(read_only=True) as u:
        entry = next(each for each in u.audit.newest(9) if each.kind == "course.case_signed")
    assert entry.actor == "kanat"
    assert entry.body["data"]["digest"] == found.signature.digest


def test_the_same_is_not_signed_twice_and_a_change_needs_a_reason(desk, answer):
    marked(desk, answer)
    kanat = desk.browser("kanat")
    fields = kanat.read(f"{answer}/score", f"{answer}/score")
    assert kanat.act(f"{answer}/score", fields).status_code == 303
    twice = kanat.act(f"{answer}/score", fields)
    assert (twice.status_code, code_of(twice)) == (409, ["score.nothing_differs"])
    ends = score(desk, answer).signature.ends
    marked(desk, answer, **HALF)
    assert code_of(signed(desk, answer)) == ["score.words_missing"]
    assert signed(desk, answer, reason="The second step was read too kindly.").status_code == 303
    found = score(desk, answer)
    assert [each.version for each in found.versions] == [2, 1]
    assert found.signature.ends == ends
    page = text_of(desk.browser("lira").get(f"{answer}/score"))
    assert "The second step was read too kindly." in page
    assert kinds(desk).count("course.case_signed_again") == 1


def test_an_assistant_marks_and_does_not_sign(desk, answer):
    from sandbox.domain.classroom import CourseRole, Duty, Member
    from sandbox.store.classroom import Members
    from tests.web.course_world import COURSE

    with desk.parts.store.unit() as u:
        member = Members(u.session).find(COURSE, "olga")
        assert isinstance(member, Member)
        assert member.role is CourseRole.TEACHER
        Members(u.session).save(replace(member, duty=Duty.ASSISTANT))
        u.commit()
    marked(desk, answer, "olga")
    page = desk.browser("olga").get(f"{answer}/score")
    assert "Sign the score" not in page.text
    refused = desk.browser("olga").act(f"{answer}/score", {"seen": "x"})
    assert refused.status_code == 403
    assert score(desk, answer).signature is None


def test_an_answer_that_was_altered_is_not_signed(desk, answer):
    marked(desk, answer)
    fields = desk.browser("kanat").read(f"{answer}/score", f"{answer}/score")
    with desk.parts.store.unit() as u:
        answers = SentAnswers(u.session)
        kept = answers.get(answer.rpartition("/")[2])
        texts = {**kept.answer["texts"], "summary": "Another one."}
        answers.save(replace(kept, answer={**kept.answer, "texts": texts}))
        u.commit()
    refused = desk.browser("kanat").act(f"{answer}/score", fields)
    assert refused.status_code == 500
    assert "score.answer_altered" in refused.text
    assert score(desk, answer).signature is None


def test_a_signed_version_that_was_altered_is_shown_to_nobody(desk, answer):
    from sqlalchemy import text

    marked(desk, answer)
    assert signed(desk, answer).status_code == 303
    with desk.parts.store.unit() as u:
        row = "UPDATE investigation_signature SET content = replace(content, :old, :new)"
        u.session.execute(text(row), {"old": '"passed":false', "new": '"passed":true'})
        u.commit()
    for who in ("lira", "kanat"):
        page = desk.browser(who).get(f"{answer}/score")
        assert (page.status_code, "score.altered" in page.text) == (500, True)


def test_signing_is_of_what_is_there_whatever_the_password(desk, answer):
    refused = desk.browser("kanat").post(f"{answer}/score", {"_password": PASSWORD, "seen": "x"})
    assert code_of(refused) == ["score.parts_open"]
    assert not investigation_signing.differs(score(desk, answer))
