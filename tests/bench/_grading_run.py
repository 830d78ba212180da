"""One side of the measurement, in a process and a group of its own; prints what it found.

``python -m tests.bench._grading_run ours|stock FOLDER``: the folder holds ``source/lab``,
``release/lab`` and ``submitted/<student>/lab``. What it takes to start, imports and the zygote's
warming, is told apart and not counted on either side.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

WORKERS = 2


def ours(folder: Path) -> dict[str, object]:
    """Grade everything by the warden, as the worker has it."""
    from sandbox.grading.warden import Warden, WardenSetup
    from sandbox.isolation.probe import probe
    from sandbox.toolchain.layout import CHECKOUT
    from tests.grading.notebooks import marks

    warden = Warden(
        WardenSetup(
            checkout=CHECKOUT,
            level=probe().level,
            grader_uid=61508,
            uid_base=61520,
            slots=WORKERS,
        )
    )
    began = time.perf_counter()
    warm = warden.nursery is not None and warden.nursery.ready()
    warming = time.perf_counter() - began

    def one(student: str) -> float:
        job = folder / "jobs" / student
        shutil.copytree(folder / "source" / "lab", job / "master")
        shutil.copytree(folder / "submitted" / student / "lab", job / "submission")
        for path in [job, *job.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        result = warden.run_job(job)
        shutil.rmtree(job)
        return sum(mark or 0.0 for mark in marks(result).values())

    students = sorted(each.name for each in (folder / "submitted").iterdir())
    with ThreadPoolExecutor(WORKERS) as pool:
        figures = timed(lambda: dict(zip(students, pool.map(one, students), strict=True)))
    warden.close()
    return {**figures, "warm": warm, "start_seconds": round(warming, 2)}


def stock(folder: Path) -> dict[str, object]:
    """Grade everything with nbgrader's own autograde, as ``nbgrader autograde lab`` does."""
    from nbgrader.api import Gradebook
    from nbgrader.converters import Autograde, GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.course_id = "bench"
    config.CourseDirectory.assignment_id = "lab"
    logging.basicConfig(level=logging.ERROR)
    GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
    converter = Autograde(coursedir=CourseDirectory(config=config), config=config)

    def work() -> dict[str, float]:
        converter.start()
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
            return {each.student.id: each.score for each in book.assignment_submissions("lab")}

    return timed(work)


def timed(work) -> dict[str, object]:
    """Seconds of wall clock and of processors, and the scores."""
    wall, used = time.perf_counter(), processors()
    scores = work()
    wall = time.perf_counter() - wall
    after = processors()
    cpu = None if used is None or after is None else after - used
    return {"scores": scores, "seconds": wall, "cpu_seconds": cpu}


def processors() -> float | None:
    """Processor seconds of this process's group so far, if it has one of its own."""
    group = os.environ.get("SYNAK_BENCH_GROUP")
    if not group:
        return None
    if Path(group, "cpuacct.usage").exists():
        return int(Path(group, "cpuacct.usage").read_text()) / 1e9
    lines = Path(group, "cpu.stat").read_text().split()
    return int(lines[lines.index("usage_usec") + 1]) / 1e6


if __name__ == "__main__":
    found = {"ours": ours, "stock": stock}[sys.argv[1]](Path(sys.argv[2]))
    sys.__stdout__.write("\n" + json.dumps(found) + "\n")
