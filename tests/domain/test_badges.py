"""Certificates as tokens: what was signed holds, and nothing else does."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.domain.badge_status import PLACES, check_status, status_list
from sandbox.domain.badges import LARGEST, issuer_of, read_badge, sign
from sandbox.domain.certificates import Certificate, credential, list_address
from sandbox.domain.receipts import ReceiptKey
from sandbox.kit.errors import IntegrityFailure, SynakError

KEY, OTHER = ReceiptKey.from_seed(b"k" * 32), ReceiptKey.from_seed(b"o" * 32)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://synak.example"
NAMES = ("Бейшеева Лира", "Beisheeva Lira")
MADE = Certificate(
    "a" * 32, "digital-money", "lira", {"en": "Money", "ru": "Деньги", "ky": "Акча"},
    ({"en": "read", "ru": "читать", "ky": "окуу"},), 60, "University (Synak)", "0f" * 16, 1, 77,
    "kanat", datetime(2024, 1, 1, tzinfo=UTC),
)  # fmt: skip


def said(*, hidden=False, names=NAMES, key=KEY):
    return credential(MADE, names, hidden=hidden, public_hex=key.public_hex, public_url=URL)


def token(**changes):
    return sign(said() | changes, KEY).encode()


def refused(content, key=KEY, at=NOW):
    with pytest.raises(SynakError) as found:
        read_badge(content, key.public_hex, at)
    return found.value.code


def part(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def with_header(**changes):
    """A token whose header says something else, signed by our key all the same."""
    head, body, _ = token().decode().split(".")
    header = part(head) | changes
    fresh = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    signature = KEY.private.sign(f"{fresh}.{body}".encode())
    return f"{fresh}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}".encode()


def test_a_certificate_holds_and_says_what_it_is():
    found = read_badge(token() + b"\n", KEY.public_hex, NOW)
    assert (found.name, found.issuer) == ("Акча / Деньги / Money", "University (Synak)")
    assert [each.text for each in found.names] == list(NAMES)
    assert found.is_of("Бейшеева  Лира")
    assert not found.is_of("Бейшеева")
    for words in ("neither a licence nor a diploma", "не лицензия и не диплом", "диплом да эмес"):
        assert words in found.criteria
    assert "60 %" in found.criteria


def test_its_form_is_that_of_open_badges():
    head, body, _ = token().decode().split(".")
    header, claims = part(head), part(body)
    assert (header["alg"], header["typ"]) == ("EdDSA", "JWT")
    assert set(header["jwk"]) == {"kty", "crv", "x"}
    assert claims["iss"] == claims["issuer"]["id"] == issuer_of(KEY.public_hex)
    assert claims["jti"] == claims["id"]
    assert claims["sub"] == claims["credentialSubject"]["id"]
    moment = datetime.strptime(claims["validFrom"], "%Y-%m-%dT%H:%M:%S%z")
    assert claims["nbf"] == moment.timestamp()
    assert {"id", "type", "name", "criteria", "description"} <= set(
        claims["credentialSubject"]["achievement"]
    )
    assert claims["credentialStatus"]["statusListIndex"] == "77"


def test_a_hidden_name_is_only_a_salted_hash_that_whoever_knows_it_compares():
    content = sign(said(hidden=True), KEY).encode()
    assert "Бейшеева" not in json.dumps(part(content.decode().split(".")[1]), ensure_ascii=False)
    found = read_badge(content, KEY.public_hex, NOW)
    assert found.hidden
    assert found.is_of(NAMES[0])
    assert not found.is_of(NAMES[1])
    assert found.is_latin_of(NAMES[1])
    assert not found.is_latin_of(NAMES[0])
    assert not found.is_of("Марат")
    right = hashlib.sha256((NAMES[0] + MADE.salt).encode()).hexdigest()
    assert found.names[0].text == f"sha256${right}"


def test_the_same_certificate_is_the_same_token():
    assert token() == token()


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_every_changed_byte_is_refused(data):
    whole = token()
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda each: each != whole[place]))
    altered = whole[:place] + bytes([byte]) + whole[place + 1 :]
    if altered.strip() != whole:
        assert refused(altered).startswith("badge.")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_what_is_no_certificate_is_refused_and_never_breaks_the_check(content):
    assert refused(content) == "badge.malformed"


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_every_part_left_out_is_refused(data):
    whole = token()
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start + 1, len(whole)))
    assert refused(whole[:start] + whole[end:]).startswith("badge.")


@pytest.mark.parametrize("name", ["none", "None", "HS256", "RS256", "ES256", "eddsa", None, 1, {}])
def test_every_other_algorithm_is_refused(name):
    assert refused(with_header(alg=name)) == "badge.other_algorithm"


def test_an_unsigned_token_is_refused():
    head, body, _ = with_header(alg="none").split(b".")
    assert refused(b".".join((head, body, b""))) == "badge.other_algorithm"


def test_the_key_of_a_token_is_never_trusted():
    foreign = sign(said(key=OTHER), OTHER).encode()
    assert refused(foreign) == "badge.other_key"
    assert refused(token(), OTHER) == "badge.other_key"
    assert refused(with_header(jwk={"kty": "OKP"})) == "badge.other_key"
    assert refused(with_header(crit=["exp"])) == "badge.other_key"


def test_another_signature_is_refused():
    head, body, _ = token().split(b".")
    other = base64.urlsafe_b64encode(OTHER.private.sign(head + b"." + body)).rstrip(b"=")
    assert refused(b".".join((head, body, other))) == "badge.wrong_signature"


def test_a_key_that_is_none_is_said_to_be_none():
    with pytest.raises(SynakError, match=r"receipt\.bad_key"):
        read_badge(token(), "11" * 20, NOW)


def test_the_term_is_kept():
    until = token(validUntil="2026-11-22T11:00:00Z")
    assert refused(until) == "badge.expired"
    assert read_badge(until, KEY.public_hex, NOW - timedelta(hours=2)).until is not None
    assert refused(token(), at=datetime(2023, 1, 1, tzinfo=UTC)) == "badge.not_yet"


@pytest.mark.parametrize(
    "change",
    [
        {"type": ["VerifiableCredential"]},
        {"@context": []},
        {"credentialStatus": None},
        {"credentialSubject": {"id": "x"}},
        {"validUntil": "tomorrow"},
        {"validUntil": "2026-11-22T12:00:00+00:00"},
        {"validUntil": 5},
    ],
)
def test_another_form_that_the_platform_signed_is_refused(change):
    try:
        content = token(**change)
    except (ValueError, TypeError):
        content = sign(said(), KEY).encode().replace(b".", b"", 1)
    assert refused(content) == "badge.malformed"


def test_a_list_is_no_certificate_and_a_certificate_no_list():
    listed = status_list(list_address(URL, 1), [], NOW, KEY).encode()
    assert refused(listed) == "badge.malformed"
    with pytest.raises(IntegrityFailure, match=r"badge\.list_malformed"):
        check_status(token(), read_badge(token(), KEY.public_hex, NOW), KEY.public_hex, NOW)


def test_too_much_is_refused_before_it_is_read():
    assert refused(b"a" * (LARGEST + 1)) == "badge.too_large"
    deep = base64.urlsafe_b64encode(b"[" * 10_000).rstrip(b"=")
    assert refused(b".".join((deep, deep, b"AA"))) == "badge.malformed"


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(0, PLACES - 1), max_size=50), st.integers(0, PLACES - 1))
def test_a_list_tells_of_each_place_whether_it_is_revoked(revoked, place):
    listed = status_list(list_address(URL, 1), revoked, NOW, KEY).encode()
    badge = replace(read_badge(token(), KEY.public_hex, NOW), status_index=place)
    if place in revoked:
        with pytest.raises(IntegrityFailure, match=r"badge\.revoked"):
            check_status(listed, badge, KEY.public_hex, NOW)
    else:
        assert check_status(listed, badge, KEY.public_hex, NOW) == "2026-11-22T12:00:00Z"


def test_another_list_is_refused():
    badge = read_badge(token(), KEY.public_hex, NOW)
    other = status_list(list_address(URL, 2), [], NOW, KEY).encode()
    with pytest.raises(IntegrityFailure, match=r"badge\.other_list"):
        check_status(other, badge, KEY.public_hex, NOW)
    foreign = status_list(list_address(URL, 1), [], NOW, OTHER).encode()
    with pytest.raises(IntegrityFailure, match=r"badge\.other_key"):
        check_status(foreign, badge, KEY.public_hex, NOW)


@pytest.mark.parametrize("at", [MADE.issued_at - timedelta(seconds=1), NOW + timedelta(seconds=1)])
def test_a_list_from_before_the_certificate_or_after_now_cannot_answer(at):
    badge = read_badge(token(), KEY.public_hex, NOW)
    listed = status_list(list_address(URL, 1), [], at, KEY).encode()
    with pytest.raises(IntegrityFailure, match=r"badge\.list_of_another_time"):
        check_status(listed, badge, KEY.public_hex, NOW)


@pytest.mark.parametrize("at", [MADE.issued_at, NOW])
def test_a_list_from_between_answers(at):
    listed = status_list(list_address(URL, 1), [], at, KEY).encode()
    assert check_status(listed, read_badge(token(), KEY.public_hex, NOW), KEY.public_hex, NOW)
