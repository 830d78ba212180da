"""Rules of scores, pseudonyms of a class, and what is left of a score long after its end."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest

from sandbox.domain.class_pseudonyms import MOST, pseudonyms
from sandbox.domain.investigation_acts import ActFile
from sandbox.domain.regime import months_later
from sandbox.domain.seats import Seat
from sandbox.services.investigation_expiry import reduce_expired
from sandbox.store.investigation_score_tables import CaseOpinions
from sandbox.store.investigation_tables import ActFiles, SentAnswers
from tests.web.course_world import PAGE
from tests.web.investigation_world import ALL
from tests.web.score_world import (
    REPORT,
    code_of,
    investigation,
    kept_answer,
    marked,
    score,
    signed,
    two_teachers,
)
from tests.web.seams import PEOPLE

RULES = f"{ALL}/rules"
TERMS = {"months": "6", "contest_days": "7"}


@pytest.fixture
def course(desk, monkeypatch):
    for name in ("kanat", "olga"):
        monkeypatch.setitem(PEOPLE, name, (name.title(), None, Seat.TEACHER))
    two_teachers(desk)
    return desk


def text_of(answer):
    return html.unescape(answer.text)


def send(desk, content):
    files = {"file": ("class.csv", content)}
    return desk.browser("kanat").post(f"{PAGE}/lists", {"term": "2026/27-1"}, files=files)


def test_who_leads_sets_the_terms_of_what_is_signed_from_then_on(course):
    place = investigation(course)
    first = kept_answer(course, place)
    marked(course, first)
    signed(course, first)
    kanat = course.browser("kanat")
    assert kanat.post(RULES, TERMS).status_code == 303
    second = kept_answer(course, place, attempt=2)
    marked(course, second)
    signed(course, second)
    at = course.clock.now()
    assert score(course, first).signature.ends == months_later(at, 24)
    assert score(course, second).signature.ends == months_later(at, 6)
    assert score(course, second).signature.contest_until == at + timedelta(days=7)
    with course.parts.store.unit(read_only=True) as u:
        kinds = [each.kind for each in u.audit.newest(1_000)]
    assert kinds.count("course.scores_set") == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"months": "0"}, "score.months"),
        ({"months": "121"}, "score.months"),
        ({"months": "six"}, "score.months"),
        ({"contest_days": "0"}, "score.contest_days"),
        ({"contest_days": "61"}, "score.contest_days"),
    ],
)
def test_terms_that_cannot_be_are_refused(course, wrong, code):
    refused = course.browser("kanat").post(RULES, TERMS | wrong)
    assert (refused.status_code, code_of(refused)) == (400, [code])


def test_a_trainee_sees_and_sets_no_rules(course):
    lira = course.browser("lira")
    for end in ("", "/names", "/pseudonyms.csv"):
        assert lira.get(RULES + end).status_code == 403
    assert lira.post(RULES, TERMS).status_code == 403


def test_pseudonyms_are_not_switched_on_over_people_known_by_name(course):
    refused = course.browser("kanat").post(RULES, TERMS | {"pseudonyms": "yes"})
    assert code_of(refused) == ["score.not_pseudonyms"]
    assert "checked" not in course.browser("kanat").get(RULES).text


def test_a_course_of_the_police_profile_takes_pseudonyms_alone(course):
    with course.parts.store.unit() as u:
        from dataclasses import replace

        from sandbox.store.classroom import Members
        from tests.web.course_world import COURSE

        members = Members(u.session)
        for name in ("lira", "asan"):
            found = members.find(COURSE, name)
            members.save(replace(found, until=course.clock.now()))
        u.commit()
    kanat = course.browser("kanat")
    assert kanat.post(RULES, TERMS | {"pseudonyms": "yes"}).status_code == 303
    made = kanat.get(f"{RULES}/pseudonyms.csv?count=3").content
    by_name = made.decode("utf-8-sig") + "4,Беков,Асан\n"
    refused = send(course, by_name.encode())
    assert "score.not_pseudonyms" in refused.text
    assert "Беков" not in text_of(kanat.get(f"{PAGE}/people"))
    with course.parts.store.unit(read_only=True) as u:
        from sqlalchemy import text

        rows = u.session.execute(text("SELECT count(*) FROM classroom_list")).scalar_one()
    assert rows == 0
    taken = send(course, made)
    assert taken.status_code == 303
    preview = text_of(kanat.get(taken.headers["location"]))
    assert all(each.given in preview for each in pseudonyms(3, "en"))


def test_the_sheet_of_names_has_call_signs_and_blanks_and_keeps_nothing(course):
    kanat = course.browser("kanat")
    sheet = text_of(kanat.get(f"{RULES}/names?count=35"))
    assert all(each.shown in sheet for each in pseudonyms(35, "en"))
    assert "<input" not in sheet.partition("<main")[2].partition("</main")[0]
    for count in ("0", str(MOST + 1), "x"):
        assert "score.class_size" in kanat.get(f"{RULES}/names?count={count}").text


def test_call_signs_differ_and_make_a_class():
    assert len({each.given for each in pseudonyms(MOST, "ru")}) == MOST >= 35


def test_a_year_after_its_end_words_go_and_points_and_digests_stay(course):
    place = investigation(course)
    answer = kept_answer(course, place)
    marked(course, answer)
    signed(course, answer)
    before = score(course, answer)
    _acted(course, answer)
    due = months_later(before.signature.ends, 12)
    assert _reduced(course, due - timedelta(seconds=1)) == 0
    assert REPORT["text.summary"] in str(_kept(course, answer))
    assert _reduced(course, due) == 1
    assert _reduced(course, due) == 0
    after = score(course, answer)
    assert REPORT["text.summary"] not in str(_kept(course, answer))
    assert after.answer.sha256 == before.answer.sha256
    assert after.signature.digest == before.signature.digest
    assert after.signature.content["marks"]["points"] == before.signature.content["marks"]["points"]
    with course.parts.store.unit(read_only=True) as u:
        assert CaseOpinions(u.session).of([before.case.id]) == {}
        assert ActFiles(u.session).get(before.case.id).acts == ()
    course.clock.forward(due - course.clock.now())
    for who, path in (("lira", f"{answer}/score"), ("kanat", f"{answer}/score")):
        page = course.browser(who).get(path)
        assert page.status_code == 200, page.text
        assert "no longer counts" in page.text
    for end in ("/marking", "/scores"):
        assert course.browser("kanat").get(place + end).status_code == 200


def _reduced(desk, at):
    with desk.parts.store.unit() as u:
        count = reduce_expired(u, at)
        u.commit()
    return count


def _acted(desk, answer):
    with desk.parts.store.unit() as u:
        act = {"kind": "motion", "facts": REPORT["text.summary"]}
        made = ActFile(answer.rpartition("/")[2], desk.clock.now(), (act,), act, 1)
        ActFiles(u.session).add(made)
        u.commit()


def _kept(desk, answer):
    with desk.parts.store.unit(read_only=True) as u:
        return SentAnswers(u.session).get(answer.rpartition("/")[2]).answer
