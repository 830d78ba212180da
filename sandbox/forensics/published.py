"""The published error rates of heuristics: measured on planned cases, the same for everybody.

Rules: what was measured and never found has no rate, and nobody may call it right; rates hold for
these recipes alone. With services known by tags, as a trainee knows them.

>>> error_permille("funder", "easy"), error_permille("authorisation", "easy")
(899, None)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("measured.json")
_WHERE: Final[Mapping[str, tuple[str, str]]] = {
    "deposit": ("clusters", "deposit"),
    "funder": ("clusters", "funder"),
    "airdrop": ("clusters", "airdrop"),
    "peel": ("patterns", "peel, dust 10,000"),
    "mixer": ("patterns", "mixer"),
    "bridge": ("patterns", "bridge"),
}
"""Where the file has each heuristic; of a peel chain with the dust that these cases need."""


def error_permille(heuristic: str, difficulty: str) -> int | None:
    """How many of a thousand findings are wrong.

    Args:
        heuristic: as an answer names it.
        difficulty: the recipe's name.

    Returns:
        None: not measured, or nothing was found to be measured.
    """
    if heuristic == "tag":
        return _tags(difficulty)
    part, name = _WHERE.get(heuristic, ("", ""))
    found = _file().get(part, {}).get(difficulty, {}).get("tagged", {}).get(name, {})
    precision = found.get("precision")
    return None if precision is None else 1_000 - round(precision * 1_000)


def _tags(difficulty: str) -> int | None:
    """Of all tags of a recipe together."""
    rows = _file()["tags"].get(difficulty, {}).values()
    whole = sum(each["tags"] for each in rows)
    right = sum(each["tags"] * each["right"] for each in rows)
    return 1_000 - round(right / whole * 1_000) if whole else None


@cache
def _file() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found
