from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from sandbox.domain.words import FaucetState
from sandbox.kit.errors import InvalidInput
from sandbox.kit.money import MAX_UINT256
from sandbox.store.tables import FaucetRow, OrganisationRow
from sandbox.store.types import TZDateTime

AT = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
FAUCET = FaucetRow.__table__
SLOW_FIXTURE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def connection(store):
    """A connection without foreign keys: these tests are about columns."""
    with store.engine.connect() as made:
        if made.dialect.name == "sqlite":
            made.exec_driver_sql("COMMIT")
            made.exec_driver_sql("PRAGMA foreign_keys=OFF")
            made.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            made.exec_driver_sql("SET session_replication_role = replica")
        yield made
        made.rollback()


def _row(number: int, amount: int) -> dict[str, object]:
    return {
        "id": str(number), "permit": "SB-2026-0001", "address": "0x", "asset": "KGST",
        "amount": amount, "asked_by": "bakyt", "asked_at": AT, "state": FaucetState.ASKED,
        "revision": 1,
    }  # fmt: skip


@SLOW_FIXTURE
@given(amounts=st.lists(st.integers(0, MAX_UINT256), min_size=1, max_size=5))
def test_token_amounts_come_back_exactly_and_in_order_of_value(connection, amounts):
    with connection.begin_nested():
        connection.execute(FAUCET.delete())
        connection.execute(insert(FAUCET), [_row(n, each) for n, each in enumerate(amounts)])
        read = connection.execute(select(FAUCET.c.amount).order_by(FAUCET.c.amount)).scalars()
        assert list(read) == sorted(amounts)


def test_the_amount_that_sqlite_numeric_rounds_is_kept(connection):
    connection.execute(insert(FAUCET).values(**_row(1, 5000010000000000000001)))
    assert connection.execute(select(FAUCET.c.amount)).scalar() == 5000010000000000000001


@pytest.mark.parametrize("wrong", [-1, MAX_UINT256 + 1, True, 1.5, "7"])
def test_what_is_no_amount_is_refused_before_it_is_written(connection, wrong):
    with pytest.raises(Exception, match=r"store\.not_an_amount") as caught:
        connection.execute(insert(FAUCET).values(**_row(1, wrong)))
    cause = caught.value.__cause__ or caught.value
    assert isinstance(cause, InvalidInput) or "not_an_amount" in str(caught.value)


def test_a_time_in_another_zone_comes_back_as_utc(connection):
    bishkek = AT.astimezone(timezone(timedelta(hours=6)))
    connection.execute(insert(FAUCET).values(**{**_row(1, 1), "asked_at": bishkek}))
    read = connection.execute(select(FAUCET.c.asked_at)).scalar()
    assert read == AT
    assert read.utcoffset() == timedelta(0)


def test_a_naive_time_is_refused():
    with pytest.raises(InvalidInput, match=r"clock\.naive"):
        TZDateTime().process_bind_param(datetime(2026, 1, 1), None)  # noqa: DTZ001


def test_enumerations_are_stored_by_value(connection):
    connection.execute(insert(FAUCET).values(**_row(1, 1)))
    assert connection.exec_driver_sql("SELECT state FROM faucet_issue").scalar() == "asked"
    assert connection.execute(select(FAUCET.c.state)).scalar() is FaucetState.ASKED


def test_an_unknown_enumeration_value_is_refused(connection):
    with pytest.raises(Exception, match="gift"):
        connection.execute(insert(FAUCET).values(**{**_row(1, 1), "state": "gift"}))


def test_int_columns_are_not_thirty_two_bits(store):
    from sandbox.store.tables import RefusalRow

    assert RefusalRow.__table__.c.seq.type.python_type is int
    with store.engine.connect() as connection:
        table = RefusalRow.__table__
        connection.execute(
            insert(table).values(
                seq=2**40,
                permit="SB-2026-0001",
                at=AT,
                chain="kgst",
                layer="gateway",
                clause="state",
                version=2**40,
                code="x",
                raw={},
            )
        )
        assert connection.execute(select(table.c.seq)).scalar() == 2**40
    assert OrganisationRow.__table__.c.name.type.length == 200
