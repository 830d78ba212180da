"""Which refusals in a transaction were really the Supervisor's.

Revert data proves nothing by itself: any contract can revert with the bytes of a refusal,
and any contract can catch one. The engine's call trace tells who was called and what that
call answered.

Source: the ``callTracer`` of geth's ``debug_traceTransaction``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.contracts.typed import ChainRefusal, decode_refusal


def refusals_in_trace(frame: Mapping[str, Any], supervisor: str) -> list[ChainRefusal]:
    """The Supervisor's own refusals, in the order in which they were made.

    Args:
        frame: the outermost frame as ``callTracer`` answers it.
        supervisor: the Supervisor's address on that chain.

    Returns:
        Refusals that failed the transaction, and those that a contract caught; nothing that
        another contract made up, and nothing of a delegated call.
    """
    found = []
    for call in _frames(frame):
        if call.get("type") != "CALL" or str(call.get("to", "")).lower() != supervisor.lower():
            continue
        output = str(call.get("output") or "0x")
        if call.get("error") and (refusal := decode_refusal(bytes.fromhex(output[2:]))):
            found.append(refusal)
    return found


def asking_of_supervisor(frame: Mapping[str, Any], supervisor: str) -> list[str]:
    """Who asked the Supervisor, in order: the tokens that were about to move.

    Args:
        frame: the outermost frame as ``callTracer`` answers it.
        supervisor: the Supervisor's address on that chain.
    """
    return [
        str(call.get("from"))
        for call in _frames(frame)
        if call.get("type") == "CALL" and str(call.get("to", "")).lower() == supervisor.lower()
    ]


def _frames(frame: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A frame and all below it, in order; without recursion, since depth is the caller's choice."""
    waiting = [frame]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(current.get("calls") or []))
