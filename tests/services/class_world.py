"""A course with a teacher and a student of before, and lists for it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import xlsxwriter

from sandbox.domain.classroom import ClassList
from sandbox.domain.records import Account, Organisation
from sandbox.domain.seats import Actor, Seat
from sandbox.domain.words import OrganisationKind
from sandbox.services import class_lists
from sandbox.services.class_lists import ConfirmList, SendList
from sandbox.services.classroom_people import give_course, seed_course
from sandbox.services.identity import actor_of
from sandbox.services.keyed import Keyed
from sandbox.store import Store

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
COURSE, TERM = "digital-money", "2026/27-1"
HEAD = ("№ зачётки", "Фамилия", "Имя", "Отчество", "Группа")
OMUR = ("2026-001", "Өмүрбеков", "Ыдырыс", "Үсөнович", "ПИ-1")
ASAN = ("2026-002", "Асанова", "Жаңыл", "", "ПИ-1")
KIM = ("2026-003", "Ким", "Олег", "Петрович", "ПИ-2")
KEYED = Keyed("a secret")


def people(store: Store, *courses: str) -> None:
    """The university, a teacher, a student without a number; each course has both."""
    with store.unit() as u:
        u.organisations.add(Organisation("uni", "University", OrganisationKind.UNIVERSITY, AT))
        for name, shown, seat in (
            ("kanat", "Kanat Isakov", Seat.TEACHER),
            ("lira", "Lira Beisheeva", Seat.STUDENT),
            ("olga", "Olga Kim", Seat.TEACHER),
        ):
            u.accounts.add(Account(name, shown, f"person-{name}", "uni", (seat,), "en", True, AT))
        for course in courses or (COURSE,):
            seed_course(u, AT, teachers=["kanat"], students=["lira"], course=course)
            give_course(u, course, "uni")
        u.commit()


def csv_of(*rows: tuple[str, ...], encoding: str = "utf-8-sig", divider: str = ";") -> bytes:
    return "\r\n".join(divider.join(row) for row in (HEAD, *rows)).encode(encoding)


def xlsx_of(*rows: tuple[str, ...]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("ПИ-1")
        for at, row in enumerate((("Список",), HEAD, *rows)):
            sheet.write_row(at, 0, row)
    return out.getvalue()


def teacher(store: Store, name: str = "kanat") -> Actor:
    with store.unit(read_only=True) as u:
        return actor_of(u, name)


def sent(
    store: Store, content: bytes, *, course: str = COURSE, by: str = "kanat", at: datetime = AT
) -> ClassList:
    actor = teacher(store, by)
    with store.unit() as u:
        found = class_lists.send(u, actor, SendList(course, TERM, "ПИ-1.csv", content), at=at)
        u.commit()
    return found


def confirmed(
    store: Store,
    content: bytes,
    decided: Mapping[int, str] | None = None,
    *,
    course: str = COURSE,
    by: str = "kanat",
    at: datetime = AT,
) -> ClassList:
    """A list sent, looked at and confirmed."""
    actor, draft = teacher(store, by), sent(store, content, course=course, by=by, at=at)
    with store.unit(read_only=True) as u:
        seen = class_lists.preview(u, actor, course, draft.id, at=at).seen
    with store.unit() as u:
        command = ConfirmList(course, draft.id, seen, dict(decided or {}))
        done = class_lists.confirm(u, actor, command, at=at)
        u.commit()
    return done


def undone(store: Store, wanted: ClassList, *, at: datetime = AT + timedelta(hours=1)) -> ClassList:
    actor = teacher(store)
    with store.unit() as u:
        done = class_lists.undo(u, actor, wanted.course, wanted.id, at=at)
        u.commit()
    return done
