"""What one run of the journey knows: the running system, the people, what came out so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.toolchain.layout import Layout
from tests.sdk.notebook import cells
from tests.support.browser import People, Person
from tests.support.system import Kernel, System

STARTUP, DEVELOPER, SPONSOR = "aigul", "bakyt", "damira"
REGULATOR, SECOND_REGULATOR, THIRD_REGULATOR = "ermek", "feruza", "gulnara"
AUDITOR = "jyldyz"
PRODUCT = "Merchant payments in KGST"


def _silent(_text: str) -> None:
    pass


@dataclass
class Stage:
    """The running system and everything the steps hand on.

    Attributes:
        system: the running Synak.
        people: everybody's browser.
        home: a folder for tools outside the hub.
        say: where the account of the journey goes.
        file: the application, for example ``F-2026-0001``.
        permit: the permit's number.
        kernel: the start-up's kernel in the permit's server, once it runs.
        key: a permit key, once it is made.
    """

    system: System
    people: People
    home: Path
    say: Callable[[str], None] = _silent
    file: str = ""
    permit: str = ""
    kernel: Kernel | None = None
    key: str = ""
    kept: dict[str, Any] = field(default_factory=dict)
    _open: list[AbstractContextManager[Any]] = field(default_factory=list)

    def __getitem__(self, user: str) -> Person:
        return self.people[user]

    @property
    def run_dir(self) -> Path:
        """Where the system's sockets lie."""
        return Layout.of(self.system.state, port=self.system.port).run_dir

    @property
    def context(self) -> str:
        """The permit's server."""
        return f"permit-{self.permit.lower()}"

    def cell(self, name: str) -> str:
        """Run a cell of the trial notebook in the start-up's real server."""
        return self.run(cells()[name])

    def run(self, code: str) -> str:
        """Run code in the start-up's kernel.

        Returns:
            What it printed and its last value, with plain blanks.
        """
        assert self.kernel is not None, "the permit's server is not started"
        said = self.kernel.run(code, timeout=240)
        return said.replace("\u00a0", " ").replace("\u202f", " ")

    def enter(self, manager: AbstractContextManager[Any]) -> Any:
        """Keep something open until the journey ends."""
        entered = manager.__enter__()
        self._open.append(manager)
        return entered

    def close(self) -> None:
        """Close what was opened, the last first."""
        if "outside" in self.kept:
            self.kept["outside"].close()
        while self._open:
            self._open.pop().__exit__(None, None, None)

    def public(self) -> dict[str, Any]:
        """What everybody may learn of the permit; nothing (no standing) before it is in force."""
        with self.system.anonymous() as client:
            answer = client.get(f"/desk/api/v1/public/permits/{self.permit}")
        if answer.status_code == 404:
            return {"standing": None}
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def standing(self, wanted: str) -> dict[str, Any] | None:
        """The public facts when the permit stands so, otherwise nothing."""
        said = self.public()
        return said if said["standing"] == wanted else None

    def until(
        self, what: str, holds: Callable[[], Any], *, seconds: float = 60, every: float = 0.2
    ) -> Any:
        """Wait for something to become true.

        Returns:
            The first true value.
        """
        deadline = time.monotonic() + seconds
        while True:
            found = holds()
            if found:
                return found
            assert time.monotonic() < deadline, f"did not happen in {seconds} s: {what}"
            time.sleep(every)
