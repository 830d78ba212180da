"""Class lists: whose row is whose, by the student's number; a pure plan before anything is done.

Rules:

1. A person is known by the number that the university gave, blanks, case and look-alike letters
   aside. A list without numbers cannot be matched and is refused.
2. A known number with another person's name is a fault: the list or the desk is wrong, and a
   machine does not decide which.
3. A new number with a known name is a namesake: the teacher says whether it is the same person,
   whose number changed, or another one. Until then nothing can be confirmed.
4. The same list again changes nothing; who is not on a list stays where they are.
5. One fault keeps the whole list from being confirmed.

>>> number_key("KЕ-12 07") == number_key("ke-1207")  # a Cyrillic Е
True
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from sandbox.domain.application import plain_text
from sandbox.domain.class_names import PersonName, divided, key, part_of_name, richer, same_name
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName

MOST_ROWS: Final = 1000
MOST_COLUMNS: Final = 60
HEAD_ROWS: Final = 15
"""Rows in which the headings are looked for: lists have a title above them."""
LONGEST_GROUP: Final = 40
OTHER: Final = "other"
"""What is decided of a namesake who is another person."""

_HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": (
        *("номер зачетной книжки", "зачетной книжки", "зачетная книжка", "зачетка", "зачетки"),
        "номер зачетки",
        *("студенческий билет", "номер студенческого билета", "номер студента", "шифр"),
        *("student number", "student id", "студенттин номери", "студенттик билет"),
        *("сынак китепчеси", "сынак китепчесинин номери", "number", "id"),
    ),
    "surname": ("фамилия", "фамилиясы", "surname", "last name", "family name"),
    "given": ("имя", "аты", "ысымы", "given name", "first name"),
    "patronymic": ("отчество", "атасынын аты", "patronymic", "middle name"),
    "full": (
        *("фио", "ф и о", "фамилия имя отчество", "фамилия имя", "аты жону", "толук аты"),
        *("full name", "name", "студент", "student"),
    ),
    "group": (
        *("группа", "академическая группа", "топ", "академиялык топ", "тайпа"),
        *("group", "academic group"),
    ),
}
_COLUMN: Final = {heading: name for name, all_ in _HEADINGS.items() for heading in all_}
_LOOKALIKES: Final = str.maketrans("АВСЕНКМОРТХУ", "ABCEHKMOPTXY")
_NUMBER: Final = re.compile(r"[0-9A-ZА-ЯЁӨҮҢ](?:[0-9A-ZА-ЯЁӨҮҢ./-]{0,22}[0-9A-ZА-ЯЁӨҮҢ])?")

NOBODY: Final = PersonName("", "")

Table = Sequence[tuple[int, Sequence[str]]]
"""A sheet: each row's number as a spreadsheet counts, from 1, and its cells as texts."""


class Standing(StrEnum):
    """What a row of a list means."""

    NEW = "new"
    JOINS = "joins"
    KNOWN = "known"
    CHANGED = "changed"
    NAMESAKE = "namesake"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of a list; with a fault, the rest may be empty.

    Attributes:
        row: its number in the file.
        number: as written, in capitals.
        fault: an error's code, or empty.
        params: of the error.
    """

    row: int
    number: str = ""
    name: PersonName = NOBODY
    group: str = ""
    fault: str = ""
    params: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whom the desk knows.

    Attributes:
        number: empty for somebody who was never on a list.
        name: as written; of somebody who was never on a list, all of it as the surname.
        enrolled: whether they are in the course now.
        group: in the course.
        term: in the course.
        barred: why no list may put them into the course: an error's code, or empty.
    """

    account: AccountName
    number: str
    name: PersonName
    enrolled: bool = False
    group: str = ""
    term: str = ""
    barred: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What a row leads to.

    Attributes:
        account: whom it is about; None for somebody new.
        before: that person as the desk knows them.
        after: the name that is kept.
        candidates: who bears the name of a namesake.
    """

    listed: Listed
    standing: Standing
    account: AccountName | None = None
    before: Known | None = None
    after: PersonName = NOBODY
    candidates: tuple[Known, ...] = ()


def number_key(text: str) -> str:
    """What two writings of one number have in common."""
    return _capitals(text).translate(_LOOKALIKES)


def read_rows(table: Table) -> tuple[Listed, ...]:
    """The rows of a list below its headings; empty ones are left out.

    Raises:
        InvalidInput: ``class_list.no_headings``, ``class_list.empty``,
            ``class_list.too_many_rows``.
    """
    columns, below = _headings(table)
    found: list[Listed] = []
    for row, cells in below:
        said = {name: cells[at].strip() for name, at in columns.items() if at < len(cells)}
        if any(said.values()):
            found.append(_read(row, said))
    if not found:
        raise InvalidInput("class_list.empty")
    if len(found) > MOST_ROWS:
        raise InvalidInput("class_list.too_many_rows", limit=MOST_ROWS)
    return tuple(_without_twice(found))


def plan(
    rows: Sequence[Listed],
    known: Sequence[Known],
    *,
    term: str,
    decided: Mapping[int, str] | None = None,
) -> tuple[Line, ...]:
    """What confirming a list would do.

    Args:
        rows: of ``read_rows``.
        known: everybody of the university with a number, and the course's students without one.
        term: the list's.
        decided: of namesakes by row: an account, or ``other``.
    """
    by_number = {number_key(each.number): each for each in known if each.number}
    listed = {number_key(each.number) for each in rows if each.number}
    free = [each for each in known if not each.number or number_key(each.number) not in listed]
    taken: set[AccountName] = set()
    lines = []
    for row in rows:
        line = _line(row, by_number.get(number_key(row.number)), free, term, decided or {})
        if line.account is not None and line.account in taken:
            line = Line(_faulty(row, "class_list.person_twice"), Standing.FAULT)
        if line.account is not None:
            taken.add(line.account)
        lines.append(line)
    return tuple(lines)


def _line(
    row: Listed,
    found: Known | None,
    free: Sequence[Known],
    term: str,
    decided: Mapping[int, str],
) -> Line:
    if row.fault:
        return Line(row, Standing.FAULT)
    if found is None:
        return _unnumbered(row, free, term, decided.get(row.row, ""))
    if _may_be(row.name, found) or key(row.name.given) == key(found.name.given):
        return _about(row, found, term)
    if not found.enrolled:  # numbers are easily guessed: whose they are is told in the own course
        return Line(_faulty(row, "class_list.number_taken", number=row.number), Standing.FAULT)
    named = {"number": row.number, "name": found.name.shown}
    return Line(_faulty(row, "class_list.other_person", **named), Standing.FAULT)


def _unnumbered(row: Listed, free: Sequence[Known], term: str, said: str) -> Line:
    """A row whose number nobody has: somebody new, unless a namesake is the same person."""
    candidates = tuple(each for each in free if _may_be(row.name, each))
    if not candidates or said == OTHER:
        return Line(row, Standing.NEW, after=row.name, candidates=candidates)
    for each in candidates:
        if each.account == said:
            return replace(_about(row, each, term), candidates=candidates)
    return Line(row, Standing.NAMESAKE, after=row.name, candidates=candidates)


def _about(row: Listed, found: Known, term: str) -> Line:
    if found.barred:
        return Line(_faulty(row, found.barred, name=found.name.shown), Standing.FAULT)
    after = richer(row.name, found.name) if found.number else row.name
    same = (
        found.number != ""
        and number_key(found.number) == number_key(row.number)
        and after == found.name
    )
    if not found.enrolled:
        standing = Standing.JOINS
    elif same and row.group in ("", found.group) and term in ("", found.term):
        standing = Standing.KNOWN
    else:
        standing = Standing.CHANGED
    return Line(row, standing, found.account, found, after)


def _may_be(name: PersonName, known: Known) -> bool:
    if known.number:
        return same_name(name, known.name)
    words = set(key(known.name.surname).split())
    return set(f"{key(name.surname)} {key(name.given)}".split()) <= words


def _headings(table: Table) -> tuple[dict[str, int], Table]:
    for place, (_row, cells) in enumerate(table[:HEAD_ROWS]):
        columns: dict[str, int] = {}
        for at, cell in enumerate(cells[:MOST_COLUMNS]):
            name = _COLUMN.get(_heading(cell))
            if name is not None:
                columns.setdefault(name, at)
        if "number" in columns and ({"surname", "given"} <= columns.keys() or "full" in columns):
            return columns, table[place + 1 :]
    raise InvalidInput("class_list.no_headings")


def _heading(cell: str) -> str:
    """A heading without marks; Kyrgyz letters as an old list writes them."""
    return " ".join(re.sub(r"[\W_]+", " ", key(cell.replace("№", " "))).split())


def _read(row: int, said: Mapping[str, str]) -> Listed:
    try:
        number, name = _number(said.get("number", "")), _name(said)
        group = plain_text("group", said.get("group", ""), limit=LONGEST_GROUP, name=True)
        return Listed(row, number, name, " ".join(group.split()))
    except InvalidInput as error:
        return Listed(row, fault=error.code, params=tuple(error.params.items()))


def _number(text: str) -> str:
    number = _capitals(text)
    if not number:
        raise InvalidInput("class_list.no_number")
    if not _NUMBER.fullmatch(number):
        raise InvalidInput("class_list.bad_number", number=number[:40])
    return number


def _name(said: Mapping[str, str]) -> PersonName:
    name = PersonName(*(said.get(part, "") for part in ("surname", "given", "patronymic")))
    if not name.surname and said.get("full"):
        name = divided(said["full"])
    name = PersonName(*map(part_of_name, (name.surname, name.given, name.patronymic)))
    if not name.surname or not name.given:
        raise InvalidInput("class_list.half_a_name", name=name.shown)
    return name


def _without_twice(rows: Sequence[Listed]) -> Iterator[Listed]:
    """The second row with a number is a fault that names the first."""
    first: dict[str, int] = {}
    for each in rows:
        wanted = number_key(each.number)
        if each.fault or wanted not in first:
            first.setdefault(wanted, each.row)
            yield each
        else:
            yield _faulty(each, "class_list.number_twice", number=each.number, row=first[wanted])


def _faulty(listed: Listed, code: str, /, **params: Any) -> Listed:
    return replace(listed, fault=code, params=tuple(params.items()))


def _capitals(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
