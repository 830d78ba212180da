"""IVMS 101.2023 messages: what is read, and each thing for which one is put aside."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from sandbox.forensics import CannotMatch, Feed, message_schema
from sandbox.forensics.travel_rule.messages import accounts, message, names
from tests.forensics.feeds import account, changed, legal, natural
from tests.forensics.feeds import message as said

ORIGINATOR = "ivms101/originator/originatorPerson/0"
NUMBER = f"{ORIGINATOR}/naturalPerson/nationalIdentification"
NAME = f"{ORIGINATOR}/naturalPerson/name/nameIdentifier/0"
BIRTH = f"{ORIGINATOR}/naturalPerson/dateAndPlaceOfBirth"
LEGAL = f"{ORIGINATOR}/legalPerson"
LEGAL_TYPE = f"{LEGAL}/name/nameIdentifier/0/legalPersonNameIdentifierType"
PATH = "ivms101/transferPath"
METADATA = "ivms101/payloadMetadata"
ADDRESS = {
    "addressType": "HOME",
    "streetName": "Manas",
    "buildingNumber": "5",
    "townName": "Osh",
    "country": "KG",
}
LEI = {"nationalIdentifier": "3M5E1GQKGL17HI8CPN20", "nationalIdentifierType": "LEIX"}
RAID = {
    "nationalIdentifier": "446005",
    "nationalIdentifierType": "RAID",
    "registrationAuthority": "RA000553",
}


def refused(code, row):
    with pytest.raises(CannotMatch) as error:
        message(row)
    assert error.value.code == code, error.value
    assert len({error.value.explain(each) for each in ("en", "ru", "ky")}) == 3
    return error.value


def with_address(**more):
    address = {key: value for key, value in (ADDRESS | more).items() if value is not None}
    return changed(said(), f"{ORIGINATOR}/naturalPerson/geographicAddress", [address])


def with_legal(**more):
    return changed(said(), ORIGINATOR, legal("Ak Kuu LLC", account(1), **more))


def with_number(number):
    return with_legal(nationalIdentification=number)


def through(sequence):
    return changed(said(), PATH, {"transferPath": [{"intermediaryVASP": legal()} | sequence]})


def test_a_message_is_read():
    read = message(said())
    assert (read.id, read.units, read.hash) == ("m-1", 100_000 * 10**18, None)
    assert names(read.originators) == ("Asanov Bakyt",)
    assert accounts(read.beneficiaries) == {account(2)}


def test_every_name_counts_and_addresses_have_no_capitals():
    local = [{"primaryIdentifier": "Асанов", "nameIdentifierType": "LEGL"}]
    row = changed(said(), f"{ORIGINATOR}/naturalPerson/name/localNameIdentifier", local)
    row = changed(row, f"{ORIGINATOR}/accountNumber", ["0xAB", "KG12AB"])
    read = message(row)
    assert names(read.originators) == ("Asanov Bakyt", "Асанов")
    assert accounts(read.originators) == {"0xab", "KG12AB"}
    assert names(message(with_legal()).originators) == ("Ak Kuu LLC",)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (changed(changed(said(), NUMBER, None), BIRTH, None), "c1"),
        (changed(said(), f"{BIRTH}/dateOfBirth", "2026-11-01"), "c2"),
        (changed(said(), f"{NUMBER}/countryOfIssue", "EU"), "c3"),
        (with_address(country="UK"), "c3"),
        (changed(with_legal(), f"{LEGAL}/customerIdentification", None), "c4"),
        (changed(with_legal(), LEGAL_TYPE, "TRAD"), "c5"),
        (changed(said(), f"{NAME}/naturalPersonNameIdentifierType", "ALIA"), "c6"),
        (with_number(RAID | {"nationalIdentifierType": "CCPT"}), "c7"),
        (with_address(streetName=None), "c8"),
        (with_address(buildingNumber=None), "c8"),
        (with_number(RAID | {"countryOfIssue": "KG"}), "c9"),
        (with_number(LEI | {"registrationAuthority": "RA000553"}), "c9"),
        (with_number(RAID | {"registrationAuthority": None}), "c9"),
        (with_number(LEI | {"nationalIdentifier": "3m5e1gqkgl17hi8cpn20"}), "c11"),
        (through({"sequence": 1}), "c12"),
        (changed(said(), ORIGINATOR, natural("A", "1") | legal()), "person"),
        (changed(said(), ORIGINATOR, {"accountNumber": ["1"]}), "person"),
        (changed(said(), "sent", None), "field_missing"),
        (said(note="x"), "field_unknown"),
        (changed(said(), f"{NAME}/nameIdentifierType", "LEGL"), "field_unknown"),
        (changed(said(), f"{NAME}/primaryIdentifier", "Асанов"), "field_malformed"),
        (changed(said(), f"{NAME}/primaryIdentifier", "a" * 101), "field_malformed"),
        (changed(said(), f"{NAME}/primaryIdentifier", ""), "field_malformed"),
        (with_number(RAID | {"registrationAuthority": "RA553"}), "field_malformed"),
        (with_address(addressLine=["x"] * 8), "field_malformed"),
        (said(sent="2026-11-01T10:00:00"), "field_malformed"),
        (said(amount="1.5"), "field_malformed"),
        (said(amount=100), "field_malformed"),
        (said(hash="0x12"), "field_malformed"),
        (said(sent=1_762_000_000), "field_malformed"),
        (said(sent=object()), "field_malformed"),
        (changed(said(), f"{BIRTH}/dateOfBirth", "1971-05-03T00:00:00"), "field_malformed"),
        (changed(said(), f"{BIRTH}/dateOfBirth", 1), "field_malformed"),
        (through({"sequence": "0"}), "field_malformed"),
        (changed(said(), f"{NUMBER}/country_of_issue", "KG"), "field_unknown"),
        (changed(said(), f"{METADATA}/payloadVersion", "101"), "field_malformed"),
        (changed(said(), f"{METADATA}/transliterationMethod", ["Cyrl"]), "field_malformed"),
        (changed(said(), "ivms101/originator/originatorPerson", []), "field_malformed"),
    ],
)
def test_a_message_that_breaks_the_standard_is_refused_for_that(row, code):
    refused(f"travel.{code}", row)


def test_the_field_that_is_wrong_is_named():
    assert refused("travel.c3", with_address(country="UK")).params == {
        "field": "ivms101.originator.originatorPerson.0.naturalPerson.geographicAddress.0.country"
    }


@pytest.mark.parametrize(
    "row",
    [
        with_address(),
        with_address(country="XX"),
        with_address(streetName=None, buildingNumber=None, addressLine=["Osh, Manas 5"]),
        with_address(buildingNumber=None, buildingName="Dom"),
        with_number(LEI),
        with_number(RAID),
        changed(said(), NUMBER, None),
        changed(said(), f"{BIRTH}/dateOfBirth", "2026-10-31"),
        changed(said(), "ivms101/originatingVASP", None),
        changed(said(), "ivms101/beneficiary/beneficiaryPerson/0/accountNumber", []),
        through({"sequence": 0}),
        said(hash="0x" + "aB" * 32),
    ],
)
def test_its_neighbour_that_keeps_to_it_is_read(row):
    assert message(row).id == "m-1"


def test_a_feed_puts_wrong_messages_aside_with_their_errors(tmp_path):
    wrong = changed(said("m-2", hash="0x" + "1" * 64), f"{NUMBER}/countryOfIssue", "EU")
    rows = [said("m-1"), wrong, {"sender": 5}]
    feed = Feed.read(rows)
    assert [each.id for each in feed.messages] == ["m-1"]
    assert feed.refused.select("message", "sender", "code").rows() == [
        ("m-2", "A", "travel.c3"),
        ("3", None, "travel.field_missing"),
    ]
    (tmp_path / "feed.json").write_text(json.dumps(rows), "utf-8")
    (tmp_path / "feed.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    for name in ("feed.json", "feed.jsonl"):
        assert Feed.read(tmp_path / name).messages == feed.messages


def test_an_id_counts_once_for_each_sender():
    feed = Feed.read([said("m"), said("m", amount="5"), said("m", sender="C")])
    assert [(each.sender, each.amount == "5") for each in feed.messages] == [
        ("A", False),
        ("C", False),
    ]
    assert feed.refused["code"].to_list() == ["travel.message_twice"]


def test_what_is_no_feed_is_refused(tmp_path):
    (tmp_path / "feed").write_text("[1", "utf-8")
    for source in (tmp_path / "feed", tmp_path / "none", [1]):
        with pytest.raises(CannotMatch, match="feed_malformed"):
            Feed.read(source)
    assert Feed.read([]).messages == ()


def test_the_schema_accepts_what_is_read_and_refuses_what_has_another_form():
    schema = message_schema()
    Draft202012Validator.check_schema(schema)
    known = Draft202012Validator(schema)
    assert known.is_valid(said())
    assert known.is_valid(with_address())
    assert not known.is_valid(said(note="x"))
    assert not known.is_valid(changed(said(), f"{NAME}/primaryIdentifier", "Асанов"))
    assert not known.is_valid(changed(said(), METADATA, None))
