"""What every plugin shares: the desk, the course, where an assignment lies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from nbgrader.exchange import abc
from traitlets import Any as AnyTrait
from traitlets import default

from sandbox.domain.coursework import assignment_name
from sandbox.hub.exchange.client import CourseDesk, DeskProblem
from sandbox.hub.exchange.folders import OddFile
from sandbox.hub.exchange.refusals import Refusal, said
from sandbox.kit.errors import SynakError

T = TypeVar("T")


class HttpExchange(abc.Exchange):  # type: ignore[misc]
    """An exchange action that is one conversation with the desk."""

    desk: Any = AnyTrait()

    @default("desk")
    def _desk(self) -> CourseDesk:
        return self.asked(CourseDesk.here)

    def asked(self, question: Callable[[], T]) -> T:
        """Ask; every kind of no becomes nbgrader's own error, in words.

        Args:
            question: a conversation with the desk.
        """
        try:
            return question()
        except DeskProblem as problem:
            raise self._refusal(problem.code, problem.title) from problem
        except SynakError as error:
            raise self.refusal(error.code, **error.params) from error
        except OddFile as odd:
            raise self.refusal("exchange.odd_file", path=str(odd)) from odd

    def refusal(self, code: str, **params: object) -> Refusal:
        """A refusal of this side, to be raised; it is in the log by then.

        Args:
            code: of the wordings.
            **params: what the wording names.
        """
        return self._refusal(code, said(code, params))

    def _refusal(self, code: str, title: str) -> Refusal:
        found = Refusal(code, title)
        self.log.critical("%s", found)
        return found

    @property
    def course(self) -> str:
        """The course: configured, or that of this server."""
        return str(self.coursedir.course_id or self.desk.course)

    @property
    def assignment(self) -> str:
        """The assignment that was asked for, as a plain word."""
        return self.asked(lambda: assignment_name(str(self.coursedir.assignment_id)))

    @property
    def folder(self) -> Path:
        """Where the assignment lies in the user's files."""
        return Path(self.assignment_dir).absolute() / self.assignment

    def stage(self, step: str, student: str = ".") -> Path:
        """A folder of the course: source, release, submitted and so on.

        Args:
            step: nbgrader's word.
            student: account name, for folders that have one per student.
        """
        return Path(self.coursedir.format_path(step, student, self.assignment))

    def released(self) -> dict[str, Any] | None:
        """The assignment as the desk lists it; None when it is not released."""
        for each in self.asked(lambda: self.desk.get("/assignments")):
            if each["assignment"] == self.assignment:
                found: dict[str, Any] = each
                return found
        return None

    def tell_due(self, released: dict[str, Any] | None) -> None:
        """Say until when it is to be handed in: a due date, and one's own time in an exam.

        Args:
            released: the assignment as the desk lists it.
        """
        if released and released["due"]:
            self.log.info("Due: %s", stamp(released["due"]))
        if released and (exam := released.get("exam")):
            ends, left = stamp(exam["ends"]), exam["minutes_left"]
            self.log.info("Exam: your time ends at %s, minutes left: %s", ends, left)

    def init_src(self) -> None:
        """Check that there is a course and that it is this server's."""
        if self.course != self.desk.course:
            raise self.refusal("exchange.other_course", course=self.desk.course)

    def init_dest(self) -> None:
        """Nothing to prepare."""

    def copy_files(self) -> None:
        """Do it; plugins say what."""
        raise NotImplementedError


def stamp(at: str) -> str:
    """A moment of the desk in nbgrader's form.

    Args:
        at: ISO 8601 with zone.

    >>> stamp("2026-11-21T10:00:00.000005Z")
    '2026-11-21 10:00:00.000005 UTC'
    """
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M:%S.%f} UTC"
