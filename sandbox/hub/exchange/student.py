"""The student's side: fetch an assignment, hand it in, fetch the feedback."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from nbgrader.exchange import abc

from sandbox.domain.coursework import Bundle, check_path
from sandbox.domain.receipts import KEY_FILE, receipt_text
from sandbox.hub.exchange.base import HttpExchange, stamp
from sandbox.hub.exchange.corrections import bring, remember
from sandbox.hub.exchange.folders import read_folder, write_folder, write_missing


class FetchAssignment(HttpExchange, abc.ExchangeFetchAssignment):  # type: ignore[misc]
    """Bring a released assignment into the user's files; never over work that is there."""

    def init_dest(self) -> None:
        """Refuse when there is a copy already, unless missing files are asked for."""
        if self.folder.exists() and not self.replace_missing_files:
            raise self.refusal("exchange.have_copy", assignment=self.folder.name)

    def copy_files(self) -> None:
        """Fetch."""
        released = self.released()
        files = self.asked(lambda: self.desk.files(f"/assignments/{self.assignment}/files"))
        if self.folder.exists():
            written = write_missing(self.folder, files)
            self.log.info("Replaced missing files: %s", ", ".join(written) or "none")
        else:
            write_folder(self.folder, files)
            remember(self.folder, Bundle.of(files).hash)
        self.log.info("Fetched as: %s %s", self.course, self.assignment)
        self.tell_due(released)


class Submit(HttpExchange, abc.ExchangeSubmit):  # type: ignore[misc]
    """Hand in what lies in the assignment's folder; the receipt is kept beside it.

    A missing notebook is refused by the desk, always, as nbgrader does under ``strict``.
    """

    def init_src(self) -> None:
        """Check that the folder is there."""
        super().init_src()
        # JupyterLab and the command line both may name a path.
        self.coursedir.assignment_id = Path(str(self.coursedir.assignment_id)).name
        if not self.folder.is_dir():
            raise self.refusal("exchange.no_folder", assignment=self.folder.name)

    def copy_files(self) -> None:
        """Hand in."""
        released = self.released()
        for line in self.asked(lambda: bring(self.desk, self.folder, released)) if released else ():
            self.log.warning("Corrected by the teacher: %s", line)
        receipt = self.asked(self._submit)
        path = self._keep(receipt)
        self.log.info(
            "Submitted as: %s %s %s", self.course, self.assignment, stamp(receipt["body"]["at"])
        )
        self.log.info(
            "Receipt %s: %s (content %s)",
            receipt["body"]["number"],
            path,
            receipt["body"]["content"],
        )
        self.tell_due(released)

    def _submit(self) -> dict[str, Any]:
        ignore = [*self.coursedir.ignore, "feedback"]
        files = read_folder(self.folder, ignore)
        for path in sorted(each for each in files if ".corrected" in each):
            self.log.warning("%s lies beside; only notebooks of the original name count", path)
        mine = self.desk.get("/submissions", assignment=str(self.assignment))
        after = max((int(each["number"]) for each in mine), default=0)
        receipt: dict[str, Any] = self.desk.hand_in(self.assignment, files, after=after)
        return receipt

    def _keep(self, receipt: dict[str, Any]) -> Path:
        folder = Path(self.assignment_dir).absolute() / "receipts"
        folder.mkdir(exist_ok=True)
        self._keep_key(folder / KEY_FILE)
        path = folder / f"{self.assignment}-{receipt['body']['number']}.json"
        path.write_text(receipt_text(receipt), "utf-8")
        return path

    def _keep_key(self, path: Path) -> None:
        """Keep the platform's key once; say so when it is another one later."""
        key = self.asked(self.desk.receipt_key)
        if not path.exists():
            path.write_text(f"{key}\n", "ascii")
        elif path.read_text("ascii", "replace").strip() != key:
            self.log.warning("The platform's key is not the one in %s: ask your teacher.", path)


class FetchFeedback(HttpExchange, abc.ExchangeFetchFeedback):  # type: ignore[misc]
    """Bring released feedback into ``<assignment>/feedback/<time>/<notebook>.html``."""

    def copy_files(self) -> None:
        """Fetch."""
        lines = self.asked(lambda: self.desk.get("/feedback", assignment=self.assignment))
        if not lines:
            self.log.warning("No feedback for %s yet", self.assignment)
        for line in lines:
            self._fetch(line)

    def _fetch(self, line: dict[str, Any]) -> None:
        path = f"/submissions/{line['submission']}/feedback"
        pages: dict[str, str] = self.asked(lambda: self.desk.get(path))
        for name in pages:
            self.asked(partial(check_path, f"{name}.ipynb"))
        folder = self.folder / "feedback" / stamp(line["submitted_at"])
        write_folder(folder, {f"{name}.html": page.encode() for name, page in pages.items()})
        self.log.info("Fetched feedback: %s", folder)
