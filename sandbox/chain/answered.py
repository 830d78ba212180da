"""Answers about the newest state, kept until the next block.

Many ask the same of a state that only a block changes: pages that poll, a class of students, a
wallet before each payment. Rules:

- Only what is a function of the sealed state is kept: the methods of ``_KEPT`` at ``latest``,
  with nothing overridden.
- An answer is kept only when the head was the same before and after it was asked, and is given
  only while that head is the newest; with the next block all are forgotten.
- Large ones are not kept, and not more than ``MOST`` of them.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from sandbox.chain.producer import Head

MOST: Final = 4_096
"""Answers of one chain that are kept."""
LONGEST: Final = 4_096
"""Characters of an answer that is kept."""
_KEPT: Final = {"eth_call": 2, "eth_getBalance": 2, "eth_getCode": 2, "eth_getStorageAt": 3}
"""Methods and how many parameters they have when nothing is overridden."""


class Answered:
    """The answers of one head."""

    def __init__(self) -> None:
        self._head: Head | None = None
        self._answers: dict[bytes, str] = {}

    @staticmethod
    def key(method: str, params: tuple[Any, ...]) -> bytes | None:
        """What an answer is kept under; None for what is never kept.

        Args:
            method: JSON-RPC method.
            params: its parameters.
        """
        if _KEPT.get(method) != len(params) or params[-1] != "latest":
            return None
        return orjson.dumps((method, params))

    def find(self, head: Head | None, key: bytes) -> str | None:
        """The answer at a head, if it is kept.

        Args:
            head: the newest.
            key: from ``key``.
        """
        return self._answers.get(key) if head is self._head else None

    def keep(self, head: Head | None, key: bytes, answer: Any) -> None:
        """Keep an answer.

        Args:
            head: the newest, before and after it was asked.
            key: from ``key``.
            answer: of the engine.
        """
        if not isinstance(answer, str) or len(answer) > LONGEST:
            return
        if head is not self._head or len(self._answers) >= MOST:
            self._head = head
            self._answers.clear()
        self._answers[key] = answer
