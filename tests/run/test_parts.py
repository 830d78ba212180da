"""Which processes an install has."""

import pytest

from sandbox.run.parts import parts
from sandbox.settings import Settings


@pytest.fixture
def settings(tmp_path):
    """Settings by further variables."""

    def of(**more):
        told = {"SYNAK_STATE_DIR": str(tmp_path), "SYNAK_DEVELOPMENT": "1", **more}
        return Settings.load(told)

    return of


def test_one_machine_has_all_processes_and_the_plane_of_a_cluster_no_hub(settings):
    whole = {part.name for part in parts(settings())}
    plane = {part.name for part in parts(settings(SYNAK_HUB_ELSEWHERE="1"))}
    assert {"hub", "proxy", "bridge", "desk", "gateway", "worker", "signer"} <= whole
    assert whole - plane == {"hub", "proxy", "bridge"}
    assert plane < whole
