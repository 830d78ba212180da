"""Kyrgyz, Russian and English: complete, nothing unused, each code worded, places kept."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from sandbox.domain.application import KINDS
from sandbox.domain.documents import DocumentKind
from sandbox.domain.lifecycle import Act, FileState
from sandbox.domain.papers import CHECKLIST, Verdict
from sandbox.domain.seats import FileSeat, Seat
from sandbox.domain.terms import HUB_LIMITS, LOAD_LIMITS, PERSON_LIMITS, VALUE_LIMITS
from sandbox.domain.words import (
    CustomerState,
    DecisionKind,
    DecisionStatus,
    FaucetState,
    MemberKind,
    OrganisationKind,
)
from sandbox.locale import LANGUAGES, Language, error_codes, language, translator, wording
from sandbox.locale.catalogue import po_path
from sandbox.locale.errors import _wordings
from sandbox.locale.events import event_text
from sandbox.web import words
from sandbox.web.papers_words import paper_word
from tests.web.messages import ROOT, messages

PLACE = re.compile(r"%\(\w+\)s")
KNOWN_ERRORS = {
    "SynakError",
    "InvalidInput",
    "NotAuthenticated",
    "NotAllowed",
    "NotFound",
    "Conflict",
    "Refused",
    "Unavailable",
    "IntegrityFailure",
    "Problem",
    "TooLarge",
}


@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_every_message_is_translated(lang: str) -> None:
    known = translator(lang).messages
    assert sorted(message for message in messages() if not known.get(message, ("",))[0]) == []


@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_no_translation_is_unused(lang: str) -> None:
    assert sorted(set(translator(lang).messages) - messages()) == []


@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_no_message_is_translated_twice(lang: Language) -> None:
    """The reader keeps the last one only, and says nothing."""
    found = Counter(re.findall(r'^msgid ((?:".*"\n)+)', po_path(lang).read_text(), re.MULTILINE))
    assert found
    assert [message for message, count in found.items() if count > 1] == []


@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_translations_keep_the_places(lang: str) -> None:
    for message, forms in translator(lang).messages.items():
        for text in forms:
            assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(message)), message


@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_translations_are_in_their_own_script(lang: str) -> None:
    same = {"JSON", "Synak", "№", "/"}
    for message, (text, *_) in translator(lang).messages.items():
        assert text in same or re.search(r"[а-яёөүңА-ЯЁӨҮҢ]", text), message


def _raised() -> dict[str, str]:
    """Codes that our own code raises, with where."""
    found = {}
    for path in sorted((ROOT / "sandbox").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id not in KNOWN_ERRORS:
                continue
            place = 1 if node.func.id == "Problem" else 0
            first = node.args[place] if len(node.args) > place else None
            if isinstance(first, ast.Constant) and "." in str(first.value):
                found[first.value] = f"{path.relative_to(ROOT)}:{node.lineno}"
    return found


def test_every_raised_code_has_wording() -> None:
    raised = _raised()
    assert len(raised) > 100
    assert {code: raised[code] for code in sorted(set(raised) - error_codes())} == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_wordings_keep_the_places_of_the_english_one(lang: str) -> None:
    places = re.compile(r"\{(\w+)")
    for code, texts in _wordings().items():
        assert set(places.findall(texts[lang])) == set(places.findall(texts["en"])), code


def test_a_wording_shows_amounts_in_the_readers_form_and_a_missing_place_as_a_dash() -> None:
    params = {"limit": str(5000 * 10**18), "asset": "KGST", "used": "0"}
    text = wording("refused.per_transaction", params, "ru").replace("\u00a0", " ")
    assert "5 000,00 KGST" in text
    assert "—" in text


def test_an_unknown_code_is_said_in_general_words_and_never_raises() -> None:
    assert wording("no.such.code", {}, "en") == wording("internal", {}, "en")


VOCABULARIES = [
    *FileState,
    *Seat,
    *FileSeat,
    *DecisionKind,
    *DecisionStatus,
    *MemberKind,
    *CustomerState,
    *OrganisationKind,
]


@pytest.mark.parametrize("value", sorted({each.value for each in VOCABULARIES}))
def test_every_value_of_a_vocabulary_has_a_name(value: str) -> None:
    assert words.name_of("ru", value) != value


@pytest.mark.parametrize("value", sorted({*KINDS, *DocumentKind, *CHECKLIST, *Verdict}))
def test_every_word_of_a_files_papers_has_a_name(value: str) -> None:
    assert paper_word("ky", value) != value


@pytest.mark.parametrize("clause", [*VALUE_LIMITS, *PERSON_LIMITS, *LOAD_LIMITS, *HUB_LIMITS])
def test_every_limit_has_a_name(clause: str) -> None:
    assert words.name_of("ky", clause) != clause


@pytest.mark.parametrize("act", sorted(Act))
def test_every_act_of_a_file_has_a_line_for_the_timeline(act: Act) -> None:
    assert event_text("ky", f"file.{act.value}") != f"file.{act.value}"


def test_every_kind_of_the_audit_log_has_a_line() -> None:
    kinds = set()
    for path in (ROOT / "sandbox/services").glob("*.py"):
        kinds |= set(re.findall(r'kind="([a-z]+\.[a-z_]+)"', path.read_text("utf-8")))
    assert len(kinds) > 8
    assert {kind for kind in kinds if event_text("ky", kind) == kind} == set()


def test_faucet_states_are_not_shown_on_pages() -> None:
    for path in (ROOT / "sandbox/web/templates").glob("*.html"):
        assert "faucet" not in Path(path).read_text("utf-8")
    assert len(FaucetState) == 3


@pytest.mark.parametrize(
    ("header", "chosen", "expected"),
    [
        ("ru-RU,ru;q=0.9", None, "ru"),
        ("en-GB,en;q=0.8,ru;q=0.7", None, "en"),
        ("de,fr", None, "ky"),
        (None, None, "ky"),
        ("ru", "ky", "ky"),
        ("ru", "xx", "ru"),
        ("en;q=0, ru", None, "ru"),
        ("en;q=nonsense", None, "ky"),
    ],
)
def test_language_is_the_choice_else_the_header_else_kyrgyz(
    header: str | None, chosen: str | None, expected: str
) -> None:
    assert language(header, chosen) == expected


@pytest.mark.parametrize(
    ("header", "expected"), [("*", "en"), (None, "en"), ("de", "en"), ("ru", "ru"), ("ky,*", "ky")]
)
def test_a_tool_that_takes_any_language_hears_english(header: str | None, expected: str) -> None:
    assert language(header, otherwise="en") == expected


@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_no_wording_asks_for_the_english_words_no_limit(lang: str) -> None:
    assert [code for code, texts in _wordings().items() if "no limit" in texts[lang]] == []
    typed = translator(lang).gettext("no limit")
    assert f"«{typed}»" in wording("limits.missing", {}, lang)
    assert wording("limits.no_asset", {}, lang) != wording("limits.missing", {}, lang)
