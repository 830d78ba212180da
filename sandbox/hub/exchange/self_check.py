"""A self-check from a student's server: send the present work, wait, say what was found."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sandbox.domain.coursework import assignment_name
from sandbox.hub.exchange import refusals
from sandbox.hub.exchange.client import CourseDesk, DeskProblem, packed
from sandbox.hub.exchange.folders import read_folder

LEFT_OUT: Final = ("*.pyc", "__pycache__", "feedback", "*.corrected.ipynb", "CORRECTION.md")
"""What of a copy is not the work itself."""
PAUSE: Final = 2.0
"""Seconds between two looks."""
WAITING: Final = frozenset({"queued", "running"})


def checked(
    desk: CourseDesk, home: Path, assignment: str, wait: float, say: Callable[[str], None]
) -> bool:
    """Have an assignment's folder checked.

    Args:
        desk: of the course.
        home: where the copies lie.
        assignment: its name, or a path to its folder.
        wait: seconds at most; afterwards the check goes on by itself.
        say: is told each line, in the student's language.

    Returns:
        Whether it is done and no visible test failed.

    Raises:
        DeskProblem: the desk's refusals; ``exchange.no_folder``.
        OddFile, InvalidInput: files that cannot be sent.
    """
    name = assignment_name(Path(assignment).name)
    folder = home / name
    if not folder.is_dir():
        words = refusals.said("exchange.no_folder", {"assignment": name})
        raise DeskProblem("exchange.no_folder", words)
    path = f"/assignments/{name}/self-check"
    found = desk.post(path, {"files": packed(read_folder(folder, LEFT_OUT))})
    until, said = time.monotonic() + wait, ""
    while found["state"] in WAITING and time.monotonic() < until:
        if found["summary"] != said:
            said = found["summary"]
            say(said)
        time.sleep(PAUSE)
        found = desk.get(path)
    return _tell(found, say)


def _tell(found: dict[str, Any], say: Callable[[str], None]) -> bool:
    for line in found["lines"]:
        say(f"{line['task']}: {line['said']}")
    say(" ".join(part for part in (found["summary"], found["problem"]) if part))
    return found["state"] == "done" and all(
        each["status"] not in {"failed", "partial"} for each in found["lines"]
    )
