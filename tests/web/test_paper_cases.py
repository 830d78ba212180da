"""Cases decided on paper: regulators enter, auditors read, nobody else learns of them."""

from __future__ import annotations

import re

import pytest

from sandbox.domain.seats import Seat
from tests.support.papers import BAD, pdf, png
from tests.web.seams import PEOPLE
from tests.web.test_authorities import MARKET, beside
from tests.web.world import World

PAPER = {
    "number": "14-3/207",
    "dated": "2024-05-17",
    "title": "QR төлөмдөрү",
    "applicant": "Мурунку Төлөм ЖЧК",
    "sponsor": "",
    "outcome": "refused",
    "summary": "No plan for the end of the test.",
}


def entered(desk: World) -> str:
    done = desk.browser("ermek").post("/desk/paper-cases", PAPER)
    assert done.status_code == 303, done.text
    return re.match(r"/desk/paper-cases/P-\d{4}-\d{4}", done.headers["location"])[0]


def scan(desk: World, place: str, name: str, content: bytes, who: str = "ermek"):
    return desk.browser(who).post(f"{place}/scans", files={"scan": (name, content)})


def test_a_paper_case_is_entered_with_scans_and_marked(desk: World) -> None:
    place = entered(desk)
    assert scan(desk, place, "../Буйрук.PDF", pdf()).status_code == 303
    for who in ("ermek", "feruza", "jyldyz"):
        page = desk.browser(who).get(place).text
        assert "entered from paper" in page
        assert "Буйрук.pdf" in page
        assert "14-3/207" in desk.browser(who).get("/desk/paper-cases").text
    taken = desk.browser("jyldyz").get(re.search(rf'href="({place}/scans/[^"]+)"', page)[1])
    assert taken.content == pdf()
    assert taken.headers["content-disposition"].startswith("attachment")


def test_for_everybody_else_there_are_no_paper_cases(desk: World) -> None:
    place = entered(desk)
    scan(desk, place, "order.png", png())
    page = desk.browser("ermek").get(place).text
    link = re.search(rf'href="({place}/scans/[^"]+)"', page)[1]
    for who in ("aigul", "damira", "omar", "lira", "operator"):
        browser = desk.browser(who)
        for path in ("/desk/paper-cases", place, link):
            assert browser.get(path).status_code == 404, (who, path)
        assert browser.post("/desk/paper-cases", PAPER | {"number": "x"}).status_code == 404
        assert scan(desk, place, "mine.pdf", pdf(), who).status_code == 404
        assert "paper-cases" not in browser.get("/desk/files").text
    assert desk.browser("jyldyz").post("/desk/paper-cases", PAPER).status_code == 404
    assert scan(desk, place, "audit.pdf", pdf(), "jyldyz").status_code == 404
    assert "/desk/paper-cases" in desk.browser("jyldyz").get("/desk/files").text


def test_what_is_wrong_is_named_and_nothing_is_entered(desk: World) -> None:
    ermek = desk.browser("ermek")
    for fields, code in (
        ({"dated": "2027-01-01"}, "paper.day"),
        ({"dated": "17.05.2024"}, "paper.day"),
        ({"outcome": "perhaps"}, "paper.outcome"),
        ({"number": " "}, "text.empty"),
        ({"title": "<b>"}, "text.markup"),
    ):
        answer = ermek.post("/desk/paper-cases", PAPER | fields)
        assert (answer.status_code, code in answer.text) == (400, True), code
    place = entered(desk)
    twice = ermek.post("/desk/paper-cases", PAPER)
    assert (twice.status_code, "paper.number_taken" in twice.text) == (409, True)
    for name in ("both.pdf", "macro.docx"):
        assert scan(desk, place, name, BAD[name]).status_code == 400
    assert scan(desk, place, "order.png", png()).status_code == 303
    again = scan(desk, place, "again.png", png())
    assert (again.status_code, "document.same" in again.text) == (409, True)
    folder = desk.parts.blobs / "papers" / place.rsplit("/", 1)[1]
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 1
    assert desk.browser("ermek").get("/desk/paper-cases/..%2fF-2026-0001").status_code == 404


def test_a_number_is_once_in_an_authority_and_another_learns_nothing_of_it(
    desk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in MARKET:
        monkeypatch.setitem(PEOPLE, name, (name.title(), "market", Seat.REGULATOR))
    beside(desk)
    place = entered(desk)
    again = desk.browser("ermek").post("/desk/paper-cases", PAPER)
    assert (again.status_code, "paper.number_taken" in again.text) == (409, True)
    theirs = desk.browser("saltanat").post("/desk/paper-cases", PAPER)
    assert theirs.status_code == 303
    assert desk.browser("saltanat").get(place).status_code == 404
    assert desk.browser("ermek").get(theirs.headers["location"]).status_code == 404
    assert desk.browser("jyldyz").get("/desk/paper-cases").text.count(PAPER["number"]) == 2
