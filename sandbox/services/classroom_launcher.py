"""Asks the launcher to grade a job: it alone may start the sandboxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Protocol

from sandbox.services.launcher_client import LauncherClient

SECONDS: Final = 330.0
_PASSING: Final = frozenset(
    {
        "grading.setup_failed",
        "grading.canary_missing",
        "grading.process_refused",
        "grading.too_long",
        "grading.ended",
        "internal",
    }
)


class Grader(Protocol):
    """Whoever grades a prepared job."""

    def grade(self, job: str) -> dict[str, Any]:
        """Grade the job with this id; see `sandbox.grading.warden.Warden.run_job`."""
        ...


class LauncherGrader:
    """The grader behind the launcher's socket.

    Args:
        path: of the launcher's socket.
    """

    def __init__(self, path: Path) -> None:
        self._launcher = LauncherClient(
            path, seconds=SECONDS, unreachable="grading.launcher_unreachable", passing=_PASSING
        )

    def grade(self, job: str) -> dict[str, Any]:
        """Grade a job.

        Args:
            job: its id; the launcher knows the folder.

        Raises:
            Unavailable: ``grading.launcher_unreachable``, or what may go better next time.
            IntegrityFailure: what will not.
        """
        result: dict[str, Any] = self._launcher.ask({"op": "grade.run", "job": job})["result"]
        return result
