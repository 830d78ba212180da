"""A compiler's problem for a person: its place, the line itself, and a mark under it.

>>> said = {"file": "A.sol", "line": 2, "column": 3, "message": "No.", "text": "  x;"}
>>> print(problem_text(said))
A.sol:2:3: No.
    x;
    ^
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any


def problem_text(said: Mapping[str, Any]) -> str:
    """For a terminal and a traceback.

    Args:
        said: ``{file, line, column, message, text}``; line 0 when there is no place.
    """
    head = f"{_place(said)}{said['message']}"
    line = str(said.get("text") or "").replace("\t", " ")
    if not line.strip():
        return head
    column = min(max(int(said["column"]) - 1, 0), len(line))
    return f"{head}\n  {line}\n  {' ' * column}^"


def problem_html(said: Mapping[str, Any]) -> str:
    """For a notebook; everything is escaped.

    Args:
        said: as ``problem_text``.
    """
    head, _, lines = problem_text(said).partition("\n")
    shown = f"<pre>{html.escape(lines)}</pre>" if lines else ""
    return f"<code>{html.escape(head)}</code>{shown}"


def _place(said: Mapping[str, Any]) -> str:
    if not said.get("line"):
        return f"{said['file']}: " if said.get("file") else ""
    return f"{said['file']}:{said['line']}:{said['column']}: "
