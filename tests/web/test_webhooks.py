"""Webhooks: who is told of what, how it is signed, and who may manage them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.notices import TOLD
from sandbox.domain.records import Account
from sandbox.domain.seats import FileSeat, Seat
from sandbox.domain.webhooks import (
    KINDS,
    MOST_OF_ONE,
    read_kinds,
    read_secret,
)
from sandbox.kit.errors import InvalidInput
from sandbox.sdk import verify_webhook
from sandbox.services.webhooks import Seal
from tests.api.test_interface import ask, server_token
from tests.web.webhook_world import TWO, add, happens, seen
from tests.web.world import SEAL_KEY


def test_a_receiver_is_told_in_order_and_can_check_every_message(desk, out, receiver):
    desk.draft()
    _, secret = add(desk, "aigul", receiver.url("/ok?team=1"))
    desk.under_review()
    out.go()
    assert receiver.kinds() == ["file.sponsor_sign", "file.take_up"]
    for place, (path, headers, body) in enumerate(receiver.took, start=1):
        at = desk.clock.now()
        event = verify_webhook(secret, headers, body.encode(), at=at)
        assert (path, event["version"], event["data"]["sequence"]) == ("/ok?team=1", 1, place)
        assert set(event["data"]) == {"sequence", "file", "permit", "title", "audit_entry"}
        with pytest.raises(InvalidInput, match="not_signed"):
            verify_webhook(secret, headers, body.encode() + b" ", at=at)
        with pytest.raises(InvalidInput, match="too_old"):
            verify_webhook(secret, headers, body.encode(), at=at + timedelta(minutes=6))
        foreign = "whsec_" + "A" * 32
        with pytest.raises(InvalidInput, match="not_signed"):
            verify_webhook(foreign, headers, body.encode(), at=at)
        assert "cookie" not in headers
        assert "authorization" not in headers
    out.go()
    assert len(receiver.took) == 2, "what was taken is not sent again by itself"


@pytest.mark.slow
def test_each_organisation_hears_exactly_what_its_manager_is_told_or_did(desk, out, receiver):
    """The same sight as notices: proposals, alerts and other firms' files reach no firm."""
    number = desk.granted()
    for account in ("aigul", "damira", "omar"):
        add(desk, account, receiver.url(f"/ok?{account}"))
    with desk.parts.store.unit() as u:
        file = u.permits.get(number).file
        for kind in ("alert.opened", "str.filed", "file.propose_revoke", "permit.propose_revoke"):
            said = {"actor": "ermek", "subject": file, "data": {}, "at": desk.clock.now()}
            u.audit.append(kind=kind, **said)
        u.commit()
    out.go()
    for account, org in (("aigul", "kattap"), ("damira", "alatoo")):
        with desk.parts.store.unit(read_only=True) as u:
            told = {
                n.kind for n in u.notices.of_account(account, unread=False, before=None, limit=99)
            }
            done = {e.kind for e in u.audit.page(after=-1, limit=500) if e.actor == account}
        heard = receiver.kinds(f"/ok?{account}")
        assert told <= set(heard) <= told | done, org
        assert not [kind for kind in heard if "propos" in kind or kind.startswith(("alert", "str"))]
    assert receiver.kinds("/ok?omar") == []


def test_every_kind_to_choose_is_one_that_firms_are_told_of():
    firms = {FileSeat.APPLICANT, FileSeat.SPONSOR}
    assert all(TOLD[kind] & firms for kind in KINDS)
    assert not [kind for kind in KINDS if "propos" in kind or "alert" in kind]
    with pytest.raises(InvalidInput, match="kind_unknown"):
        read_kinds(["file.propose_grant"])


@pytest.mark.slow
def test_only_the_chosen_kinds_are_sent(desk, out, receiver):
    desk.under_review()
    out.tell()
    add(desk, "aigul", receiver.url(), "file.take_up")
    happens(desk, *TWO)
    out.go()
    assert receiver.kinds() == ["file.take_up"]


@pytest.mark.slow
def test_without_anybody_who_manages_it_nothing_is_told(desk, out, receiver):
    desk.under_review()
    out.tell()
    endpoint, _ = add(desk, "aigul", receiver.url())
    with desk.parts.store.unit() as u:
        u.accounts.save(replace(u.accounts.get("aigul"), seats=(Seat.OBSERVER,)))
        u.commit()
    happens(desk, *TWO)
    out.go()
    assert receiver.took == []
    assert desk.browser("aigul").get(f"/desk/webhooks/{endpoint}").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("account", ["bakyt", "cholpon", "ermek", "jyldyz", "operator", "lira"])
def test_who_may_not_manage_learns_of_no_webhook(desk, receiver, account):
    endpoint, _ = add(desk, "aigul", receiver.url("/ok?canary"))
    browser = desk.browser(account)
    for path in ("/desk/webhooks", f"/desk/webhooks/{endpoint}"):
        page = browser.get(path)
        assert (page.status_code, "canary" in page.text) == (404, False)
    for path in ("", f"/{endpoint}", f"/{endpoint}/secret", f"/{endpoint}/test"):
        assert browser.post(f"/desk/webhooks{path}", {"url": "https://a.kg"}).status_code == 404
    assert "/desk/webhooks" not in browser.get("/desk/me").text
    assert "/desk/webhooks" in desk.browser("aigul").get("/desk/me").text


def test_another_organisations_webhook_is_not_found(desk, out, receiver):
    endpoint, _ = add(desk, "aigul", receiver.url())
    desk.browser("aigul").post(f"/desk/webhooks/{endpoint}/test")
    out.go()
    event = seen(desk, endpoint)[1][0].event
    mine, _ = add(desk, "omar", receiver.url("/ok?omar"))
    omar = desk.browser("omar")
    assert omar.get(f"/desk/webhooks/{endpoint}").status_code == 404
    for act in ("", "/state", "/secret", "/test", "/again", "/remove"):
        form = {"state": "on", "url": "https://a.kg", "event": event}
        assert omar.post(f"/desk/webhooks/{endpoint}{act}", form).status_code == 404, act
    again = omar.post(f"/desk/webhooks/{mine}/again", {"event": event})
    assert (again.status_code, "webhook_event.not_found" in again.text) == (404, True)


def test_the_store_and_the_log_hold_no_secret_and_no_whole_address(desk, receiver):
    endpoint, secret = add(desk, "aigul", receiver.url("/ok?token=hidden"))
    raw = read_secret(secret)
    with desk.parts.store.unit(read_only=True) as u:
        own = u.webhooks.endpoints.get(endpoint)
        entries = [e for e in u.audit.page(after=-1, limit=500) if e.kind.startswith("webhook.")]
    assert secret not in own.secret
    assert raw.hex() not in repr(own)
    assert Seal(SEAL_KEY).open(own.secret) == raw
    assert [entry.body["data"]["host"] for entry in entries] == ["127.0.0.1"]
    assert "hidden" not in repr(entries)


def test_an_organisation_has_few_addresses_and_sees_why(desk):
    for n in range(MOST_OF_ONE):
        add(desk, "aigul", f"https://hooks{n}.example.kg/")
    more = desk.browser("aigul").post("/desk/webhooks", {"url": "https://one.more.kg/"})
    assert (more.status_code, "webhook.too_many" in more.text) == (409, True)
    wrong = desk.browser("omar").post("/desk/webhooks", {"url": "https://10.0.0.1/x"})
    assert (wrong.status_code, "https://10.0.0.1/x" in wrong.text) == (400, True)


@pytest.mark.slow
def test_the_interface_manages_the_same_and_a_permit_key_does_not(desk, out, receiver):
    desk.granted()
    token = server_token(desk, "aigul", "permit-sb-2026-0001")
    body = {"url": receiver.url(), "kinds": ["file.suspend"]}
    key = {"Idempotency-Key": "webhook-0001"}
    made = ask(desk, "/webhooks", token, "POST", json=body, headers=key)
    assert made.status_code == 201, made.text
    secret, webhook = made.json()["secret"], made.json()["endpoint"]["id"]
    again = ask(desk, "/webhooks", token, "POST", json=body, headers=key).json()
    assert (again["endpoint"]["id"], again["secret"]) == (webhook, None)
    assert secret not in ask(desk, f"/webhooks/{webhook}", token).text
    assert [each["id"] for each in ask(desk, "/webhooks", token).json()] == [webhook]
    assert ask(desk, f"/webhooks/{webhook}/test", token, "POST").status_code == 202
    out.go()
    tried = ask(desk, f"/webhooks/{webhook}/attempts", token).json()
    assert [(each["kind"], each["status"]) for each in tried] == [("webhook.test", 204)]
    event = f"/webhooks/{webhook}/events/{tried[0]['event']}/again"
    assert ask(desk, event, token, "POST").status_code == 202
    changed = ask(desk, f"/webhooks/{webhook}", token, "PATCH", json={"state": "paused"})
    assert (changed.json()["state"], changed.json()["kinds"]) == ("paused", ["file.suspend"])
    renewed = ask(desk, f"/webhooks/{webhook}/secret", token, "POST", json={})
    assert renewed.json()["secret"] not in (None, secret)
    for other in ("bakyt", "omar", "ermek"):
        strange = server_token(desk, other, "permit-sb-2026-0001")
        answer = ask(desk, f"/webhooks/{webhook}", strange)
        assert (answer.status_code, receiver.url() in answer.text) == (404, False)
    page = desk.browser("aigul").post("/desk/permits/SB-2026-0001/keys", {"name": "n", "days": "3"})
    permit_key = re.search(r"spk_[A-Za-z0-9_-]{20,}", page.text)[0]
    refused = ask(desk, "/webhooks", permit_key)
    assert (refused.status_code, refused.json()["code"]) == (403, "webhook.not_by_key")
    assert ask(desk, f"/webhooks/{webhook}", token, "DELETE").status_code == 204
    assert ask(desk, f"/webhooks/{webhook}", token).status_code == 404


@pytest.mark.slow
def test_two_managers_of_one_organisation_share_its_webhooks(desk, receiver):
    endpoint, _ = add(desk, "damira", receiver.url())
    with desk.parts.store.unit() as u:
        seats, at = (Seat.SPONSOR,), desk.clock.now()
        u.accounts.add(Account("samat", "Samat", "p-samat", "alatoo", seats, "en", True, at))
        u.commit()
        token = desk.hub.token_for("samat", "custom:synak:trial")
    assert ask(desk, f"/webhooks/{endpoint}", token).status_code == 200
