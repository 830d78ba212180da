"""An investigation on pages: opened, started, traced, answered, followed; nothing sealed shown."""

from __future__ import annotations

import hashlib
import html
import json
import re
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from sandbox.forensics.cases.scene import Role
from sandbox.kit.commitment import opens
from sandbox.services import investigations
from sandbox.store.investigation_tables import CaseFiles, Investigations, SentAnswers
from tests.web import sweep
from tests.web.course_world import PAGE
from tests.web.exam_desk import typed
from tests.web.investigation_world import ALL, kept, opened, started, worked_on
from tests.web.lesson_world import school
from tests.web.world import done

SECRET_WORDS = ("mule", "thief", "trader", "person-", "recipe", "guilty", "purpose", "crossing")
"""Words of a truth that no page of a trainee says in these letters."""


@pytest.fixture
def course(desk):
    school(desk, "asan")
    return desk


@pytest.fixture
def case(course):
    return started(course, opened(course))


def said(answer):
    return html.unescape(answer.text)


def code_of(answer):
    return re.findall(r"investigation\.\w+|classroom\.\w+|amount\.\w+", answer.text)


@pytest.mark.slow
def test_a_trainee_solves_a_case_without_code_and_the_receipt_is_the_files_hash(course, case):
    lira = course.browser("lira")
    public, sealed = kept(course, case)
    cover = said(lira.get(case))
    assert all(each.transaction.payer[:10].lower() in cover.lower() for each in public.reports)
    assert sealed_by(course, case) in cover
    place = public.reports[0].transaction.payee.lower()
    page = said(lira.get(f"{case}/addresses/{place}"))
    assert "Went out" in page
    judged = {"opinion": "thieves", "note": "Paid by the first victim."}
    assert lira.post(f"{case}/addresses/{place}", judged).status_code == 303
    assert "Paid by the first victim." in said(lira.get(f"{case}/addresses/{place}"))
    trace = said(lira.get(f"{case}/trace?policy=fifo&tags=yes"))
    assert f'href="{case}/addresses/{place}"' in trace
    assert "<svg" in trace
    asked = {"policy": "fifo", "ledger": "kgst", "tags": "yes"}
    for what in ("hops", "located"):
        assert lira.post(f"{case}/trace", asked | {"what": what}).status_code == 303
    assert lira.post(f"{case}/policy", {"policy": "fifo"}).status_code == 303
    assert lira.post(f"{case}/hand-in").status_code == 303
    receipt = said(lira.get(f"{case}/answer"))
    assert re.search(r"So far [1-9][\d.]* of 60 points", receipt)
    assert "Addresses" in receipt
    content = lira.get(f"{case}/answer.json").content
    assert hashlib.sha256(content).hexdigest() in receipt
    answer = json.loads(content)
    assert answer["addresses"] == [place]
    expected = {tuple(row[each] for each in ("block", "transaction")) for row in sealed["hops"]}
    assert expected & {(row["block"], row["transaction"]) for row in answer["hops"]}
    closed = lira.post(f"{case}/policy", {"policy": "lifo"})
    assert (closed.status_code, "investigation.closed" in closed.text) == (409, True)


def handed_in(course, case):
    """Lira hands in what the trace gives; what is kept of the answer."""
    worked_on(course, case)
    assert course.browser("lira").post(f"{case}/hand-in").status_code == 303
    return kept_answer(course, case)


def kept_answer(course, case):
    with course.parts.store.unit(read_only=True) as u:
        return SentAnswers(u.session).get(case.rpartition("/")[2])


@pytest.mark.slow
def test_an_answer_that_could_not_be_marked_waits_and_the_trainer_has_it_marked(
    course, case, monkeypatch
):
    real = investigations.planned
    another = partial(_of_another_secret, real)
    monkeypatch.setattr(investigations, "planned", another)
    assert handed_in(course, case).marks is None
    place, kanat = case.partition("/cases/")[0], course.browser("kanat")
    assert "marked later" in said(course.browser("lira").get(place))
    assert "said=case_not_marked" in done(kanat.post(f"{place}/mark"))
    assert course.browser("lira").post(f"{place}/mark").status_code == 403
    monkeypatch.setattr(investigations, "planned", real)
    assert "said=case_marked" in done(kanat.post(f"{place}/mark"))
    marks = kept_answer(course, case).marks
    assert (marks["lab"], marks["of"]) == ("P3", "100.00")
    assert "marked later" not in said(kanat.get(place))


def _of_another_secret(real, begun):
    other = replace(begun.investigation, secret="11" * 32)
    return real(replace(begun, investigation=other))


def sealed_by(course, case):
    with course.parts.store.unit(read_only=True) as u:
        return CaseFiles(u.session).get(case.rpartition("/")[2]).seal


@pytest.mark.slow
def test_no_page_and_no_file_of_a_trainee_says_anything_of_the_truth(course, case):
    lira, (public, sealed) = course.browser("lira"), kept(course, case)
    guilty = {each["address"] for each in sealed["control"] if each["guilty"]}
    innocent = {each.address for each in public.accounts} - guilty
    with course.parts.store.unit(read_only=True) as u:
        found = CaseFiles(u.session).get(case.rpartition("/")[2])
        secret = Investigations(u.session).get(found.investigation).secret
    ends = ["", "/find", "/trace", "/report", "/answer", "/answer.json", "/case.json"]
    ends += [f"/trace?policy={each}" for each in ("poison", "haircut", "libr")]
    ends += [f"/find?address={min(guilty)[2:8]}", "/find?moment=2026-03-02T10:00"]
    ends += [f"/addresses/{each.lower()}" for group in (guilty, innocent) for each in _few(group)]
    for end in ends:
        text = lira.get(case + end).text
        assert lira.get(case + end).status_code == 200, end
        shown = text.lower()
        assert [each for each in SECRET_WORDS if each in shown] == [], end
        assert secret not in shown
        assert found.sealed not in shown
    for end in ("/truth", "/truth?step=3"):
        assert lira.get(case + end).status_code == 403
    assert lira.post(f"{case}/truth").status_code == 403
    sorts = {_shape(lira.get(f"{case}/addresses/{each.lower()}").text) for each in _few(guilty)}
    assert sorts & {
        _shape(lira.get(f"{case}/addresses/{each.lower()}").text) for each in _few(innocent, 12)
    }


def _few(addresses, count=3):
    return sorted(addresses)[:count]


def _shape(text):
    """The kinds of elements of a page, without how many rows its tables have."""
    return frozenset(re.findall(r"<([a-z0-9]+(?: class=\"[a-z -]+\")?)", text))


def test_the_seal_opens_to_the_truth_that_was_kept(course, case):
    assert opens(
        bytes.fromhex(sealed_by(course, case)),
        kept(course, case)[1],
        salt=kept(course, case, "salt")[1],
    )


@pytest.mark.slow
def test_two_presses_give_one_case_and_another_trainee_another_one(course):
    place = opened(course)
    first, again = started(course, place), started(course, place)
    other = started(course, place, "asan")
    assert first == again
    assert kept(course, first)[0].canonical() != kept(course, other)[0].canonical()
    for end in ("", "/answer", "/case.json"):
        assert course.browser("asan").get(first + end).status_code == 404
        assert course.browser("kanat").get(first + end).status_code == 404


def test_who_is_not_on_the_list_or_no_trainee_starts_nothing(course):
    place = opened(course)
    assert course.browser("aigul").post(f"{place}/start").status_code == 404
    refused = course.browser("kanat").post(f"{place}/start")
    assert refused.status_code == 403
    window = {each: typed(course.clock.now()) for each in ("opens", "due")}
    form = {"lab": "P3", "difficulty": "easy", "attempts": "1"} | window
    assert course.browser("lira").post(ALL, form).status_code == 403
    assert "Open an investigation" not in course.browser("lira").get(ALL).text


def test_nothing_is_started_before_the_opening_or_after_the_due_date(course):
    form = {"lab": "P3", "difficulty": "easy", "attempts": "1"}
    later = {
        "opens": typed(course.clock.now() + timedelta(hours=1)),
        "due": typed(course.clock.now() + timedelta(hours=2)),
    }
    sent = course.browser("kanat").post(ALL, form | later)
    place = sent.headers["location"].partition("?")[0]
    early = course.browser("lira").post(f"{place}/start")
    assert (early.status_code, code_of(early)) == (409, ["investigation.not_open_yet"])
    course.clock.forward(timedelta(hours=3))
    late = course.browser("lira").post(f"{place}/start")
    assert (late.status_code, code_of(late)) == (409, ["investigation.past_due"])


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"lab": "P1"}, "investigation.lab"),
        ({"difficulty": "cruel"}, "investigation.difficulty"),
        ({"attempts": "0"}, "investigation.attempts"),
        ({"attempts": "x"}, "investigation.attempts"),
        ({"due": "2020-01-01T10:00"}, "investigation.window"),
    ],
)
def test_an_investigation_that_cannot_be_is_refused(course, wrong, code):
    form = {
        "lab": "P3",
        "difficulty": "easy",
        "attempts": "1",
        "opens": typed(course.clock.now()),
        "due": typed(course.clock.now() + timedelta(hours=2)),
    }
    refused = course.browser("kanat").post(ALL, form | wrong)
    assert code_of(refused) == [code]
    assert "No investigation is open" in course.browser("lira").get(ALL).text


@pytest.mark.slow
def test_a_reset_attempt_does_not_count_and_the_next_case_is_another(course):
    place = opened(course, attempts=1)
    first = started(course, place)
    assert course.browser("lira").post(f"{first}/reset").status_code == 403
    assert course.browser("kanat").post(f"{first}/reset").status_code == 303
    assert course.browser("lira").get(first).status_code == 200
    refused = course.browser("lira").post(f"{first}/policy", {"policy": "fifo"})
    assert code_of(refused) == ["investigation.closed"]
    second = started(course, place)
    assert kept(course, first)[0].canonical() != kept(course, second)[0].canonical()
    lira = course.browser("lira")
    lira.post(f"{second}/policy", {"policy": "fifo"})
    assert code_of(lira.post(f"{second}/hand-in")) == ["investigation.empty"]
    lira.post(f"{second}/trace", {"what": "hops", "policy": "fifo"})
    assert lira.post(f"{second}/hand-in").status_code == 303
    used = lira.post(f"{place}/start")
    assert code_of(used) == ["investigation.attempts_used"]


@pytest.mark.slow
def test_an_answer_goes_out_as_a_file_and_comes_back_the_same(course, case):
    lira = course.browser("lira")
    public, _ = kept(course, case)
    place = public.reports[0].transaction.payee.lower()
    lira.post(f"{case}/addresses/{place}", {"opinion": "thieves", "note": "kept"})
    lira.post(f"{case}/policy", {"policy": "haircut"})
    lira.post(f"{case}/trace", {"what": "hops", "policy": "haircut"})
    sent = lira.get(f"{case}/answer.json").content
    lira.post(f"{case}/hops", {"do": "none"})
    lira.post(f"{case}/addresses/{place}", {"opinion": "innocent", "note": "kept"})
    assert lira.get(f"{case}/answer.json").content != sent
    assert _sent(lira, case, sent).status_code == 303
    assert lira.get(f"{case}/answer.json").content == sent
    elsewhere = sent.replace(place.encode(), b"0x" + b"9" * 40)
    for wrong in (b"[]", b"{}", b'{"policy": "x"}', elsewhere):
        assert _sent(lira, case, wrong).status_code == 400
    assert lira.get(f"{case}/answer.json").content == sent


def _sent(browser, case, content):
    return browser.post(f"{case}/import", files={"file": ("answer.json", content)})


@pytest.mark.slow
def test_rows_are_added_and_taken_away_one_by_one(course, case):
    lira, public = course.browser("lira"), kept(course, case)[0]
    first = public.reports[0].transaction
    place = f"kgst/{first.block}/{first.index}/0"
    row = {"place": place, "amount": "1,000.50"}
    assert lira.post(f"{case}/hops", row).status_code == 303
    (hop,) = json.loads(lira.get(f"{case}/answer.json").content)["hops"]
    assert hop["tainted"] == str(1_000_500 * 10**15)
    too_much = lira.post(f"{case}/hops", row | {"amount": "999,999,999"})
    assert code_of(too_much) == ["investigation.more_than_moved"]
    missing = lira.post(f"{case}/hops", row | {"place": "kgst/1/99/0"})
    assert code_of(missing) == ["investigation.hop"]
    lira.post(f"{case}/hops", {"do": "remove", "place": place})
    assert json.loads(lira.get(f"{case}/answer.json").content)["hops"] == []
    lies = {"ledger": "som", "address": first.payee, "amount": "5"}
    assert lira.post(f"{case}/located", lies).status_code == 303
    (where,) = json.loads(lira.get(f"{case}/answer.json").content)["located"]
    assert where == {"ledger": "som", "address": first.payee.lower(), "amount": "500"}
    assert code_of(lira.post(f"{case}/located", lies | {"address": "0x12"})) == [
        "investigation.address"
    ]
    lira.post(f"{case}/located", {"ledger": "som", "address": first.payee})
    assert json.loads(lira.get(f"{case}/answer.json").content)["located"] == []


def test_a_search_finds_addresses_and_moments_and_says_when_it_is_too_short(course, case):
    lira, public = course.browser("lira"), kept(course, case)[0]
    first = public.reports[0].transaction
    found = said(lira.get(f"{case}/find?address={first.payee[2:9]}"))
    assert f"{case}/addresses/{first.payee.lower()}" in found
    assert "No address of the case" in said(lira.get(f"{case}/find?address=zzzzzz"))
    short = lira.get(f"{case}/find?address=ab")
    assert (short.status_code, code_of(short)) == (400, ["investigation.search_short"])
    later = said(lira.get(f"{case}/find?moment=2026-03-10T10:00"))
    assert "Later transfers" in later
    assert lira.get(f"{case}/addresses/0x{'9' * 40}").status_code == 400


@pytest.mark.slow
def test_a_trainer_follows_everybody_and_opens_the_truth_by_an_act_in_the_log(course, case):
    kanat, place = course.browser("kanat"), case.partition("/cases/")[0]
    room = said(kanat.get(place))
    assert "Not started" in room
    assert "Being worked on" in room
    sealed = said(kanat.get(f"{case}/truth"))
    assert "It is sealed until" in sealed
    assert "mule" not in sealed
    assert kanat.post(f"{case}/truth").status_code == 303
    truth = kept(course, case)[1]
    last = max(row["hop"] for row in truth["hops"])
    text = said(kanat.get(f"{case}/truth?step={last}"))
    assert f"Hop {last} of {last}" in text
    roles = {each["role"] for each in truth["control"] if each["guilty"]}
    assert roles & {Role.MULE, Role.THIEF}
    with course.parts.store.unit(read_only=True) as u:
        kinds = [each.kind for each in u.audit.newest(1_000)]
    assert kinds.count("course.case_shown") == 1
    assert "course.case_started" in kinds


@pytest.mark.slow
def test_after_the_due_date_trainers_see_the_truth_and_trainees_change_nothing(course, case):
    course.clock.forward(timedelta(hours=49))
    assert "Hop 0 of" in said(course.browser("kanat").get(f"{case}/truth"))
    late = course.browser("lira").post(f"{case}/policy", {"policy": "fifo"})
    assert code_of(late) == ["investigation.past_due"]
    assert course.browser("lira").get(f"{case}/truth").status_code == 403


@pytest.mark.slow
def test_the_pages_are_in_their_readers_language_with_a_frame_and_a_title_of_their_own(
    course, case
):
    worked_on(course, case)
    typed_in, found = sweep.typed_words(course), []
    place = case.partition("/cases/")[0]
    lira, kanat = (course.browser(each, "ky") for each in ("lira", "kanat"))
    address = kept(course, case)[0].reports[0].transaction.payee.lower()
    pages = [ALL, place, case, f"{case}/addresses/{address}"]
    pages += [
        case + end for end in ("/find?moment=2026-03-10T10:00", "/trace", "/report", "/answer")
    ]
    done(kanat.post(f"{case}/truth"))
    staff = [ALL, place, f"{case}/truth?step=2"]
    for who, paths in ((lira, pages), (kanat, staff)):
        titles = {}
        for path in paths:
            seen = sweep.read(who.get(path).text)
            titles[path] = seen.title
            wrong = sweep.wrong_words(path, seen, typed_in) + sweep.wrong_frame(seen)
            found += [f"{path}: {each}" for each in wrong]
        found += sweep.same_titles(titles)
    assert not found, "\n".join(found)


def test_the_course_leads_to_its_investigations_where_there_are_any(course):
    link = f'href="{ALL}"'
    assert link not in course.browser("lira").get(PAGE).text
    assert link in course.browser("kanat").get(PAGE).text
    opened(course)
    assert link in course.browser("lira").get(PAGE).text


def test_papers_are_read_in_the_readers_language_and_by_nobody_else(course, case):
    titles = {"ky": "АРЫЗ № 1", "ru": "ЗАЯВЛЕНИЕ № 1", "en": "STATEMENT No. 1"}
    for lang, title in titles.items():
        lira = course.browser("lira", lang)
        assert title in said(lira.get(case))
        file = lira.get(f"{case}/papers/1")
        assert file.content.decode("utf-8-sig").startswith(title)
        assert "attachment" in file.headers["content-disposition"]
    for wrong in ("0", "99", "1000", "-1", "x"):
        answer = lira.get(f"{case}/papers/{wrong}")
        assert (answer.status_code, "investigation.paper" in answer.text) == (404, True), wrong
    assert course.browser("asan").get(f"{case}/papers/1").status_code == 404
