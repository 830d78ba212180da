"""The internal side's evidence: batches of the journals, their comparison, proofs of records.

Rules:

1. Every heartbeat says up to where the audit log knows each journal. A journal that ends before,
   or holds another record there, is held: nothing new is acknowledged on that chain until they
   agree again, and the health says why.
2. The same when the journal's own anchor knows a batch that the audit log does not: the store is
   an older copy.
3. Where they agree and the audit log has gone on, the journal gets an anchor.
4. Only records of the permit that is asked for leave here; of others, hashes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from sandbox.chain.batches import Limits, disagreement, next_batches, records_from
from sandbox.chain.node import ChainNode
from sandbox.chain.records import Kind, Place
from sandbox.gateway.chains import Chains
from sandbox.gateway.evidence_records import Wanted, shown
from sandbox.gateway.submission import chain_name
from sandbox.kit.errors import IntegrityFailure, InvalidInput, Unavailable
from sandbox.kit.ids import ChainName

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.gateway.internal import Inside

MOST: Final = 2
"""Batches in one answer: reading them shares the interpreter with what is being acknowledged."""
LIMITS: Final = Limits()
_log = structlog.get_logger(__name__)
SIGNATURE_BYTES: Final = 65
KNOWN: Final = ("first", "last", "root", "end", "entry", "leaf")


async def get_batches(inside: Inside, request: Request) -> Any:
    """``GET /journal/batches?chain=&after=&offset=&hash=``: what is closed behind a place."""
    node = inside.chains.where(request.query_params.get("chain", "")).node
    start = _asked(request)
    if node.held is not None:
        raise IntegrityFailure(node.held.code, **node.held.params)
    journal = node.journal
    found = await asyncio.to_thread(
        next_batches,
        journal.path,
        start,
        journal.end,
        inside.clock.now().timestamp(),
        limits=LIMITS,
        most=MOST,
    )
    return {"batches": [each.as_dict() for each in found]}


async def get_agreement(inside: Inside, request: Request) -> Any:
    """``GET /journal/agreement?chain=&after=&offset=&hash=``: is this place in the journal?"""
    node = inside.chains.where(request.query_params.get("chain", "")).node
    journal, place = node.journal, _asked(request)
    code = await asyncio.to_thread(disagreement, journal.path, journal.end, place)
    return {"code": code}


async def post_records(inside: Inside, request: Request) -> Any:
    """``POST /journal/records``: what one batch holds of a permit, with proofs.

    Body: ``chain``, ``permit``, ``start`` (a place), ``last``, ``since`` and ``until`` (seconds
    since 1970 or None), ``waiting`` (hashes), ``published`` (signatures, hex).
    """
    try:
        body = json.loads(await request.body())
        wanted = Wanted(
            str(body["permit"]),
            0.0 if body["since"] is None else float(body["since"]),
            float("inf") if body["until"] is None else float(body["until"]),
            {str(each) for each in body["waiting"]},
            tuple(_signature(each) for each in body.get("published", ())),
        )
        chain, last = str(body["chain"]), int(body["last"])
        start = _place(body["start"])
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput("gateway.params_invalid", what="records of a batch") from error
    if not start.sequence <= last < start.sequence + LIMITS.records:
        raise InvalidInput("gateway.params_invalid", what="last")
    node = inside.chains.where(chain).node
    return await asyncio.to_thread(shown, node.journal.path, start, last, wanted)


async def get_behind(inside: Inside, request: Request) -> Any:
    """``GET /journal/behind?chain=&after=&offset=&hash=``: what no batch holds yet.

    Answers ``{records, last}``: how many records there are behind a place, and the sequence of the
    last of them. Anchors do not count: they never close a batch.
    """
    node = inside.chains.where(request.query_params.get("chain", "")).node
    journal, start = node.journal, _asked(request)
    found = await asyncio.to_thread(_behind, journal.path, start, journal.end)
    return {"records": len(found), "last": found[-1] if found else None}


def _behind(path: Path, start: Place, end: Place) -> list[int]:
    with path.open("rb") as file:
        return [
            stored.at.sequence
            for stored in records_from(file, start, end)
            if stored.record.kind is not Kind.ANCHOR
        ]


async def compare(chains: Chains, said: object) -> dict[str, Any]:
    """Compare each journal with what the audit log knows of it (rules 1 to 3).

    Args:
        chains: all chains.
        said: chain name to the newest batch in the audit log, or None where it holds none;
            nothing at all when nobody compares.

    Returns:
        Chain name to ``{ok, code, params}``; chains that do not run are left out.
    """
    if said is None:
        return {}
    if not isinstance(said, Mapping):
        raise InvalidInput("gateway.params_invalid", what="journals: object")
    answers: dict[str, Any] = {}
    for name, newest in said.items():
        chain = chain_name(str(name))
        try:
            node = chains.where(chain).node
            problem = await _problem(chain, node, newest)
            node.hold(problem)
            if problem is None and newest is not None:
                await _anchor(node, newest)
        except Unavailable as error:  # not running, or the disk is full: its own health says so
            _log.warning("journal.not_compared", chain=chain, code=error.code)
            continue
        answers[chain] = {
            "ok": problem is None,
            **({"code": None, "params": {}} if problem is None else problem.as_dict()),
        }
    return answers


async def _problem(
    chain: ChainName, node: ChainNode, newest: Mapping[str, Any] | None
) -> IntegrityFailure | None:
    journal, anchor = node.journal, node.anchor
    known = Place() if newest is None else _place(newest.get("end"))
    fresh = anchor is not None and _newly_accepted(anchor, newest)
    if anchor is not None and known.sequence < anchor["end"]["sequence"] and not fresh:
        return IntegrityFailure(
            "journal.ahead_of_audit",
            chain=chain,
            journal=anchor["end"]["sequence"] - 1,
            audit=known.sequence - 1,
        )
    try:
        code = await asyncio.to_thread(disagreement, journal.path, journal.end, known)
    except IntegrityFailure as error:
        return error
    if code is not None:
        return IntegrityFailure(
            code, chain=chain, ends=journal.end.sequence, expected=known.sequence
        )
    if newest is not None and anchor is not None and anchor["end"] == newest.get("end"):
        same = all(anchor[name] == newest.get(name) for name in ("entry", "leaf", "root"))
        if not (same or fresh):
            return IntegrityFailure("audit.rewritten", chain=chain, entry=anchor["entry"])
    return None


def _newly_accepted(anchor: Mapping[str, Any], newest: Mapping[str, Any] | None) -> bool:
    """Whether two regulators accepted the journal since its last anchor."""
    return newest is not None and bool(newest.get("accepted")) and anchor["leaf"] != newest["leaf"]


async def _anchor(node: ChainNode, newest: Mapping[str, Any]) -> None:
    anchor = node.anchor
    behind = anchor is None or anchor["end"]["sequence"] < newest["end"]["sequence"]
    if behind or (anchor is not None and _newly_accepted(anchor, newest)):
        await node.keep_anchor({name: newest.get(name) for name in KNOWN})


def _signature(text: object) -> bytes:
    """A whole signature: anything shorter would be found in other transactions."""
    data = bytes.fromhex(str(text).removeprefix("0x"))
    if len(data) != SIGNATURE_BYTES:
        raise ValueError("not a signature")
    return data


def _asked(request: Request) -> Place:
    query, begin = request.query_params, Place().as_dict()
    names = {"sequence": "after", "offset": "offset", "chain": "hash"}
    return _place({name: query.get(asked, begin[name]) for name, asked in names.items()})


def _place(value: Any) -> Place:
    try:
        place = Place(int(value["offset"]), int(value["sequence"]), bytes.fromhex(value["chain"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput("gateway.params_invalid", what="a place in the journal") from error
    if place.offset < Place().offset or place.sequence < 0 or len(place.chain) != 32:
        raise InvalidInput("gateway.params_invalid", what="a place in the journal")
    return place
