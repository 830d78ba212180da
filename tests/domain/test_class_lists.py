"""Class lists by themselves: whose row is whose, the same again is nothing, names keep letters."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.domain.class_lists import (
    OTHER,
    Known,
    Line,
    Listed,
    Standing,
    number_key,
    plan,
    read_rows,
)
from sandbox.domain.class_names import (
    PersonName,
    divided,
    latin_name,
    part_of_name,
    richer,
    same_name,
    stem,
    suggestions,
)
from sandbox.domain.sign_ins import is_password, new_password, password_hash
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import account_name
from sandbox.run.servers import USER

HEAD = ("№ зачётной книжки", "Фамилия", "Имя", "Отчество", "Группа")
TERM = "2026/27-1"
LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюяёөүң"
parts = st.text(st.sampled_from(LETTERS), max_size=10).map(lambda text: f"Ба{text}")
names = st.builds(PersonName, parts, parts, st.one_of(st.just(""), parts))
numbers = st.from_regex(r"[0-9]{2}[ABCEHKMOPTXY]{1,2}-[0-9]{1,6}", fullmatch=True)
people = st.dictionaries(numbers, names, min_size=1, max_size=12)
TO_CYRILLIC = str.maketrans("ABCEHKMOPTXY", "АВСЕНКМОРТХУ")


def rows_of(listed: dict[str, PersonName], group: str = "ПИ-1") -> tuple[Listed, ...]:
    return tuple(
        Listed(row, number, name, group) for row, (number, name) in enumerate(listed.items(), 2)
    )


def done(lines: tuple[Line, ...], known: list[Known]) -> list[Known]:
    """What the desk knows after a list was confirmed."""
    after = {each.account: each for each in known}
    for turn, line in enumerate(lines):
        name = line.account or f"new-{len(known)}-{turn}"
        group = line.listed.group or (line.before.group if line.before else "")
        after[name] = Known(name, line.listed.number, line.after, True, group, TERM)
    return list(after.values())


def table(*rows: tuple[str, ...], head: tuple[str, ...] = HEAD):
    return [(1, ("Ведомость группы",)), (2, head), *enumerate(rows, 3)]


def fault_of(*cells: str) -> str:
    (row,) = read_rows(table(cells))
    return row.fault


@settings(max_examples=50)
@given(people, st.data())
def test_the_same_list_again_changes_nothing_however_the_numbers_are_typed(
    listed: dict[str, PersonName], data: st.DataObject
) -> None:
    rows = rows_of(listed)
    decided = {each.row: OTHER for each in rows}
    known = done(plan(rows, [], term=TERM), [])
    typed = [
        replace(each, number=data.draw(st.sampled_from(ways(each.number))), row=each.row)
        for each in data.draw(st.permutations(rows))
    ]
    again = plan(typed, known, term=TERM, decided=decided)
    assert {each.standing for each in again} == {Standing.KNOWN}
    assert {(each.account, number_key(each.listed.number)) for each in again} == {
        (each.account, number_key(each.number)) for each in known
    }


def ways(number: str) -> list[str]:
    return [number, number.lower(), f" {number[:2]} {number[2:]}", number.translate(TO_CYRILLIC)]


@given(people, people)
def test_nobody_gets_two_accounts_and_no_account_two_numbers(
    first: dict[str, PersonName], second: dict[str, PersonName]
) -> None:
    known = done(plan(rows_of(first), [], term=TERM), [])
    lines = plan(rows_of(second), known, term=TERM, decided=dict.fromkeys(range(99), OTHER))
    taken = [each.account for each in lines if each.account is not None]
    assert len(taken) == len(set(taken))
    assert all(each.account is None for each in lines if each.standing is Standing.NEW)
    sound = tuple(each for each in lines if each.standing is not Standing.FAULT)
    after = [number_key(each.number) for each in done(sound, known)]
    assert len(after) == len(set(after))


@given(names, names)
def test_a_poorer_writing_takes_no_letter_away(old: PersonName, new: PersonName) -> None:
    table = str.maketrans("өүңӨҮҢ", "оунОУН")
    poorer = PersonName(*(part.translate(table) for part in (old.surname, old.given, "")))
    assert richer(poorer, old) == old
    assert same_name(richer(new, old), replace(new, patronymic=richer(new, old).patronymic))


def test_headings_below_a_title_and_rows_as_written_are_read() -> None:
    first, second = read_rows(
        table(
            ("2026-001", "Өмүрбеков", "Ыдырыс", "Үсөнович", "ПИ-1"),
            ("", "", "", "", ""),
            ("2026-002", "Ким", "Олег", "", ""),
        )
    )
    assert (first.row, first.name.shown) == (3, "Өмүрбеков Ыдырыс Үсөнович")
    assert (second.row, second.name.patronymic, second.group) == (5, "", "")


@pytest.mark.parametrize(
    "head",
    [
        ("Студенттин номери", "Аты-жөнү"),
        ("Student ID", "Full name"),
        ("Зачётка", "Ф.И.О."),
        ("СТУДЕНЧЕСКИЙ  БИЛЕТ", "Студент"),
    ],
)
def test_headings_of_three_languages_are_known(head: tuple[str, ...]) -> None:
    (row,) = read_rows(table(("7", "Асан уулу Бакыт"), head=head))
    assert row.name == PersonName("Асан уулу", "Бакыт")


@pytest.mark.parametrize("head", [("№", "ФИО"), ("Номер группы", "Имя"), ("Фамилия", "Имя"), ()])
def test_a_list_without_numbers_or_names_is_refused(head: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_rows(table(("1", "Ким Олег"), head=head))
    assert refused.value.code == "class_list.no_headings"


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (("", "Ким", "Олег"), "class_list.no_number"),
        (("=1+1", "Ким", "Олег"), "class_list.bad_number"),
        (("9" * 25, "Ким", "Олег"), "class_list.bad_number"),
        (("1", "Ким", ""), "class_list.half_a_name"),
        (("1", "?м?рбеков", "Бакыт"), "class_list.lost_letters"),
        (("1", "Ким\ufffd", "Олег"), "class_list.lost_letters"),
        (("1", "<b>Ким</b>", "Олег"), "class_list.not_a_name"),
        (("1", "Ким\u202e", "Олег"), "class_list.not_a_name"),
        (("1", "К" * 61, "Олег"), "class_list.name_too_long"),
        (("1", "Ким", "Олег", "", "г" * 41), "text.too_long"),
        (("1", "Ким", "Олег", "", "<i>"), "text.markup"),
    ],
)
def test_a_row_with_a_fault_says_which(cells: tuple[str, ...], code: str) -> None:
    assert fault_of(*cells) == code


def test_a_number_that_stands_twice_is_a_fault_that_names_the_first() -> None:
    first, second = read_rows(table(("KE-1", "Ким", "Олег"), ("КЕ-1", "Цой", "Анна")))
    assert first.fault == ""
    assert (second.fault, dict(second.params)["row"]) == ("class_list.number_twice", 3)


BAKYT = Known("asanovb", "1", PersonName("Асанов", "Бакыт", "Эркинович"), True, "ПИ-1", TERM)


def line_of(number: str, *name: str, known: Known = BAKYT, **more: str) -> Line:
    decided = {2: more["decided"]} if "decided" in more else {}
    row = Listed(2, number, PersonName(*name), "ПИ-1")
    (line,) = plan([row], [known], term=TERM, decided=decided)
    return line


def test_a_known_number_with_a_missing_patronymic_is_the_same_and_keeps_it() -> None:
    line = line_of("1", "Асанов", "Бакыт")
    assert (line.standing, line.after) == (Standing.KNOWN, BAKYT.name)


def test_a_known_number_with_another_surname_is_a_change_with_another_person_a_fault() -> None:
    assert line_of("1", "Сыдыков", "Бакыт").standing is Standing.CHANGED
    other = line_of("1", "Ким", "Олег")
    assert (other.standing, other.listed.fault) == (Standing.FAULT, "class_list.other_person")


def test_whose_number_it_is_is_told_in_the_own_course_alone() -> None:
    stranger = replace(BAKYT, enrolled=False, group="", term="")
    (line,) = plan([Listed(2, "1", PersonName("Ким", "Олег"), "ПИ-1")], [stranger], term=TERM)
    assert line.listed.fault == "class_list.number_taken"
    assert "Асанов" not in str(line.listed.params)


def test_a_namesake_waits_for_the_teacher_and_follows_the_decision() -> None:
    assert line_of("2", "Асанов", "Бакыт").standing is Standing.NAMESAKE
    assert line_of("2", "Асанов", "Бакыт", decided="somebody").standing is Standing.NAMESAKE
    assert line_of("2", "Асанов", "Бакыт", decided=OTHER).account is None
    same = line_of("2", "Асанов", "Бакыт", decided="asanovb")
    assert (same.standing, same.account) == (Standing.CHANGED, "asanovb")


def test_another_patronymic_is_another_person_without_a_question() -> None:
    assert line_of("2", "Асанов", "Бакыт", "Нурланович").standing is Standing.NEW


def test_one_person_cannot_be_two_rows() -> None:
    rows = [Listed(row, str(row), PersonName("Асанов", "Бакыт")) for row in (2, 3)]
    _, second = plan(rows, [BAKYT], term=TERM, decided={2: "asanovb", 3: "asanovb"})
    assert second.listed.fault == "class_list.person_twice"


def test_somebody_who_was_never_on_a_list_is_found_by_the_name_in_either_order() -> None:
    known = Known("lira", "", PersonName("Lira Beisheeva", ""), True)
    line = line_of("5", "Beisheeva", "Lira", known=known)
    assert (line.standing, line.candidates) == (Standing.NAMESAKE, (known,))
    assert line_of("5", "Beisheeva", "Aida", known=known).standing is Standing.NEW


def test_somebody_barred_is_a_fault() -> None:
    line = line_of("1", "Асанов", "Бакыт", known=replace(BAKYT, barred="class_list.left"))
    assert line.listed.fault == "class_list.left"


def test_a_list_of_too_many_rows_or_none_is_refused() -> None:
    rows = [(str(number), "Ким", "Олег") for number in range(1001)]
    for said, code in ((rows, "class_list.too_many_rows"), ([], "class_list.empty")):
        with pytest.raises(InvalidInput) as refused:
            read_rows(table(*said))
        assert refused.value.code == code


def test_names_are_divided_and_written_in_latin() -> None:
    assert divided("Токтогулова Айгүл Асан кызы").patronymic == "Асан кызы"
    assert suggestions("Юсупов", "Жыргал", "") == ("Iusupov Zhyrgal", "Yusupov Jyrgal")
    assert latin_name("  O’Neil  Ann-Mary ") == "O'Neil Ann-Mary"
    for wrong in ("", "A", "Ким", "A1", "x" * 121, "A  <b>"):
        with pytest.raises(InvalidInput):
            latin_name(wrong)


@given(names)
def test_an_accounts_name_can_be_made_of_every_name(name: PersonName) -> None:
    assert USER.match(account_name(f"{stem(name)}999")), "servers are started for it"
    assert part_of_name(name.surname) == name.surname
    assert all(latin_name(each) for each in suggestions(name.surname, name.given, ""))


def test_a_password_is_long_typed_twice_and_not_the_name() -> None:
    assert new_password("алтын балык 7", "алтын балык 7") == "алтын балык 7"
    for text, again, code in (
        ("short", "short", "password.too_short"),
        ("x" * 201, "x" * 201, "password.too_long"),
        ("correct horse", "correct house", "password.not_twice"),
        ("aaaaaaaaaaaa", "aaaaaaaaaaaa", "password.is_the_name"),
        ("Omurbekovab", "Omurbekovab", "password.is_the_name"),
    ):
        with pytest.raises(InvalidInput) as refused:
            new_password(text, again, "omurbekovab2")
        assert refused.value.code == code


def test_what_is_kept_of_a_password_differs_each_time_and_nothing_kept_opens_nothing() -> None:
    one, other = password_hash("correct horse"), password_hash("correct horse")
    assert one != other
    assert is_password("correct horse", one)
    assert not is_password("correct horsf", one)
    assert not is_password("", "")
