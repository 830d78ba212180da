"""What happens to one HTTP body or WebSocket message, from bytes to bytes.

 1. authenticate  for which permit does it speak?            (steps/authenticate)
 2. parse         strict JSON-RPC, bounded                   (steps/parse)
 3. classify      offered methods, checked parameters        (steps/classify)
 4. price         what it costs in compute units             (steps/price)
 5. member        a wallet of this credential                (steps/member)
 6. scope         what the key and the terms leave open      (steps/scope)
 7. terms         state, dates, chain, value, gas            (steps/terms)
 8. quota         requests, units, transactions, gas, size   (steps/quota)
 9. preflight     would the Supervisor refuse it?            (steps/preflight)
10. journal       policy once more, then durable             (steps/journal)
11. forward       reads to the engine; transactions from the queue behind the journal
12. record        a refusal is evidence                      (steps/record)

The size of a body and its first request are charged before it is read, and so are units for a
body with many values (they count towards the prices of what it asks for); the further requests
of a batch and the units are charged as soon as they are known. What is refused a place is still
read when it is light, so that its answer has its id; otherwise one error without an id answers
all of it. Steps 5 to 12 of a transaction are joined in ``submission``.
Whatever is raised becomes one JSON-RPC error of its own request; the other requests of a
batch are not touched. Transactions of a batch are taken one after the other in their
order; reads between them run side by side, heavy ones a few at once (``turns``).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

import orjson
import structlog

from sandbox.chain.ipc import AnswerTooLong
from sandbox.domain.policy import Policy
from sandbox.gateway import answers
from sandbox.gateway.errors import answer, as_object, failure, http_status
from sandbox.gateway.hub import HubTokens
from sandbox.gateway.identity import Credential, Identity, next_id
from sandbox.gateway.managed import Managed
from sandbox.gateway.methods import Kind
from sandbox.gateway.refusals import Attempt
from sandbox.gateway.steps import quota
from sandbox.gateway.steps.authenticate import authenticate
from sandbox.gateway.steps.check import check
from sandbox.gateway.steps.classify import Call, classify
from sandbox.gateway.steps.parse import Body, Request, parse, weight
from sandbox.gateway.steps.price import price
from sandbox.gateway.steps.record import record
from sandbox.gateway.steps.scope import key_chain, key_method
from sandbox.gateway.submission import Admission, Where, chain_name, submit
from sandbox.gateway.turns import LONGEST, SMALL, Room, Turns
from sandbox.kit.errors import InvalidInput, SynakError, Unavailable
from sandbox.kit.ids import TxHash
from sandbox.locale import Language

SYNC_WAIT: Final = 30.0
"""Seconds that ``eth_sendRawTransactionSync`` waits for a receipt when none are named."""

_log = structlog.get_logger(__name__)


class Incoming(NamedTuple):
    """One HTTP request, as far as it matters here.

    Attributes:
        chain: the path part after ``/rpc/``.
        credential: what it carried.
        body: the whole body.
        language: of messages.
        feed: the subscriptions of its connection; None over HTTP.
    """

    chain: str
    credential: Credential
    body: bytes
    language: Language
    feed: Feed | None = None


class Outgoing(NamedTuple):
    """The answer: HTTP status and body (empty when there were notifications only)."""

    status: int
    body: bytes


@dataclass(slots=True)
class _Paid:
    """What a body paid before it was read, as far as its requests have not used it up.

    Attributes:
        policy: whose quotas all its requests are charged by.
        request: the place of its first request.
        units: compute units.
        refused: why there was no place, for the first request to say.
        room: for its answers.
    """

    policy: Policy
    request: bool
    units: int
    refused: SynakError | None = None
    room: Room = field(default_factory=Room)


class Feed(Protocol):
    """The subscriptions of one connection."""

    async def subscribe(
        self, where: Where, identity: Identity, kind: str, filter_: dict[str, Any]
    ) -> str:
        """Begin to send what a feed brings; the id that ends it."""

    def unsubscribe(self, number: str) -> bool:
        """End a subscription; False when there is none of that id."""


class Pipeline:
    """All steps in their order.

    Args:
        admission: policies, counters, recorder, clock.
        hub: whose server tokens are.
        managed: the SIGN methods.
        where: finds the running chain of a name.
        monotonic: seconds of a clock that never steps.
    """

    def __init__(
        self,
        admission: Admission,
        hub: HubTokens,
        managed: Managed,
        where: Callable[[str], Where],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._admission = admission
        self._hub = hub
        self._managed = managed
        self._where = where
        self._monotonic = monotonic
        self._turns = Turns()

    async def handle(self, incoming: Incoming) -> Outgoing:
        """Answer one HTTP body.

        Args:
            incoming: as read from the socket.
        """
        request_id = next_id()
        try:
            chain_name(incoming.chain)
            identity = await authenticate(
                incoming.credential,
                policies=self._admission.policies,
                hub=self._hub,
                clock=self._admission.clock,
            )
            where = self._where(incoming.chain)
            key_chain(identity, where.chain)
            base = Attempt(identity, where.chain, "", request_id)
            policy = self._admission.policies.standing(identity.permit).policy
            paid = await self._admit(where, base, policy, incoming.body)
            body = await self._read(where, base, incoming.body, paid)
        except Exception as error:  # noqa: BLE001 (the edge: every error becomes an answer)
            return self._whole(error, request_id, incoming.language)
        if not body.batch:
            said = await self._one(where, base, body.requests[0], incoming, paid)
            return Outgoing(204, b"") if said is None else Outgoing(200, said)
        all_said = await self._all(where, base, body.requests, incoming, paid)
        kept = [each for each in all_said if each is not None]
        return Outgoing(200, b"[" + b",".join(kept) + b"]") if kept else Outgoing(204, b"")

    async def _admit(self, where: Where, attempt: Attempt, policy: Policy, body: bytes) -> _Paid:
        """Before a body is read: its length, one request, and units for many values."""
        units = 0
        try:
            quota.payload(policy, len(body))
            units = weight(body)
            quota.request(policy, self._admission.usage, self._monotonic())
        except SynakError as error:
            if units == 0 and error.params.get("clause") == "requests_per_second":
                return _Paid(policy, request=True, units=0, refused=error)
            await record(self._admission.refusals, where.node, attempt, error)
            raise
        if units:
            await self._charge_units(where, attempt, policy, units)
        return _Paid(policy, request=True, units=units)

    async def _read(self, where: Where, attempt: Attempt, body: bytes, paid: _Paid) -> Body:
        """Parse; without a place for it, what cannot be read says that there was no place."""
        try:
            return parse(body)
        except SynakError:
            if paid.refused is None:
                raise
            await record(self._admission.refusals, where.node, attempt, paid.refused)
            raise paid.refused from None

    def _whole(self, error: Exception, request_id: str, language: Language) -> Outgoing:
        """One error answers the whole body."""
        known = _known(error, request_id)
        said = as_object(known, request_id=request_id, language=language)
        return Outgoing(http_status(known), orjson.dumps(failure(None, said)))

    async def _all(
        self,
        where: Where,
        base: Attempt,
        requests: list[Request],
        incoming: Incoming,
        paid: _Paid,
    ) -> list[bytes | None]:
        """Transactions in order, the reads between them side by side."""
        done: list[bytes | None] = []
        beside: list[Request] = []

        async def flush() -> None:
            tasks = [self._one(where, base, each, incoming, paid) for each in beside]
            done.extend(await asyncio.gather(*tasks))
            beside.clear()

        for request in requests:
            if request.method.startswith("eth_send"):
                await flush()
                done.append(await self._one(where, base, request, incoming, paid))
            else:
                beside.append(request)
        await flush()
        return done

    async def _one(
        self, where: Where, base: Attempt, request: Request, incoming: Incoming, paid: _Paid
    ) -> bytes | None:
        """Answer one request; None for a notification."""
        try:
            result = await self._result(where, base, request, incoming.feed, paid)
            said = _written(answer(request.id, result), paid.room)
        except Exception as error:  # noqa: BLE001 (the edge: every error becomes an answer)
            known = _known(error, base.request_id)
            words = as_object(known, request_id=base.request_id, language=incoming.language)
            said = _written(failure(request.id, words), paid.room)
        return None if request.notification else said

    async def _result(
        self, where: Where, base: Attempt, request: Request, feed: Feed | None, paid: _Paid
    ) -> Any:
        attempt = Attempt(base.identity, base.chain, request.method[:64], base.request_id)
        if paid.request and paid.refused is None:
            paid.request = False  # this one was paid for with the body
        else:
            await self._charge(where, attempt, paid)
        if request.error is not None:
            raise request.error
        paid.room.check()
        call = classify(request)
        key_method(attempt.identity, call.method.name)
        units = price(call)
        if paid.units:
            credit = min(units, paid.units)
            paid.units -= credit
            units -= credit
        if units:
            await self._charge_units(where, attempt, paid.policy, units)
        kind = call.method.kind
        if kind is Kind.READ:
            name = call.method.name
            return await self._read_chain(where, attempt, name, call.params, room=paid.room)
        if kind is Kind.SUBMIT:
            return await self._submit(where, attempt, call, paid.room)
        if kind is Kind.SIGN:
            return await self._managed.answer(where, attempt, call.params)
        if kind is Kind.CHECK:
            return await check(self._admission, where, attempt, call.params)
        if kind is Kind.FEED:
            return await _subscriptions(where, attempt.identity, call, feed)
        return await answers.ANSWERS[call.method.name](where, call.params)

    async def _read_chain(
        self, where: Where, attempt: Attempt, name: str, params: list[Any], *, room: Room
    ) -> Any:
        chain, permit = where.chain, attempt.identity.permit
        if self._turns.beside(chain, permit, name):
            try:
                return await answers.read(where, permit, name, params, most=SMALL)
            except AnswerTooLong:
                pass  # it is large: in its turn
            finally:
                self._turns.done(chain, permit)
        async with self._turns.turn(chain, permit, name, params):
            room.check()
            try:
                return await answers.read(where, permit, name, params, most=LONGEST)
            except AnswerTooLong as error:
                raise InvalidInput("gateway.answer_too_long", limit=LONGEST) from error

    async def _charge(self, where: Where, attempt: Attempt, paid: _Paid) -> None:
        try:
            if paid.request and paid.refused is not None:
                paid.request = False
                raise paid.refused
            quota.request(paid.policy, self._admission.usage, self._monotonic())
        except SynakError as error:
            await record(self._admission.refusals, where.node, attempt, error)
            raise

    async def _charge_units(
        self, where: Where, attempt: Attempt, policy: Policy, units: int
    ) -> None:
        admission = self._admission
        try:
            durable = quota.units(
                policy, admission.usage, admission.ledger, units, admission.clock.now()
            )
        except SynakError as error:
            await record(admission.refusals, where.node, attempt, error)
            raise
        if not durable:
            await admission.ledger.flushed(policy.permit)

    async def _submit(self, where: Where, attempt: Attempt, call: Call, room: Room) -> Any:
        digest: TxHash = await submit(self._admission, where, attempt, call.params[0])
        if call.method.name == "eth_sendRawTransaction":
            return digest
        wait = call.params[1] / 1000 if len(call.params) > 1 else SYNC_WAIT
        await where.node.settled(digest, wait)
        name = "eth_getTransactionReceipt"
        receipt = await self._read_chain(where, attempt, name, [digest], room=room)
        if receipt is None:
            raise Unavailable("tx.not_mined_yet", hash=digest)
        return receipt


async def _subscriptions(
    where: Where, identity: Identity, call: Call, feed: Feed | None
) -> str | bool:
    if feed is None:
        raise InvalidInput("gateway.websocket_only", method=call.method.name)
    if call.method.name == "eth_unsubscribe":
        return feed.unsubscribe(call.params[0])
    return await feed.subscribe(where, identity, *call.params)


def _written(said: dict[str, Any], room: Room) -> bytes:
    """One answer as JSON, so that what cannot be written (too deep, for one) fails alone."""
    try:
        written = orjson.dumps(said)
    except orjson.JSONEncodeError as error:
        raise SynakError("gateway.internal") from error
    room.take(len(written))
    return written


def _known(error: Exception, request_id: str) -> SynakError:
    """An error of the tree; anything else is our own fault, logged, and said as such."""
    if isinstance(error, SynakError):
        return error
    _log.exception("gateway.internal_error", request_id=request_id)
    return SynakError("gateway.internal")
