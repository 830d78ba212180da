"""Asks the launcher to grade a job: it alone may start the sandboxes.

One JSON line out, one in; the launcher knows us by our user id (SO_PEERCRED).
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, Final, Protocol

from sandbox.kit.errors import IntegrityFailure, Unavailable

SECONDS: Final = 330.0
MAX_ANSWER: Final = 16 << 20


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
            answer = self._ask({"op": "grade.run", "job": job})
        except (OSError, ValueError) as error:
            reason = type(error).__name__
            raise Unavailable("grading.launcher_unreachable", reason=reason) from error
        if answer.get("ok"):
            result: dict[str, Any] = answer["result"]
            return result
        code, params = str(answer.get("code", "internal")), dict(answer.get("params") or {})
        kind = Unavailable if code in _PASSING else IntegrityFailure
        raise kind(code, **params)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(SECONDS)
            sock.connect(str(self._path))
            sock.sendall(json.dumps(request).encode() + b"\n")
            with sock.makefile("rb") as lines:
                line = lines.readline(MAX_ANSWER)
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("not an object")  # noqa: TRY004 (handled as malformed)
        return answer


_PASSING: Final = frozenset(
    {
        "grading.setup_failed",
        "grading.process_refused",
        "grading.too_long",
        "grading.ended",
        "internal",
    }
)
