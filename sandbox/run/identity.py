"""User ids and groups of the processes.

Numbers follow from one base; no entry in ``/etc/passwd`` is needed. Without root
everything has the manager's own user id, and :func:`identities` says so by
``separate`` being false.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

NAMES: tuple[str, ...] = (
    "proxy",
    "hub",
    "desk",
    "gateway",
    "signer",
    "worker",
    "engine",
    "grader",
)
"""Processes in the order of their numbers: base + 1, + 2, …"""

TOLD = "SYNAK_SEPARATE_USERS"
"""Variable by which the manager tells its processes; not a setting."""

GROUP_OFFSETS = {"store": 101, "internal": 102, "servers": 103}
"""store: the SQLite file (desk, worker). internal: the gateway's own socket (desk,
worker). servers: the sockets of users' servers (hub, proxy)."""


@dataclass(frozen=True)
class Identities:
    """Who runs what.

    Attributes:
        base: the first number; 0 without root.
        separate: whether each process has a user id of its own.
    """

    base: int
    separate: bool

    def uid(self, name: str) -> int:
        """The user id, and group id, of a process."""
        return self.base + 1 + NAMES.index(name) if self.separate else os.getuid()

    def group(self, name: str) -> int:
        """The number of a shared group."""
        return self.base + GROUP_OFFSETS[name] if self.separate else os.getgid()

    def name_of(self, uid: int) -> frozenset[str]:
        """Which processes a user id may be: one, all of them, or none."""
        if not self.separate:
            return frozenset(NAMES) if uid == os.getuid() else frozenset()
        return frozenset(name for name in NAMES if self.uid(name) == uid)


def identities(uid_base: int) -> Identities:
    """The identities of this install.

    Separate when the manager is root; a process it started is told so in
    ``SYNAK_SEPARATE_USERS``, since it is root no more.
    """
    told = os.environ.get(TOLD)
    return Identities(uid_base, separate=told == "1" if told else os.geteuid() == 0)
