"""Firms for audits: each lie is there in every firm, and what it says nowhere."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from sandbox.forensics import Bounds, audit, check_reserves
from sandbox.forensics.lessons import attested

NUMBERS = range(20_000, 20_016)


def judged(firm, hours):
    claims = audit(firm.claims, firm.attestation.root, firm=firm.attestation.firm)
    bounds = Bounds(window=timedelta(hours=hours))
    return claims, check_reserves(firm.attestation, firm.ledger, claims=claims, bounds=bounds)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_lie_is_in_every_firm_and_the_widest_window_shows_the_loan(number):
    firm = attested(number)
    claims, found = judged(firm, 72)
    kinds = Counter(claims.table["finding"].to_list())
    assert set(kinds) == {"included", "missing", "shared", "less", "negative"}
    assert kinds["negative"] >= 4
    assert kinds["missing"] == sum(each.proof is None for each in firm.claims)
    assert found.findings == ("unsigned", "hidden", "dressed")
    assert found.wallets["control"].to_list().count("signed") == 3
    (row,) = found.lenders.rows()
    assert row[1] == row[2]
    lenders = [
        each["payer"]
        for each in firm.ledger.table.to_dicts()
        if each["payee"] == row[0] and each["payer"] not in dict(firm.attestation.wallets)
    ]
    assert len(lenders) == 1, "the detour leads to one lender"
    assert found.assets - int(row[1]) < found.owed <= found.assets


def test_the_sum_below_zero_is_seen_on_several_levels_and_by_few():
    for number in NUMBERS:
        firm = attested(number)
        paths = [[s.node.total for s in each.proof.path] for each in firm.claims if each.proof]
        seeing = [path for path in paths if min(path) < 0]
        assert 4 <= len(seeing) <= len(paths) // 3
        assert all(path[0] >= 0 for path in paths), "nobody sees the leaf itself"
        assert {path.index(min(path)) for path in seeing} <= {1, 2, 3}


def test_some_loans_hide_from_the_usual_window_and_some_do_not():
    windows = {"dressed" in judged(attested(number), 24)[1].findings for number in NUMBERS}
    assert windows == {True, False}


def test_the_same_number_makes_the_same_firm():
    one, again = attested(7), attested(7)
    assert one.claims == again.claims
    assert one.attestation == again.attestation
    assert one.ledger.table.equals(again.ledger.table)
    assert attested(8).attestation.root != one.attestation.root
