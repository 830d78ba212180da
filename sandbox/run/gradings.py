"""Gradings, run for the worker by the warden: it starts, limits and kills.

The worker names a job; the folder follows from the name, so that nothing but a job of
the worker's own is ever handed to the processes of a grading.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandbox.grading.warden import Warden, WardenSetup
from sandbox.isolation.probe import Isolation
from sandbox.kit.errors import InvalidInput
from sandbox.settings import Settings
from sandbox.toolchain.layout import CHECKOUT

_JOB = re.compile(r"^[0-9a-f]{32}$")
_GRADER = 8
_FIRST_SLOT = 20


class Gradings:
    """Runs gradings for the worker.

    Args:
        settings: of the install.
        level: the isolation this machine gives.
    """

    def __init__(self, settings: Settings, level: Isolation) -> None:
        base = settings.isolation.uid_base
        self._jobs = settings.paths.worker_dir / "grading"
        self._setup = WardenSetup(
            checkout=CHECKOUT,
            level=level,
            grader_uid=base + _GRADER,
            uid_base=base + _FIRST_SLOT,
            slots=settings.grading.grading_workers,
        )
        self._warden: Warden | None = None
        self._threads = ThreadPoolExecutor(self._setup.slots, thread_name_prefix="grading")

    @property
    def slots(self) -> int:
        """How many submissions are graded at once."""
        return self._setup.slots

    def close(self) -> None:
        """End what is kept warm."""
        if self._warden is not None:
            self._warden.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def run(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Operation ``grade.run {job}`` → ``{result}``.

        Raises:
            InvalidInput: ``grading.bad_job``.
            Unavailable: ``grading.no_isolation``: nothing is graded without it.
        """
        job = str(request.get("job", ""))
        folder = self._jobs / job
        if not _JOB.match(job) or folder.is_symlink() or not folder.is_dir():
            raise InvalidInput("grading.bad_job", job=job)
        self._warden = self._warden or Warden(self._setup)
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(self._threads, self._warden.run_job, folder)
        return {"result": dict(result)}
