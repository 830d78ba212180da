"""The desk's course interface as the plugins use it.

Rules:

- The token is the server's own (``JUPYTERHUB_API_TOKEN``); no name is ever sent.
- What may be repeated is repeated a few times when the desk does not answer.
- A refusal arrives as the desk's problem, in words (RFC 9457).
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Mapping
from typing import Any, Final

import httpx

from sandbox.domain.coursework import SUFFIXES, Bundle
from sandbox.hub.exchange.refusals import DeskProblem, said

__all__ = ["CourseDesk", "DeskProblem", "packed", "unpacked"]

AT_ONCE: Final = 2**20
"""Bytes that are handed in with one request; more goes file by file."""
TRIES: Final = 4
SECONDS: Final = 60.0


class CourseDesk:
    """One course at the desk.

    Args:
        course: its name.
        url: the public address.
        token: the server's hub token.
        http: another client, for tests.
    """

    def __init__(
        self, course: str, url: str, token: str, *, http: httpx.Client | None = None
    ) -> None:
        self.course = course
        self._base = f"{url}/desk/api/v1/courses"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._http = http or httpx.Client(timeout=SECONDS, trust_env=False)

    @classmethod
    def here(cls) -> CourseDesk:
        """The desk of the server this runs in.

        Raises:
            DeskProblem: ``exchange.no_course`` outside a course's server.
        """
        context = os.environ.get("SYNAK_CONTEXT", "")
        url, token = os.environ.get("SYNAK_URL", ""), os.environ.get("JUPYTERHUB_API_TOKEN", "")
        if not (context.startswith("course-") and url and token):
            raise DeskProblem("exchange.no_course", said("exchange.no_course"))
        return cls(context.removeprefix("course-"), url, token)

    def get(self, path: str, **params: str) -> Any:
        """Read something of the course.

        Args:
            path: below ``/courses/<course>``.
            **params: of the query.
        """
        return self._send("GET", path, params={k: v for k, v in params.items() if v})

    def put(self, path: str, body: Any) -> Any:
        """Put something in place."""
        return self._send("PUT", path, json=body)

    def post(self, path: str, body: Any) -> Any:
        """Ask for something; every post of this interface may be repeated."""
        return self._send("POST", path, json=body)

    def courses(self) -> list[dict[str, Any]]:
        """All courses of whoever this token is."""
        found: list[dict[str, Any]] = self._answer("GET", self._base, {}).json()
        return found

    def receipt_key(self) -> str:
        """The public key of receipts, hex."""
        return str(self._answer("GET", f"{self._base}/receipt-key", {}).json()["public_key"])

    def files(self, path: str) -> dict[str, bytes]:
        """Files of the course, checked before they are written anywhere."""
        return unpacked(self.get(path)["files"])

    def hand_in(
        self, assignment: str, files: Mapping[str, bytes], *, after: int | None = None
    ) -> dict[str, Any]:
        """Hand files in; what is large goes file by file, and only what is not there yet.

        Args:
            assignment: which.
            files: by relative path.
            after: number of the newest submission that is known here, 0 for none; None: not said.

        Returns:
            The receipt.

        Raises:
            InvalidInput: those of `sandbox.domain.coursework.Bundle.of`.
        """
        bundle, path = Bundle.of(files), f"/assignments/{assignment}/submissions"
        if sum(entry.size for entry in bundle.entries) <= AT_ONCE:
            return dict(self.post(path, {"files": packed(files), "after": after}))
        here = set(self.get("/uploads"))
        for entry in bundle.entries:
            if entry.sha256 not in here:
                content = base64.b64encode(bundle.files[entry.path]).decode()
                self.put(f"/uploads/{entry.sha256}", {"content": content})
        named = [{"path": entry.path, "sha256": entry.sha256} for entry in bundle.entries]
        return dict(self.post(path, {"files": named, "after": after}))

    def _send(self, method: str, path: str, **options: Any) -> Any:
        return self._answer(method, f"{self._base}/{self.course}{path}", options).json()

    def _answer(self, method: str, url: str, options: Mapping[str, Any]) -> httpx.Response:
        for attempt in range(TRIES):
            try:
                answer = self._http.request(method, url, headers=self._headers, **options)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in (502, 503, 504):
                break
            if attempt < TRIES - 1:
                time.sleep(0.5 * 2**attempt)
        if answer is None:
            raise DeskProblem("exchange.unreachable", said("exchange.unreachable"))
        if answer.is_success:
            return answer
        raise _problem(answer)


def _problem(answer: httpx.Response) -> DeskProblem:
    try:
        body = answer.json()
        return DeskProblem(str(body["code"]), str(body["title"]))
    except (ValueError, KeyError, TypeError):
        return DeskProblem("exchange.malformed", said("exchange.malformed"))


def packed(files: Mapping[str, bytes], allowed: frozenset[str] = SUFFIXES) -> list[dict[str, str]]:
    """Files as they travel.

    Args:
        files: by relative path.
        allowed: endings of files.

    Raises:
        InvalidInput: those of `sandbox.domain.coursework.Bundle.of`.
    """
    bundle = Bundle.of(files, allowed)
    return [
        {"path": entry.path, "content": base64.b64encode(bundle.files[entry.path]).decode()}
        for entry in bundle.entries
    ]


def unpacked(files: list[dict[str, str]], allowed: frozenset[str] = SUFFIXES) -> dict[str, bytes]:
    """Files as they came, checked again on this side."""
    found = {file["path"]: base64.b64decode(file["content"], validate=True) for file in files}
    return dict(Bundle.of(found, allowed).files)
