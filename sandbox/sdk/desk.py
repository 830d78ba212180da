"""The desk's JSON interface, as the SDK uses it.

Rules: one client per token; a problem (RFC 9457) becomes ``PermitRefused`` when
it names a clause and ``DeskProblem`` otherwise; nothing is retried but reading,
and that once, because a second post might act twice.
"""

from __future__ import annotations

from typing import Any, Final

import httpx

from sandbox.locale.catalogue import Language
from sandbox.sdk.errors import DeskProblem, PermitRefused, SdkError
from sandbox.sdk.place import Place

PREFIX: Final = "/desk/api/v1"
TIMEOUT_SECONDS: Final = 30.0


class Desk:
    """A client of the desk.

    Args:
        place: where the desk is and whose token to show.
        language: the language of errors and of the desk's texts.
    """

    def __init__(self, place: Place, *, language: Language = "en") -> None:
        self.place = place
        self.language: Language = language
        self._client = httpx.Client(
            base_url=place.base + PREFIX,
            headers={**place.headers(), "Accept-Language": language},
            timeout=TIMEOUT_SECONDS,
            trust_env=not place.loopback,
        )

    def get(self, path: str, **query: object) -> Any:
        """Read.

        Args:
            path: below ``/desk/api/v1``, with a leading slash.
            **query: query parameters; ``None`` is left out.

        Returns:
            The JSON body.

        Raises:
            PermitRefused: a clause said no.
            DeskProblem: the desk said no for another reason.
            SdkError: ``sdk.out_of_reach`` or ``sdk.not_a_synak``.
        """
        wanted = {name: str(value) for name, value in query.items() if value is not None}
        try:
            answer = self._client.get(path, params=wanted)
        except httpx.TransportError:
            answer = self._send("GET", path, params=wanted)
        return self._read(answer)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Ask for something to be done.

        Args:
            path: below ``/desk/api/v1``, with a leading slash.
            body: JSON; amounts as strings of minor units.

        Raises:
            PermitRefused: a clause said no.
            DeskProblem: the desk said no for another reason.
            SdkError: ``sdk.out_of_reach`` or ``sdk.not_a_synak``.
        """
        return self._read(self._send("POST", path, json=body))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **more)
        except httpx.TransportError as error:
            raise SdkError(
                "sdk.out_of_reach",
                language=self.language,
                url=self.place.base,
                reason=type(error).__name__,
            ) from None

    def _read(self, answer: httpx.Response) -> Any:
        try:
            body = answer.json() if answer.content else None
        except ValueError:
            body = None
        if answer.is_success and (body is not None or not answer.content):
            return body
        if not isinstance(body, dict) or "code" not in body:
            raise SdkError(
                "sdk.not_a_synak",
                language=self.language,
                url=str(answer.url),
                status=answer.status_code,
            )
        raise self._problem(body, answer.status_code)

    def _problem(self, body: dict[str, Any], status: int) -> SdkError:
        params = body.get("params")
        params = params if isinstance(params, dict) else {}
        if body.get("clause") or params.get("clause"):
            return PermitRefused({**body, **params}, language=self.language)
        return DeskProblem(
            str(body["code"]),
            status=status,
            title=str(body.get("detail") or body.get("title") or ""),
            language=self.language,
            params=params,
        )
