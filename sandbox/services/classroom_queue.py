"""The grading queue's worker: lease, grade, write down.

Rules:

- As many workers as the setting says take jobs side by side; no job is taken twice.
- A job is held by a lease; a worker that dies loses it and the job is free again.
- Nothing is written while grading runs; marks and the job's end commit together.
- What may go better is tried `MAX_ATTEMPTS` times; then, and for what will not, the
  job has failed with a code that teacher and student see. A failure is never a zero.
- Every lease counts as a try: a worker that dies without a word uses one up as well.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from sandbox.domain.classroom import Job, JobState, Mark
from sandbox.domain.coursework import notebook_paths
from sandbox.domain.release import without_authoring
from sandbox.kit.canonical import canonical
from sandbox.kit.clock import Clock
from sandbox.kit.errors import IntegrityFailure, SynakError, Unavailable
from sandbox.services.classroom_launcher import Grader
from sandbox.services.classroom_variants import with_values
from sandbox.services.loops import Loop
from sandbox.store import Store
from sandbox.store.classroom import Actions, Bundles, Jobs, Marks
from sandbox.store.classroom_blobs import Blobs

MAX_ATTEMPTS: Final = 3
LEASE: Final = timedelta(minutes=7)
WORKER_LOST: Final = "grading.worker_lost"
"""Of a job whose last lease ended without an answer."""
PAUSE: Final = 0.5
"""Seconds between two looks at an empty queue."""
PATIENCE: Final = 600.0
"""Seconds without an end of a turn after which a worker is failing."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Grading:
    """A worker of the queue.

    Attributes:
        store: where jobs and marks are.
        blobs: where files are.
        jobs_folder: where a job is laid out for the launcher: ``<folder>/<job id>``.
        grader: grades a laid out job.
        clock: tells the time.
    """

    store: Store
    blobs: Blobs
    jobs_folder: Path
    grader: Grader
    clock: Clock

    def work_once(self) -> bool:
        """Grade one submission, if there is one.

        Returns:
            Whether there was one.
        """
        job = self._lease()
        if job is None:
            return False
        folder = self.jobs_folder / job.id
        try:
            self._lay_out(job, folder)
            result = self.grader.grade(job.id)
            marks = read_marks(job, result)
            job = replace(job, result=self.blobs.put(canonical(result)))
        except SynakError as error:
            self._failed(job, error)
        except Exception:  # noqa: BLE001 (the queue goes on; the job is marked)
            _log.exception("grading.broke", job=job.id)
            self._failed(job, IntegrityFailure("grading.internal"))
        else:
            self._done(job, marks)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return True

    def _lease(self) -> Job | None:
        with self.store.unit(read_only=True) as u:
            if not Jobs(u.session).any_free(self.clock.now()):
                return None
        with self.store.unit() as u:
            at, jobs = self.clock.now(), Jobs(u.session)
            while (job := jobs.next_free(at)) is not None and job.attempts >= MAX_ATTEMPTS:
                _log.warning("grading.failed", job=job.id, code=WORKER_LOST, final=True)
                jobs.save(
                    replace(
                        job,
                        state=JobState.FAILED,
                        finished_at=at,
                        lease_until=None,
                        error=WORKER_LOST,
                    )
                )
            if job is not None:
                attempts, until = job.attempts + 1, at + LEASE
                job = jobs.save(
                    replace(job, state=JobState.RUNNING, attempts=attempts, lease_until=until)
                )
            u.commit()
        return job

    def _lay_out(self, job: Job, folder: Path) -> None:
        with self.store.unit(read_only=True) as u:
            action = Actions(u.session).by_id(job.submission)
            if action is None:
                raise IntegrityFailure("grading.internal")
            bundles = Bundles(u.session)
            master = self.blobs.files_of(bundles.get(job.master))
            handed_in = bundles.get(action.bundle)
            wanted = notebook_paths(master)
            if wanted and not set(wanted).intersection(handed_in.paths):
                raise IntegrityFailure("grading.notebooks_missing")
            parts = {
                "master": without_authoring(with_values(u, action, master)),
                "submission": self.blobs.files_of(handed_in),
            }
        shutil.rmtree(folder, ignore_errors=True)
        for name, files in parts.items():
            write_files(folder / name, files)
        folder.chmod(0o755)

    def _done(self, job: Job, marks: tuple[Mark, ...]) -> None:
        with self.store.unit() as u:
            if not self._still_ours(Jobs(u.session), job):
                return
            at = self.clock.now()
            Marks(u.session).replace(job.submission, marks)
            Jobs(u.session).save(
                replace(job, state=JobState.DONE, finished_at=at, lease_until=None, error=None)
            )
            u.audit.append(
                kind="course.graded",
                actor="system",
                subject=f"submission/{job.submission}",
                data={
                    "submission": job.submission,
                    "master": job.master,
                    "marks": {f"{m.notebook}/{m.cell}": str(m.mark) for m in marks},
                },
                at=at,
            )
            u.commit()
        _log.info("grading.done", job=job.id, submission=job.submission)

    def _failed(self, job: Job, error: SynakError) -> None:
        final = not isinstance(error, Unavailable) or job.attempts >= MAX_ATTEMPTS
        with self.store.unit() as u:
            if not self._still_ours(Jobs(u.session), job):
                return
            Jobs(u.session).save(
                replace(
                    job,
                    state=JobState.FAILED if final else JobState.QUEUED,
                    priority=job.priority - 1,
                    finished_at=self.clock.now() if final else None,
                    lease_until=None,
                    error=error.code[:80],
                )
            )
            u.commit()
        _log.warning("grading.failed", job=job.id, code=error.code, final=final)

    @staticmethod
    def _still_ours(jobs: Jobs, job: Job) -> bool:
        now = jobs.get(job.id, lock=True)
        return now.state is JobState.RUNNING and now.attempts == job.attempts


def grading_loops(grading: Grading, workers: int, besides: Callable[[], bool] = bool) -> list[Loop]:
    """The loops of so many workers.

    Args:
        grading: what each of them does.
        workers: how many submissions are graded at once; as many as the warden has slots.
        besides: what each does when there is no grading; says whether it did anything.
    """

    def turn() -> int:
        return int(grading.work_once() or besides())

    return [
        Loop(f"grading.{number}", turn, PAUSE, patience=PATIENCE)
        for number in range(1, workers + 1)
    ]


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write checked files, readable by the grader's user id.

    Args:
        folder: made when missing.
        files: relative path → content.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def read_marks(job: Job, result: Mapping[str, Any]) -> tuple[Mark, ...]:
    """The marks in the orchestrator's result, held against what a mark may be.

    Args:
        job: whose.
        result: of the orchestrator.

    Raises:
        IntegrityFailure: ``grading.malformed_result``.
    """
    try:
        marks = tuple(
            Mark(
                submission=job.submission,
                notebook=str(notebook["notebook"]),
                cell=str(cell["cell"]),
                title=str(cell["title"])[:200],
                points=float(cell["points"]),
                mark=None if cell["mark"] is None else float(cell["mark"]),
                status=str(cell["status"]),
                reason=reason_of(cell),
                position=position,
            )
            for notebook in result["notebooks"]
            for position, cell in enumerate(notebook["cells"])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityFailure("grading.malformed_result") from error
    if not marks or any(m.mark is not None and not 0 <= m.mark <= m.points for m in marks):
        raise IntegrityFailure("grading.malformed_result")
    return marks


def reason_of(cell: Mapping[str, Any]) -> dict[str, Any]:
    """Why a test said what it did, as every store can keep it.

    The words may be a student's; characters that PostgreSQL refuses become a question mark.

    Args:
        cell: of the orchestrator's result.
    """
    said = dict(cell["reason"] or {})
    return {name: _kept(each) if type(each) is str else each for name, each in said.items()}


def _kept(text: str) -> str:
    return text.encode(errors="replace").decode().replace("\x00", "?")
