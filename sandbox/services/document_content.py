"""Whether a document's content is what its name says.

Rules:

1. The content begins as its format begins, at the first byte, and ends as it ends: nothing is
   hung on behind, so that no file is two things at once.
2. Office files are archives: few members, no encryption, no macros, no way out of the archive,
   nothing before the first or behind the last member, and the main part is the format's own.
   The directory's length is bounded before it is read; ZIP64, which could state another, is out.
3. Text is UTF-8 without control characters or marks of direction.
4. What cannot be told is refused. This is no virus scanner: what a format itself may carry
   (a script in a PDF) is the reader's to be careful with; it is only ever sent as a download.

Source: ISO 32000-2 (PDF), RFC 2083 (PNG), ITU-T T.81 (JPEG), ECMA-376 part 2 (Office),
APPNOTE.TXT 6.3 (ZIP).
"""

from __future__ import annotations

import codecs
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from typing import BinaryIO, Final

from sandbox.domain.documents import media_of
from sandbox.kit.errors import InvalidInput

TAIL: Final = 2048
MOST_MEMBERS: Final = 5000
MOST_DIRECTORY: Final = 2_000_000
MOST_ENTRY: Final = 1024
"""Bytes of an archive's directory, and of a member's line in it; both before it is read."""
MOST_UNPACKED: Final = 500_000_000
MOST_CHUNKS: Final = 100_000
_OFFICE: Final[Mapping[str, str]] = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
_PROGRAMS: Final = (".exe", ".dll", ".js", ".vbs", ".hta", ".ps1", ".bat", ".cmd", ".scr")
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Control characters, private ones, and marks of direction. Source: Unicode TR36, 3.1."""


def check_content(name: str, content: BinaryIO) -> str:
    """Look into a document.

    Args:
        name: as ``safe_name`` gave it.
        content: the whole document, seekable.

    Returns:
        Its media type.

    Raises:
        InvalidInput: ``document.format``, ``document.not_what_it_says``.
    """
    media = media_of(name)
    ending = name.rpartition(".")[2]
    check = {"pdf": _pdf, "png": _png, "jpg": _jpeg, "jpeg": _jpeg, "txt": _text, "md": _text}
    held = _office(content, _OFFICE[ending]) if ending in _OFFICE else _is(check[ending], content)
    if not held:
        raise InvalidInput("document.not_what_it_says", name=name, format=ending)
    return media


def _is(check: Callable[[BinaryIO], bool], content: BinaryIO) -> bool:
    """A format that is no archive, and is none besides."""
    content.seek(0)
    if not check(content):
        return False
    content.seek(0)
    return not zipfile.is_zipfile(content)


def _tail(content: BinaryIO, size: int = TAIL) -> bytes:
    content.seek(max(0, content.seek(0, 2) - size))
    return content.read(size)


def _pdf(content: BinaryIO) -> bool:
    if content.read(5) != b"%PDF-":
        return False
    behind = _tail(content).rpartition(b"%%EOF")
    return bool(behind[1]) and not behind[2].strip(b" \t\r\n\x00")


def _png(content: BinaryIO) -> bool:
    """Every chunk in its place, and nothing behind the last one."""
    size = content.seek(0, 2)
    content.seek(0)
    if content.read(8) != b"\x89PNG\r\n\x1a\n":
        return False
    for count in range(MOST_CHUNKS):
        head = content.read(8)
        if len(head) < 8:
            return False
        length, kind = struct.unpack(">I4s", head)
        if count == 0 and (kind, length) != (b"IHDR", 13):
            return False
        place = content.tell() + length + 4
        if place > size:
            return False
        if kind == b"IEND":
            return bool(length == 0 and place == size)
        content.seek(place)
    return False


def _jpeg(content: BinaryIO) -> bool:
    return content.read(3) == b"\xff\xd8\xff" and _tail(content, 2) == b"\xff\xd9"


def _text(content: BinaryIO) -> bool:
    """UTF-8, read piece by piece; a byte order mark may stand in front."""
    decode = codecs.getincrementaldecoder("utf-8-sig")("strict")
    try:
        while piece := content.read(1 << 16):
            if _HIDDEN.search(decode.decode(piece)):
                return False
        decode.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _office(content: BinaryIO, main: str) -> bool:
    """An archive of parts whose main part is the format's own."""
    try:
        return _parts_hold(content, main)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, NotImplementedError):
        return False


def _parts_hold(content: BinaryIO, main: str) -> bool:
    content.seek(0)
    if content.read(4) != b"PK\x03\x04":
        return False
    tail = _tail(content, 42)
    before, end = tail[:-22], tail[-22:]
    if len(end) != 22 or end[:4] != b"PK\x05\x06" or end[20:] != b"\x00\x00":
        return False
    if before.startswith(b"PK\x06\x07"):
        return False
    members, length, start = struct.unpack("<10xHII2x", end)
    size = content.seek(0, 2)
    if members > MOST_MEMBERS or length > min(members * MOST_ENTRY, MOST_DIRECTORY):
        return False
    if start + length + 22 != size:
        return False
    with zipfile.ZipFile(content) as archive:
        parts = archive.infolist()
        names = [each.filename for each in parts]
        return (
            len(parts) == members
            and min(each.header_offset for each in parts) == 0
            and sum(each.file_size for each in parts) <= MOST_UNPACKED
            and len(set(names)) == len(names)
            and {"[Content_Types].xml", main} <= set(names)
            and not any(_stray(each) for each in parts)
        )


def _stray(part: zipfile.ZipInfo) -> bool:
    """A member that an office file has no use for."""
    name = part.filename.lower()
    return (
        bool(part.flag_bits & 0x1)
        or name.startswith("/")
        or "\\" in name
        or ".." in name.split("/")
        or "vbaproject" in name
        or name.endswith(_PROGRAMS)
    )
