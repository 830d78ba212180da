"""Short codes that people type: random, and nobody has tried their first characters before.

A code that is not known, misspelt, used, expired or tried too often is answered alike after the
same steps. Tries are counted before anything is compared, for each selector (whether it exists or
not) and for each network address. A right code does not count for its address: a class of a hundred
comes from one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from sandbox.domain.customer_page import (
    ADDRESS_SPAN,
    ADDRESS_TRIES,
    ALPHABET,
    CODE_GOOD_FOR,
    FINDS,
    MOST_TRIES,
    PROVES,
    read_code,
)
from sandbox.kit.errors import NotAllowed
from sandbox.services.keyed import Keyed
from sandbox.store import UnitOfWork

NOBODY = "0" * FINDS
"""The selector that is looked for when what was typed can be no code."""


class ShortCode(Protocol):
    """A kept code: its digest, and whether it may still be used."""

    @property
    def digest(self) -> str:
        """A keyed hash of the whole code, hex."""
        ...

    def works(self, at: datetime) -> bool:
        """Whether it is neither used, ended nor expired."""
        ...


C = TypeVar("C", bound=ShortCode)


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed, from which network address, when."""

    text: str
    address: str
    at: datetime


def typed_code(
    u: UnitOfWork,
    typed: Typed,
    find: Callable[[str], C | None],
    *,
    purpose: str,
    keyed: Keyed,
    most: int = ADDRESS_TRIES,
) -> C | None:
    """The code that somebody typed, if it is right and works. The caller commits: tries count.

    Args:
        u: a writing unit of work.
        typed: by somebody.
        find: the kept code of a selector.
        purpose: what the keyed hashes of this kind of code are told apart by.
        keyed: makes keyed hashes.
        most: wrong ones from one address within `ADDRESS_SPAN`.

    Returns:
        The code; None, which does not say why.

    Raises:
        NotAllowed: ``customer_code.too_many``: this address tried too often; nothing was compared.
    """
    at = typed.at
    address = keyed.of(f"{purpose}address", keyed.address(typed.address))
    if not u.pages.tries.take(address, most, ADDRESS_SPAN, at):
        u.commit()
        raise NotAllowed("customer_code.too_many", minutes=ADDRESS_SPAN.seconds // 60)
    selector, proof = read_code(typed.text) or (NOBODY, NOBODY)
    counted = keyed.of(f"{purpose}selector", selector)
    within = u.pages.tries.take(counted, MOST_TRIES, CODE_GOOD_FOR, at)
    found = find(selector)
    kept = found.digest if found else "0" * 64
    right = keyed.same(f"{purpose}code", selector + proof, kept)
    if found is None or not right or not within or not found.works(at):
        return None
    u.pages.tries.give_back(address)
    return found


def fresh_code(is_taken: Callable[[str], bool]) -> tuple[str, str]:
    """A new code in its two parts: what finds it and what proves it.

    Args:
        is_taken: whether a selector has another code, or was tried before.
    """
    while True:
        selector = _random(FINDS)
        if selector != NOBODY and not is_taken(selector):
            return selector, _random(PROVES)


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
