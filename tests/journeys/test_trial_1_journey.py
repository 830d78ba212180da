"""The trial journey, all seven steps, against the really running system."""

from __future__ import annotations

import pytest

from tests.journeys.account import SCENES

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]
_failed: list[str] = []


@pytest.mark.parametrize(("name", "scene"), SCENES, ids=[name for name, _ in SCENES])
def test_scene(stage, name, scene):
    if _failed:
        pytest.fail(f"not reached: scene {_failed[0]!r} failed before")
    try:
        scene(stage)
    except BaseException:
        _failed.append(name)
        raise
