"""Looks for the truth in what the trainee may see: words, and figures that tell who is guilty.

A figure is measured by the chance that it is larger for a guilty address (or payment) than for an
innocent one; without a leak that is a half. Source: the area under the curve, Mann and Whitney
(1947).
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict

import pytest

from sandbox.forensics.cases import case_seed, plan, recipe
from sandbox.forensics.cases.case import minor
from tests.forensics.cases.planned import NAMES, SECRET, case, small

OF_PEOPLE = {"person", "trader", "thief", "mule", "victim"}
OF_TAGS = {"bank", "bridge", "exchange", "gold", "merchant", "mixer", "utility"}
BOUND = {2: 0.12, 40: 0.03}
"""How far from a half a figure may lie, by how many cases of each recipe are looked at."""
KEYS = {
    "version lab ledgers transactions accounts tags reports papers",
    "kgst som usdkg",
    "chain decimals",
    "ledger block index kind payer payee amount time gas tip",
    "address nonce coin",
    "address label category confidence",
    "transaction moment",
    "kind moment data",
    "ky ru en",
    "number victim story transaction time payer payee amount",
    "victim contact story lines payee amount",
    "victim card rows",
    "time bank amount",
    "holder items addresses",
    "holder contacts messages",
    "name telephone",
    "time text address",
}


def area(guilty, innocent):
    """The chance that a guilty figure is larger than an innocent one."""
    rows = sorted([(each, True) for each in guilty] + [(each, False) for each in innocent])
    ranks, first = 0.0, 0
    while first < len(rows):
        last = first
        while last < len(rows) and rows[last][0] == rows[first][0]:
            last += 1
        ranks += (first + 1 + last) / 2 * sum(each[1] for each in rows[first:last])
        first = last
    count = len(guilty)
    return (ranks - count * (count + 1) / 2) / (count * len(innocent))


def figures(found):
    """Of each address and payment of a person: the figure's name, guilty or not, the figure."""
    public, known = found.public(), {each.address: each for each in found._secrets.control}
    people = {name for name, each in known.items() if each.role in OF_PEOPLE}
    for position, account in enumerate(public.accounts):
        if account.address in people:
            guilty = known[account.address].guilty
            yield "address", guilty, int(account.address, 16)
            yield "place among accounts", guilty, position / len(public.accounts)
            yield "nonce", guilty, account.nonce
            yield "coin", guilty, account.coin
    before = {}
    for each in public.transactions:
        if each.payer not in people or known[each.payee].role == "mixer":
            continue  # the mixer's denominations are what they are, for everybody
        guilty = known[each.payer].guilty
        said = str(each.amount // minor(each.ledger, 1)).rstrip("0")
        yield "figures of the amount", guilty, len(said)
        yield "last figure of the amount", guilty, int(said[-1])
        yield "second", guilty, each.time.second
        yield "minute", guilty, each.time.minute
        yield "place in the block", guilty, each.index
        yield "gas", guilty, each.gas
        yield "tip", guilty, each.tip
        if each.payer in before:
            gap = (each.time - before[each.payer]).total_seconds()
            yield "regular gap", guilty, gap % 60
        before[each.payer] = each.time


def leaks(cases, bound):
    """The figures that lie further from a half."""
    seen = defaultdict(lambda: ([], []))
    for found in cases:
        for name, guilty, figure in figures(found):
            seen[name][not guilty].append(figure)
    areas = {name: area(*each) for name, each in seen.items()}
    assert len(areas) == 12
    return {name: round(each, 3) for name, each in areas.items() if abs(each - 0.5) > bound}


def cases(count):
    for name in NAMES:
        for attempt in range(1, count + 1):
            seed = case_seed(SECRET, who="leak", lab="P3", attempt=attempt)
            yield plan(seed, recipe(name))


def test_the_measure_finds_what_it_looks_for():
    assert area([1, 2, 3], [1, 2, 3]) == 0.5
    assert (area([4, 5], [1, 2, 3]), area([0], [1, 2])) == (1, 0)
    telling = plan(
        bytes(16),
        recipe("easy"),
        address_of=lambda number: f"0x{number + 1:040x}",
    )
    assert "address" not in leaks([telling], 0.2)


@pytest.mark.parametrize("count", [2, pytest.param(40, marks=pytest.mark.slow)])
def test_no_figure_tells_guilty_from_innocent(count):
    assert leaks(cases(count), BOUND[count]) == {}


def test_addresses_in_the_order_of_the_plan_would_be_found(monkeypatch):
    """What the shuffling closes: without it the order of addresses tells."""
    from sandbox.forensics.cases.chance import Chance

    monkeypatch.setattr(Chance, "shuffled", lambda self, things: list(things))
    seed = case_seed(SECRET, who="leak", lab="P3", attempt=1)
    told = plan(seed, recipe("easy"), address_of=lambda number: f"0x{number + 1:040x}")
    assert leaks([told], 0.3).keys() >= {"address", "place among accounts"}


@pytest.mark.parametrize("name", NAMES)
def test_no_word_of_the_truth_stands_in_the_public_part(name):
    found = case(name)
    public = found.public().canonical().decode()
    truth = found.truth()
    words = {each.owner for each in truth.secrets.control if not each.service}
    words |= {each.role for each in truth.secrets.control} | set(truth.secrets.purposes)
    words -= {*OF_TAGS, "market", "gift", "victim"}  # who the victims are is told
    words |= {found.salt.hex(), SECRET.hex(), found.recipe.name, "guilty", "decoy", "stolen"}
    seed = case_seed(SECRET, who="aida", lab="P3", attempt=1)
    words |= {seed.hex(), "aida"}
    assert {"thief", "fan-out", "cash-out", "sweep", "wage"} <= words
    said = set(re.findall(r"[\w-]+", public))
    assert {each for each in words if " " not in each} & said == set()
    assert [each for each in words if " " in each and each in public] == []
    for shown in (repr(found), str(found), repr(found.public())):
        assert not re.search(r"thief|mule|victim|seed|salt", shown)


def test_the_public_part_has_the_keys_that_it_has():
    keys = set()

    def look(value):
        if isinstance(value, dict):
            keys.add(" ".join(value))
            for each in value.values():
                look(each)
        elif isinstance(value, list):
            for each in value:
                look(each)

    look(case("hard").public().as_data())
    assert keys == KEYS


def test_the_public_part_does_not_change_with_what_only_the_truth_says():
    """Two recipes that differ in the declared policy alone look the same."""
    first, second = small(policy="fifo"), small(policy="lifo")
    assert first.public() == second.public()
    assert first.seal() != second.seal()


def test_the_seal_needs_a_salt_that_is_not_public():
    found = small()
    for guess in (found.truth().canonical(), found.public().canonical()):
        assert found.seal() != hashlib.sha256(guess).digest()
    assert found.salt not in found.public().canonical()
    assert len({found.salt, small(attempt=2).salt, bytes(32)}) == 3
