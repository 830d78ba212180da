"""P5 on pages: proposals with their working, groups with probabilities, marked with Brier."""

from __future__ import annotations

import html
import json
import re

import pytest

from sandbox.forensics import published
from sandbox.forensics.accounts import spelt
from tests.web import sweep
from tests.web.investigation_world import kept, opened, started
from tests.web.lesson_world import school
from tests.web.world import done


@pytest.fixture
def course(desk):
    school(desk, "asan")
    return desk


@pytest.fixture
def case(course):
    return started(course, opened(course, lab="P5"))


def said(answer):
    return html.unescape(answer.text)


def code_of(answer):
    return re.findall(r"investigation\.\w+", answer.text)


def claims(browser, case):
    return json.loads(browser.get(f"{case}/answer.json").content).get("attribution", [])


def groups(browser, case):
    found = {}
    for each in claims(browser, case):
        found.setdefault(each["label"], set()).add(each["address"])
    return found


def label(browser, case, address, name, permille="900"):
    form = {"what": "label", "address": address, "label": name, "permille": permille}
    return browser.post(f"{case}/owners", form)


@pytest.mark.slow
def test_a_proposal_is_accepted_and_groups_are_joined_split_and_handed_in(course, case):
    lira, (public, sealed) = course.browser("lira"), kept(course, case)
    page = said(lira.get(f"{case}/owners"))
    rate = published.error_permille("funder", "easy")
    assert f">{rate}<" in page
    ends = re.findall(
        r'name="account" value="(\w+)"><input type="hidden" name="other" value="(\w+)', page
    )
    first, other = ends[0]
    assert any(row[1] == "funder" or row for row in ends)
    done(
        lira.post(
            f"{case}/owners",
            {"what": "accept", "account": first, "other": other, "permille": "300"},
        )
    )
    assert groups(lira, case) == {"#1": {first, other}}
    third = next(
        spelt(each.address) for each in public.accounts if spelt(each.address) not in ends[0]
    )
    done(label(lira, case, third, "Second"))
    done(lira.post(f"{case}/owners", {"what": "rename", "label": "Second", "to": "#1"}))
    assert groups(lira, case) == {"#1": {first, other, third}}
    done(label(lira, case, third, "Alone", "100"))
    assert groups(lira, case) == {"#1": {first, other}, "Alone": {third}}
    done(label(lira, case, third, ""))
    assert groups(lira, case) == {"#1": {first, other}}
    guilty = [each for each in sealed["control"] if each["guilty"]]
    for each in guilty:
        done(label(lira, case, each["address"], each["owner"], "1000"))
    done(lira.post(f"{case}/policy", {"policy": "fifo"}))
    done(lira.post(f"{case}/hand-in"))
    receipt = said(lira.get(f"{case}/answer"))
    assert "Brier" in receipt
    assert re.search(r"So far [1-9][\d.]* of [\d.]+ points", receipt)


def test_what_cannot_be_a_group_is_refused(course, case):
    lira, public = course.browser("lira"), kept(course, case)[0]
    known = spelt(public.accounts[0].address)
    for form, code in (
        ({"what": "label", "address": known, "label": "x", "permille": "1001"}, "permille"),
        ({"what": "label", "address": known, "label": "x", "permille": ""}, "permille"),
        ({"what": "label", "address": known, "label": "x" * 81, "permille": "5"}, "label"),
        ({"what": "label", "address": "0x" + "9" * 40, "label": "x", "permille": "5"}, "pick"),
        ({"what": "rename", "label": "nobody", "to": "x"}, "label"),
        ({"what": "accept", "account": known, "other": "0x1", "permille": "5"}, "address"),
    ):
        refused = lira.post(f"{case}/owners", form)
        assert (refused.status_code, code_of(refused)) == (400, [f"investigation.{code}"]), form
    assert claims(lira, case) == []


@pytest.mark.slow
def test_nobody_elses_case_is_let_in_and_no_page_says_who_it_is(course, case):
    sealed, lira = kept(course, case)[1], course.browser("lira")
    for who in ("asan", "kanat"):
        assert course.browser(who).get(f"{case}/owners").status_code == 404
    text = lira.get(f"{case}/owners").text.lower()
    words = ("mule", "thief", "person-", "recipe", "guilty", "purpose", "crossing")
    assert [word for word in words if word in text] == []
    guilty = {each["address"].lower() for each in sealed["control"] if each["guilty"]}
    shown = set(re.findall(r"addresses/(0x\w{40})", text))
    assert shown - guilty, "what is proposed is not the thieves' alone"
    other = started(course, opened(course))
    assert lira.get(f"{other}/owners").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_the_pages_are_in_their_readers_language(course, case, lang):
    lira, public = course.browser("lira", lang), kept(course, case)[0]
    done(label(lira, case, spelt(public.reports[0].transaction.payee), "Ээси"))
    typed_in, found = sweep.typed_words(course), []
    for end in ("", "/owners", "/answer"):
        seen = sweep.read(lira.get(case + end).text)
        wrong = sweep.wrong_words(end, seen, typed_in) + sweep.wrong_frame(seen)
        found += [f"{end}: {each}" for each in wrong]
    assert not found, "\n".join(found)
