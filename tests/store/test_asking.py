"""What a unit of work asks the database: once while it reads, each time while it writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select

from sandbox.domain.records import Organisation
from sandbox.domain.words import OrganisationKind
from sandbox.store import tables
from sandbox.store.among import among

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)

NAMES = ("базар", 'o"quote', "back\\slash", "'; DROP TABLE organisation; --", "%", "өү")


@pytest.fixture
def asked(store):
    """The statements that reached the database."""
    found: list[str] = []
    event.listen(
        store.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: (
            statement.startswith("SELECT") and found.append(statement)
        ),
    )
    return found


def put(store, *names):
    with store.unit() as u:
        for name in names:
            u.organisations.add(Organisation(name, name, OrganisationKind.BANK, NOW))
        u.commit()


def test_a_reading_unit_asks_the_same_thing_once(store, asked):
    put(store, "kattap", "alatoo")
    asked.clear()
    with store.unit(read_only=True) as u:
        first = u.organisations.find("kattap")
        assert u.organisations.find("kattap") is first
        assert u.organisations.find("nobody") is u.organisations.find("nobody") is None
        assert u.organisations.get("alatoo").name == "alatoo"
    assert len(asked) == 3
    with store.unit(read_only=True) as u:
        assert u.organisations.find("kattap") == first
    assert len(asked) == 4


def test_a_writing_unit_sees_what_it_wrote(store):
    put(store, "kattap")
    with store.unit() as u:
        before = u.organisations.get("kattap")
        u.organisations.save(replace(before, name="Kattap Pay"))
        assert u.organisations.get("kattap").name == "Kattap Pay"
        assert u.organisations.find("late") is None
        u.organisations.add(Organisation("late", "Late", OrganisationKind.BANK, NOW))
        assert u.organisations.get("late").name == "Late"
        u.commit()


def test_one_of_many_is_what_in_says_whatever_the_texts_are(store, asked):
    put(store, *NAMES)
    column = tables.OrganisationRow.__table__.c.id
    for wanted in ((), NAMES[:1], NAMES[1:4], (*NAMES, "nobody"), tuple(map(str, range(3_000)))):
        asked.clear()
        with store.unit(read_only=True) as u:
            query = select(column).order_by(column)
            found = u.session.execute(query.where(among(column, wanted))).scalars().all()
            others = u.session.execute(query.where(~among(column, wanted))).scalars().all()
        assert set(found) == set(wanted) & set(NAMES)
        assert set(found) | set(others) == set(NAMES)
        assert set(found).isdisjoint(others)
        assert all(len(each) < 400 for each in asked)
