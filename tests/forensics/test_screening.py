"""Names compared and screened: habits, patronymics, what is missing, and who is not meant."""

from __future__ import annotations

import json
import random
from datetime import date

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.forensics import CannotScreen, Thresholds, WatchList, compare, screen
from sandbox.forensics.screening.births import Birth, births
from sandbox.forensics.screening.comparing import compare_parts
from sandbox.forensics.screening.letters import readings
from sandbox.forensics.screening.names import Kind, taken_apart
from sandbox.forensics.screening.screening import BLOCK, LOWEST, REVIEW
from tests.forensics import habits
from tests.forensics.people import VARIANTS, somebody

STEADY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For a loaded machine as well."""
LETTERS = st.sampled_from("абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюяabcdefghijklmnopqrstuvwxyzöüñ'")
WORDS = st.text(LETTERS, min_size=2, max_size=12)
NAMES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)


def kinds(name):
    return [(part.text, part.kind.value) for part in taken_apart(name)]


def refused(code, call, *arguments, **options):
    with pytest.raises(CannotScreen) as error:
        call(*arguments, **options)
    assert error.value.code == code
    assert error.value.explain("ky") != error.value.explain("ru") != error.value.explain("en")
    return error.value


@pytest.mark.parametrize("seed", range(20))
def test_a_word_has_the_same_form_in_every_habit(seed):
    who = somebody(random.Random(seed))
    for word in (who.surname, who.given, who.father):
        wanted = readings(word)[0]
        for table in (habits.ICAO, habits.GOST_PASSPORT, habits.GOST_B, habits.ISO_9):
            assert wanted in readings(habits.written(word, table)), (word, table["ж"])
        assert wanted in readings(habits.bgn(word, russian=who.russian)), word
        assert wanted in readings(habits.everyday(word, random.Random(seed))), word


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Жумабеков", "Жунусбеков"),
        ("Чоң", "Шоң"),
        ("Цой", "Чой"),
        ("Хан", "Кан"),
        ("Юсуп", "Жусуп"),
        ("Асан", "Үсөн"),
    ],
)
def test_words_that_differ_keep_different_forms(one, other):
    assert not {*readings(one)} & {*readings(other)}


def test_letters_that_only_look_alike_are_read_as_those_of_the_word():
    assert readings("Асанoв") == readings("Aсанов") == readings("Асанов")
    assert readings("Acaнов") == readings("Асанов")
    assert readings("Acanov") != readings("Асанов"), "a Latin word stays Latin"


def test_a_name_is_taken_apart():
    assert kinds("Асанов Бакыт Эмилович") == [
        ("Асанов", "name"),
        ("Бакыт", "name"),
        ("Эмилович", "patronymic"),
    ]
    assert kinds("Айгүл Асан кызы") == [("Айгүл", "name"), ("Асан кызы", "patronymic")]
    assert kinds("АСАНОВ, Б.Э.") == [("АСАНОВ", "name"), ("Б.", "initial"), ("Э.", "initial")]
    assert kinds("Zhumabekova Zh.") == [("Zhumabekova", "name"), ("Zh.", "initial")]
    assert kinds("г-н Иванов-Щукин") == [("Иванов", "name"), ("Щукин", "name")]
    assert kinds('ОсОО "Ак Куу"') == [("Ак", "name"), ("Куу", "name")]


def test_a_word_that_only_resembles_a_patronymic_is_a_name():
    assert kinds("Кылыч Үсөн") == [("Кылыч", "name"), ("Үсөн", "name")]
    assert kinds("уулу Асан")[0] == ("уулу", "name"), "nobody's son"
    assert kinds("Анна")[0] == ("Анна", "name")


def test_fathers_agree_however_they_are_written():
    fathers = {taken_apart(name)[0].father for name in ("Асанович", "Asan uulu", "Асан кызы")}
    assert fathers == {("asan",)}
    assert taken_apart("Мамбеталиевна")[0].father == taken_apart("Mambetaly kyzy")[0].father
    assert taken_apart("Юрьевич")[0].father == taken_apart("Юрий уулу")[0].father
    assert taken_apart("Эсенович")[0].father != ("asan",)


def test_words_beyond_the_sixth_are_joined_and_nothing_else_is_lost():
    parts = taken_apart("аа бб вв гг дд ее жж зз")
    assert len(parts) == 6
    assert parts[-1].text == "ее жж зз"


@pytest.mark.parametrize("name", ["", "  ", "12", "Б. Э.", "ООО", "ъь", "李明"])
def test_a_name_without_a_word_is_refused(name):
    refused("screening.name_empty", taken_apart, name)
    refused("screening.name_empty", compare, "Асанов", name)


def test_a_name_that_is_too_long_is_refused():
    assert taken_apart("а" * 200)
    refused("screening.name_too_long", taken_apart, "а" * 201)


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        ("Асанов Бакыт Эмилович", "Bakyt Asanov Emilovich", 1),
        ("Асанов Бакыт Эмилович", "Асанов Бакыт Эмиль уулу", 1),
        ("Асанов Бакыт Эмилович", "Асанов Бакыт", 0.94),
        ("Асанова Айгүл", "Asanov Aigul", 0.975),
        ("Асан уулу Бакыт", "Асанов Бакыт", 0.975),
        ("Нур Султан Асанов", "Нурсултан Асанов", 1),
        ("Асанов Бакыт Эмилович", "Асанов Б.Э.", 0.8909),
        ("Иванова-Щукина Анна", "Иванова Анна", 0.9),
        ("Асанов Бакыт", "Асанов Бакит", 1),
        ("Асанов Бакыт", "Асанов Бакыр", 0.9),
    ],
)
def test_who_is_likely_the_same_comes_to_a_review(one, other, score):
    assert compare(one, other).score == score >= REVIEW
    assert compare(other, one).score == score


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Асанов Бакыт Эмилович", "Асанов Бакыт Темирович"),
        ("Асанов Бакыт Эмилович", "Асанов Болот Эмилович"),
        ("Асанов Бакыт Эмилович", "Усенов Бакыт Эмилович"),
        ("Асанов Бакыт", "Асанов"),
        ("Асанов Бакыт", "Бакыт Эмилович"),
        ("Асанов Бакыт Эмилович", "Асанов Э."),
        ("Асанов Бакыт Эмилович", "Асанов К.Э."),
        ("Асан уулу Бакыт", "Асан кызы Айгүл"),
    ],
)
def test_who_is_not_meant_does_not(one, other):
    assert compare(one, other).score < REVIEW


def test_the_working_adds_up_to_the_score():
    found = compare("Асанов Бакыт Эмилович", "Asanov Bakyr")
    assert [(pair.one, pair.other, pair.by, pair.likeness) for pair in found.pairs] == [
        ("Асанов", "Asanov", "spelling", 1.0),
        ("Бакыт", "Bakyr", "typo", 0.8),
    ]
    assert found.missing == (("Эмилович", 0.94),)
    assert found.score == round((1 + 0.8) / 2 * 0.94, 4)
    assert found.table["by"].to_list() == ["spelling", "typo", "missing"]
    assert found.table["other"].to_list() == ["Asanov", "Bakyr", None]


@STEADY
@given(NAMES, NAMES)
def test_the_score_is_symmetric_and_between_0_and_1(one, other):
    try:
        found = compare(one, other)
    except CannotScreen:
        return
    assert 0 <= found.score <= 1
    assert compare(other, one).score == found.score


@STEADY
@given(NAMES, st.randoms())
def test_a_name_is_like_itself_in_any_order_and_capitals(name, chance):
    try:
        parts = list(taken_apart(name))
    except CannotScreen:
        return
    assert compare(name, name.upper()).score == compare(name, f"  {name} ").score == 1
    chance.shuffle(parts)
    assert compare_parts(taken_apart(name), tuple(parts)).score == 1


@STEADY
@given(st.integers(0, 10**6))
def test_another_letter_more_never_raises_the_score(seed):
    chance = random.Random(seed)
    who = somebody(chance)
    exact = compare(who.name, who.two_words).score
    typo = compare(who.name, f"{who.surname} {who.given}х").score
    assert typo <= exact


def test_dates_of_birth_agree_or_not():
    day = Birth.read("1971-05-03")
    assert births(day, Birth.read(date(1971, 5, 3))) == "equal"
    assert births(day, Birth.read("1971")) == "equal year"
    assert births(day, Birth.read("1972")) == "near"
    assert births(day, Birth.read("1973")) == "differs"
    assert births(day, Birth.read("1971-03-05")) == "near"
    assert births(day, Birth.read("1970-05-03")) == "near"
    assert births(day, Birth.read("1971-05-04")) == "differs"
    assert births(day, None) == births(None, Birth.read("")) == ""


@pytest.mark.parametrize("said", ["71", "1971-5-3", "1971-02-30", "03.05.1971", "0001-01-01", "x"])
def test_a_date_of_birth_that_is_none_is_refused(said):
    refused("screening.birth_malformed", Birth.read, said)


def test_a_date_of_birth_confirms_a_name_and_speaks_against_it():
    def score(other, born):
        return compare("Асанов Бакыт Эмилович", other, born="1971-05-03", other_born=born).score

    assert score("Асанов Бакыт", None) == 0.94
    assert score("Асанов Бакыт", "1971-05-03") == 0.97
    assert score("Асанов Бакыт", "1971") == 0.955
    assert score("Асанов Бакыт", "1972") == 0.94
    assert score("Асанов Бакыт", "1980") == 0.799
    assert score("Асанов Бакыт Эмилович", "1980") == REVIEW, "lists are wrong about days"
    assert score("Усенов Кубат", "1971-05-03") < 0.5, "a birthday alone is nobody"


def entry(number, *names, **more):
    return {"id": number, "kind": "sanctions", "names": list(names), **more}


def watch(*entries, **more):
    return {"list": "t", "version": 1, "as_of": "2026-11-01", "entries": list(entries), **more}


def test_a_list_is_read_from_a_file_and_knows_its_version(tmp_path):
    said = watch(entry("1", "Асанов Бакыт", "Asanov", born="1971"))
    (tmp_path / "list.json").write_text(json.dumps(said), "utf-8")
    read = WatchList.read(tmp_path / "list.json")
    assert read == WatchList.read(said) == WatchList.read(str(tmp_path / "list.json"))
    assert (read.version, read.entries[0].names[1], str(read.entries[0].born)) == (
        1,
        "Asanov",
        "1971",
    )
    assert WatchList.read(watch(version=2)).digest != WatchList.read(watch()).digest


def test_versions_of_a_list_are_compared():
    old = WatchList.read(watch(entry("1", "Асанов"), entry("2", "Усенов"), entry("3", "Эсенов")))
    new = WatchList.read(
        watch(entry("2", "Усенов", "Usenov"), entry("3", "Эсенов"), entry("4", "Ким"))
    )
    assert new.since(old) == {"added": ("4",), "changed": ("2",), "removed": ("1",)}
    assert new.since(new) == {"added": (), "changed": (), "removed": ()}


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 0},
        {"version": True},
        {"as_of": "yesterday"},
        {"entries": {}},
        {"list": ""},
        {"version": "1"},
    ],
)
def test_a_list_that_is_none_is_refused(wrong, tmp_path):
    refused("screening.list_malformed", WatchList.read, watch(**wrong))
    (tmp_path / "list.json").write_text("[]", "utf-8")
    refused("screening.list_malformed", WatchList.read, tmp_path / "list.json")
    refused("screening.list_malformed", WatchList.read, tmp_path / "none.json")
    (tmp_path / "list.json").write_bytes(b'{"list":' + b"[" * 500_000)
    refused("screening.list_malformed", WatchList.read, tmp_path / "list.json")


@pytest.mark.parametrize(
    "wrong",
    [
        entry("2"),
        entry("2", "Б."),
        entry("", "Асанов"),
        entry("2", "Асанов", kind="friend"),
        entry("2", "Асанов", born="1971-13-01"),
        {"id": "2", "kind": "pep"},
        "Асанов",
    ],
)
def test_a_list_with_a_wrong_entry_is_refused_and_names_its_place(wrong):
    error = refused("screening.entry_malformed", WatchList.read, watch(entry("1", "Усенов"), wrong))
    assert error.params == {"place": 2}


def test_an_id_twice_is_refused():
    refused("screening.entry_twice", WatchList.read, watch(entry("1", "Асанов"), entry("1", "Ким")))


def people(*names, **more):
    return pl.DataFrame({"id": [f"c{n}" for n in range(len(names))], "name": names, **more})


LIST = watch(
    entry("S-1", "Асанов Бакыт Эмилович", "Asanov B.", born="1971-05-03"),
    entry("P-1", "Үсөнова Гүлнара", kind="pep"),
)


def test_customers_are_screened_and_the_working_is_kept():
    found = screen(people("Bakyt Asanov", "Усенов Бакыт", "Gulnara Usonova"), LIST)
    assert found.hits.select("customer", "entry", "score", "verdict", "kind").rows() == [
        ("c2", "P-1", 1.0, "block", "pep"),
        ("c0", "S-1", 0.94, "review", "sanctions"),
    ]
    assert found.hits["other"].to_list() == ["Үсөнова Гүлнара", "Асанов Бакыт Эмилович"]
    assert found.why("c0", "S-1")["by"].to_list() == ["spelling", "spelling", "missing"]
    assert (found.customers, found.list[:2]) == (3, ("t", 1))
    refused("screening.no_such_hit", found.why, "c1", "S-1")


def test_dates_of_birth_of_customers_count():
    born = ["1971-05-03", "1990-01-01", None]
    found = screen(people(*["Асанов Бакыт"] * 3, born=born), LIST)
    assert found.hits.select("customer", "verdict", "born").rows() == [
        ("c0", "block", "equal"),
        ("c2", "review", ""),
    ]
    days = screen(people("Асанов Бакыт", born=[date(1971, 5, 3)]), LIST)
    assert days.hits["verdict"].to_list() == ["block"]


def test_thresholds_are_adjustable_within_bounds():
    somebody_like = people("Асанов Бакыт")
    assert screen(somebody_like, LIST, Thresholds(0.95, 0.97)).hits.is_empty()
    assert screen(somebody_like, LIST, Thresholds(0.7, 0.9)).hits["verdict"].to_list() == ["block"]
    for wrong in ((0.6, 0.9), (0.9, 0.85), (0.9, 1.1)):
        refused("screening.thresholds_malformed", Thresholds, *wrong)
    assert (REVIEW, BLOCK) == (0.85, 0.95)


def test_customers_that_cannot_be_read_are_refused_and_named():
    for wrong in (
        people("Асанов").drop("id"),
        people("Асанов").with_columns(pl.lit(5).alias("name")),
        people("Асанов", "Ким").with_columns(pl.lit("c").alias("id")),
        people("Асанов").with_columns(pl.lit(None, pl.String).alias("id")),
    ):
        refused("screening.customers_malformed", screen, wrong, LIST)
    error = refused("screening.customer_malformed", screen, people("Асанов", "12"), LIST)
    assert error.params["customer"] == "c1"
    refused("screening.customer_malformed", screen, people("Асанов", born=["x"]), LIST)
    refused("screening.customer_malformed", screen, people("Асанов", None), LIST)


def test_nobody_against_nobody_is_no_hit():
    assert screen(people("Асанов").clear(), LIST).hits.is_empty()
    assert screen(people("Асанов"), watch()).hits.is_empty()


def each_with_each(customers, listed, threshold):
    """The definition: every name with every name."""
    best = {}
    for row in customers.to_dicts():
        customer, name, born = row["id"], row["name"], row.get("born")
        for one in listed["entries"]:
            score = max(
                compare(name, other, born=born, other_born=one.get("born")).score
                for other in one["names"]
            )
            if score >= threshold:
                best[customer, one["id"]] = score
    return best


@pytest.mark.parametrize("seed", range(2))
def test_screening_finds_what_comparing_each_with_each_finds(seed):
    chance = random.Random(seed)
    made = [somebody(chance) for _ in range(12)]
    made += [somebody(random.Random(seed)) for _ in range(3)]
    ways = list(VARIANTS.values())
    names = [chance.choice(ways)(who, chance) for who in made for _ in range(3)]
    names += ["Асанов", "Нур Султан", "Токто", made[0].given, made[1].family, "Асан уулу"]
    customers = people(*names)
    listed = watch(
        *(entry(str(n), who.name, chance.choice(ways)(who, chance)) for n, who in enumerate(made)),
        entry("short", "Нурсултан", "Асанов А."),
    )
    found = screen(customers, listed, Thresholds(LOWEST, 0.95))
    pairs = {
        (row[0], row[1]): row[2] for row in found.hits.select("customer", "entry", "score").rows()
    }
    assert pairs == each_with_each(customers, listed, LOWEST)
    assert len(pairs) > 30


@pytest.mark.parametrize("review", [0.7, REVIEW])
def test_so_it_does_with_dates_of_birth(review):
    chance = random.Random(review)
    made = [somebody(chance) for _ in range(12)]
    ways = list(VARIANTS.values())
    drawn = [chance.choice(made) for _ in range(40)]
    names = [chance.choice(ways)(who, chance) for who in drawn]
    names = [f"{name} Бекович" if n % 4 == 0 else name for n, name in enumerate(names)]
    born = [chance.choice([str(who.born), str(who.born.year), "1949", None]) for who in drawn]
    customers = people(*names, born=born)
    listed = watch(*(entry(str(n), who.name, born=str(who.born)) for n, who in enumerate(made)))
    found = screen(customers, listed, Thresholds(review, 1)).hits
    pairs = {(row[0], row[1]): row[2] for row in found.select("customer", "entry", "score").rows()}
    assert pairs == each_with_each(customers, listed, review)
    assert len(pairs) > 20


def test_every_kind_of_part_is_told():
    assert [kind.value for kind in Kind] == ["name", "patronymic", "initial"]
