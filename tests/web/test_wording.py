"""Russian and Kyrgyz as the translators' sheet has them: what a machine can see of it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest

from sandbox.locale import Language, translator
from sandbox.locale.catalogue import HERE
from sandbox.locale.errors import _wordings

PLACE = re.compile(r"%\(\w+\)s|\{[^{}]*\}")
MIXED = re.compile(r"[A-Za-z][А-яЁёӨөҮүҢң]|[А-яЁёӨөҮүҢң][A-Za-z]")
BOTH_SEXES = re.compile(r"[а-яё]\((?:а|ла|ась|на|ая)\)")
BARE_DASH = re.compile(r"[\wА-я»)] – [А-яЁёӨөҮүҢң«]|[А-яЁёӨөҮүҢң»)] – [\w«]")
BARE_DATE = re.compile(
    r"(?:%\((?:when|day|until|moment|time)\)s|\{\w+\|time\}) (?:чейин|бери|тартып|баштап|карата)\b"
)
ENDS = {".": "end", ":": "colon", "?": "question", "!": "end", "…": "open"}
ABBREVIATED = re.compile(r"(?:\b(?:дн|мес|мин|чел|стр)\.|№)$")
WITHOUT_DOTS = {"все", "счета", "узнает", "чем"}
"""Words that are right both with and without the dots: всё and все."""


def texts(lang: Language) -> Iterator[tuple[str, str, str]]:
    """Each text of a language: its name, the English, the translation."""
    for message, forms in translator(lang).messages.items():
        for form in forms:
            yield message, message, form
    for code, said in _wordings().items():
        yield code, said["en"], said[lang]


def faults(lang: Language, pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """Where a pattern stands in a language's texts, places left out."""
    return [(name, text) for name, _, text in texts(lang) if pattern.search(PLACE.sub("0", text))]


def forbidden(lang: Language) -> list[tuple[str, str, str]]:
    """What the glossary forbids, as (term, what it should be, pattern)."""
    terms = tomllib.loads((HERE / "glossary.toml").read_text("utf-8"))
    key = f"not_{lang}"
    return [(term, said[lang], said[key]) for term, said in terms.items() if key in said]


def end(text: str) -> str:
    """How a text ends: as a sentence, a question, before a list, or as a label."""
    return ENDS.get(re.sub(r"[»”\")]+$", "", text)[-1:], "label")


@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_every_term_of_the_glossary_has_both_translations(lang: Language) -> None:
    terms = tomllib.loads((HERE / "glossary.toml").read_text("utf-8"))
    assert len(terms) > 50
    assert [term for term, said in terms.items() if not said.get(lang)] == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("ru", "Запросите на рабочем столе."),
        ("ru", "Журнал записан в цепь."),
        ("ky", "Мугалим кол койду."),
        ("ky", "Блокчейнде жок."),
    ],
)
def test_the_glossarys_patterns_find_what_they_forbid(lang: Language, text: str) -> None:
    assert [term for term, _, pattern in forbidden(lang) if re.search(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_no_text_has_a_variant_that_the_glossary_forbids(lang: Language) -> None:
    found = [
        (name, f"write {right}", text)
        for term, right, pattern in forbidden(lang)
        for name, text in faults(lang, re.compile(pattern))
    ]
    assert found == []


@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_no_word_mixes_latin_and_cyrillic_letters(lang: Language) -> None:
    assert MIXED.search("cом")
    assert not MIXED.search("JupyterLab'да")
    assert faults(lang, MIXED) == []


@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_spaces_quotes_and_dashes_are_the_languages_own(lang: Language) -> None:
    assert faults(lang, re.compile(r"\S  |^\s|\s$")) == []
    assert faults(lang, re.compile("[“”„‘]|\\s[,;.!?](?!\\w)")) == []
    assert faults(lang, BARE_DASH) == []


@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_a_translation_ends_as_its_source_ends(lang: Language) -> None:
    assert end("Готово.") != end("Готово")
    assert [
        (english, text)
        for _, english, text in texts(lang)
        if end(english) != end(text) and not ABBREVIATED.search(text)
    ] == []


def test_nobodys_sex_is_written_in_brackets() -> None:
    assert BOTH_SEXES.search("прочитал(а)")
    assert faults("ru", BOTH_SEXES) == []


def test_no_kyrgyz_ending_hangs_on_a_date() -> None:
    """A date cannot take the ending that these words ask for: a noun between them does."""
    assert BARE_DATE.search("%(day)s чейин")
    assert not BARE_DATE.search("%(day)s күнүнө чейин")
    assert [(name, text) for name, _, text in texts("ky") if BARE_DATE.search(text)] == []


def test_a_word_that_has_its_dots_once_has_them_everywhere() -> None:
    words = {
        word
        for _, _, text in texts("ru")
        for word in re.findall(r"[а-яё]+", PLACE.sub(" ", text).lower())
    }
    bare = {word.replace("ё", "е") for word in words if "ё" in word}
    assert len(bare) > 100
    assert sorted((bare & words) - WITHOUT_DOTS) == []
