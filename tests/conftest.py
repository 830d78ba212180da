"""Tests on several processes: a part's tests stay together, the longest parts begin.

Parts share what is dear to start (a whole running system, a gateway, a browser), so a folder is
never divided; ``make test`` runs two folders side by side.
"""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LONGEST = (
    *("attacks", "services", "gateway", "journeys", "web"),
    *("run", "hub", "chain", "contracts", "clients"),
)


def _part(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]


def _place(item: pytest.Item) -> int:
    part = _part(item)
    return LONGEST.index(part) if part in LONGEST else len(LONGEST)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return
    items.sort(key=_place)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_part(item)))
