"""Marks of acts: each with the neighbour that costs points."""

from __future__ import annotations

import json
from datetime import timedelta
from fractions import Fraction

import pytest

from sandbox.forensics.accounts import spelt
from sandbox.forensics.cases.case import written
from sandbox.forensics.scoring import Answer, CannotScore, Key, Rubric, score
from tests.forensics.cases.planned import case
from tests.forensics.scoring.answers import EMPTY

FACTS = "The victim was promised a car from abroad and paid to this address."


@pytest.fixture(scope="module")
def key():
    return Key(case("medium"))


def at(key, hours=0):
    return written(key.public.reports[0].moment + timedelta(hours=hours))


def marked(key, acts, lab="P9", **more):
    sent = json.dumps(EMPTY | {"acts": acts} | more).encode()
    marks = score(Answer.read(sent), key, Rubric.shipped(lab))
    return {each.part: each for each in marks.parts}


def freeze(key, address, ledger="kgst", hours=0):
    target = {"ledger": ledger, "address": address}
    return {"kind": "freeze", "at": at(key, hours), "by": "aida", "target": target}


def confirming(key, number, hours=0):
    """A sound motion that confirms the freeze of where the first reported payment went."""
    lost = key.public.reports[0].transaction
    aim = {"ledger": lost.ledger, "address": lost.payee, "amount": str(lost.amount)}
    aim["grounds"] = {"route": [lost.place]}
    act = {"kind": "motion", "at": at(key, hours), "by": "aida", "measure": "freeze"}
    act |= {"facts": FACTS, "report": 1, "policy": "fifo", "targets": [aim], "days": 60}
    return act | {"confirms": number}


def first(key):
    return key.public.reports[0].transaction.payee


def deposits(key):
    return sorted(
        (record for name, record in key.world.records.items() if spelt(name) in key.guilty),
        key=lambda each: each["address"],
    )


def request(key, record, **more):
    begins = key.public.reports[0].transaction.time - timedelta(hours=12)
    act = {"kind": "request", "at": at(key, 24 * 20), "by": "aida", "to": record["exchange"]}
    act |= {"addresses": [record["address"]], "asks": ["customer", "deposits"]}
    return act | {"first": written(begins), "last": at(key, 24 * 20)} | more


def test_what_is_confirmed_in_time_is_saved_and_what_is_not_lapses(key):
    kept = marked(key, [freeze(key, first(key)), confirming(key, 1)])["saved"]
    assert kept.share > 0
    assert kept.findings[0][0] == "acts_saved"
    lapsed = marked(key, [freeze(key, first(key))])["saved"]
    assert (lapsed.share, lapsed.findings[0][1]["som"]) == (0, 0)
    assert marked(key, [])["saved"].share == 0


def test_who_stops_the_clock_early_gains_nothing_by_it(key):
    acts = [freeze(key, first(key))]
    for hours in (0, 5, 24 * 40):
        assert marked(key, acts, clock=at(key, hours))["saved"].share == 0


def test_what_is_held_of_innocent_people_costs_twice_and_never_below_nothing(key):
    end = key.world
    rich = max(
        (name for name in {each.payee for each in end.transactions} if spelt(name) not in key.guilty
         and name not in end.services),
        key=lambda name: sum(
            (each.amount if each.payee == name else -each.amount)
            for each in end.transactions
            if name in (each.payee, each.payer) and each.ledger == "kgst"
        ),
    )  # fmt: skip
    sound = [freeze(key, first(key)), confirming(key, 1)]
    alone = marked(key, sound)["saved"]
    harmed = marked(key, [*sound, freeze(key, rich)])["saved"]
    told = dict(harmed.findings)
    expected = (told["acts_saved"]["som"] - 2 * told["acts_harm"]["som"]) * 100
    assert told["acts_harm"]["som"] > 0
    assert harmed.share < alone.share
    exact = Fraction(max(expected, 0), key.reachable)
    assert abs(harmed.share - exact) < Fraction(1, 10_000)


def test_the_right_exchange_is_the_one_that_has_the_customer(key):
    records = deposits(key)
    acts = [request(key, each) for each in records]
    full = marked(key, acts, "P6")
    assert (full["vasp"].share, full["necessity"].share, full["paper"].share) == (1, 1, 1)
    others = [
        request(key, each, to=next(x for x in key.world.exchanges if x != each["exchange"]))
        for each in records
    ]
    assert marked(key, others, "P6")["vasp"].share == 0
    part = marked(key, [*acts[:-1], others[-1]], "P6")["vasp"]
    assert 0 < part.share < 1
    assert {code for code, _ in part.findings} == {"vasp_missed", "vasp_wrong"}
    nothing = marked(key, [], "P6")
    assert [nothing[each].share for each in ("vasp", "necessity", "paper")] == [0, 0, 0]


def test_what_is_asked_beyond_need_is_taken_off(key):
    record = deposits(key)[0]
    begins = key.public.reports[0].transaction.time
    long = request(key, record, first=written(begins - timedelta(days=10)))
    longer = marked(key, [long], "P6")["necessity"]
    assert 0 < longer.share < 1
    innocent = next(
        each for name, each in sorted(key.world.records.items()) if spelt(name) not in key.guilty
    )
    both = request(key, record, addresses=[record["address"], innocent["address"]])
    assert marked(key, [both], "P6")["necessity"].share == Fraction(1, 2)
    assert marked(key, [request(key, innocent)], "P6")["necessity"].share == 0


def test_a_paper_that_comes_back_costs_its_share(key):
    record = deposits(key)[0]
    back = request(key, record, asks=[])
    part = marked(key, [request(key, record), back], "P6")["paper"]
    assert part.share == Fraction(1, 2)
    assert part.findings == (("paper_returned", {"count": 1, "filed": 2}),)


def test_a_list_that_cannot_be_has_no_points_and_one_that_is_none_is_refused(key):
    alone = freeze(key, first(key)) | {"basis": 9}
    impossible = marked(key, [alone])
    assert [impossible[each].share for each in ("saved", "paper")] == [0, 0]
    assert impossible["saved"].findings == (("acts_impossible", {}),)
    for wrong in ({"acts": [{"kind": "burn"}]}, {"clock": "noon"}):
        with pytest.raises(CannotScore, match=r"scoring\.field_wrong"):
            Answer.read(json.dumps(EMPTY | wrong).encode())
    backward = [freeze(key, first(key), hours=5), freeze(key, first(key))]
    with pytest.raises(CannotScore, match=r"scoring\.field_wrong"):
        Answer.read(json.dumps(EMPTY | {"acts": backward}).encode())
