"""Compute units: charged by the table's price, kept over restarts and kills."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.domain.usage import Usage
from sandbox.gateway.ledger import LEAST_LEASE, UnitLedger
from sandbox.gateway.methods import METHODS
from sandbox.kit.clock import FixedClock
from sandbox.kit.errors import Unavailable
from sandbox.kit.money import NO_LIMIT
from tests.gateway.support import Permit

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 1, 1, 12, 3, tzinfo=UTC)
ONE = "SB-2026-0001"


def units(path, at=NOON):
    """What a gateway that starts now would count."""
    usage = Usage()
    ledger = UnitLedger(path, FixedClock(at))
    ledger.recover(usage)
    ledger._file.close()
    return usage.of(ONE).units.used(at)


async def test_after_a_clean_stop_the_units_are_exact(tmp_path):
    ledger = UnitLedger(tmp_path / "units", FixedClock(NOON))
    ledger.note(ONE, 7, NOON)
    ledger.note(ONE, 5, NOON + timedelta(minutes=20))
    await ledger.close()
    assert units(tmp_path / "units", NOON + timedelta(hours=1)) == 12


async def test_after_a_kill_nothing_that_was_used_is_given_back(tmp_path):
    ledger = UnitLedger(tmp_path / "units", FixedClock(NOON))
    for _ in range(900):
        if not ledger.note(ONE, 3, NOON):
            await ledger.flushed(ONE)
        seen = units(tmp_path / "units") if _ % 100 == 0 else None
        assert seen is None or seen >= 3 * (_ + 1)
    await ledger.flushed(ONE)
    after_kill = units(tmp_path / "units")
    assert 2_700 <= after_kill <= 2_700 + 2 * 2_700
    await ledger.close()
    assert units(tmp_path / "units") == 2_700


async def test_a_lease_is_small_for_a_permit_that_asks_little(tmp_path):
    ledger = UnitLedger(tmp_path / "units", FixedClock(NOON))
    assert ledger.note(ONE, 1, NOON) is False, "nothing is written down yet"
    await ledger.flushed(ONE)
    assert units(tmp_path / "units") == 1 + LEAST_LEASE
    assert ledger.note(ONE, 1, NOON) is True
    await ledger.close()


async def test_a_part_of_the_day_that_is_over_gives_its_lease_back(tmp_path):
    ledger = UnitLedger(tmp_path / "units", FixedClock(NOON))
    ledger.note(ONE, 1, NOON)
    await ledger.flushed(ONE)
    later = NOON + timedelta(minutes=10)
    ledger.note(ONE, 1, later)
    await ledger.flushed(ONE)
    assert units(tmp_path / "units", later) == 2 + LEAST_LEASE
    await ledger.close()


async def test_units_older_than_the_window_are_forgotten(tmp_path):
    ledger = UnitLedger(tmp_path / "units", FixedClock(NOON))
    ledger.note(ONE, 9, NOON)
    await ledger.close()
    assert units(tmp_path / "units", NOON + timedelta(hours=25)) == 0
    assert units(tmp_path / "units", NOON + timedelta(days=3)) == 0
    rows = sqlite3.connect(tmp_path / "units").execute("SELECT count(*) FROM units")
    assert rows.fetchone() == (0,)
    rows.connection.close()


async def test_what_cannot_be_written_is_not_said_to_be_kept(tmp_path):
    ledger = UnitLedger(tmp_path / "units", FixedClock(NOON))
    ledger._file.execute("DROP TABLE units")
    ledger.note(ONE, 1, NOON)
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            await ledger.flushed(ONE)
        assert caught.value.code == "gateway.units_unwritable"
    await ledger.close()


def test_a_file_that_cannot_be_opened_stops_the_start_with_a_clear_error(tmp_path):
    (tmp_path / "units").write_bytes(b"no database, but long enough to be looked at" * 100)
    with pytest.raises(Unavailable) as caught:
        UnitLedger(tmp_path / "units", FixedClock(NOON))
    assert caught.value.code == "gateway.units_unwritable"


def test_each_request_is_charged_its_price_and_refused_ones_are_evidence_once(system, numbers):
    permit = Permit(system, next(numbers), on_chain=False)
    system.ok(permit, "eth_chainId")
    system.ok(permit, "eth_getBalance", permit.account.address)
    system.error(permit, "eth_nothing")
    assert system.inside.usage(permit.number)["units_per_day"] == 2
    price = METHODS["eth_getLogs"].units
    permit.change(limits={"units_per_day": 2 + price})
    system.ok(permit, "eth_getLogs", {})
    for _ in range(3):
        error = system.error(permit, "eth_getLogs", {})
        assert (error["code"], error["data"]["clause"]) == (-32005, "units_per_day")
    said = error["data"]
    assert (said["limit"], said["used"], said["requested"]) == ("12", "12", "10")
    assert said["frees_at"]
    assert "compute units" in error["message"]
    (record,) = system.inside.refusals(0, permit=permit.number)
    assert (record["clause"], record["method"]) == ("units_per_day", "eth_getLogs")
    permit.change(limits={"units_per_day": NO_LIMIT})
    system.ok(permit, "eth_getLogs", {})


def test_a_batch_is_charged_by_its_requests(system, numbers):
    permit = Permit(system, next(numbers), on_chain=False, limits={"units_per_day": 3})
    batch = [{"jsonrpc": "2.0", "id": n, "method": "eth_chainId", "params": []} for n in range(5)]
    answers = system.post("kgst", batch, permit.key).json()
    assert ["error" in each for each in answers] == [False] * 3 + [True] * 2


def test_gas_of_a_day_is_refused_beyond_the_limit_and_a_lower_gas_limit_fits(system, permit):
    permit.change(limits={"gas_per_day": 300_000})
    data = "0x18160ddd"
    system.ok(permit, "eth_sendRawTransaction", permit.sign(data=data, gas=200_000))
    error = system.error(permit, "eth_sendRawTransaction", permit.sign(data=data, gas=100_001))
    assert (error["code"], error["data"]["clause"]) == (-32005, "gas_per_day")
    system.ok(permit, "eth_sendRawTransaction", permit.sign(data=data, gas=100_000))
    assert system.inside.usage(permit.number)["gas_per_day"] == 300_000
