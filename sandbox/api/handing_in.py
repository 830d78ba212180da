"""Handing in, at once or file by file, and what was released before.

Rules: those of `sandbox.api.courses`. What is large is sent file by file first, each named by its
hash, so that what breaks off is taken up where it broke off.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sandbox.api.bearer import Caller
from sandbox.api.courses import MAX_BASE64, decoded, enter, packed
from sandbox.api.describing import taken
from sandbox.domain.coursework import MAX_FILES, assignment_name
from sandbox.kit.errors import InvalidInput
from sandbox.services import classroom_exchange, classroom_uploads
from sandbox.services.classroom_room import Room

router = APIRouter(prefix="/courses", tags=["courses"])


class SentFile(BaseModel):
    """One file that is handed in: its content, or the hash of a part that was sent before."""

    model_config = taken(path="lab.ipynb", content="e30=")
    path: str = Field(max_length=400, description="Relative, parts divided by a slash.")
    content: str | None = Field(default=None, max_length=MAX_BASE64, description="Base64.")
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$", description="Of a part.")


class SubmissionBody(BaseModel):
    """What is handed in."""

    model_config = taken(files=[{"path": "lab.ipynb", "content": "e30="}], after=0)
    files: list[SentFile] = Field(max_length=MAX_FILES)
    after: int | None = Field(
        default=None,
        ge=0,
        description="Number of one's newest submission of this assignment when this was made ready,"
        " 0 for none: a repeat that arrives late is then told from a new submission.",
    )


class PartBody(BaseModel):
    """One part of a submission."""

    model_config = taken(content="e30=")
    content: str = Field(max_length=MAX_BASE64, description="Base64.")


@router.post("/{course}/assignments/{assignment}/submissions", summary="Hand in")
def submit(call: Caller, course: str, assignment: str, body: SubmissionBody) -> dict[str, Any]:
    """For students; answers the signed receipt. The same files again: the same receipt."""
    wanted, files = assignment_name(assignment), sent(body.files)
    bundle = enter(call, course, lambda room: classroom_uploads.settled(room, wanted, files))
    return enter(
        call,
        course,
        lambda room: classroom_exchange.submit(room, wanted, bundle, after=body.after),
        commit=True,
    )


@router.get("/{course}/uploads", summary="Parts of a submission that are here")
def uploads(call: Caller, course: str) -> list[str]:
    """For students: the SHA-256 of every part that they sent and that is still kept."""
    return list(enter(call, course, classroom_uploads.parts_of))


@router.put("/{course}/uploads/{sha256}", summary="Send a part of a submission")
def upload(call: Caller, course: str, sha256: str, body: PartBody) -> dict[str, Any]:
    """For students: one file, named by its SHA-256. Sending it again changes nothing."""
    content = decoded(sha256, body.content)
    size = enter(call, course, lambda room: classroom_uploads.take_part(room, sha256, content))
    return {"sha256": sha256, "size": size}


@router.get("/{course}/assignments/{assignment}/releases", summary="Every release")
def releases(call: Caller, course: str, assignment: str) -> list[dict[str, Any]]:
    """What students got, oldest first: by language (none: the release itself) hash and files."""
    wanted = assignment_name(assignment)
    found = enter(call, course, lambda room: classroom_exchange.versions(room, wanted))
    return [{lang: asdict(bundle) for lang, bundle in each.items()} for each in found]


@router.get("/{course}/assignments/{assignment}/releases/{bundle}", summary="One release's files")
def release_files(call: Caller, course: str, assignment: str, bundle: str) -> dict[str, Any]:
    """The files that students got by it; that somebody took the newest is noted."""
    wanted = assignment_name(assignment)

    def work(room: Room) -> dict[str, bytes]:
        return classroom_exchange.fetch_version(room, wanted, bundle)

    return {"files": packed(enter(call, course, work, commit=True))}


def sent(files: list[SentFile]) -> dict[str, bytes | str]:
    """What is handed in: content, or the hash of a part, by path.

    Raises:
        InvalidInput: ``coursework.not_base64``, ``coursework.same_name``,
            ``coursework.content_or_part``.
    """
    found: dict[str, bytes | str] = {}
    for file in files:
        if file.path in found:
            raise InvalidInput("coursework.same_name", path=file.path)
        if (file.content is None) == (file.sha256 is None):
            raise InvalidInput("coursework.content_or_part", path=file.path)
        found[file.path] = file.sha256 or decoded(file.path, file.content or "")
    return found
