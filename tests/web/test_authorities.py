"""The desk of two authorities, as their people use it: what each finds, and what is not there."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.drills import Drill
from sandbox.domain.records import Account, Organisation
from sandbox.domain.seats import Seat
from sandbox.domain.settlement import Settlement, SettlementState
from sandbox.domain.supervised_ledger import LedgerState, SupervisedLedger
from sandbox.domain.words import OrganisationKind
from sandbox.services import audit
from sandbox.services.identity import actor_of
from sandbox.services.leaving_outside import at_gateway, at_hub
from sandbox.services.publication import Desk
from tests.support.authority import only_authority
from tests.web.seams import PEOPLE

MARKET = ("saltanat", "tynchtyk", "urmat")
BASIS = "Agreement between the authorities, article 4"


@pytest.fixture
def two(desk, monkeypatch):
    """A desk on which people of the market's authority may sign in, once it is there."""
    for name in MARKET:
        monkeypatch.setitem(PEOPLE, name, (name.title(), "market", Seat.REGULATOR))
    return desk


def beside(desk, way=None):
    """Go a way of the desk, which begins a fresh store, then add the market's authority."""
    gone = way() if way else None
    at = desk.clock.now()
    with desk.parts.store.unit() as u:
        u.organisations.add(Organisation("market", "Market", OrganisationKind.AUTHORITY, at))
        u.authorities.add(only_authority("market", rank=2, fallback=False))
        for name in MARKET:
            seats = (Seat.REGULATOR,)
            person = f"person-{name}"
            u.accounts.add(Account(name, name.title(), person, "market", seats, "en", True, at))
        u.commit()
    return gone


def share(desk, file, who="ermek", **changes):
    day = (desk.clock.now() + timedelta(days=5)).date().isoformat()
    form = {"authority": "market", "basis": BASIS, "until": day, **changes}
    return desk.browser(who).act(f"/desk/files/{file}/shares", form)


def places(desk, number):
    """Every page and answer about one permit, with words that are the permit's alone."""
    with desk.parts.store.unit(read_only=True) as u:
        file = u.permits.get(number).file
    return {
        f"/desk/files/{file}": 404,
        f"/desk/files/{file}/print": 404,
        f"/desk/files/{file}/requirements": 404,
        f"/desk/files/{file}/records": 404,
        f"/desk/permits/{number}": 404,
        f"/desk/permits/{number}/console": 404,
        f"/desk/permits/{number}/live": 404,
        f"/desk/permits/{number}/refusals.csv": 404,
        "/desk/": 200,
        "/desk/files": 200,
        f"/desk/files?q={number}": 200,
        "/desk/files?form=csv": 200,
        "/desk/permits": 200,
        "/desk/permits?form=csv": 200,
        "/desk/cohort": 200,
        "/desk/cohort/alerts": 200,
        "/desk/complaints": 200,
        "/desk/evidence": 200,
        "/desk/notices": 200,
        "/desk/audit": 200,
        "/desk/committee": 200,
        "/desk/duty": 200,
    }


def test_nothing_of_a_permit_is_found_by_another_authority_on_any_page(two):
    number = beside(two, two.granted)
    with two.parts.store.unit(read_only=True) as u:
        file = u.permits.get(number).file
    found = 0
    for path, status in places(two, number).items():
        theirs = two.browser("saltanat").get(path)
        assert theirs.status_code == status, (path, theirs.status_code)
        asked = path.partition("?q=")[2]
        text = theirs.text.replace(asked, "") if asked else theirs.text
        assert "Merchant payments" not in text, path
        if status == 200:
            assert number not in text, path
            assert file not in text, path
            found += number in two.browser("ermek").get(path).text
    assert found >= 5, "the competent authority finds it on those pages"
    public = two.browser(None).get(f"/desk/public/permits/{number}")
    assert public.status_code == 200, "the public register stays everybody's"


def test_a_shown_file_says_on_what_basis_and_offers_nothing_to_do(two):
    file = beside(two, two.under_review)
    shown = share(two, file)
    assert shown.status_code == 303, shown.text
    page = two.browser("saltanat").get(f"/desk/files/{file}").text
    note = page[page.index('id="guest"') :]
    assert BASIS in note[:800]
    assert 'method="post"' not in page[page.index("<main") :], "not one form on the page"
    assert two.browser("saltanat").get(f"/desk/files/{file}/records").status_code == 404
    tried = two.browser("saltanat").act(f"/desk/files/{file}/questions", {"text": "Why?"})
    assert tried.status_code == 403
    assert "only the competent authority acts" in tried.text
    own = two.browser("ermek").get(f"/desk/files/{file}").text
    assert 'id="guest"' not in own
    assert BASIS in own
    assert BASIS not in two.browser("aigul").get(f"/desk/files/{file}").text
    end = re.search(rf"/desk/files/{file}/shares/[0-9a-f]+/end", own)[0]
    assert two.browser("feruza").act(end).status_code == 303
    assert two.browser("saltanat").get(f"/desk/files/{file}").status_code == 404


@pytest.mark.slow
def test_a_wrong_share_is_told_beside_its_form_with_what_was_typed(two):
    file = beside(two, two.under_review)
    answer = share(two, file, until="2020-01-01")
    assert answer.status_code == 400
    assert BASIS in answer.text
    assert two.browser("saltanat").get(f"/desk/files/{file}").status_code == 404


def test_no_second_signature_is_left_to_another_authority(two):
    number = beside(two, two.granted)
    at = two.clock.now()
    with two.parts.store.unit(read_only=True) as u:
        file = u.permits.get(number).file
    here = f"/desk/files/{file}"
    form = {"authority": "market", "reasons": "Its product is a token of gold."}
    assert two.browser("ermek").act(f"{here}/competence", form).status_code == 303
    ordered = Settlement(
        *("s1", file, number, SettlementState.ORDERED, "Bank, account 1"),
        *("ermek", "person-ermek", at, False),
    )
    signature = {"account": "ermek", "person": "person-ermek", "at": at.isoformat()}
    signed = SupervisedLedger(
        *("l1", number, "kgst", "0x" + "11" * 20, "Pool", "Saves."),
        *(LedgerState.SIGNED, "bakyt", at),
        signatures=(signature,),
    )
    drill = Drill("DR-2026-0001", number, "ermek", "Monthly.", at, "h", at)
    for place, waits, over in (
        ("settlements", ordered, replace(ordered, state=SettlementState.SETTLED)),
        ("supervised_ledgers", signed, replace(signed, state=LedgerState.REFUSED)),
        ("drills", drill, replace(drill, ended_at=at)),
    ):
        with two.parts.store.unit() as u:
            getattr(u, place).add(waits)
            u.commit()
        tried = two.browser("feruza").sign(here, f"{here}/competence/confirm")
        assert tried.status_code == 409, place
        with two.parts.store.unit() as u:
            revision = getattr(u, place).get(waits.id).revision
            getattr(u, place).save(replace(over, revision=revision))
            u.commit()
    done = two.browser("feruza").sign(here, f"{here}/competence/confirm")
    assert done.status_code == 303, done.text


def test_a_guest_reads_neither_why_records_are_kept_nor_what_is_written_of_the_file(two):
    number = beside(two, two.granted)
    with two.parts.store.unit() as u:
        file = u.permits.get(number).file
        path = f"/desk/files/{file}/grant"
        said = {"passkey": "pk", "path": path}
        u.audit.append(
            kind="account.passkey_used",
            actor="ermek",
            subject="ermek",
            data=said,
            at=two.clock.now(),
        )
        u.commit()
    kept = {"customer": "", "reason": "Case 12."}
    assert two.browser("ermek").act(f"/desk/files/{file}/data/holds", kept).status_code == 303

    def log(who):
        with two.parts.store.unit(read_only=True) as u:
            lines = audit.entries(u, actor_of(u, who, at=two.clock.now()), newest_first=True)
        return str([each.data for each in lines])

    assert share(two, file).status_code == 303
    assert two.browser("saltanat").get(f"/desk/files/{file}").status_code == 200
    for words in ("Case 12.", path):
        assert words not in log("saltanat")
        assert words in log("ermek")
    page = two.browser("saltanat").get(f"/desk/files/{file}/data")
    assert (page.status_code, "Case 12." in page.text) == (200, False)
    assert 'method="post"' not in page.text[page.text.index("<main") :], "nothing to do"
    assert "Case 12." in two.browser("ermek").get(f"/desk/files/{file}/data").text


@pytest.mark.slow
def test_a_file_is_handed_on_by_two_and_the_way_leads_on(two):
    file = beside(two, two.under_review)
    form = {"authority": "market", "reasons": "Its product is a token of gold."}
    assert two.browser("ermek").act(f"/desk/files/{file}/competence", form).status_code == 303
    confirm = f"/desk/files/{file}/competence/confirm"
    assert confirm not in two.browser("ermek").get(f"/desk/files/{file}").text
    assert two.browser("ermek").act(confirm).status_code == 403
    assert confirm in two.browser("feruza").get(f"/desk/files/{file}").text
    done = two.browser("feruza").sign(f"/desk/files/{file}", confirm)
    assert (done.status_code, done.headers["location"]) == (
        303,
        "/desk/files?said=competence_changed",
    )
    assert two.browser("ermek").get(f"/desk/files/{file}").status_code == 404
    assert file in two.browser("saltanat").get("/desk/files").text
    assert "MARKET" in two.browser("aigul").get(f"/desk/files/{file}").text


class GoneHub:
    """A hub that has forgotten everybody already."""

    def held(self, _account):
        return None

    def forget(self, _account):
        raise AssertionError("nobody is left to forget")


def test_a_member_leaves_and_is_out_at_once_and_the_receipt_fills_by_itself(two):
    beside(two, two.granted)
    bakyt = two.browser("bakyt")
    assert bakyt.get("/desk/permits").status_code == 200
    members = two.browser("aigul").get("/desk/members").text
    assert "member-bakyt" in members
    assert "member-ermek" not in members
    assert two.browser("bakyt").get("/desk/members").status_code == 404
    kept = two.browser("aigul").act("/desk/members/aigul/end", {"reasons": "Enough."})
    assert kept.status_code == 409, "the last owner stays until there is another"
    done = two.browser("aigul").act("/desk/members/bakyt/end", {"reasons": "Left the firm."})
    assert done.status_code == 303, done.text
    assert bakyt.get("/desk/permits").status_code in {302, 303, 307}, "signed out at once"
    receipt = done.headers["location"]
    page = two.browser("aigul").get(receipt).text
    assert page.count("badge-warn") >= 2, "gateway and hub are on their way"
    assert two.browser("omar").get(receipt).status_code == 404
    desk = Desk(two.parts.store, two.parts.ports.gateway, two.clock, hub=GoneHub())
    with two.parts.store.unit(read_only=True) as u:
        rows = [each for each in u.outbox.due(two.clock.now()) if "membership" in each.kind]
    assert len(rows) == 2
    for row in rows:
        (at_hub if row.kind.endswith("hub") else at_gateway)(desk, row)
    page = two.browser("aigul").get(receipt).text
    assert "badge-warn" not in page
    gateway = two.parts.ports.gateway
    assert all("bakyt" not in policy.operators for policy in gateway.policies[-1:])


@pytest.mark.slow
def test_the_hub_is_told_who_is_active_and_nobody_else_is(two):
    beside(two)
    secret = {"Authorization": "Bearer hub-secret"}
    client = two.browser(None)

    def active(user, headers=secret):
        return client.get(f"/desk/api/v1/internal/accounts?user={user}", headers=headers)

    nobody = {"active": False, "groups": []}
    assert active("bakyt").json() == {"active": True, "groups": ["startups"]}
    assert active("BAKYT").json() == active("no-such").json() == nobody
    assert active("bakyt", {"Authorization": "Bearer wrong"}).status_code == 401
    done = two.browser("aigul").act("/desk/members/bakyt/end", {"reasons": "Left the firm."})
    assert done.status_code == 303
    assert active("bakyt").json() == nobody


@pytest.mark.slow
@pytest.mark.parametrize("who", ["aigul", "damira", "ermek", "jyldyz"])
def test_who_has_to_do_with_files_reads_who_is_competent_for_what(two, who):
    beside(two)
    page = two.browser(who).get("/desk/authorities")
    assert page.status_code == 200
    assert "MARKET" in page.text


@pytest.mark.slow
def test_a_student_finds_no_page_of_authorities(two):
    assert two.browser("lira").get("/desk/authorities").status_code == 404


def test_a_colleague_stands_in_and_the_file_says_so(two):
    file = beside(two, two.under_review)
    today = two.clock.now().date()
    form = {
        "taker": "feruza",
        "starts": today.isoformat(),
        "ends": (today + timedelta(days=3)).isoformat(),
        "reasons": "On leave.",
        "file": file.lower(),
    }
    assert two.browser("ermek").act("/desk/delegations", form).status_code == 303
    twice = two.browser("ermek").act("/desk/delegations", form)
    assert twice.status_code == 409
    assert "On leave." in twice.text, "what was typed is kept"
    asked = two.browser("feruza").act(f"/desk/files/{file}/questions", {"text": "Why gold?"})
    assert asked.status_code == 303
    for who in ("ermek", "feruza", "aigul"):
        assert (
            "Feruza Mamatova (for Ermek Abdyldaev)"
            in two.browser(who).get(f"/desk/files/{file}").text
        )
    assert "(for Ermek" not in two.browser("ermek").get("/desk/files/F-2026-0001/records").text
    page = two.browser("feruza").get("/desk/delegations").text
    end = re.search(r"/desk/delegations/[0-9a-f]+/end", page)[0]
    assert end not in two.browser("gulnara").get("/desk/delegations").text
    assert two.browser("gulnara").act(end).status_code == 404
    assert two.browser("feruza").act(end).status_code == 303
    assert two.browser("aigul").get("/desk/delegations").status_code == 404
