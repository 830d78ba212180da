"""JSON that somebody sent: each name once, and nothing nested without end.

What is nested deep can end a process, wherever its limit of recursion stands; so depth is counted
before anything is read.

>>> read_object(b'{"a": 1}', openings=4)
{'a': 1}
>>> read_value(b'[[1]]', deepest=2)
[[1]]
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

_TEXT: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A text, or the rest when nothing ends it: never looked at twice, so that the time is linear."""
_NO_BRACKET: Final = re.compile(rb"[^\[\]{}]+")
DEEPEST: Final = 200
"""How deep anything that is read here may be nested, unless less is said."""


def read_object(content: bytes, *, openings: int) -> dict[str, Any]:
    """Read an object.

    Args:
        content: UTF-8.
        openings: brackets and braces outside of texts at most: nested without end, they end a
            process.

    Raises:
        ValueError: it is no JSON, or it says a name twice.
        TypeError: it is no object.
    """
    bare = _NO_BRACKET.sub(b"", _TEXT.sub(b"", content))
    if bare.count(b"[") + bare.count(b"{") > openings:
        raise ValueError("too many brackets")
    found = _read(content, bare, DEEPEST)
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found


def read_value(content: bytes, *, deepest: int = DEEPEST) -> Any:
    """Read any value.

    Args:
        content: UTF-8.
        deepest: how many brackets and braces may be open at once.

    Raises:
        ValueError: it is no JSON, says a name twice, or is nested deeper.
    """
    return _read(content, _NO_BRACKET.sub(b"", _TEXT.sub(b"", content)), deepest)


def _read(content: bytes, bare: bytes, deepest: int) -> Any:
    open_now = 0
    for bracket in bare:
        open_now += 1 if bracket in b"[{" else -1
        if open_now > deepest:
            raise ValueError("nested too deep")
    try:
        return json.loads(content.decode("utf-8"), object_pairs_hook=_named_once)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is written twice")
    return found
