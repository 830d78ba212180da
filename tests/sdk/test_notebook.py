"""The trial's notebook keeps to whatever room its permit has."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sandbox.kit.money import NO_LIMIT
from sandbox.sdk.amounts import minor
from sandbox.sdk.people import People
from sandbox.sdk.tables import UsageLine
from tests.sdk.notebook import cells

FULL = {"max_customers": 20, "max_merchants": 3, "deployments": 3}
SMALL = {"max_customers": 5, "max_merchants": 1, "deployments": 1}


class Trial:
    """A trial that writes down what a cell asks of it."""

    def __init__(self, limits, used=0, cap=NO_LIMIT):
        self.asked = {}
        self.kgst = SimpleNamespace(address="0x")
        money = {"customer_cap": cap, "outstanding": NO_LIMIT}
        self._lines = [UsageLine(name, None, limit, used, None) for name, limit in limits.items()]
        self._lines += [UsageLine(name, "KGST", limit, 0, None) for name, limit in money.items()]
        self._lines += [UsageLine(name, "SOM", 0, 0, None) for name in money]

    def usage(self):
        return self._lines

    def deploy(self, contract, _token):
        self.asked[contract] = 1
        return SimpleNamespace(address=contract)

    def invite_customers(self, count):
        self.asked["customers"] = count
        return People([SimpleNamespace(id=str(place)) for place in range(count)])

    invite_merchants = invite_customers

    def customers(self):
        return People([SimpleNamespace(id="kept")])

    merchants = customers

    def faucet(self, _people, amount):
        self.asked["amount"] = amount


def run(trial, *names):
    found = {"my": trial, "contracts": {name: name for name in ("MerchantPayments", "TillFactory")}}
    source = cells()
    for name in names:
        exec(source[name].replace("customers.balances()", ""), found)
    return found


@pytest.mark.parametrize(("limits", "people"), [(FULL, (20, 3)), (SMALL, (5, 1))])
def test_no_more_people_are_invited_than_there_is_room_for(limits, people):
    found = run(Trial(limits), "limits", "people")
    assert (len(found["customers"]), len(found["merchants"])) == people


def test_run_again_in_a_full_permit_it_goes_on_with_who_is_there():
    trial = Trial(SMALL, used=20)
    found = run(trial, "limits", "people")
    assert trial.asked == {}
    assert [each.id for each in found["customers"]] == ["kept"]


@pytest.mark.parametrize(
    ("cap", "amount"), [(NO_LIMIT, "10000"), (minor("20000", "KGST"), "10000"), (7, "7e-18")]
)
def test_nobody_is_given_more_than_they_may_hold(cap, amount):
    trial = Trial(SMALL, cap=cap)
    run(trial, "limits", "people", "money")
    assert trial.asked["amount"] == (7 if amount == "7e-18" else minor(amount, "KGST"))


def test_without_room_for_a_till_there_is_none(capsys):
    trial = Trial(SMALL | {"deployments": 0})
    trial.usage = lambda: Lines(Trial.usage(trial))
    run(trial, "limits", "people", "money", "deploy", "helpers")
    assert trial.asked["MerchantPayments"] == 1
    assert "TillFactory" not in trial.asked
    assert "no room for a till" in capsys.readouterr().out


class Lines(list):
    """Lines that are found by their clause, too."""

    def __getitem__(self, clause):
        return next(each for each in self if each.clause == clause)
