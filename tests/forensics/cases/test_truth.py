"""The truth: who controls what, where the value lies, and that it cannot be changed later."""

from __future__ import annotations

import json
from collections import defaultdict

import pytest

from sandbox.forensics import Stop, trace
from sandbox.forensics.cases.case import minor
from sandbox.forensics.cases.scene import CHAIN_OF, SERVICES
from sandbox.forensics.cases.services import BRIDGE_FEE
from sandbox.forensics.policies import Policy
from sandbox.kit.commitment import opens
from tests.forensics.cases.planned import NAMES, case


def owner_of(found):
    return {each.address: each for each in found.truth().secrets.control}


@pytest.mark.parametrize("name", NAMES)
def test_every_address_has_an_owner_and_a_role(name):
    known = owner_of(case(name))
    assert set(known) == {each.address for each in case(name).public().accounts}
    assert all(each.owner and each.role for each in known.values())
    for each in known.values():
        assert not each.guilty or each.role in {"thief", "mule", "deposit"}
        assert each.guilty == (each.weight > 0)
        assert each.role != "thief" or each.guilty
        assert bool(each.service) == (each.role in SERVICES)


@pytest.mark.parametrize("name", NAMES)
def test_a_report_names_a_payment_from_a_victim_to_the_gang(name):
    known, recipe = owner_of(case(name)), case(name).recipe
    reports = case(name).public().reports
    assert recipe.thefts[0] <= len(reports) <= recipe.thefts[1]
    for report in reports:
        assert known[report.transaction.payer].role == "victim"
        assert known[report.transaction.payee].guilty
        assert report.moment > report.transaction.time
    assert sum(each.role == "victim" for each in known.values()) == len(reports)


@pytest.mark.parametrize("name", NAMES)
def test_value_is_located_to_the_minor_unit_by_every_policy(name):
    truth, public = case(name).truth(), case(name).public()
    stolen = sum(each.transaction.amount for each in public.reports)
    assert {each.policy for each in truth.values} == set(Policy)
    for value in truth.values:
        totals = value.totals
        where = totals["held"] + totals["stopped"] + totals["destroyed"]
        assert totals["seeded"] + totals["spoiled"] == where
        held = sum(pair[0] for pair in value.lies.values())
        assert held == totals["held"]
        assert sum(pair[1] for pair in value.lies.values()) == totals["stopped"]
        if value.origin == "thefts":
            assert totals["seeded"] == stolen
        last = max(each.block for each in public.transactions if each.ledger == value.ledger)
        assert 1 <= value.block <= last


def test_the_expected_hop_ledger_is_what_a_right_trace_finds():
    found = case()
    ledger = found.public().ledger("kgst")
    seeds = [
        ledger.find(payer=each.transaction.payer, payee=each.transaction.payee)[0]
        for each in found.public().reports
    ]
    services = {each.address: each.role for each in found.truth().secrets.control if each.service}
    right = trace(ledger, found.recipe.policy, seeds, stop=Stop(services=services)).hops
    expected = found.truth().hops
    assert right["tainted"].cast(str).to_list() == [each["tainted"] for each in expected]
    assert right["block"].to_list() == [each["block"] for each in expected]
    wrong = trace(ledger, "lifo", seeds, stop=Stop(services=services)).hops
    assert wrong["tainted"].cast(str).to_list() != [each["tainted"] for each in expected]


def test_what_crossed_a_service_came_out_later_and_less_the_fee():
    found = case("hard")
    transactions = found.public().transactions
    kinds = defaultdict(int)
    for service, entry, release in found.truth().secrets.crossings:
        into, out = transactions[entry], transactions[release]
        kinds[service] += 1
        assert into.time <= out.time
        if service == "mixer":
            assert (into.amount, into.payee) == (out.amount, out.payer)
        if service == "bridge":
            sent, came = (each.amount // minor(each.ledger, 1) for each in (into, out))
            assert came == sent - sent * BRIDGE_FEE // 1_000
            assert CHAIN_OF[into.ledger] != CHAIN_OF[out.ledger]
    assert set(kinds) == {"mixer", "bridge", "gold"}


def test_the_seal_opens_with_the_truth_and_with_nothing_else():
    found = case()
    data = json.loads(found.truth().canonical())
    assert opens(found.seal(), data, salt=found.salt)
    assert not opens(found.seal(), data, salt=bytes(32))
    data["control"][0]["role"] = "bank"
    assert not opens(found.seal(), data, salt=found.salt)
    assert found.seal() != case(attempt=2).seal()
