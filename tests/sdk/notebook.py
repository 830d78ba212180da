"""The cells of the trial notebook, by name: tests run what people run."""

from __future__ import annotations

from pathlib import Path

import nbformat

import sandbox.sdk

NOTEBOOK = Path(sandbox.sdk.__file__).parent / "notebooks" / "trial.ipynb"


def cells() -> dict[str, str]:
    """Code cells in order: cell id to source."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    return {cell["id"]: cell["source"] for cell in notebook.cells if cell["cell_type"] == "code"}


def solidity() -> str:
    """The contracts of the notebook."""
    return cells()["source"].split('"""')[1]
