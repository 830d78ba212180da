"""Gradebooks that live for seconds.

nbgrader opens its gradebook a dozen times for one submission. Each time it makes an engine whose
statements are compiled anew, and looks whether every table is there; the first time it starts
another Python to ask alembic for a version. For a gradebook that one process makes, uses and
throws away, nobody will ever migrate it, and one engine does for all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import nbgrader.api
from sqlalchemy import Engine

_create_engine = nbgrader.api.create_engine
_create_all = nbgrader.api.Base.metadata.create_all
_engines: Final[dict[str, Engine]] = {}


def expect_throwaway_gradebooks() -> None:
    """From now on this process makes gradebooks without a migration version, and one engine each.

    A fork keeps the engines' compiled statements and none of their connections: nbgrader closes
    those each time. Tables are made in an empty file only.
    """
    nbgrader.api.get_alembic_version = lambda: "throwaway"
    nbgrader.api.create_engine = _engine
    nbgrader.api.Base.metadata.create_all = _tables


def _engine(url: str, **options: Any) -> Engine:
    if url not in _engines:
        _engines[url] = _create_engine(url, **options)
    return _engines[url]


def _tables(bind: Engine, **options: Any) -> None:
    file = Path(bind.url.database or "")
    if not file.is_file() or file.stat().st_size == 0:
        _create_all(bind=bind, **options)
