"""Cookies of a request, none lost: a sister host can plant a second one of any name.

>>> cookie_values('a=1; b="x"; a=2', "a")
['1', '2']
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie


def cookie_values(header: str, name: str) -> list[str]:
    """Every value that a ``Cookie`` header gives to one name (a dictionary would hide doubles)."""
    found = []
    for chunk in header.split(";"):
        if chunk.partition("=")[0].strip() != name:
            continue
        try:
            found.append(SimpleCookie(chunk.strip())[name].value)
        except (CookieError, KeyError):
            found.append("")
    return found


def only_value(header: str, name: str) -> str:
    """The one value of a name; empty where there is none or more than one.

    >>> only_value("a=1", "a"), only_value("a=1; a=2", "a")
    ('1', '')
    """
    values = cookie_values(header, name)
    return values[0] if len(values) == 1 else ""
