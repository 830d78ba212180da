"""Keeps a trial's requests below what its permit allows in a second.

The gateway charges every request of a permit and puts each refusal on record as
evidence. A notebook that is merely fast should leave none, so all wallets of one trial
take their turns here, at a share of the permit's own ``requests_per_second``. The rest
is left to the permit's other tools.

>>> pace = Pace(lambda: 50)
>>> pace.turn(now=0.0), pace.turn(now=0.0)
(0.0, 0.0)
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

SHARE: Final = 0.8
"""Of the permit's requests per second."""


class Pace:
    """Turns for requests, shared by threads.

    Args:
        limit: tells the permit's requests per second now; ``None`` when there is no limit.
    """

    def __init__(self, limit: Callable[[], int | None]) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._given: deque[float] = deque()

    def wait(self) -> None:
        """Wait for one's turn."""
        pause = self.turn(time.monotonic())
        if pause > 0:
            time.sleep(pause)

    def turn(self, now: float) -> float:
        """Take the next turn.

        Args:
            now: seconds of a monotonic clock.

        Returns:
            Seconds until it: no second holds more turns than the share.
        """
        limit = self._limit()
        if not limit:  # no limit, or nothing is allowed: then the gateway is to say so
            return 0.0
        most = max(1, int(limit * SHARE))
        with self._lock:
            while len(self._given) > most:
                self._given.popleft()
            at = now
            if self._given:
                at = max(now, self._given[-1])
            if len(self._given) == most:
                at = max(at, self._given.popleft() + 1.0)
            self._given.append(at)
            return at - now
