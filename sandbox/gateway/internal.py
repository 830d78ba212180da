"""The internal side: what the desk and the worker may ask, over a unix socket.

Whoever may open the socket may ask everything here: its folder belongs to the
group ``internal`` (desk, worker, gateway). Errors are answered as ``{code, params}``
with the status of their class; ``sandbox.services.gateway_client`` is the client.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sandbox.chain.events import RefusalEvidence
from sandbox.chain.signer.client import AsyncSignerClient
from sandbox.domain.policy import Policy
from sandbox.domain.usage import Usage
from sandbox.gateway import (
    answers,
    internal_blocks,
    internal_customers,
    internal_evidence,
    internal_holds,
    internal_review,
    public_state,
)
from sandbox.gateway.chains import Chains
from sandbox.gateway.cursor import EvidenceCount, join, split
from sandbox.gateway.customer_acts import CustomerActs
from sandbox.gateway.interruptions import Interruptions
from sandbox.gateway.methods import Kind
from sandbox.gateway.mined import MinedClauses
from sandbox.gateway.policies import PolicyStore, read_key
from sandbox.gateway.public_state import PublicStates
from sandbox.gateway.steps.classify import classify
from sandbox.gateway.steps.parse import Request as RpcRequest
from sandbox.gateway.system import SystemCall, SystemWallets, check_consent
from sandbox.gateway.tracker import Tracker, evidence_as_json
from sandbox.kit.clock import Clock
from sandbox.kit.errors import InvalidInput, SynakError
from sandbox.kit.ids import Address, ChainName, PermitNumber, checksum

PAGE: Final = 1_000
MOST_READINGS: Final = 500
"""Counters and reading requests in one message."""
"""Most refusals that one answer holds."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Inside:
    """Everything that the internal side speaks for."""

    chains: Chains
    policies: PolicyStore
    usage: Usage
    tracker: Tracker
    system: SystemWallets
    signer: AsyncSignerClient
    evidence: EvidenceCount
    clock: Clock
    mined: MinedClauses
    health: Callable[[], Awaitable[dict[str, Any]]]
    customers: CustomerActs
    interruptions: Interruptions
    public: PublicStates = field(default_factory=PublicStates)


Handler = Callable[[Inside, Request], Awaitable[Any]]


def internal_app(inside: Inside) -> Starlette:
    """The ASGI application of the internal side.

    Args:
        inside: what it speaks for.
    """

    def route(path: str, handler: Handler, method: str) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                answer = await handler(inside, request)
            except SynakError as error:
                return _json(error.as_dict(), error.status)
            except Exception:  # noqa: BLE001 (the edge: every error becomes an answer)
                _log.exception("gateway.internal_error", path=path)
                return _json({"code": "gateway.internal", "params": {}}, 500)
            return answer if isinstance(answer, Response) else _json(answer)

        return Route(path, endpoint, methods=[method])

    return Starlette(
        routes=[
            route("/healthz", _health, "GET"),
            route("/national", _national, "GET"),
            route("/policies", _put_policy, "PUT"),
            route("/holds", internal_holds.put_hold, "PUT"),
            route("/holds/end", internal_holds.take_back, "POST"),
            route("/keys", _put_keys, "PUT"),
            route("/heartbeat", _heartbeat, "POST"),
            route("/usage/{permit}", _usage, "GET"),
            route("/public-state", public_state.get, "GET"),
            route("/refusals", _refusals, "GET"),
            route("/events", _events, "GET"),
            route("/blocks", internal_blocks.blocks, "GET"),
            route("/blocks/index", internal_blocks.index, "GET"),
            route("/blocks/measure", internal_blocks.measure, "POST"),
            route("/review/layers", internal_review.layers, "GET"),
            route("/rpc", _rpc, "POST"),
            route("/readings", _readings, "POST"),
            route("/system", _submit_system, "POST"),
            route("/consent", _sign_consent, "POST"),
            route("/wallet", _wallet, "POST"),
            route("/customer/act", internal_customers.post_act, "POST"),
            route("/customer/found", internal_customers.post_found, "POST"),
            route("/journal/batches", internal_evidence.get_batches, "GET"),
            route("/journal/records", internal_evidence.post_records, "POST"),
            route("/journal/behind", internal_evidence.get_behind, "GET"),
            route("/journal/agreement", internal_evidence.get_agreement, "GET"),
        ]
    )


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status_code=status, media_type="application/json")


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())  # exact for integers of any size
    except ValueError as error:
        raise InvalidInput("gateway.not_json") from error
    if not isinstance(body, dict):
        raise InvalidInput("gateway.not_json")
    return body


def _field(body: dict[str, Any], name: str, kind: type[Any]) -> Any:
    value = body.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InvalidInput("gateway.params_invalid", what=f"{name}: {kind.__name__}")
    return value


async def _health(inside: Inside, _request: Request) -> Any:
    health = await inside.health()
    return _json(health, 200 if health["status"] == "ok" else 503)


async def _national(inside: Inside, _request: Request) -> Any:
    return inside.chains.national()


async def _put_policy(inside: Inside, request: Request) -> Any:
    policy = Policy.from_dict(await _body(request))
    return {"revision": await inside.policies.put_policy(policy)}


async def _put_keys(inside: Inside, request: Request) -> Any:
    records = [read_key(each) for each in _field(await _body(request), "keys", list)]
    return {"keys": await inside.policies.put_keys(records)}


async def _heartbeat(inside: Inside, request: Request) -> Any:
    body = await _body(request)
    journals = await internal_evidence.compare(inside.chains, body.get("journals"))
    known = body.get("interruptions")
    interrupted = inside.interruptions.after(known if isinstance(known, int) else 0)
    return {**inside.policies.heartbeat(), "journals": journals, "interruptions": interrupted}


async def _usage(inside: Inside, request: Request) -> Any:
    return _used(inside, PermitNumber(request.path_params["permit"]))


def _used(inside: Inside, permit: PermitNumber) -> dict[str, Any]:
    counters, at = inside.usage.of(permit), inside.clock.now()
    return {
        "as_of": at.isoformat(),
        "permit": permit,
        **inside.usage.used(permit, inside.policies.held(permit), at),
        "acknowledged_at": counters.acknowledged.isoformat() if counters.acknowledged else None,
        "requests_per_second": counters.requests.recent(time.monotonic()),
    }


async def _refusals(inside: Inside, request: Request) -> Any:
    query = request.query_params
    try:
        after, limit = int(query.get("after", "0")), int(query.get("limit", "200"))
    except ValueError as error:
        raise InvalidInput("gateway.params_invalid", what="after, limit: integers") from error
    limit, permit = max(1, min(limit, PAGE)), query.get("permit")
    counts = split(after)
    found: list[tuple[float, ChainName, RefusalEvidence]] = []
    for name, node in inside.chains.nodes().items():
        await inside.evidence.learn(name, node)
        page = await node.refusals(inside.evidence.cursor(name, counts[name]), permit, limit)
        await inside.evidence.learn(name, node)
        found.extend((each.at, name, each) for each in page)
    found.sort(key=lambda one: (one[0], one[1], one[2].cursor))
    records = []
    for _at, name, evidence in found[:limit]:
        counts[name] = inside.evidence.count(name, evidence.cursor)
        confirmed = await inside.mined.confirmed(name, evidence)
        if confirmed is None:
            break  # the reader asks again from here
        said = evidence_as_json(name, evidence, confirmed=confirmed)
        records.append({**said, "seq": join(counts)})
    return {"refusals": records}


async def _events(inside: Inside, _request: Request) -> Any:
    async def lines() -> AsyncIterator[bytes]:
        yield b'{"type":"begin"}\n'
        async for event in inside.tracker.events():
            yield orjson.dumps(event) + b"\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


async def _rpc(inside: Inside, request: Request) -> Any:
    """A reading request; the same table and the same schemas as for everybody."""
    return await _read(inside, await _body(request))


async def _readings(inside: Inside, request: Request) -> Any:
    """Counters of many permits and many reading requests; each request's error stands alone."""
    body = await _body(request)
    permits, asked = _field(body, "permits", list), _field(body, "asked", list)
    if len(permits) + len(asked) > MOST_READINGS:
        raise InvalidInput("gateway.params_invalid", what=f"at most {MOST_READINGS} readings")
    if not all(isinstance(each, str) for each in permits):
        raise InvalidInput("gateway.params_invalid", what="permits: str")
    if not all(isinstance(each, dict) for each in asked):
        raise InvalidInput("gateway.params_invalid", what="asked: dict")
    told = []
    for each in asked:
        try:
            told.append(await _read(inside, each))
        except SynakError as error:
            told.append({"status": error.status, **error.as_dict()})
    return {"permits": [_used(inside, PermitNumber(each)) for each in permits], "asked": told}


async def _read(inside: Inside, body: dict[str, Any]) -> dict[str, Any]:
    where = inside.chains.where(_field(body, "chain", str))
    asked = RpcRequest(None, _field(body, "method", str), _field(body, "params", list))
    call = classify(asked)
    if call.method.kind is Kind.ANSWERED:
        return {"result": await answers.ANSWERS[call.method.name](where, call.params)}
    if call.method.kind is not Kind.READ:
        raise InvalidInput("gateway.method_not_offered", method=call.method.name, kind="internal")
    permit = PermitNumber("")
    return {"result": await answers.read(where, permit, call.method.name, call.params)}


async def _submit_system(inside: Inside, request: Request) -> Any:
    body = await _body(request)
    where = inside.chains.where(_field(body, "chain", str))
    data = _field(body, "data", str)
    try:
        payload = bytes.fromhex(data.removeprefix("0x"))
        value = int(_field(body, "value", str))
    except ValueError as error:
        raise InvalidInput("gateway.params_invalid", what="data, value") from error
    permit = body.get("permit")
    call = SystemCall(
        key=_field(body, "key", str),
        to=checksum(_field(body, "to", str)),
        data=payload,
        value=value,
        idempotency_key=_field(body, "idempotency_key", str),
        permit=PermitNumber(permit) if isinstance(permit, str) else None,
        wait=body.get("wait") is not False,
    )
    return await inside.system.submit(where, call, secrets.token_hex(8))


async def _sign_consent(inside: Inside, request: Request) -> Any:
    body = await _body(request)
    permit, key = PermitNumber(_field(body, "permit", str)), _field(body, "key", str)
    typed = _field(body, "typed", dict)
    supervisors: dict[int, Address] = {
        each["chain_id"]: each["supervisor"] for each in inside.chains.national().values()
    }
    await check_consent(inside.signer, supervisors, permit, key, typed)
    return {"signature": "0x" + (await inside.signer.sign_typed(key, typed)).hex()}


async def _wallet(inside: Inside, request: Request) -> Any:
    key = _field(await _body(request), "key", str)
    return {"address": await inside.signer.address(key)}
