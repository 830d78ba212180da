"""How many users' servers a machine carries: a small measurement, rounded up.

A seat is a running server with a kernel and a lab chain of its own (``make bench NAME=spawn``);
``docs/how-to/seats.md`` publishes the figures and how they were found.

>>> carried(gib=8, cores=4)
Carried(at_once=4, seats=20)
>>> carried(gib=2, cores=1)
Carried(at_once=2, seats=1)
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

GIB_PER_SEAT: Final = 0.25
SEATS_PER_CORE: Final = 50
RESERVED_GIB: Final = 3.0
"""For the platform's own parts, the system and what is graded meanwhile."""


@dataclass(frozen=True)
class Carried:
    """What a machine carries.

    Attributes:
        at_once: servers that start at a time, >= 1.
        seats: servers that run at a time, >= 1.
    """

    at_once: int
    seats: int


def carried(*, gib: float, cores: int) -> Carried:
    """By the published figures.

    Args:
        gib: the machine's memory.
        cores: its processor cores.
    """
    by_memory = int((gib - RESERVED_GIB) / GIB_PER_SEAT)
    return Carried(max(2, cores), max(1, min(by_memory, cores * SEATS_PER_CORE)))


def carried_here(*, at_once: int, seats: int) -> Carried:
    """By the settings, and where they say 0 by the figures for this machine.

    Args:
        at_once: setting ``servers_at_once``.
        seats: setting ``seats``.
    """
    gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    found = carried(gib=gib, cores=os.cpu_count() or 1)
    return Carried(at_once or found.at_once, seats or found.seats)
