"""Acting on a case on pages: clock, forms, letters, two signatures; nothing of what is to come."""

from __future__ import annotations

import html
import json
import re
from datetime import datetime, timedelta

import pytest

from sandbox.forensics.accounts import spelt
from sandbox.forensics.cases import read_public
from sandbox.forensics.cases.case import written
from sandbox.forensics.cases.wording import text
from sandbox.store.investigation_tables import SentAnswers
from tests.web import sweep
from tests.web.investigation_world import (
    FACTS,
    act,
    file_of,
    kept,
    motion,
    opened,
    revision,
    started,
    target,
    traced,
    wait,
)
from tests.web.lesson_world import school
from tests.web.test_investigations import SECRET_WORDS
from tests.web.world import done

NOBODY = "0x" + "9" * 40


@pytest.fixture
def course(desk):
    school(desk, "asan")
    return desk


@pytest.fixture
def case(course):
    return started(course, opened(course, lab="P9"))


def said(answer):
    return html.unescape(answer.text)


def codes(answer):
    return re.findall(r"(?:acting|investigation|store|amount|limits)\.[a-z_]+", answer.text)


def stages(course, case):
    text = said(course.browser("lira").get(f"{case}/acts"))
    return re.findall(r'<span class="badge(?: badge-\w+)?">([^<]+)</span><br>', text)


@pytest.mark.slow
def test_a_freeze_race_is_run_on_pages_and_marked_by_what_was_saved(course, case):
    lira = course.browser("lira")
    traced(course, case)
    for do in ("request", "intelligence", "motion", "freeze", "lift", "seize", "hand_over"):
        assert lira.get(f"{case}/acts?do={do}").status_code == 200
    done(act(course, case, kind="freeze", **target(course, case)))
    done(act(course, case, **motion(course, case, "freeze", confirms="1")))
    for _ in range(3):
        done(wait(course, case))
    assert codes(wait(course, case)) == ["investigation.nothing_awaited"]
    assert stages(course, case) == ["granted", "confirmed by the judge"]
    text = said(lira.get(f"{case}/acts"))
    assert "Letters that came: 4" in text
    assert "Investigating judge" in text
    done(act(course, case, **motion(course, case, "seize")))
    for _ in range(2):
        done(wait(course, case))
    take = {"kind": "seize", "basis": "3", "amount": "1", "second": "asan"}
    sent = act(course, case, **take)
    assert sent.headers["location"].endswith("said=act_asked")
    assert len(file_of(course, case).acts) == 3
    assert "Waits for the second person" in said(lira.get(f"{case}/acts"))
    place = case.partition("/cases/")[0]
    asan = course.browser("asan")
    assert f'href="{case}/sign"' in asan.get(place).text
    assert spelt(target(course, case)["address"]) in asan.get(f"{case}/sign").text.lower()
    assert asan.get(f"{case}/acts").status_code == 404
    done(asan.post(f"{case}/sign", {"do": "sign"}))
    done(wait(course, case))
    assert "In the police wallet" in said(lira.get(f"{case}/acts"))
    ledger = read_public(lira.get(f"{case}/case.json").content)
    (moved,) = [each for each in ledger.transactions if each.amount == 10**18 and not each.gas]
    assert "There now" in said(lira.get(f"{case}/addresses/{moved.payee.lower()}"))
    done(lira.post(f"{case}/hand-in"))
    receipt = said(lira.get(f"{case}/answer"))
    assert "Money saved by acting" in receipt
    assert "Saved: " in receipt
    answer = json.loads(lira.get(f"{case}/answer.json").content)
    assert [each["kind"] for each in answer["acts"]] == ["freeze", "motion", "motion", "seize"]
    with course.parts.store.unit(read_only=True) as u:
        marks = SentAnswers(u.session).get(case.rpartition("/")[2]).marks
    parts = {each["part"]: each for each in marks["parts"]}
    assert parts["saved"]["share"] not in (None, "0")
    assert parts["paper"]["share"] == "1"
    closed = act(course, case, kind="freeze", **target(course, case))
    assert codes(closed) == ["investigation.closed"]


@pytest.mark.slow
def test_nothing_of_what_is_still_to_come_is_in_a_trainees_reach(course, case):
    lira, (public, _) = course.browser("lira"), kept(course, case)
    begins = public.reports[0].moment
    for ends in (begins, begins + timedelta(hours=100)):
        now = read_public(lira.get(f"{case}/case.json").content)
        assert max(each.time for each in now.transactions) <= ends
        assert all(each.moment <= ends for each in (*now.reports, *now.papers))
        used = {end for each in now.transactions for end in (each.payer, each.payee)}
        assert {each.address for each in (*now.accounts, *now.tags)} <= used
        later = {each.address for each in public.accounts} - used
        assert later
        unseen = min(later)
        assert lira.get(f"{case}/addresses/{unseen.lower()}").status_code == 400
        assert "No address" in said(lira.get(f"{case}/find?address={unseen[2:12]}"))
        pages = ["", "/acts", "/trace", "/answer", "/find?moment=2026-03-02T10:00"]
        texts = [lira.get(case + end).text.lower() for end in pages]
        assert not [each for each in later for text in texts if each.lower() in text]
        assert not [each for each in SECRET_WORDS for text in texts if each in text]
        wait(course, case, 100)
    assert len(now.transactions) < len(public.transactions)


@pytest.mark.slow
def test_who_acts_is_not_taken_for_somebody_who_does_not_get_on(course, case):
    kanat, place = course.browser("kanat"), case.partition("/cases/")[0]
    course.clock.forward(timedelta(minutes=20))
    assert 'badge-warn">No change' in said(kanat.get(place))
    done(wait(course, case, 1))
    assert 'badge-warn">No change' not in said(kanat.get(place))
    assert "Last change 0 min ago" in said(kanat.get(place))


@pytest.mark.slow
def test_two_windows_do_not_overwrite_each_other_and_nothing_is_done_without_a_yes(course, case):
    lira, form = course.browser("lira"), {"kind": "freeze", **target(course, case)}
    assert lira.post(f"{case}/acts", form | {"revision": "0"}).status_code == 200
    assert file_of(course, case) is None
    done(act(course, case, **form))
    stale = lira.post(f"{case}/acts", form | {"revision": "0", "sure": "yes"})
    assert (stale.status_code, codes(stale)) == (409, ["store.changed_meanwhile"])
    late = lira.post(f"{case}/wait", {"revision": "0", "hours": "1"})
    assert codes(late) == ["store.changed_meanwhile"]
    assert len(file_of(course, case).acts) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"kind": "burn"}, "investigation.act_incomplete"),
        ({"kind": "freeze", "ledger": "kgst", "address": "0x12"}, "acting.address_malformed"),
        ({"kind": "freeze", "ledger": "doge", "address": "0x12"}, "investigation.ledger"),
        ({"kind": "freeze", "basis": "7"}, "acting.basis_unknown"),
        ({"kind": "lift", "freeze": "9"}, "acting.basis_unknown"),
        ({"kind": "lift"}, "investigation.act_incomplete"),
        ({"kind": "seize", "basis": "1", "amount": "1"}, "investigation.act_incomplete"),
        ({"kind": "motion", "grounds": "route", "address": NOBODY}, "investigation.no_route"),
        ({"kind": "motion", "grounds": "none", "amount": "x"}, "amount.malformed"),
        ({"kind": "request", "to": "Nowhere"}, "acting.exchange_unknown"),
        ({"kind": "request", "first": "soon"}, "limits.not_a_moment"),
    ],
)
def test_an_act_that_cannot_be_is_refused_by_its_code_and_nothing_is_done(course, case, form, code):
    period = {"first": "2026-03-01T00:00", "last": "2026-03-09T00:00", "measure": "freeze"}
    refused = act(course, case, **(period | target(course, case) | form))
    assert (refused.status_code, code in codes(refused)) == (400, True), codes(refused)
    assert file_of(course, case) is None


@pytest.mark.slow
def test_a_returned_paper_says_its_defects_and_an_answer_only_what_was_asked(course, case):
    lira = course.browser("lira", "ru")
    form = {"kind": "request", "to": "Pamir Coin", "addresses": target(course, case)["address"]}
    period = {"first": "2026-03-01T00:00", "last": "2026-03-30T00:00"}
    done(act(course, case, **form, **period))
    done(act(course, case, **form, **period, ask_customer="yes"))
    done(act(course, case, **motion(course, case, "freeze", grounds="none", facts="short")))
    for _ in range(3):
        done(wait(course, case))
    text = said(lira.get(f"{case}/acts"))
    assert "не сказано, что запрашивается" in text
    assert "изложение того, что произошло" in text
    assert "такого клиента нет" in text
    assert "Клиент:" not in text
    nothing = wait(course, case)
    assert codes(nothing) == ["investigation.nothing_awaited"]
    assert codes(wait(course, case, 999)) == ["investigation.wait"]
    for _ in range(5):
        wait(course, case, 240)
    assert codes(wait(course, case, 240)) == ["investigation.clock_ended"]


@pytest.mark.slow
def test_the_second_person_is_somebody_else_who_may_refuse(course, case):
    lira, asan = course.browser("lira"), course.browser("asan")
    traced(course, case)
    done(act(course, case, kind="freeze", **target(course, case)))
    done(act(course, case, **motion(course, case, "freeze", confirms="1")))
    for _ in range(3):
        done(wait(course, case))
    done(act(course, case, **motion(course, case, "seize")))
    for _ in range(2):
        done(wait(course, case))
    take = {"kind": "seize", "basis": "3", "amount": "1"}
    assert codes(act(course, case, **take, second="lira")) == ["acting.same_person"]
    assert codes(act(course, case, **take, second="aigul")) == ["investigation.second"]
    done(act(course, case, **take, second="asan"))
    assert codes(lira.post(f"{case}/hand-in")) == ["investigation.signature_waits"]
    waits = act(course, case, **take, second="asan")
    assert codes(waits) == ["investigation.signature_waits"]
    assert codes(lira.post(f"{case}/sign", {"do": "sign"})) == ["investigation.no_signature_waits"]
    before = len(file_of(course, case).acts)
    done(asan.post(f"{case}/sign", {"do": "refuse"}))
    assert (file_of(course, case).asked, len(file_of(course, case).acts)) == (None, before)
    done(act(course, case, **take, second="asan"))
    done(lira.post(f"{case}/take-back", {"revision": revision(course, case)}))
    assert codes(asan.post(f"{case}/sign", {"do": "sign"})) == ["investigation.no_signature_waits"]


@pytest.mark.slow
def test_a_notebook_acts_by_the_answers_file_and_cannot_change_what_was_done(course, case):
    lira = course.browser("lira")
    done(lira.post(f"{case}/policy", {"policy": "fifo"}))
    done(act(course, case, kind="freeze", **target(course, case)))
    answer = json.loads(lira.get(f"{case}/answer.json").content)
    clock = answer["clock"]
    later = clock[:8] + f"{int(clock[8:10]) + 1:02d}" + clock[10:]
    asked = {"kind": "intelligence", "at": later, "by": "lira"}
    asked["address"] = target(course, case)["address"]
    grown = answer | {"acts": [*answer["acts"], asked], "clock": later}
    assert codes(_sent(lira, case, grown)) == []
    assert json.loads(lira.get(f"{case}/answer.json").content) == grown
    for wrong, code in (
        (answer, "investigation.acts_differ"),
        (grown | {"acts": [*grown["acts"], asked | {"at": clock}]}, "scoring.field_wrong"),
        (grown | {"acts": [*grown["acts"], asked | {"by": "asan"}]}, "investigation.acts_by"),
        (grown | {"clock": "2027-01-01T00:00:00Z"}, "investigation.clock_ended"),
    ):
        refused = _sent(lira, case, wrong)
        assert refused.status_code in {400, 409}
        assert code in refused.text
    assert json.loads(lira.get(f"{case}/answer.json").content) == grown


@pytest.mark.slow
def test_a_file_brings_no_seizure_nothing_before_the_clock_and_no_acts_to_another_lab(course, case):
    lira = course.browser("lira")
    done(lira.post(f"{case}/policy", {"policy": "fifo"}))
    begins = json.loads(lira.get(f"{case}/answer.json").content)["clock"]
    done(wait(course, case, 5))
    answer = json.loads(lira.get(f"{case}/answer.json").content)
    ask = {"kind": "intelligence", "by": "lira", "address": target(course, case)["address"]}
    take = {"kind": "seize", "by": "lira", "second": "asan", "amount": "1", "basis": 1}
    take |= {"target": target(course, case)}
    elsewhere = started(course, opened(course))
    for place, act_, code in (
        (case, ask | {"at": begins}, "investigation.acts_before_clock"),
        (case, take | {"at": answer["clock"]}, "investigation.acts_signed"),
        (elsewhere, ask | {"at": begins}, "investigation.no_acts_here"),
    ):
        assert codes(_sent(lira, place, answer | {"acts": [act_]})) == [code]
    assert file_of(course, case).acts == ()
    assert file_of(course, elsewhere) is None


@pytest.mark.slow
def test_a_file_that_is_refused_tells_nothing_of_what_the_desks_will_say(course, case):
    lira = course.browser("lira")
    done(lira.post(f"{case}/policy", {"policy": "fifo"}))
    answer = json.loads(lira.get(f"{case}/answer.json").content)
    clock, spot = datetime.fromisoformat(answer["clock"]), target(course, case)
    now, later = (written(clock + timedelta(hours=each)) for each in (0, 300))
    paper = next(
        number
        for number, each in enumerate(kept(course, case)[0].papers)
        if spot["address"].lower() in text(each, "en").lower()
    )
    move = {"kind": "motion", "at": now, "by": "lira", "measure": "freeze", "days": 60}
    move |= {"report": 1, "policy": "fifo", "facts": FACTS}
    aim = spot | {"amount": "1"}
    order = {"kind": "freeze", "at": later, "by": "lira", "target": spot, "basis": 1}
    seen = []
    for grounds in ({"paper": paper}, {"paper": 999}):
        moved = move | {"targets": [aim | {"grounds": grounds}]}
        for more in ({}, {"addresses": [NOBODY]}):
            refused = _sent(lira, case, answer | {"acts": [moved, order]} | more)
            seen.append((refused.status_code, codes(refused)))
    assert seen[0] == seen[2], seen
    assert seen[1] == seen[3], seen
    assert seen[0] == (409, ["investigation.acts_ahead"])
    lift = {"kind": "lift", "at": later, "by": "lira", "freeze": 1}
    urgent = {"kind": "freeze", "at": now, "by": "lira", "target": spot}
    assert codes(_sent(lira, case, answer | {"acts": [urgent, lift]})) == [
        "investigation.acts_ahead"
    ]
    assert file_of(course, case) is None
    assert codes(_sent(lira, case, answer | {"acts": [urgent], "clock": later})) == []
    assert len(file_of(course, case).acts) == 1


def _sent(browser, case, answer):
    content = json.dumps(answer).encode()
    return browser.post(f"{case}/import", files={"file": ("answer.json", content)})


@pytest.mark.slow
def test_trainers_read_acts_and_letters_and_their_worth_when_the_truth_may_be_shown(course, case):
    kanat = course.browser("kanat")
    done(act(course, case, kind="freeze", **target(course, case)))
    done(wait(course, case))
    place = case.partition("/cases/")[0]
    assert f'href="{case}/acts"' in kanat.get(place).text
    text = said(kanat.get(f"{case}/acts"))
    assert "Letters that came: 1" in text
    assert "Innocent people's money held" not in text
    done(kanat.post(f"{case}/truth"))
    assert "Innocent people's money held" in said(kanat.get(f"{case}/acts"))
    assert kanat.post(f"{case}/acts", {"kind": "freeze", "revision": "1"}).status_code == 404


@pytest.mark.slow
def test_an_exchange_request_is_marked_by_whom_and_what_was_asked(course):
    case = started(course, opened(course, lab="P6"))
    lira, sealed = course.browser("lira"), kept(course, case)[1]
    done(lira.post(f"{case}/policy", {"policy": "fifo"}))
    for _ in range(3):
        done(wait(course, case, 240))
    guilty = {each["address"] for each in sealed["control"] if each["guilty"]}
    period = {"first": "2026-03-05T00:00", "last": "2026-04-05T00:00", "ask_customer": "yes"}
    wanted = [each for each in sealed["records"] if each["address"] in guilty]
    assert wanted
    for each in wanted:
        form = {"kind": "request", "to": each["exchange"], "addresses": each["address"]}
        done(act(course, case, **form, **period))
    done(wait(course, case))
    assert "Customer: " in said(lira.get(f"{case}/acts"))
    done(lira.post(f"{case}/hand-in"))
    with course.parts.store.unit(read_only=True) as u:
        marks = SentAnswers(u.session).get(case.rpartition("/")[2]).marks
    parts = {each["part"]: each["share"] for each in marks["parts"]}
    assert (marks["lab"], parts["vasp"], parts["paper"]) == ("P6", "1", "1")
    assert parts["necessity"] not in {"0", None}


def test_a_lab_in_which_nobody_acts_has_no_such_page(course):
    case = started(course, opened(course))
    lira = course.browser("lira")
    assert "/acts" not in lira.get(case).text
    refused = lira.get(f"{case}/acts")
    assert refused.status_code == 404


@pytest.mark.slow
def test_the_pages_are_in_their_readers_language(course, case):
    traced(course, case)
    done(act(course, case, kind="freeze", **target(course, case)))
    done(act(course, case, **motion(course, case, "freeze", confirms="1")))
    for _ in range(3):
        done(wait(course, case))
    done(course.browser("kanat").post(f"{case}/truth"))
    typed_in, found = sweep.typed_words(course) | frozenset(re.findall(r"\w+", FACTS)), []
    ends = ["", "/acts", *(f"/acts?do={each}" for each in ("request", "motion", "seize", "lift"))]
    for who, paths in (("lira", ends), ("kanat", ["/acts"])):
        for end in paths:
            seen = sweep.read(course.browser(who, "ky").get(case + end).text)
            wrong = sweep.wrong_words(end, seen, typed_in) + sweep.wrong_frame(seen)
            found += [f"{end}: {each}" for each in wrong]
    assert not found, "\n".join(found)
