"""Letters: every stage in every language, the same places, the translators' sheet."""

from __future__ import annotations

import re
import string
import tomllib
from datetime import UTC, datetime

import pytest

from sandbox.forensics.acting import letter
from sandbox.forensics.acting.clock import News
from sandbox.forensics.acting.letters import TEMPLATES
from sandbox.forensics.cases.scene import SERVICES
from sandbox.locale import LANGUAGES
from tests.web.test_wording import BOTH_SEXES, MIXED, end, forbidden

MOMENT = datetime(2026, 3, 16, 6, 47, tzinfo=UTC)
WORDS = tomllib.loads(TEMPLATES.read_text("utf-8"))
ADDRESS = "0x" + "11" * 20


def templates():
    for group in WORDS.values():
        yield from group.values()


def places(said):
    return {name for _, name, _, _ in string.Formatter().parse(said) if name}


@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_the_letters_keep_to_the_translators_sheet(lang):
    for each in templates():
        assert set(each) == set(LANGUAGES)
        assert places(each[lang]) == places(each["en"])
        bare = re.sub(r"\{\w+\}", "0", each[lang]).replace("№", "")
        assert not MIXED.search(bare)
        assert not BOTH_SEXES.search(bare)
        assert not [term for term, _, wrong in forbidden(lang) if re.search(wrong, bare)]
        assert end(each[lang].strip()) == end(each["en"].strip())


def test_every_stage_of_every_act_has_a_letter():
    kinds = ("request", "motion", "intelligence", "freeze", "lift", "seize", "hand_over")
    found = {(kind, stage) for kind in kinds for stage in WORDS[kind]}
    assert len(found) == 21
    for kind, stage in found:
        said = {"lacks": [], "answers": [], "desk": "issuer", "address": ADDRESS, "service": ""}
        texts = {letter(News(3, kind, stage, MOMENT, said), lang) for lang in LANGUAGES}
        assert len(texts) == 3
        assert all("3" in each and not re.search(r"[{}]", each) for each in texts)


def test_what_is_missing_is_said_of_which_target():
    lacks = [{"missing": "grounds", "target": 1}, {"missing": "facts"}]
    text = letter(News(2, "motion", "returned", MOMENT, {"desk": "judge", "lacks": lacks}), "en")
    assert "Investigating judge, 2026-03-16 12:47" in text
    assert "- address 2: a route from the statement" in text
    assert "- an account of what happened" in text
    assert text.endswith("\nTraining material, not evidence.\n")


def test_an_exchange_writes_what_it_answers():
    answer = {
        "address": ADDRESS,
        "customer_known": True,
        "customer": {"ky": "Асанова Мээрим", "ru": "Асанова Мээрим", "en": "Meerim Asanova"},
        "since": "2025-03-16T06:47:00Z",
        "deposits": [{"place": ["som", 7, 1], "time": "2026-03-16T06:47:00Z", "amount": "123456"}],
        "payouts": [],
    }
    unknown = {"address": ADDRESS, "customer_known": False}
    said = {"desk": "Pamir Coin", "answers": [answer, unknown]}
    text = letter(News(1, "request", "answered", MOMENT, said), "ru")
    assert "Pamir Coin, 16.03.2026 12:47" in text
    assert "1\xa0234,56 SOM, блок 7, номер 1" in text
    assert "Выплаты на карты:\n  нет" in text
    assert f"{ADDRESS}: такого клиента нет." in text


def test_the_intelligence_service_names_every_kind_of_service():
    for role in SERVICES:
        said = {"desk": "intelligence", "address": ADDRESS, "service": "A", "role": str(role)}
        for lang in LANGUAGES:
            assert WORDS["role"][role][lang] in letter(
                News(1, "intelligence", "answered", MOMENT, said), lang
            )
    with pytest.raises(KeyError):
        letter(News(1, "request", "lapsed", MOMENT), "en")
