"""People's names on pages: templates ask for each where it stands, the store is asked once.

Rules: ``account | person`` leaves a mark in the text; when the page is written, all marks are
filled with names by one question to the store (``services.people``). A mark cannot be typed by
anybody: it begins with a word that is drawn anew for each page.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from markupsafe import escape

from sandbox.services import people
from sandbox.web.visit import Visit

_PAGE: Final[ContextVar[_Marks | None]] = ContextVar("people_of_page", default=None)


class _Marks:
    """The marks of one page."""

    def __init__(self) -> None:
        self._word = secrets.token_hex(8)
        self.accounts: list[str] = []

    def mark(self, account: str) -> str:
        """What stands in the text until the names are known."""
        if account not in self.accounts:
            self.accounts.append(account)
        return f"[{self._word}.{self.accounts.index(account)}]"

    def fill(self, text: str, names: Mapping[str, str]) -> str:
        """The text with the names, escaped."""

        def name(match: re.Match[str]) -> str:
            return str(escape(names[self.accounts[int(match[1])]]))

        return re.sub(rf"\[{self._word}\.(\d+)\]", name, text)


def person(account: str | None) -> str:
    """How the person behind an account is written on the page that is being made.

    Args:
        account: a name of an account; None and an empty one are nobody.
    """
    if not account:
        return ""
    page = _PAGE.get()
    return account if page is None else page.mark(account)


def with_people(visit: Visit, write: Callable[[], str]) -> str:
    """A page's text with people's names in it.

    Args:
        visit: whose store is asked.
        write: writes the text; ``person`` may be asked meanwhile.
    """
    with _page() as marks:
        text = write()
    if not marks.accounts:
        return text
    with visit.parts.store.unit(read_only=True) as u:
        return marks.fill(text, people.written(u, marks.accounts))


@contextmanager
def _page() -> Iterator[_Marks]:
    marks = _Marks()
    token = _PAGE.set(marks)
    try:
        yield marks
    finally:
        _PAGE.reset(token)
