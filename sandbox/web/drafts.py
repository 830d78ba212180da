"""Two tabs on one draft: each saves what it changed, and nothing that it only had before it.

A form carries a mark of every field as it was shown. Rules:

1. A field that reads as it was shown is not sent on: another tab may have changed it meanwhile.
2. Where both changed one field, nothing is saved, and the other text stands beside the field.

>>> was = read_marks(marks({"risks": "None.", "exit_plan": ""}, ("risks", "exit_plan")))
>>> both = compare({"risks": "Some.", "exit_plan": ""}, was, {"risks": "None.", "exit_plan": "A."})
>>> both.touched, both.theirs
({'risks': 'Some.'}, {})
>>> compare({"risks": "Some."}, was, {"risks": "Many."}).theirs
{'risks': 'Many.'}
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Compared:
    """What a tab sent against what is stored.

    Attributes:
        touched: the fields that the tab changed, as sent.
        theirs: what is stored in those of them that somebody else changed as well.
    """

    touched: Mapping[str, str]
    theirs: Mapping[str, str]


def marks(answers: Mapping[str, str], names: Iterable[str]) -> str:
    """A short mark of each field, for a hidden input: ``name:mark`` with spaces between."""
    return " ".join(f"{name}:{_mark(answers.get(name, ''))}" for name in names)


def read_marks(text: str) -> Mapping[str, str]:
    """The marks as a form sent them back; what cannot be read is no mark."""
    parts = (each.rpartition(":") for each in text.split())
    return {name: mark for name, colon, mark in parts if colon}


def compare(sent: Mapping[str, str], was: Mapping[str, str], stored: Mapping[str, str]) -> Compared:
    """Tell what a tab changed from what it only showed.

    Args:
        sent: field to text.
        was: the marks of what the tab showed; a field without one counts as changed.
        stored: the newest answers.
    """
    touched = {name: text for name, text in sent.items() if was.get(name) != _mark(text)}
    now = {name: stored.get(name, "") for name in touched if name in was}
    theirs = {
        name: text
        for name, text in now.items()
        if _mark(text) not in (was[name], _mark(sent[name]))
    }
    return Compared(touched, theirs)


def _mark(text: str) -> str:
    plain = text.replace("\r\n", "\n").strip()
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:16]
