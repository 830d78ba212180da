"""Self-checks: the visible tests on present work, without handing in.

Rules: those of `sandbox.api.courses`. It is the student's own work that is checked, and only the
student reads what was found.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sandbox.api.bearer import Caller
from sandbox.api.courses import FileBody, enter, unpacked
from sandbox.api.describing import taken
from sandbox.domain.coursework import MAX_FILES, assignment_name
from sandbox.services import classroom_self_check
from sandbox.services.classroom_room import Room
from sandbox.services.classroom_self_check import Standing
from sandbox.toolchain.layout import CHECKOUT

router = APIRouter(prefix="/courses", tags=["courses"])


class SelfCheckBody(BaseModel):
    """The present work."""

    model_config = taken(files=[{"path": "lab.ipynb", "content": "e30="}])
    files: list[FileBody] = Field(max_length=MAX_FILES)


@router.post("/{course}/assignments/{assignment}/self-check", summary="Check one's present work")
def ask(call: Caller, course: str, assignment: str, body: SelfCheckBody) -> dict[str, Any]:
    """For students: no hand-in, visible tests alone. The same files again: the same check."""
    wanted, files = assignment_name(assignment), unpacked(body.files)

    def work(room: Room) -> Standing:
        allowed = classroom_self_check.an_hour(room, CHECKOUT / "courses")
        return classroom_self_check.ask(room, wanted, files, allowed=allowed)

    return asdict(enter(call, course, work, commit=True))


@router.get("/{course}/assignments/{assignment}/self-check", summary="One's newest self-check")
def newest(call: Caller, course: str, assignment: str) -> dict[str, Any] | None:
    """For students: its place in the queue, or what each visible test said; null: none yet."""
    wanted = assignment_name(assignment)
    found = enter(call, course, lambda room: classroom_self_check.standing(room, wanted))
    return None if found is None else asdict(found)
