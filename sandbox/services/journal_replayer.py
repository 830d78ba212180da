"""Full replays: the worker's part.

1. Take the oldest order. Lay down what the audit log knows of the chain's journal and have the
   launcher start the replay: a process of its own, with an engine of its own; one at a time.
2. Each turn, note how far it is.
3. It has ended: the verdict, or why there is none, goes into the task and into the audit log.

Killed at any step, the worker goes on with the process that the launcher still has. When the
launcher knows of none, the machine or the platform was stopped: the task was cut off, and says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

import structlog

from sandbox.domain.evidence_tasks import EvidenceTask, TaskKind, TaskState
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.ids import CHAIN_IDS, ChainName
from sandbox.services.journal_batches import batch_of, subject_of
from sandbox.services.journal_compare import KnownLog, StoredLog
from sandbox.services.journal_replay_run import differs_from_log, write_known
from sandbox.services.journal_replays import ABOUT, document_of
from sandbox.services.launcher_client import LauncherClient
from sandbox.services.publication import Desk

SECONDS: Final = 30.0
"""To wait for an answer of the launcher."""
_PASSING: Final = frozenset({"replay.busy", "internal"})
_log = structlog.get_logger()


class ReplayRunner(Protocol):
    """Whoever may start replays; it runs one at a time."""

    def start(self, task: str, chain: str, to: int | None) -> None:
        """Start a replay; nothing to do when this one runs already.

        Raises:
            Unavailable: ``replay.busy``, ``replay.launcher_unreachable``.
            IntegrityFailure: what will not go better next time.
        """
        ...

    def look(self, task: str) -> Mapping[str, Any]:
        """``{state: running | ended | unknown, exit, too_long, said}``."""
        ...


class LauncherReplays:
    """The replays behind the launcher's socket.

    Args:
        path: of the launcher's socket.
    """

    def __init__(self, path: Path) -> None:
        self._launcher = LauncherClient(
            path, seconds=SECONDS, unreachable="replay.launcher_unreachable", passing=_PASSING
        )

    def start(self, task: str, chain: str, to: int | None) -> None:
        """Ask for a replay."""
        self._launcher.ask({"op": "replay.start", "task": task, "chain": chain, "to": to})

    def look(self, task: str) -> Mapping[str, Any]:
        """Ask how far it is."""
        return self._launcher.ask({"op": "replay.look", "task": task})


@dataclass(frozen=True)
class Replayer:
    """Has replays run, and writes down what they find.

    Attributes:
        desk: store and clock.
        runner: starts them.
        folder: where what the log knows is laid down for them.
    """

    desk: Desk
    runner: ReplayRunner
    folder: Path

    def work_once(self) -> int:
        """One turn with the oldest order. Returns how many were finished.

        Raises:
            Unavailable: launcher or store out of reach; the order stays as it is.
        """
        with self.desk.store.unit(read_only=True) as u:
            waiting = u.evidence_tasks.open(TaskKind.REPLAY)
        if not waiting:
            return 0
        task = next((each for each in waiting if each.state is TaskState.RUNNING), waiting[0])
        if task.state is TaskState.ORDERED:
            try:
                self._begin(task)
            except IntegrityFailure as error:
                self._failed(task, error.as_dict())
            return 0
        return self._follow(task)

    def _begin(self, task: EvidenceTask) -> None:
        """Step 1."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_known(self._known_path(task), self._known(_chain(task)))
        self.runner.start(task.id, task.subject, task.order["to"])
        self.desk.at_step("replay.started")
        with self.desk.store.unit() as u:
            u.evidence_tasks.save(replace(task, state=TaskState.RUNNING))
            u.commit()

    def _known(self, chain: ChainName) -> KnownLog:
        with self.desk.store.unit(read_only=True) as u:
            size = u.audit.size()
            found = u.audit.of_subjects(subject_of(chain), most=10**7)
            return KnownLog(size, [batch_of(each) for each in found if each.index < size])

    def _follow(self, task: EvidenceTask) -> int:
        """Steps 2 and 3."""
        seen = self.runner.look(task.id)
        said = seen.get("said") or {}
        if seen["state"] == "running":
            self._note(task, said.get("progress") or {})
            return 0
        if "verdict" in said:
            self._found(task, dict(said["verdict"]))
        elif "failed" in said:
            self._failed(task, dict(said["failed"]))
        elif seen.get("too_long") is not None:
            self._failed(task, {"code": "replay.too_long", "params": {"hours": seen["too_long"]}})
        elif seen["state"] == "ended":
            self._failed(task, {"code": "replay.ended", "params": {"exit": seen.get("exit")}})
        else:
            self._failed(task, {"code": "replay.cut_off", "params": {}})
        self._known_path(task).unlink(missing_ok=True)
        return 1

    def _note(self, task: EvidenceTask, progress: Mapping[str, Any]) -> None:
        blocks = progress.get("what") == "blocks"
        far = (int(progress["done"]), int(progress["whole"])) if blocks else (0, 0)
        if far != (task.done, task.total):
            with self.desk.store.unit() as u:
                u.evidence_tasks.progress(task.id, *far)
                u.commit()

    def _found(self, task: EvidenceTask, verdict: dict[str, Any]) -> None:
        at = self.desk.clock.now()
        with self.desk.store.unit() as u:
            held = u.evidence_tasks.get(task.id, lock=True)
            log = StoredLog(u)
            for entry, leaf in verdict["newer_anchors"]:
                code = log.disagrees(int(entry), str(leaf))
                if code is not None:
                    verdict["differences"].append(differs_from_log(code, entry))
            document = document_of(held, verdict, at=at)
            sha256 = hashlib.sha256(canonical(document)).hexdigest()
            head = document["head"] or {}
            entered = u.audit.append(
                kind="journal.replayed",
                actor="system",
                subject=ABOUT + held.subject,
                data={
                    "id": held.id,
                    "chain": held.subject,
                    "identical": document["identical"],
                    "differences": document["differences"],
                    "block": head.get("number", document["equal_up_to"]),
                    "hash": head.get("hash"),
                    "sha256": sha256,
                },
                at=at,
            )
            result = {"document": document, "sha256": sha256, "entry": entered.index}
            done = replace(held, state=TaskState.READY, result=result, finished_at=at)
            u.evidence_tasks.save(done)
            u.commit()
        _log.info("replay.finished", id=task.id, identical=document["identical"])

    def _failed(self, task: EvidenceTask, problem: dict[str, Any]) -> None:
        _log.error("replay.failed", id=task.id, code=problem["code"])
        at = self.desk.clock.now()
        with self.desk.store.unit() as u:
            held = u.evidence_tasks.get(task.id, lock=True)
            done = replace(held, state=TaskState.FAILED, result=problem, finished_at=at)
            u.evidence_tasks.save(done)
            u.audit.append(
                kind="journal.replay_failed",
                actor="system",
                subject=ABOUT + held.subject,
                data={"id": held.id, "code": problem["code"]},
                at=at,
            )
            u.commit()

    def _known_path(self, task: EvidenceTask) -> Path:
        return self.folder / f"{task.id}.jsonl"


def _chain(task: EvidenceTask) -> ChainName:
    for known in CHAIN_IDS:
        if known == task.subject:
            return known
    raise IntegrityFailure("evidence.not_found", id=task.id)
