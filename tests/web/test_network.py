"""The network of a permit's parties: pseudonyms, links to transactions, regulators only."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sandbox.services import network
from tests.services.alert_world import Ledger, add_customers
from tests.web.seams import START
from tests.web.world import World

pytestmark = pytest.mark.slow


@pytest.fixture
def moved(desk: World) -> World:
    """Customers 1 to 3 pay merchant 12; what came a fortnight ago is old."""
    desk.number = desk.granted()
    add_customers(desk.parts.store, desk.number, 12)
    ledger = Ledger(desk.parts.store, at=START - timedelta(days=14))
    ledger.block((4, 12, 70))
    ledger.at = START - timedelta(hours=1)
    ledger.block((1, 12, 500), (2, 12, 300), (1, 12, 20), (3, 77, 10))
    return desk


def test_each_pair_is_a_row_with_its_newest_transaction_and_no_name(moved: World) -> None:
    path = f"/desk/permits/{moved.number}/network"
    ermek = moved.browser("ermek")
    page = ermek.get(path).text
    assert path in ermek.get(f"/desk/permits/{moved.number}/console").text
    rows = re.findall(r'<tr data-from="[^"]+".*?</tr>', page)
    assert len(rows) == 3
    assert "Customer 1" in rows[0]
    assert "Merchant 12" in rows[0]
    assert "520.00" in rows[0]
    assert f"/desk/explorer/kgst/transactions/0x{4:064x}" in rows[0]
    assert 'data-share="100"' in rows[0]
    assert "Not registered" not in page
    assert "Customer 4" not in page
    assert "Customer 4" in ermek.get(f"{path}?days=30").text
    assert ermek.get(f"{path}?days=soon").status_code == 200
    assert "<style" not in page


def test_more_payments_than_are_looked_at_is_said(moved: World, monkeypatch) -> None:
    monkeypatch.setattr(network, "MOST", 2)
    page = moved.browser("jyldyz").get(f"/desk/permits/{moved.number}/network").text
    assert "only the newest" in page
    assert len(re.findall(r'<tr data-from="', page)) == 2


@pytest.mark.parametrize("who", ["aigul", "bakyt", "cholpon", "damira", "operator"])
def test_nobody_else_has_such_a_page(moved: World, who: str) -> None:
    browser = moved.browser(who)
    assert browser.get(f"/desk/permits/{moved.number}/network").status_code == 404
    assert "/network" not in browser.get(f"/desk/permits/{moved.number}/console").text
