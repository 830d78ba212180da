"""The audit log for readers: entries, the newest signed head, checking a head kept before."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.seats import Right
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import InvalidInput, SynakError, Unavailable
from sandbox.services import audit
from sandbox.services.audit import KeptHead
from sandbox.services.journal_batches import standing_alarms
from sandbox.services.views import HeadView, VerifyReport
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Anybody, Poster, Visit

router = APIRouter(include_in_schema=False)
PAGE: Final = 50


@router.get("/desk/audit")
def show(visit: Anybody, after: int | None = None) -> Response:
    """The newest head for everybody; entries for those who may read them."""
    return _page(visit, after)


def _page(
    visit: Visit,
    after: int | None = None,
    *,
    problem: Problem | None = None,
    report: VerifyReport | None = None,
) -> HTMLResponse:
    reads = visit.has(Right.READ_AUDIT)
    head = _head(visit)
    first = max(0, head.size - PAGE) if after is None else max(0, min(after, head.size))
    entries: tuple[Any, ...] = ()
    alarms: tuple[Any, ...] = ()
    if reads:
        with visit.parts.store.unit(read_only=True) as u:
            alarms = standing_alarms(u)
            entries = audit.entries(u, visit.known, after=first - 1, limit=PAGE)
    return page(
        visit,
        "audit.html",
        status=problem.error.status if problem else 200,
        head=head,
        entries=entries[::-1],
        alarms=alarms,
        reads=reads,
        first=first,
        size=PAGE,
        report=report,
        problem=problem,
    )


def _head(visit: Visit) -> HeadView:
    with visit.parts.store.unit() as u:
        head = audit.head(u, at=visit.at, key=visit.parts.head_key)
        u.commit()
    return head


@router.get("/desk/audit/head.json")
def head_json(visit: Anybody) -> Response:
    """The newest signed head, to keep."""
    head = _head(visit)
    body = {
        "size": head.size,
        "root": head.root,
        "at": head.at.isoformat(),
        "signature": head.signature,
        "key_id": head.key_id,
        "public_key": head.public_key,
    }
    return Response(
        canonical(body),
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="synak-head-{head.size}.json"',
        },
    )


@router.post("/desk/audit/verify")
def verify(visit: Poster) -> Response:
    """Compare a kept head with the whole log as it is now."""
    try:
        kept = _kept(visit.form.get("head", ""))
        with visit.parts.store.unit(read_only=True) as u:
            report = audit.verify_log(u, kept=kept, public_key=visit.parts.head_key.public)
    except SynakError as error:
        if error.status == Unavailable.status:
            raise
        return _page(visit, problem=Problem(error, "verify"))
    return _page(visit, report=report)


def _kept(text: str) -> KeptHead | None:
    """Read a head as people keep it: the JSON file's text; nothing for an empty field."""
    if not text.strip():
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("audit.head_malformed", reason="json") from error
    if not isinstance(data, dict):
        raise InvalidInput("audit.head_malformed", reason="json")
    return KeptHead.from_dict(data)
