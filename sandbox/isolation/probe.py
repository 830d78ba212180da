"""What isolation this machine gives, found out by trying it.

Rules:

- ``SEPARATE_USERS``: root with bubblewrap; every part and every user's server has
  a user id and namespaces of its own.
- ``ONE_USER``: no root, but user namespaces; every part sees only its own folders,
  yet all of them run under one user id.
- ``NONE``: neither; processes see one another.
- Anything but ``SEPARATE_USERS`` refuses to start outside development.
- Nothing is ever called isolated that was not tried.
"""

from __future__ import annotations

import enum
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sandbox.kit.errors import Refused

_TRY_SECONDS = 10


class Isolation(enum.Enum):
    """How far processes are kept apart."""

    SEPARATE_USERS = "separate_users"
    ONE_USER = "one_user"
    NONE = "none"


@dataclass(frozen=True)
class Probe:
    """What was found.

    Attributes:
        level: how far processes are kept apart.
        reason: why it is not better, in English; empty at the best level.
        advice: what an operator can do about it; empty at the best level.
    """

    level: Isolation
    reason: str = ""
    advice: str = ""

    def require(self, *, development: bool) -> None:
        """Refuse to go on when this is too weak for more than one person.

        Args:
            development: whether weaker isolation was asked for by SYNAK_DEVELOPMENT.

        Raises:
            Refused: ``isolation.too_weak``.
        """
        if self.level is Isolation.SEPARATE_USERS or development:
            return
        raise Refused(
            "isolation.too_weak", level=self.level.value, reason=self.reason, advice=self.advice
        )


def bubblewrap() -> str | None:
    """The path of ``bwrap``, if it is installed."""
    return shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin")


def probe() -> Probe:
    """Try what is to be had; takes some 20 ms."""
    program = bubblewrap()
    if program is None:
        return Probe(Isolation.NONE, "bubblewrap is not installed", "apt-get install bubblewrap")
    failure = _try(program, as_root=os.geteuid() == 0)
    if failure is None:
        if os.geteuid() == 0:
            return Probe(Isolation.SEPARATE_USERS)
        return Probe(
            Isolation.ONE_USER,
            "not started as root: all parts run under one user id",
            "start as root for a user id per part and per person",
        )
    return Probe(Isolation.NONE, f"bubblewrap cannot isolate here: {failure}", _advice())


def _try(program: str, *, as_root: bool) -> str | None:
    command = [program, "--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    command += ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108
    command += ["--die-with-parent", "--"]
    if as_root:
        command += ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    command += ["/bin/true"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TRY_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "unknown reason"


def _advice() -> str:
    restricted = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if restricted.exists() and restricted.read_text().strip() == "1":
        return "this system forbids user namespaces to ordinary users: start as root"
    return "start as root on a machine that allows namespaces (a container needs --privileged)"
