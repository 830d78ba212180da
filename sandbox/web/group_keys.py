"""An academic group and its term as one value of a form; each may hold any sign.

>>> key = group_key("ПИ|2-26", "2026/27-1")
>>> group_of(key)
('ПИ|2-26', '2026/27-1')
"""

from __future__ import annotations

from urllib.parse import quote, unquote


def group_key(group: str, term: str) -> str:
    """The value."""
    return f"{quote(group, safe=' ')}|{quote(term, safe=' /')}"


def group_of(key: str) -> tuple[str, str]:
    """Group and term of a value, as somebody sent it."""
    group, _, term = key.partition("|")
    return unquote(group), unquote(term)
