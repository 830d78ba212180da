"""Reading an answer: strictly, and as the published schema says."""

from __future__ import annotations

import copy
import json
import random
import tomllib
from pathlib import Path

import jsonschema
import pytest

from sandbox.forensics.cases.scene import LEDGERS
from sandbox.forensics.policies import Policy
from sandbox.forensics.scoring import Answer, CannotScore, Key, Rubric
from sandbox.forensics.scoring.answers import MOST_BYTES, schema
from sandbox.forensics.scoring.rubric import PARTS, shipped_labs
from tests.forensics.cases.planned import small
from tests.forensics.scoring.answers import EMPTY, right

CHECKOUT = Path(__file__).resolve().parents[3]
SOMEBODY = "0x" + "ab" * 20
HELD = {"ledger": "som", "address": SOMEBODY, "amount": "1"}
HOP = {"ledger": "kgst", "block": 1, "transaction": 0, "log": 0, "tainted": "1"}


def refused(said):
    with pytest.raises(CannotScore) as error:
        Answer.read(said if isinstance(said, bytes) else json.dumps(said).encode())
    assert len({error.value.explain(each) for each in ("en", "ru", "ky")}) == 3
    return error.value.code


@pytest.mark.parametrize("policy", Policy)
def test_the_least_answer_and_a_full_one_are_read(policy):
    assert Answer.read(json.dumps(EMPTY | {"policy": policy}).encode()).policy == policy
    said = right(Key(small()), policy)
    found = Answer.read(json.dumps(said).encode())
    assert len(found.hops) == len(said["hops"]) > 0
    assert found.exhibit.head == said["exhibit"]["head"]
    assert found.texts == {}
    assert Answer.read(json.dumps(EMPTY | {"texts": {"summary": "Үч уурдоо"}}).encode()).texts


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", "scoring.not_an_answer"),
        (b"[]", "scoring.not_an_answer"),
        (b"\xff", "scoring.not_an_answer"),
        (b'{"policy": "fifo", "policy": "lifo"}', "scoring.not_an_answer"),
        (b"[" * 50_000, "scoring.not_an_answer"),
        (b" " * (MOST_BYTES + 1), "scoring.too_large"),
        (b'{"policy": "fifo"}', "scoring.field_wrong"),
        (EMPTY | {"extra": 1}, "scoring.field_wrong"),
        (EMPTY | {"texts": {"summary": "\ud800"}}, "scoring.not_an_answer"),
        (EMPTY | {"texts": {"diary": "x"}}, "scoring.field_wrong"),
        (EMPTY | {"policy": "tiho"}, "scoring.policy_unknown"),
        (EMPTY | {"policy": 1}, "scoring.field_wrong"),
        (EMPTY | {"addresses": [5]}, "scoring.address_malformed"),
        (EMPTY | {"addresses": ["0x12"]}, "scoring.address_malformed"),
        (EMPTY | {"addresses": [SOMEBODY + "\n"]}, "scoring.address_malformed"),
        (EMPTY | {"addresses": [SOMEBODY, "0x" + "AB" * 20]}, "scoring.said_twice"),
        (EMPTY | {"hops": [HOP, HOP | {"tainted": "2"}]}, "scoring.said_twice"),
        (EMPTY | {"hops": [HOP | {"block": -1}]}, "scoring.field_wrong"),
        (EMPTY | {"hops": [HOP | {"block": 1.0}]}, "scoring.field_wrong"),
        (EMPTY | {"hops": [HOP | {"block": True}]}, "scoring.field_wrong"),
        (EMPTY | {"hops": [HOP | {"tainted": "1\n"}]}, "scoring.amount_malformed"),
        (EMPTY | {"hops": [HOP | {"tainted": 1}]}, "scoring.amount_malformed"),
        (EMPTY | {"located": [HELD | {"amount": "1.5"}]}, "scoring.amount_malformed"),
        (EMPTY | {"located": [HELD | {"amount": "9" * 79}]}, "scoring.amount_malformed"),
        (EMPTY | {"located": [HELD | {"ledger": "bnb"}]}, "scoring.field_wrong"),
        (EMPTY | {"located": [HELD, HELD]}, "scoring.said_twice"),
        (EMPTY | {"recovery": [HELD, HELD]}, "scoring.said_twice"),
        (
            EMPTY | {"attribution": [{"address": SOMEBODY, "label": "x", "permille": 1_001}]},
            "scoring.field_wrong",
        ),
        (
            EMPTY | {"attribution": [{"address": SOMEBODY, "label": "x", "permille": 1}] * 2},
            "scoring.said_twice",
        ),
        (EMPTY | {"method": {"limits": ["luck"]}}, "scoring.field_wrong"),
        (EMPTY | {"method": {"limits": ["tags", "tags"]}}, "scoring.said_twice"),
        (EMPTY | {"exhibit": {"document": "", "head": "0" * 65}}, "scoring.field_wrong"),
    ],
)
def test_what_is_no_answer_is_refused_whole(sent, code):
    assert refused(sent) == code


def test_schema_and_reader_agree_about_changed_answers():
    """A value in an answer is exchanged, taken out or put in; both judge alike."""
    said = right(Key(small()))
    for name in ("addresses", "hops", "located", "recovery", "attribution"):
        said[name] = said[name][:2]
    validator = jsonschema.Draft202012Validator(schema())
    verdicts = {True: 0, False: 0}
    for number in range(600):
        chance = random.Random(number)
        changed = mutated(said, chance)
        try:
            Answer.read(json.dumps(changed).encode())
            read = True
        except CannotScore as error:
            if error.code == "scoring.said_twice":
                continue
            read = False
        assert validator.is_valid(changed) == read, changed
        verdicts[read] += 1
    assert min(verdicts.values()) > 50


def mutated(said, chance):
    found = copy.deepcopy(said)
    holders = []

    def walk(value):
        if isinstance(value, (dict, list)):
            holders.append(value)
            for each in value.values() if isinstance(value, dict) else value:
                walk(each)

    walk(found)
    holder = chance.choice([each for each in holders if each])
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    key, kind = chance.choice(keys), chance.randrange(4)
    odd = [None, True, -1, 7, 1_001, 2**60, 0.5, "", "007", "12", "mixer", SOMEBODY, "som", [], {}]
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[chance.choice(["extra", "amount", "texts", "label"])] = chance.choice(odd)
    else:
        holder[key] = chance.choice(odd)
    return found


def test_the_schema_names_every_part_and_ledger():
    published = json.dumps(schema())
    named = (*EMPTY, *LEDGERS, *Policy, "tainted", "attribution", "recovery", "exhibit", "permille")
    assert [each for each in named if f'"{each}"' not in published] == []


@pytest.mark.parametrize("lab", shipped_labs())
def test_every_shipped_rubric_is_of_a_hundred(lab):
    rubric = Rubric.shipped(lab)
    assert (rubric.lab, rubric.pass_mark, rubric.gates) == (lab, 70, ("exhibit",))
    assert sum(rubric.scaled(part) for part in rubric.points) == 100
    assert "clarity" in rubric.points
    assert Rubric.shipped("P11").points == {
        "addresses": 12,
        "hops": 8,
        "located": 10,
        "recovery": 15,
        "attribution": 15,
        "custody": 20,
        "method": 10,
        "clarity": 10,
    }
    assert set(shipped_labs()) >= {"P1", "P3"}


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("version = 2", "version = 0", "version"),
        ("version = 2", "version = true", "version"),
        ("version = 2", "", "version"),
        ("version = 2", "version = 2\ncolour = 2", "colour"),
        ("pass_mark = 70", "pass_mark = 101", "pass_mark"),
        ('["exhibit"]', '["luck"]', "gates"),
        ('["exhibit"]', '"exhibit"', "gates"),
        ("custody = 20", "custody = 0", "points.custody"),
        ("custody = 20", "custard = 20", "points"),
        ("custody = 20", "", "points"),
        ("lab = ", "lab ", "TOML"),
    ],
)
def test_a_rubric_that_cannot_be_right_is_refused_by_its_key(old, new, key):
    content = (CHECKOUT / "sandbox/forensics/scoring/rubrics/P1.toml").read_text("utf-8")
    assert Rubric.read(content.encode()) == Rubric.shipped("P1")
    with pytest.raises(CannotScore) as error:
        Rubric.read(content.replace(old, new).encode())
    assert (error.value.code, error.value.params) == ("scoring.rubric_malformed", {"key": key})


def test_a_lab_without_a_rubric_is_refused_with_those_that_have_one():
    with pytest.raises(CannotScore, match="P1, P11, P3"):
        Rubric.shipped("../P1")


def test_every_wording_is_used_somewhere_and_every_code_has_one():
    folder = CHECKOUT / "sandbox/forensics/scoring"
    source = "".join(each.read_text() for each in folder.glob("*.py"))
    told = tomllib.loads((CHECKOUT / "sandbox/locale/errors/scoring.toml").read_text("utf-8"))
    plain = {code for code in told if code.count(".") == 1}
    assert {code for code in plain if f'"{code}"' not in source} == set()
    raised = {part.split('"')[0] for part in source.split('"scoring.')[1:]}
    assert {f"scoring.{each}" for each in raised if each.count(".") == 0} == plain
    assert {f"scoring.part.{part}" for part in PARTS} <= set(told)
