"""Asks the launcher, which alone may start processes: one JSON line out, one in.

The launcher knows us by our user id (``SO_PEERCRED``).
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sandbox.kit.errors import IntegrityFailure, Unavailable

MAX_ANSWER: Final = 16 << 20


class LauncherClient:
    """Questions to the launcher.

    Args:
        path: of its socket.
        seconds: to wait for an answer.
        unreachable: the code of the error when there is none.
        passing: codes of refusals that may go better next time.
    """

    def __init__(
        self, path: Path, *, seconds: float, unreachable: str, passing: frozenset[str]
    ) -> None:
        self._path, self._seconds = path, seconds
        self._unreachable, self._passing = unreachable, passing

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """One question.

        Args:
            request: ``op`` and what belongs to it.

        Raises:
            Unavailable: out of reach, or what may go better next time.
            IntegrityFailure: what will not.
        """
        try:
            answer = self._ask(request)
        except (OSError, ValueError) as error:
            raise Unavailable(self._unreachable, reason=type(error).__name__) from error
        if answer.get("ok"):
            return answer
        code, params = str(answer.get("code", "internal")), dict(answer.get("params") or {})
        kind = Unavailable if code in self._passing else IntegrityFailure
        raise kind(code, **params)

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(self._seconds)
            sock.connect(str(self._path))
            sock.sendall(json.dumps(request).encode() + b"\n")
            with sock.makefile("rb") as lines:
                line = lines.readline(MAX_ANSWER)
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("not an object")  # noqa: TRY004 (handled as malformed)
        return answer
