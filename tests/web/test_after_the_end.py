"""The end of a test is no way out: merchants' money, revocations, complaints, orders, accounts."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace

import pytest

from sandbox.domain.complaints import ComplaintAct
from sandbox.domain.life import DeadlineState
from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import Account
from sandbox.domain.regime import DeadlineKind
from sandbox.domain.seats import Seat
from sandbox.domain.words import CustomerState, DecisionKind
from sandbox.kit.ids import checksum
from sandbox.services.complaints import react
from sandbox.services.desk_limits import rate_now, uses
from sandbox.services.publication import Desk
from sandbox.services.retention import apply_retention
from tests.services.alert_world import wallet
from tests.web.alert_desk import with_ledger as with_suspicions
from tests.web.customers_world import phone_of
from tests.web.seams import PEOPLE, START
from tests.web.settlement_world import ended, later, work
from tests.web.test_suspicion import REPORT, begin, submitted, write
from tests.web.world import World

NUMBER = "SB-2026-0001"
CUSTODY = "Ala-Too Demo Bank, customers of the test, account 1280-1"
ACCOUNT = "KG Bank 1280 77"
GRAVE = {"reasons": "Customers' money was used.", "understood": "yes"}
PLAN = "Every customer redeems within twenty days; the bank returns what is left."


def file_of(desk: World) -> str:
    with desk.parts.store.unit(read_only=True) as u:
        return str(u.permits.get(NUMBER).file)


def state_of(desk: World) -> FileState:
    with desk.parts.store.unit(read_only=True) as u:
        return u.files.get(u.permits.get(NUMBER).file).state


def erase(desk: World, file_id: str, person: str, who: str = "damira") -> tuple[int, str]:
    path = f"/desk/files/{file_id}/data/people/{person}/erase"
    done = desk.browser(who).act(path, {"understood": "yes"})
    return done.status_code, done.text


def released(desk: World, *people: str) -> None:
    """They have left the test."""
    with desk.parts.store.unit() as u:
        for each in people:
            u.customers.save(replace(u.customers.get(each), state=CustomerState.RELEASED))
        u.commit()


# merchants' money


def test_a_test_is_not_completed_while_a_merchant_holds_money(desk: World) -> None:
    ledger, file_id, (_, _, purse, shop) = ended(desk)
    ledger.balances |= {purse: 0, shop: 1}
    ermek = desk.browser("ermek")
    refused = ermek.act(f"/desk/files/{file_id}/complete")
    assert refused.status_code == 409
    assert "merchants or contracts still hold money" in refused.text
    assert state_of(desk) is FileState.SURRENDERED
    ledger.balances[shop] = 0
    assert ermek.act(f"/desk/files/{file_id}/complete").status_code == 303
    assert state_of(desk) is FileState.COMPLETED


def test_money_that_was_left_in_a_completed_test_goes_home_as_before(desk: World) -> None:
    ledger, file_id, (_, _, _, shop) = ended(desk)
    path = f"/desk/files/{file_id}/settlement"
    with desk.parts.store.unit() as u:
        u.files.save(replace(u.files.get(file_id), state=FileState.COMPLETED))
        u.commit()
    early = desk.browser("damira").act(path, {"custody": CUSTODY})
    assert early.status_code == 409
    later(desk, days=40)
    assert "Return what is left" in desk.browser("damira").get(path).text
    assert desk.browser("damira").act(path, {"custody": CUSTODY}).status_code == 303
    work(desk)
    assert not any(ledger.balances.values())
    assert "Return what is left</button>" not in desk.browser("damira").get(path).text
    assert ledger.balances[shop] == 0


def test_nobody_is_erased_who_still_holds_money_by_the_firm_or_by_the_clock(desk: World) -> None:
    ledger, file_id, (customer, merchant, purse, shop) = ended(desk)
    worker = Desk(desk.parts.store, desk.gateway, desk.clock)
    with desk.parts.store.unit() as u:
        u.files.save(replace(u.files.get(file_id), state=FileState.COMPLETED))
        u.commit()
    ledger.balances |= {purse: 0, shop: 1}
    code, page = erase(desk, file_id, merchant)
    assert (code, "still holds money" in page) == (409, True)
    later(desk, days=5 * 366 + 60)
    assert apply_retention(worker) >= 1
    with desk.parts.store.unit(read_only=True) as u:
        assert not u.customers.get(customer).salt
        assert u.customers.get(merchant).salt
    desk.gateway.down = True
    assert "out of reach" in desk.browser("damira").get(f"/desk/files/{file_id}/data").text
    assert erase(desk, file_id, merchant)[0] == 503
    desk.gateway.down = False
    ledger.balances[shop] = 0
    assert erase(desk, file_id, merchant)[0] == 303


# a surrender against a revocation


def surrender(desk: World) -> int:
    path = f"/desk/files/{file_of(desk)}/surrender"
    fields = {"reasons": "We stop.", "plan": PLAN, "understood": "yes", "permit": NUMBER}
    return desk.browser("damira").act(path, fields).status_code


def proposed(desk: World, kind: DecisionKind) -> str:
    with desk.parts.store.unit(read_only=True) as u:
        found = [each.id for each in u.decisions.proposed(file_of(desk)) if each.kind is kind]
    return str(found[0])


def countersign(desk: World, decision: str, who: str = "feruza") -> int:
    path = f"/desk/files/{file_of(desk)}/decisions/{decision}/countersign"
    return desk.browser(who).act(path).status_code


def test_a_suspended_holder_does_not_escape_its_revocation_by_surrendering(desk: World) -> None:
    base = f"/desk/permits/{desk.granted()}"
    ermek = desk.browser("ermek")
    assert ermek.act(f"{base}/suspend", GRAVE).status_code == 303
    assert ermek.act(f"{base}/revoke", GRAVE).status_code == 303
    assert ermek.act(f"{base}/vary", GRAVE | {"max_customers": "5"}).status_code == 303
    vary = proposed(desk, DecisionKind.VARY)
    assert surrender(desk) == 303
    assert "evocation" not in desk.browser("damira").get(f"/desk/files/{file_of(desk)}").text
    assert countersign(desk, vary) == 409
    assert countersign(desk, proposed(desk, DecisionKind.REVOKE), "ermek") == 403
    assert countersign(desk, proposed(desk, DecisionKind.REVOKE)) == 303
    assert state_of(desk) is FileState.REVOKED
    with desk.parts.store.unit(read_only=True) as u:
        running = u.deadlines.running(file_of(desk), [DeadlineKind.SETTLEMENT])
        kinds = {
            each.kind
            for each in u.deadlines.of_file(file_of(desk))
            if each.state is DeadlineState.OPEN
        }
    assert len(running) == 1
    assert DeadlineKind.WIND_DOWN not in kinds
    assert DeadlineKind.APPEAL in kinds


def test_a_suspension_is_confirmed_after_a_surrender_and_stays_on_chain(desk: World) -> None:
    base = f"/desk/permits/{desk.granted()}"
    assert desk.browser("ermek").act(f"{base}/suspend", GRAVE).status_code == 303
    assert surrender(desk) == 303
    assert countersign(desk, proposed(desk, DecisionKind.CONFIRM)) == 303
    assert state_of(desk) is FileState.SURRENDERED
    with desk.parts.store.unit(read_only=True) as u:
        permit = u.permits.get(NUMBER)
    assert (permit.base_state.value, permit.interim_until) == ("wind_down", None)


def test_a_surrendered_permit_is_revoked_and_stays_surrendered_when_that_falls(
    desk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PEOPLE, "zarina", ("Zarina", "nbkr", Seat.REGULATOR))
    base = f"/desk/permits/{desk.granted()}"
    with desk.parts.store.unit() as u:
        seats = (Seat.REGULATOR,)
        u.accounts.add(Account("zarina", "Zarina", "p-zarina", "nbkr", seats, "en", True, START))
        u.commit()
    assert surrender(desk) == 303
    console = desk.browser("ermek").get(f"{base}/console").text
    assert "Propose to revoke" in console
    assert "Propose to revoke" not in desk.browser("damira").get(f"{base}/console").text
    for word in ("halt", "suspend", "reinstate"):
        assert desk.browser("ermek").act(f"{base}/{word}", GRAVE).status_code == 409
    assert desk.browser("ermek").act(f"{base}/revoke", GRAVE).status_code == 303
    assert countersign(desk, proposed(desk, DecisionKind.REVOKE)) == 303
    path = f"/desk/files/{file_of(desk)}"
    appeal = desk.browser("aigul").act(f"{path}/appeal", {"grounds": "There was no breach."})
    assert appeal.status_code == 303
    said = {"outcome": "overturn", "reasons": "There was none."}
    assert desk.browser("gulnara").act(f"{path}/appeal/decision", said).status_code == 303
    assert countersign(desk, proposed(desk, DecisionKind.OVERTURN), "zarina") == 303
    assert state_of(desk) is FileState.SURRENDERED
    assert desk.browser("ermek").act(f"{base}/reinstate", GRAVE).status_code == 409
    with desk.parts.store.unit(read_only=True) as u:
        assert len(u.deadlines.running(file_of(desk), [DeadlineKind.SETTLEMENT])) == 1


# complaints of people who were erased


@pytest.mark.slow
def test_erasing_people_leaves_the_complaint_rate_as_it_was(desk: World) -> None:
    ledger, file_id, people = ended(desk)
    who = people[:2]
    ledger.balances |= dict.fromkeys(people[2:], 0)
    for place, person in enumerate((*who, who[0])):
        phone = phone_of(desk, person)
        phone.client.headers["x-forwarded-for"] = f"198.51.100.{place + 1}"
        fields = {"category": "about_payment", "text": f"{place}: the firm kept my money."}
        filed = phone.post("/desk/c/complaint", "/desk/c/complaint", fields)
        assert filed.status_code in {200, 303}

    def counted() -> tuple[int, object]:
        with desk.parts.store.unit(read_only=True) as u:
            permit = u.permits.get(NUMBER)
            terms = replace(permit.terms, complaint_rate=1)
            used = uses(u, [replace(permit, terms=terms)], at=desk.clock.now())
            return rate_now(u, NUMBER, desk.clock.now()), used

    before = counted()
    assert before[0] == 20, "two people in 1,000 payments, for each 10,000"
    with desk.parts.store.unit() as u:
        complaints = u.complaints.newest([NUMBER], 9)
        for each in complaints:
            answered = replace(each, state=type(each.state).ANSWERED)
            react(u, u.complaints.save(answered), ComplaintAct.ACCEPT, at=desk.clock.now())
        u.commit()
    released(desk, *who)
    for person in who:
        assert erase(desk, file_id, person)[0] == 303
    with desk.parts.store.unit(read_only=True) as u:
        assert all(each.customer is None for each in u.complaints.newest([NUMBER], 9))
        kept = str([each.counts_as for each in u.complaints.newest([NUMBER], 9)])
    assert not any(person in kept for person in who)
    assert counted() == before
    with desk.parts.store.unit() as u:
        (one, *_) = u.complaints.newest([NUMBER], 9)
        u.complaints.save(replace(one, counts_as=None))
        u.commit()
    assert counted()[0] <= before[0], "without an account only what was upheld counts"


# orders, and what the firm must not learn of


@pytest.mark.slow
def test_an_order_in_force_is_in_the_way_of_an_erasure(desk: World) -> None:
    ledger, file_id, (customer, merchant, purse, shop) = ended(desk)
    ledger.balances |= {purse: 0, shop: 0}
    home = "/desk/intelligence/orders"
    asked = {"basis": "Article 15", "reasons": "Money of a theft", "days": "5"}
    fields = asked | {"permit": NUMBER, "wallet": purse}
    made = desk.browser("meerim").act(home, fields)
    order = re.search(r"ORD-\d{4}-[0-9A-Z]{8}", made.headers["location"])[0]
    assert desk.browser("azamat").act(f"{home}/{order}/confirm").status_code == 303
    released(desk, customer, merchant)
    code, page = erase(desk, file_id, customer)
    assert (code, "order of an authority" in page) == (409, True)
    assert "Money of a theft" not in page
    assert erase(desk, file_id, merchant)[0] == 303
    for who in ("meerim", "azamat"):
        assert desk.browser(who).act(f"{home}/{order}/lift").status_code == 303
    assert erase(desk, file_id, customer)[0] == 303
    with desk.parts.store.unit(read_only=True) as u:
        assert u.sealed.find(customer) is None


@pytest.mark.slow
@pytest.mark.parametrize("what", ["draft", "proposed order", "request", "nothing"])
def test_what_the_firm_must_not_learn_of_is_kept_under_seal_and_refuses_nothing(
    desk: World, what: str
) -> None:
    ledger, file_id, (customer, merchant, purse, shop) = ended(desk)
    phone_of(desk, customer).post("/desk/c/", "/desk/c/account", {"account": ACCOUNT})
    ledger.balances |= {purse: 0, shop: 0}
    with desk.parts.store.unit(read_only=True) as u:
        salt = u.customers.get(customer).salt
    if what == "draft":
        cholpon = desk.browser("cholpon")
        written = write(cholpon, begin(cholpon, NUMBER), REPORT | {"parties": purse})
        assert written.status_code == 303
    elif what == "proposed order":
        fields = {"permit": NUMBER, "wallet": purse, "basis": "Article 15", "reasons": "Theft."}
        made = desk.browser("meerim").act("/desk/intelligence/orders", fields | {"days": "5"})
        assert made.status_code == 303
    elif what == "request":
        fields = {"to": "firm", "report": "", "permit": NUMBER, "days": "5"}
        words = {"text": "Who is behind the wallet?", "basis": "Article 15"}
        made = desk.browser("meerim").act("/desk/intelligence/requests", fields | words)
        assert made.status_code == 303
    released(desk, customer, merchant)
    code, _ = erase(desk, file_id, customer)
    page = desk.browser("damira").get(f"/desk/files/{file_id}/data").text
    assert code == 303
    assert "seal" not in page
    assert erase(desk, file_id, merchant)[0] == 303
    with desk.parts.store.unit(read_only=True) as u:
        assert not u.customers.get(customer).salt
        kept, rest = u.sealed.find(customer), u.sealed.find(merchant)
        said = str([each.body for each in u.audit.newest(50)])
    assert "seal" not in said
    if what == "nothing":
        assert kept is None
        return
    assert (kept.found["salt"], kept.found["account"]) == (salt, ACCOUNT)
    assert (rest is not None) == (what == "request")


@pytest.mark.slow
def test_what_is_under_seal_is_read_by_the_service_from_the_report_that_names_the_person(
    desk: World,
) -> None:
    desk.number = with_suspicions(desk)
    report = submitted(desk)
    with desk.parts.store.unit() as u:
        (person,) = u.customers.select(u.customers.columns.wallet == checksum(wallet(1)))
        u.customers.save(replace(person, salt="5a" * 32, state=CustomerState.RELEASED))
        u.commit()
    assert "Kept under seal" not in desk.browser("meerim").get(f"/desk/suspicion/{report}").text
    assert erase(desk, file_of(desk), person.id, "aigul")[0] == 303
    page = desk.browser("meerim").get(f"/desk/suspicion/{report}").text
    assert "Kept under seal" in page
    assert "5a" * 32 in page
    own = desk.browser("cholpon").get(f"/desk/suspicion/{report}")
    assert (own.status_code, "5a" * 32 in own.text) == (200, False)
    assert desk.browser("ermek").get(f"/desk/suspicion/{report}").status_code == 404
    later(desk, days=5 * 366 + 1)
    apply_retention(Desk(desk.parts.store, desk.gateway, desk.clock))
    with desk.parts.store.unit(read_only=True) as u:
        assert u.sealed.find(person.id) is None


# two returns, one account


def test_paying_one_of_two_returns_keeps_the_account_for_the_other(desk: World) -> None:
    _, file_id, (customer, *_) = ended(desk)
    path = f"/desk/files/{file_id}/settlement"
    phone_of(desk, customer).post("/desk/c/", "/desk/c/account", {"account": ACCOUNT})
    later(desk, days=40)
    damira = desk.browser("damira")
    damira.act(path, {"custody": CUSTODY})
    work(desk)
    with desk.parts.store.unit() as u:
        (first,) = u.returns.of_customer(customer)
        act = u.pages.acts.get(first.act)
        second = u.pages.acts.add(replace(act, id=uuid.uuid4().hex, asset="SOM", chain="som"))
        u.returns.add(replace(first, act=second.id))
        u.customers.save(replace(u.customers.get(customer), state=CustomerState.RELEASED, salt=""))
        u.commit()
    for each, left in ((first.act, True), (second.id, False)):
        paid = damira.act(f"{path}/{each}/paid", {"reference": "Order 7"})
        assert paid.status_code == 303
        with desk.parts.store.unit(read_only=True) as u:
            assert (u.payouts.find(customer) is not None) == left
