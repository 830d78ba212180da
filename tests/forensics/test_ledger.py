"""Reading a ledger: order, issues, failures, amounts, opening balances, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from sandbox.forensics import CannotTrace, Ledger, Stop, trace
from sandbox.forensics.accounts import ZERO, numbered
from sandbox.forensics.compiled import ready

CHECKOUT = Path(__file__).resolve().parents[2]
AIDA, BEK, SHOP = ("0x" + digit * 40 for digit in "abc")


def table(*rows, **more):
    """Payer, payee, amount each; a block each."""
    return pl.DataFrame(
        {
            "block": list(range(1, len(rows) + 1)),
            "transaction": [0] * len(rows),
            "log": [0] * len(rows),
            "payer": [each[0] for each in rows],
            "payee": [each[1] for each in rows],
            "amount": [each[2] for each in rows],
            **more,
        }
    )


def refused(source, code, **options):
    with pytest.raises(CannotTrace) as error:
        Ledger.read(source, **options)
    assert error.value.code == code
    assert str(error.value) != code
    assert error.value.explain("ky") != error.value.explain("ru")
    return error.value


def test_rows_are_put_in_order_and_two_at_one_place_are_refused():
    rows = table((ZERO, AIDA, 10), (AIDA, BEK, 4))
    assert Ledger.read(rows.reverse()).table.equals(Ledger.read(rows).table)
    twice = rows.with_columns(pl.lit(7).alias("block"))
    assert "7 / 0 / 0" in str(refused(twice, "forensics.place_twice"))
    inside = twice.with_columns(pl.Series("log", [0, 1]))
    assert Ledger.read(inside).balance(BEK) == 4


def test_order_inside_a_block_decides():
    rows = table((ZERO, AIDA, 10), (ZERO, AIDA, 10), (AIDA, BEK, 10))
    one_block = rows.with_columns(pl.lit(1).alias("block"), pl.Series("transaction", [0, 1, 2]))
    other = one_block.with_columns(pl.Series("transaction", [1, 0, 2]))
    for source, seed, moved in ((one_block, 0, 10), (other, 1, 0)):
        read = Ledger.read(source)
        assert trace(read, "fifo", [seed]).state.moved[2] == moved


def test_addresses_are_read_without_regard_to_capitals_and_other_names_with():
    read = Ledger.read(table((ZERO, AIDA.upper().replace("0X", "0x"), 5), (AIDA, "TRon", 2)))
    assert read.balance(AIDA.upper().replace("0X", "0x")) == 3
    assert (read.balance("TRon"), read.balance("tron"), read.number("tron")) == (2, 0, None)
    assert repr(read) == "<ledger of 2 movements between 2 accounts>"


def test_a_hundred_thousand_names_are_told_apart():
    names = [f"0x{number:040x}" for number in range(1, 100_001)]
    known, payer, payee = numbered(pl.Series(names), pl.Series(names[::-1]))
    assert known.to_list() == [ZERO, *names]
    assert payer.tolist() == list(range(1, 100_001))
    assert payee.tolist() == payer.tolist()[::-1]


def test_a_failed_transaction_moved_nothing():
    rows = table((ZERO, AIDA, 10), (AIDA, BEK, 4), (AIDA, BEK, 5), succeeded=[True, False, True])
    assert Ledger.read(rows).balance(BEK) == 5
    assert Ledger.read(rows.drop("succeeded")).balance(BEK) == 9


@pytest.mark.parametrize(
    "amounts",
    [[1.5, 2.0, 3.0], ["1", "-2", "3"], ["1", "2.5", "3"], ["1", None, "3"], [1, -2, 3]],
)
def test_an_amount_that_is_no_whole_number_of_minor_units_is_refused(amounts):
    rows = table((ZERO, AIDA, 1), (ZERO, AIDA, 2), (ZERO, AIDA, 3))
    refused(rows.with_columns(pl.Series("amount", amounts)), "forensics.amount_malformed")


def test_amounts_may_be_text_integers_of_any_width_or_decimals_without_places():
    rows = table((ZERO, AIDA, 7), (AIDA, BEK, 5))
    for kind in (pl.String, pl.UInt8, pl.UInt64, pl.Int128, pl.Decimal(38, 0)):
        read = Ledger.read(rows.with_columns(pl.col("amount").cast(kind)))
        assert (read.amount.dtype, read.balance(BEK)) == ("int64", 5)
    wide = Ledger.read(table((ZERO, AIDA, str(7 * 10**30)), (AIDA, BEK, str(5 * 10**30))))
    assert wide.table["amount"].to_list() == [7 * 10**30, 5 * 10**30]
    refused(table((ZERO, AIDA, str(2**126))), "forensics.amount_too_large")


def test_a_payer_that_is_not_covered_is_refused_unless_it_had_something_before():
    rows = table((ZERO, AIDA, 10), (AIDA, BEK, 14), (BEK, SHOP, 3), (AIDA, BEK, 2))
    error = refused(rows, "forensics.overdrawn")
    assert error.params == {"account": AIDA, "place": "2 / 0 / 0"}
    refused(rows, "forensics.overdrawn", opening={AIDA: 5})
    told = Ledger.read(rows, opening={AIDA: 8, "nobody": 1})
    assert (told.balance(AIDA), told.balance("nobody")) == (2, 1)
    least = Ledger.read(rows, opening="least")
    assert (least.balance(AIDA), least.balance(BEK), least.balance(SHOP)) == (0, 13, 3)


def test_what_is_missing_is_named():
    rows = table((ZERO, AIDA, 10))
    for name in rows.columns:
        assert refused(rows.drop(name), "forensics.column_missing").params == {"name": name}
    refused(rows.with_columns(pl.lit("x").alias("log")), "forensics.place_malformed")
    refused(rows.with_columns(pl.lit(None, pl.String).alias("payer")), "forensics.account_missing")
    refused(rows.with_columns(pl.lit(5).alias("payee")), "forensics.account_missing")


def test_an_empty_ledger_holds_nothing_and_has_no_seeds():
    empty = Ledger.read(table((ZERO, AIDA, 1)).clear())
    assert (len(empty), empty.balance(AIDA)) == (0, 0)
    with pytest.raises(CannotTrace, match="seed_unknown"):
        trace(empty, "fifo", [0])


def test_files_are_read_like_tables(tmp_path):
    rows = table((ZERO, AIDA, 10), (AIDA, BEK, 4), hash=["0xAA", "0xbb"], note=["x", "y"])
    rows.write_parquet(tmp_path / "ledger.parquet")
    rows.write_csv(tmp_path / "ledger.csv")
    wanted = Ledger.read(rows).table
    assert "note" not in wanted.columns
    for name in ("ledger.parquet", "ledger.csv"):
        assert Ledger.read(tmp_path / name).table.equals(wanted)


def test_seeds_are_transactions_or_rows_and_an_unknown_one_is_refused():
    rows = table((ZERO, AIDA, 10), (AIDA, BEK, 4), hash=["0xAA", "0xbb"])
    read = Ledger.read(rows)
    for seeds in ("0xaa", "0xAA", b"\xaa", 0, [0], read.find(payee=AIDA)):
        assert trace(read, "fifo", seeds).seeds == (0,)
    assert read.find(payer=AIDA, payee=BEK, block=2, hash="0xbb") == [1]
    assert read.find(payer="0x00") == read.find(hash="0xcc") == []
    for seeds in ("0xcc", 2, -1, [], ["0xaa", "0xcc"]):
        with pytest.raises(CannotTrace, match="seed_unknown"):
            trace(read, "fifo", seeds)


def test_a_trace_ends_at_a_block_or_a_moment_and_says_who_would_have_paid_on():
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
    rows = table((ZERO, AIDA, 10), (AIDA, BEK, 6), (BEK, SHOP, 6), (SHOP, AIDA, 1), time=days)
    read = Ledger.read(rows)
    for until in (2, days[1]):
        found = trace(read, "fifo", [0], stop=Stop(until=until))
        assert dict(found.nodes.select("account", "held").rows()) == {AIDA: 4, BEK: 6}
        assert dict(found.nodes.select("account", "stop").rows()) == {AIDA: "", BEK: "time"}
        assert not found.complete
    assert trace(read, "fifo", [0]).complete
    back = trace(read, "fifo", [2], stop=Stop(until=2), backward=True)
    assert back.hops["block"].to_list() == [2, 3]
    assert back.nodes.filter(account=AIDA)["stop"].item() == "time"


@pytest.mark.parametrize("stop", [{"dust": -1}, {"hops": 1.5}, {"enough": True}, {"dust": "5"}])
def test_a_stop_that_is_no_whole_number_is_refused(stop):
    read = Ledger.read(table((ZERO, AIDA, 10)))
    with pytest.raises(CannotTrace, match="stop_malformed"):
        trace(read, "fifo", [0], stop=Stop(**stop))
    with pytest.raises(CannotTrace, match="stop_malformed"):
        trace(read, "fifo", [0], stop=Stop(until=datetime(2026, 1, 1, tzinfo=UTC)))


def test_a_service_keeps_what_arrives_and_its_tag_is_told():
    rows = table((ZERO, AIDA, 10), (AIDA, SHOP, 6), (SHOP, BEK, 6), (AIDA, ZERO, 1))
    stop = Stop(services={SHOP.upper().replace("0X", "0x"): "exchange", "elsewhere": "mixer"})
    found = trace(Ledger.read(rows), "fifo", [0], stop=stop)
    shop = found.nodes.filter(account=SHOP).row(0, named=True)
    assert (shop["tag"], shop["held"], shop["stopped"], shop["stop"]) == (
        "exchange",
        0,
        6,
        "service",
    )
    assert found.nodes.filter(account=BEK).is_empty()
    assert found.totals == {"seeded": 10, "spoiled": 0, "held": 3, "stopped": 6, "destroyed": 1}
    assert repr(found) == "<fifo forward from 1 rows: seeded 10, held 3, stopped 6, destroyed 1>"
    assert trace(Ledger.read(rows), "fifo", [0]).nodes.filter(account=BEK)["held"].item() == 6


def test_importing_the_library_or_the_sdk_loads_none_of_its_heavy_parts():
    code = "import sys, sandbox.sdk, sandbox.forensics; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert {"numpy", "numba", "polars"} & set(loaded.stdout.split()) == set()
    code = "import sys, sandbox.forensics as f; f.trace; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert {"numpy", "numba", "polars"} <= set(loaded.stdout.split())


def test_who_may_not_write_beside_the_source_gets_what_set_up_compiled(tmp_path):
    """A read-only copy of the library, as a notebook server sees it; nothing is compiled."""
    code = (
        "from sandbox.forensics import kernels, running, compiled, warm; from pathlib import Path;"
        "import sys; own = Path(sys.argv[1]);"
        "warm.main(); k = kernels.compiled_lots.stats;"
        "print(k.cache_path == str(own) or own in Path(k.cache_path).parents,"
        "sum(k.cache_hits.values()), sum(k.cache_misses.values()))"
    )
    own = tmp_path / "own"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(own)}
    warm = [sys.executable, "-m", "sandbox.forensics.warm"]
    subprocess.run(warm, cwd=CHECKOUT, check=True)
    said = subprocess.run(
        [sys.executable, "-c", code, str(own)],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["True", "1", "0"]


def test_a_kernel_whose_code_cannot_be_copied_is_there_all_the_same(tmp_path):
    class Kernel:
        signatures = ()

        class stats:  # noqa: N801 - as numba calls it
            cache_path = "/proc/nowhere"

        @staticmethod
        def py_func(): ...

    (tmp_path / f"{Path(__file__).stem}.py_func-1.nbi").write_bytes(b"")
    assert ready(Kernel, tmp_path) is Kernel


def test_every_wording_of_the_library_is_raised_somewhere_and_every_code_has_one():
    source = "".join(each.read_text() for each in (CHECKOUT / "sandbox/forensics").rglob("*.py"))
    told = tomllib.loads((CHECKOUT / "sandbox/locale/errors/forensics.toml").read_text("utf-8"))
    assert [code for code in told if f'"{code}"' not in source] == []
    raised = {part.split('"')[0] for part in source.split('"forensics.')[1:]}
    assert {f"forensics.{each}" for each in raised} == set(told)
