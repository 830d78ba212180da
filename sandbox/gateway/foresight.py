"""What a transaction would do at the head, found by trying it out: whom it runs, what it creates.

Rules:

- One trial of ``debug_traceCall`` with a tracer of our own, which sees each call once and keeps
  addresses only: whose code a watched account ran as its own, which watched accounts were entered
  so that their storage may have changed, which contracts are there afterwards. The engine's own
  tracers keep the input of every call, which gas does not pay for.
- It is tried at the head, with the time that the next block will carry. What is queued
  before it can change what it does: that is seen after its block (``mined_delegations``).
- What cannot be tried in ``SECONDS`` is refused where something is watched over:
  ``gateway.cannot_foresee``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.chain.ipc import EngineError
from sandbox.chain.node import ChainNode
from sandbox.chain.transaction import SignedTx
from sandbox.kit.errors import Unavailable

SECONDS: Final = 3.0
"""How long trying one transaction may take."""
GIVEN_UP: Final = "timeout"
"""Reason of ``gateway.cannot_foresee`` when it took longer."""
TRACED_GAS: Final = 3_000_000
"""What a transaction that touches a watched contract may have as its gas limit: each of its
calls is looked at, some 25,000 at the most."""
_TRACER: Final = """{ran: {}, entered: {}, made: {}, watched: %s,
enter: function(frame) {
  var kind = frame.getType();
  if (kind == 'STATICCALL') return;
  var to = toHex(frame.getTo());
  if (kind == 'CALL') { if (this.watched[to]) this.entered[to] = 1; return; }
  if (kind == 'CREATE' || kind == 'CREATE2') { this.made[to] = 1; return; }
  var account = toHex(frame.getFrom());
  if (this.watched[account]) this.ran[account + ' ' + to] = 1;
},
fault: function() {},
result: function(context, state) {
  var there = [];
  for (var each in this.made) if (state.getNonce(toAddress(each)) > 0) there.push(each);
  return {ran: Object.keys(this.ran), entered: Object.keys(this.entered), created: there};
}}"""


@dataclass(frozen=True)
class Foreseen:
    """What a transaction would do; all addresses lower-case.

    Attributes:
        ran: pairs of a watched account and the address of code that it would run as its own, at
            any moment.
        entered: watched accounts that would be called, so that their storage may change.
        created: contracts that would be there afterwards, itself left out.
    """

    ran: frozenset[tuple[str, str]]
    entered: frozenset[str]
    created: tuple[str, ...]


async def foresee(
    node: ChainNode, transaction: SignedTx, watched: Collection[str] = ()
) -> Foreseen:
    """Try a transaction at the head.

    Args:
        node: the chain.
        transaction: decoded.
        watched: accounts that are looked at.

    Raises:
        Unavailable: ``gateway.cannot_foresee``.
    """
    accounts = {each.lower() for each in watched}
    tracer = _TRACER % json.dumps(dict.fromkeys(sorted(accounts), 1))
    options = {"tracer": tracer, "blockOverrides": {"time": hex(node.next_timestamp())}}
    found = await tried(node, "debug_traceCall", called(transaction), "latest", options)
    return read_trial(found, (transaction.to or "").lower(), accounts)


def called(transaction: SignedTx) -> dict[str, Any]:
    """A transaction as the engine's trials take it: nobody has to pay for the gas.

    Args:
        transaction: decoded.
    """
    call = {
        "from": transaction.sender,
        "data": "0x" + transaction.data.hex(),
        "gas": hex(transaction.gas),
        "gasPrice": "0x0",
    }
    return call if transaction.to is None else {**call, "to": transaction.to}


async def tried(node: ChainNode, method: str, *params: Any) -> Any:
    """Ask the engine to try something, for a bounded time.

    Args:
        node: the chain.
        method: that tries.
        *params: its parameters.

    Raises:
        Unavailable: ``gateway.cannot_foresee``.
    """
    try:
        async with asyncio.timeout(SECONDS):
            return await node.call(method, *params)
    except (EngineError, TimeoutError) as error:
        reason = error.message[:120] if isinstance(error, EngineError) else GIVEN_UP
        raise Unavailable("gateway.cannot_foresee", reason=reason) from error


def read_trial(found: Mapping[str, Any], to: str, watched: Collection[str]) -> Foreseen:
    """Read the tracer's answer.

    Args:
        found: ``{ran, entered, created}``.
        to: whom the transaction calls, which the tracer is not shown; lower-case.
        watched: lower-case.

    >>> one, other = "0x" + "11" * 20, "0x" + "22" * 20
    >>> seen = read_trial({"ran": [one + " " + other], "entered": [], "created": []}, one, {one})
    >>> seen.ran == {(one, other)}, seen.entered == {one}, seen.created
    (True, True, ())
    """
    entered = {*found["entered"], *({to} & set(watched))}
    ran = frozenset((pair[:42], pair[43:]) for pair in found["ran"])
    return Foreseen(ran, frozenset(entered), tuple(found["created"]))
