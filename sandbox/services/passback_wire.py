"""The way to a platform's grade book: a token, the line item, the score.

1. A token is asked for with what we sign (client credentials), for one scope, and kept while it is
   good. An answer 401 has it asked for once more; the second 401 is the platform's word.
2. A mark goes into its link's line item. Without one, the platform's list is asked for the one
   that was made for the assignment before, and only then another is made.
3. One of those that is gone is looked for or made again, once.
4. The score is posted.

Only configured origins are asked (``outside_wire``): the token's own for the token, those of the
grade book for the rest, also for a line item that a platform says it has made.

Source: RFC 6749, 4.4; RFC 7523, 2.2; 1EdTech LTI Assignment and Grade Services 2.0, 3.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from sandbox.domain.lti import LtiPlatform
from sandbox.domain.outside_accounts import origin
from sandbox.domain.passback import (
    LINE_ITEM,
    SCORE,
    TAG,
    Outcome,
    OutsideMark,
    grade_address,
    judged,
    resource_id,
    score,
    scores_url,
)
from sandbox.kit.errors import NotAuthenticated, Unavailable
from sandbox.services.outside_wire import Outside
from sandbox.services.tool_keys import ToolKey

SCORES: Final = "application/vnd.ims.lis.v1.score+json"
ITEM: Final = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS: Final = "application/vnd.ims.lis.v2.lineitemcontainer+json"
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_TOKEN: Final = 8192
LONGEST_LABEL: Final = 120
SPARE: Final = 60
"""Seconds before its end from which a token is not used any more."""
_REFUSED: Final = 401


@dataclass(frozen=True)
class Tried:
    """What came of one try. ``status``: of the answer that decided, when there was one."""

    outcome: Outcome
    status: int | None = None


@dataclass
class GradeBook:
    """The grade book of one platform.

    Attributes:
        platform: as configured, with an address for tokens.
        key: of ours, that signs.
        now: seconds that only grow.
    """

    platform: LtiPlatform
    key: ToolKey
    now: Callable[[], float] = time.monotonic
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    _made: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name = self.platform.name
        self._door = Outside(name, frozenset({origin(self.platform.token)}))
        self._book = Outside(name, self.platform.grade_books)

    def send(self, mark: OutsideMark, label: str) -> Tried:
        """Send a mark and say what came of it; never raises for what the other side does.

        Args:
            mark: what and where.
            label: what a line item that has to be made is called.
        """
        try:
            if mark.line_item:
                return self._post(mark.line_item, mark)
            tried = self._post(self._item(mark, label), mark)
            if tried.outcome is Outcome.GONE:  # 3
                self._made.pop(_place(mark), None)
                tried = self._post(self._item(mark, label), mark)
        except _NoWay as stopped:
            return stopped.tried
        except NotAuthenticated:
            return Tried(Outcome.NO_TOKEN)
        except Unavailable as error:
            off = error.code == "outside.not_configured"
            return Tried(Outcome.NOT_CONFIGURED if off else Outcome.OUT_OF_REACH)
        return tried

    def _post(self, line_item: str, mark: OutsideMark) -> Tried:
        status, _ = self._ask("POST", scores_url(line_item), SCORE, kind=SCORES, said=score(mark))
        return Tried(judged(status), status)

    def _item(self, mark: OutsideMark, label: str) -> str:
        """The line item that holds an assignment's marks."""
        place = _place(mark)
        if place not in self._made:
            if not mark.line_items:
                raise _NoWay(Tried(Outcome.NO_LINE_ITEM))
            self._made[place] = self._found(mark) or self._new(mark, label)
        return self._made[place]

    def _found(self, mark: OutsideMark) -> str:
        wanted = resource_id(mark.course, mark.assignment)
        join = "&" if "?" in mark.line_items else "?"
        url = f"{mark.line_items}{join}{urlencode({'resource_id': wanted, 'tag': TAG})}"
        status, body = self._ask("GET", url, LINE_ITEM, accept=ITEMS)
        _require(status)
        listed = _read(body)
        for each in listed if isinstance(listed, list) else []:
            ours = isinstance(each, dict) and each.get("resourceId") == wanted
            if ours and each.get("tag") == TAG and (found := self._address(each)):
                return found
        return ""

    def _new(self, mark: OutsideMark, label: str) -> str:
        said = {
            "label": label[:LONGEST_LABEL],
            "scoreMaximum": mark.points,
            "resourceId": resource_id(mark.course, mark.assignment),
            "tag": TAG,
        }
        status, body = self._ask("POST", mark.line_items, LINE_ITEM, kind=ITEM, said=said)
        _require(status)
        found = self._address(_read(body))
        if not found:
            raise _NoWay(Tried(Outcome.NO_LINE_ITEM, status))
        return found

    def _address(self, item: Any) -> str:
        return grade_address(self.platform, item.get("id") if isinstance(item, dict) else None)

    def _ask(
        self,
        method: str,
        url: str,
        scope: str,
        *,
        kind: str = "",
        accept: str = "application/json",
        said: Mapping[str, Any] | None = None,
    ) -> tuple[int, bytes]:
        status, body = 0, b""
        for _ in range(2):  # 1
            headers = {"Accept": accept, "Authorization": f"Bearer {self._token(scope)}"}
            content = None
            if said is not None:
                content, headers["Content-Type"] = json.dumps(said).encode(), kind
            try:
                status, body = self._book.exchange(method, url, headers=headers, content=content)
            except Unavailable as error:
                begun = not isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout)
                if scope == SCORE and error.code == "outside.unreachable" and begun:
                    raise _NoWay(Tried(Outcome.UNHEARD)) from error
                raise
            if status != _REFUSED:
                break
            self._tokens.pop(scope, None)
        return status, body

    def _token(self, scope: str) -> str:
        kept, until = self._tokens.get(scope, ("", 0.0))
        if kept and self.now() < until:
            return kept
        own = self.platform
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": self.key.assertion(own.client_id, own.audience or own.token),
            "scope": scope,
        }
        said = self._door.post(own.token, form)
        token, life = said.get("access_token"), said.get("expires_in", 0)
        plain = isinstance(token, str) and token.isascii() and token.isprintable()
        if not plain or not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN:
            raise Unavailable("outside.unreachable", provider=own.name)
        good = float(life) if isinstance(life, int | float) else 0.0
        self._tokens[scope] = (token, self.now() + good - SPARE)
        return token


class _NoWay(Exception):
    """The mark cannot be posted, for what happened on the way to its line item."""

    def __init__(self, tried: Tried) -> None:
        self.tried = tried


def _place(mark: OutsideMark) -> tuple[str, str]:
    return mark.line_items, resource_id(mark.course, mark.assignment)


def _require(status: int) -> None:
    """Go on only after an answer that says yes; what may pass is tried again."""
    outcome = judged(status)
    if outcome is Outcome.BUSY:
        raise _NoWay(Tried(outcome, status))
    if outcome is not Outcome.SENT:
        raise _NoWay(Tried(Outcome.NO_LINE_ITEM, status))


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
