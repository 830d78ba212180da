"""Which refusals in a transaction were really the Supervisor's (or its SupervisedLedgers').

Revert data proves nothing by itself: any contract can revert with the bytes of a refusal,
and any contract can catch one. The engine's call trace tells who was called and what that
call answered. A supervised ledger that reports asks the SupervisedLedgers, which refuses what goes
beyond a claim before it asks the Supervisor; so its answers count as well. It passes on nobody
else's words: it calls only the Supervisor and supervised tokens.

Source: geth's custom tracers and the ``callTracer`` of its ``debug_traceTransaction``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sandbox.contracts.made import ledgers_address
from sandbox.contracts.typed import ChainRefusal, decode_refusal

_REFUSALS: Final = """{asked: [], found: [], judges: ['%s', '%s'],
enter: function(frame) {
  this.asked.push(frame.getType() == 'CALL' && this.judges.indexOf(toHex(frame.getTo())) >= 0);
},
exit: function(ended) {
  if (this.asked.pop() && ended.getError() !== undefined) this.found.push(toHex(ended.getOutput()));
},
fault: function() {},
result: function(whole) {
  var straight = whole.type == 'CALL' && this.judges.indexOf(toHex(whole.to)) >= 0;
  if (straight && whole.error !== undefined) this.found.push(toHex(whole.output));
  return this.found;
}}"""


def refusal_tracer(supervisor: str) -> str:
    """A tracer that tells what the two judges answered to calls that failed, and keeps no more.

    The engine's call tracer keeps the input of every call, which gas does not pay for.

    Args:
        supervisor: the Supervisor's address on that chain.
    """
    return _REFUSALS % (supervisor.lower(), ledgers_address(supervisor).lower())


def refusals_traced(answers: Sequence[str]) -> list[ChainRefusal]:
    """The Supervisor's own refusals, in the order in which they were made.

    Args:
        answers: what :func:`refusal_tracer` brought.

    Returns:
        Refusals that failed the transaction, and those that a contract caught; nothing that
        another contract made up, and nothing of a delegated call.
    """
    read = (decode_refusal(bytes.fromhex(each.removeprefix("0x"))) for each in answers)
    return [each for each in read if each is not None]


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
