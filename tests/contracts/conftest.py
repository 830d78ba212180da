"""One real engine for the contract tests, and the world they act in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contracts.support import Engine, World


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with Engine.started() as running:
        yield running


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    """Fresh contracts in a state that is thrown away."""
    mark = engine.snapshot()
    yield World.deployed(engine)
    engine.restore(mark)
