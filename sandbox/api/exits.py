"""The end of a test for the firm's own programs: where it stands, and the archive to take along.

Rule: the archive holds documents of the firm, so a key that is limited to parts of the chain is
refused there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from sandbox.api.bearer import Caller, Unlimited
from sandbox.api.describing import taken
from sandbox.api.paging import DEFAULT, After, Limit, behind, part
from sandbox.domain.evidence_tasks import EvidenceTask, TaskState
from sandbox.domain.exit_report import ReportState
from sandbox.domain.lifecycle import FileState
from sandbox.domain.settlement import SettlementState
from sandbox.services import exit_archives
from sandbox.services.access import readable_permit
from sandbox.services.exit_archives import step_of

router = APIRouter(tags=["exit"])


class Exit(BaseModel):
    """Where the end of a test stands."""

    permit: str
    state: FileState
    settlement: SettlementState | None = Field(description="Null before it was ordered.")
    settled_at: datetime | None
    proof: dict[str, Any] | None = Field(
        description="Blocks with their hashes, zeroes and sums, once nobody holds anything."
    )
    report: ReportState | None = Field(description="Of the exit report; null before it is filed.")


class ArchiveOrder(BaseModel):
    """Of which permit."""

    model_config = taken(permit="SB-2026-0001")
    permit: str = Field(min_length=1, max_length=20, description="The permit's number.")


class Archive(BaseModel):
    """An archive and how far it is."""

    id: str
    permit: str
    state: TaskState
    step: str = Field(description="records, documents, transactions, contracts or archive.")
    percent: int = Field(ge=0, le=100)
    ordered_by: str
    ordered_at: datetime
    finished_at: datetime | None
    sha256: str | None = Field(description="Of the finished file, hex.")
    size: int | None = Field(description="Bytes of the finished file.")
    problem: str | None = Field(description="The code when it failed.")

    @classmethod
    def of(cls, task: EvidenceTask) -> Archive:
        """From the record."""
        result = task.result or {}
        return cls(
            id=task.id,
            permit=task.subject,
            state=task.state,
            step=step_of(task.done),
            percent=task.done,
            ordered_by=task.asked_by,
            ordered_at=task.asked_at,
            finished_at=task.finished_at,
            sha256=result.get("sha256"),
            size=result.get("bytes"),
            problem=result.get("code"),
        )


@router.get("/exits/{permit}", summary="Where the end of a test stands")
def state(call: Caller, permit: str) -> Exit:
    """For everybody who sees the permit: file, settlement with its proof, exit report."""
    with call.parts.store.unit(read_only=True) as u:
        found, file = readable_permit(u, call.known, permit)
        settlements = u.settlements.of_permit(found.number)
        report = u.exit_reports.find(file.id)
    newest = max(settlements, key=lambda each: each.ordered_at, default=None)
    return Exit(
        permit=found.number,
        state=file.state,
        settlement=newest.state if newest else None,
        settled_at=newest.settled_at if newest else None,
        proof=dict(newest.proof) if newest and newest.proof else None,
        report=report.state if report else None,
    )


@router.get("/exit-archives", summary="The archives of a permit")
def listed(
    call: Unlimited,
    request: Request,
    response: Response,
    permit: str,
    after: After = None,
    limit: Limit = DEFAULT,
) -> list[Archive]:
    """Newest first, in parts. For the permit's team."""
    with call.parts.store.unit(read_only=True) as u:
        every = [Archive.of(each) for each in exit_archives.archives_of(u, call.known, permit)]
    found = behind(every, after, lambda each: each.id)
    return part(request, response, found, limit, lambda each: each.id)


@router.post("/exit-archives", status_code=202, summary="Order an archive")
def order(
    call: Unlimited,
    body: ArchiveOrder,
    idempotency_key: Annotated[str | None, Header(max_length=100)] = None,
) -> Archive:
    """The worker makes it; follow it by its id. While one is under way, it is that one."""
    with call.parts.store.unit() as u:
        task = exit_archives.order_archive(
            u, call.known, body.permit, at=call.at, key=idempotency_key
        )
        u.commit()
    return Archive.of(task)


@router.get("/exit-archives/{task}", summary="How far an archive is")
def one(call: Unlimited, task: str) -> Archive:
    """For the permit's team."""
    with call.parts.store.unit(read_only=True) as u:
        return Archive.of(exit_archives.find_archive(u, call.known, task))


@router.get(
    "/exit-archives/{task}/file",
    summary="Take a finished archive",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}, "description": "The archive."}},
)
def file(call: Unlimited, task: str) -> Response:
    """Its SHA-256 is in the audit log."""
    with call.parts.store.unit(read_only=True) as u:
        found, path = exit_archives.take_archive(u, call.known, task, call.parts.evidence)
    return FileResponse(path, media_type="application/zip", filename=f"synak-{found.subject}.zip")
