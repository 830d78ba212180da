"""Tests on several processes: a folder's tests stay together, the longest folders begin.

What is dear to start (a whole running system, a gateway, a browser) is shared within a folder,
so a folder is never divided; ``make test`` runs two side by side.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent
LONGEST = (
    *("attacks", "services", "gateway", "journeys", "web"),
    *("run", "hub", "chain", "contracts", "clients"),
)


class Folders(LoadScopeScheduling):
    """Gives a process a whole folder of tests at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("/")[1]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Folders:
    return Folders(config, log)


def _place(item: pytest.Item) -> int:
    folder = item.path.relative_to(TESTS).parts[0]
    return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=_place)
