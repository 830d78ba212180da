"""What one permit key may be used for: a guard that the start-up sets itself.

Rules:

1. A part that is None is not limited; the permit's own limits hold beside it in any case.
2. Methods are exact names; chains those of the permit.
3. Addresses are those that a transaction may go to, one by one or from the first to the last of
   a range; a key with addresses deploys nothing, since a deployment goes to no address.

>>> scope = read_key_scope(addresses="0x00000000000000000000000000000000000000aa")
>>> scope.allows_address("0x00000000000000000000000000000000000000AA"), scope.allows_address(None)
(True, False)
>>> scope.allows_method("eth_call")
True
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import CHAIN_IDS, Address, ChainName, checksum

MOST: Final = 64
"""Methods, and ranges of addresses, that one key may name."""
_METHOD: Final = re.compile(r"[a-z0-9]{1,16}_[A-Za-z0-9_]{1,60}")
_RANGE: Final = re.compile(r"\s*(?:-|–|\.\.)\s*")


@dataclass(frozen=True)
class KeyScope:
    """The limits of one key.

    Attributes:
        methods: RPC methods by exact name; None for all that are offered.
        chains: where it may be used; None for the permit's.
        addresses: first and last of each range that a transaction may go to; None for any.
    """

    methods: tuple[str, ...] | None = None
    chains: tuple[ChainName, ...] | None = None
    addresses: tuple[tuple[Address, Address], ...] | None = None

    def allows_method(self, method: str) -> bool:
        """Whether the key may ask this.

        Args:
            method: exact name.
        """
        return self.methods is None or method in self.methods

    def allows_chain(self, chain: str) -> bool:
        """Whether the key may be used there.

        Args:
            chain: its name.
        """
        return self.chains is None or chain in self.chains

    def allows_address(self, to: str | None) -> bool:
        """Whether a transaction may go there.

        Args:
            to: the addressee; None for a deployment.
        """
        if self.addresses is None:
            return True
        if to is None:
            return False
        number = int(to, 16)
        return any(int(first, 16) <= number <= int(last, 16) for first, last in self.addresses)

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        pairs = self.addresses
        return {
            "methods": None if self.methods is None else list(self.methods),
            "chains": None if self.chains is None else list(self.chains),
            "addresses": None if pairs is None else [list(pair) for pair in pairs],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> KeyScope:
        """Read the JSON form again.

        Raises:
            InvalidInput: ``key.scope_malformed``, ``address.malformed``.
        """
        try:
            methods, chains, pairs = data["methods"], data["chains"], data["addresses"]
            return cls(
                None if methods is None else _methods(methods),
                None if chains is None else _chains(chains),
                None if pairs is None else _ranges([(first, last) for first, last in pairs]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput("key.scope_malformed", what=str(error)[:60]) from error


def read_key_scope(
    *, methods: str = "", chains: tuple[str, ...] = (), addresses: str = ""
) -> KeyScope | None:
    """Read what a person wrote.

    Args:
        methods: names, parted by blanks, commas or lines; empty for all.
        chains: names; empty for all.
        addresses: one a line (or parted by commas), a range as ``first - last``; empty for any.

    Returns:
        None when nothing is limited.

    Raises:
        InvalidInput: ``key.scope_malformed``, ``address.malformed``.
    """
    names = [name for name in re.split(r"[\s,;]+", methods) if name]
    lines = [line.strip() for line in re.split(r"[\n,;]", addresses) if line.strip()]
    pairs = []
    for line in lines:
        first, *rest = _RANGE.split(line)
        if len(rest) > 1:
            raise InvalidInput("key.scope_malformed", what=line[:60])
        pairs.append((first, rest[0] if rest else first))
    scope = KeyScope(
        _methods(names) if names else None,
        _chains(chains) if chains else None,
        _ranges(pairs) if pairs else None,
    )
    return None if scope == KeyScope() else scope


def _methods(names: Any) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(map(str, names)))
    wrong = [name for name in found if not _METHOD.fullmatch(name)]
    if wrong or not 1 <= len(found) <= MOST:
        raise InvalidInput("key.scope_malformed", what=wrong[0][:60] if wrong else "methods")
    return found


def _chains(names: Any) -> tuple[ChainName, ...]:
    found = tuple(name for name in CHAIN_IDS if name in names)
    if not found or len(found) != len(set(names)):
        raise InvalidInput("key.scope_malformed", what="chains")
    return found


def _ranges(pairs: list[tuple[str, str]]) -> tuple[tuple[Address, Address], ...]:
    found = tuple((checksum(first), checksum(last)) for first, last in pairs)
    if not 1 <= len(found) <= MOST:
        raise InvalidInput("key.scope_malformed", what="addresses")
    for first, last in found:
        if int(last, 16) < int(first, 16):
            raise InvalidInput("key.scope_malformed", what=f"{first} - {last}")
    return found
