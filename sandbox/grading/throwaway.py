"""What nbgrader's converters are given for a course that lives for seconds.

- Its gradebook is kept in memory (`sandbox.grading.memory_book`); every other gradebook is
  nbgrader's own.
- The schema of a cell's metadata is looked over once and not for each cell.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from nbgrader import api
from nbgrader.nbgraderformat import common as nbgraderformat

from sandbox.grading.memory_book import MemoryBook

_books: Final[dict[str, MemoryBook]] = {}
_validators: Final[dict[str, Any]] = {}


@contextlib.contextmanager
def throwaway_gradebook(folder: Path) -> Iterator[MemoryBook]:
    """Meanwhile the gradebook of one course is kept in memory.

    Args:
        folder: of the course, absolute.
    """
    api.Gradebook.__new__ = _opened
    nbgraderformat.jsonschema = SimpleNamespace(validate=_validate)
    url = f"sqlite:///{folder / 'gradebook.db'}"
    book = _books[url] = MemoryBook()
    try:
        yield book
    finally:
        del _books[url]


def _opened(kind: type, db_url: str, *_about: object, **_more: object) -> object:
    """The gradebook of a course; what is no ``Gradebook`` is not initialised by Python."""
    return _books.get(db_url) or object.__new__(kind)


def _validate(instance: object, schema: dict[str, Any]) -> None:
    """``jsonschema.validate``, the schema itself checked once."""
    key = json.dumps(schema, sort_keys=True)
    if key not in _validators:
        kind = validator_for(schema)
        kind.check_schema(schema)
        _validators[key] = kind(schema)
    error = best_match(_validators[key].iter_errors(instance))
    if error is not None:
        raise error
