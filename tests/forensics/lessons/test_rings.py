"""Markets with a ring: no provider sees it, joined it stands out, the innocent do not."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from sandbox.forensics.lessons import ring_market
from sandbox.forensics.lessons.rings import PROVIDERS

NUMBERS = range(30_000, 30_020)


def unseen(market):
    key = {each["account"]: each["key"] for each in market.accounts}
    seen = {(each["day"], key[each["account"]]) for each in market.alone()}
    return [each for each in market.together() if (each["day"], each["key"]) not in seen]


@pytest.mark.parametrize("number", NUMBERS)
def test_the_ring_is_found_by_the_lessons_rule_and_nobody_else_is(number):
    market = ring_market(number)
    people = {each["key"] for each in unseen(market)}
    paid = {each: market.paid_to(each) for each in people}
    payers = Counter(payee for each in people for payee in paid[each])
    collectors = {payee for payee, count in payers.items() if count >= 5}
    assert len(collectors) == 2
    share = {
        each: sum(paid[each].get(payee, 0) for payee in collectors) / sum(paid[each].values())
        for each in people
    }
    ring = {each for each, part in share.items() if part >= 0.5}
    assert 6 <= len(ring) <= 9
    assert all(part == 1 or part < 0.2 for part in share.values()), "nothing lies in between"
    assert len(people - ring) >= 5, "traders who only look like it"
    assert not collectors & people


@pytest.mark.parametrize("number", NUMBERS)
def test_no_single_provider_sees_a_member_and_each_sees_its_own_customers_alone(number):
    market = ring_market(number)
    totals = defaultdict(int)
    for each in market.transfers:
        totals[each["day"], each["payer"]] += each["amount"]
    over = {where for where, total in totals.items() if total >= market.limit}
    assert {(each["day"], each["account"]) for each in market.alone()} == over
    assert over
    homes = {each["account"]: each["provider"] for each in market.accounts}
    assert set(homes.values()) == set(PROVIDERS)
    assert len(homes) == len(market.accounts)


def test_joined_days_are_those_of_a_slow_sum():
    market = ring_market(3)
    key = {each["account"]: each["key"] for each in market.accounts}
    for row in market.together():
        mine = [
            each["amount"]
            for each in market.transfers
            if each["day"] == row["day"] and key[each["payer"]] == row["key"]
        ]
        assert sum(mine) == row["total"] >= market.limit


def test_the_order_of_accounts_tells_nothing_and_the_same_number_makes_the_same():
    assert ring_market(3) == ring_market(3)
    assert ring_market(3) != ring_market(4)
    keys = [[each["key"] for each in ring_market(number).accounts] for number in NUMBERS]
    adjacent = sum(one == two for some in keys for one, two in pairwise(some))
    assert adjacent < 5 * len(keys)
