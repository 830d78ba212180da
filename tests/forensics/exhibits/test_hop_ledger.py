"""Hop ledgers: one text, made again from the ledger, and the first difference named."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import polars as pl
import pytest

from sandbox.forensics import Ledger, Stop, trace
from sandbox.forensics.accounts import ZERO
from sandbox.forensics.exhibits import HopLedger, NotAsWritten, Pin
from sandbox.forensics.exhibits.tables import ledger_text, opening_text, read_ledger
from sandbox.kit.canonical import canonical
from tests.forensics import ledgers
from tests.forensics.exhibits import samples

POLICIES = ("poison", "haircut", "fifo", "lifo", "libr")


def refused(code, function, *arguments, **options):
    with pytest.raises(NotAsWritten) as error:
        function(*arguments, **options)
    assert error.value.code == code
    assert str(error.value) != code
    assert len({error.value.explain(each) for each in ("en", "ru", "ky")}) == 3
    return error.value.params


@pytest.mark.parametrize("scale", [1, samples.WHOLE])
@pytest.mark.parametrize("policy", POLICIES)
def test_a_hop_ledger_is_read_and_made_again_from_a_new_ledger(policy, scale):
    hops = HopLedger.of(samples.found(samples.ledger(scale=scale), policy), pin=samples.PIN)
    read = HopLedger.read(hops.json())
    assert read.json() == hops.json() == canonical(json.loads(hops.json()))
    again = read.verify(samples.ledger(scale=scale))
    assert again.policy == policy
    assert read.rows.equals(hops.rows)
    assert str(700 * scale) in hops.rows["tainted"].to_list()


def test_stops_direction_and_moments_are_kept():
    ledger = samples.ledger()
    moment = samples.FIRST_DAY + timedelta(hours=3)
    stop = Stop(services={samples.MULE: "mule"}, dust=2, hops=5, until=moment, enough=10**6)
    for options in (
        {"stop": stop},
        {"stop": Stop(until=4)},
        {"seeds": [4], "backward": True},
        {"seeds": ["0x" + "0" * 63 + "1"]},
    ):
        hops = HopLedger.of(samples.found(ledger, **options))
        again = HopLedger.read(hops.json()).verify(samples.ledger())
        assert again.backward == options.get("backward", False)
        assert HopLedger.of(again).json() == hops.json()
    bare = Ledger.read(samples.table().with_columns(pl.col("time").dt.replace_time_zone(None)))
    hops = HopLedger.of(samples.found(bare, stop=Stop(until=moment.replace(tzinfo=None))))
    assert HopLedger.read(hops.json()).verify(bare).looked == 4


def test_csv_and_parquet_hold_the_rows_of_the_json():
    hops = HopLedger.of(samples.found(samples.ledger(scale=samples.WHOLE)))
    rows = json.loads(hops.json())["rows"]
    assert hops.csv().decode().splitlines()[0] == ",".join(hops.rows.columns)
    assert len(hops.csv().decode().splitlines()) == len(rows) + 1 == 4
    assert [list(row) for row in pl.read_parquet(BytesIO(hops.parquet())).rows()] == rows
    assert hops.parquet() == HopLedger.read(hops.json()).parquet()
    assert json.loads(hops.json())["notice"] == "Training material, not evidence."


def test_the_method_names_all_that_decides_the_result():
    hops = HopLedger.of(samples.found(), pin=samples.PIN)
    method = hops.method
    assert (method.policy, method.direction, method.pin) == ("fifo", "forward", samples.PIN)
    assert "order in which they arrived" in method.definition
    assert [(each.row, each.place) for each in method.seeds] == [(1, "2 / 0 / 0")]
    assert method.stops.services == {samples.SHOP: "exchange"}
    assert (method.ledger.rows, method.ledger.last) == (5, "5 / 0 / 0")
    assert method.ledger.sha256 == hashlib.sha256(ledger_text(samples.ledger())).hexdigest()
    assert method.tool.name == "sandbox.forensics"
    other = samples.ledger(moves=(*samples.MOVES[:4], (samples.MULE, samples.SHOP, 251)))
    assert HopLedger.of(samples.found(other)).method.ledger.sha256 != method.ledger.sha256


def test_what_was_there_before_is_part_of_the_ledger_and_who_moves_nothing_is_not():
    rows = samples.table()
    plain = HopLedger.of(samples.found(Ledger.read(rows)))
    bystander = Ledger.read(rows, opening={"0x" + "9" * 40: 5})
    assert plain.verify(bystander).looked == 5
    richer = Ledger.read(rows, opening={samples.THIEF: 5})
    said = refused("exhibits.other_ledger", plain.verify, richer)
    assert said["said"] == said["found"] == plain.method.ledger.sha256


def test_a_chain_that_went_on_is_no_other_ledger():
    hops = HopLedger.of(samples.found())
    longer = samples.ledger(moves=(*samples.MOVES, (samples.THIEF, samples.VICTIM, 9)))
    assert len(hops.verify(longer).ledger) == 5
    shorter = samples.ledger(moves=samples.MOVES[:4])
    refused("exhibits.other_ledger", hops.verify, shorter)


@pytest.mark.parametrize(
    ("column", "row", "value"),
    [("tainted", 1, "601"), ("payee", 2, samples.THIEF), ("hop", 0, 1), ("stop", 2, "")],
)
def test_the_first_row_that_differs_is_named(column, row, value):
    hops = HopLedger.of(samples.found())
    values = hops.rows[column].to_list()
    was, values[row] = values[row], value
    kind = hops.rows[column].dtype
    edited = replace(hops, rows=hops.rows.with_columns(pl.Series(column, values, dtype=kind)))
    said = refused("exhibits.row_differs", HopLedger.read(edited.json()).verify, samples.ledger())
    assert said == {"row": str(row + 1), "column": column, "said": str(value), "found": str(was)}


def test_a_row_too_many_or_too_few_and_another_sum_are_named():
    hops = HopLedger.of(samples.found())
    fewer = replace(hops, rows=hops.rows[:2])
    assert refused("exhibits.row_differs", fewer.verify, samples.ledger())["said"] == "—"
    more = replace(hops, rows=pl.concat([hops.rows, hops.rows[2:]]))
    assert refused("exhibits.row_differs", more.verify, samples.ledger())["row"] == "4"
    sums = replace(hops, totals={**hops.totals, "held": "1"})
    refused("exhibits.total_differs", sums.verify, samples.ledger())
    refused("exhibits.total_differs", replace(hops, complete=True).verify, samples.ledger())


def test_another_policy_seed_or_stop_in_the_method_is_found():
    content = json.loads(HopLedger.of(samples.found()).json())
    content["method"]["policy"] = "haircut"
    edited = HopLedger.read(canonical(content))
    assert refused("exhibits.row_differs", edited.verify, samples.ledger())["row"] == "2"
    content["method"]["stops"]["dust"] = "lots"
    refused(
        "exhibits.not_a_hop_ledger", HopLedger.read(canonical(content)).verify, samples.ledger()
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"{}",
        lambda text: text + b" ",
        lambda text: text.replace(b"synak hop ledger 1", b"synak hop ledger 9"),
        lambda text: text.replace(b'"complete"', b'"complte"'),
        lambda text: text.replace(b'"rows":5', b'"rows":"5"'),
        lambda text: text[:-1],
        lambda text: b"\xff",
    ],
)
def test_what_is_no_hop_ledger_is_refused(change):
    text = HopLedger.of(samples.found()).json()
    assert change(text) != text
    refused("exhibits.not_a_hop_ledger", HopLedger.read, change(text))


def test_a_pin_fits_the_ledger_or_is_refused():
    trace_ = samples.found()
    for pin in (Pin(block=9, hash="0x12"), Pin(block=-1, hash=samples.PIN.hash)):
        refused("exhibits.pin_malformed", HopLedger.of, trace_, pin=pin)
    early = Pin(block=4, hash=samples.PIN.hash)
    assert refused("exhibits.pin_too_early", HopLedger.of, trace_, pin=early)["last"] == 5


def test_a_ledger_survives_its_text():
    names = ('with "quotes"', "with, comma", "line\nend", " space ", "7", "")
    moves = [(ZERO, name, 10) for name in names]
    rows = samples.table(moves).drop("time", "hash")
    for ledger in (samples.ledger(scale=samples.WHOLE), Ledger.read(rows)):
        read = read_ledger(ledger_text(ledger), opening_text(ledger))
        assert ledger_text(read) == ledger_text(ledger)
        assert read.table.equals(ledger.table)
    times = ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:01Z", "x", "y", "z"]
    worded = Ledger.read(samples.table().with_columns(pl.Series("time", times)))
    assert read_ledger(ledger_text(worded), opening_text(worded)).table.equals(worded.table)
    refused("exhibits.not_a_table", read_ledger, b"a,b\n1,2\n", opening_text(worded))
    refused("exhibits.not_a_table", read_ledger, ledger_text(worded), b"\xff\xfe")


def test_random_ledgers_are_verified_by_every_policy():
    for number in range(15):
        chance = random.Random(number)
        made, opening = ledgers.rows(chance)
        ledger = ledgers.ledger(made, opening)
        policy = POLICIES[number % len(POLICIES)]
        hops = HopLedger.of(trace(ledger, policy, ledgers.seeds(chance, made)))
        again = ledgers.ledger(made, opening)
        assert HopLedger.read(hops.json()).verify(again).policy == policy


def test_a_number_that_json_cannot_hold_is_refused_by_its_own_code():
    text = HopLedger.of(samples.found()).json()
    large = text.replace(b'"rows":5', b'"rows":9007199254740993')
    assert large != text
    refused("exhibits.number_too_large", HopLedger.read, large)
    most = text.replace(b'"rows":5', b'"rows":9007199254740991')
    refused("exhibits.other_ledger", HopLedger.read(most).verify, samples.ledger())
