"""Small files of each accepted format, and the ways a browser's form sends one."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

MANIFEST = "[Content_Types].xml"


def pdf(words: str = "plan") -> bytes:
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n% " + words.encode() + b"\n%%EOF\n"


def png(grey: int = 0) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes([0, grey]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(20) + b"\xff\xd9"


def office(main: str = "word/document.xml", **more: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, "<Types/>")
        archive.writestr(main, "<document/>")
        for name, content in more.items():
            archive.writestr(name, content)
    return out.getvalue()


def bare_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.html", "<script>alert(1)</script>")
    return out.getvalue()


def encrypted(content: bytes) -> bytes:
    """The same archive with the flag of encryption on its members."""
    raw = bytearray(content)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (found := raw.find(mark, start)) >= 0:
            raw[found + place] |= 1
            start = found + 4
    return bytes(raw)


def many_lines(lines: int, *, told: int = 2, zip64: bool = False) -> bytes:
    """An archive that tells of few members and whose directory has very many lines.

    With ``zip64`` the short record at the end tells of a short directory, the long one of it all.
    """
    first = b"PK\x03\x04" + bytes(26)
    line = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, *bytes(15), 0, 0)
    line = line[:28] + struct.pack("<H", 1) + line[30:] + b"a"
    directory = line * lines
    start, length, before = len(first), len(directory), b""
    if zip64:
        before = struct.pack(
            "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, told, told, length, start
        ) + struct.pack("<4sLQL", b"PK\x06\x07", 0, start + length, 1)
        start, length = start + length, len(before)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, told, told, length, start, 0)
    return first + directory + before + end


GOOD = {
    "plan.pdf": pdf(),
    "Схема.PNG": png(),
    "photo.jpg": jpeg(),
    "photo.jpeg": jpeg() + b"\xff\xd9",
    "келишим.docx": office(),
    "тобокелдик.xlsx": office("xl/workbook.xml"),
    "эреже.txt": "Өнөктөш үчүн эреже: ң ү ө\n".encode(),
    "README.md": b"\xef\xbb\xbf# Plan\n",
}

_SWAPPED = {
    "program.pdf": b"MZ\x90\x00" + bytes(200),
    "picture.png": jpeg(),
    "picture.jpg": png(),
    "sheet.xlsx": office(),
    "letter.docx": bare_zip(),
    "plan.docx": pdf(),
    "utf16.txt": "план".encode("utf-16"),
    "binary.md": b"plan\x00plan",
    "turned.txt": "invoice\u202egpj.exe".encode(),
}
_TWO_AT_ONCE = {
    "both.pdf": pdf() + bare_zip(),
    "behind.pdf": pdf() + b"<script>alert(1)</script>" + bytes(4000),
    "before.pdf": b"<html>" + pdf(),
    "tail.png": png() + b"<?php",
    "zipped.png": png() + bare_zip(),
    "zipped.jpg": jpeg() + bare_zip() + b"\xff\xd9",
    "before.docx": b"GIF89a" + office(),
    "behind.docx": office() + b"MZ",
    "cut.png": png()[:-6],
    "cut.docx": office()[:-10],
}
_ARCHIVES = {
    "macro.docx": office(**{"word/vbaProject.bin": b"x"}),
    "program.docx": office(**{"word/embeddings/run.exe": b"MZ"}),
    "outside.docx": office(**{"../../etc/cron.d/x": b"x"}),
    "rooted.xlsx": office("xl/workbook.xml", **{"/etc/passwd": b"x"}),
    "locked.docx": encrypted(office()),
}
BAD = {**_SWAPPED, **_TWO_AT_ONCE, **_ARCHIVES}
"""Names that promise what the content is not, or is not alone."""
