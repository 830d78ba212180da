"""Asks the launcher, which alone may start processes: one JSON line out, one in.

The launcher knows us by our user id (``SO_PEERCRED``).
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

MAX_ANSWER: Final = 16 << 20


def ask_launcher(path: Path, request: Mapping[str, Any], *, seconds: float) -> dict[str, Any]:
    """One question.

    Args:
        path: of the launcher's socket.
        request: ``op`` and what belongs to it.
        seconds: to wait for the answer.

    Returns:
        ``{ok: true, …}``, or ``{ok: false, code, params}``.

    Raises:
        OSError: it cannot be reached.
        ValueError: it answers something else.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(seconds)
        sock.connect(str(path))
        sock.sendall(json.dumps(request).encode() + b"\n")
        with sock.makefile("rb") as lines:
            line = lines.readline(MAX_ANSWER)
    answer = json.loads(line)
    if not isinstance(answer, dict):
        raise ValueError("not an object")  # noqa: TRY004 (handled as malformed)
    return answer
