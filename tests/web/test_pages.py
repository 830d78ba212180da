"""Every page for every seat in every language: it answers, and not a word is left in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser

import pytest

from sandbox.locale import Language, translator
from tests.web.messages import messages
from tests.web.world import World, world

LANGUAGES = ["ky", "ru", "en"]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A desk with one file in each state that has a page of its own."""
    with world(tmp_path_factory.mktemp("desk")) as desk:
        number = desk.granted()
        desk.refuse(number, 1)
        desk.refuse(number, 2, "window_volume")
        bakyt = desk.browser("bakyt")
        bakyt.post(f"/desk/permits/{number}/customers", {"count": "2", "kind": "customer"})
        bakyt.post(f"/desk/permits/{number}/keys", {"name": "Laptop", "days": "30"})
        desk.draft()
        desk.proposed()
        desk.under_review()
        asked = desk.under_review()
        desk.browser("ermek").act(f"/desk/files/{asked}/questions", {"text": "Кто отвечает?"})
        yield desk


def readable(desk: World, name: str | None) -> list[str]:
    """Addresses a person can reach by following links from the first page, a few levels deep."""
    browser = desk.browser(name)
    seen, wanted = set(), ["/desk/", "/desk/public/permits/SB-2026-0001"]
    while wanted:
        path = wanted.pop()
        if path in seen or len(seen) > 60:
            continue
        answer = browser.get(path)
        assert answer.status_code == 200, (name, path, answer.status_code)
        seen.add(path)
        if "html" not in answer.headers["content-type"]:
            continue
        files = r"form=(csv|xlsx|pdf)|\.pdf|/documents/"
        elsewhere = re.compile(rf"/(static|language|sign-in|api)/?|said=|{files}")
        links = re.findall(r'href="(/desk/[^"#]*)', answer.text)
        wanted += [link.replace("&amp;", "&") for link in links if not elsewhere.search(link)]
    return sorted(path for path in seen if not path.endswith((".csv", ".json")))


class Visible(HTMLParser):
    """The words a reader gets: text and spoken labels, apart from what people typed."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.ignored = 0
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in ("script", "style", "textarea", "title"):
            self.ignored += 1
        for name in ("aria-label", "placeholder"):
            if values.get(name):
                self.words.append(str(values[name]))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "textarea", "title"):
            self.ignored -= 1

    def handle_data(self, data: str) -> None:
        if not self.ignored and data.strip():
            self.words.append(data.strip())


SEATS = [
    None,
    "aigul",
    "bakyt",
    "cholpon",
    "damira",
    "ermek",
    "feruza",
    "jyldyz",
    "operator",
    "lira",
]
QUICK = {None, "damira", "ermek"}
"""Whose pages the quick tests walk in every language; the slow tier walks all."""


@cache
def _english_only(lang: Language) -> frozenset[str]:
    """Messages without places that read otherwise in a language."""
    translated = translator(lang).gettext
    return frozenset(each for each in messages() if "%(" not in each and translated(each) != each)


@pytest.mark.parametrize(
    "name",
    [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in SEATS],
)
def test_every_page_of_a_seat_answers_in_every_language(full: World, name: str | None) -> None:
    paths = readable(full, name)
    assert len(paths) >= 4
    for lang in ("ky", "ru"):
        english = _english_only(lang)
        browser = full.browser(name, lang)
        for path in paths:
            answer = browser.get(path)
            assert answer.status_code == 200
            assert f'<html lang="{lang}"' in answer.text
            page = Visible()
            page.feed(answer.text)
            left = {word for word in page.words if word in english}
            left -= {"Merchant payments in KGST"}
            assert not left, (path, lang, left)


@pytest.mark.parametrize("name", ["aigul", "ermek"])
def test_pages_name_their_headings_and_controls(full: World, name: str) -> None:
    for path in readable(full, name):
        text = full.browser(name).get(path).text
        assert text.count("<h1") == 1, path
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert len(ids) == len(set(ids)), (path, {each for each in ids if ids.count(each) > 1})
        for label in re.findall(r'<label for="([^"]+)"', text):
            assert label in ids, (path, label)


@pytest.mark.slow
def test_every_permit_page_and_letter_carries_the_notice_in_three_languages(full: World) -> None:
    paths = readable(full, "aigul") + readable(full, "ermek")
    found = [p for p in paths if re.search(r"/permits/SB-[^/]+$|/letters/", p)]
    assert len(found) >= 3
    for path in found:
        browser = full.browser("ermek" if path in readable(full, "ermek") else "aigul")
        text = browser.get(path).text
        for words in (
            "Simulated money. This is not a licence and not a decision of any authority.",
            "Симулированные деньги. Это не лицензия",
            "Симуляцияланган акча. Бул лицензия эмес",
        ):
            assert words in text, path


def test_the_public_page_shows_nothing_private(full: World) -> None:
    text = full.browser(None).get("/desk/public/permits/SB-2026-0001").text
    for private in ("aigul", "bakyt", "Twenty customers", "spk_", "Loss of a phone", "F-2026"):
        assert private not in text, private


@pytest.mark.parametrize(
    "path", ["/desk/cohort", "/desk/permits/SB-2026-0001/console", "/desk/files/F-2026-0001"]
)
@pytest.mark.parametrize("name", ["omar", "lira", "operator"])
def test_what_is_not_for_a_seat_is_refused(full: World, name: str, path: str) -> None:
    assert full.browser(name).get(path).status_code in (403, 404)


@pytest.mark.parametrize("path", ["/desk/files", "/desk/permits", "/desk/cohort"])
def test_a_stranger_is_sent_to_sign_in(full: World, path: str) -> None:
    assert full.browser(None).get(path).status_code == 303


def test_the_language_link_is_remembered(full: World) -> None:
    browser = full.browser("aigul", "en")
    answer = browser.get("/desk/language/ky?next=/desk/files")
    assert answer.headers["location"] == "/desk/files"
    assert '<html lang="ky"' in browser.get("/desk/files").text
    assert (
        browser.get("/desk/language/ky?next=https://elsewhere.example").headers["location"]
        == "/desk/"
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_error_page_speaks_the_readers_language_and_names_code_and_request(
    full: World, lang: str
) -> None:
    answer = full.browser("aigul", lang).get("/desk/files/F-1999-0001")
    assert answer.status_code == 404
    assert answer.headers["x-request-id"] in answer.text
    assert "file.not_found" in answer.text


def test_a_table_can_be_taken_along_as_csv_without_formulas(full: World) -> None:
    answer = full.browser("ermek").get("/desk/files?form=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "Merchant payments in KGST" in answer.text
    from sandbox.web.exports import CSV_PART, csv_parts

    rows = [("=1+1",), ("-5",), ("ok",)] * CSV_PART
    parts = list(csv_parts(("a",), rows))
    assert len(parts) > 2, "it is sent part by part"
    whole = "".join(parts).encode().decode("utf-8-sig")
    assert whole.splitlines() == ["a", *["'=1+1", "'-5", "ok"] * CSV_PART]


def test_the_csv_file_holds_every_line_of_the_search_and_no_other(full: World) -> None:
    for who, path in (("ermek", "files"), ("aigul", "files"), ("damira", "permits")):
        browser = full.browser(who)
        lines = browser.get(f"/desk/{path}?form=csv").text.splitlines()
        shown = re.search(r'class="lead">Found: (\d+)', browser.get(f"/desk/{path}").text)
        assert len(lines) == 1 + int(shown[1]) > 1, who
        assert len(browser.get(f"/desk/{path}?form=csv&q=nothing").text.splitlines()) == 1
    assert len(full.browser("omar").get("/desk/files?form=csv").text.splitlines()) == 1


def test_search_and_filter_narrow_the_register(full: World) -> None:
    browser = full.browser("ermek")
    assert "F-2026-0001" in browser.get("/desk/files?q=kattap").text
    assert "F-2026-0001" not in browser.get("/desk/files?q=nothing-like-it").text
    assert "F-2026-0001" not in browser.get("/desk/files?state=decided").text


def test_a_head_can_be_kept_and_checked(full: World) -> None:
    auditor = full.browser("jyldyz")
    head = auditor.get("/desk/audit/head.json").text
    good = auditor.post("/desk/audit/verify", {"head": head})
    assert "The log holds" in good.text
    forged = re.sub(r'"root":"..', '"root":"00', head)
    bad = auditor.post("/desk/audit/verify", {"head": forged})
    assert "The log does not hold" in bad.text
    assert auditor.post("/desk/audit/verify", {"head": "no head"}).status_code == 400


@pytest.mark.parametrize("number", ["SB-1999-0001", "nonsense", "<b>"])
def test_an_unknown_permit_is_not_found_and_shown_as_text(full: World, number: str) -> None:
    answer = full.browser(None).get("/desk/public/permits", params={"number": number})
    assert answer.status_code in (400, 404)
    assert "<b>" not in answer.text


@pytest.mark.parametrize("name", ["aigul", "damira", "ermek", "jyldyz"])
def test_who_may_see_permits_has_a_place_for_them_at_home(full: World, name: str) -> None:
    assert "<h2>Permits</h2>" in full.browser(name).get("/desk/").text


@pytest.mark.parametrize("name", ["timur", "operator", "lira"])
def test_who_sees_no_permit_has_no_empty_place_for_them_at_home(full: World, name: str) -> None:
    home = full.browser(name).get("/desk/")
    assert home.status_code == 200
    assert "<h2>Permits</h2>" not in home.text
    assert 'href="/desk/calendar"' in home.text
