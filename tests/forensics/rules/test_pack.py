"""The pack: what it holds, what is refused, and that it is what was published."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest

from sandbox.forensics.rules import CannotWatch, Pack, schema
from sandbox.forensics.rules.expressions import DEEPEST, evaluated, names
from sandbox.forensics.rules.pack import CATEGORIES, HERE, LANGUAGES, RULES
from sandbox.forensics.rules.registry import DEFINITIONS
from sandbox.forensics.rules.tables import COLUMNS
from tests.web.test_wording import BOTH_SEXES, MIXED, forbidden

HASH = "ddaf534fc2a117de0124fa3b6d60fbf2e36cecd05aee8551623af23b11b3bad9"


def shipped():
    return json.loads((HERE / "pack.json").read_text("utf-8"))


def changed(*path, to=None, drop=False, version=2):
    """The shipped data with one place changed."""
    data = {**shipped(), "version": version}
    there = data
    for each in path[:-1]:
        there = there[each]
    if drop:
        del there[path[-1]]
    else:
        there[path[-1]] = to
    return data


def refused(source):
    with pytest.raises(CannotWatch) as error:
        Pack.read(source)
    return error.value.code.removeprefix("alert_pack.")


def test_the_shipped_pack_is_the_published_one():
    """Another content is another version: give it a number of its own and write its hash here."""
    pack = Pack.shipped()
    assert (pack.version, pack.hash) == (1, HASH)
    assert Pack.read(shipped()).hash == Pack.read(HERE / "pack.json").hash == HASH
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(shipped(), schema())


def test_every_rule_has_a_definition_a_category_and_what_it_needs_has_columns():
    pack = Pack.shipped()
    assert tuple(pack.rules) == tuple(DEFINITIONS) == RULES
    assert len(RULES) == 27
    assert {each.category for each in pack.rules.values()} == set(CATEGORIES)
    needed = {name for each in DEFINITIONS.values() for name in each.needs}
    assert needed <= set(COLUMNS)
    used = {rule for each in pack.typologies.values() for rule in each.weights}
    assert used == set(RULES), "no rule is looked at in vain"
    assert all(each.source for each in pack.rules.values())


def test_every_title_is_there_in_three_languages_and_none_twice():
    pack = Pack.shipped()
    for part in (pack.rules, pack.typologies):
        for lang in LANGUAGES:
            titles = [each.titles[lang] for each in part.values()]
            assert len(set(titles)) == len(part)
    every = [each.titles for part in (pack.rules, pack.typologies) for each in part.values()]
    for lang in ("ru", "ky"):
        texts = [titles[lang] for titles in every]
        assert all(re.search("[А-яЁёӨөҮүҢң]", each) for each in texts)
        assert [each for each in texts if MIXED.search(each) or BOTH_SEXES.search(each)] == []
        patterns = [pattern for _, _, pattern in forbidden(lang)]
        assert [(p, t) for p in patterns for t in texts if re.search(p, t)] == []


def test_another_version_with_other_values_is_another_pack():
    pack = Pack.shipped().changed(2, {"R01.n": 4, "threshold": 7_000_000})
    assert (pack.rules["R01"]["n"], pack["threshold"]) == (4, 7_000_000)
    assert pack.hash != HASH
    assert Pack.shipped().rules["R01"]["n"] == 5, "the shipped one stays as it is"
    again = Pack.read(json.dumps(pack.data, indent=3, sort_keys=True).encode())
    assert again.hash == pack.hash, "the hash is of the data, not of how it is written"
    with pytest.raises(CannotWatch) as error:
        Pack.shipped().changed(1, {"R01.n": 4})
    assert error.value.code == "alert_pack.version_taken"


@pytest.mark.parametrize("name", ["R01.many", "R99.n", "n", "rules", "R01.n.n", ""])
def test_a_parameter_that_the_software_does_not_have_is_refused(name):
    with pytest.raises(CannotWatch) as error:
        Pack.shipped().changed(2, {name: 4})
    assert error.value.code == "alert_pack.parameters"


N = ("rules", "R01", "parameters", "n")
BANDS = ("rules", "R01", "bands")
TYPOLOGY = ("typologies", "mule")
BAD = {
    "outside": [
        changed(*N, "value", to=2),
        changed(*N, "value", to=11),
        changed(*N, "value", to=5.0),
        changed(*N, "value", to="5"),
        changed(*N, "value", to=True),
        changed("version", to=0),
        changed("version", to="2"),
        changed(*TYPOLOGY, "weights", "R05", to=0),
    ],
    "parameters": [
        changed(*N, "least", to=1),
        changed(*N, "most", to=100),
        changed(*N, "unit", to="days"),
        changed(*N, drop=True),
        changed(
            "rules", "R01", "parameters", "more", to=shipped()["rules"]["R01"]["parameters"]["n"]
        ),
        changed("parameters", "silence", drop=True),
    ],
    "rules": [
        changed("rules", "R27", drop=True),
        changed("rules", "R28", to=shipped()["rules"]["R27"]),
    ],
    "bands": [
        changed(*BANDS, to=[]),
        changed(*BANDS, to=[[1, 50]]),
        changed(*BANDS, to=[[0, 50], [8, 50]]),
        changed(*BANDS, to=[[0, 50], [0, 60]]),
        changed(*BANDS, to=[[0, 101]]),
        changed(*BANDS, to=[[0, 0]]),
        changed(*BANDS, to=[[0, 50, 1]]),
        changed(*BANDS, to=[[0, 50.5]]),
        changed(*BANDS, to=[[each, each + 1] for each in range(7)]),
        changed(*BANDS, to="0 50"),
    ],
    "titles": [
        changed("rules", "R01", "titles", "ky", drop=True),
        changed("rules", "R01", "titles", "ky", to=" "),
        changed(*TYPOLOGY, "titles", "de", to="Maultier"),
    ],
    "expression": [
        changed(*TYPOLOGY, "expression", to=["add", "R05"]),
        changed(*TYPOLOGY, "expression", to=["divide", "R05", "R06"]),
        changed(*TYPOLOGY, "expression", to="R05"),
        changed(*TYPOLOGY, "expression", to=7),
        changed(*TYPOLOGY, "expression", to=None),
        changed(*TYPOLOGY, "expression", to=["add", "R05", -1]),
        changed(*TYPOLOGY, "expression", to=["add", *["R05"] * 200]),
        changed(*TYPOLOGY, "weights", "R01", to=50),
        changed("typologies", "scam_victim", "expression", to="R99"),
        changed("typologies", "scam_victim", "weights", to={}),
    ],
    "thresholds": [
        changed(*TYPOLOGY, "alert", to=0),
        changed(*TYPOLOGY, "alert", to=121),
        changed(*TYPOLOGY, "interdict", to="100"),
    ],
    "malformed": [
        changed("services", to="bridge"),
        changed("services", to=["Bridge 1"]),
        changed("rules", to=[]),
        changed("typologies", to=None),
        changed("typologies", "two words", to=shipped()["typologies"]["mule"]),
        changed("rules", "R01", "category", to="feelings"),
        changed("rules", "R01", "source", to=""),
        changed("rules", "R01", "extra", to=1),
        changed("rules", "R01", "bands", drop=True),
        changed("parameters", to=5),
        changed("notes", to="mine"),
        {},
        b"",
        b"[]",
        b"{",
        b'{"version": 1, "version": 2}',
        b"[" * 100_000,
        {"version": float("nan")},
        {"version": object()},
    ],
    "version_taken": [changed(*N, "value", to=4, version=1)],
}


@pytest.mark.parametrize("code", sorted(BAD))
def test_a_pack_that_cannot_be_right_is_refused_with_its_code(code):
    for source in BAD[code]:
        before = str(source)
        assert refused(source) == code, source
        assert str(source) == before, "what was sent stays as it is"


def test_a_refusal_says_in_three_languages_what_is_wrong():
    with pytest.raises(CannotWatch) as error:
        Pack.read(changed(*N, "value", to=11))
    for lang in LANGUAGES:
        assert "R01.n" in error.value.explain(lang)
        assert "10" in error.value.explain(lang)
    assert "alert_pack.outside" in str(error.value)


def test_the_schema_refuses_what_the_reader_calls_malformed():
    checked = jsonschema.Draft202012Validator(schema())
    malformed = [each for each in BAD["malformed"] if isinstance(each, dict)]
    assert [each for each in malformed if checked.is_valid(each)] == []


def test_expressions_come_to_whole_numbers_and_are_bounded():
    scores = {"R01": 20, "R02": 30}
    assert evaluated(["multiply", ["add", "R01", "R02"], 2], scores.get) == 100
    assert evaluated(["max", ["min", "R01", "R02"], 25], scores.get) == 25
    assert names(["add", "R01", ["max", "R02", 3]]) == {"R01", "R02"}
    deep = "R01"
    for _ in range(DEEPEST):
        deep = ["add", deep, 1]
    assert names(deep) == {"R01"}
    with pytest.raises(ValueError, match="no expression"):
        names(["add", deep, 1])
