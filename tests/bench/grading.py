"""``make bench NAME=grading``: a class's submissions graded by us and by stock nbgrader.

Ours: split processes, isolated, two workers. Stock: nbgrader's own autograde on a sample of the
same submissions, one after the other as it does, in the same run. Both per submission, without
what it takes to start. ``speedup`` and ``plain_speedup`` are by the wall clock.

``SYNAK_BENCH_SUBMISSIONS`` and ``SYNAK_BENCH_STOCK`` say how many (120 and 12).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox.grading.authoring.grading import make_release
from sandbox.isolation import memory
from tests.bench._grading_labs import LABS, hand_ins, text
from tests.bench._report import report

SUBMISSIONS = int(os.environ.get("SYNAK_BENCH_SUBMISSIONS", "120"))
STOCK = int(os.environ.get("SYNAK_BENCH_STOCK", "12"))
BARS = {"speedup": 15, "plain_speedup": 8, "same_scores": True}


def lay_out(base: Path, lab: str, count: int) -> Path:
    """A course folder with so many submissions."""
    source = base / "source" / "lab"
    source.mkdir(parents=True)
    (source / "lab.ipynb").write_text(text(lab))
    release = make_release(source, base / "made")
    for student, made in hand_ins(lab, (release / "lab.ipynb").read_text(), count).items():
        folder = base / "submitted" / student / "lab"
        folder.mkdir(parents=True)
        (folder / "lab.ipynb").write_text(made)
    return base


def side(which: str, folder: Path) -> dict:
    """Run one side in a processor group of its own, where one can be made."""
    command = [sys.executable, "-m", "tests.bench._grading_run", which, str(folder)]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    group = processor_group(which)
    if group is not None:
        environment["SYNAK_BENCH_GROUP"] = str(group)
        command = memory.joined(group, command)
    try:
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
    finally:
        if group is not None:
            memory.remove(group)
    return json.loads(done.stdout.splitlines()[-1])


def processor_group(name: str) -> Path | None:
    for version, root in ((1, Path("/sys/fs/cgroup/cpuacct")), (2, Path("/sys/fs/cgroup"))):
        for parent in memory.candidates(version, root, "cpuacct"):
            group = parent / f"synak-bench-{os.getpid()}-{name}"
            try:
                group.mkdir()
            except OSError:
                continue
            return group
    return None


def one_lab(base: Path, lab: str) -> dict[str, object]:
    """Both sides on one lab."""
    mine = side("ours", lay_out(base / "ours", lab, SUBMISSIONS))
    theirs = side("stock", lay_out(base / "stock", lab, STOCK))
    ours_s, stock_s = mine["seconds"] / SUBMISSIONS, theirs["seconds"] / STOCK
    cpu = [
        each["cpu_seconds"] and each["cpu_seconds"] / count
        for each, count in ((mine, SUBMISSIONS), (theirs, STOCK))
    ]
    return {
        "speedup": round(stock_s / ours_s, 1),
        "cpu_speedup": round(cpu[1] / cpu[0], 1) if all(cpu) else None,
        "same_scores": all(mine["scores"][who] == score for who, score in theirs["scores"].items())
        and len(theirs["scores"]) == STOCK,
        "per_submission_ms": round(ours_s * 1000, 1),
        "stock_per_submission_ms": round(stock_s * 1000, 1),
        "cpu_ms": cpu[0] and round(cpu[0] * 1000, 1),
        "stock_cpu_ms": cpu[1] and round(cpu[1] * 1000, 1),
        "start_seconds": mine["start_seconds"],
        "warm": mine["warm"],
    }


def measure() -> tuple[dict[str, object], bool]:
    """The lab with web3, and the plain one beside it."""
    with tempfile.TemporaryDirectory(prefix="synak-bench-") as name:
        Path(name).chmod(0o755)
        found = {lab: one_lab(Path(name) / lab, lab) for lab in LABS}
    web3, plain = found["web3"], found["plain"]
    figures = {
        **web3,
        "same_scores": web3["same_scores"] and plain["same_scores"],
        "plain_speedup": plain["speedup"],
        "plain": plain,
        "submissions": SUBMISSIONS,
        "stock_sample": STOCK,
        "load": round(os.getloadavg()[0], 2),
        "bar": BARS,
    }
    good = (
        web3["speedup"] >= BARS["speedup"]
        and plain["speedup"] >= BARS["plain_speedup"]
        and figures["same_scores"]
    )
    return figures, bool(good)


if __name__ == "__main__":
    report("grading", measure)
