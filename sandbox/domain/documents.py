r"""Documents of a permit file: kinds, sizes, names that are safe to show and to save.

Rules:

1. A document is one of a few formats; its name's ending and its content say the same
   (``services.document_content`` looks inside).
2. A name is only a name: no folder, no mark of direction, nothing invisible, nothing that a
   system reserves; whoever downloads it gets a file and never a place.
3. At most 10 MB a document, 40 documents and 100 MB a file, with everything that earlier
   submissions still hold.
4. A document that was submitted stays what it was; one that never was can be taken away whole.

>>> safe_name("C:\\fakepath\\..\\отчёт\u202efdp.exe.pdf")
'отчётfdp.exe.pdf'
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName, FileId

MEGABYTE: Final = 1_000_000
LARGEST: Final = 10 * MEGABYTE
"""Bytes of one document."""
LARGEST_FILE: Final = 100 * MEGABYTE
"""Bytes of all documents of one permit file."""
MOST: Final = 40
"""Documents of one permit file that are attached now."""
NAME_LENGTH: Final = 120

MEDIA: Final[Mapping[str, str]] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "txt": "text/plain",
    "md": "text/markdown",
}
"""What may be attached: the name's ending and its media type. Source: IANA media types."""

_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_UNSAFE: Final = re.compile(r'[<>:"|?*%;`$&\x00-\x1f\x7f]')


class DocumentKind(StrEnum):
    """What a document is for. Source: application forms of real sandboxes (permit-limits)."""

    LEGAL_IDENTITY = "legal_identity"
    KEY_PERSONS = "key_persons"
    BUSINESS_PLAN = "business_plan"
    MONEY_FLOW = "money_flow"
    AML_POLICY = "aml_policy"
    CLIENT_AGREEMENT = "client_agreement"
    RISK_MATRIX = "risk_matrix"
    DATA_PROTECTION = "data_protection"
    EXIT_PLAN = "exit_plan"
    CAPITAL = "capital"
    TECHNICAL = "technical"
    OTHER = "other"


@dataclass(frozen=True)
class Document:
    """One document of a file, one version of it.

    Attributes:
        series: what all versions of one document share.
        version: counts within the series, from 1.
        size: bytes.
        sha256: of the content, hex.
        ended_at: when it was replaced or taken away; None while it is attached.
    """

    id: str
    file: FileId
    series: str
    version: int
    kind: DocumentKind
    name: str
    media: str
    size: int
    sha256: str
    by: AccountName
    at: datetime
    ended_at: datetime | None = None
    ended_by: AccountName | None = None
    revision: int = 1

    def line(self) -> dict[str, Any]:
        """The document in an inventory: what a submission and a signature fix."""
        return {
            "id": self.id,
            "series": self.series,
            "kind": self.kind.value,
            "name": self.name,
            "version": self.version,
            "size": self.size,
            "sha256": self.sha256,
        }


def safe_name(name: str) -> str:
    """A file's name as it may be shown, stored and sent.

    Args:
        name: as the browser sent it.

    Returns:
        One name of at most ``NAME_LENGTH`` characters with its ending in small letters.

    Raises:
        InvalidInput: ``document.no_name``.
    """
    text = unicodedata.normalize("NFC", name[:4000]).replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(each for each in text if _shows(each))
    text = " ".join(_UNSAFE.sub("_", text).split()).strip(". ")
    stem, dot, ending = text.rpartition(".")
    stem = stem.rstrip(". ")
    if not dot or not stem:
        raise InvalidInput("document.no_name", name=text[:60])
    if _RESERVED.fullmatch(stem):
        stem = f"_{stem}"
    ending = ending.strip().lower()
    return f"{stem[: NAME_LENGTH - len(ending[:10]) - 1].rstrip('. ')}.{ending[:10]}"


def _shows(letter: str) -> bool:
    """Whether a character prints, and prints where it stands."""
    return letter == " " or unicodedata.category(letter)[0] not in "CZ"


def media_of(name: str) -> str:
    """The media type that a safe name promises.

    Raises:
        InvalidInput: ``document.format``.
    """
    ending = name.rpartition(".")[2]
    if ending not in MEDIA:
        raise InvalidInput("document.format", name=name, formats=sorted({*MEDIA} - {"jpeg"}))
    return MEDIA[ending]


class Kept(Protocol):
    """What takes room: a document here or of another part of the desk."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    @property
    def ended_at(self) -> datetime | None:
        """When it was taken away; None while it is attached."""
        ...


def require_room(held: Iterable[Kept], size: int) -> None:
    """Refuse a document for which there is no room.

    Args:
        held: every document that is still kept, attached or submitted before.
        size: bytes of the new one.

    Raises:
        InvalidInput: ``document.empty``, ``document.too_large``, ``document.too_many``,
            ``document.file_full``.
    """
    kept = list(held)
    if size == 0:
        raise InvalidInput("document.empty")
    if size > LARGEST:
        raise InvalidInput("document.too_large", limit=LARGEST // MEGABYTE)
    if sum(each.ended_at is None for each in kept) >= MOST:
        raise InvalidInput("document.too_many", limit=MOST)
    if sum(each.size for each in kept) + size > LARGEST_FILE:
        raise InvalidInput("document.file_full", limit=LARGEST_FILE // MEGABYTE)
