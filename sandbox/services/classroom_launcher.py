"""Asks the launcher to grade a job: it alone may start the sandboxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Protocol

from sandbox.kit.errors import IntegrityFailure, Unavailable
from sandbox.services.launcher_client import ask_launcher

SECONDS: Final = 330.0


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
        self._path = path

    def grade(self, job: str) -> dict[str, Any]:
        """Grade a job.

        Args:
            job: its id; the launcher knows the folder.

        Raises:
            Unavailable: ``grading.launcher_unreachable``, or what may go better next time.
            IntegrityFailure: what will not.
        """
        try:
            answer = ask_launcher(self._path, {"op": "grade.run", "job": job}, seconds=SECONDS)
        except (OSError, ValueError) as error:
            reason = type(error).__name__
            raise Unavailable("grading.launcher_unreachable", reason=reason) from error
        if answer.get("ok"):
            result: dict[str, Any] = answer["result"]
            return result
        code, params = str(answer.get("code", "internal")), dict(answer.get("params") or {})
        kind = Unavailable if code in _PASSING else IntegrityFailure
        raise kind(code, **params)


_PASSING: Final = frozenset(
    {
        "grading.setup_failed",
        "grading.process_refused",
        "grading.too_long",
        "grading.ended",
        "internal",
    }
)
