"""The teacher's side: release, collect, release feedback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from nbgrader.api import Gradebook
from nbgrader.exchange import abc
from traitlets import Unicode

from sandbox.domain.coursework import AUTHORS_SUFFIXES, Bundle
from sandbox.domain.notebooks import normalised
from sandbox.domain.release import without_authoring
from sandbox.hub.exchange.base import HttpExchange, stamp
from sandbox.hub.exchange.client import packed
from sandbox.hub.exchange.folders import read_folder, write_folder
from sandbox.kit.ids import account_name


class ReleaseAssignment(HttpExchange, abc.ExchangeReleaseAssignment):  # type: ignore[misc]
    """Give students the release, and the desk the source that they never see.

    The desk makes the release in every language of the source's catalogues. Another version than
    the one that is released needs ``--force`` and says what was corrected:
    ``--ReleaseAssignment.note="Task 3: the amount"``.
    """

    note = Unicode("", help="What was corrected, for those who have a copy.").tag(config=True)

    def init_src(self) -> None:
        """Check that both versions are there."""
        super().init_src()
        if not self.stage(self.coursedir.source_directory).is_dir():
            self.fail(f"There is no source of {self.assignment}.")
        if not self.stage(self.coursedir.release_directory).is_dir():
            self.fail("Run `nbgrader generate_assignment` first.")

    def copy_files(self) -> None:
        """Release."""
        released = self.asked(self._release)
        self.log.info("Released as: %s %s", self.course, released["assignment"])
        if self.note:
            self.log.info(
                "Students with a copy are told. What they have not changed is replaced in their"
                " copies, the rest is laid beside. All work is graded by this release."
            )

    def _release(self) -> dict[str, Any]:
        ignore = self.coursedir.ignore
        release = read_folder(self.stage(self.coursedir.release_directory), ignore)
        files = without_authoring(release)
        master = read_folder(self.stage(self.coursedir.source_directory), ignore)
        for each in self.desk.get("/assignments"):
            same = each["bundle"] == Bundle.of(files).hash
            if each["assignment"] == self.assignment and not same and not self.force:
                self.fail("Another version is released. Add --force to release this one.")
        body = {
            "files": packed(files),
            "master": packed(master, AUTHORS_SUFFIXES),
            "titles": titles_of(self.stage(self.coursedir.source_directory)),
            "note": self.note,
        }
        released: dict[str, Any] = self.desk.put(f"/assignments/{self.assignment}/release", body)
        return released


def titles_of(folder: Path) -> dict[str, str]:
    """The titles in ``course.yaml``, by language; none when there is none."""
    path = folder / "course.yaml"
    if not path.is_file():
        return {}
    try:
        titles = (yaml.safe_load(path.read_text("utf-8")) or {}).get("titles") or {}
    except (yaml.YAMLError, AttributeError):
        return {}
    return {str(lang): str(title)[:200] for lang, title in titles.items()}


class Collect(HttpExchange, abc.ExchangeCollect):  # type: ignore[misc]
    """Bring each student's newest submission into ``submitted/<student>/<assignment>``.

    What is handed in stays at the desk as it was; here it gets the source's metadata.
    """

    def copy_files(self) -> None:
        """Collect."""
        wanted = str(self.coursedir.student_id or "*")
        newest = {
            each["student"]: each
            for each in self.asked(
                lambda: self.desk.get("/submissions", assignment=self.assignment)
            )
            if wanted in ("*", each["student"])
        }
        if not newest:
            self.log.warning("No submissions of %s to collect", self.assignment)
        for each in newest.values():
            self._take(each)

    def _take(self, each: dict[str, Any]) -> None:
        student = self.asked(lambda: account_name(each["student"]))
        folder = self.stage(self.coursedir.submitted_directory, student)
        timestamp = stamp(each["at"])
        held = folder / "timestamp.txt"
        same = held.is_file() and held.read_text("utf-8").strip() == timestamp
        if folder.is_dir() and (same or not self.update):
            self.log.info("Already collected: %s %s", student, self.assignment)
            return
        files = self.asked(lambda: self.desk.files(f"/submissions/{each['submission']}/files"))
        source = self.stage(self.coursedir.source_directory)
        for name in [
            name for name in files if (source / name).is_file() and name.endswith(".ipynb")
        ]:
            files[name] = normalised(files[name], (source / name).read_bytes())
        write_folder(folder, {**files, "timestamp.txt": f"{timestamp}\n".encode()})
        self.log.info("Collected: %s %s", student, self.assignment)


class ReleaseFeedback(HttpExchange, abc.ExchangeReleaseFeedback):  # type: ignore[misc]
    """Tell the desk the teacher's own marks, then release the feedback it makes of them.

    The pages that ``generate_feedback`` writes stay here: they hold the hidden tests.
    """

    def copy_files(self) -> None:
        """Release."""
        wanted = str(self.coursedir.student_id or "*")
        standings = [
            each
            for each in self.asked(lambda: self.desk.get(f"/assignments/{self.assignment}/grading"))
            if each["submission"] and wanted in ("*", each["student"])
        ]
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            for each in standings:
                self._send_marks(gradebook, each)
        body = {"students": [each["student"] for each in standings] if wanted != "*" else []}
        path = f"/assignments/{self.assignment}/feedback"
        for line in self.asked(lambda: self.desk.post(path, body)):
            self.log.info("Released feedback: %s", line["student"])

    def _send_marks(self, gradebook: Any, each: dict[str, Any]) -> None:
        known = {s.student.id for s in gradebook.assignment_submissions(self.assignment)}
        if each["student"] not in known:
            return
        submission = gradebook.find_submission(self.assignment, each["student"])
        comments = {
            (notebook.name, comment.name): comment.comment or ""
            for notebook in submission.notebooks
            for comment in notebook.comments
        }
        marks = [
            {
                "notebook": notebook.name,
                "cell": grade.name,
                "mark": None if grade.manual_score is None else float(grade.manual_score),
                "comment": comments.get((notebook.name, grade.name), ""),
            }
            for notebook in submission.notebooks
            for grade in notebook.grades
            if grade.manual_score is not None or comments.get((notebook.name, grade.name))
        ]
        if marks:
            self.asked(lambda: self.desk.put(f"/submissions/{each['submission']}/marks", marks))
