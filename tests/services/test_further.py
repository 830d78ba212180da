"""Further limits from the form to the refusal, and what is known of people."""

from __future__ import annotations

import pytest

from sandbox.domain.seats import Channel
from sandbox.kit.errors import InvalidInput, NotAllowed, NotFound
from sandbox.services import customers, known_people, usage
from sandbox.services.calls import call_data
from sandbox.services.customers import InviteCustomers
from sandbox.services.interventions import Tighten, tighten
from sandbox.services.known_people import DescribePerson
from tests.services.world import KGST

CONDITIONS = {
    "residences": "kg, KZ",
    "KGST.travel_rule": "1 000",
    "KGST.customer_total": "3 000",
    "KGST.week_volume": "9 000",
    "KGST.waterfall": "yes",
}


def _team(world, number):
    return world.actor("bakyt", channel=Channel.SERVER, permit=number)


def _invite(world, number, count=1, kind="customer", **more):
    command = InviteCustomers(number, count, kind, consent=True, **more)
    found = world.do(customers.invite, _team(world, number), command, ports=True)
    world.settle()
    listed = world.look(customers.list_customers, "ermek", number)
    return [each for each in listed if each.id in {one.id for one in found}]


def _asked(world, number, wallet, to, amount):
    """What the chain says of a payment, as the clause of its refusal; None when it passes."""
    where = world.system.national["kgst"]
    data = "0xa9059cbb" + to[2:].lower().rjust(64, "0") + f"{amount:064x}"
    call = {"from": wallet, "to": where.tokens["KGST"], "data": data}
    try:
        world.ports.gateway.rpc("kgst", "eth_call", [call, "latest"])
    except Exception as error:  # noqa: BLE001 - the port's error carries the clause
        return getattr(error, "params", {}).get("clause")
    return None


def _issue(world, to, amount):
    token = world.system.national["kgst"].tokens["KGST"]
    data = call_data("KGST", "issue", to, amount)
    key = f"test:{to}:{amount}"
    world.ports.gateway.submit_system("kgst", "system/issuer", token, data, idempotency_key=key)


@pytest.fixture
def number(world):
    return world.active(**CONDITIONS)


def test_conditions_are_in_the_document_and_on_chain(world, number):
    terms = world.permit(number).terms
    asset = terms.assets[0]
    assert terms.residences == ("KG", "KZ")
    assert (asset.travel_rule, asset.customer_total) == (1_000 * KGST, 3_000 * KGST)
    assert (asset.week_volume, asset.waterfall) == (9_000 * KGST, True)
    said = terms.as_dict()["assets"][0]
    assert said["waterfall"] is True
    assert "month_volume" not in said


def test_who_lives_elsewhere_is_not_registered_and_who_lives_there_is(world, number):
    (stranger,) = _invite(world, number, residence="RU", level="full")
    assert (stranger.state, stranger.refusal["clause"]) == ("refused", "residence")
    (home,) = _invite(world, number)
    (neighbour,) = _invite(world, number, residence="kz")
    assert (home.state, neighbour.state) == ("registered", "registered")


def test_the_travel_rule_holds_until_somebody_says_who_the_payer_is(world, number):
    (payer,), (shop,) = _invite(world, number), _invite(world, number, kind="merchant")
    _issue(world, payer.address, 20_000 * KGST)
    assert _asked(world, number, payer.address, shop.address, 1_000 * KGST) is None
    above = 1_000 * KGST + 1
    assert _asked(world, number, payer.address, shop.address, above) == "travel_rule"
    command = DescribePerson(number, payer.id, "KG", "full", key="once")
    world.do(known_people.describe, _team(world, number), command)
    world.do(known_people.describe, _team(world, number), command)
    world.settle()
    assert _asked(world, number, payer.address, shop.address, above) is None
    assert _asked(world, number, payer.address, shop.address, 3_000 * KGST + 1) == "customer_total"
    elsewhere = DescribePerson(number, payer.id, "US", "full")
    world.do(known_people.describe, _team(world, number), elsewhere)
    world.settle()
    assert _asked(world, number, payer.address, shop.address, 1) == "residence"


def test_the_page_of_use_shows_further_limits_where_they_are_set(world, number):
    view = world.look(usage.usage, "ermek", number, ports=world.ports)
    lines = {each.clause: each for each in view.limits}
    assert (lines["week_volume"].limit, lines["week_volume"].used) == (str(9_000 * KGST), "0")
    assert lines["customer_total"].used is None
    assert "month_volume" not in lines
    plain = world.look(usage.usage, "ermek", world.active(), ports=world.ports)
    assert "week_volume" not in {each.clause for each in plain.limits}


def test_a_version_that_needs_it_tells_the_chain_of_everybody_first(world):
    number = world.active()
    (payer,), (shop,) = (
        _invite(world, number, level="full"),
        _invite(world, number, kind="merchant"),
    )
    _issue(world, payer.address, 5_000 * KGST)
    lower = Tighten(number, {"residences": "KG", "KGST.travel_rule": "10"}, "abroad")
    world.do(tighten, "ermek", lower, ports=True)
    world.settle()
    assert world.permit(number).terms.residences == ("KG",)
    assert _asked(world, number, payer.address, shop.address, 4_000 * KGST) is None


def test_only_the_team_describes_and_only_its_own_people(world, number):
    (payer,) = _invite(world, number)
    command = DescribePerson(number, payer.id, "KG", "full")
    for who in ("ermek", "damira"):
        with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
            world.do(known_people.describe, who, command)
    other = world.active()
    for customer in (payer.id, "nobody"):
        with pytest.raises(NotFound, match=r"customer\.not_found"):
            world.do(
                known_people.describe,
                _team(world, other),
                DescribePerson(other, customer, "KG", "full"),
            )
    for wrong, code in (("K", "terms.residence_malformed"), ("KG", "customer.level")):
        with pytest.raises(InvalidInput, match=code.replace(".", r"\.")):
            world.do(
                known_people.describe,
                _team(world, number),
                DescribePerson(number, payer.id, wrong, "well"),
            )
