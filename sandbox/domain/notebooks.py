"""A submitted notebook made safe to work with: the student's text, the teacher's metadata.

Rules:

- Of what was handed in only the cells' kinds and texts (and pictures pasted into text
  cells) are taken; outputs and every other field are made anew.
- nbgrader's metadata come from the master alone, by the cell's id. A cell whose id is not
  in the master, or that repeats one, is an ordinary cell of the student's; of repeated
  ids the last is the answer, as nbgrader has it.

So no metadata of a submission can stop its grading or decide anything in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from sandbox.domain.release import source_of

KINDS: Final = ("code", "markdown", "raw")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/=\s]*")


def normalised(submitted: bytes, master: bytes) -> bytes:
    """The submitted notebook as grading takes it.

    Args:
        submitted: a version 4 notebook that passed `sandbox.domain.coursework`.
        master: the teacher's version.

    Returns:
        A version 4.5 notebook.
    """
    known = {
        name: cell for cell in json.loads(master)["cells"] if (name := grade_id(cell)) is not None
    }
    made: list[dict[str, Any]] = []
    for number, cell in reversed(list(enumerate(json.loads(submitted)["cells"]))):
        name = grade_id(cell)
        teachers = known.pop(name, None) if name is not None else None
        made.append(_cell(cell, teachers, number))
    notebook = {
        "cells": made[::-1],
        "metadata": _kernel(json.loads(master).get("metadata")),
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def grade_id(cell: Any) -> str | None:
    """Nbgrader's id of a cell as it lies in a file; None when there is none."""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return name if isinstance(name, str) else None


def heading_of(source: str) -> str:
    r"""The last heading of a text cell, without its number signs; empty when there is none.

    >>> heading_of("## Task 2\nWrite it.")
    'Task 2'
    """
    lines = [line.lstrip("# ").strip() for line in source.splitlines() if line.startswith("#")]
    return lines[-1][:120] if lines else ""


def _cell(
    cell: Mapping[str, Any], teachers: Mapping[str, Any] | None, number: int
) -> dict[str, Any]:
    kind = str((teachers or cell).get("cell_type"))
    made: dict[str, Any] = {
        "cell_type": kind if kind in KINDS else "raw",
        "id": f"cell-{number}",
        "metadata": {"nbgrader": dict(teachers["metadata"]["nbgrader"])} if teachers else {},
        "source": source_of(dict(cell)),
    }
    if made["cell_type"] == "code":
        made |= {"execution_count": None, "outputs": []}
    attachments = cell.get("attachments")
    if made["cell_type"] == "markdown" and isinstance(attachments, dict):
        made["attachments"] = _pictures(attachments)
    return made


def _pictures(attachments: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Pasted pictures, nothing else."""
    return {
        str(name): {
            kind: data
            for kind, data in content.items()
            if kind in ("image/png", "image/jpeg")
            and isinstance(data, str)
            and _BASE64.fullmatch(data)
        }
        for name, content in attachments.items()
        if isinstance(content, dict)
    }


def _kernel(metadata: Any) -> dict[str, Any]:
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    return {"kernelspec": kernel} if isinstance(kernel, dict) else {}
