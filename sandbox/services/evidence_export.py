"""Making an evidence file: the worker's part.

0. Take the oldest order; wait until the log has batches of all that the journals held when it
   was taken up, at most ``PATIENCE`` seconds.
1. Lay out its parts in a folder: the permit's versions, then batch by batch what the audit log
   commits to of each chain's journal, then the blocks. What published a version is in the file
   whatever period was asked for: without it nobody could tell who signed.
2. Write the manifest; enter ``evidence.exported`` with its SHA-256 in the audit log.
3. Sign the log's head, which now covers that entry as well, and write the log's parts.
4. Put everything into one file; ready.

Killed at any step, the worker begins anew or, behind step 2, goes on where it was: the folder is
used again when its manifest is the one that the log names.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import structlog

from sandbox.chain.records import Place
from sandbox.domain.document import NOTICE
from sandbox.domain.evidence_tasks import EvidenceTask, Order, TaskKind, TaskState
from sandbox.domain.records import Permit
from sandbox.kit.errors import IntegrityFailure, SynakError, Unavailable
from sandbox.kit.ids import ChainName, PermitNumber
from sandbox.services import audit
from sandbox.services.audit import HeadKey
from sandbox.services.evidence_chain import Asked, LaidOut, lay_out_chain
from sandbox.services.evidence_file import (
    EXPORTED,
    FORMAT,
    MANIFEST,
    PERMIT,
    Writer,
    assemble,
    parts_for,
    signatures_on,
)
from sandbox.services.evidence_log import entries_of, hidden_among, lay_out_log
from sandbox.services.evidence_permit import permit_part
from sandbox.services.journal_batches import newest_batch
from sandbox.services.publication import Desk

STATEMENT: Final = (
    "Records of other permits are not in this file; where they stand beside the permit's own, "
    "their hashes stand for them, so that the proofs still hold. Customers appear under salted "
    "hashes and wallet addresses only."
)
NAMES_LEFT_OUT: Final = (
    " Account names of the team and of officials are left out, and with them the texts of their "
    "acts; their places in the log stay."
)
PATIENCE: Final = 60.0
"""Seconds that an order waits for batches; the file says what is in none then."""
_log = structlog.get_logger()


@dataclass
class _Wait:
    """Since when an order waits, and for the batch of which record of each chain."""

    since: float = field(default_factory=time.monotonic)
    last: dict[ChainName, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Exporter:
    """Makes evidence files.

    Attributes:
        desk: store, gateway, clock.
        key: signs tree heads.
        folder: where files are left.
        waits: orders that wait for their batches.
    """

    desk: Desk
    key: HeadKey
    folder: Path
    waits: dict[str, _Wait] = field(default_factory=dict)

    def work_once(self) -> int:
        """Make the oldest file that is ordered. Returns how many were made.

        Raises:
            Unavailable: gateway or store out of reach; the order stays open.
        """
        with self.desk.store.unit(read_only=True) as u:
            waiting = u.evidence_tasks.open(TaskKind.EXPORT)
        if not waiting:
            return 0
        task = waiting[0]
        try:
            if task.state is TaskState.ORDERED and not self._batched(task):
                return 0
            self._make(self._begin(task))
        except Unavailable:
            raise
        except SynakError as error:
            _log.error("evidence.failed", id=task.id, code=error.code)
            self._finish(task.id, TaskState.FAILED, error.as_dict())
        except Exception as error:  # noqa: BLE001 - one bad order stops no other
            _log.exception("evidence.broke", id=task.id)
            problem = {"code": "evidence.broke", "params": {"reason": type(error).__name__}}
            self._finish(task.id, TaskState.FAILED, problem)
        return 1

    def _batched(self, task: EvidenceTask) -> bool:
        """Step 0: whether the log has batches of all that was there, or has not for too long."""
        wait = self.waits.setdefault(task.id, _Wait())
        done = True
        for chain in self._permit(task).chains:
            with self.desk.store.unit(read_only=True) as u:
                newest = newest_batch(u, chain)
            end = newest["end"] if newest else Place().as_dict()
            if chain not in wait.last:
                wait.last[chain] = self.desk.gateway.journal_behind(chain, end)["last"]
            last = wait.last[chain]
            done = done and (last is None or last < end["sequence"])
        if not done and time.monotonic() - wait.since < PATIENCE:
            return False
        self.waits.clear()
        return True

    def _begin(self, task: EvidenceTask) -> EvidenceTask:
        if task.state is TaskState.RUNNING:
            return task
        with self.desk.store.unit() as u:
            task = u.evidence_tasks.save(replace(task, state=TaskState.RUNNING))
            u.commit()
        return task

    def _make(self, task: EvidenceTask) -> None:
        staging = self.folder / f"{task.id}.parts"
        entry = self._entry_of(task, staging)
        if entry is None:
            shutil.rmtree(staging, ignore_errors=True)
            manifest = self._lay_out(task, staging)
            self.desk.at_step("evidence.laid_out")
            entry = self._enter(task, manifest, staging)
            self.desk.at_step("evidence.entered")
        with self.desk.store.unit() as u:
            head = audit.head(u, at=self.desk.clock.now(), key=self.key)
            u.commit()
        with self.desk.store.unit(read_only=True) as u:
            lay_out_log(u, staging, head, own=entry)
        chains = self._permit(task).chains
        sha256, size = assemble(staging, parts_for(chains), self.folder / f"{task.id}.zip")
        self.desk.at_step("evidence.assembled")
        digest = hashlib.sha256((staging / MANIFEST).read_bytes()).hexdigest()
        result = {"digest": digest, "sha256": sha256, "bytes": size, "entry": entry}
        self._finish(task.id, TaskState.READY, result)

    def _entry_of(self, task: EvidenceTask, staging: Path) -> int | None:
        """The entry of a manifest that was entered before the worker was killed."""
        if not (staging / MANIFEST).is_file():
            return None
        digest = hashlib.sha256((staging / MANIFEST).read_bytes()).hexdigest()
        with self.desk.store.unit(read_only=True) as u:
            for each in u.audit.of_subjects(task.subject, most=100):
                data = (each.body or {}).get("data", {})
                if each.kind == EXPORTED and data.get("manifest") == digest:
                    return each.index
        return None

    def _permit(self, task: EvidenceTask) -> Permit:
        with self.desk.store.unit(read_only=True) as u:
            return u.permits.get(PermitNumber(task.subject))

    def _lay_out(self, task: EvidenceTask, staging: Path) -> dict[str, Any]:
        """Step 1, and the manifest of step 2."""
        order, permit, desk = Order.from_dict(task.order), self._permit(task), self.desk
        national = desk.gateway.national()
        with desk.store.unit(read_only=True) as u:
            size = u.audit.size()
            own = entries_of(u, permit, size)
            writer = Writer(staging, PERMIT)
            shown = permit_part(u, permit, national, without_names=order.without_names)
            writer.whole(shown)
            parts = [writer.close()]
            account = u.accounts.get(task.asked_by)
        listed: set[int] = {each.index for each in own}
        hidden = hidden_among(own, without_names=order.without_names)
        chains: dict[str, Any] = {}
        for chain in permit.chains:
            asked = Asked(permit.number, national[chain], order, signatures_on(shown, chain))
            laid = lay_out_chain(desk, staging, asked, size=size, told=self._progress(task))
            _all_published(shown, chain, laid)
            parts += laid.parts
            listed |= laid.entries
            chains[chain] = laid.summary
        manifest = {
            "format": FORMAT,
            "id": task.id,
            "permit": permit.number,
            "period": {name: task.order[name] for name in ("since", "until")},
            "recipient": order.recipient,
            "legal_basis": order.legal_basis,
            "redaction": {
                "without_names": order.without_names,
                "statement": STATEMENT + (NAMES_LEFT_OUT if order.without_names else ""),
            },
            "made_at": desk.clock.now().isoformat(),
            "made_by": {
                "seat": task.seat,
                "organisation": account.org,
                "account": None if order.without_names else account.name,
            },
            "log": {"public_key": self.key.public, "entries": sorted(listed), "hidden": hidden},
            "chains": chains,
            "parts": sorted(parts, key=lambda part: str(part["name"])),
            "notice": dict(NOTICE),
        }
        writer = Writer(staging, MANIFEST)
        writer.whole(manifest)
        writer.close()
        return manifest

    def _progress(self, task: EvidenceTask) -> Any:
        def told(done: int, total: int) -> None:
            with self.desk.store.unit() as u:
                u.evidence_tasks.progress(task.id, done, total)
                u.commit()

        return told

    def _enter(self, task: EvidenceTask, manifest: dict[str, Any], staging: Path) -> int:
        """Step 2: the export is an act; its entry binds every byte above the log."""
        digest = hashlib.sha256((staging / MANIFEST).read_bytes()).hexdigest()
        with self.desk.store.unit() as u:
            entry = u.audit.append(
                kind=EXPORTED,
                actor="system",
                subject=task.subject,
                data={
                    "id": task.id,
                    "manifest": digest,
                    "recipient": manifest["recipient"],
                    "legal_basis": manifest["legal_basis"],
                    "seat": task.seat,
                },
                at=self.desk.clock.now(),
            )
            u.commit()
        return entry.index

    def _finish(self, task_id: str, state: TaskState, result: dict[str, Any]) -> None:
        shutil.rmtree(self.folder / f"{task_id}.parts", ignore_errors=True)
        with self.desk.store.unit() as u:
            task = u.evidence_tasks.get(task_id, lock=True)
            done = replace(task, state=state, result=result, finished_at=self.desk.clock.now())
            u.evidence_tasks.save(done)
            if state is TaskState.FAILED:
                u.audit.append(
                    kind="evidence.failed",
                    actor="system",
                    subject=task.subject,
                    data={"id": task.id, "code": result["code"]},
                    at=self.desk.clock.now(),
                )
            u.commit()


def _all_published(shown: Mapping[str, Any], chain: ChainName, laid: LaidOut) -> None:
    """Every version of the file is published by a transaction of the file.

    Raises:
        IntegrityFailure: ``evidence.publication_missing``.
    """
    for version in shown["versions"]:
        mine = signatures_on({"versions": [version]}, chain)
        if not mine or mine - laid.published:
            raise IntegrityFailure(
                "evidence.publication_missing", version=version["version"], chain=chain
            )
