"""Files that people send, and files that they take: in pieces both ways, never whole in memory.

Rules:

- what comes in is written to its place piece by piece and is kept by the act or not at all;
- what goes out is a download, whatever it is: ``attachment``, its own media type, ``nosniff``
  (every answer carries it) and a policy under which nothing in it could run if it were shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response, StreamingResponse

from sandbox.kit.errors import InvalidInput
from sandbox.store.classroom_blobs import CHUNK, Incoming

POLICY: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"


def take_in(upload: UploadFile | None, fresh: Incoming, *, most: int) -> str:
    """Write what was sent to its place.

    Args:
        upload: the form's file.
        fresh: where it goes.
        most: bytes at most.

    Returns:
        Its name as the browser gave it.

    Raises:
        InvalidInput: ``document.none``, ``document.too_large``.
    """
    if upload is None:
        raise InvalidInput("document.none")
    upload.file.seek(0)
    while piece := upload.file.read(CHUNK):
        if fresh.size + len(piece) > most:
            raise InvalidInput("document.too_large", limit=most // 1_000_000)
        fresh.write(piece)
    return upload.filename or ""


def download(content: BinaryIO, *, name: str, media: str, size: int) -> Response:
    """Send a file as a download; it is closed when it is sent.

    Args:
        content: open at its beginning.
        name: safe (``domain.documents.safe_name``).
        media: its media type.
        size: bytes.
    """
    return StreamingResponse(
        _pieces(content),
        media_type=media,
        headers={
            "Content-Disposition": disposition(name),
            "Content-Length": str(size),
            "Content-Security-Policy": POLICY,
        },
    )


def disposition(name: str) -> str:
    """A name for a download, for old and new browsers. Source: RFC 6266, RFC 8187.

    >>> print(disposition("эреже.pdf"))
    attachment; filename="_____.pdf"; filename*=UTF-8''%D1%8D%D1%80%D0%B5%D0%B6%D0%B5.pdf
    """
    plain = "".join(each if each.isascii() and each not in '"\\' else "_" for each in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _pieces(content: BinaryIO) -> Iterator[bytes]:
    with content:
        while piece := content.read(CHUNK):
            yield piece
