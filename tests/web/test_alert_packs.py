"""The pages of the rule pack: what regulators do there, in three languages."""

from __future__ import annotations

import re
from datetime import timedelta
from string import Formatter

import pytest

from sandbox.forensics.rules import Pack
from sandbox.forensics.rules.pack import CATEGORIES
from sandbox.forensics.rules.tables import COLUMNS
from sandbox.locale import LANGUAGES, Language
from sandbox.web import pack_words
from tests.web.alert_desk import PACK as HOME
from tests.web.alert_desk import (
    adopted_pack,
    drafted_pack,
    filled,
    tried_pack,
    try_rules,
    with_ledger,
)
from tests.web.world import World

PACK = Pack.shipped()


def test_a_pack_is_read_drafted_tried_and_adopted_by_two_regulators(desk: World) -> None:
    with_ledger(desk)
    page = desk.browser("ermek").get(HOME).text
    assert "At least 5 payments within 24\u00a0h" in page
    assert "largest of (R05\u00a0×\u00a060\u00a0%; R06\u00a0×\u00a060\u00a0%; R07)" in page
    assert page.count('<tr id="R') == 27
    home = tried_pack(desk)
    page = desk.browser("ermek").get(home).text
    assert "R05 Immediate withdrawal" in page
    page = desk.browser("feruza").get(home).text
    assert "movements in all" in page
    assert "of 2 analysts" in page
    assert 'id="by-typology"' in page
    assert '<rect class="outcome-gained"' in page
    assert "Rules that cannot be computed here" in page
    assert desk.browser("feruza").act(f"{home}/confirm", {}).status_code == 303
    desk.clock.forward(timedelta(minutes=2))
    page = desk.browser("jyldyz").get(HOME).text
    assert "version 2" in page
    record = desk.browser("jyldyz").get("/desk/cohort/record").text
    assert f'href="{home}"' in record


def test_an_unchanged_pack_is_drafted_and_waits_for_its_dry_run(desk: World) -> None:
    with_ledger(desk)
    home = drafted_pack(desk)
    page = desk.browser("ermek").get(home).text
    assert "Nothing differs from the pack in force." in page
    assert "Not tried yet." in page
    answer = desk.browser("feruza").act(f"{home}/confirm", {})
    assert (answer.status_code, "supervision.not_tried" in answer.text) == (409, True)
    assert desk.browser("ermek").act(f"{home}/trial", {"days": "7", "analysts": "1"}).is_redirect
    assert "Under way" in desk.browser("ermek").get(home).text
    assert desk.browser("ermek").act(f"{home}/withdraw", {}).is_redirect
    try_rules(desk)
    assert "Withdrawn" in desk.browser("ermek").get(home).text


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("R01.n", "2", "alert_pack.outside"),
        ("R01.n", "many", "alert_rules.not_a_number"),
        ("typology.mule.interdict", "10", "alert_pack.thresholds"),
        ("reasons", " ", "text.empty"),
    ],
)
def test_a_pack_that_cannot_be_keeps_what_was_typed(
    desk: World, field: str, value: str, code: str
) -> None:
    ermek = desk.browser("ermek")
    fields = filled(ermek.get(f"{HOME}/draft").text) | {"reasons": "x", "R09.n": "17"}
    answer = ermek.act(HOME, fields | {field: value})
    assert (answer.status_code, code in answer.text) == (400, True)
    assert filled(answer.text)["R09.n"] == "17"


def test_nobody_else_learns_of_the_pack_and_an_auditor_is_offered_no_act(desk: World) -> None:
    home = drafted_pack(desk)
    for who in ("aigul", "damira", "operator", "timur"):
        for path in (HOME, f"{HOME}/draft", home):
            answer = desk.browser(who).get(path)
            assert (answer.status_code, "web.not_found" in answer.text) == (404, True), (who, path)
        assert desk.browser(who).act(f"{home}/confirm", {}).status_code == 404
    page = desk.browser("jyldyz").get(home)
    assert page.status_code == 200
    assert f"{home}/trial" not in page.text
    assert desk.browser("jyldyz").act(f"{home}/trial", {"days": "7"}).status_code == 403


def test_a_number_of_a_setting_of_another_kind_is_no_pack(desk: World) -> None:
    home = drafted_pack(desk)
    other = home.replace("/pack/", "/rules/")
    assert desk.browser("ermek").get(other).status_code == 404


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_rule_value_category_and_table_has_its_words(lang: Language) -> None:
    words = pack_words.Words(lang)
    assert set(pack_words.MEANINGS) == set(PACK.rules)
    for name, rule in PACK.rules.items():
        named = set(re.findall(r"%\((\w+)\)s", pack_words.MEANINGS[name]))
        assert named == set(rule.parameters), name
        said = words.meaning(rule)
        assert [each for each in rule.parameters.values() if words.value(each) not in said] == []
        assert list(Formatter().parse(said))
        assert words.category(rule)
        assert words.bands(rule)[0][0].startswith("0")
    keys = {key for rule in PACK.rules.values() for key in rule.parameters}
    assert set(pack_words.PARAMETERS) == keys | set(PACK.parameters)
    units = {each.unit for rule in PACK.rules.values() for each in rule.parameters.values()}
    assert units <= set(pack_words.UNITS)
    assert set(pack_words.CATEGORIES) == set(CATEGORIES)
    assert set(pack_words.TABLES) == set(COLUMNS)
    assert words.tables([*COLUMNS])
    for typology in PACK.typologies.values():
        assert set(re.findall(r"R\d\d", words.formula(typology))) == set(typology.weights)


def test_a_formula_is_written_as_it_is_reckoned() -> None:
    data = {**PACK.data, "version": 2}
    data["typologies"] = {
        "both": {
            "titles": dict.fromkeys(LANGUAGES, "Both"),
            "weights": {"R01": 100, "R02": 50, "R03": 100},
            "expression": ["multiply", ["add", "R01", "R02"], ["min", "R03", 20]],
            "alert": 1,
            "interdict": 2,
        }
    }
    pack = Pack.read(data)
    formula = pack_words.Words("en").formula(pack.typologies["both"])
    assert formula == "(R01 + R02\u00a0×\u00a050\u00a0%) × smallest of (R03; 20)"
    assert pack_words.Words("en").changes(PACK, PACK.changed(2, {"R01.n": 4})) == [
        ("R01 Structuring", "At least so many", "5", "4")
    ]


def test_an_adopted_pack_raises_alerts_that_are_read_like_all_others(desk: World) -> None:
    number = with_ledger(desk)
    ermek = desk.browser("ermek")
    assert "raises nothing" in ermek.get(HOME).text
    adopted_pack(desk)
    assert "KGST: looked at up to block" in ermek.get(HOME).text
    listed = ermek.get("/desk/cohort/alerts?rule=pack.structuring").text
    (alert,) = set(re.findall(r"AL-\d{4}-\d{6}", listed))
    assert number in listed
    page = ermek.get(f"/desk/cohort/alerts/{alert}").text
    assert "R01 Structuring" in page
    assert "R01 + R09\u00a0×\u00a050\u00a0%" in page
    assert page.count("80,000.00") == 5
    assert "Version 2" in page
    assert f'href="{HOME}#R01"' in page
    for lang, said in (("ru", "Что сказали правила"), ("ky", "Эрежелер эмне деди")):
        assert said in desk.browser("feruza", lang).get(f"/desk/cohort/alerts/{alert}").text
    row = f"{alert},pack.structuring,2,kgst"
    assert row in ermek.get("/desk/cohort/alerts.csv").text
    told = {"closing": "referred", "text": "Asked them."}
    assert ermek.act(f"/desk/cohort/alerts/{alert}/close", told).status_code == 303
    assert "pack.structuring" in ermek.get("/desk/cohort/rules").text
    meerim = desk.browser("meerim").get(f"/desk/intelligence/alerts/{alert}")
    assert (meerim.status_code, "Structuring" in meerim.text) == (200, True)
    for nobody in ("aigul", "damira", "cholpon", "lira"):
        assert desk.browser(nobody).get(f"/desk/cohort/alerts/{alert}").status_code == 404
