"""Every policy against brute force, to the unit."""

from __future__ import annotations

import random

import numpy as np
import pytest

from sandbox.forensics import CannotTrace, Stop, running, trace
from sandbox.forensics.kernels import Rows, Stops
from tests.forensics import ledgers, oracle

POLICIES = ("poison", "haircut", "fifo", "lifo", "libr")
STOPS = (
    {},
    {"services": True},
    {"dust": 3},
    {"hops": 0},
    {"hops": 2},
    {"services": True, "dust": 2, "hops": 4},
)


def compare(policy, many, *, services=False, dust=0, hops=None, scale=1, stray=0):
    """Trace many ledgers as one, and each by brute force."""
    chance = random.Random(len(many))
    picked = [ledgers.seeds(chance, made) for made, _ in many]
    marked = [chance.sample(range(1, ledgers.ACCOUNTS + 1), 2 if services else 0) for _ in many]
    made, opening = ledgers.side_by_side(many)
    firsts = [number * ledgers.ROWS for number in range(len(many))]
    whole = ledgers.ledger(made, opening, scale=scale, stray=stray)
    assert (whole.amount.dtype == object) == (scale > 1)
    found = trace(
        whole,
        policy,
        [row + first for first, some in zip(firsts, picked, strict=True) for row in some],
        stop=Stop(
            services={
                str(each + number * ledgers.ACCOUNTS): "exchange"
                for number, some in enumerate(marked)
                for each in some
            },
            dust=dust * scale,
            hops=hops,
        ),
    )
    moved, held, stopped = iter(found.hops.iter_rows(named=True)), {}, {}
    for number, ((rows, had), seeds) in enumerate(zip(many, picked, strict=True)):
        right = oracle.traced(
            policy, rows, seeds, opening=had, services=marked[number], dust=dust, hops=hops
        )
        for row in range(len(rows)):
            if right.moved[row]:
                said = next(moved)
                assert (said["block"], said["tainted"], said["hop"], said["stop"]) == (
                    firsts[number] + row,
                    right.moved[row] * scale,
                    right.hop[row],
                    right.stop[row],
                )
        shift = number * ledgers.ACCOUNTS
        for account, value in right.held.items():
            name = account + shift if account else 0
            held[name] = held.get(name, 0) + value * scale
        stopped |= {account + shift: value * scale for account, value in right.stopped.items()}
    assert next(moved, None) is None
    rows = found.nodes.select("account", "held", "stopped", "complete").rows()
    assert {int(name): value for name, value, _, _ in rows if value} == held
    assert {int(name): value for name, _, value, _ in rows if value} == stopped
    assert all(complete == (int(name) not in stopped) for name, _, _, complete in rows)
    totals = found.totals
    assert totals["seeded"] + totals["spoiled"] == sum(
        totals[each] for each in ("held", "stopped", "destroyed")
    )
    assert bool(totals["spoiled"]) <= (policy == "poison")


def many(count, seed):
    chance = random.Random(seed)
    return [ledgers.rows(chance) for _ in range(count)]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_moves_what_brute_force_moves_and_loses_nothing(policy):
    for number, stops in enumerate(STOPS):
        compare(policy, many(30, number), **stops)


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_agrees_with_brute_force_on_ten_thousand_ledgers(policy):
    for number in range(10):
        compare(policy, many(1_000, 100 + number), **STOPS[number % len(STOPS)])


@pytest.mark.parametrize("policy", ["poison", "fifo", "lifo", "libr"])
def test_amounts_of_18_decimals_give_the_same_in_whole_tokens(policy):
    for number, stops in enumerate(STOPS):
        compare(policy, many(10, 50 + number), scale=10**20, **stops)


@pytest.mark.parametrize("policy", ["poison", "fifo", "lifo", "libr"])
def test_amounts_that_share_no_unit_are_traced_all_the_same(policy):
    for number, stops in enumerate(STOPS):
        compare(policy, many(5, 50 + number), scale=10**20, stray=1, **stops)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_interpreted_kernel_finds_what_the_compiled_one_finds(policy):
    for number in range(20):
        made, opening = ledgers.rows(random.Random(number))
        plain = ledgers.ledger(made, opening)
        seeds = [1 if row in (0, 3, 9) else 0 for row in range(len(made))]
        said = []
        for kind in (int, object):
            rows = Rows(
                plain.payer, plain.payee, plain.amount.astype(kind), np.array(seeds, np.uint8)
            )
            service = np.zeros(len(plain.names), np.uint8)
            service[-1] = 1
            state, looked = running.run(
                policy, rows, Stops(service, 2, 5, 0), plain.opening.astype(kind)
            )
            said.append((looked, [each.tolist() for each in state]))
        assert said[0] == said[1]


def test_the_share_of_a_haircut_is_exact_up_to_the_largest_balance():
    chance, cases = random.Random(5), []
    for _ in range(4_000):
        whole = chance.randint(2, 2 ** chance.randint(2, 61) - 1)
        part = chance.choice([1, whole, whole - 1, chance.randint(1, whole)])
        cases.append((part, chance.choice([1, whole, whole - 1, chance.randint(1, whole)]), whole))
    payer, payee, amount, seed = [], [], [], []
    for number, (part, moved, whole) in enumerate(cases):
        one, other = 2 * number + 1, 2 * number + 2
        payer += [0, 0, one]
        payee += [one, one, other]
        amount += [part, whole - part, moved]
        seed += [1, 0, 0]
    rows = Rows(
        np.array(payer, np.int32),
        np.array(payee, np.int32),
        np.array(amount, np.int64),
        np.array(seed, np.uint8),
    )
    accounts = 2 * len(cases) + 1
    stops = Stops(np.zeros(accounts, np.uint8), 0, 2**31 - 1, 0)
    state, _ = running.run("haircut", rows, stops, np.zeros(accounts, np.int64))
    assert state.moved[2::3].tolist() == [part * moved // whole for part, moved, whole in cases]


def test_the_haircut_stays_within_a_unit_for_each_row_of_exact_mixing():
    for number in range(200):
        chance = random.Random(number)
        made, opening = ledgers.rows(chance)
        large = [(payer, payee, amount * 10**9) for payer, payee, amount in made]
        had = {account: amount * 10**9 for account, amount in opening.items()}
        seeds = ledgers.seeds(chance, made)
        found = trace(ledgers.ledger(large, had), "haircut", seeds).state.moved.tolist()
        exact = oracle.mixed(large, seeds, had)
        for row, (said, right) in enumerate(zip(found, exact, strict=True)):
            assert abs(said - right) <= row + 1


@pytest.mark.parametrize("policy", POLICIES)
def test_a_trace_ends_with_the_row_by_which_enough_is_located(policy):
    ended = 0
    for number in range(150):
        chance = random.Random(number)
        made, opening = ledgers.rows(chance)
        seeds = ledgers.seeds(chance, made)
        stop = Stop(services={"1": "exchange", "2": "exchange"}, enough=4)
        found = trace(ledgers.ledger(made, opening), policy, seeds, stop=stop)
        right = oracle.traced(policy, made, seeds, opening=opening, services={1, 2}, enough=4)
        assert found.looked == right.looked
        assert found.hops["tainted"].to_list() == [each for each in right.moved if each]
        ended += right.looked < len(made)
    assert ended > 10


@pytest.mark.parametrize("policy", ["poison", "fifo", "lifo"])
def test_backward_is_the_transpose_of_forward(policy):
    pairs = 0
    for number in range(60):
        made, opening = ledgers.rows(random.Random(number))
        whole = ledgers.ledger(made, opening)
        ahead = [trace(whole, policy, [row]).state.moved.tolist() for row in range(len(made))]
        for row in range(len(made)):
            back = trace(whole, policy, [row], backward=True).state.moved.tolist()[::-1]
            for earlier in range(row):
                if policy == "poison":  # a question of reaching, not of amount
                    assert bool(back[earlier]) == bool(ahead[earlier][row])
                else:
                    assert back[earlier] == ahead[earlier][row]
                pairs += bool(back[earlier])
    assert pairs > 500


def test_backward_haircut_is_the_transpose_up_to_the_rounding():
    for number in range(30):
        made, opening = ledgers.rows(random.Random(number))
        large = [(payer, payee, amount * 10**9) for payer, payee, amount in made]
        whole = ledgers.ledger(large, {each: held * 10**9 for each, held in opening.items()})
        ahead = [trace(whole, "haircut", [row]).state.moved.tolist() for row in range(len(made))]
        for row in range(len(made)):
            back = trace(whole, "haircut", [row], backward=True).state.moved.tolist()[::-1]
            for earlier in range(row):
                assert abs(back[earlier] - ahead[earlier][row]) <= 2 * len(made)


def test_libr_is_the_lowest_balance_in_between_and_later_clean_money_restores_nothing():
    made = [(0, 1, 100), (0, 1, 40), (1, 2, 110), (0, 1, 500), (1, 3, 500)]
    found = trace(ledgers.ledger(made, {}), "libr", [0])
    assert found.totals["held"] == 100
    assert found.nodes.filter(account="1")["held"].item() == 30
    assert found.nodes.filter(account="3").is_empty()


def test_the_policies_disagree_on_one_case():
    made = [(0, 1, 60), (0, 2, 40), (2, 1, 40), (1, 3, 50)]
    whole = ledgers.ledger(made, {})
    moved = {policy: trace(whole, policy, [2]).state.moved[3] for policy in POLICIES}
    assert moved == {"poison": 50, "haircut": 20, "fifo": 0, "lifo": 40, "libr": 0}


@pytest.mark.parametrize(
    ("policy", "backward", "code"),
    [
        ("tiho", False, "forensics.policy_tiho"),
        ("guess", False, "forensics.policy_unknown"),
        ("libr", True, "forensics.policy_forward_only"),
    ],
)
def test_a_rule_without_a_definition_is_refused(policy, backward, code):
    whole = ledgers.ledger([(0, 1, 5)], {})
    with pytest.raises(CannotTrace) as refused:
        trace(whole, policy, [0], backward=backward)
    assert refused.value.code == code
    assert trace(whole, "FIFO", [0]).totals["held"] == 5
