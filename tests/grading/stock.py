"""Stock nbgrader as a course runs it: a process and a home of its own, nothing of ours in it.

``python -m tests.grading.stock FOLDER``: the folder holds ``source/lab`` and
``submitted/<student>/lab``; marks are printed as JSON: student → cell → mark. Only its patience is
ours: a loaded machine decides no mark.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

Files = Mapping[str, bytes]
Marks = dict[str, dict[str, float | None]]
SECONDS = 3000
PATIENCE = 600


def lay(folder: Path, files: Files) -> None:
    """Put files into a folder."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def stock(folder: Path, master: Files, submissions: Mapping[str, Files]) -> Marks:
    """Marks by stock nbgrader.

    Args:
        folder: an empty one.
        master: files with solutions and tests.
        submissions: student → files.
    """
    return begun(folder, master, submissions)()


def begun(folder: Path, master: Files, submissions: Mapping[str, Files]) -> Callable[[], Marks]:
    """Begin grading by stock nbgrader; the answer waits for the marks."""
    lay(folder / "source/lab", master)
    for who, files in submissions.items():
        lay(folder / "submitted" / who / "lab", files)
    (folder / "home").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    environment = kept | {
        "HOME": str(folder / "home"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "tests.grading.stock", str(folder)]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )

    def marks() -> Marks:
        try:
            out, said = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
        assert process.returncode == 0, said[-3000:]
        found: Marks = json.loads(out.splitlines()[-1])
        return found

    return marks


def run(folder: Path) -> Marks:
    """What ``nbgrader generate_assignment lab`` and ``nbgrader autograde lab`` do."""
    from nbgrader.api import Gradebook
    from nbgrader.converters import Autograde, GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.course_id = "course"
    config.CourseDirectory.assignment_id = "lab"
    config.Execute.timeout = config.Execute.startup_timeout = PATIENCE
    config.Execute.iopub_timeout = PATIENCE
    logging.basicConfig(level=logging.ERROR)
    for kind in (GenerateAssignment, Autograde):
        kind(coursedir=CourseDirectory(config=config), config=config).start()
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        return {
            each.student.id: {g.name: g.auto_score for n in each.notebooks for g in n.grades}
            for each in book.assignment_submissions("lab")
        }


if __name__ == "__main__":
    found = run(Path(sys.argv[1]))
    sys.__stdout__.write("\n" + json.dumps(found) + "\n")
