"""Stolen value frozen, seized and lost: as by moving each unit by hand, on random small ledgers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import pytest

from sandbox.forensics.acting import CannotAct, reckoned, state
from tests.forensics.acting.worlds import BEGIN, SPANS, at, by_units, drawn, listed

NOW = (50, SPANS + 200)


def compared(seed):
    found, acts = drawn(seed)
    seen = {}
    for hours in NOW:
        now = state(found, listed(acts), at(hours))
        shares, caught, held = by_units(now, at(hours))
        worth = reckoned(now)
        for ledger, share in worth.shares.items():
            said = {name: value for name, value in asdict(share).items() if value}
            assert said == {name: value for name, value in shares[ledger].items() if value}
            parts = ("free", "frozen", "seized", "handed_over", "lost", "crossed")
            assert share.stolen == sum(getattr(share, each) for each in parts)
        assert {
            each.number: each.caught for each in worth.freezes if each.number in caught
        } == caught
        assert all(each.late >= 0 <= each.harm for each in worth.freezes)
        kept = {spot: value for spot, value in now.moving.held.items() if value > 0}
        assert kept == held
        for each in worth.shares.values():
            for name, value in asdict(each).items():
                seen[name] = max(seen.get(name, 0), value)
    return seen


@pytest.mark.parametrize("seeds", [range(3), pytest.param(range(3, 43), marks=pytest.mark.slow)])
def test_it_is_as_by_moving_each_unit(seeds):
    most = {}
    for seed in seeds:
        for name, value in compared(seed).items():
            most[name] = max(most.get(name, 0), value)
    wanted = {"stolen", "free", "lost"}
    wanted |= {"frozen", "crossed", "seized", "handed_over"} if len(seeds) > 3 else set()
    assert {name for name, value in most.items() if value} >= wanted


def test_the_sum_is_kept_at_every_moment():
    for seed in range(3):
        found, acts = drawn(1_000 + seed)
        for hours in range(0, SPANS, 24):
            for share in reckoned(state(found, listed(acts), at(hours))).shares.values():
                said = asdict(share)
                began = said.pop("stolen") + said.pop("spoiled")
                assert began == sum(said.values())


def test_an_act_before_the_theft_is_reported_cannot_be():
    found, acts = drawn(7)
    early = {**acts[0], "at": (BEGIN - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    with pytest.raises(CannotAct, match=r"acting\.before_report"):
        state(found, listed([early]), at(100))
