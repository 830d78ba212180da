"""The worker's part of self-checks: one when no grading waits, in the same isolation.

Rules:

- The grader is given what students got, as both master and measure: a hidden test cannot be told,
  named or timed, since it is not there. Every test has its canary, as in a grading.
- A lease as for gradings, that counts as a try; what fails for a passing reason is tried again, and
  then not counted.
- The files of the work are forgotten when the check has ended.
"""

from __future__ import annotations

import ast
import base64
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from sandbox.domain.classroom import ActionKind, JobState
from sandbox.domain.notebooks import grade_id
from sandbox.domain.release import source_of
from sandbox.domain.self_checks import SelfCheck
from sandbox.domain.variants import filled
from sandbox.kit.errors import IntegrityFailure, SynakError, Unavailable
from sandbox.services.classroom_queue import (
    LEASE,
    MAX_ATTEMPTS,
    WORKER_LOST,
    Grading,
    reason_of,
    write_files,
)
from sandbox.services.classroom_variants import values_by
from sandbox.store.classroom import Actions, Bundles, Jobs
from sandbox.store.self_check_tables import SelfChecks

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SelfChecking:
    """Checks with the parts of a grading worker."""

    grading: Grading

    def work_once(self) -> bool:
        """Do one check, if there is one and no grading waits.

        Returns:
            Whether there was one.
        """
        check = self._lease()
        if check is None:
            return False
        folder = self.grading.jobs_folder / check.id
        try:
            given = self._lay_out(check)
            rows = rows_of(self.grading.grader.grade(check.id), given)
        except SynakError as error:
            self._failed(check, error)
        except Exception:  # noqa: BLE001 (the queue goes on; the check is marked)
            _log.exception("self_check.broke", check=check.id)
            self._failed(check, IntegrityFailure("grading.internal"))
        else:
            self._end(check, JobState.DONE, rows=rows)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return True

    def _lease(self) -> SelfCheck | None:
        grading = self.grading
        with grading.store.unit(read_only=True) as u:
            at = grading.clock.now()
            if Jobs(u.session).any_free(at) or not SelfChecks(u.session).queue(at):
                return None
        with grading.store.unit() as u:
            at = grading.clock.now()
            mine = _next(SelfChecks(u.session), at)
            u.commit()
        return mine

    def _lay_out(self, check: SelfCheck) -> dict[str, bytes]:
        """Put the work and what students got where the grader finds them; returns the latter."""
        grading = self.grading
        with grading.store.unit(read_only=True) as u:
            every = Actions(u.session).all_of(ActionKind.RELEASED, check.course, check.assignment)
            release = next(each for each in reversed(every) if each.bundle == check.release)
            files = grading.blobs.files_of(Bundles(u.session).get(check.release))
            given = filled(files, values_by(u, release, check.student))
        folder = grading.jobs_folder / check.id
        shutil.rmtree(folder, ignore_errors=True)
        work = {path: base64.b64decode(each) for path, each in check.files.items()}
        for name, parts in (("master", given), ("submission", work)):
            write_files(folder / name, parts)
        folder.chmod(0o755)
        return given

    def _failed(self, check: SelfCheck, error: SynakError) -> None:
        passing = isinstance(error, Unavailable)
        _log.warning("self_check.failed", check=check.id, code=error.code)
        if passing and check.attempts < MAX_ATTEMPTS:
            self._end(check, JobState.QUEUED)
        else:
            self._end(check, JobState.FAILED, error=error.code[:80], counted=not passing)

    def _end(self, check: SelfCheck, state: JobState, **changes: Any) -> None:
        with self.grading.store.unit() as u:
            checks = SelfChecks(u.session)
            now = checks.get(check.id, lock=True)
            if now.state is not JobState.RUNNING or now.attempts != check.attempts:
                return
            if state is not JobState.QUEUED:
                changes |= {"files": {}, "finished_at": self.grading.clock.now()}
            checks.save(replace(now, state=state, lease_until=None, **changes))
            u.commit()


def _next(checks: SelfChecks, at: datetime) -> SelfCheck | None:
    """Lease the next check; what was leased too often ends on the way to it."""
    for each in checks.queue(at):
        found = checks.get(each.id, lock=True)
        if (found.state, found.attempts) != (each.state, each.attempts):
            continue
        if found.attempts < MAX_ATTEMPTS:
            until, attempts = at + LEASE, found.attempts + 1
            return checks.save(
                replace(found, state=JobState.RUNNING, attempts=attempts, lease_until=until)
            )
        _log.warning("self_check.failed", check=found.id, code=WORKER_LOST)
        ended = replace(found, state=JobState.FAILED, lease_until=None, error=WORKER_LOST)
        checks.save(replace(ended, counted=False, files={}, finished_at=at))
    return None


def rows_of(result: Mapping[str, Any], given: Mapping[str, bytes]) -> tuple[dict[str, Any], ...]:
    """What a check tells, from the grader's result.

    Args:
        result: of the grader.
        given: what students got: a test of which nothing is visible there says nothing.

    Raises:
        IntegrityFailure: ``grading.malformed_result``.
    """
    try:
        return tuple(
            {
                "notebook": str(notebook["notebook"]),
                "cell": str(cell["cell"]),
                "title": str(cell["title"])[:200],
                **_told(cell, _source(given, str(notebook["notebook"]), str(cell["cell"]))),
            }
            for notebook in result["notebooks"]
            for cell in notebook["cells"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityFailure("grading.malformed_result") from error


def _told(cell: Mapping[str, Any], source: str) -> dict[str, Any]:
    status = str(cell["status"])
    if status != "manual" and not _says_anything(source):
        return {"status": "nothing", "reason": {}}
    return {"status": status, "reason": reason_of(cell)}


def _source(given: Mapping[str, bytes], notebook: str, cell: str) -> str:
    for each in json.loads(given[f"{notebook}.ipynb"])["cells"]:
        if grade_id(each) == cell:
            return source_of(each)
    return ""


def _says_anything(source: str) -> bool:
    """Whether a test, as students have it, is more than comments."""
    try:
        return bool(ast.parse(source).body)
    except SyntaxError:
        return True
