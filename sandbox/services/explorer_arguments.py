"""Arguments that a person types for a contract's function, as the values of its types.

Rules:

- A single value is typed as it is: ``0x…`` for addresses and bytes, digits for numbers, ``true``
  or ``false``; arrays and tuples are JSON lists, whose numbers may be text.
- What does not fit its type is refused by the argument's name; nothing is guessed or cut.
- Types that unfold to more than their data pays for are not offered (``explorer_decode``).

>>> read_argument("uint256[]", '[1, "20"]', "amounts")
[1, 20]

Source: Solidity ABI specification 0.8.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from eth_abi.exceptions import ParseError
from eth_abi.grammar import BasicType, TupleType, parse

from sandbox.kit.errors import InvalidInput, SynakError
from sandbox.kit.ids import checksum

MOST_TYPED: Final = 4_000
"""Characters of one argument."""
MOST_LISTED: Final = 100
"""Values of one array."""
_NUMBER: Final = re.compile(r"-?(?:[0-9]{1,78}|0x[0-9a-fA-F]{1,64})", re.ASCII)
_HEX: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*", re.ASCII)
_WORDS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def read_argument(kind: str, text: str, name: str) -> Any:
    """One argument as its type's value.

    Args:
        kind: the canonical type, for example ``uint256`` or ``(address,uint256)[]``.
        text: as typed.
        name: the argument's name, for the error.

    Raises:
        InvalidInput: ``explorer.argument``.
    """
    typed = text.strip()
    try:
        return _read(parse(kind), typed)
    except (ValueError, SynakError, ParseError, RecursionError) as error:
        raise InvalidInput("explorer.argument", name=name, type=kind, text=typed[:80]) from error


def _read(form: BasicType | TupleType, typed: str) -> Any:
    if len(typed) > MOST_TYPED:
        raise ValueError("long")
    listed = form.is_array or isinstance(form, TupleType)
    return _value(form, json.loads(typed) if listed else typed)


def _value(form: BasicType | TupleType, given: Any) -> Any:
    if form.is_array:
        most = form.arrlist[-1][0] if form.arrlist[-1] else None
        if not isinstance(given, list) or len(given) > MOST_LISTED:
            raise ValueError("list")
        if most is not None and len(given) != most:
            raise ValueError("length")
        return [_value(form.item_type, each) for each in given]
    if isinstance(form, TupleType):
        if not isinstance(given, list) or len(given) != len(form.components):
            raise ValueError("tuple")
        return tuple(_value(part, each) for part, each in zip(form.components, given, strict=True))
    if isinstance(given, bool):
        given = "true" if given else "false"
    if isinstance(given, (list, dict, float)) or given is None:
        raise ValueError("single")
    return _single(form, str(given))


def _single(form: BasicType, text: str) -> Any:
    if form.base in {"uint", "int"}:
        return _number(form, text)
    if form.base == "address":
        return checksum(text)
    if form.base == "bool":
        return _word(text)
    if form.base == "bytes":
        return _bytes(form, text)
    if form.base == "string":
        return text
    raise ValueError(form.base)


def _number(form: BasicType, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError("number")
    value = int(text, 16 if "x" in text else 10)
    size = int(form.sub or 256)
    low, high = (0, 1 << size) if form.base == "uint" else (-(1 << size - 1), 1 << size - 1)
    if not low <= value < high:
        raise ValueError("range")
    return value


def _word(text: str) -> bool:
    word = text.casefold()
    if word not in _WORDS:
        raise ValueError("bool")
    return _WORDS[word]


def _bytes(form: BasicType, text: str) -> bytes:
    if not _HEX.fullmatch(text):
        raise ValueError("hex")
    value = bytes.fromhex(text[2:])
    if form.sub and len(value) != int(form.sub):
        raise ValueError("length")
    return value
