"""Full replays for regulators' and auditors' own programs: order, follow, take the verdict."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from sandbox.api.bearer import Caller
from sandbox.api.describing import taken
from sandbox.api.paging import DEFAULT, After, Limit, behind, part
from sandbox.domain.evidence_tasks import EvidenceTask, TaskState
from sandbox.services import journal_replays
from sandbox.services.journal_replays import LAST_BLOCK, OrderReplay

router = APIRouter(prefix="/replays", tags=["replays"])


class ReplayOrder(BaseModel):
    """Which chain is calculated anew, and up to where."""

    model_config = taken(chain="kgst", to=1000)
    chain: str = Field(min_length=1, max_length=20, description="kgst or som.")
    to: int | None = Field(
        default=None, ge=0, le=LAST_BLOCK, description="The last block; all when left out."
    )


class Replay(BaseModel):
    """An order and how far it is."""

    id: str
    chain: str
    to: int | None
    state: TaskState
    done: int = Field(description="Blocks that were equal so far.")
    total: int = Field(description="Of so many; 0 while the journal is read.")
    ordered_by: str
    ordered_at: datetime
    finished_at: datetime | None
    identical: bool | None = Field(description="The verdict; null while there is none.")
    differences: list[dict[str, Any]] = Field(description="Each with code and params.")
    sha256: str | None = Field(description="Of the verdict's document, hex.")
    problem: str | None = Field(description="The code when no verdict could be given.")

    @classmethod
    def of(cls, task: EvidenceTask) -> Replay:
        """From the record."""
        result = task.result or {}
        document = result.get("document") or {}
        return cls(
            id=task.id,
            chain=task.subject,
            to=task.order["to"],
            state=task.state,
            done=task.done,
            total=task.total,
            ordered_by=task.asked_by,
            ordered_at=task.asked_at,
            finished_at=task.finished_at,
            identical=document.get("identical"),
            differences=document.get("differences", []),
            sha256=result.get("sha256"),
            problem=result.get("code"),
        )


@router.get("", summary="Which replays were ordered")
def listed(
    call: Caller,
    request: Request,
    response: Response,
    after: After = None,
    limit: Limit = DEFAULT,
) -> list[Replay]:
    """Newest first, the newest 200 in parts. For regulators and auditors."""
    with call.parts.store.unit(read_only=True) as u:
        every = [Replay.of(each) for each in journal_replays.list_replays(u, call.known)]
    found = behind(every, after, lambda each: each.id)
    return part(request, response, found, limit, lambda each: each.id)


@router.post("", status_code=202, summary="Order a full replay of a chain")
def order(
    call: Caller,
    body: ReplayOrder,
    idempotency_key: Annotated[str | None, Header(max_length=100)] = None,
) -> Replay:
    """It runs beside the platform, one at a time; follow it by its id."""
    with call.parts.store.unit() as u:
        task = journal_replays.order_replay(
            u, call.known, OrderReplay(body.chain, body.to), at=call.at, key=idempotency_key
        )
        u.commit()
    return Replay.of(task)


@router.get("/{task}", summary="How far a replay is")
def one(call: Caller, task: str) -> Replay:
    """For regulators and auditors."""
    with call.parts.store.unit(read_only=True) as u:
        return Replay.of(journal_replays.find_replay(u, call.known, task))


@router.get(
    "/{task}/verdict",
    summary="Take the verdict",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}, "description": "Canonical JSON."}},
)
def verdict(call: Caller, task: str) -> Response:
    """The document whose SHA-256 the audit log holds."""
    with call.parts.store.unit(read_only=True) as u:
        _, data = journal_replays.verdict_document(u, call.known, task)
    return Response(data, media_type="application/json")
