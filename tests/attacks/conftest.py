from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.grading.sides import Limits
from sandbox.grading.warden import Warden, WardenSetup
from sandbox.isolation.probe import Isolation, probe
from sandbox.toolchain.layout import CHECKOUT
from tests.grading.notebooks import master, submit

UIDS = range(61420, 61424)
"""Not those of a running install, so that what is left over is ours."""


@pytest.fixture(scope="session")
def warden():
    found = probe()
    if found.level is Isolation.NONE:
        pytest.fail("no isolation on this machine: grading would refuse to start")
    limits = Limits(cell=6, test=12, total=90)
    return Warden(
        WardenSetup(
            checkout=CHECKOUT,
            level=found.level,
            grader_uid=61408,
            uid_base=UIDS.start,
            memory_bytes=400 << 20,
            limits=limits,
        )
    )


@pytest.fixture(scope="session")
def grade(warden, tmp_path_factory):
    """Grade the lab with one cell in place of both answers, and more cells before them."""
    base = tmp_path_factory.mktemp("attacks")
    for folder in (base, *base.parents):
        if folder.stat().st_uid == os.getuid() and folder.name.startswith(("pytest", "attacks")):
            folder.chmod(0o755)
    count = iter(range(10_000))

    def run(double: str, fill: str = "", extra=(), at=None):
        job = submit(base / str(next(count)), master(), {"double": double, "fill": fill}, extra, at)
        return warden.run_job(job)

    return run


@pytest.fixture(scope="session")
def pool():
    with ThreadPoolExecutor(2) as threads:
        yield threads
