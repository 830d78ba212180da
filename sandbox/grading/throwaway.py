"""Gradebooks that live for seconds.

nbgrader opens its gradebook a dozen times for one submission. Each time it makes an engine whose
statements are compiled anew, connects, looks whether every table and the course are there; the
first time it starts another Python to ask alembic for a version. For a gradebook that one process
makes, uses and throws away, nobody will ever migrate it, and opening it once does for all. The
schema of a cell's metadata, too, is looked over once and not for each cell.

A fork keeps the engines' compiled statements and none of their connections: those are closed when
`throwaway_gradebooks` is left.
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
from sqlalchemy import Engine, make_url

_create_engine = api.create_engine
_first_opening = api.Gradebook.__init__
_engines: Final[dict[str, Engine]] = {}
_opened: Final[dict[str, Any]] = {}
_validators: Final[dict[str, Any]] = {}


@contextlib.contextmanager
def throwaway_gradebooks() -> Iterator[None]:
    """Meanwhile, and afterwards in this process, gradebooks are made without a migration version.

    One that is opened within the block is opened once; what it holds open is closed at the end.
    """
    api.get_alembic_version = lambda: "throwaway"
    api.create_engine = _engine
    api.Gradebook.__init__ = _open
    api.Gradebook.close = _close
    nbgraderformat.jsonschema = SimpleNamespace(validate=_validate)
    try:
        yield
    finally:
        _opened.clear()
        for engine in _engines.values():
            engine.dispose()


def _engine(url: str, **options: Any) -> Engine:
    if url not in _engines:
        _engines[url] = _create_engine(url, **options)
    return _engines[url]


def _open(
    self: Any, db_url: str, course_id: str = "default_course", authenticator: Any = None
) -> None:
    first = _opened.get(db_url)
    if first is None or not Path(make_url(db_url).database or "").is_file():
        _first_opening(self, db_url, course_id, authenticator)
        _opened[db_url] = self
        return
    self.engine, self.db = first.engine, first.db
    self.course_id, self.authenticator = course_id, authenticator


def _close(self: Any) -> None:
    """End the session; the connection stays for the next."""
    self.db.remove()


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
