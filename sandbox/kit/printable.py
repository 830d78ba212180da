r"""Text from a file, for a terminal: what does not print is written as an escape.

A terminal obeys control characters, and turns what stands behind a mark of direction: a name in
a file could hide the line that says the file is wrong.

>>> printable("a\x1b[2Jb\u202ec")
'a\\x1b[2Jb\\u202ec'
>>> printable_json('{"a":"\x9b2J"}')
'{"a":"\\u009b2J"}'
"""

from __future__ import annotations

import json


def printable(text: str) -> str:
    """One line: everything that does not print, an end of line too, as Python's escape."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def printable_json(text: str) -> str:
    """JSON with the same meaning and ends of line, in which nothing else does not print."""
    return "".join(
        each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1] for each in text
    )
