"""Pages with lists ask the store as often for many permits as for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from tests.web.customers_world import Phone
from tests.web.world import World

PAGES = {
    "ermek": (
        "",
        "files",
        "permits",
        "cohort",
        "cohort/alerts",
        "cohort/rules",
        "complaints",
        "committee",
        "notices",
        "paper-cases",
        "calendar",
        "duty",
    ),
    "aigul": ("", "files", "permits", "complaints", "notices"),
    "damira": ("", "files", "permits", "complaints", "notices"),
}


@contextmanager
def counted(desk: World) -> Iterator[list[str]]:
    """What the store is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    engine = desk.parts.store.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def looks(desk: World) -> dict[tuple[str, str], int]:
    """Each page's statements, for each reader, when it was opened once before."""
    found = {}
    for who, pages in PAGES.items():
        browser = desk.browser(who)
        for page in pages:
            assert browser.get(f"/desk/{page}").status_code == 200, (who, page)
            with counted(desk) as asked:
                browser.get(f"/desk/{page}")
            found[who, page] = len(asked)
    return found


def filled(desk: World) -> None:
    """One more of each: a running permit with a complaint, a proposal, a file under review."""
    number = desk.granted()
    form, address = "/desk/public/complaint", f"198.51.100.{int(number[-4:])}"
    words = {"permit": number, "category": "about_payment", "text": "The payment did not arrive."}
    assert Phone(desk, "en", address=address).post(form, form, words).status_code == 200
    desk.proposed()
    desk.under_review()


@pytest.mark.slow
def test_no_page_asks_more_often_for_more_permits(desk: World) -> None:
    filled(desk)
    before = looks(desk)
    for _ in range(3):
        filled(desk)
    after = looks(desk)
    grown = {page: (before[page], after[page]) for page in before if after[page] > before[page] + 1}
    assert grown == {}, "one more is the count of what does not fit"
