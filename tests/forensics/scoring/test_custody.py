"""Custody: what was written comes out again; an edited byte fails the whole answer."""

from __future__ import annotations

import json
from fractions import Fraction

import msgspec
import polars as pl
import pytest

from sandbox.forensics.exhibits import Exhibit, Pin
from sandbox.forensics.exhibits.custody import item
from sandbox.forensics.scoring import CannotScore, Key, Rubric
from sandbox.forensics.scoring.making import exhibit_of
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import InvalidInput
from tests.forensics.cases.planned import small
from tests.forensics.scoring.answers import NOON, kept, marked, right, shares

SHIFT = 1_000


def executed(found):
    """The planned rows as a chain might have executed them: other blocks, logs and hashes."""
    tables = {}
    for name in ("kgst", "som", "usdkg"):
        table = found.public().table(name)
        if len(table):
            tables[name] = table.with_columns(
                pl.col("block") + SHIFT,
                pl.col("log") + 2,
                pl.Series("hash", [f"0x{row:064x}" for row in range(len(table))]),
            )
    blocks = {
        name: {block: f"0x{block:064x}" for block in table["block"].unique().to_list()}
        for name, table in tables.items()
    }
    return tables, blocks


def custody(said, key):
    return shares(said, key, Rubric.shipped("P1"))["custody"]


def test_executed_rows_are_marked_as_planned_ones_are_and_ask_for_a_pin():
    found = small("hard")
    tables, blocks = executed(found)
    key = Key(found, tables, blocks)
    last = int(tables["kgst"]["block"].max())
    pinned = right(key, pin=Pin(last, blocks["kgst"][last]))
    assert marked(pinned, key).points == 90
    assert pinned["hops"][0]["block"] > SHIFT
    assert pinned["hops"][0]["log"] == 2
    unpinned = right(key)
    assert custody(unpinned, key) == Fraction(3, 4)
    wrong = right(key, pin=Pin(last, "0x" + "ab" * 32))
    assert marked(wrong, key).broken == ("exhibit",)
    assert marked(wrong, key).points == 0
    assert marked(right(Key(found)), key).broken == ("exhibit",)


def test_an_exhibit_up_to_an_earlier_block_holds():
    found = small()
    tables, blocks = executed(found)
    key = Key(found, tables, blocks)
    middle = sorted(blocks["kgst"])[len(blocks["kgst"]) // 2]
    earlier = dict(tables) | {"kgst": tables["kgst"].filter(pl.col("block") <= middle)}
    short = Key(found, tables, blocks)
    short.ledgers = dict(short.ledgers) | {"kgst": type(key.ledgers["kgst"]).read(earlier["kgst"])}

    made = Exhibit.of(
        short.ledgers["kgst"],
        number="T-2",
        by="analyst 1",
        at=NOON,
        pin=Pin(middle, blocks["kgst"][middle]),
    )
    said = right(key) | {"exhibit": exhibit_of(made)}
    assert custody(said, key) == Fraction(3, 4)


@pytest.mark.parametrize("change", ["missing", "other payee", "one more", "no table"])
def test_executed_rows_that_are_not_the_planned_ones_are_refused(change):
    found = small()
    tables, blocks = executed(found)
    table = tables["kgst"]
    if change == "missing":
        tables["kgst"] = table[:-1]
    elif change == "other payee":
        payees = [*table["payee"][:-1], table["payer"][3]]
        tables["kgst"] = table.with_columns(pl.Series("payee", payees))
    elif change == "one more":
        last = table[-1].with_columns(pl.col("log") + 1, amount=pl.lit("1"))
        tables["kgst"] = pl.concat([table, last])
    else:
        del tables["kgst"]
    with pytest.raises(CannotScore) as error:
        Key(found, tables, blocks)
    assert error.value.code == "scoring.rows_differ"


def test_an_edited_byte_fails_the_whole_answer():
    key = Key(small())
    said = right(key)
    document = said["exhibit"]["document"]
    name, content = next(iter(said["exhibit"]["traces"].items()))
    edits = [
        {"document": document[: len(document) // 2] + "x" + document[len(document) // 2 + 1 :]},
        {"document": document.replace("analyst 1", "analyst 2")},
        {"document": ""},
        {"head": "0" * 64},
        {"traces": {name: content.replace("kgst", "kgst", 1).replace('"hop"', '"hOp"', 1)}},
        {"traces": {name: content[:-1]}},
        {"traces": {"other.json": content}},
    ]
    for edit in edits:
        assert edit["traces"][name] != content if name in edit.get("traces", {}) else True
        marks = marked(said | {"exhibit": said["exhibit"] | edit}, key)
        assert (marks.points, marks.broken, marks.passed) == (0, ("exhibit",), False), edit
        assert 60 < marks.reckoned <= 70
    assert marked(said, key).points == 90


def test_every_edited_byte_is_found():
    key = Key(small())
    said = right(key)
    document = said["exhibit"]["document"].encode()
    for place in range(0, len(document), max(len(document) // 60, 1)):
        changed = bytearray(document)
        changed[place] ^= 1
        try:
            text = changed.decode()
        except UnicodeDecodeError:
            continue
        edited = said["exhibit"] | {"document": text}
        assert marked(said | {"exhibit": edited}, key, Rubric.shipped("P1")).points == 0


def test_a_false_trace_that_was_rightly_chained_is_broken():
    """Somebody writes a hop ledger by hand and a new chain around it: making it again tells."""
    key = Key(small())
    made = kept(key, "fifo")
    name = next(iter(made.traces))
    told = json.loads(made.files[name])
    column = told["columns"].index("tainted")
    told["rows"][0][column] = str(int(told["rows"][0][column]) - 1)

    false = canonical(told)
    entry = made.entries[-1]
    outputs = tuple(item(name, false) if each.name == name else each for each in entry.outputs)
    forged = type(made)(
        (*made.entries[:-1], replaced(entry, outputs)), dict(made.files) | {name: false}
    )
    said = right(key) | {"exhibit": exhibit_of(forged)}
    assert marked(said, key).broken == ("exhibit",)


def replaced(entry, outputs):

    return msgspec.structs.replace(entry, outputs=outputs)


def test_what_an_exhibit_lacks_costs_its_share_and_breaks_nothing():
    key = Key(small())
    said = right(key)
    without = said["exhibit"] | {"traces": {}}
    assert custody(said | {"exhibit": without}, key) == Fraction(2, 3)
    assert custody(said | {"policy": "lifo"}, key) == Fraction(2, 3)
    assert custody({each: said[each] for each in said if each != "exhibit"}, key) == 0

    dump = Exhibit.begin({"dump.txt": b"x"}, number="T-3", by="analyst 1", at=NOON)
    marks = marked(said | {"exhibit": exhibit_of(dump)}, key)
    assert (marks.broken, marks.points) == ((), 70)
    assert custody(said, key) == 1


@pytest.mark.parametrize(
    "stops",
    [
        {"until": "never"},
        {"dust": "x"},
        {"dust": "9" * 5_000},
        {"hops": 2**70},
        {"until": 2**70},
        {"enough": "-1"},
    ],
)
def test_a_trace_that_nobody_can_make_again_is_broken_and_ends_nothing(stops):

    key = Key(small())
    made = kept(key, "fifo")
    name = next(iter(made.traces))
    told = json.loads(made.files[name])
    told["method"]["stops"] |= stops
    try:
        false = canonical(told)
    except InvalidInput:
        false = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    entry = made.entries[-1]
    outputs = tuple(item(name, false) if each.name == name else each for each in entry.outputs)
    forged = {
        "document": type(made)((*made.entries[:-1], replaced(entry, outputs)), made.files)
        .document()
        .decode(),
        "traces": {name: false.decode()},
    }
    forged["head"] = replaced(entry, outputs).hash
    assert marked(right(key) | {"exhibit": forged}, key).broken == ("exhibit",)
