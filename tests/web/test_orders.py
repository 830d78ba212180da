"""Suspension orders: two persons, executed, over by themselves, told without a reason."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sandbox.domain.calendar import Calendar
from sandbox.domain.orders import OrderState
from sandbox.domain.settlement import Settlement, SettlementState
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import checksum
from sandbox.services import orders
from sandbox.services.notices import follow
from sandbox.services.orders import SOON, end_orders
from sandbox.services.publication import Desk
from sandbox.services.settlement_run import RUN
from sandbox.web.suspicion_words import DONE, ORDERED
from tests.services.alert_world import wallet
from tests.web.alert_desk import watcher, with_ledger
from tests.web.test_suspicion import submitted
from tests.web.world import World

pytestmark = pytest.mark.slow
HOME = "/desk/intelligence/orders"
SECRET = "Money of a theft."
ORDER = {"basis": "Article 15", "reasons": SECRET, "days": "2"}
STOPPED = checksum(wallet(1))


@pytest.fixture
def ledger(desk: World) -> World:
    """A permit whose customers paid suspiciously."""
    desk.number = with_ledger(desk)
    return desk


def proposed(desk: World, who: str = "meerim", **more: str) -> str:
    """A proposed order's number."""
    done = desk.browser(who).act(HOME, ORDER | {"permit": desk.number} | more)
    assert done.status_code == 303, done.text
    return re.search(r"ORD-\d{4}-[0-9A-Z]{8}", done.headers["location"])[0]


def confirmed(desk: World, **more: str) -> str:
    """An order in force."""
    number = proposed(desk, **more)
    done = desk.browser("azamat").act(f"{HOME}/{number}/confirm")
    assert done.status_code == 303, done.text
    return number


def over(desk: World) -> int:
    """What the worker does at its turn."""
    return end_orders(Desk(desk.parts.store, desk.gateway, desk.clock))


def stopped(desk: World) -> set[str]:
    """Wallets that the policy sent last stops."""
    return {each.address for each in desk.gateway.policies[-1].wallets if each.suspended}


def test_from_a_report_to_an_order_that_the_gateway_holds_and_the_firm_is_told_of(
    ledger: World,
) -> None:
    report = submitted(ledger)
    number = proposed(ledger, wallet=wallet(1), report=report)
    sent, meerim = len(ledger.gateway.policies), ledger.browser("meerim")
    alone = meerim.act(f"{HOME}/{number}/confirm")
    assert (alone.status_code, "order.another_person" in alone.text) == (403, True)
    assert ledger.browser("azamat").post(f"{HOME}/{number}/confirm").status_code == 401
    assert len(ledger.gateway.policies) == sent
    azamat = ledger.browser("azamat")
    assert azamat.act(f"{HOME}/{number}/confirm").status_code == 303
    assert azamat.act(f"{HOME}/{number}/confirm").status_code == 409
    assert stopped(ledger) == {STOPPED}
    assert ledger.gateway.policies[-1].state == "active"
    follow(watcher(ledger), public_url="http://synak", mail=False)
    for who in ("aigul", "damira", "ermek"):
        browser = ledger.browser(who)
        page = browser.get(f"/desk/permits/{ledger.number}").text
        assert f"An order of an authority stops the wallet {STOPPED}" in page, who
        assert "An order of an authority stops operations" in browser.get("/desk/notices").text
        places = [f"/desk/permits/{ledger.number}", "/desk/notices", "/desk/audit"]
        with ledger.parts.store.unit(read_only=True) as u:
            places.append(f"/desk/files/{u.permits.get(ledger.number).file}")
        for place in places:
            text = browser.get(place).text
            for hidden in (SECRET, "Article 15", report, number, "meerim", "azamat"):
                assert hidden not in text, (who, place, hidden)
    with ledger.parts.store.unit(read_only=True) as u:
        kinds = [each.kind for each in u.supervision_record.of_subject(number)]
    assert kinds == ["order.proposed", "order.confirmed"]


def test_an_order_ends_by_itself_after_its_last_working_day_and_not_before(ledger: World) -> None:
    number = confirmed(ledger, wallet=wallet(1))
    with ledger.parts.store.unit(read_only=True) as u:
        until = u.orders.get(number).until
    assert until == Calendar().deadline(ledger.clock.now(), 2)
    ledger.clock.forward(until - ledger.clock.now())
    assert over(ledger) == 0
    ledger.clock.forward(timedelta(seconds=1))
    assert over(ledger) == 1
    with ledger.parts.store.unit(read_only=True) as u:
        assert u.orders.get(number).state is OrderState.ENDED
        permit = u.permits.get(ledger.number)
        assert permit.policy_revision > permit.acknowledged_revision
        assert u.orders.in_force(permit.number) == ()
    page = ledger.browser("aigul").get(f"/desk/permits/{ledger.number}").text
    assert "An order of an authority stops" not in page


def test_a_settlement_that_an_order_stopped_goes_on_by_itself_and_no_row_delays_another(
    ledger: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = confirmed(ledger, wallet=wallet(1)), confirmed(ledger, wallet=wallet(2))
    store, at = ledger.parts.store, ledger.clock.now()
    with store.unit() as u:
        file = u.permits.get(ledger.number).file
        running = ("s1", file, ledger.number, SettlementState.RUNNING, "Bank, account 1")
        u.settlements.add(Settlement(*running, "damira", "person-damira", at, by_firm=True))
        u.commit()
    ledger.clock.forward(timedelta(days=20))

    def due() -> int:
        with store.unit(read_only=True) as u:
            return sum(each.kind == RUN for each in u.outbox.due(ledger.clock.now()))

    record = orders._record

    def fails(u: object, kind: str, who: str, subject: str, *more: object) -> None:
        if subject == first:
            raise Conflict("store.conflict", reason="test")
        record(u, kind, who, subject, *more)

    with monkeypatch.context() as bad:
        bad.setattr(orders, "_record", fails)
        assert over(ledger) == 1
    with store.unit(read_only=True) as u:
        assert u.orders.get(first).state is OrderState.IN_FORCE
        assert u.orders.get(other).state is OrderState.ENDED
    assert due() == 0, "the gateway is told of the end first"
    ledger.clock.forward(SOON)
    assert due() == 1
    assert over(ledger) == 1
    ledger.clock.forward(SOON)
    assert due() == 2, "rows of their own"


def test_an_order_of_the_whole_permit_stops_it_whatever_others_do(ledger: World) -> None:
    confirmed(ledger)
    assert ledger.gateway.policies[-1].state == "halted"
    ermek = ledger.browser("ermek")
    told = {"reasons": "Their own.", "understood": "yes"}
    done = ermek.act(f"/desk/permits/{ledger.number}/suspend", told)
    assert done.status_code == 303, done.text
    assert ledger.gateway.policies[-1].state == "halted"


def test_two_persons_prolong_from_the_end_on_and_two_lift(ledger: World) -> None:
    first = confirmed(ledger, wallet=wallet(1))
    second = confirmed(ledger, prolongs=first, days="1")
    with ledger.parts.store.unit(read_only=True) as u:
        old, new = u.orders.get(first), u.orders.get(second)
    assert (new.wallet, new.until) == (old.wallet, Calendar().deadline(old.until, 1))
    meerim, azamat = ledger.browser("meerim"), ledger.browser("azamat")
    assert meerim.act(f"{HOME}/{second}/lift").status_code == 303
    assert meerim.act(f"{HOME}/{second}/lift").status_code == 403
    assert azamat.act(f"{HOME}/{second}/lift").status_code == 303
    assert stopped(ledger) == {STOPPED}
    assert azamat.act(f"{HOME}/{first}/lift").status_code == 303
    assert meerim.act(f"{HOME}/{first}/lift").status_code == 303
    assert stopped(ledger) == set()
    assert meerim.act(f"{HOME}/{first}/lift").status_code == 409


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"permit": "SB-2026-9999"}, "inquiry.no_such_permit"),
        ({"wallet": "0x" + "99" * 20}, "order.not_a_wallet"),
        ({"wallet": "0x12"}, "address.malformed"),
        ({"days": "6"}, "inquiry.days"),
        ({"days": "0"}, "inquiry.days"),
        ({"basis": ""}, "text.empty"),
    ],
)
def test_an_order_that_could_not_be_executed_is_not_proposed(
    ledger: World, more: dict[str, str], code: str
) -> None:
    fields = ORDER | {"permit": ledger.number} | more
    answer = ledger.browser("meerim").act(HOME, fields)
    assert (answer.status_code, code in answer.text) == (400, True), answer.text
    assert SECRET in answer.text


def test_nobody_else_reaches_an_order(ledger: World) -> None:
    number = proposed(ledger, wallet=wallet(1))
    for who in ("aigul", "cholpon", "nazgul", "damira", "ermek", "jyldyz", "operator"):
        browser = ledger.browser(who)
        for place in (HOME, f"{HOME}/{number}"):
            assert browser.get(place).status_code == 404, (who, place)
        for act in ("", f"/{number}/confirm", f"/{number}/withdraw", f"/{number}/lift"):
            assert browser.act(f"{HOME}{act}", ORDER).status_code == 404, (who, act)
        page = browser.get(f"/desk/permits/{ledger.number}").text
        assert "An order of an authority" not in page, who
    assert ledger.browser("meerim").act(f"{HOME}/{number}/withdraw").status_code == 303
    assert ledger.browser("azamat").act(f"{HOME}/{number}/confirm").status_code == 409


def test_every_word_of_an_order_is_there() -> None:
    assert set(ORDERED) == {each.value for each in OrderState}
    acts = {"proposed", "confirmed", "withdrawn", "lift_asked", "lifted", "ended"}
    assert {f"order.{each}" for each in acts} <= set(DONE)
