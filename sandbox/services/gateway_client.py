"""The desk's and the worker's way to the gateway: JSON over its unix socket.

Synchronous, since use cases run in threads; safe to share between threads. What the
gateway refuses comes back as the same error of the one tree; when it cannot be
reached at all: ``Unavailable("gateway.unreachable")``.

>>> raise_error(404, {"code": "file.not_found", "params": {}})
Traceback (most recent call last):
...
sandbox.kit.errors.NotFound: file.not_found
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import httpx
import orjson

from sandbox.domain.policy import KeyRecord, Policy
from sandbox.kit.errors import (
    Conflict,
    IntegrityFailure,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Refused,
    SynakError,
    Unavailable,
)
from sandbox.kit.ids import Address, AssetCode, ChainName, PermitNumber
from sandbox.services.ports import NationalChain
from sandbox.services.unix_transport import UnixTransport

_CLASSES: Final = (
    InvalidInput,
    NotAuthenticated,
    NotAllowed,
    NotFound,
    Conflict,
    Refused,
    Unavailable,
    IntegrityFailure,
)
_BY_STATUS: Final[dict[int, type[SynakError]]] = {each.status: each for each in _CLASSES}
_ASSET: Final[dict[ChainName, AssetCode]] = {"kgst": "KGST", "som": "SOM"}
_PATIENCE: Final = 45.0
"""Seconds for an answer; a receipt may take 30."""
NATIONAL_AGE: Final = 2.0
"""Seconds for which the national contracts need not be asked for again."""


def raise_error(status: int, body: Mapping[str, Any]) -> NoReturn:
    """Raise what the gateway answered.

    Args:
        status: HTTP status, one of the error tree's.
        body: ``{code, params}``.
    """
    kind = _BY_STATUS.get(status, SynakError)
    params = {str(name): value for name, value in dict(body.get("params") or {}).items()}
    raise kind(str(body.get("code", "gateway.internal")), **params)


class GatewayClient:
    """The gateway's internal interface (``sandbox.services.ports.GatewayPort``).

    Args:
        socket: the gateway's unix socket.
    """

    def __init__(self, socket: Path) -> None:
        self._http = httpx.Client(
            transport=UnixTransport(socket),
            base_url="http://gateway",
            timeout=_PATIENCE,
            trust_env=False,
        )
        self._national: tuple[dict[ChainName, NationalChain], float] = ({}, 0.0)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def national(self) -> dict[ChainName, NationalChain]:
        """The national contracts, per chain; an answer holds for ``NATIONAL_AGE`` seconds.

        Raises:
            Unavailable: ``gateway.chain_unavailable`` until both chains run.
        """
        told, at = self._national
        if told and time.monotonic() - at <= NATIONAL_AGE:
            return dict(told)
        found: dict[ChainName, NationalChain] = {}
        for name, each in self._ask("GET", "/national").items():
            chain: ChainName = "som" if name == "som" else "kgst"
            tokens: dict[str, Address] = {_ASSET[chain]: Address(each["token"])}
            found[chain] = NationalChain(
                chain,
                each["chain_id"],
                Address(each["supervisor"]),
                tokens,
                Address(each["attestations"]) if each["attestations"] else None,
            )
        self._national = (found, time.monotonic())
        return dict(found)

    def put_policy(self, policy: Policy) -> int:
        """Send a policy; in force and on disk when this returns.

        Returns:
            The revision that is now in force (a higher one when it was there already).

        Raises:
            Conflict: ``policy.revision_conflict``.
        """
        return int(self._ask("PUT", "/policies", policy.as_dict())["revision"])

    def hold(self, permit: PermitNumber, state: str) -> str:
        """Hold a permit at once, before the act that suspends it is written down.

        Args:
            permit: its number.
            state: ``suspended`` or ``halted``.

        Returns:
            The hold's name.
        """
        return str(self._ask("PUT", "/holds", {"permit": permit, "state": state})["hold"])

    def take_back(self, permit: PermitNumber, hold: str) -> None:
        """End a hold whose act came to nothing."""
        self._ask("POST", "/holds/end", {"permit": permit, "hold": hold})

    def put_keys(self, keys: Sequence[KeyRecord]) -> None:
        """Send all access keys; those not among them are no longer known."""
        self._ask("PUT", "/keys", {"keys": [key.as_dict() for key in keys]})

    def heartbeat(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Tell the gateway that its policies are still watched over.

        Returns:
            ``{"policies": {permit: revision}, "keys": count}`` as the gateway holds them:
            send again what is missing; ``journals``: for each chain named in the payload's
            ``journals`` whether its journal and the audit log agree (``ok, code, params``);
            ``interruptions``: what went down unasked after the payload's number of that name.
        """
        return self._ask("POST", "/heartbeat", dict(payload))

    def submit_system(  # noqa: PLR0913
        self,
        chain: ChainName,
        key: str,
        to: Address,
        data: str,
        *,
        idempotency_key: str,
        value: int = 0,
        permit: PermitNumber | None = None,
        wait: bool = True,
    ) -> dict[str, Any]:
        """Send a transaction of a system wallet, once for each idempotency key.

        Args:
            chain: where.
            key: the signer's key name, below ``system/``.
            to: the contract.
            data: call data as hex.
            idempotency_key: the caller's name for this act.
            value: wei of gas money.
            permit: on whose behalf: a mined failure becomes that permit's evidence.
            wait: for the receipt; False returns ``{transactionHash, status: None}``.

        Returns:
            The receipt; ``status`` ``0x1`` or ``0x0``, the latter with ``refusal`` (clause,
            permit, version, limit, used, requested, frees_at, subject) or ``error``.

        Raises:
            Unavailable: ``tx.not_mined_yet``: ask again with the same key.
        """
        body = {
            "chain": chain,
            "key": key,
            "to": to,
            "data": data,
            "value": str(value),
            "idempotency_key": idempotency_key,
            "permit": permit,
            "wait": wait,
        }
        return self._ask("POST", "/system", body)

    def sign_consent(self, permit: PermitNumber, key: str, typed: Mapping[str, Any]) -> str:
        """Have a customer's managed wallet sign its consent, and nothing else.

        Raises:
            InvalidInput: ``gateway.consent_malformed`` when it is not that wallet's consent.
        """
        body = {"permit": permit, "key": key, "typed": dict(typed)}
        return str(self._ask("POST", "/consent", body)["signature"])

    def create_wallet(self, key: str) -> Address:
        """The address of a managed wallet; its key comes to be when it is first asked for."""
        return Address(self._ask("POST", "/wallet", {"key": key})["address"])

    def customer_act(self, chain: ChainName, asked: Mapping[str, str | None]) -> dict[str, Any]:
        """Do a customer's own act once; see ``sandbox.gateway.customer_acts.CustomerActs.do``.

        Args:
            chain: where.
            asked: ``permit``, ``wallet``, ``act`` (``pay``, ``redeem``), ``to``, ``amount`` in
                minor units, ``key``: the caller's name for this act.

        Returns:
            ``transactionHash`` and ``status``: ``0x1``; ``0x0`` with ``refusal`` or ``error``;
            None while it is not in a block yet.

        Raises:
            Refused: ``refused.<clause>``.
        """
        return self._ask("POST", "/customer/act", {"chain": chain, **asked})

    def customer_found(self, chain: ChainName, asked: Mapping[str, str | None]) -> dict[str, Any]:
        """What became of a customer's act; nothing is sent. Arguments as ``customer_act``.

        Returns:
            Likewise; ``transactionHash`` None when it never reached the journal.
        """
        return self._ask("POST", "/customer/found", {"chain": chain, **asked})

    def rpc(self, chain: ChainName, method: str, params: Sequence[Any]) -> Any:
        """A reading request to the chain.

        Raises:
            InvalidInput: ``gateway.method_not_offered`` and as the public side.
            SynakError: ``gateway.reverted`` with ``data``.
        """
        body = {"chain": chain, "method": method, "params": list(params)}
        return self._ask("POST", "/rpc", body)["result"]

    def layers(
        self, chain: ChainName, contract: str, *, upgrade: str | None = None
    ) -> dict[str, Any]:
        """What a contract is made of at the head.

        Args:
            chain: where.
            contract: its address.
            upgrade: an implementation: what it would be made of after that upgrade.

        Returns:
            ``{"reviews", "layers", "upgraded", "code", "block"}``; layers as
            ``sandbox.domain.review.layers_to_json`` writes them.

        Raises:
            InvalidInput: ``review.no_code``, ``review.too_many_layers``, ``review.no_proxy``,
                ``address.malformed``.
        """
        query = {"chain": chain, "contract": contract}
        more = {"upgrade": upgrade} if upgrade else {}
        return self._ask("GET", "/review/layers", query=query | more)

    def usage(self, permit: PermitNumber) -> dict[str, Any]:
        """What a permit has used of the limits that the gateway holds."""
        return self._ask("GET", f"/usage/{permit}")

    def readings(
        self,
        permits: Sequence[PermitNumber],
        asked: Sequence[tuple[ChainName, str, Sequence[Any]]],
    ) -> tuple[list[dict[str, Any]], list[Any]]:
        """Counters of many permits and many reading requests, in one message.

        Args:
            permits: at most 500 together with ``asked``.
            asked: chain, method and parameters, as ``rpc`` takes them.

        Returns:
            ``usage`` of each permit; what ``rpc`` returns for each request, or the error that it
            would have raised.

        Raises:
            InvalidInput: ``gateway.params_invalid``: too many.
            Unavailable: ``gateway.unreachable``.
        """
        wanted = [{"chain": one, "method": method, "params": [*ps]} for one, method, ps in asked]
        told = self._ask("POST", "/readings", {"permits": list(permits), "asked": wanted})
        return told["permits"], [_result_or_error(each) for each in told["asked"]]

    def refusals(
        self, after: int, *, permit: PermitNumber | None = None, limit: int = 200
    ) -> list[dict[str, Any]]:
        """Refusals and failed transactions after a place, both chains, oldest first.

        Args:
            after: 0, or the ``seq`` of the last one read.
            permit: only of this one.
            limit: at most so many.

        Returns:
            Each with ``id`` (its name for ever), ``seq`` (the reader's next ``after``),
            ``chain``, ``source``, ``clause``, ``limit``, ``used``, ``requested``, ``at``, …
        """
        query = {"after": str(after), "limit": str(limit)} | ({"permit": permit} if permit else {})
        found: list[dict[str, Any]] = self._ask("GET", "/refusals", query=query)["refusals"]
        return found

    def journal_batches(
        self, chain: ChainName, after: Mapping[str, Any] | None
    ) -> list[dict[str, Any]]:
        """Closed batches of a chain's journal (``sandbox.chain.batches.Batch.as_dict``).

        Args:
            chain: whose journal.
            after: the place behind the last batch (``sequence``, ``offset``, ``chain``); None for
                the beginning.

        Raises:
            IntegrityFailure: ``journal.bad_record``; ``journal.cut_off`` and what else holds it.
        """
        query = _place_query(chain, after)
        found: list[dict[str, Any]] = self._ask("GET", "/journal/batches", query=query)["batches"]
        return found

    def public_state(self, chain: ChainName, part: int, of: str | None) -> dict[str, Any]:
        """One part of a copy of the public record.

        Args:
            chain: which one.
            part: from 0.
            of: the copy's name; None for the newest.

        Returns:
            ``of``, ``parts``, ``part``, ``supervisor``, ``token``.

        Raises:
            Conflict: ``ledger.copy_gone``.
            Unavailable: ``ledger.copy_too_large``, ``ledger.copy_empty``.
        """
        query = {"chain": chain, "part": str(part), **({"of": of} if of else {})}
        return dict(self._ask("GET", "/public-state", query=query))

    def blocks(self, chain: ChainName, after: int, *, limit: int = 50) -> list[dict[str, Any]]:
        """Whole sealed blocks after a number, oldest first: at most 50 or 5 MB, at least one.

        Returns:
            Each ``{block, receipts, metas}`` in the engine's own form; empty at the head.

        Raises:
            InvalidInput: ``gateway.chain_unknown``.
        """
        query = {"chain": chain, "after": str(after), "limit": str(limit)}
        found: list[dict[str, Any]] = self._ask("GET", "/blocks", query=query)["blocks"]
        return found

    def index(self, chain: ChainName, after: int, taken: int) -> dict[str, Any]:
        """Pieces of sealed blocks for the explorer's index.

        Args:
            chain: which one.
            after: the last block that is wholly indexed; -1 for none.
            taken: how many transactions of the next one are indexed already.

        Returns:
            ``genesis``, ``anchor`` (hash of block ``after``), ``head``, ``supervisor``, ``token``,
            ``pieces``: see ``sandbox.gateway.internal_blocks``.
        """
        query = {"chain": chain, "after": str(after), "taken": str(taken)}
        return self._ask("GET", "/blocks/index", query=query)

    def measure(
        self, chain: ChainName, block: int, asks: Sequence[tuple[str, str, str]]
    ) -> list[str | None]:
        """Answers of contracts and codes at the end of one sealed block.

        Args:
            chain: which one.
            block: its number.
            asks: at most 400 of ``(what, address, data)``; ``what`` is ``call`` or ``code``.

        Returns:
            Hex, or None where the contract failed to answer, in the order of the questions.

        Raises:
            InvalidInput: ``history.state_not_kept``: the chain no longer has that block's state.
        """
        body = {"chain": chain, "block": block, "asks": [list(each) for each in asks]}
        found: list[str | None] = self._ask("POST", "/blocks/measure", body)["answers"]
        return found

    def journal_records(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What one batch of a journal holds of a permit, with proofs.

        Args:
            asked: ``chain``, ``permit``, ``start``, ``last``, ``since``, ``until``, ``waiting``,
                ``published``.

        Returns:
            ``{root, records, waiting}`` (``sandbox.gateway.evidence_records.shown``).

        Raises:
            IntegrityFailure: ``journal.bad_record``, ``journal.cut_off``.
        """
        return self._ask("POST", "/journal/records", asked)

    def journal_behind(self, chain: ChainName, place: Mapping[str, Any]) -> dict[str, Any]:
        """What a chain's journal holds behind a place: ``{records, last}``, anchors apart."""
        return self._ask("GET", "/journal/behind", query=_place_query(chain, place))

    def journal_agrees(self, chain: ChainName, place: Mapping[str, Any]) -> bool:
        """Whether a chain's journal holds a place (``sequence``, ``offset``, ``chain``)."""
        query = _place_query(chain, place)
        return self._ask("GET", "/journal/agreement", query=query)["code"] is None

    def events(self) -> Iterator[dict[str, Any]]:
        """From now on: ``begin``, then any of ``seal``, ``failure``, ``refusal``, ``dropped``.

        Raises:
            Unavailable: ``gateway.unreachable`` when the stream ends.
        """
        try:
            with self._http.stream("GET", "/events", timeout=httpx.Timeout(5, read=None)) as answer:
                for line in answer.iter_lines():
                    yield orjson.loads(line)
        except httpx.HTTPError as error:
            raise Unavailable("gateway.unreachable", reason=type(error).__name__) from error

    def health(self) -> dict[str, Any]:
        """The gateway's health, also when it is failing."""
        try:
            return dict(self._http.get("/healthz", timeout=5).json())
        except httpx.HTTPError as error:
            raise Unavailable("gateway.unreachable", reason=type(error).__name__) from error

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        content = None if body is None else json.dumps(body).encode()
        try:
            answer = self._http.request(method, path, content=content, params=query)
        except httpx.HTTPError as error:
            raise Unavailable("gateway.unreachable", reason=type(error).__name__) from error
        said: dict[str, Any] = orjson.loads(answer.content)
        if answer.status_code >= 400:
            raise_error(answer.status_code, said)
        return said


def _result_or_error(said: Mapping[str, Any]) -> Any:
    if "result" in said:
        return said["result"]
    try:
        raise_error(int(said["status"]), said)
    except SynakError as error:
        return error


def _place_query(chain: ChainName, place: Mapping[str, Any] | None) -> dict[str, str]:
    if place is None:
        return {"chain": chain}
    names = {"after": "sequence", "offset": "offset", "hash": "chain"}
    return {"chain": chain, **{query: str(place[name]) for query, name in names.items()}}
