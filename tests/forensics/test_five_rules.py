"""Places of a case and five rules: asked of the public part, different, marked exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sandbox.forensics import five_rules
from sandbox.forensics.cases import case_seed, plan, read_public, recipe
from sandbox.forensics.policies import Policy
from sandbox.forensics.scoring import Answer, Rubric, score
from sandbox.forensics.scoring.making import sent

SECRET = bytes(range(32))


def made(who="aida", difficulty="easy"):
    return plan(case_seed(SECRET, who=who, lab="P4", attempt=1), recipe(difficulty))


@pytest.fixture(scope="module")
def case():
    return made()


def rows_of(public):
    """The right sums, as an answer has them."""
    return [
        {"place": each.name, "policy": str(policy), "amount": str(amount)}
        for each in five_rules.questions(public)
        for policy, amount in five_rules.sums(
            five_rules.held(public, each.last), five_rules.members(public, each)
        ).items()
    ]


def share(case, rows):
    marks = score(Answer.read(sent({"policy": "fifo", "sums": rows})), case, Rubric.shipped("P4"))
    return next(each.share for each in marks.parts if each.part == "sums")


@pytest.mark.parametrize("difficulty", ["easy", "medium", "hard"])
def test_each_place_has_addresses_and_the_rules_say_different_things(difficulty):
    for who in ("aida", "bek", "chyngyz"):
        public = made(who, difficulty).public()
        asked = five_rules.questions(public)
        assert [each.name for each in asked] == ["a", "b", "c"]
        for each in asked:
            members = five_rules.members(public, each)
            told = five_rules.sums(five_rules.held(public, each.last), members)
            assert members
            assert len(set(told.values())) >= 3
            assert told[Policy.POISON] >= max(told[Policy.FIFO], told[Policy.HAIRCUT])


def test_what_is_asked_follows_from_what_may_be_seen(case):
    public = case.public()
    again = read_public(public.canonical())
    assert five_rules.questions(again) == five_rules.questions(public)
    assert five_rules.questions(made("bek").public()) != five_rules.questions(public)


def test_members_are_whom_the_anchor_paid_and_who_paid_it_in_the_blocks(case):
    public = case.public()
    for each in five_rules.questions(public)[:2]:
        found = set()
        for row in public.transactions:
            ends = (row.payer.lower(), row.payee.lower())
            mine, other = ends if each.kind == "paid" else ends[::-1]
            if (
                row.ledger == "kgst"
                and mine == each.anchor
                and each.first <= row.block <= each.last
            ):
                found.add(other)
        assert five_rules.members(public, each) == found - {"0x" + "00" * 20}


def test_right_sums_have_the_whole_part_and_one_unit_off_has_less(case):
    rows = rows_of(case.public())
    assert share(case, rows) == 1
    fifo = [each["policy"] for each in rows].index("fifo")
    off = [dict(each) for each in rows]
    off[fifo]["amount"] = str(int(off[fifo]["amount"]) + 1)
    assert share(case, off) == 1 - Fraction(1, 15)


def test_a_haircut_may_be_off_by_one_part_in_a_thousand_millions_and_no_more(case):
    rows = rows_of(case.public())
    cut = next(
        number
        for number, each in enumerate(rows)
        if each["policy"] == "haircut" and int(each["amount"]) > 10**12
    )
    whole = int(rows[cut]["amount"])
    near = [*rows[:cut], rows[cut] | {"amount": str(whole + whole // 10**9)}, *rows[cut + 1 :]]
    far = [*rows[:cut], rows[cut] | {"amount": str(whole + whole // 10**8)}, *rows[cut + 1 :]]
    assert share(case, near) == 1
    assert share(case, far) < 1


def test_zeros_one_number_and_anothers_sums_earn_nothing(case):
    rows = rows_of(case.public())
    assert share(case, []) == 0
    assert share(case, [each | {"amount": "0"} for each in rows]) == 0
    assert share(case, [each | {"amount": str(10**21)} for each in rows]) == 0
    assert share(case, rows_of(made("bek").public())) == 0
    unasked = Answer.read(sent({"policy": "fifo", "sums": rows}))
    assert unasked.sums[0].place == "a"


def test_feedback_says_by_which_rule_and_never_which_place(case):
    marks = score(Answer.read(sent({"policy": "fifo"})), case, Rubric.shipped("P4"))
    (part,) = [each for each in marks.parts if each.part == "sums"]
    assert dict(part.findings) == {f"sums_{each}": {"wrong": 3, "there": 3} for each in Policy}
