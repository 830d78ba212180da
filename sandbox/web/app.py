"""The desk: one application, JSON below ``/desk/api/v1``, pages beside it.

Example:
    ``create_app(parts)`` with the real store and ports, or with a test's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import anyio.to_thread
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from sandbox.api.app import create_api
from sandbox.api.parts import DeskParts
from sandbox.web import (
    about,
    alert_packs,
    alerts,
    applications,
    audit_pages,
    authorities,
    authority_data,
    badges,
    bookings,
    calendar_pages,
    certificates,
    class_lists,
    committee,
    committee_sitting,
    complaint_pages,
    console,
    contract_reviews,
    course_assignment,
    course_lessons,
    course_marking,
    course_quizzes,
    course_self_check,
    course_staff,
    course_student,
    course_time,
    courses,
    customer_pages,
    customer_slips,
    customer_visit,
    delegations,
    departments,
    documents,
    drills,
    evidence,
    exam_live,
    exams,
    exit_report,
    experts,
    explorer,
    file_print,
    files,
    home,
    incidents,
    inquiries,
    intelligence,
    investigation_acts,
    investigation_answer,
    investigation_case,
    investigation_chain,
    investigation_compared,
    investigation_contests,
    investigation_marking,
    investigation_owners,
    investigation_papers,
    investigation_print,
    investigation_report,
    investigation_room,
    investigation_rules,
    investigation_scores,
    investigation_sums,
    investigation_teams,
    investigation_truth,
    investigations,
    letters,
    life,
    login,
    lti,
    mark_scales,
    mark_sheets,
    marking_rules,
    marks,
    me,
    members,
    network,
    notices,
    offline_check,
    open_work,
    orders,
    outside,
    outside_acts,
    outside_course,
    paper_cases,
    passback,
    passkeys,
    permits,
    personal_data,
    portable,
    problems,
    public,
    receipts,
    records,
    replays,
    reports,
    requirements,
    review,
    settlement,
    sign_ins,
    similarity,
    similarity_files,
    statistics,
    steps,
    supervised_ledgers,
    supervision,
    suspicion,
    versions,
    wallets,
    webhooks,
    witness_pages,
)
from sandbox.web.doors import Doors
from sandbox.web.edge import Edge
from sandbox.web.live import Newsroom
from sandbox.web.session import Sessions
from sandbox.web.store_sessions import StoreSessions
from sandbox.web.visit import Reception

HERE: Final = Path(__file__).parent
VENDOR: Final = {
    "htmx": ("htmx.org/dist", ("htmx.min.js",)),
    "htmx-ext": ("htmx.org/dist/ext", ("hx-sse.min.js",)),
    "cytoscape": ("cytoscape/dist", ("cytoscape.min.js",)),
    "uplot": ("uplot/dist", ("uPlot.iife.min.js", "uPlot.min.css")),
    "inter": ("@fontsource-variable/inter", ("wght.css", "files")),
}
"""Folder below ``/desk/static/vendor``: where it lies among the npm packages, and what of it."""


def create_app(parts: DeskParts) -> FastAPI:
    """Put the desk together.

    Args:
        parts: store, ports, hub, clock, secrets.
    """
    app = FastAPI(title="Synak desk", docs_url=None, redoc_url=None, openapi_url=None)
    secure = parts.public_url.startswith("https://")
    sessions = Sessions(StoreSessions(parts.store), parts.session_secret, secure=secure)
    app.state.parts = parts
    app.state.reception = Reception(parts, sessions)
    app.state.doors = Doors(app.state.reception)
    app.state.newsroom = Newsroom(parts)
    app.add_middleware(Edge)
    problems.install(app)
    customer_visit.install(app)

    app.mount("/desk/api/v1", create_api(parts))
    _mount_static(app, parts.node_modules)
    app.add_api_route("/desk/healthz", healthz, include_in_schema=False)
    app.add_api_route("/", to_front_door, include_in_schema=False)
    app.add_api_route("/desk", to_front_door, include_in_schema=False)
    for part in (
        home,
        login,
        applications,
        files,
        documents,
        letters,
        versions,
        records,
        file_print,
        paper_cases,
        requirements,
        review,
        authorities,
        authority_data,
        delegations,
        open_work,
        life,
        calendar_pages,
        permits,
        steps,
        drills,
        network,
        wallets,
        contract_reviews,
        supervised_ledgers,
        committee,
        committee_sitting,
        experts,
        alerts,
        supervision,
        alert_packs,
        inquiries,
        suspicion,
        intelligence,
        orders,
        console,
        courses,
        class_lists,
        sign_ins,
        outside,
        outside_acts,
        lti,
        outside_course,
        course_staff,
        bookings,
        exams,
        exam_live,
        investigation_chain,
        investigation_papers,
        investigation_print,
        investigation_compared,
        investigation_rules,
        investigations,
        investigation_case,
        investigation_acts,
        investigation_answer,
        investigation_room,
        investigation_sums,
        investigation_teams,
        investigation_owners,
        investigation_truth,
        investigation_report,
        investigation_marking,
        investigation_scores,
        investigation_contests,
        course_time,
        course_self_check,
        mark_scales,
        mark_sheets,
        departments,
        certificates,
        offline_check,
        badges,
        marks,
        similarity,
        similarity_files,
        course_lessons,
        course_quizzes,
        passback,
        course_assignment,  # after every other address of a course: it takes any name
        marking_rules,
        course_marking,
        course_student,
        receipts,
        evidence,
        replays,
        audit_pages,
        witness_pages,
        explorer,
        public,
        notices,
        webhooks,
        passkeys,
        me,
        members,
        about,
        customer_pages,
        customer_slips,
        complaint_pages,
        reports,
        incidents,
        statistics,
        settlement,
        exit_report,
        portable,
        personal_data,
    ):
        app.include_router(part.router)
    return app


async def healthz(request: Request) -> Response:
    """Whether the desk can do its work, part by part."""
    parts: DeskParts = request.app.state.parts

    def store_answers() -> tuple[bool, str]:
        try:
            with parts.store.unit(read_only=True):
                return True, "answers"
        except Exception as error:  # noqa: BLE001  health must never raise
            return False, type(error).__name__

    def gateway_answers() -> tuple[bool, str]:
        try:
            return parts.ports.gateway.health().get("status") == "ok", "answers"
        except Exception as error:  # noqa: BLE001  health must never raise
            return False, type(error).__name__

    checks = {}
    for name, ask in (("store", store_answers), ("gateway", gateway_answers)):
        ok, detail = await anyio.to_thread.run_sync(ask)
        checks[name] = {"ok": ok, "detail": detail}
    checks["hub"] = {"ok": await parts.hub.healthy(), "detail": parts.hub.client.api}
    well = checks["store"]["ok"]
    return JSONResponse(
        {"status": "ok" if well else "failing", "checks": checks}, status_code=200 if well else 503
    )


async def to_front_door(request: Request) -> Response:
    """Whoever came by another name goes to the public address."""
    parts: DeskParts = request.app.state.parts
    path = "/desk/" if request.url.path == "/desk" else "/"
    return RedirectResponse(parts.public_url + path, 307)


def _mount_static(app: FastAPI, node_modules: Path) -> None:
    for name, (folder, _) in VENDOR.items():
        app.mount(
            f"/desk/static/vendor/{name}",
            _Vendored(directory=node_modules / folder, check_dir=False),
            name=f"vendor-{name}",
        )
    app.mount("/desk/static", StaticFiles(directory=HERE / "static"), name="static")


class _Vendored(StaticFiles):
    """Only what the pages use of an npm package."""

    ALLOWED: Final = frozenset(item for _, items in VENDOR.values() for item in items)

    async def get_response(self, path: str, scope: object) -> Response:
        """Serve one file."""
        if Path(path).parts[:1] and Path(path).parts[0] not in self.ALLOWED:
            return Response(status_code=404)
        return await super().get_response(path, scope)  # type: ignore[arg-type]
