"""Reading a posted form: bounded in bytes, in fields and in time.

Rules:

1. Nothing without a length, and nothing longer than the page takes.
2. All of it within ``FORM_SECONDS``, with a file within ``UPLOAD_SECONDS``: a form that comes drop
   by drop is refused, whoever sends it.
3. No NUL in any field, which PostgreSQL does not hold; a field of ours stays as it came, since what
   it says is compared, not kept.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from sandbox.kit.errors import InvalidInput

FORM_FIELDS: Final = 400
FIELD_BYTES: Final = 200_000
BODY_BYTES: Final = 1_000_000
FORM_SECONDS: Final = 15.0
UPLOAD_SECONDS: Final = 300.0
MOST_POURED: Final = 100_000_000
"""Bytes of a refused upload that are read and dropped, so that the browser hears the answer."""


async def read_form(request: Request, upload: int = 0) -> FormData:
    """The fields of a posted form.

    Args:
        request: as it came.
        upload: bytes of the one file that the page takes; 0 for pages that take none.

    Raises:
        InvalidInput: ``form.too_large``, ``form.too_slow``, ``form.malformed``,
            ``document.too_large``.
    """
    seconds = UPLOAD_SECONDS if upload else FORM_SECONDS
    try:
        async with asyncio.timeout(seconds):
            return await _read(request, upload)
    except TimeoutError:
        raise InvalidInput("form.too_slow", seconds=int(seconds)) from None


async def _read(request: Request, upload: int) -> FormData:
    length = request.headers.get("content-length", "")
    if not re.fullmatch("[0-9]{1,12}", length) or int(length) > BODY_BYTES + upload:
        if not upload:
            raise InvalidInput("form.too_large", limit=BODY_BYTES)
        await _pour_away(request, length)
        raise InvalidInput("document.too_large", limit=upload // 1_000_000)
    if not request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        raise InvalidInput("form.malformed")
    try:
        form = await request.form(
            max_files=1 if upload else 0, max_fields=FORM_FIELDS, max_part_size=FIELD_BYTES
        )
    except HTTPException as error:
        raise InvalidInput("form.malformed") from error
    return FormData([(_bare(name), _tidy(name, value)) for name, value in form.multi_items()])


async def _pour_away(request: Request, length: str) -> None:
    """Take in, keeping nothing, what a browser goes on sending: else it never reads our answer."""
    if re.fullmatch("[0-9]{1,9}", length) and int(length) <= MOST_POURED:
        async for _ in request.stream():
            pass


def _bare(text: str) -> str:
    return text.replace("\x00", "")


def _tidy(name: str, value: str | UploadFile) -> str | UploadFile:
    return _bare(value) if isinstance(value, str) and not name.startswith("_") else value
