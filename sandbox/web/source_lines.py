r"""A source as numbered lines with its words marked, for a page.

Rules: the text is a stranger's, so only kinds of words come from here and every text is escaped
by the template; what is longer than :data:`LONGEST_MARKED` is shown plain, because marking
costs time for each reader.

>>> [[(kind, text) for kind, text in line] for line in source_lines("a.sol", "uint x;\n// y\n")]
[[('k', 'uint'), ('', ' x;')], [('c', '// y')]]
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from pygments.lexers import SolidityLexer
from pygments.token import Comment, Keyword, Number, String

LONGEST_MARKED: Final = 65_536
"""Characters of a file that are marked."""
_KINDS: Final = ((Comment, "c"), (Keyword, "k"), (String, "s"), (Number, "n"))
Line = tuple[tuple[str, str], ...]


@lru_cache(maxsize=64)
def source_lines(path: str, text: str) -> tuple[Line, ...]:
    """Lines of pieces: the kind of word (``c`` comment, ``k``, ``s``, ``n`` or nothing) and text.

    Args:
        path: the file's name; only Solidity is marked.
        text: its content.
    """
    if not path.endswith(".sol") or len(text) > LONGEST_MARKED:
        return tuple((("", line),) for line in text.splitlines())
    lexer = SolidityLexer(stripnl=False, ensurenl=False)
    lines: list[list[tuple[str, str]]] = [[]]
    for token, piece in lexer.get_tokens(text):
        kind = _kind(token)
        for number, part in enumerate(piece.split("\n")):
            if number:
                lines.append([])
            if part:
                _add(lines[-1], kind, part)
    if not lines[-1]:
        lines.pop()
    return tuple(tuple(line) for line in lines)


def _kind(token: Any) -> str:
    return next((kind for family, kind in _KINDS if token in family), "")


def _add(line: list[tuple[str, str]], kind: str, text: str) -> None:
    if line and line[-1][0] == kind:
        line[-1] = (kind, line[-1][1] + text)
    else:
        line.append((kind, text))
