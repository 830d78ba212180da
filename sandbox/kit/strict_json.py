"""JSON that somebody sent, as an object: each name once, and nothing nested without end.

>>> read_object(b'{"a": 1}', openings=4)
{'a': 1}
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

_TEXT: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A text, or the rest when nothing ends it: never looked at twice, so that the time is linear."""


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
    bare = _TEXT.sub(b"", content)
    if bare.count(b"[") + bare.count(b"{") > openings:
        raise ValueError("too many brackets")
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_named_once)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is written twice")
    return found
