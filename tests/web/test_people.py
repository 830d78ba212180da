"""People are written by name wherever people read; accounts stand where an account is meant."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from pypdf import PdfReader

from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.services import people
from tests.web.seams import PEOPLE, START
from tests.web.sweep import walk
from tests.web.world import World

ACCOUNTS_MEANT = re.compile(r"^/desk/(me|members|audit|evidence|keys|sign-in|explorer)\b")
"""Pages where accounts are what is shown: the reader's own, lists of members, the log. The account
``operator`` is also a word of pages and is not looked for."""
ACCOUNT = re.compile(rf"(?<![\w@./-])({'|'.join(sorted(PEOPLE.keys() - {'operator'}))})(?![\w@-])")


def read(page: str) -> str:
    """What a person reads of a page: no tags, no scripts, nothing that is hidden in them."""
    page = re.sub(r"(?s)<(script|style|head)\b.*?</\1>", " ", page)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def raw(page: str) -> list[str]:
    """Accounts that stand in what is read."""
    return ACCOUNT.findall(read(page))


def lived(desk: World) -> str:
    """A permit whose file holds a question, an expert, a note and both signatures."""
    number = desk.granted()
    with desk.parts.store.unit(read_only=True) as u:
        file = u.permits.get(number).file
    asked = desk.under_review()
    ermek = desk.browser("ermek")
    ermek.act(f"/desk/files/{asked}/questions", {"text": "Who answers?"})
    ermek.act(
        f"/desk/files/{asked}/experts",
        {"account": "timur", "subject": "Is the plan sound?", "until": "2026-12-10"},
    )
    ermek.act(f"/desk/files/{asked}/records/notes", {"text": "Called the bank."})
    desk.browser("bakyt").post(f"/desk/permits/{number}/keys", {"name": "Laptop", "days": "30"})
    return str(file)


def test_a_file_names_people_on_its_page_in_print_and_on_paper(desk: World) -> None:
    number = desk.granted()
    with desk.parts.store.unit(read_only=True) as u:
        file = u.permits.get(number).file
    for who in ("ermek", "aigul"):
        browser = desk.browser(who)
        for path in (f"/desk/files/{file}", f"/desk/files/{file}/print"):
            page = browser.get(path).text
            assert raw(page) == [], path
            assert "Feruza Mamatova" in read(page), path
        made = browser.get(f"/desk/files/{file}/file.pdf").content
        pages = PdfReader(io.BytesIO(made)).pages
        paper = re.sub(r"\s+", " ", " ".join(each.extract_text() for each in pages))
        assert "Aigul Osmonova" in paper
        assert not ACCOUNT.search(paper)
    log = desk.browser("ermek").get("/desk/audit").text
    assert "ermek" in raw(log), "the log says which account it was"


def test_two_of_one_name_are_told_apart_and_the_erased_are_nobody(desk: World) -> None:
    desk.under_review()
    with desk.parts.store.unit() as u:
        ermek = u.accounts.get("ermek")
        second = replace(ermek, name="ermek2")  # the same person's other account
        other = Account(
            "ermek3", ermek.display_name, "p-3", ermek.org, (Seat.AUDITOR,), "en", True, START
        )
        u.accounts.add(second)
        assert people.written(u, {"ermek", "system", ""}) == {
            "ermek": "Ermek Abdyldaev",
            "system": "system",
        }
        u.accounts.add(other)
        assert people.written(u, {"ermek"}) == {"ermek": "Ermek Abdyldaev (ermek)"}
        elsewhere = replace(other, org="alatoo")
        u.accounts.save(elsewhere)
        assert people.written(u, {"ermek"}) == {"ermek": "Ermek Abdyldaev"}
        for each in (second, other):
            u.accounts.save(replace(each, org=ermek.org, display_name="—"))
        assert people.written(u, {"ermek2", "ermek3"}) == {"ermek2": "—", "ermek3": "—"}


def test_a_name_is_escaped_and_a_mark_cannot_be_typed(desk: World) -> None:
    file = desk.under_review()
    with desk.parts.store.unit() as u:
        u.accounts.save(replace(u.accounts.get("ermek"), display_name="<b>E</b> & Co"))
        u.commit()
    desk.browser("ermek").act(f"/desk/files/{file}/questions", {"text": "[0000000000000000.0]"})
    page = desk.browser("aigul").get(f"/desk/files/{file}").text
    assert "&lt;b&gt;E&lt;/b&gt; &amp; Co" in page
    assert "<b>E</b>" not in page
    assert "[0000000000000000.0]" in page


@pytest.mark.slow
@pytest.mark.parametrize("who", ["ermek", "aigul"])
def test_no_page_that_links_lead_to_shows_an_account_for_a_person(desk: World, who: str) -> None:
    lived(desk)
    pages = walk(desk.browser(who).client, ["/desk/"])
    seen = {path: text for path, text in pages.items() if not ACCOUNTS_MEANT.match(path)}
    assert len(seen) > 8, list(seen)
    assert {path: found for path, text in seen.items() if (found := raw(text))} == {}
