"""Receipts: what was signed holds, and nothing else does, whichever byte is another one."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from sandbox.domain.classroom import Action, ActionKind
from sandbox.domain.coursework import Bundle
from sandbox.domain.receipts import (
    ReceiptKey,
    read_receipt,
    receipt_for,
    receipt_text,
    verify_receipt,
)
from sandbox.kit.errors import IntegrityFailure, SynakError

KEY = ReceiptKey.from_seed(b"k" * 32)


def handed_in(organisation="demo-university"):
    bundle = Bundle.of({"answer.txt": b"42"})
    action = Action(
        7, "a" * 32, datetime(2026, 11, 21, tzinfo=UTC), "lira", ActionKind.SUBMITTED,
        "digital-money", "lab", "lira", bundle.hash, {}, organisation,
    )  # fmt: skip
    return action, bundle


def receipt(organisation="demo-university"):
    action, bundle = handed_in(organisation)
    return receipt_for(action, bundle.entries, KEY)


def test_a_receipt_holds_as_it_was_kept():
    body = verify_receipt(read_receipt(receipt_text(receipt()).encode()), KEY.public_hex)
    assert (body["student"], body["organisation"]) == ("lira", "demo-university")


def test_a_receipt_from_before_organisations_were_noted_is_the_same_as_ever():
    assert "organisation" not in receipt(None)["body"]
    assert verify_receipt(receipt(None), KEY.public_hex)


@pytest.mark.parametrize("by", [0x01, 0x20, 0x80])
def test_every_altered_byte_is_refused_unless_it_says_the_same(by):
    """White space for white space alone may change: it is no part of what is said."""
    text = receipt_text(receipt()).encode()
    said = json.loads(text)
    for place in range(len(text)):
        altered = text[:place] + bytes([text[place] ^ by]) + text[place + 1 :]
        try:
            verify_receipt(read_receipt(altered), KEY.public_hex)
        except IntegrityFailure:
            continue
        assert text[place : place + 1].isspace(), (place, altered[place - 20 : place + 20])
        assert json.loads(altered) == said


def test_every_byte_left_out_or_written_twice_is_refused_unless_it_says_the_same():
    text = receipt_text(receipt()).encode()
    for place in range(len(text)):
        for middle in (b"", text[place : place + 1] * 2):
            altered = text[:place] + middle + text[place + 1 :]
            try:
                verify_receipt(read_receipt(altered), KEY.public_hex)
            except IntegrityFailure:
                continue
            assert text[place : place + 1].isspace(), place


def test_every_other_spelling_of_the_signature_is_refused():
    """Base64 has unused bits: the same 64 bytes could be written in sixteen ways."""
    said = receipt()
    same = 0
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/":
        other = said["signature"][:-3] + last + "=="
        if base64.b64decode(other) == base64.b64decode(said["signature"]):
            same += 1
        if other != said["signature"]:
            with pytest.raises(IntegrityFailure):
                verify_receipt({**said, "signature": other}, KEY.public_hex)
    assert same > 1


@pytest.mark.parametrize(
    "change",
    [
        {"note": "not signed"},
        {"signature": None},
        {"signature": ""},
        {"public_key": KEY.public_hex.upper()},
        {"body": []},
        {"body": {"kind": "other"}},
    ],
)
def test_a_part_that_nobody_signed_is_refused(change):
    with pytest.raises(IntegrityFailure):
        verify_receipt(receipt() | change, KEY.public_hex)


@pytest.mark.parametrize("value", [1.5, 2**60, None, [], {}, "\ud800"])
def test_a_body_of_odd_values_is_refused_and_never_breaks_the_check(value):
    for name in receipt()["body"]:
        said = receipt()
        said["body"][name] = value
        with pytest.raises(IntegrityFailure):
            verify_receipt(said, KEY.public_hex)
    for name in ("path", "sha256", "size"):
        said = receipt()
        said["body"]["files"][0][name] = value
        with pytest.raises(IntegrityFailure):
            verify_receipt(said, KEY.public_hex)


def test_a_name_written_twice_is_refused():
    text = receipt_text(receipt()).replace('"kind"', '"kind": "x",\n "kind"', 1)
    with pytest.raises(IntegrityFailure):
        read_receipt(text.encode())


def test_a_key_that_is_none_is_said_to_be_none():
    with pytest.raises(SynakError, match=r"receipt\.bad_key"):
        verify_receipt(receipt(), "11" * 20)
