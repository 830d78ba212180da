"""P4 on pages: places of a case, five rules side by side, sums written down, words to a judge."""

from __future__ import annotations

import html
import json
import re

import pytest

from sandbox.forensics import five_rules
from sandbox.forensics.policies import Policy
from tests.web import sweep
from tests.web.investigation_world import kept, opened, started
from tests.web.lesson_world import school
from tests.web.world import done

REASON = "Первым пришло — первым ушло: правило можно проверить строка за строкой."


@pytest.fixture
def course(desk):
    school(desk, "asan")
    return desk


@pytest.fixture
def case(course):
    return started(course, opened(course, lab="P4"))


def said(answer):
    return html.unescape(answer.text)


def code_of(answer):
    return re.findall(r"investigation\.\w+", answer.text)


def expected(public, each):
    return five_rules.sums(five_rules.held(public, each.last), five_rules.members(public, each))


def write(browser, case, public, each, **other):
    picks = " ".join(sorted(five_rules.members(public, each)))
    form = {"place": each.name, "picks": picks, "block": str(each.last)} | other
    return browser.post(f"{case}/rules", form)


@pytest.mark.slow
def test_a_trainee_finds_the_places_compares_and_hands_in_without_code(course, case):
    lira, public = course.browser("lira"), kept(course, case)[0]
    asked = five_rules.questions(public)
    page = said(lira.get(f"{case}/rules"))
    assert [each.name for each in asked] == ["a", "b", "c"]
    assert all(f"Place {each.name.upper()}" in page for each in asked)
    first = asked[0]
    around = said(lira.get(f"{case}/rules", params={"of": first.anchor}))
    assert all(f'value="{each}"' in around for each in five_rules.members(public, first))
    pick = sorted(five_rules.members(public, first))
    shown = said(lira.get(f"{case}/rules", params={"pick": pick, "block": str(first.last)}))
    assert f"Together at the end of block {first.last}" in shown
    for each in asked:
        assert write(lira, case, public, each).status_code == 303
    answer = json.loads(lira.get(f"{case}/answer.json").content)
    assert [(each["place"], each["policy"]) for each in answer["sums"]] == [
        (each.name, str(policy)) for each in asked for policy in Policy
    ]
    assert {int(each["amount"]) for each in answer["sums"] if each["place"] == "a"} == set(
        expected(public, first).values()
    )
    limits = {f"limit.{each}": "yes" for each in ("policy", "services", "tags")}
    report = {"text.policy_reason": REASON, "rate.tag": "2"} | limits
    done(lira.post(f"{case}/report", report))
    assert code_of(lira.post(f"{case}/hand-in")) == ["investigation.policy"]
    done(lira.post(f"{case}/policy", {"policy": "fifo"}))
    done(lira.post(f"{case}/hand-in"))
    receipt = said(lira.get(f"{case}/answer"))
    assert re.search(r"Sums by five rules</th><td[^>]*>60 / 60<", receipt)
    assert "wait for a trainer" in receipt
    assert REASON in said(lira.get(f"{case}/report"))
    sent = json.loads(lira.get(f"{case}/answer.json").content)
    assert sent["texts"] == {"policy_reason": REASON}
    assert sent["method"]["heuristics"] == [{"name": "tag", "error_permille": 20}]


def test_wrong_addresses_a_wrong_block_and_an_unasked_place_are_refused(course, case):
    lira, public = course.browser("lira"), kept(course, case)[0]
    each = five_rules.questions(public)[0]
    for wrong, code in (
        ({"place": "z"}, "place"),
        ({"picks": "0x" + "9" * 40}, "pick"),
        ({"picks": " "}, "picks"),
        ({"picks": " ".join(f"0x{n:040x}" for n in range(200))}, "picks"),
        ({"block": "0"}, "block"),
        ({"block": str(10**9)}, "block"),
        ({"block": "ten"}, "block"),
    ):
        refused = write(lira, case, public, each, **wrong)
        assert (refused.status_code, code_of(refused)) == (400, [f"investigation.{code}"]), wrong
    assert "sums" not in json.loads(lira.get(f"{case}/answer.json").content)
    page = lira.get(f"{case}/rules", params={"of": "0x12", "block": "4"})
    assert code_of(page) == ["investigation.pick"]


def test_an_address_as_the_tables_shorten_it_is_taken_where_it_is_the_only_one(course, case):
    lira, public = course.browser("lira"), kept(course, case)[0]
    each = five_rules.questions(public)[0]
    (whole, *_) = sorted(five_rules.members(public, each))
    short = f"{whole[:8]}…{whole[-6:]}"
    shown = said(lira.get(f"{case}/rules", params={"picks": short, "block": str(each.last)}))
    assert f'href="{case}/addresses/{whole}"' in shown
    many = lira.get(f"{case}/rules", params={"picks": "0x…", "block": str(each.last)})
    assert code_of(many) == ["investigation.pick"]


def test_another_lab_has_no_page_of_five_rules(course):
    place = started(course, opened(course))
    refused = course.browser("lira").get(f"{place}/rules")
    assert refused.status_code == 404
    assert f'href="{place}/rules"' not in course.browser("lira").get(place).text


@pytest.mark.slow
def test_nobody_elses_case_and_no_trainer_is_let_in_and_nothing_sealed_is_said(course, case):
    (public, sealed), lira = kept(course, case), course.browser("lira")
    for who in ("asan", "kanat"):
        assert course.browser(who).get(f"{case}/rules").status_code == 404
        assert course.browser(who).get(f"{case}/report").status_code == 404
    each = five_rules.questions(public)[0]
    query = {"of": each.anchor, "picks": " ".join(five_rules.members(public, each)), "block": "500"}
    guilty = {row["address"] for row in sealed["control"] if row["guilty"]}
    for end, params in (("/rules", query), ("/rules", {}), ("/report", {}), ("", {})):
        text = lira.get(case + end, params=params).text.lower()
        words = ("mule", "thief", "person-", "recipe", "guilty", "purpose", "crossing")
        assert [word for word in words if word in text] == [], end
    page = lira.get(f"{case}/rules").text.lower()
    anchors = {found.anchor for found in five_rules.questions(public)}
    assert [each for each in guilty - anchors if each.lower() in page] == []


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_the_pages_are_in_their_readers_language(course, case, lang):
    lira, public = course.browser("lira", lang), kept(course, case)[0]
    each, typed_in = five_rules.questions(public)[0], sweep.typed_words(course)
    query = f"of={each.anchor}&picks={each.anchor}&block={each.last}"
    found = []
    for end in ("", f"/rules?{query}", "/report", "/answer"):
        seen = sweep.read(lira.get(case + end).text)
        wrong = sweep.wrong_words(end, seen, typed_in) + sweep.wrong_frame(seen)
        found += [f"{end}: {each}" for each in wrong]
    assert not found, "\n".join(found)
