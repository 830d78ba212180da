"""User ids and groups of the processes.

Numbers follow from one base; no entry in ``/etc/passwd`` is needed. Without root
everything has the manager's own user id, and :func:`identities` says so by
``separate`` being false.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from sandbox.isolation.probe import Isolation

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

TOLD = "SYNAK_ISOLATION_FOUND"
"""Variable by which the manager tells its processes what isolation it found (a value of
``Isolation``); not a setting."""

GROUP_OFFSETS = {"store": 101, "internal": 102, "servers": 103, "accounts": 104}
"""store: the SQLite file (desk, worker). internal: the gateway's own socket (desk,
worker). servers: the sockets of users' servers (hub, proxy). accounts: who has an
account (hub, gateway)."""


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

    Separate when the manager is root and can isolate; a process it started is told so,
    since it is root no more.
    """
    told = os.environ.get(TOLD)
    separate = told == Isolation.SEPARATE_USERS.value if told else os.geteuid() == 0
    return Identities(uid_base, separate=separate)
