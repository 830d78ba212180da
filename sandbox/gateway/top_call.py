"""The one trace that is offered: a transaction's outermost call.

Asked for as geth's ``callTracer`` with ``onlyTopCall``, and answered in its form; carried out by a
tracer of our own without a look at any inner call, because the engine's keeps the input of each,
also where it does not show them (1,800 MB for 1,000,000 gas; measured).

>>> frame = {"type": "CALL", "from": "0x01", "to": "0x02", "gas": 16, "gasUsed": 16, "value": "0"}
>>> top_call({**frame, "input": "0x", "output": "0x", "error": "execution halted: OutOfGas(Basic)"})
{'type': 'CALL', 'from': '0x01', 'to': '0x02', 'gas': '0x10', 'gasUsed': '0x10', 'value': '0x0', \
'input': '0x', 'error': 'out of gas'}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.contracts.typed import decode_reason

TOP_CALL: Final[dict[str, Any]] = {
    "tracer": """{fault: function() {},
result: function(whole) {
  var frame = {type: whole.type, from: toHex(whole.from), gas: whole.gas, gasUsed: whole.gasUsed,
    value: whole.value.toString(), input: toHex(whole.input), output: toHex(whole.output)};
  if (whole.to) frame.to = toHex(whole.to);
  if (whole.error !== undefined) frame.error = whole.error;
  return frame;
}}"""
}
"""What the engine is asked for."""
_NUMBERS: Final = ("gas", "gasUsed", "value")
_NAMES: Final = ("type", "from", "to", *_NUMBERS, "input", "output", "error")


def top_call(found: Mapping[str, Any]) -> dict[str, Any]:
    """The engine's answer as ``callTracer`` gives it.

    Args:
        found: what ``TOP_CALL`` brought.
    """
    frame = {name: found[name] for name in _NAMES if name in found}
    frame |= {name: hex(int(found[name])) for name in _NUMBERS}
    output, error = frame["output"], frame.get("error")
    if output == "0x":
        del frame["output"]
    if error is not None and "OutOfGas" in error:
        frame["error"] = "out of gas"
    reason = decode_reason(bytes.fromhex(output[2:])) if error is not None else None
    if reason is not None:
        frame["revertReason"] = reason
    return frame
