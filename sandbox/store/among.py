"""One of many: a condition whose statement is the same however many values it is asked about.

``column.in_`` writes a parameter for each value; with hundreds of them, writing, sending and
parsing the statement takes longer than the answer. Here the values go along as one JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Each(FunctionElement[str]):
    """The texts of a JSON list, as rows."""

    inherit_cache = True
    type = String()


@compiles(_Each, "postgresql")
def _postgres(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    listed = compiler.process(element.clauses, **options)  # a parameter's name, never a value
    return f"(SELECT jsonb_array_elements_text(CAST({listed} AS JSONB)))"


@compiles(_Each, "sqlite")
def _sqlite(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    listed = compiler.process(element.clauses, **options)  # a parameter's name, never a value
    return f"(SELECT value FROM json_each({listed}))"  # noqa: S608


def among(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column of texts is one of these.

    Args:
        column: of texts.
        values: any number of them.
    """
    listed = literal(json.dumps(sorted(values)), String)
    return column.op("IN", is_comparison=True)(_Each(listed))
