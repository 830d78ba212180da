"""web3.py over the gateway: a refusal is an error with a name.

Rules: a JSON-RPC error that carries a clause becomes ``PermitRefused``; every
other error of the gateway becomes ``DeskProblem``; a revert keeps its data and
is web3.py's business, because only the caller knows the contract's ABI; a revert of
the Supervisor is a clause and becomes ``PermitRefused`` as well.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Final

import requests
from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

from sandbox.contracts.typed import ChainRefusal, decode_refusal
from sandbox.kit.ids import ChainName
from sandbox.locale.catalogue import Language
from sandbox.sdk.errors import MONEY_CLAUSES, DeskProblem, PermitRefused, SdkError
from sandbox.sdk.pace import Pace
from sandbox.sdk.place import Place

REFUSED: Final = -32003
QUOTA: Final = -32005
TIMEOUT_SECONDS: Final = 30
PAUSES: Final = (0.5, 1.0, 2.0)
"""Seconds to wait before asking again when the permit's requests per second are used up;
such a request was not carried out, so asking again is safe."""
NATIVE_ASSET: Final[dict[ChainName, str]] = {"kgst": "KGST", "som": "SOM"}
"""The supervised asset of each chain, whose minor units a limit is in."""


class GatewayProvider(HTTPProvider):
    """A provider that speaks to one chain through the gateway.

    Args:
        place: where the gateway is and whose token to show.
        chain: ``kgst`` or ``som``.
        language: the language of errors.
        pace: gives each request its turn; none by default.
    """

    def __init__(
        self,
        place: Place,
        chain: ChainName,
        *,
        language: Language = "en",
        pace: Pace | None = None,
    ) -> None:
        headers = {"Content-Type": "application/json", **place.headers()}
        session = requests.Session()
        session.trust_env = not place.loopback
        super().__init__(
            f"{place.base}/rpc/{chain}",
            session=session,
            request_kwargs={"headers": headers, "timeout": TIMEOUT_SECONDS},
            exception_retry_configuration=None,
        )
        self.chain = chain
        self.language: Language = language
        self.session = session
        self._pace = pace

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Send one request.

        Args:
            method: a JSON-RPC method.
            params: its parameters.

        Raises:
            PermitRefused: a clause of the permit said no.
            DeskProblem: the gateway did not take the request for another reason.
            SdkError: ``sdk.out_of_reach``.
        """
        for pause in PAUSES:
            try:
                return self._ask(method, params)
            except PermitRefused as refusal:
                if refusal.clause != "requests_per_second":
                    raise
            time.sleep(pause)
        return self._ask(method, params)

    def _ask(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        if self._pace is not None:
            self._pace.wait()
        try:
            response = super().make_request(method, params)
        except requests.HTTPError as error:
            response = _body_of(error, self.language)
        except requests.RequestException as error:
            raise SdkError(
                "sdk.out_of_reach",
                language=self.language,
                url=str(self.endpoint_uri),
                reason=type(error).__name__,
            ) from None
        raise_for_gateway(response, self.chain, self.language)
        return response


def raise_for_gateway(
    response: Mapping[str, Any], chain: ChainName, language: Language = "en"
) -> None:
    """Turn a gateway's JSON-RPC error into one of the SDK's errors.

    Args:
        response: a JSON-RPC response.
        chain: where it came from: names the asset of the numbers.
        language: the language of the error.

    Raises:
        PermitRefused: ``error.data`` names a clause.
        DeskProblem: ``error.data`` carries another code.
    """
    error = response.get("error")
    if not isinstance(error, Mapping):
        return
    data = error.get("data")
    raise_for_clause(data, chain, language)
    if not isinstance(data, Mapping):
        return
    if data.get("clause") and error.get("code") in {REFUSED, QUOTA}:
        raise PermitRefused(with_asset(data, chain), language=language)
    raise DeskProblem(
        str(data.get("code") or "internal"),
        status=int(error.get("code", 0)),
        title=str(error.get("message", "")),
        language=language,
        params=data,
    )


def raise_for_clause(data: object, chain: ChainName, language: Language = "en") -> None:
    """Raise when revert data is a refusal of the Supervisor.

    Args:
        data: ``error.data`` of a JSON-RPC response.
        chain: where it came from: names the asset of the numbers.
        language: the language of the error.

    Raises:
        PermitRefused: a clause said no.
    """
    if not isinstance(data, str) or not data.startswith("0x"):
        return
    refusal = decode_refusal(bytes.fromhex(data[2:]))
    if refusal is not None:
        raise PermitRefused(with_asset(refusal_dict(refusal), chain), language=language)


def refusal_dict(refusal: ChainRefusal) -> dict[str, Any]:
    """A Supervisor's error as the gateway would write it."""
    said = ("clause", "version", "limit", "used", "requested", "frees_at", "subject")
    return {name: getattr(refusal, name) for name in said}


def with_asset(data: Mapping[str, Any], chain: ChainName) -> dict[str, Any]:
    """Name the asset of a refusal's numbers where they are money."""
    named = dict(data)
    if not named.get("asset") and named.get("clause") in MONEY_CLAUSES:
        named["asset"] = NATIVE_ASSET[chain]
    return named


def _body_of(error: requests.HTTPError, language: Language) -> RPCResponse:
    """The JSON-RPC body of an answer with a status above 399."""
    status = error.response.status_code if error.response is not None else 0
    try:
        body = json.loads(error.response.content) if error.response is not None else None
    except ValueError:
        body = None
    if not isinstance(body, dict) or "error" not in body:
        url = str(error.request.url) if error.request is not None else ""
        raise SdkError("sdk.not_a_synak", language=language, url=url, status=status) from None
    return body  # type: ignore[return-value]
