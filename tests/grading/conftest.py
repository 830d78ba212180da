"""Grading by ours, in the grader's own isolation."""

from __future__ import annotations

import pytest

from sandbox.grading.sides import Limits
from sandbox.grading.warden import Warden, WardenSetup
from sandbox.isolation.probe import probe
from sandbox.toolchain.layout import CHECKOUT
from tests.grading.stock import lay


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade by ours: master and submission → (cell → mark, cell → reason)."""
    patient = Limits(cell=600, test=600, total=2400)  # a loaded machine decides no mark
    setup = WardenSetup(
        CHECKOUT, probe().level, grader_uid=61840, uid_base=61842, slots=1, limits=patient
    )
    warden = Warden(setup)
    base = tmp_path_factory.mktemp("ours")
    for folder in (base, *base.parents[:2]):
        folder.chmod(0o755)
    count = iter(range(10_000))

    def run(master, submission):
        job = base / str(next(count))
        lay(job / "master", master)
        lay(job / "submission", submission)
        for each in (job, *job.rglob("*")):
            each.chmod(0o755 if each.is_dir() else 0o644)
        cells = [c for n in warden.run_job(job)["notebooks"] for c in n["cells"]]
        return {c["cell"]: c["mark"] for c in cells}, {c["cell"]: c["reason"] for c in cells}

    yield run
    warden.close()
