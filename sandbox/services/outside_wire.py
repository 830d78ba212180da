"""What is asked of a provider over the network: only configured origins, bounded, nothing followed.

Rules: an address whose origin is not configured is not asked, whoever named it; no redirect is
followed, no proxy of the environment used, no cookie kept; an answer has at most ``LONGEST`` bytes,
which are not compressed, and ``PATIENCE`` seconds; what does not answer with JSON and 200 is out of
reach. At most ``TOGETHER`` requests wait for one provider: anybody may begin a sign-in, and the
desk answers others from the same threads.

Source: OWASP Server Side Request Forgery Prevention Cheat Sheet.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Any, Final

import httpx

from sandbox.domain.outside_accounts import origin
from sandbox.kit.errors import NotAuthenticated, Unavailable

PATIENCE: Final = 10.0
LONGEST: Final = 262_144
HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}
REST: Final = 10.0
"""Seconds in which an address that failed is not asked again: who signs in need not wait for it."""
TOGETHER: Final = 16
"""Of the 40 threads that answer pages."""


@dataclass
class Outside:
    """The way to one provider.

    Attributes:
        provider: its name, for errors.
        origins: what may be asked.
        now: seconds that only grow.
    """

    provider: str
    origins: frozenset[str]
    now: Callable[[], float] = time.monotonic
    _failed: dict[str, float] = field(default_factory=dict)
    _places: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(TOGETHER))

    def get(self, url: str) -> Mapping[str, Any]:
        """A JSON object from an address; one that did not answer is left alone for a moment.

        Raises:
            Unavailable: ``outside.unreachable``, ``outside.not_configured``.
        """
        if self.now() - self._failed.get(url, float("-inf")) < REST:
            raise Unavailable("outside.unreachable", provider=self.provider)
        with self._place():
            try:
                return self._ask("GET", url)
            except Unavailable:
                self._failed = {url: self.now()}
                raise

    def post(
        self, url: str, form: Mapping[str, str], auth: tuple[str, str] | None = None
    ) -> Mapping[str, Any]:
        """The JSON object that answers a form.

        Raises:
            NotAuthenticated: ``outside.refused``: the other side says no.
            Unavailable: as :meth:`get`.
        """
        with self._place():
            return self._ask("POST", url, data=dict(form), auth=auth)

    def exchange(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes | None = None
    ) -> tuple[int, bytes]:
        """Status and body of any answer.

        Raises:
            Unavailable: as :meth:`get`; also for an answer that is too long.
        """
        with self._place():
            return self._heard(method, url, headers=HEADERS | dict(headers), content=content)

    @contextmanager
    def _place(self) -> Iterator[None]:
        """One of the few that may wait for this provider; nobody waits for a place."""
        if not self._places.acquire(blocking=False):
            raise Unavailable("outside.unreachable", provider=self.provider)
        try:
            yield
        finally:
            self._places.release()

    def _ask(self, method: str, url: str, **said: Any) -> Mapping[str, Any]:
        status, body = self._heard(method, url, headers=HEADERS, **said)
        if method == "POST" and status in {400, 401, 403}:
            raise NotAuthenticated("outside.refused", provider=self.provider)
        try:
            found = json.loads(body) if status == httpx.codes.OK else None
        except (ValueError, RecursionError) as error:
            raise Unavailable("outside.unreachable", provider=self.provider) from error
        if not isinstance(found, dict):
            raise Unavailable("outside.unreachable", provider=self.provider)
        return found

    def _heard(self, method: str, url: str, **said: Any) -> tuple[int, bytes]:
        """Ask a configured origin; the whole answer, if it is neither too long nor too late."""
        if origin(url) not in self.origins:
            raise Unavailable("outside.not_configured", provider=self.provider, origin=origin(url))
        until, body = time.monotonic() + PATIENCE, b""
        try:
            with (
                httpx.Client(timeout=PATIENCE, trust_env=False, follow_redirects=False) as client,
                client.stream(method, url, **said) as came,
            ):
                for piece in came.iter_raw():
                    body += piece
                    if len(body) > LONGEST or time.monotonic() > until:
                        raise Unavailable("outside.unreachable", provider=self.provider)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable("outside.unreachable", provider=self.provider) from error
        return came.status_code, body
