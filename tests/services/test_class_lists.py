"""Class lists on the store: all or nothing, again is nothing; how their people first sign in."""

from __future__ import annotations

import io
import shutil
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
import xlsxwriter

from sandbox.domain.class_lists import OTHER
from sandbox.domain.classroom import Action, ActionKind, CourseRole, ListState
from sandbox.domain.sign_ins import password_hash
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.services import class_lists, own_names, sign_ins
from sandbox.services.class_lists import ConfirmList
from sandbox.services.class_views import people_of
from sandbox.services.classroom_people import give_course, seed_course
from sandbox.services.seed import accounts_for_hub
from sandbox.services.sign_ins import EVERYBODY, FROM_ONE_ADDRESS, MakeSlips
from sandbox.services.spreadsheets import read_table
from sandbox.store import Store
from sandbox.store.classroom import Actions, Members
from tests.services.class_world import (
    ASAN,
    AT,
    COURSE,
    HEAD,
    KEYED,
    OMUR,
    confirmed,
    csv_of,
    people,
    sent,
    teacher,
    undone,
    xlsx_of,
)
from tests.store.conftest import postgres  # noqa: F401 - the private cluster
from tests.store.postgres import migrated_database

PASSWORD = "алтын балык 7"
HASHED = password_hash(PASSWORD)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def store(request, tmp_path):
    """A store with the course's people."""
    if request.param == "postgresql":
        made = Store(migrated_database(request.getfixturevalue("postgres")))
    else:
        shutil.copy(request.getfixturevalue("empty_store"), tmp_path / "store.db")
        made = Store(f"sqlite:///{tmp_path}/store.db")
    people(made)
    yield made
    made.close()


def everything(store: Store) -> dict[str, list[tuple]]:
    """All rows of all that a list may change."""
    tables = ("account", "classroom_member", "classroom_person", "sign_in", "sign_in_code")
    with store.engine.connect() as connection:
        return {
            each: sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {each}")))
            for each in tables
        }


def entries(store: Store) -> list[str]:
    with store.unit(read_only=True) as u:
        return [each.kind for each in u.audit.scan()]


def students(store: Store) -> dict[str, tuple[str, str]]:
    with store.unit(read_only=True) as u:
        found = people_of(u, teacher(store), COURSE, at=AT + timedelta(days=1))
    return {
        each.account: (each.name, each.group)
        for each in found.people
        if each.role is CourseRole.STUDENT
    }


def handed_in(store: Store, account: str, *, course: str = COURSE) -> None:
    with store.unit() as u:
        number = u.counters.next("classroom_action")
        Actions(u.session).add(
            Action(
                *(number, f"{number:032d}", AT, account, ActionKind.SUBMITTED, course, "lab"),
                *(account, None, {}),
            )
        )
        u.commit()


@pytest.mark.parametrize(
    "content",
    [
        csv_of(OMUR, ASAN),
        csv_of(OMUR, ASAN, encoding="utf-8", divider=","),
        csv_of(OMUR, ASAN, encoding="utf-16", divider="\t"),
        xlsx_of(OMUR, ASAN),
    ],
    ids=["semicolons", "commas", "tabs", "xlsx"],
)
def test_a_list_gives_accounts_names_as_written_and_groups(store, content) -> None:
    done = confirmed(store, content)
    assert done.state is ListState.CONFIRMED
    assert done.rows == ()
    assert students(store) == {
        "lira": ("Lira Beisheeva", ""),
        "omurbekovy": ("Өмүрбеков Ыдырыс Үсөнович", "ПИ-1"),
        "asanovaj": ("Асанова Жаңыл", "ПИ-1"),
    }
    assert entries(store)[-1] == "course.list_confirmed"


def test_a_list_in_windows_1251_is_read_and_lost_letters_are_a_fault(store) -> None:
    old = csv_of(("7", "Сыдыков", "Нурлан", "", "ПИ-1"), encoding="cp1251")
    assert confirmed(store, old).state is ListState.CONFIRMED
    assert ("Сыдыков Нурлан", "ПИ-1") in students(store).values()
    lost = csv_of(("8", "?м?рбеков", "Бакыт", "", ""), encoding="cp1251")
    with pytest.raises(Conflict) as refused:
        confirmed(store, lost)
    assert refused.value.code == "class_list.faults"


def test_nothing_happens_before_a_list_is_confirmed_nor_by_one_with_a_fault(store) -> None:
    before = everything(store)
    draft = sent(store, csv_of(OMUR, ("", "Ким", "Олег", "", "")))
    with store.unit(read_only=True) as u:
        found = class_lists.preview(u, teacher(store), COURSE, draft.id, at=AT)
    assert found.counts == {"new": 1, "fault": 1}
    assert found.missing == ("Lira Beisheeva",)
    command = ConfirmList(COURSE, draft.id, found.seen, {})
    with pytest.raises(Conflict) as refused, store.unit() as u:
        class_lists.confirm(u, teacher(store), command, at=AT)
    assert refused.value.code == "class_list.faults"
    assert everything(store) == before
    assert "course.list_confirmed" not in entries(store)


def test_the_same_list_again_changes_nothing_and_is_not_in_the_log(store) -> None:
    confirmed(store, csv_of(OMUR, ASAN))
    before, log = everything(store), len(entries(store))
    again = confirmed(store, xlsx_of(ASAN, OMUR))
    assert again.state is ListState.DRAFT
    assert (everything(store), len(entries(store))) == (before, log)


def test_pressed_twice_it_is_confirmed_once(store) -> None:
    done = confirmed(store, csv_of(OMUR))
    log = len(entries(store))
    with store.unit() as u:
        command = ConfirmList(COURSE, done.id, "whatever", {})
        assert class_lists.confirm(u, teacher(store), command, at=AT) == done
    assert len(entries(store)) == log


def test_what_changed_since_the_preview_is_not_confirmed_unseen(store) -> None:
    draft = sent(store, csv_of(OMUR))
    with store.unit(read_only=True) as u:
        seen = class_lists.preview(u, teacher(store), COURSE, draft.id, at=AT).seen
    confirmed(store, csv_of(OMUR))
    before = everything(store)
    with pytest.raises(Conflict) as refused, store.unit() as u:
        class_lists.confirm(u, teacher(store), ConfirmList(COURSE, draft.id, seen, {}), at=AT)
    assert refused.value.code == "class_list.changed_meanwhile"
    assert everything(store) == before


def test_a_namesake_is_decided_by_the_teacher(store) -> None:
    confirmed(store, csv_of(ASAN))
    twin = csv_of(("2026-009", "Асанова", "Жаңыл", "", "ПИ-3"))
    with pytest.raises(Conflict) as refused:
        confirmed(store, twin)
    assert refused.value.code == "class_list.undecided"
    confirmed(store, twin, {2: OTHER})
    assert {"asanovaj", "asanovaj2"} <= students(store).keys()
    confirmed(store, csv_of(("2026-010", "Beisheeva", "Lira", "", "ПИ-1")), {2: "lira"})
    assert students(store)["lira"] == ("Beisheeva Lira", "ПИ-1")
    with store.unit(read_only=True) as u:
        assert u.class_people.get("lira").number == "2026-010"


def test_a_student_of_another_course_joins_by_the_number(store) -> None:
    with store.unit() as u:
        seed_course(u, AT, teachers=["kanat"], students=[], course="tracing")
        give_course(u, "tracing", "uni")
        u.commit()
    first = confirmed(store, csv_of(OMUR))
    joined = confirmed(store, csv_of(OMUR), course="tracing")
    assert joined.changes[0]["made"] is False
    undone(store, first)
    with store.unit(read_only=True) as u:
        name = joined.changes[0]["account"]
        assert u.accounts.get(name).active, "in another course: the account stays"
        assert Members(u.session).find("tracing", name) is not None
        assert Members(u.session).find(COURSE, name) is None


def test_a_closed_account_and_a_teacher_are_faults(store) -> None:
    confirmed(store, csv_of(OMUR, ASAN))
    with store.unit() as u:
        u.accounts.save(replace(u.accounts.get("asanovaj"), active=False))
        member = Members(u.session).find(COURSE, _other(store))
        Members(u.session).save(replace(member, role=CourseRole.TEACHER))
        u.commit()
    draft = sent(store, csv_of(OMUR, ASAN))
    with store.unit(read_only=True) as u:
        found = class_lists.preview(u, teacher(store), COURSE, draft.id, at=AT + timedelta(hours=1))
    assert [each.listed.fault for each in found.lines] == ["class_list.teaches", "class_list.left"]


def _other(store: Store) -> str:
    with store.unit(read_only=True) as u:
        return next(p.account for p in u.class_people.of_school("uni") if p.number == OMUR[0])


def test_only_a_teacher_of_the_course_may(store) -> None:
    draft = sent(store, csv_of(OMUR))
    for name, kind in (("lira", NotAllowed), ("olga", NotFound)):
        actor = teacher(store, name)
        with store.unit() as u:
            for act in (
                lambda: class_lists.preview(u, actor, COURSE, draft.id, at=AT),  # noqa: B023
                lambda: class_lists.undo(u, actor, COURSE, draft.id, at=AT),  # noqa: B023
                lambda: people_of(u, actor, COURSE, at=AT),  # noqa: B023
            ):
                with pytest.raises(kind):
                    act()


def test_a_draft_nobody_confirmed_is_over_after_a_day_and_gone_with_the_next_list(store) -> None:
    draft = sent(store, csv_of(OMUR))
    with store.unit(read_only=True) as u, pytest.raises(NotFound):
        class_lists.preview(u, teacher(store), COURSE, draft.id, at=AT + timedelta(days=1))
    sent(store, csv_of(ASAN), at=AT + timedelta(days=1, minutes=1))
    with store.unit(read_only=True) as u, pytest.raises(NotFound):
        class_lists.preview(u, teacher(store), COURSE, draft.id, at=AT)


def _slip(store: Store, *accounts: str, at=AT) -> list[sign_ins.Slip]:
    with store.unit() as u:
        command = MakeSlips(COURSE, accounts or (EVERYBODY,))
        made = sign_ins.make_slips(u, teacher(store), command, at=at, keyed=KEYED)
        u.commit()
    return list(made)


def _use(store: Store, code: str, *, at=AT, address: str = "10.0.0.1") -> str | None:
    with store.unit() as u:
        name = sign_ins.first_sign_in(u, code, HASHED, address=address, at=at, keyed=KEYED)
        u.commit()
    return name


def _opens(store: Store, name: str, password: str = PASSWORD, *, at=AT) -> bool:
    return sign_ins.is_right(store, name, password, at=at, keyed=KEYED)


def signed_in(store: Store, name: str) -> None:
    (slip,) = _slip(store, name)
    assert _use(store, slip.code) == name


def test_a_slips_code_sets_a_password_once(store) -> None:
    confirmed(store, csv_of(OMUR, ASAN))
    slips = _slip(store)
    assert [each.number for each in slips] == ["2026-002", "2026-001"]
    first = slips[0]
    assert not _opens(store, first.account), "no password yet"
    assert _use(store, first.code.lower().replace("-", " ")) == "asanovaj"
    assert _use(store, first.code) is None, "used"
    assert _opens(store, "asanovaj")
    assert not _opens(store, "asanovaj", "another one!")
    assert not _opens(store, "lira")
    assert [each.account for each in _slip(store)] == [slips[1].account], "who has not signed in"
    assert {"course.codes_made", "account.password_set"} <= set(entries(store))


def test_the_store_holds_neither_code_nor_password(store) -> None:
    confirmed(store, csv_of(OMUR))
    (slip,) = _slip(store)
    _use(store, slip.code)
    kept = repr(everything(store))
    assert slip.code.replace("-", "") not in kept
    assert PASSWORD not in kept


def test_a_code_ends_with_a_newer_one_with_its_days_and_with_five_tries(store) -> None:
    confirmed(store, csv_of(OMUR))
    (old,), (new,) = _slip(store), _slip(store)
    assert _use(store, old.code) is None
    assert _use(store, new.code, at=AT + timedelta(days=14)) is None
    (third,) = _slip(store, at=AT + timedelta(days=15))
    wrong = third.code[:-1] + ("0" if third.code[-1] != "0" else "1")
    for turn in range(5):
        assert _use(store, wrong, at=AT + timedelta(days=15), address=f"10.0.1.{turn}") is None
    assert _use(store, third.code, at=AT + timedelta(days=15), address="10.0.2.1") is None


def test_an_address_may_type_so_many_wrong_codes_in_a_quarter_of_an_hour(store) -> None:
    for _ in range(FROM_ONE_ADDRESS):
        assert _use(store, "0000-000-000") is None
    with pytest.raises(NotAllowed) as refused:
        _use(store, "0000-000-000")
    assert refused.value.code == "customer_code.too_many"


def test_a_whole_class_signs_in_from_one_address(store) -> None:
    rows = [(f"26-{letter}", f"Familiya{letter}", *OMUR[2:]) for letter in "abcdefghijkl"]
    confirmed(store, csv_of(*rows))
    for _ in range(FROM_ONE_ADDRESS - 1):
        assert _use(store, "0000-000-000") is None
    for slip in _slip(store):
        assert _use(store, slip.code) == slip.account


def test_passwords_of_one_account_are_tried_ten_times_then_not_at_all(store) -> None:
    confirmed(store, csv_of(OMUR))
    name = _other(store)
    signed_in(store, name)
    assert not _opens(store, name, "wrong password")
    with store.unit() as u:
        for _ in range(9):  # as nine more wrong ones
            u.pages.tries.take(KEYED.of("password", name), 10, timedelta(minutes=15), AT)
        u.commit()
    assert not _opens(store, name), "also the right one"
    assert _opens(store, name, at=AT + timedelta(minutes=16))


def test_slips_are_for_students_of_the_course_by_their_teacher_alone(store) -> None:
    confirmed(store, csv_of(OMUR))
    for account in ("lira", "kanat", "nobody"):
        with pytest.raises(NotFound) as refused:
            _slip(store, account)
        assert refused.value.code == "sign_in.not_found"
    command = MakeSlips(COURSE, (EVERYBODY,))
    with store.unit() as u, pytest.raises(NotFound):
        sign_ins.make_slips(u, teacher(store, "olga"), command, at=AT, keyed=KEYED)
    undone(store, _newest(store))
    with pytest.raises(InvalidInput) as refused:
        _slip(store)
    assert refused.value.code == "sign_in.nobody"


def test_another_courses_teacher_sets_no_password_of_who_has_one(store) -> None:
    with store.unit() as u:
        seed_course(u, AT, teachers=["olga"], students=[], course="tracing")
        give_course(u, "tracing", "uni")
        u.commit()
    confirmed(store, csv_of(OMUR))
    name = _other(store)
    signed_in(store, name)
    confirmed(store, csv_of(OMUR), course="tracing", by="olga")

    def asked() -> None:
        with store.unit() as u:
            command = MakeSlips("tracing", (name,))
            sign_ins.make_slips(u, teacher(store, "olga"), command, at=AT, keyed=KEYED)

    with pytest.raises(NotFound) as refused:
        asked()
    assert refused.value.code == "sign_in.not_found"
    with store.unit(read_only=True) as u:
        (row,) = [
            each
            for each in people_of(u, teacher(store, "olga"), "tracing", at=AT).people
            if each.account == name
        ]
    assert not row.slip, "nothing is offered that would be refused"
    assert _slip(store, name), "the course that brought the student here renews it"
    handed_in(store, name, course="tracing")
    asked()


def _newest(store: Store):
    with store.unit(read_only=True) as u:
        return u.class_lists.settled(COURSE)[0]


def test_the_shared_password_is_for_nobody_of_a_list(store) -> None:
    confirmed(store, csv_of(OMUR))
    with store.unit(read_only=True) as u:
        assert {each["name"] for each in accounts_for_hub(u)} == {"kanat", "lira", "olga"}


def test_a_closed_account_opens_to_no_password(store) -> None:
    confirmed(store, csv_of(OMUR))
    name = _other(store)
    signed_in(store, name)
    with store.unit() as u:
        u.accounts.save(replace(u.accounts.get(name), active=False))
        u.commit()
    assert not _opens(store, name)


def test_the_latin_form_is_the_students_own_choice_and_outlives_a_new_list(store) -> None:
    confirmed(store, csv_of(OMUR))
    actor = teacher(store, _other(store))
    with store.unit() as u:
        found = own_names.own_name(u, actor)
        assert found.suggested[0] == "Omurbekov Ydyrys Usonovich"
        own_names.choose_latin(u, actor, "Omurbekov Idris", at=AT)
        u.commit()
    confirmed(store, csv_of((*OMUR[:4], "ПИ-7")))
    with store.unit(read_only=True) as u:
        assert own_names.own_name(u, actor).latin == "Omurbekov Idris"
        assert own_names.own_name(u, teacher(store)) is None
    with store.unit() as u, pytest.raises(NotFound):
        own_names.choose_latin(u, teacher(store), "Kanat", at=AT)


def _zip(*parts: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return out.getvalue()


BOOK = xlsx_of(OMUR)


def _with(name: str, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(BOOK)) as book:
        parts = [(each, book.read(each)) for each in book.namelist() if each != name]
    return _zip(*parts, (name, content))


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xd0\xcf\x11\xe0" + b"x" * 600, "class_list.old_excel"),
        (b"PK\x03\x04 no archive", "document.not_what_it_says"),
        (_zip(("a.txt", b"hello")), "document.not_what_it_says"),
        (_with(SHEET, b"<" + b"a" * 90), "class_list.unreadable"),
        (
            _with(SHEET, b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'),
            "class_list.unreadable",
        ),
        (_with(SHEET, b" " * 30_000_000), "class_list.too_large"),
        (_with("xl/workbook.xml", b"<workbook/>"), "class_list.unreadable"),
        (_with(SHEET, b'<s><row r="x"/></s>'), "class_list.unreadable"),
        (
            _with(SHEET, b'<s><row r="1"><c r="A1" t="s"><v>9999</v></c></row></s>'),
            "class_list.unreadable",
        ),
        (b"x" * 2_000_001, "class_list.too_large"),
        (b"a;b\x00c", "class_list.unreadable"),
        (b"\x98\x98", "class_list.encoding"),
        (b"", "class_list.empty"),
        (b"a;b\r\n" * 1300, "class_list.too_many_rows"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_its_reason(content: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_table(content)
    assert refused.value.code == code


def test_figures_stay_exact_and_only_the_first_visible_sheet_is_read() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        hidden, shown = book.add_worksheet("old"), book.add_worksheet("new")
        hidden.write_row(0, 0, HEAD)
        shown.activate()
        shown.set_first_sheet()
        hidden.hide()
        shown.write_row(0, 0, [20260001234, 1.5, "A1", True])
        shown.write_formula(1, 0, "=1+1", None, 2)
    assert read_table(out.getvalue()) == [(1, ["20260001234", "1.5", "A1", "1"]), (2, ["2"])]
