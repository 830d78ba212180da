"""The example in a module's docstring is true."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
MODULES = [
    ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((CHECKOUT / "sandbox").rglob("*.py"))
    if ">>> " in path.read_text("utf-8")
]


def test_examples_are_found() -> None:
    assert "sandbox.kit.money" in MODULES


@pytest.mark.parametrize("name", MODULES)
def test_example_is_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted
    assert not result.failed
