"""What whoever makes a file cannot have: manifest and log bind what was forged, and it is named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account import Account
from eth_account.messages import encode_typed_data

from sandbox.chain.batches import framed, part_hash
from sandbox.chain.transaction import decode
from sandbox.domain.document import document_typed_data
from sandbox.services import evidence_export
from sandbox.services.evidence_check_blocks import Outcome, Publication
from sandbox.services.evidence_check_journal import Journal
from sandbox.services.evidence_check_permit import _published, _terms
from sandbox.services.evidence_verify import verify_file
from tests.services.exports import (
    forged,
    joined,
    lines,
    named,
    parts,
    replaced,
    signed_anew,
    written,
)

BOTH = {
    "assets": "KGST,SOM",
    "max_customers": "3",
    "max_merchants": "1",
    "SOM.per_transaction": "5 000",
    "SOM.window_volume": "9 000",
    "SOM.customer_cap": "20 000",
    "SOM.merchant_cap": "300 000",
}
ANOTHER = "0x" + "11" * 20


def _of(part, forge, kind=None):
    """Forges one part, or its records of one kind."""

    def change(name, value):
        if name == part and (kind is None or value["kind"] == kind):
            forge(value)

    return change


def _unproven_text(part):
    part["hash"] = part_hash(
        part["name"], framed(part["name"], part["text"], part.get("raw"))
    ).hex()
    part["text"] = part["text"].replace("per_transaction", "state")


@pytest.mark.parametrize(
    ("forge", "expected"),
    [
        (lambda record: _unproven_text(record["parts"][0]), ("part 1", "malformed")),
        (lambda record: record["parts"].reverse(), ("part 1", "malformed")),
        (lambda record: record["parts"].append(record["parts"][1]), ("", "malformed")),
        (lambda record: record["parts"][1].update(name="record"), ("part 2", "malformed")),
        (lambda record: record["parts"][1].update(raw=""), ("part 2", "malformed")),
        (lambda record: record["parts"][1].update(note="guilty"), ("part 2", "malformed")),
        (lambda record: record.update(note="guilty"), ("", "malformed")),
        (lambda record: record.update(kind="anchor"), ("", "malformed")),
        (lambda record: record.update(kind="tx"), ("", "batch_proof")),
    ],
)
def test_whoever_makes_a_file_cannot_show_what_no_batch_holds(evidence, forge, expected):
    found = named(forged(evidence, _of("journal/kgst.jsonl", forge, "refusal")))
    assert ("journal/kgst.jsonl", *expected) in {(part, *rest) for part, _, *rest in found}


def test_a_record_whose_own_part_is_kept_back_is_named(evidence):
    def forge(value):
        first = value["parts"][0]
        digest = part_hash("record", framed("record", first["text"], first["raw"])).hex()
        value["parts"][0] = {"name": "record", "hash": digest}

    found = named(forged(evidence, _of("journal/kgst.jsonl", forge, "refusal")))
    assert ("record", "hidden") in {each[2:] for each in found}


def test_the_same_maker_without_a_change_makes_a_file_that_holds(evidence):
    assert named(forged(evidence, lambda _part, _value: None)) == set()


def _strangers(permit, count):
    """Version 1 signed rightly, by keys that nobody knows."""
    version, first = permit["versions"][0], permit["chains"][0]
    document, chains = version["document"], {each["chain"]: each for each in permit["chains"]}
    version["signatures"] = []
    for _ in range(count):
        key = Account.create()

        def sign(typed, key=key):
            signed = key.sign_message(encode_typed_data(full_message=typed))
            return "0x" + bytes(signed.signature).hex()

        typed = document_typed_data(
            document, chain_id=first["chain_id"], supervisor=first["supervisor"]
        )
        terms = {name: sign(_terms(document, chains[name])) for name in chains}
        version["signatures"].append(
            {
                "address": key.address,
                "terms": terms,
                "document": sign(typed),
                "at": "2026-01-01T00:00:00+00:00",
                "account": None,
            }
        )


@pytest.mark.parametrize(
    ("forge", "field", "code"),
    [
        (lambda it: it["versions"][0]["signatures"].pop(), "signatures", "too_few_signatures"),
        (lambda it: it["versions"][0]["signatures"].clear(), "signatures", "too_few_signatures"),
        (
            lambda it: it["versions"][0].update(
                signatures=[it["versions"][0]["signatures"][0]] * 2
            ),
            *("signatures", "regulator_signature"),
        ),
        (lambda it: _strangers(it, 2), "its publication on kgst", "unpublished"),
        (
            lambda it: it["versions"][0]["signatures"][1].update(terms={}),
            *("signature 2, kgst", "regulator_signature"),
        ),
        (lambda it: it["versions"].append(it["versions"][0]), "version", "order"),
        (lambda it: it["versions"][0].update(note="guilty"), "", "malformed"),
        (lambda it: it["versions"][0]["signatures"][0].update(note="x"), "", "malformed"),
    ],
)
def test_a_version_passes_only_with_two_signatures_that_the_supervisor_took(
    evidence, forge, field, code
):
    found = named(forged(evidence, _of("permit.json", forge)))
    assert ("permit.json", "version 1", field, code) in found


def test_a_publication_with_strangers_signatures_behind_its_arguments_is_none(evidence):
    found = parts(evidence.named)
    permit = json.loads(found["permit.json"])
    version, supervisor = permit["versions"][0], permit["chains"][0]["supervisor"].lower()
    records = [each for each in lines(found["journal/kgst.jsonl"]) if each["kind"] == "tx"]
    said = Publication(supervisor, permit["permit_id"], 1)
    for record in records:
        tx = decode(bytes.fromhex(record["parts"][0]["raw"]))
        outcomes = {tx.hash: Outcome(succeeded=True, published=(said,))}
        if _published(permit, version, {"kgst": Journal({tx.hash: tx})}, outcomes):
            break
    else:
        raise AssertionError("no record publishes version 1")
    more = replace(tx, data=tx.data + bytes(65))
    journals = {"kgst": Journal({tx.hash: more})}
    assert _published(permit, version, journals, outcomes) == {}
    failed = {tx.hash: Outcome(succeeded=False, published=(said,))}
    silent = {tx.hash: Outcome(succeeded=True, published=())}
    for wrong in (failed, silent, {}):
        assert _published(permit, version, {"kgst": Journal({tx.hash: tx})}, wrong) == {}


def test_strangers_do_not_pass_in_a_file_of_a_period_either(evidence):
    long_past = replaced(until=evidence.granted_at())
    assert named(forged(evidence, lambda _part, _value: None, long_past)) == set()
    found = named(forged(evidence, _of("permit.json", lambda it: _strangers(it, 2)), long_past))
    assert ("permit.json", "version 1", "its publication on kgst", "unpublished") in found


def test_a_file_without_the_publications_it_rests_on_is_named(evidence, monkeypatch):
    def without(_part, _chain):
        return frozenset()

    monkeypatch.setattr(evidence_export, "signatures_on", without)
    monkeypatch.setattr(evidence_export, "_all_published", lambda *_: None)
    found = named(
        forged(evidence, lambda _part, _value: None, replaced(until=evidence.granted_at()))
    )
    assert found == {
        ("permit.json", f"version {number}", "its publication on kgst", "unpublished")
        for number in (1, 2)
    }


def test_a_permit_on_two_chains_must_be_published_on_both(evidence, monkeypatch):
    number = evidence.active(**BOTH)
    evidence.enter()
    report = verify_file(evidence.exported(number))
    assert report.problems == []
    (version,) = report.facts["versions"]
    assert set(version["published"]) == set(report.facts["supervisor"]) == {"kgst", "som"}
    whole = evidence_export.signatures_on
    monkeypatch.setattr(
        evidence_export,
        "signatures_on",
        lambda part, chain: frozenset() if chain == "som" else whole(part, chain),
    )
    monkeypatch.setattr(evidence_export, "_all_published", lambda *_: None)
    with evidence.store.unit(read_only=True) as u:
        before = replaced(until=u.permits.get(number).granted_at)
    found = named(verify_file(evidence.exported(number, before)))
    assert found == {("permit.json", "version 1", "its publication on som", "unpublished")}


def test_no_file_is_made_of_a_version_whose_publication_no_batch_holds(evidence, monkeypatch):
    monkeypatch.setattr(evidence_export, "signatures_on", lambda _part, _chain: frozenset({"0x00"}))
    task = evidence.ordered(evidence.number)
    monkeypatch.setattr(
        evidence_export, "lay_out_chain", _laid_out_without(evidence_export.lay_out_chain)
    )
    evidence.exporter.work_once()
    done = evidence.task(task.id)
    assert (done.state, done.result["code"]) == ("failed", "evidence.publication_missing")


def _laid_out_without(lay_out):
    def laid(desk, staging, asked, **more):
        return lay_out(desk, staging, replace(asked, signatures=frozenset()), **more)

    return laid


def test_a_file_of_a_period_that_holds_more_than_its_period_is_named(evidence, monkeypatch):
    whole = evidence_export.Order.from_dict

    def from_dict(data):
        return replaced(**{**whole(data).__dict__, "until": None})

    monkeypatch.setattr(evidence_export.Order, "from_dict", from_dict)
    found = named(
        forged(evidence, lambda _part, _value: None, replaced(until=evidence.granted_at()))
    )
    assert {each[2:] for each in found} == {("at", "outside")}


def _other_supervisor(named_so, chain_id=None):
    """Another Supervisor or chain, told by these parts alike, and signed for by strangers."""

    def change(part, value):
        for where in {
            "manifest.json": lambda: [value["chains"]["kgst"]],
            "permit.json": lambda: value["chains"],
        }.get(part, list)():
            if part in named_so:
                where.update({"chain_id": chain_id} if chain_id else {"supervisor": ANOTHER})
        if part == "permit.json" and part in named_so:
            _strangers(value, 2)

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_other_supervisor(["manifest.json"]), ("kgst", "supervisor", "other_supervisor")),
        (_other_supervisor(["permit.json"]), ("kgst", "supervisor", "other_supervisor")),
        (
            _other_supervisor(["manifest.json", "permit.json"]),
            ("version 1", "its publication on kgst", "unpublished"),
        ),
        (_other_supervisor(["manifest.json"], 1), ("kgst", "chain_id", "other_supervisor")),
        (
            _other_supervisor(["manifest.json", "permit.json"], 1),
            ("version 1", "its publication on kgst", "unpublished"),
        ),
    ],
)
def test_a_supervisor_or_chain_of_strangers_is_named(evidence, change, expected):
    assert expected in {each[1:] for each in named(forged(evidence, change))}


@pytest.mark.parametrize(
    ("forge", "field", "code"),
    [
        (lambda it: it["parts"][0].update(bytes=1), "bytes", "digest"),
        (lambda it: it["parts"].append(it["parts"][0]), "parts", "malformed"),
        (lambda it: it["made_by"].update(seat="court"), "made_by", "manifest"),
        (lambda it: it["made_by"].update(note="x"), "", "malformed"),
        (lambda it: it["chains"]["kgst"].update(note="x"), "", "malformed"),
        (lambda it: it["chains"]["kgst"]["not_sealed"].append("0x1"), "not_sealed", "unexpected"),
    ],
)
def test_a_manifest_that_says_what_is_not_is_named_though_the_log_binds_it(
    evidence, forge, field, code
):
    found = named(forged(evidence, _of("manifest.json", forge)))
    assert (field, code) in {each[2:] for each in found}


def test_an_earlier_head_of_another_key_is_named(evidence, tmp_path):
    found = parts(evidence.named)
    heads = lines(found["log/heads.jsonl"])
    heads[0] = signed_anew(Ed25519PrivateKey.generate(), heads[0])
    changed = {**found, "log/heads.jsonl": joined(heads)}
    report = verify_file(written(tmp_path / "x.zip", changed), key=evidence.key.public)
    assert {(part, code) for part, _, _, code in named(report)} == {
        ("log/heads.jsonl", "other_key")
    }


def test_a_field_beside_a_receipt_is_named(evidence):
    found = named(
        forged(evidence, _of("blocks/kgst.jsonl", lambda it: it["transactions"][0].update(x=0)))
    )
    assert {each[2:] for each in found} >= {("", "malformed")}
