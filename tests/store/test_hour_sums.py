"""Sums over an authority's permits are exact on both databases, and only they are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sandbox.domain.alerts.hours import ALWAYS, Hour
from tests.services.alert_world import NUMBER, START, open_permit

SINCE = START - timedelta(days=1)
LARGE = 2**255 + 10**13 - 1
"""Pieces of it carry when two are added."""


def test_hours_of_an_authority_are_added_up_by_the_database(store, monkeypatch):
    open_permit(store)
    numbers = [NUMBER, "SB-2026-0002", "SB-2026-0003"]
    with store.unit() as u:
        file = u.files.get("F-2026-0001")
        for place, number in enumerate(numbers):
            other = "market" if place == 2 else "nbkr"
            if place:
                u.files.add(
                    replace(file, id=f"F-2026-000{place + 1}", permit=number, authority=other)
                )
        u.files.save(replace(file, permit=NUMBER))
        rows = [
            Hour(chain, number, hour, 3, LARGE, 10**20 + place, 7, (1, 0, 2, 0, 0, place))
            for chain in ("kgst", "som")
            for place, number in enumerate(numbers)
            for hour in (ALWAYS, SINCE - timedelta(hours=1), SINCE, START)
        ]
        for chain in ("kgst", "som"):
            mine = {(each.permit, each.hour): each for each in rows if each.chain == chain}
            u.alert_watch.add_hours(chain, mine)
        u.commit()
    monkeypatch.delattr(Hour, "__add__")
    with store.unit(read_only=True) as u:
        found = u.alert_watch.hours_of_authority("nbkr", SINCE)
        other = u.alert_watch.hours_of_authority("market", SINCE)
        nobody = u.alert_watch.hours_of_authority("fiu", SINCE)
    assert [(each.chain, each.hour) for each in found] == [
        (chain, hour) for chain in ("kgst", "som") for hour in (ALWAYS, SINCE, START)
    ]
    for each in found:
        assert each == Hour(
            each.chain, "nbkr", each.hour, 6, 2 * LARGE, 2 * 10**20 + 1, 14, (2, 0, 4, 0, 0, 1)
        )
    assert {each.volume for each in other} == {LARGE}
    assert (len(other), nobody) == (6, ())
