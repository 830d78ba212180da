"""The list that JupyterLab's assignment list shows, in the form it expects."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from nbgrader.exchange import abc

from sandbox.hub.exchange.base import HttpExchange, stamp
from sandbox.hub.exchange.client import DeskProblem
from sandbox.hub.exchange.corrections import bring_all
from sandbox.kit.errors import SynakError

Info = dict[str, Any]


class List(HttpExchange, abc.ExchangeList):  # type: ignore[misc]
    """Released assignments, or submissions with their feedback."""

    def copy_files(self) -> None:
        """Nothing is copied."""

    def list_files(self) -> list[Info]:
        """The list: released, or with ``inbound``/``cached`` what was handed in."""
        if self.inbound or self.cached:
            found = self._submitted()
            for group in found:
                for each in group["submissions"]:
                    self.log.info("%s %s", group["assignment_id"], each["timestamp"])
        else:
            found = self._released()
            for each in found:
                self.log.info("%s %s", each["course_id"], each["assignment_id"])
        return found

    def remove_files(self) -> list[Info]:
        """Refused: what happened stays."""
        self.fail("Nothing can be removed from this exchange: everything that happened stays.")
        raise AssertionError("fail() raises")

    def _released(self) -> list[Info]:
        every: list[Info] = self.asked(lambda: list(self.desk.get("/assignments")))
        self._correct(every)
        wanted = str(self.coursedir.assignment_id or "")
        return [
            self._one_released(each) for each in every if wanted in ("", "*", each["assignment"])
        ]

    def _correct(self, every: list[Info]) -> None:
        """Bring the copies to their newest release; the list is shown whatever becomes of it."""
        try:
            for line in bring_all(self.desk, self._root, every):
                self.log.warning("Corrected by the teacher: %s", line)
        except (DeskProblem, SynakError, OSError) as problem:
            self.log.warning("Corrections not looked for: %s", problem)

    def _one_released(self, each: Info) -> Info:
        folder = self._root / each["assignment"]
        fetched = folder.is_dir()
        paths = (
            sorted(folder.glob("*.ipynb"))
            if fetched
            else [Path(f"{name}.ipynb") for name in each["notebooks"]]
        )
        return {
            "course_id": self.course,
            "assignment_id": each["assignment"],
            "status": "fetched" if fetched else "released",
            "path": str(folder),
            "notebooks": [{"notebook_id": p.stem, "path": str(p.absolute())} for p in paths],
        }

    def _submitted(self) -> list[Info]:
        wanted = str(self.coursedir.assignment_id or "").strip("*")
        lines = self.asked(lambda: self.desk.get("/feedback", assignment=wanted))
        feedback = {line["submission"]: line for line in lines}
        groups: dict[tuple[str, str], list[Info]] = {}
        for each in self.asked(lambda: self.desk.get("/submissions", assignment=wanted)):
            key = (each["student"], each["assignment"])
            info = self._one_submitted(each, feedback.get(each["submission"]))
            groups.setdefault(key, []).append(info)
        return [
            {
                "course_id": self.course,
                "student_id": student,
                "assignment_id": assignment,
                "status": "submitted",
                "submissions": submissions,
            }
            for (student, assignment), submissions in sorted(groups.items())
        ]

    def _one_submitted(self, each: Info, line: Info | None) -> Info:
        timestamp = stamp(each["at"])
        local = self._root / each["assignment"] / "feedback" / timestamp
        notebooks = [
            self._notebook(name, sha256, local)
            for name, sha256 in (line["notebooks"] if line else {}).items()
        ]
        has_local = bool(notebooks) and all(n["has_local_feedback"] for n in notebooks)
        return {
            "course_id": self.course,
            "student_id": each["student"],
            "assignment_id": each["assignment"],
            "timestamp": timestamp,
            "status": "submitted",
            "path": str(self._root / each["assignment"]),
            "notebooks": notebooks,
            "has_local_feedback": has_local,
            "has_exchange_feedback": line is not None,
            "feedback_updated": any(n["feedback_updated"] for n in notebooks),
            "local_feedback_path": str(local) if has_local else None,
        }

    @staticmethod
    def _notebook(name: str, sha256: str, local: Path) -> Info:
        path = local / f"{name}.html"
        there = path.is_file()
        same = there and hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        return {
            "notebook_id": name,
            "path": str(path),
            "has_local_feedback": there,
            "has_exchange_feedback": True,
            "local_feedback_path": str(path) if there else None,
            "feedback_updated": there and not same,
        }

    @property
    def _root(self) -> Path:
        return Path(self.assignment_dir).absolute()
