"""Which contracts a permit's transactions may go to, and which of their functions.

Rules:

1. No scope (None) leaves every contract open; a scope names each one that is open.
2. A contract without functions is open whole; with functions, only calls of these.
3. A function is written as its signature, ``transfer(address,uint256)``, or as its selector.
4. Creating a contract is no call: the limit of deployments speaks about that.

People write one contract a line (or part them by semicolons):

>>> found = read_scope("0x00000000000000000000000000000000000000aa transfer(address,uint256)")
>>> found[0].functions
('transfer(address,uint256)',)
>>> found[0].allows(bytes.fromhex("a9059cbb")), found[0].allows(b"")
(True, False)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias

from eth_utils.crypto import keccak

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import Address, checksum
from sandbox.kit.money import NO_LIMIT

MOST_CONTRACTS: Final = 64
MOST_FUNCTIONS: Final = 64
_SIGNATURE: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,63}\([a-z0-9,()\[\]]{0,200}\)")
_SELECTOR: Final = re.compile(r"0x[0-9a-f]{8}")
_PART: Final = re.compile(r"[\s,]+(?![^(]*\))")
"""Blanks and commas part the words of a line, but not inside a signature."""


@dataclass(frozen=True)
class ContractScope:
    """One contract that is open.

    Attributes:
        address: checksummed, on any of the permit's chains.
        functions: signatures or selectors; empty: every function.
    """

    address: Address
    functions: tuple[str, ...] = ()

    @cached_property
    def selectors(self) -> frozenset[bytes]:
        """The first four bytes of the calls that are open."""
        return frozenset(_selector(each) for each in self.functions)

    def allows(self, data: bytes) -> bool:
        """Whether a call with this data is open.

        Args:
            data: of the transaction.
        """
        return not self.functions or data[:4] in self.selectors

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"address": self.address, "functions": list(self.functions)}


Scope: TypeAlias = tuple[ContractScope, ...] | None
"""None: no scope, every contract is open."""


def scope_from_json(data: list[Mapping[str, Any]] | None) -> Scope:
    """Read the JSON form again.

    Raises:
        InvalidInput: ``terms.scope_malformed``, ``address.malformed``.
    """
    if data is None:
        return None
    return checked(
        tuple(
            ContractScope(checksum(each["address"]), tuple(map(str, each["functions"])))
            for each in data
        )
    )


def scope_to_json(scope: Scope) -> list[dict[str, Any]] | None:
    """JSON form."""
    return None if scope is None else [each.as_dict() for each in scope]


def read_scope(text: str) -> Scope:
    """Read what a person wrote: one contract a line, its functions behind it.

    Args:
        text: empty or "no limit" for no scope.

    Raises:
        InvalidInput: ``terms.scope_malformed``, ``address.malformed``.
    """
    text = text.strip()
    if not text or text.lower() == NO_LIMIT.value:
        return None
    found = []
    for line in filter(None, map(str.strip, re.split(r"[;\n]", text))):
        address, *functions = filter(None, _PART.split(line))
        found.append(ContractScope(checksum(address), tuple(dict.fromkeys(functions))))
    return checked(tuple(found))


def write_scope(scope: Scope) -> str:
    """The text that would give this scope."""
    if scope is None:
        return NO_LIMIT.value
    return "\n".join(" ".join([each.address, *each.functions]) for each in scope)


def checked(scope: tuple[ContractScope, ...]) -> tuple[ContractScope, ...]:
    """Refuse a scope that is too long, names a contract twice or a function wrongly.

    Raises:
        InvalidInput: ``terms.scope_malformed``.
    """
    if not scope or len(scope) > MOST_CONTRACTS:
        raise InvalidInput("terms.scope_malformed", what=f"1 to {MOST_CONTRACTS} contracts")
    if len({each.address for each in scope}) != len(scope):
        raise InvalidInput("terms.scope_malformed", what="each contract once")
    for each in scope:
        if len(each.functions) > MOST_FUNCTIONS:
            raise InvalidInput("terms.scope_malformed", what=f"{MOST_FUNCTIONS} functions at most")
        for function in each.functions:
            if not (_SIGNATURE.fullmatch(function) or _SELECTOR.fullmatch(function)):
                raise InvalidInput("terms.scope_malformed", what=function[:60])
    return scope


def wider(before: Scope, after: Scope) -> bool:
    """Whether a scope opens anything that another does not.

    >>> one = read_scope("0x00000000000000000000000000000000000000aa")
    >>> wider(one, None), wider(None, one), wider(one, one)
    (True, False, False)
    """
    if before is None or after is None:
        return after is None and before is not None
    old = {each.address: each for each in before}
    return any(each.address not in old or _opens_more(old[each.address], each) for each in after)


def _opens_more(before: ContractScope, after: ContractScope) -> bool:
    if not before.functions:
        return False
    return not after.functions or not after.selectors <= before.selectors


def _selector(function: str) -> bytes:
    if _SELECTOR.fullmatch(function):
        return bytes.fromhex(function[2:])
    return keccak(function.encode())[:4]
