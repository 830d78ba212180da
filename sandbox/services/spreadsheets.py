"""Lists as offices send them, read into texts: CSV in two encodings, the first sheet of an XLSX.

Rules:

1. What a file is, its content says, not its name. The old binary XLS is refused by name.
2. CSV: UTF-8 with or without a mark, UTF-16 with one, else windows-1251; divided by semicolons,
   commas or tabs, whichever divides the first rows into most cells.
3. XLSX: an archive as ``document_content`` lets documents in, and small when unpacked. Only the
   first visible sheet is read; a formula counts as what was last calculated. No DTD, no entities.
4. Figures are read exactly: 2026001 stays 2026001, whatever the sheet makes of it.

Source: RFC 4180; ECMA-376 part 1, 18 (SpreadsheetML).
"""

from __future__ import annotations

import csv
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from io import BytesIO, StringIO
from typing import Final
from xml.parsers import expat

from sandbox.domain.class_lists import HEAD_ROWS, MOST_COLUMNS, MOST_ROWS, Table
from sandbox.kit.errors import InvalidInput
from sandbox.services.document_content import check_content

LARGEST: Final = 2_000_000
"""Bytes of a list as it is sent."""
MOST_UNPACKED: Final = 20_000_000
MOST_READ: Final = MOST_ROWS + HEAD_ROWS + 200
"""Rows of a sheet, empty ones and titles too."""
LONGEST_CELL: Final = 400
_LONGEST_FIGURE: Final = 15
_DIVIDERS: Final = ";,\t"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_PLACE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ROOT: Final = "xl"
_DAMAGED: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, expat.ExpatError),
    *(KeyError, IndexError, ValueError),
)
"""What a file that was made wrong, or by hand, ends in."""


def read_table(content: bytes) -> Table:
    """The rows of a list.

    Args:
        content: the whole file.

    Raises:
        InvalidInput: ``class_list.old_excel``, ``class_list.unreadable``, ``class_list.too_large``,
            ``class_list.encoding``, ``class_list.too_many_rows``.
    """
    if len(content) > LARGEST:
        raise InvalidInput("class_list.too_large", limit=LARGEST // 1_000_000)
    if content.startswith(_OLD_EXCEL):
        raise InvalidInput("class_list.old_excel")
    if content.startswith(b"PK"):
        try:
            return _xlsx(content)
        except _DAMAGED as error:
            raise InvalidInput("class_list.unreadable") from error
    return _csv(_decoded(content))


def _decoded(content: bytes) -> str:
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1251"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput("class_list.encoding")


def _csv(text: str) -> Table:
    if "\x00" in text:
        raise InvalidInput("class_list.unreadable")
    tables = [_divided(text, each) for each in _DIVIDERS]

    def width(rows: Table) -> int:
        return max((len(cells) for _row, cells in rows[:HEAD_ROWS]), default=0)

    table = max(tables, key=width)
    if not table:
        raise InvalidInput("class_list.empty")
    return table


def _divided(text: str, divider: str) -> list[tuple[int, list[str]]]:
    found = []
    try:
        for row, cells in enumerate(csv.reader(StringIO(text, newline=""), delimiter=divider), 1):
            if row > MOST_READ:
                raise InvalidInput("class_list.too_many_rows", limit=MOST_ROWS)
            found.append((row, [each[:LONGEST_CELL] for each in cells[:MOST_COLUMNS]]))
    except csv.Error:
        return []
    return found


def _xlsx(content: bytes) -> Table:
    check_content("list.xlsx", BytesIO(content))
    with zipfile.ZipFile(BytesIO(content)) as archive:
        if sum(each.file_size for each in archive.infolist()) > MOST_UNPACKED:
            raise InvalidInput("class_list.too_large", limit=LARGEST // 1_000_000)
        names = set(archive.namelist())
        sheet = _first_sheet(archive)
        shared: list[str] = []
        if f"{_ROOT}/sharedStrings.xml" in names:
            shared = _Texts(archive.read(f"{_ROOT}/sharedStrings.xml")).found
        return _Cells(archive.read(sheet), shared).table


def _first_sheet(archive: zipfile.ZipFile) -> str:
    sheets: list[str] = []
    targets: dict[str, str] = {}

    def sheet(name: str, said: Mapping[str, str]) -> None:
        if name == "sheet" and said.get("state", "visible") == "visible":
            sheets.extend(value for key, value in said.items() if key.endswith(" id"))

    def target(name: str, said: Mapping[str, str]) -> None:
        if name == "Relationship":
            targets[said["Id"]] = said["Target"]

    _parse(archive.read(f"{_ROOT}/workbook.xml"), begin=sheet)
    _parse(archive.read(f"{_ROOT}/_rels/workbook.xml.rels"), begin=target)
    if not sheets:
        raise InvalidInput("class_list.unreadable")
    place = targets[sheets[0]]
    return posixpath.normpath(place[1:] if place.startswith("/") else f"{_ROOT}/{place}")


def _parse(
    content: bytes,
    *,
    begin: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None] = lambda _name: None,
    text: Callable[[str], None] = lambda _text: None,
) -> None:
    """Read XML without a DTD; elements by their names, of whatever namespace."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.StartElementHandler = lambda name, said: begin(name.rpartition(" ")[2], said)
    parser.EndElementHandler = lambda name: end(name.rpartition(" ")[2])
    parser.CharacterDataHandler = text
    parser.Parse(content, True)


def _no_doctype(*_said: object) -> None:
    raise InvalidInput("class_list.unreadable")


class _Texts:
    """The shared texts of a book: runs of one text together, readings above it left out."""

    def __init__(self, content: bytes) -> None:
        self.found: list[str] = []
        self._open, self._reading = False, 0
        _parse(content, begin=self._begin, end=self._end, text=self._text)

    def _begin(self, name: str, _said: Mapping[str, str]) -> None:
        if name == "si":
            self.found.append("")
        self._reading += name == "rPh"
        self._open = name == "t"

    def _end(self, name: str) -> None:
        self._reading -= name == "rPh"
        self._open = False

    def _text(self, text: str) -> None:
        if self._open and not self._reading and self.found:
            self.found[-1] = (self.found[-1] + text)[:LONGEST_CELL]


class _Cells:
    """The cells of a sheet as texts, by row."""

    def __init__(self, content: bytes, shared: list[str]) -> None:
        self.table: list[tuple[int, list[str]]] = []
        self._shared = shared
        self._at, self._kind, self._said = 0, "", ""
        self._open, self._reading = False, 0
        _parse(content, begin=self._begin, end=self._end, text=self._text)

    def _begin(self, name: str, said: Mapping[str, str]) -> None:
        if name == "row":
            last = self.table[-1][0] if self.table else 0
            if len(self.table) >= MOST_READ:
                raise InvalidInput("class_list.too_many_rows", limit=MOST_ROWS)
            self.table.append((int(said.get("r", last + 1)), []))
        elif name == "c" and self.table:
            place = _PLACE.fullmatch(said.get("r", ""))
            self._at = _column(place[1]) if place else len(self.table[-1][1])
            self._kind, self._said = said.get("t", "n"), ""
        self._reading += name == "rPh"
        self._open = name in {"v", "t"}

    def _end(self, name: str) -> None:
        self._reading -= name == "rPh"
        self._open = False
        if name == "c" and self.table and self._at < MOST_COLUMNS:
            cells = self.table[-1][1]
            cells.extend([""] * (self._at + 1 - len(cells)))
            cells[self._at] = self._value()

    def _text(self, text: str) -> None:
        if self._open and not self._reading:
            self._said = (self._said + text)[:LONGEST_CELL]

    def _value(self) -> str:
        if self._kind == "s":
            return self._shared[int(self._said)] if self._said else ""
        return _figure(self._said) if self._kind == "n" else self._said


def _column(letters: str) -> int:
    """The place of a column, from 0.

    >>> _column("A"), _column("AB")
    (0, 27)
    """
    place = 0
    for each in letters:
        place = place * 26 + ord(each) - 64
    return place - 1


def _figure(text: str) -> str:
    """A figure as people read it.

    >>> _figure("2.026001E6"), _figure("12.5"), _figure("1E999999")
    ('2026001', '12.5', '1E999999')
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if value.is_finite() and value.adjusted() < _LONGEST_FIGURE and value == int(value):
        return str(int(value))
    return text
