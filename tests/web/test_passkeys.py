"""Passkeys: one proof for one act, and every way to bend it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256

from sandbox.domain.passkeys import CHALLENGE_LIFE
from sandbox.kit.errors import InvalidInput
from sandbox.services.passkeys import Authority, forget_all
from sandbox.settings import Settings
from sandbox.web.app import create_app
from tests.web.world import PASSWORD, URL

HOST = "synak.localhost"
VERIFIED, PRESENT, ATTESTED = 4, 1, 64
MINE = "/desk/me/passkeys"


def _text(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Device:
    """An authenticator in software: honest unless told otherwise."""

    def __init__(self, **lies):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.counter = 0
        self.origin, self.host, self.flags = URL, HOST, PRESENT | VERIFIED
        self.__dict__.update(lies)

    def _data(self, more=b"", flags=0):
        self.counter += 1
        place = hashlib.sha256(self.host.encode()).digest()
        return place + bytes([self.flags | flags]) + self.counter.to_bytes(4, "big") + more

    def _client(self, kind, challenge):
        said = {"type": f"webauthn.{kind}", "challenge": challenge, "origin": self.origin}
        return json.dumps(said).encode()

    def _answer(self, **response):
        made = {name: _text(value) for name, value in response.items()}
        own = _text(self.id)
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": made})

    def create(self, options):
        cose = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))
        more = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        attested = {"fmt": "none", "attStmt": {}, "authData": self._data(more, ATTESTED)}
        client = self._client("create", options["publicKey"]["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=cbor.encode(attested))

    def get(self, options):
        assert _text(self.id) in [
            each["id"] for each in options["publicKey"]["allowCredentials"]
        ], "a browser asks no other device"
        assert options["publicKey"]["userVerification"] == "required"
        client = self._client("get", options["publicKey"]["challenge"])
        data = self._data()
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)


@pytest.fixture
def passkeys(desk):
    """A desk where passkeys are made; ``only`` by calling it."""

    def set_up(*, only=False):
        desk.parts = replace(desk.parts, passkeys=Authority(HOST, URL, only=only))
        desk.app = create_app(desk.parts)

    set_up()
    return set_up


def _asked(page):
    options = html.unescape(re.search(r'data-options="([^"]+)"', page)[1])
    sealed = re.search(r'name="_?question" value="([^"]+)"', page)[1]
    return json.loads(options), sealed


def _add(desk, browser, device, name="Phone", **more):
    options, sealed = _asked(browser.get(MINE).text)
    form = {"name": name, "credential": device.create(options), "question": sealed}
    return browser.post(MINE, form | {"_password": PASSWORD} | more)


def _confirm(browser, device, form, path, change=None):
    """An act of law as a browser does it: sent, asked for a passkey, sent again with the answer."""
    asked = browser.post(path, form)
    assert asked.status_code == 401, asked.text
    options, sealed = _asked(asked.text)
    answer = {"_passkey": device.get(options), "_question": sealed}
    change = {"path": path, "form": {}} | (change or {})
    return browser.post(change["path"], form | answer | change["form"]), answer


@pytest.fixture
def under_review(desk):
    return f"/desk/files/{desk.under_review()}/questions"


ASK = {"text": "Who keeps the keys?", "due": "2026-12-10"}


def _questions(desk):
    with desk.parts.store.unit(read_only=True) as u:
        return [each.text for each in u.questions.select()]


def test_an_act_is_confirmed_by_a_passkey_that_the_log_names(desk, passkeys, under_review):
    ermek, device = desk.browser("ermek"), Device()
    assert _add(desk, ermek, device).status_code == 303
    ermek = desk.browser("ermek")
    done, _ = _confirm(ermek, device, ASK, under_review)
    assert done.status_code == 303, done.text
    assert _questions(desk) == [ASK["text"]]
    with desk.parts.store.unit(read_only=True) as u:
        entries = [each.body for each in u.audit.page(after=-1, limit=500)]
        own = u.passkeys.of_account("ermek")[0]
    used = next(each for each in entries if each["kind"] == "account.passkey_used")
    assert used["data"]["passkey"] == own.id == hashlib.sha256(device.id).hexdigest()
    assert used["data"]["path"] == under_review
    assert re.fullmatch("[0-9a-f]{64}", used["data"]["act"])
    assert own.used_at == desk.clock.now()


def test_the_proof_is_for_one_act_and_the_next_asks_again(desk, passkeys, under_review):
    ermek, device = desk.browser("ermek"), Device()
    _add(desk, ermek, device)
    ermek = desk.browser("ermek")
    done, answer = _confirm(ermek, device, ASK, under_review)
    assert done.status_code == 303
    assert ermek.post(under_review, {**ASK, "text": "More?"}).status_code == 401
    again = ermek.post(under_review, ASK | answer)
    assert (again.status_code, "used before" in again.text) == (409, True)
    assert len(_questions(desk)) == 1


@pytest.mark.parametrize("change", [{"form": {"text": "Something else?"}}, {"path": "/take-up"}])
def test_an_answer_for_one_form_confirms_no_other(desk, passkeys, under_review, change):
    ermek, device = desk.browser("ermek"), Device()
    _add(desk, ermek, device)
    ermek = desk.browser("ermek")
    if "path" in change:
        change = {"path": under_review.replace("/questions", change["path"])}
    done, _ = _confirm(ermek, device, ASK, under_review, change)
    assert (done.status_code, "another act" in done.text) == (401, True)
    assert _questions(desk) == []


@pytest.mark.parametrize(
    "lies",
    [{"flags": PRESENT}, {"flags": VERIFIED}, {"origin": "https://evil.kg"}, {"host": "evil.kg"}],
)
def test_a_device_that_did_not_verify_or_answers_elsewhere_proves_nothing(
    desk, passkeys, under_review, lies
):
    ermek, device = desk.browser("ermek"), Device()
    _add(desk, ermek, device)
    ermek = desk.browser("ermek")
    device.__dict__.update(lies)
    done, _ = _confirm(ermek, device, ASK, under_review)
    assert (done.status_code, "does not prove" in done.text) == (401, True)
    refused = _add(desk, desk.browser("feruza"), Device(**lies))
    assert (refused.status_code, "passkey.not_proved" in refused.text) == (401, True)
    assert _questions(desk) == []


def test_a_copied_key_is_noticed(desk, passkeys, under_review):
    ermek, device = desk.browser("ermek"), Device()
    _add(desk, ermek, device)
    ermek = desk.browser("ermek")
    assert _confirm(ermek, device, ASK, under_review)[0].status_code == 303
    device.counter = 1
    done, _ = _confirm(ermek, device, ASK, under_review)
    assert (done.status_code, "may be a copy" in done.text) == (401, True)


def test_another_persons_device_session_or_a_late_answer_proves_nothing(
    desk, passkeys, under_review
):
    ermek, device = desk.browser("ermek"), Device()
    _add(desk, ermek, device)
    ermek, elsewhere = desk.browser("ermek"), desk.browser("ermek")
    options, sealed = _asked(ermek.post(under_review, ASK).text)
    stranger = Device(id=device.id)
    forged = {"_passkey": stranger.get(options), "_question": sealed}
    assert "does not prove" in ermek.post(under_review, ASK | forged).text
    options, sealed = _asked(ermek.post(under_review, ASK).text)
    good = {"_passkey": device.get(options), "_question": sealed}
    assert "from another session" in elsewhere.post(under_review, ASK | good).text
    assert (
        "from another session"
        in ermek.post(under_review, ASK | good | {"_question": sealed[:-9] + "A" * 9}).text
    )
    desk.clock.forward(CHALLENGE_LIFE + timedelta(seconds=1))
    assert "older than five minutes" in ermek.post(under_review, ASK | good).text
    for odd in ("x", "[]", "{}", "1" * 30_000, '{"response": 1}'):
        options, sealed = _asked(ermek.post(under_review, ASK).text)
        given = {"_passkey": odd, "_question": sealed}
        assert ermek.post(under_review, ASK | given).status_code == 401, odd[:20]
    assert _questions(desk) == []


def test_where_either_will_do_the_password_still_does(desk, passkeys, under_review):
    ermek = desk.browser("ermek")
    _add(desk, ermek, Device())
    page = desk.browser("ermek").post(under_review, ASK).text
    assert 'name="_password"' in page
    assert desk.browser("ermek").act(under_review, ASK).status_code == 303


def test_where_only_passkeys_do_the_password_adds_the_first_and_nothing_else(
    desk, passkeys, under_review
):
    ermek, device = desk.browser("ermek"), Device()
    assert ermek.act(under_review, ASK).status_code == 303, "the session's password is fresh"
    passkeys(only=True)
    cookies, session = ermek.client.cookies, ermek.session
    ermek = desk.browser("ermek")
    ermek.client.cookies, ermek.session = cookies, session
    again = ermek.post(under_review, ASK)
    assert (again.status_code, "you have none yet" in again.text) == (401, True)
    refused = ermek.act(under_review, ASK)
    assert (refused.status_code, "password alone is not enough" in refused.text) == (403, True)
    assert 'name="_password"' not in refused.text
    assert _add(desk, ermek, device, "First").status_code == 303
    assert ermek.post(under_review, ASK).status_code == 401, "adding is no proof for an act"
    second = _add(desk, ermek, Device(), "Second")
    assert second.status_code == 403, "the second needs the first"
    assert 'name="_password"' not in second.text
    done, _ = _confirm(ermek, device, {**ASK, "text": "Really?"}, under_review)
    assert done.status_code == 303
    with desk.parts.store.unit() as u:
        assert forget_all(u, "ermek", at=desk.clock.now()) == 1
        u.commit()
    assert _add(desk, ermek, Device(), "New").status_code == 303


def test_adding_and_removing_need_a_proof_and_nobody_touches_anothers(desk, passkeys):
    ermek, device = desk.browser("ermek"), Device()
    assert _add(desk, ermek, device, _password="").status_code == 401
    assert _add(desk, ermek, device).status_code == 303
    assert "passkey.there_already" in _add(desk, desk.browser("ermek"), device).text
    with desk.parts.store.unit(read_only=True) as u:
        own = u.passkeys.of_account("ermek")[0].id
    assert desk.browser("feruza").act(f"{MINE}/{own}/remove").status_code == 404
    assert "Phone" not in desk.browser("feruza").get(MINE).text
    fresh = desk.browser("ermek")
    assert fresh.post(f"{MINE}/{own}/remove").status_code == 401
    assert fresh.act(f"{MINE}/{own}/remove").status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        assert u.passkeys.of_account("ermek") == ()


def test_without_the_setting_there_are_no_passkeys(desk):
    assert desk.browser("ermek").get(MINE).status_code == 404
    assert MINE not in desk.browser("ermek").get("/desk/me").text
    assert "data-passkey" not in desk.browser("ermek").post("/desk/files").text


@pytest.mark.parametrize(
    ("host", "good"),
    [
        ("synak.kg", True),
        ("kg", True),
        ("desk.synak.kg", True),
        ("ynak.kg", False),
        ("a.kg", False),
    ],
)
def test_passkeys_are_made_for_the_public_host_or_a_domain_above(host, good):
    asked = {"SYNAK_HOST": "desk.synak.kg", "SYNAK_PASSKEY_HOST": host}
    if good:
        assert Settings.load(asked).passkeys.passkey_host == host
        return
    with pytest.raises(InvalidInput, match=r"settings\.invalid"):
        Settings.load(asked)


def test_only_passkeys_without_passkeys_refuses_to_start():
    with pytest.raises(InvalidInput, match=r"settings\.invalid"):
        Settings.load({"SYNAK_PASSKEY_ONLY": "1"})
