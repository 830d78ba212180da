"""When a user's server that nobody uses comes to its end.

Rules:

- Used is what a person does, and what a kernel or a terminal does for them.
- What runs, a cell or a command in a terminal, keeps its server, for ``running`` seconds at most:
  one that never ends would keep a seat for ever. When it ends, the time begins anew.
- What a kernel or a terminal prints by itself keeps its server no longer than that either: nobody
  has been there for ``running`` and ``seconds`` together.
- The end never comes without the whole warning before it, also after a machine has slept.

>>> from datetime import UTC, timedelta
>>> start = datetime(2026, 9, 1, 9, tzinfo=UTC)
>>> watch = Watch(Rule(seconds=3600, warning=600, running=43_200), start)
>>> watch.look(start + timedelta(minutes=49), start, runs=False)
Look(left=660, warns=False, runs=False)
>>> watch.look(start + timedelta(minutes=50), start, runs=False)
Look(left=600, warns=True, runs=False)
>>> watch.look(start + timedelta(minutes=51), start, runs=True).left
43200
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Final, Protocol

UNUSED: Final = 75
"""Code with which a server ends that nobody used. Source: sysexits.h, EX_TEMPFAIL."""
RAN_TOO_LONG: Final = 76
"""The same, where something still ran."""
NO_RULE: Final = 78
"""Code of a server that cannot hold its rule, so does not start. Source: sysexits.h, EX_CONFIG."""
REASONS: Final = {UNUSED: "unused", RAN_TOO_LONG: "ran"}
"""Exit code: why, as the hub keeps it with the server's record."""
EXIT_NOTE: Final = "SYNAK_EXIT"
"""Variable in which a server notes the code it is to end with."""
_VARIABLES: Final = ("SYNAK_IDLE_TIMEOUT", "SYNAK_IDLE_WARNING", "SYNAK_IDLE_RUNNING")


class Limits(Protocol):
    """The settings that say when an unused server ends."""

    @property
    def idle_timeout(self) -> int:
        """Seconds."""

    @property
    def idle_warning(self) -> int:
        """Seconds."""

    @property
    def idle_running(self) -> int:
        """Seconds."""


@dataclass(frozen=True)
class Rule:
    """The limits of one server.

    Attributes:
        seconds: without use until the end.
        warning: seconds before the end from which pages warn; half of ``seconds`` at most.
        running: the same as ``seconds`` for a server in which something runs; never less.
    """

    seconds: int
    warning: int
    running: int

    @property
    def warned(self) -> int:
        """Seconds of warning."""
        return min(self.warning, self.seconds // 2)

    def span(self, *, runs: bool) -> int:
        """Seconds until the end, of a server in which something runs or nothing does."""
        return max(self.running, self.seconds) if runs else self.seconds

    @property
    def alone(self) -> int:
        """Seconds after which a server ends that nobody came to, whatever happens in it."""
        return self.span(runs=True) + self.seconds

    def environment(self) -> dict[str, str]:
        """As a server's variables; :meth:`read` reads them."""
        return {name: str(value) for name, value in zip(_VARIABLES, astuple(self), strict=True)}

    @classmethod
    def of(cls, hub: Limits) -> Rule:
        """By the install's settings."""
        return cls(hub.idle_timeout, hub.idle_warning, hub.idle_running)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Rule:
        """From a server's variables.

        Raises:
            KeyError: one is missing.
        """
        return cls(*(int(environment[name]) for name in _VARIABLES))


@dataclass(frozen=True)
class Look:
    """How a server stands.

    Attributes:
        left: seconds until the end, 0 when it is there.
        warns: whether pages warn.
        runs: whether something runs.
    """

    left: int
    warns: bool
    runs: bool


class Watch:
    """Counts the time in which nobody uses a server.

    Args:
        rule: of the server.
        at: when it started.
    """

    def __init__(self, rule: Rule, at: datetime) -> None:
        self.rule = rule
        self._used = self._person = at
        self._began: datetime | None = None
        self._warned: datetime | None = None

    def use(self, at: datetime) -> None:
        """Somebody is there."""
        self._person = self._used = at
        self._began = self._warned = None

    def look(self, at: datetime, active: datetime, *, runs: bool) -> Look:
        """How the server stands.

        Args:
            at: now.
            active: when a kernel or a terminal last did something.
            runs: whether a cell or a command in a terminal runs now.
        """
        if runs:
            self._began = since = self._began or at
        else:
            if self._began is not None:
                self._used, self._began = at, None
            since = max(self._used, active)
        left = self.rule.span(runs=runs) - (at - since).total_seconds()
        left = min(left, self.rule.alone - (at - self._person).total_seconds())
        if left > self.rule.warned:
            self._warned = None
            return Look(int(left), warns=False, runs=runs)
        self._warned = self._warned or at
        left = max(left, self.rule.warned - (at - self._warned).total_seconds())
        return Look(max(0, int(left)), warns=True, runs=runs)
