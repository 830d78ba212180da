"""Whether the bytes that the store's papers name lie beside it: documents, letters, scans."""

from __future__ import annotations

from pathlib import Path

from sandbox.services import register_pages
from sandbox.services.documents import blobs_of, letters_of
from sandbox.services.paper_cases import scans_of
from sandbox.store import UnitOfWork


def missing_papers(u: UnitOfWork, folder: Path) -> tuple[str, ...]:
    """Papers whose bytes are not there: the file or case, and the SHA-256, in order.

    Args:
        u: a unit of work.
        folder: of the blobs.
    """
    letters = u.letters.select()
    files = {each.id: each.file for each in letters}
    named = [
        *((blobs_of(folder, each.file), each.file, each.sha256) for each in u.documents.select()),
        *((letters_of(folder, each.file), each.file, each.sha256) for each in letters),
        *(
            (letters_of(folder, files[each.letter]), files[each.letter], each.sha256)
            for each in u.letter_signatures.select()
        ),
        *((scans_of(folder, each.case), each.case, each.sha256) for each in u.paper_scans.select()),
        *(
            (register_pages.scans_of(folder), f"register-{each.page}", each.sha256)
            for each in u.page_scans.select()
        ),
    ]
    return tuple(sorted({f"{of} {sha256}" for blobs, of, sha256 in named if not blobs.has(sha256)}))
