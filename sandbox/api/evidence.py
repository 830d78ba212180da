"""Evidence exports for regulators' and auditors' own programs: order, follow, take."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import AwareDatetime, BaseModel, Field
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from sandbox.api.bearer import Caller
from sandbox.api.describing import taken
from sandbox.api.paging import DEFAULT, After, Limit, behind, part
from sandbox.domain.evidence_tasks import (
    LONGEST_BASIS,
    LONGEST_RECIPIENT,
    EvidenceTask,
    Order,
    TaskState,
)
from sandbox.services import evidence_orders
from sandbox.services.evidence_orders import OrderExport

router = APIRouter(prefix="/evidence", tags=["evidence"])


class ExportOrder(BaseModel):
    """What the file shall hold, for whom, and on what basis it is handed over."""

    model_config = taken(
        permit="SB-2026-0001",
        recipient="Court of Bishkek",
        legal_basis="Criminal Procedure Code, art. 200",
    )
    permit: str = Field(min_length=1, max_length=20, description="The permit's number.")
    recipient: str = Field(min_length=1, max_length=LONGEST_RECIPIENT)
    legal_basis: str = Field(min_length=1, max_length=LONGEST_BASIS)
    since: AwareDatetime | None = Field(default=None, description="From this moment on.")
    until: AwareDatetime | None = Field(default=None, description="Before this moment.")
    without_names: bool = Field(
        default=True, description="Leave out account names and the texts of acts with them."
    )


class Export(BaseModel):
    """An order and how far it is."""

    id: str
    permit: str
    recipient: str
    legal_basis: str
    state: TaskState
    done: int = Field(description="Records of the journals read so far.")
    total: int
    ordered_by: str
    ordered_at: datetime
    sha256: str | None = Field(description="Of the finished file, hex.")
    problem: str | None = Field(description="The code when it failed.")

    @classmethod
    def of(cls, task: EvidenceTask) -> Export:
        """From the record."""
        result = task.result or {}
        return cls(
            id=task.id,
            permit=task.subject,
            recipient=task.order["recipient"],
            legal_basis=task.order["legal_basis"],
            state=task.state,
            done=task.done,
            total=task.total,
            ordered_by=task.asked_by,
            ordered_at=task.asked_at,
            sha256=result.get("sha256"),
            problem=result.get("code"),
        )


@router.get("", summary="What was ordered")
def listed(
    call: Caller,
    request: Request,
    response: Response,
    after: After = None,
    limit: Limit = DEFAULT,
) -> list[Export]:
    """Newest first, the newest 200 in parts. For regulators and auditors."""
    with call.parts.store.unit(read_only=True) as u:
        every = [Export.of(each) for each in evidence_orders.list_tasks(u, call.known)]
    found = behind(every, after, lambda each: each.id)
    return part(request, response, found, limit, lambda each: each.id)


@router.post("", status_code=202, summary="Order an evidence file")
def order(
    call: Caller,
    body: ExportOrder,
    idempotency_key: Annotated[str | None, Header(max_length=100)] = None,
) -> Export:
    """The worker makes the file; follow it by its id. The order is entered in the audit log."""
    wanted = Order(
        body.recipient, body.legal_basis, body.since, body.until, without_names=body.without_names
    )
    with call.parts.store.unit() as u:
        task = evidence_orders.order_export(
            u, call.known, OrderExport(body.permit, wanted), at=call.at, key=idempotency_key
        )
        u.commit()
    return Export.of(task)


@router.get("/{task}", summary="How far an order is")
def one(call: Caller, task: str) -> Export:
    """For regulators and auditors."""
    with call.parts.store.unit(read_only=True) as u:
        return Export.of(evidence_orders.find_task(u, call.known, task))


@router.get(
    "/{task}/file",
    summary="Take a finished file",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}, "description": "The evidence file."}},
)
def file(call: Caller, task: str) -> Response:
    """Taking it is entered in the audit log. Check it by ``synak evidence verify``."""
    with call.parts.store.unit() as u:
        _, path = evidence_orders.take_file(u, call.known, task, call.parts.evidence, at=call.at)
        u.commit()
    return FileResponse(path, media_type="application/zip", filename=f"synak-{path.name}")
