"""Short codes that people type: random, and nobody has tried their first characters before."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from sandbox.domain.customer_page import ALPHABET, FINDS, PROVES

NOBODY = "0" * FINDS
"""The selector that is looked for when what was typed can be no code."""


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
