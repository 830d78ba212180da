"""Executed cases for tests: made once a run, in folders that nobody changes."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from sandbox.forensics.cases import changed
from sandbox.services.cases import Made, Order, make
from tests.forensics.cases.planned import SECRET, SMALL


@cache
def folder() -> Path:
    """Where they lie; removed at the end."""
    path = Path(tempfile.mkdtemp(prefix="synak-cases-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def order(who: str = "aida", attempt: int = 1, name: str = "medium", **knobs) -> Order:
    """Of a small case."""
    return Order("P3", name, who, attempt, own=changed(name, SMALL | {"lab": "P3"} | knobs))


@cache
def made(who: str = "aida", attempt: int = 1) -> Made:
    """A small case, executed."""
    return make(order(who, attempt), SECRET, folder() / f"{who}-{attempt}")


def copied(to: Path) -> Path:
    """A copy of it that may be changed."""
    return Path(shutil.copytree(made().folder, to))
