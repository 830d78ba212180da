"""What the plugins say when they say no: one sentence, in the reader's language.

The desk words its own refusals by the language of the account. What is refused on this side is
worded by the language in which the server was started (``SYNAK_LANGUAGE``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from nbgrader.exchange import ExchangeError

from sandbox.locale import language, wording


class DeskProblem(Exception):
    """The desk said no, or nothing.

    Attributes:
        code: stable.
        title: in words.
    """

    def __init__(self, code: str, title: str) -> None:
        super().__init__(f"{title} [{code}]")
        self.code = code
        self.title = title


class Refusal(ExchangeError):  # type: ignore[misc]
    """nbgrader's own error, for a command line with the code behind the words.

    Attributes:
        title: the words alone.
    """

    def __init__(self, code: str, title: str) -> None:
        super().__init__(f"{title} [{code}]")
        self.title = title


def said(code: str, params: Mapping[str, object] | None = None) -> str:
    """An error of this side, in the language in which the server was started.

    Args:
        code: of the wordings.
        params: what the wording names.
    """
    lang = language("", os.environ.get("SYNAK_LANGUAGE"), otherwise="en")
    return wording(code, params or {}, lang)
