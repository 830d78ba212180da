r"""Places of our own to go on to, whatever a link asked for.

Browsers drop tabs and line breaks from an address and read a backslash as a slash, so
``/\t/elsewhere`` leads elsewhere. Source: WHATWG URL Standard, "basic URL parser".
"""

from __future__ import annotations


def is_local(wanted: str) -> bool:
    r"""Whether an address, as it stands in a redirect, stays on this host.

    >>> is_local("/hub/login?x=1"), is_local("//elsewhere.example"), is_local("/\t/elsewhere")
    (True, False, False)
    """
    path = wanted.partition("?")[0]
    return (
        wanted.startswith("/")
        and wanted.isprintable()
        and "\\" not in wanted
        and "//" not in path
        and ".." not in path
    )
