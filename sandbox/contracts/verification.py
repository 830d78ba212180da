"""Whether compiled code is the code on the chain.

Rules:

- Every byte counts but the values of immutables, which a constructor writes, the address
  that a library's code carries of itself, and the metadata at the end.
- ``full`` needs a fingerprint of the sources in the metadata (a hash for IPFS or Swarm) that
  is the same in both: then names and comments are the author's as well. Without a
  fingerprint, or with another one, equal code is a ``partial`` match.
- The constructor's arguments are what follows the creation code in the transaction that
  created the contract, and must be an encoding of the constructor's types, exactly.

Source: Solidity documentation, "Encoding of the Metadata Hash in the Bytecode",
"Call Protection For Libraries".

>>> tail(bytes.fromhex("6000" + "a164736f6c6343000821000a"))
12
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_utils.abi import collapse_if_tuple

from sandbox.contracts.standard_input import Compiled
from sandbox.domain.ledger import Match
from sandbox.kit.errors import InvalidInput

_FINGERPRINTS: Final = (b"\x64ipfs\x58", b"\x65bzzr0\x58", b"\x65bzzr1\x58")
_LONGEST_TAIL: Final = 200
_ADDRESS: Final = slice(1, 21)


def compare(compiled: Compiled, code: bytes) -> Match:
    """Compare with the code on the chain.

    Args:
        compiled: from a given source.
        code: of the deployed contract.

    Raises:
        InvalidInput: ``verify.other_length``, ``verify.other_code`` with the first byte.
    """
    if len(compiled.runtime) != len(code):
        raise InvalidInput("verify.other_length", compiled=len(compiled.runtime), chain=len(code))
    mine, theirs = bytearray(compiled.runtime), bytearray(code)
    for start, length in compiled.immutables:
        theirs[start : start + length] = mine[start : start + length]
    if mine[0:1] == b"\x73" and not any(mine[_ADDRESS]):
        theirs[_ADDRESS] = mine[_ADDRESS]
    end = len(mine) - tail(bytes(mine))
    if tail(bytes(theirs)) != len(mine) - end:
        end = len(mine)
    for place in range(end):
        if mine[place] != theirs[place]:
            raise InvalidInput("verify.other_code", at=place, length=len(mine))
    same = mine[end:] == theirs[end:]
    marked = any(each in mine[end:] for each in _FINGERPRINTS)
    return Match.FULL if same and marked else Match.PARTIAL


def tail(code: bytes) -> int:
    """The length of the metadata at the end of code, with its two bytes of length; 0 for none."""
    if len(code) < 4:
        return 0
    length = int.from_bytes(code[-2:], "big")
    begins = len(code) - 2 - length
    looks_so = 0 < length <= _LONGEST_TAIL and begins >= 0 and 0xA0 <= code[begins] <= 0xB7
    return length + 2 if looks_so else 0


def arguments(compiled: Compiled, data: bytes) -> bytes | None:
    """The constructor's arguments in the data of the transaction that created the contract.

    Args:
        compiled: fits the contract.
        data: of the transaction.

    Returns:
        Their encoding, perhaps empty; None when the creation code has other metadata, so that
        what follows it cannot be told for certain.

    Raises:
        InvalidInput: ``verify.other_arguments``.
    """
    if data[: len(compiled.creation)] != compiled.creation:
        return None
    given = data[len(compiled.creation) :]
    kinds = _constructor(compiled.abi)
    try:
        values = decode(kinds, given) if kinds else ()
        right = encode(kinds, values) if kinds else b""
    except (DecodingError, EncodingError, OverflowError) as error:
        raise InvalidInput("verify.other_arguments") from error
    if right != given:
        raise InvalidInput("verify.other_arguments")
    return given


def _constructor(abi: Sequence[Mapping[str, Any]]) -> list[str]:
    for entry in abi:
        if entry.get("type") == "constructor":
            return [str(collapse_if_tuple(dict(each))) for each in entry.get("inputs") or []]
    return []
