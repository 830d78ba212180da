"""S and T as processes of their own without a sandbox: for what is decided around them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import nbformat

from sandbox.grading.executor import NotebookRun, Run
from sandbox.grading.plan import plan_of
from sandbox.grading.sides import Limits
from sandbox.grading.wire import Link


class Direct:
    """Starts S and T as the warden does, but in no box."""

    def __init__(self) -> None:
        self.running: dict[str, subprocess.Popen] = {}
        self.links: dict[str, Link] = {}
        self.starts: list[str] = []

    def start(self, role, first_handle):
        self.stop(role)
        self.starts.append(role)
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", f"sandbox.grading.{role}", str(theirs.fileno())]
            self.running[role] = subprocess.Popen(
                [*command, str(first_handle)], pass_fds=(theirs.fileno(),)
            )
        self.links[role] = Link(ours)
        return self.links[role]

    def stop(self, role):
        process = self.running.pop(role, None)
        if process is not None:
            process.kill()
            process.wait()
            self.links.pop(role).close()

    def close(self):
        for role in list(self.running):
            self.stop(role)


def run(made, answers: dict[str, str], limits: Limits | None = None, files=None) -> Run:
    """Run a master with other answers; gives what was found out.

    Args:
        made: the master.
        answers: by the solution's id.
        limits: of time.
        files: beside the notebook, in base64.
    """
    processes = Direct()
    found = Run(processes, {"lab": plan_of(made)}, limits or Limits(cell=10, test=10, total=60))
    copy = nbformat.from_dict(json.loads(nbformat.writes(made)))
    for cell in copy.cells:
        cell.source = "".join(cell.source)
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
    try:
        NotebookRun(found, "lab", files or {}).execute(copy)
    finally:
        processes.close()
    return found


def reason(made, answers, test, limits=None):
    """Why a test failed, as the student is told; None: it did not."""
    return run(made, answers, limits).failures.get(("lab", test))
