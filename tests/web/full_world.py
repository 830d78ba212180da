"""A desk with something on every page: files in many states, a test that runs and one that ended,
and what each seat leaves behind when it does its work by the forms.
"""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sandbox.domain.records import Account, Organisation, RefusalRecord
from sandbox.domain.seats import Seat
from sandbox.domain.witnesses import WitnessKind
from sandbox.domain.words import OrganisationKind
from sandbox.kit.ids import checksum
from sandbox.services.notices import follow
from sandbox.services.report_opening import open_reports
from sandbox.services.witnessing import give
from tests.services.alert_world import Ledger, add_customers, wallet
from tests.support.authority import only_authority
from tests.support.papers import pdf
from tests.web import (
    ledger_world,
    review_world,
    school_world,
    settlement_world,
)
from tests.web.alert_desk import (
    look_at_payments,
    look_at_refusals,
    newest_alert,
    tried_pack,
    try_rules,
    watcher,
)
from tests.web.customers_world import CODE, Phone, hidden, phone_of
from tests.web.customers_world import Ledger as Balances
from tests.web.papers_world import attach, give_back, save, sign, submit
from tests.web.test_committee_pages import ballot_path, constitute, signed, sitting_with
from tests.web.test_incidents import WENT_WRONG
from tests.web.test_inquiries import asked
from tests.web.test_orders import confirmed
from tests.web.test_paper_cases import PAPER
from tests.web.test_steps import STEPS
from tests.web.test_suspicion import REPORT, begin, write
from tests.web.world import LIMITS, World, done

ENDED = "SB-2026-0001"
RUNS = "SB-2026-0002"
TEAM = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
MORE_PEOPLE = {
    "zarina": ("Zarina Alymova", "kattap", Seat.DEVELOPER),
    "sezim": ("Sezim Turdubaeva", "kattap", Seat.OBSERVER),
    "kanat": ("Kanat Isakov", None, Seat.TEACHER),
    "sultan": ("Sultan Ibraev", "uni", Seat.TEACHER),
    "burul": ("Burul Sydykova", "uni", Seat.COORDINATOR),
    "saltanat": ("Saltanat Alieva", "market", Seat.REGULATOR),
}
CUSTODY = "Ala-Too Demo Bank, customers of the test, account 1280-1"
WATCHED = {"complaint_rate": "40", "KGST.loss_cap": "9,000"}


@dataclass
class Full:
    """The world and who reads it.

    Attributes:
        desk: the desk.
        phones: customers' browsers by what they are called in the sweep.
        more: pages that only a form leads to, by reader.
    """

    desk: World
    phones: dict[str, Phone]
    more: dict[str, list[str]] = field(default_factory=dict)


def fill(desk: World) -> Full:
    """Let everybody do their work."""
    ledger, ended, people = settlement_world.ended(desk)
    phone_of(desk, people[0]).post(
        "/desk/c/", "/desk/c/account", {"account": "Demo Bank 1280160070000001"}
    )
    _people(desk)
    _runs(desk)
    _monthly(desk, RUNS)
    _files(desk)
    _committee(desk)
    settlement_world.later(desk, days=11)
    step = {"reasons": "Everybody redeemed in time."}
    done(desk.browser("aigul").act(f"/desk/permits/{RUNS}/steps", step))
    settlement_world.later(desk, days=19)
    done(desk.browser("damira").act(f"/desk/files/{ended}/settlement", {"custody": CUSTODY}))
    settlement_world.work(desk)
    lessons = "Merchants want one code for every bank; customers read the limits before they pay."
    done(desk.browser("aigul").act(f"/desk/files/{ended}/report", {"lessons": lessons * 3}))
    assert open_reports(watcher(desk)) >= 1
    _ledger(desk)
    desk.number = RUNS  # type: ignore[attr-defined]
    for part in (
        *(_trial, _supervision, _suspicion, _complaints, _papers, _authorities),
        *(_offices, _register, school_world.fill),
    ):
        part(desk)
    ledger.balances |= {people[3]: 30 * 10**18}
    follow(watcher(desk), public_url=desk.parts.public_url, mail=False)
    return Full(desk, {"customer": phone_of(desk, people[0]), **_phones(desk, ledger)})


def _phones(desk: World, ledger: Balances) -> dict[str, Phone]:
    """A customer who paid a merchant by a bill, in the test that runs."""
    phones, wallets = {}, {"payer": (2, "person-2"), "merchant": (12, "person-12")}
    for called, (number, person) in wallets.items():
        ledger.balances[checksum(wallet(number))] = 500 * 10**18
        slip = desk.browser("bakyt").post(f"/desk/permits/{RUNS}/slips", {"people": person})
        phones[called] = Phone(desk)
        done(phones[called].join(CODE.search(slip.text)[0]))
    payer, merchant = phones.values()
    bill = done(merchant.post("/desk/c/bills", "/desk/c/bills", {"amount": "5", "ref": "Bread"}))
    link = html.unescape(re.search(r'id="link">([^<]+)<', merchant.get(bill).text)[1])
    page = payer.get(link.removeprefix(desk.parts.public_url)).text
    asked_for = re.search(r'(?s)<form[^>]*action="/desk/c/pay".*?</form>', page)[0]
    done(payer.send("/desk/c/pay", hidden(asked_for)))
    said = {"category": "about_payment", "text": "The baker gave no receipt at all."}
    done(payer.post("/desk/c/complaint", "/desk/c/complaint", said), 200)
    return phones


def _people(desk: World) -> None:
    at = desk.clock.now()
    with desk.parts.store.unit() as u:
        u.organisations.add(
            Organisation("market", "Market Supervision", OrganisationKind.AUTHORITY, at)
        )
        u.organisations.add(Organisation("uni", "University", OrganisationKind.UNIVERSITY, at))
        u.authorities.add(only_authority("market", rank=2, fallback=False))
        for name, (shown, org, seat) in MORE_PEOPLE.items():
            u.accounts.add(Account(name, shown, f"person-{name}", org, (seat,), "en", True, at))
        u.commit()


def _runs(desk: World) -> None:
    file_id = desk.under_review()
    told = LIMITS | STEPS | WATCHED | {"reasons": "Small at first."}
    done(desk.browser("ermek").act(f"/desk/files/{file_id}/grant", told))
    with desk.parts.store.unit(read_only=True) as u:
        (decision,) = u.decisions.proposed(file_id)
    assert desk.grant(file_id, decision.id) == RUNS
    with desk.parts.store.unit() as u:
        permit = u.permits.get(RUNS)
        u.permits.save(replace(permit, terms=replace(permit.terms, contract_review=True)))
        u.commit()


def _monthly(desk: World, number: str) -> None:
    form = {"kind": "report", "what": "Monthly report.", "expected": "The report."}
    fee = {"kind": "fee", "what": "Paid.", "expected": "A receipt.", "due": "2027-02-01"}
    ermek = desk.browser("ermek")
    with desk.parts.store.unit(read_only=True) as u:
        file = u.permits.get(number).file
    done(ermek.act(f"/desk/files/{file}/requirements", form | {"due": "2026-12-14", "every": "1"}))
    done(ermek.act(f"/desk/files/{file}/requirements", fee))


def _ledger(desk: World) -> None:
    """Payments that rules object to, and refusals."""
    store, now = desk.parts.store, desk.clock.now()
    add_customers(store, RUNS, 12)
    ledger = Ledger(store, at=now - timedelta(days=3))
    for customer in range(1, 12):
        ledger.block((0, customer, 20_000), minutes=60)
    for turn in range(3):
        ledger.at = now - timedelta(days=2) + timedelta(hours=12 * turn)
        for customer in range(1, 4):
            ledger.block((customer, 12, 400 * customer), (customer, 12, 75), minutes=31)
    ledger.at = now - timedelta(hours=2)
    for _ in range(11):
        ledger.block((1, 12, 1_000), minutes=2)
    clauses = ("per_transaction", "window_volume", "customer_cap", "deployments", "state")
    with store.unit() as u:
        for seq, clause in enumerate(clauses * 2, 1):
            counted = clause == "deployments"
            u.refusals.add(
                RefusalRecord(
                    seq=seq,
                    permit=RUNS,
                    at=now - timedelta(minutes=30 - seq),
                    chain="kgst",
                    layer="chain",
                    clause=clause,
                    version=1,
                    code=f"refused.{clause}",
                    asset=None if counted else "KGST",
                    limit="3" if counted else str(5_000 * 10**18),
                    used="3" if counted else "0",
                    requested="1" if counted else str(5_001 * 10**18),
                    sender=wallet(1),
                )
            )
        u.commit()


def _trial(desk: World) -> None:
    """What a team does with its permit."""
    bakyt, aigul, place = desk.browser("bakyt"), desk.browser("aigul"), f"/desk/permits/{RUNS}"
    done(bakyt.act(f"{place}/keys", {"name": "Laptop", "days": "30"}), 200)
    done(bakyt.act(f"{place}/wallets", {"address": TEAM, "chain": "kgst", "name": "deployer"}))
    _as(desk, review_world.with_review)
    done(bakyt.act(f"{place}/contracts", review_world.form()))
    _as(desk, ledger_world.with_pool)
    done(bakyt.act(f"{place}/ledgers", ledger_world.form()))
    done(aigul.act("/desk/incidents", {**WENT_WRONG, **_noticed(desk), "permit": RUNS}))
    done(desk.browser("ermek").act(f"{place}/drills", {"reasons": "Once in a month."}))
    done(aigul.act("/desk/webhooks", {"url": "https://hooks.example.kg/x"}), 200)
    done(aigul.act("/desk/members/zarina/end", {"reasons": "Left the firm."}))
    _report_twice(desk)


def _report_twice(desk: World) -> None:
    """A report that was returned and submitted again, so that its versions can be compared."""
    with desk.parts.store.unit(read_only=True) as u:
        place = f"/desk/reports/{u.reports.select()[-1].id}"
    told = {"happened": "Three merchants joined the market.", "risks": "One phone was lost."}
    aigul, ermek = desk.browser("aigul"), desk.browser("ermek")
    done(aigul.act(f"{place}/submit", told))
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', ermek.get(place).text)[1]
    done(ermek.act(f"{place}/return", {"digest": digest, "reason": "Which merchants?"}))
    done(aigul.act(f"{place}/submit", told | {"happened": "A baker and a tailor joined."}))


def _as(desk: World, way: Callable[[World], str]) -> None:
    """Let a way that grants a permit of its own take the one that runs."""
    desk.granted = lambda: RUNS  # type: ignore[method-assign]
    assert way(desk) == RUNS
    del desk.granted


def _noticed(desk: World) -> dict[str, str]:
    return {"noticed": f"{desk.clock.now() + timedelta(hours=5):%Y-%m-%dT%H:%M}"}


def _supervision(desk: World) -> None:
    """Alerts at every stage, other rules, caps."""
    look_at_payments(desk)
    look_at_refusals(desk)
    ermek = desk.browser("ermek")
    page = ermek.get("/desk/cohort/rules/draft").text
    fields = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page))
    ticked = re.findall(r'type="checkbox" id="[^"]+" name="([^"]+)" value="yes" checked', page)
    shown = {name: value for name, value in fields.items() if not name.startswith("_")}
    shown = {name: value for name, value in shown.items() if value != "yes"}
    rules = shown | dict.fromkeys(ticked, "yes") | {"alert_at": "45", "reasons": "Fewer."}
    home = done(ermek.act("/desk/cohort/rules", rules)).partition("?")[0]
    done(ermek.act(f"{home}/trial", {"days": "7"}))
    try_rules(desk)
    tried_pack(desk)
    caps = {"KGST": "9,000,000", "eSOM": "", "reasons": "Agreed with the ministry."}
    done(ermek.act("/desk/cohort/caps", caps))
    first = newest_alert(desk)
    for do, form in (
        ("assign", {"assignee": "feruza"}),
        ("note", {"text": "Looks like one shop's evening."}),
        ("close", {"closing": "referred", "text": "To the service."}),
    ):
        done(ermek.act(f"/desk/cohort/alerts/{first}/{do}", form))


def _suspicion(desk: World) -> None:
    """A draft, a report, a request, an order."""
    cholpon, now = desk.browser("cholpon"), desk.clock.now() + timedelta(hours=6)
    times = {
        "noticed_at": f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "since": f"{now - timedelta(hours=3):%Y-%m-%dT%H:%M}",
        "until": f"{now:%Y-%m-%dT%H:%M}",
    }
    write(cholpon, begin(cholpon, RUNS), REPORT | times, "collect")
    report = begin(cholpon, RUNS)
    done(write(cholpon, report, REPORT | times, "collect"))
    with desk.parts.store.unit(read_only=True) as u:
        hashes = u.suspicions.get(report).answers["transactions"]
    done(write(cholpon, report, REPORT | times | {"transactions": hashes}, "submit"))
    asked(desk, to="reporter", report=report)
    confirmed(desk, wallet=wallet(1), report=report)


def _complaints(desk: World) -> None:
    where, phone = "/desk/public/complaint", Phone(desk, address="198.51.100.9")
    words = {"category": "about_payment", "text": "The shop kept my money: 0555 12 34 56."}
    done(phone.post(where, where, words | {"permit": RUNS}), 200)
    done(Phone(desk, address="198.51.100.8").post(where, where, words | {"permit": ENDED}), 200)


def _files(desk: World) -> None:
    """An application at each stage before its decision."""
    desk.draft()
    desk.submitted()
    back = desk.under_review()
    give_back(desk, back)
    asked_file, ermek = desk.under_review(), desk.browser("ermek")
    done(ermek.act(f"/desk/files/{asked_file}/questions", {"text": "Who answers?"}))
    refused = desk.under_review()
    done(ermek.act(f"/desk/files/{refused}/refusal", {"reasons": "No plan for the end."}))
    done(desk.browser("feruza").act(_countersign(desk, refused)))
    kept = desk.draft()
    attach(desk.browser("aigul"), kept, "policy.pdf", pdf(), kind="aml_policy")
    done(desk.browser("aigul").act(f"/desk/files/{kept}/withdraw"))
    desk.propose(desk.under_review())


def _countersign(desk: World, file_id: str) -> str:
    page = desk.browser("feruza").get(f"/desk/files/{file_id}").text
    return re.search(r'action="([^"]+/countersign)"', page)[1]


def _committee(desk: World) -> None:
    """Minutes that are signed, a sitting in session, an expert who was asked."""
    first, second = desk.under_review(), desk.under_review()
    constitute(desk)
    feruza, place = desk.browser("feruza"), sitting_with(desk, first)
    votes = {"vote.ermek": "for", "vote.gulnara": "abstain", "opinion.gulnara": "I doubt it."}
    form = {"motion": "recommend_grant", "text": "At most 20 customers."} | votes
    done(feruza.act(ballot_path(feruza.get(place).text), form))
    done(feruza.act(f"{place}/end"))
    signed(desk, place)
    form = {"account": "timur", "subject": "Is the plan sound?", "until": "2027-02-10"}
    done(desk.browser("ermek").act(f"/desk/files/{second}/experts", form))
    sitting_with(desk, second)


def _papers(desk: World) -> None:
    """A file in two versions with a document and notes; a letter that went out; a paper case."""
    file_id, aigul = desk.draft(), desk.browser("aigul")
    attach(aigul, file_id, "policy.pdf", pdf(), kind="aml_policy")
    submit(desk, file_id)
    sign(desk, file_id)
    ermek = desk.browser("ermek")
    done(ermek.act(f"/desk/files/{file_id}/take-up"))
    done(ermek.act(f"/desk/files/{file_id}/records/notes", {"text": "Ask about the reserve."}))
    give_back(desk, file_id)
    save(desk, file_id, "test", safeguards="Other caps, the same complaint line.")
    submit(desk, file_id)
    with desk.parts.store.unit(read_only=True) as u:
        file = u.permits.get(RUNS).file
        decision = next(each for each in u.decisions.select() if each.file == file)
    letter = f"/desk/files/{decision.file}/letters/{decision.id}/issue"
    texts = {"text_ky": "Чектөөлөр аз, өнөктөш жооптуу.", "text_other": "Лимиты малы."}
    done(ermek.act(letter, texts | {"language": "ru"}))
    case = done(ermek.act("/desk/paper-cases", PAPER)).partition("?")[0]
    done(ermek.post(f"{case}/scans", files={"scan": ("order.pdf", pdf())}))


def _authorities(desk: World) -> None:
    with desk.parts.store.unit(read_only=True) as u:
        file = u.permits.get(RUNS).file
    day = (desk.clock.now() + timedelta(days=5)).date().isoformat()
    form = {"authority": "market", "basis": "Agreement, article 4", "until": day}
    done(desk.browser("ermek").act(f"/desk/files/{file}/shares", form))


def _offices(desk: World) -> None:
    """Duty, delegation, holidays, exports, replays, somebody who left."""
    gulnara, today = desk.browser("gulnara"), desk.clock.now()
    days = {"starts": f"{today:%Y-%m-%d}", "ends": f"{today + timedelta(days=3):%Y-%m-%d}"}
    done(gulnara.act("/desk/delegations", {"taker": "feruza", "reasons": "On leave.", **days}))
    jyldyz = desk.browser("jyldyz")
    done(jyldyz.act("/desk/evidence", {"permit": RUNS, "legal_basis": "Plan", "recipient": "A."}))
    done(jyldyz.act("/desk/evidence/replays", {"chain": "kgst", "to": "1 234"}))


def _register(desk: World) -> None:
    at: datetime = desk.clock.now()
    with desk.parts.store.unit() as u:
        for kind, place, more in (
            (WitnessKind.MAILBOX, uuid.uuid4().hex, {}),
            (WitnessKind.CHAIN, "0x" + "ab" * 32, {"block": 842}),
        ):
            give(u, kind, key=desk.parts.head_key, at=at, place=place, **more)
        u.commit()
    page = done(desk.browser("ermek").act("/desk/audit/pages"))
    done(desk.browser("ermek").act(f"{page}/print"), 200)
