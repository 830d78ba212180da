"""Reading a contract: its view functions, called on the newest state.

Rules:

- Only functions that the contract's known source calls ``view`` or ``pure``, of a source that
  this reader may see; the call changes nothing, whatever the code says of itself.
- The call goes the way of every reading request, through the gateway's table and schemas, as
  nobody and with bounded gas; at most a few are under way at once, so that readers of the
  explorer never stand in the way of the regulators' pages.
- What comes back is decoded only when its types are bounded; the rest is shown as it is, cut.

Source: Solidity ABI specification 0.8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any, Final

from eth_abi.abi import encode
from eth_abi.exceptions import EncodingError

from sandbox.domain.seats import Actor
from sandbox.kit.errors import InvalidInput, NotFound, SynakError
from sandbox.kit.ids import checksum
from sandbox.services.explorer import chain_of, known_abi
from sandbox.services.explorer_arguments import read_argument
from sandbox.services.explorer_decode import (
    Abi,
    Argument,
    Reverted,
    decodable,
    decode_outputs,
    decode_revert,
    selector_of,
    type_of,
)
from sandbox.services.places import place
from sandbox.services.ports import GatewayPort
from sandbox.store import UnitOfWork

READ_GAS: Final = 5_000_000
"""Gas that one call may use."""
AT_ONCE: Final = 2
"""Calls that are under way at once, of all readers of this desk."""
MOST_ANSWER: Final = 65_536
"""Bytes of an answer that are decoded."""
MOST_FUNCTIONS: Final = 200
_places = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Input:
    """One argument of a function: its name (or its place) and its type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function that can be read.

    Attributes:
        selector: the first four bytes of a call, hex.
        name: the function's.
        inputs: its arguments.
        outputs: the types of its results.
    """

    selector: str
    name: str
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave.

    Attributes:
        function: which was called.
        values: the results; None when they could not be decoded or the call failed.
        raw: what came back, perhaps cut, hex.
        revert: why it failed; None when it did not.
    """

    function: Function
    values: tuple[Argument, ...] | None
    raw: str
    revert: Reverted | None = None


def functions(abi: Abi) -> tuple[Function, ...]:
    """The functions of an interface that only read, by name."""
    found = [_function(each) for each in abi if _reads(each)]
    return tuple(sorted(found, key=lambda each: (each.name, each.selector))[:MOST_FUNCTIONS])


def read(  # noqa: PLR0913
    u: UnitOfWork,
    actor: Actor,
    chain: str,
    address: str,
    selector: str,
    given: Sequence[str],
    *,
    gateway: GatewayPort,
) -> Answer:
    """Call one function.

    Args:
        u: a reading unit of work.
        actor: who reads.
        chain: which ledger.
        address: the contract's.
        selector: which function.
        given: its arguments as typed, in order.
        gateway: where it is asked.

    Raises:
        NotFound: ``explorer.no_function``: no such function is known to this reader.
        InvalidInput: ``explorer.argument``.
        Unavailable: ``explorer.read_busy``, ``gateway.unreachable``.
    """
    known, low = chain_of(chain), checksum(address).lower()
    abi = known_abi(u, actor, known, low) or ()
    entry = next((each for each in abi if _reads(each) and selector_of(each) == selector), None)
    if entry is None:
        raise NotFound("explorer.no_function", what=selector[:10])
    function = _function(entry)
    call = {"to": low, "data": _data(function, given), "gas": hex(READ_GAS)}
    try:
        with place(_places, "explorer.read_busy"):
            raw = str(gateway.rpc(known, "eth_call", [call, "latest"]))
    except SynakError as error:
        if error.code != "gateway.reverted":
            raise
        data = str(error.params.get("data", "0x"))
        revert = decode_revert(abi, data, national=False)
        return Answer(function, None, data[: 2 + 2_000], revert)
    whole = len(raw) <= 2 + 2 * MOST_ANSWER
    values = decode_outputs(entry, raw) if whole else None
    return Answer(function, values, raw[: 2 + 2_000])


def _reads(entry: Mapping[str, Any]) -> bool:
    if entry.get("type") != "function" or entry.get("stateMutability") not in {"view", "pure"}:
        return False
    return all(decodable(type_of(each)) for each in entry.get("inputs") or ())


def _function(entry: Mapping[str, Any]) -> Function:
    return Function(
        selector=selector_of(entry),
        name=str(entry["name"])[:80],
        inputs=tuple(
            Input(str(each.get("name") or place)[:80], type_of(each))
            for place, each in enumerate(entry.get("inputs") or (), 1)
        ),
        outputs=tuple(type_of(each) for each in entry.get("outputs") or ()),
    )


def _data(function: Function, given: Sequence[str]) -> str:
    if len(given) != len(function.inputs):
        raise InvalidInput("explorer.argument", name=function.name, type="", text="")
    values = [
        read_argument(each.type, text, each.name)
        for each, text in zip(function.inputs, given, strict=True)
    ]
    try:
        body = encode([each.type for each in function.inputs], values)
    except (EncodingError, OverflowError, ValueError) as error:
        raise InvalidInput("explorer.argument", name=function.name, type="", text="") from error
    return function.selector + body.hex()
