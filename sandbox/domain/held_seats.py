"""What bookings hold while people come: who may have a seat now, and when one is free for others.

Rules:

1. A booked seat is for a member of the class, and for the server of the class's course: their
   other servers take seats like anybody's.
2. Who has no booked seat is let in only while more seats are free than are held.
3. Held are the booked seats on which nobody sits yet. Who belongs to several classes is counted
   where most people find a seat.
4. Half an hour before its window a booking begins to hold what no other one holds then.
5. Never more seats are held than the machine has, whatever was booked.

So whoever came under these rules leaves a seat for each member of a class as long as the class has
not filled its own. Who sat down before the booking began to hold is not sent away.

>>> from datetime import UTC
>>> nine = datetime(2026, 12, 1, 9, tzinfo=UTC)
>>> one = Hold("b", nine, nine + timedelta(hours=1), 1, "course-x", frozenset({"aigul"}))
>>> now = Seating((), in_force([one], nine, seats=1), seats=1)
>>> now.admits(("aigul", "course-x")), now.admits(("aigul", "")), now.admits(("bakyt", "course-x"))
(True, False, False)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

Key = tuple[str, str]
"""A person's account and the name of a server of theirs; empty for the plain one."""

BEFORE: Final = timedelta(minutes=30)


@dataclass(frozen=True)
class Hold:
    """A booking, as the hub has to know it.

    Attributes:
        ends: the first moment at which nothing is held any more.
        server: of the class's course.
        people: accounts of the class and of those who teach it.
    """

    id: str
    begins: datetime
    ends: datetime
    seats: int
    server: str
    people: frozenset[str]

    def takes(self, key: Key) -> bool:
        """Whether a server is one that the seats are booked for."""
        return key[1] == self.server and key[0] in self.people


def in_force(holds: Iterable[Hold], at: datetime, *, seats: int) -> tuple[Hold, ...]:
    """What is held at a moment, with as many seats as there are for it.

    Args:
        holds: all that are known.
        at: the moment.
        seats: of the machine.
    """
    found: list[Hold] = []
    for each in sorted(holds, key=lambda one: (one.begins, one.id)):
        if each.begins - BEFORE <= at < each.ends:
            left = seats - sum(one.seats for one in found)
            found.append(replace(each, seats=min(each.seats, left)))
    return tuple(found)


def seated(keys: Iterable[Key], holds: Sequence[Hold]) -> dict[Key, Hold]:
    """Who sits on which booking's seat: as many as can be, the earlier before the later."""
    found: dict[Key, int] = {}

    def place(key: Key, tried: set[int]) -> bool:
        """Give a seat, moving others among the bookings that are theirs too."""
        for turn, hold in enumerate(holds):
            if turn in tried or not hold.takes(key):
                continue
            tried.add(turn)
            inside = [other for other, where in found.items() if where == turn]
            if len(inside) < hold.seats or any(place(other, tried) for other in inside):
                found[key] = turn
                return True
        return False

    lost: set[tuple[int, ...]] = set()
    for key in keys:
        own = tuple(turn for turn, hold in enumerate(holds) if hold.takes(key))
        # Where one found no seat, nobody of the same classes finds one after them.
        if own and own not in lost and not place(key, set()):
            lost.add(own)
    return {key: holds[turn] for key, turn in found.items()}


@dataclass(frozen=True)
class Seating:
    """The machine at a moment.

    Attributes:
        taken: servers that have a seat.
        holds: in force (``in_force``).
        seats: of the machine.
    """

    taken: Collection[Key]
    holds: Sequence[Hold]
    seats: int

    @cached_property
    def held(self) -> int:
        """Booked seats on which nobody sits yet."""
        return sum(each.seats for each in self.holds) - len(seated(self.taken, self.holds))

    @property
    def free(self) -> int:
        """Seats on which nobody sits, held ones too; 0 or less: none."""
        return self.seats - len(self.taken)

    def booked(self, waiting: Sequence[Key]) -> frozenset[Key]:
        """For which of those who wait, in their order, a booked seat is held."""
        return frozenset(seated((*self.taken, *waiting), self.holds)) - frozenset(self.taken)

    def full(self, *, booked: bool) -> bool:
        """Whether there is no seat for somebody, who has a booked one or not."""
        return self.free <= (0 if booked else max(0, self.held))

    def admits(self, key: Key) -> bool:
        """Whether a server may have a seat now."""
        return not self.full(booked=key in self.booked([key]))


def free_at(
    taken: Collection[Key], holds: Sequence[Hold], at: datetime, *, seats: int, ahead: int
) -> datetime | None:
    """When a seat is expected to be free for somebody who has no booked one.

    A class is expected to leave when its window ends, and nobody else to leave at all.

    Args:
        taken: servers that have a seat.
        holds: all that are known, also later ones.
        at: now.
        seats: of the machine.
        ahead: how many others without a booked seat come before.

    Returns:
        The end of a booking; None where no known one says it.
    """
    sitting = seated(taken, in_force(holds, at, seats=seats))
    for moment in sorted({each.ends for each in holds if each.ends > at}):
        still = [key for key in taken if key not in sitting or sitting[key].ends > moment]
        then = Seating(still, in_force(holds, moment, seats=seats), seats)
        if then.free - then.held > ahead:
            return moment
    return None
