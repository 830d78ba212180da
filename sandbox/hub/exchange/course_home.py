"""A teacher's course folder, made when the course's server starts; corrections for every copy.

A Jupyter server extension with a thread of its own: in the server of somebody who teaches the
course it puts the course's source into ``~/<course>/source`` (only what is missing). In every
server it brings the copies of assignments to their newest release, again and again. A desk that
does not answer stops nobody.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any, Final

from sandbox.domain.coursework import AUTHORS_SUFFIXES, assignment_name
from sandbox.hub.exchange.assignment_list import answer_in_words
from sandbox.hub.exchange.client import CourseDesk, DeskProblem, unpacked
from sandbox.hub.exchange.corrections import bring_all
from sandbox.hub.exchange.folders import write_missing
from sandbox.hub.exchange.formgrader import keep_to_itself
from sandbox.hub.exchange.links import add_links
from sandbox.kit.errors import SynakError

EVERY: Final = 600.0
"""Seconds between two looks for corrections."""


def prepare(desk: CourseDesk, home: Path) -> list[str]:
    """Put the course's source into a teacher's home.

    Args:
        desk: of the course.
        home: the user's.

    Returns:
        The files written, as paths below the source folder.
    """
    roles = {each["course"]: each["role"] for each in desk.courses()}
    if roles.get(desk.course) != "teacher":
        return []
    written: list[str] = []
    source = home / desk.course / "source"
    source.mkdir(parents=True, exist_ok=True)
    for name, files in desk.get("/source")["assignments"].items():
        folder = source / assignment_name(name)
        made = write_missing(folder, unpacked(files, AUTHORS_SUFFIXES))
        written += [f"{name}/{path}" for path in made]
    return written


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Where Jupyter finds the extension."""
    return [{"module": "sandbox.hub.exchange.course_home"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Mend nbgrader's pages; prepare in the background, and log whatever goes wrong there."""
    answer_in_words(server)
    add_links(server.web_app, server.base_url)
    keep_to_itself(server.web_app, server.base_url)

    def work() -> None:
        try:
            written = prepare(CourseDesk.here(), Path.home())
            server.log.info("Course folder: %d files written", len(written))
        except (DeskProblem, SynakError, OSError) as problem:
            server.log.warning("Course folder not prepared: %s", problem)
        while True:
            try:
                for line in bring_all(CourseDesk.here(), Path.home()):
                    server.log.info("Corrected by the teacher: %s", line)
            except (DeskProblem, SynakError, OSError) as problem:
                server.log.warning("Corrections not looked for: %s", problem)
            time.sleep(EVERY)

    threading.Thread(target=work, name="course-home", daemon=True).start()
