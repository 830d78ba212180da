"""Calls, events and revert data in words, when the ABI is known.

Rules:

- Names come from the national contracts' ABI, from a verified source, or from the standard
  forms of ERC-20; the last is a guess and said to be one (``Decoded.guessed``).
- Data is hostile, and so may a verified ABI be: types with arrays in arrays beyond
  :data:`DEEPEST`, empty arrays or empty tuples are not decoded, since a few kilobytes of
  overlapping pointers would unfold to more than memory. What is shown is bounded.
- Revert data proves nothing by itself: only when the national contract itself was called is
  a refusal the Supervisor's own; otherwise it is what the called contract says.

Source: Solidity ABI specification 0.8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError, ParseError
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from sandbox.contracts.loader import artifact
from sandbox.contracts.typed import ChainRefusal, decode_reason, decode_refusal
from sandbox.kit.ids import with_checksum

Abi = Sequence[Mapping[str, Any]]
DEEPEST: Final = 2
"""Arrays in arrays that are decoded."""
MOST_ARRAYS: Final = 4
"""Arrays in one type."""
MOST_ARGUMENTS: Final = 40
MOST_ITEMS: Final = 20
MOST_TEXT: Final = 400
_TYPE: Final = re.compile(r"[a-z0-9(),\[\]]{1,500}")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: ``address`` is set when the value is one, to lead there."""

    name: str
    type: str
    value: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """A call, an event or an error.

    Attributes:
        name: the function's or event's.
        arguments: in order.
        guessed: from a standard's form, not from this contract's ABI.
    """

    name: str
    arguments: tuple[Argument, ...]
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Reverted:
    """Why a transaction failed.

    Attributes:
        refusal: the Supervisor's, or what looks like one.
        own: the Supervisor itself said so, or a national token for it.
        reason: ``Error`` or ``Panic`` in words.
        error: a custom error of the called contract.
        data: as it came.
    """

    refusal: ChainRefusal | None
    own: bool
    reason: str | None
    error: Decoded | None
    data: str


def national_abi(name: str) -> Abi:
    """The ABI of a national contract."""
    return artifact(name).abi


_STANDARD: Final = (
    ("function", "transfer", ("address to", "uint256 value")),
    ("function", "approve", ("address spender", "uint256 value")),
    ("function", "transferFrom", ("address from", "address to", "uint256 value")),
    ("function", "mint", ("address to", "uint256 amount")),
    ("event", "Transfer", ("address* from", "address* to", "uint256 value")),
    ("event", "Approval", ("address* owner", "address* spender", "uint256 value")),
    ("event", "OwnershipTransferred", ("address* previousOwner", "address* newOwner")),
)


@cache
def standard() -> Abi:
    """The standard forms that are guessed from. Source: ERC-20, ERC-173."""
    return [
        {"type": kind, "name": name, "inputs": [_standard_input(each) for each in inputs]}
        for kind, name, inputs in _STANDARD
    ]


def _standard_input(text: str) -> dict[str, Any]:
    kind, name = text.split()
    return {"type": kind.removesuffix("*"), "name": name, "indexed": kind.endswith("*")}


def method_name(abi: Abi | None, data: str) -> tuple[str, bool] | None:
    """The name of the function that call data asks for, and whether it is a guess."""
    for forms, guessed in ((abi, False), (standard(), True)):
        entry = _by_selector(forms or (), "function", data[:10])
        if entry is not None:
            return str(entry["name"])[:80], guessed
    return None


def decode_call(abi: Abi | None, data: str, *, whole: bool = True) -> Decoded | None:
    """Call data as a call.

    Args:
        abi: of the called contract, if it is known.
        data: ``0x`` hex.
        whole: whether the data is complete; cut data is not decoded.

    Returns:
        None when no form fits.
    """
    if not whole or len(data) < 10:
        return None
    return _decode_body(abi, "function", data)


def decode_log(abi: Abi | None, topics: Sequence[str], data: str) -> Decoded | None:
    """An event; None when no form fits."""
    if not topics:
        return None
    for forms, guessed in ((abi, False), (standard(), True)):
        for entry in forms or ():
            if entry.get("type") == "event" and not entry.get("anonymous"):
                found = _event(entry, topics, data, guessed=guessed)
                if found is not None:
                    return found
    return None


def decode_revert(abi: Abi | None, output: str | None, *, national: bool) -> Reverted | None:
    """Revert data in all the forms that are known.

    Args:
        abi: of the called contract.
        output: ``0x`` hex, perhaps cut; None when it is not known.
        national: whether a national contract itself was called.
    """
    if output is None:
        return None
    try:
        raw = bytes.fromhex(output[2:])
    except ValueError:
        return None
    refusal = decode_refusal(raw)
    reason = None if refusal else decode_reason(raw)
    error = None
    if refusal is None and reason is None and len(raw) >= 4:
        error = _decode_body(abi, "error", output)
    own = refusal is not None and national
    return Reverted(refusal, own, reason, error, output)


def _decode_body(abi: Abi | None, kind: str, data: str) -> Decoded | None:
    for forms, guessed in ((abi, False), (standard(), True)):
        entry = _by_selector(forms or (), kind, data[:10])
        if entry is None:
            continue
        inputs = entry.get("inputs") or []
        values = _values([type_of(each) for each in inputs], data[10:])
        if values is not None:
            shown = zip(inputs, values, strict=True)
            return Decoded(
                str(entry["name"])[:80], tuple(_argument(a, b) for a, b in shown), guessed
            )
    return None


def _event(
    entry: Mapping[str, Any], topics: Sequence[str], data: str, *, guessed: bool
) -> Decoded | None:
    inputs = entry.get("inputs") or []
    indexed = [each for each in inputs if each.get("indexed")]
    if len(indexed) != len(topics) - 1 or _digest(entry) != topics[0]:
        return None
    plain = [each for each in inputs if not each.get("indexed")]
    values = _values([type_of(each) for each in plain], data[2:])
    if values is None:
        return None
    rest, heads = iter(values), iter(topics[1:])
    arguments = []
    for each in inputs:
        if not each.get("indexed"):
            arguments.append(_argument(each, next(rest)))
            continue
        arguments.append(_topic(each, next(heads)))
    return Decoded(str(entry["name"])[:80], tuple(arguments), guessed)


def _topic(entry: Mapping[str, Any], topic: str) -> Argument:
    """An indexed argument; of a type that does not fit a word only the hash is there."""
    kind = type_of(entry)
    if re.fullmatch(r"(address|bool|u?int\d*|bytes\d+)", kind):
        values = _values([kind], topic[2:])
        if values is not None:
            return _argument(entry, values[0])
    return Argument(str(entry.get("name", ""))[:80], kind, topic)


def _by_selector(abi: Iterable[Mapping[str, Any]], kind: str, selector: str) -> Any:
    for entry in abi:
        if entry.get("type") == kind and selector_of(entry) == selector:
            return entry
    return None


def selector_of(entry: Mapping[str, Any]) -> str:
    """The first four bytes of a function's or an error's hash, hex."""
    return _digest(entry)[:10]


def decode_outputs(entry: Mapping[str, Any], data: str) -> tuple[Argument, ...] | None:
    """What a function gave back; None when its types are not bounded or do not fit."""
    outputs = entry.get("outputs") or []
    values = _values([type_of(each) for each in outputs], data[2:])
    if values is None:
        return None
    return tuple(_argument(each, value) for each, value in zip(outputs, values, strict=True))


def _digest(entry: Mapping[str, Any]) -> str:
    return _keccak(f"{entry.get('name')}({','.join(map(type_of, entry.get('inputs') or []))})")


@cache
def _keccak(text: str) -> str:
    return "0x" + keccak(text=text).hex()


def type_of(entry: Mapping[str, Any]) -> str:
    """An entry's canonical type; ``?`` when it has none."""
    try:
        return str(collapse_if_tuple(dict(entry)))
    except (KeyError, TypeError, ValueError):
        return "?"


def _values(kinds: Sequence[str], data: str) -> tuple[Any, ...] | None:
    if len(kinds) > MOST_ARGUMENTS or not all(map(decodable, kinds)):
        return None
    try:
        return decode(list(kinds), bytes.fromhex(data))
    except (DecodingError, ParseError, ValueError, OverflowError, RecursionError, TypeError):
        return None


def decodable(kind: str) -> bool:
    """Whether a type unfolds to no more than its data pays for.

    >>> decodable("uint256[][]"), decodable("(address,uint256[])[]"), decodable("uint256[][][]")
    (True, True, False)
    >>> decodable("uint256[0][]"), decodable("()[]")
    (False, False)
    """
    empty = "[0" in kind or "()" in kind
    if not _TYPE.fullmatch(kind) or empty or kind.count("[") > MOST_ARRAYS:
        return False
    deepest, depth, stack = 0, 0, list[int]()
    for place in range(len(kind) - 1, -1, -1):  # from the right: brackets wrap what is before
        letter = kind[place]
        if letter == "]":
            depth += 1
            deepest = max(deepest, depth)
        elif letter == ")":
            stack.append(depth)
        elif letter == "(":
            stack = stack[:-1]
            depth = stack[-1] if stack else 0
        elif letter == ",":
            depth = stack[-1] if stack else 0
    return deepest <= DEEPEST


def _argument(entry: Mapping[str, Any], value: Any) -> Argument:
    kind = type_of(entry)
    address = value if kind == "address" and isinstance(value, str) else None
    return Argument(
        str(entry.get("name", ""))[:80],
        kind,
        shown(value),
        address.lower() if address else None,
    )


def shown(value: Any) -> str:
    r"""A decoded value as bounded text.

    >>> shown([1, True, b"\x01"])
    '[1, true, 0x01]'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        text = "0x" + value[:MOST_TEXT].hex()
    elif isinstance(value, list | tuple):
        more = ", …" if len(value) > MOST_ITEMS else ""
        text = f"[{', '.join(shown(each) for each in value[:MOST_ITEMS])}{more}]"
    elif isinstance(value, str):
        clean = "".join(each if each.isprintable() else "·" for each in value[:MOST_TEXT])
        text = with_checksum(clean)
    else:
        text = str(value)
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "…"
