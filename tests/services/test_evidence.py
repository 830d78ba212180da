"""Evidence files: what is in them, and that whatever is altered afterwards is named."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.kit.canonical import canonical
from sandbox.services.evidence_verify import verify_file
from tests.services.exports import (
    ORDER,
    bound_anew,
    joined,
    lines,
    named,
    parts,
    replaced,
    signed_anew,
    written,
)


def test_an_untouched_file_holds_and_says_what_it_is(evidence):
    report = verify_file(evidence.exhibit, key=evidence.key.public)
    assert report.problems == []
    assert all(ok for _, ok in report.steps)
    facts = report.facts
    assert (facts["permit"], facts["recipient"]) == (evidence.number, ORDER.recipient)
    assert facts["legal_basis"] == ORDER.legal_basis
    assert facts["refusals"] == 1
    assert facts["succeeded"] >= 6
    assert [len(each["signatures"]) for each in facts["versions"]] == [2, 1]
    for version in facts["versions"]:
        assert version["published"]["kgst"].startswith("0x")


def test_names_are_shown_or_left_out_and_both_files_hold(evidence):
    report = verify_file(evidence.named, key=evidence.key.public)
    assert report.problems == []
    shown, hidden = parts(evidence.named), parts(evidence.exhibit)
    assert b"account" in shown["journal/kgst.jsonl"]
    assert b"ermek" in shown["log/entries.jsonl"]
    for part, data in hidden.items():
        for name in (b"ermek", b"feruza", b"bakyt", b"aigul"):
            assert name not in data, (part, name)
    assert lines(hidden["journal/kgst.jsonl"])[0].keys() == {
        *("batch", "sequence", "kind", "parts", "proof")
    }


def test_nothing_of_another_permit_or_of_a_persons_secret_is_in_the_file(evidence):
    with evidence.store.unit(read_only=True) as u:
        people = [*u.customers.of_permit(evidence.number), *u.customers.of_permit(evidence.other)]
    for path in (evidence.exhibit, evidence.named):
        for part, data in parts(path).items():
            assert evidence.other.encode() not in data, part
            for person in people:
                assert person.id.encode() not in data, part
                assert person.salt.encode() not in data, part


def test_the_periods_records_only_and_what_published_the_versions(evidence):
    report = verify_file(evidence.exported(evidence.number, replaced(until=evidence.granted_at())))
    assert report.problems == []
    assert (report.facts["transactions"], report.facts["refusals"]) == (2, 0)
    assert [list(each["published"]) for each in report.facts["versions"]] == [["kgst"], ["kgst"]]


def test_the_file_names_chain_and_supervisor_and_what_no_batch_holds_yet(evidence):
    where = evidence.system.national["kgst"]
    for facts in (verify_file(evidence.exhibit).facts,):
        assert facts["chain_id"] == {"kgst": where.chain_id}
        assert facts["supervisor"] == {"kgst": where.supervisor}
        assert facts["not_batched"] == {"kgst": 0}


def _flipped(data, place):
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_byte_flipped_anywhere_in_any_part_is_found_and_the_part_is_named(
    evidence, tmp_path, data
):
    found = parts(evidence.named)
    name = data.draw(st.sampled_from(sorted(each for each in found if found[each])))
    place = data.draw(st.integers(0, len(found[name]) - 1))
    report = verify_file(
        written(tmp_path / "x.zip", {**found, name: _flipped(found[name], place)}),
        key=evidence.key.public,
    )
    if [each.code for each in report.obstacles] == ["unknown_format"]:
        assert (name, report.verdict) == ("manifest.json", "cannot_check")
        return
    assert name in {problem.part for problem in report.problems}, (name, place, report.problems)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_byte_flipped_in_the_file_itself_never_passes_as_another_truth(evidence, tmp_path, data):
    whole = evidence.named.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    path = tmp_path / "x.zip"
    path.write_bytes(_flipped(whole, place))
    report = verify_file(path, key=evidence.key.public)
    if (
        report.verdict == "whole"
    ):  # a byte that no part is made of, as a date or a permission in the container
        assert parts(path) == parts(evidence.named)


def _again(evidence, tmp_path, change):
    """What is named in a file whose parts were changed, and whose manifest was made over anew."""
    found = dict(parts(evidence.named))
    change(found)
    path = written(tmp_path / "x.zip", bound_anew(found))
    return named(verify_file(path, key=evidence.key.public))


def _records(found, kind, part="journal/kgst.jsonl"):
    return [each for each in lines(found[part]) if each["kind"] == kind]


@pytest.mark.parametrize("kind", ["tx", "refusal", "seal"])
def test_a_record_that_was_taken_out_is_named(evidence, tmp_path, kind):
    found = parts(evidence.named)
    gone = _records(found, kind)[-1]
    kept = [each for each in lines(found["journal/kgst.jsonl"]) if each != gone]
    report = verify_file(written(tmp_path / "x.zip", {**found, "journal/kgst.jsonl": joined(kept)}))
    name = ("journal/kgst.jsonl", f"record {gone['sequence']}", kind, "missing")
    assert name in named(report)


def test_taking_it_out_of_the_manifest_too_shows_at_the_audit_log(evidence, tmp_path):
    def change(found):
        gone = _records(found, "refusal")[0]
        kept = [each for each in lines(found["journal/kgst.jsonl"]) if each != gone]
        found["journal/kgst.jsonl"] = joined(kept)
        manifest = json.loads(found["manifest.json"])
        manifest["chains"]["kgst"]["records"]["refusal"].remove(gone["sequence"])
        found["manifest.json"] = canonical(manifest)

    assert _again(evidence, tmp_path, change) == {("manifest.json", "", "", "manifest")}


def _text_changed(found, kind, old, new):
    """The first record of a kind with another text; which one it was."""
    values = lines(found["journal/kgst.jsonl"])
    record = next(each for each in values if each["kind"] == kind)
    text = record["parts"][0]["text"]
    assert old in text
    record["parts"][0]["text"] = text.replace(old, new, 1)
    found["journal/kgst.jsonl"] = joined(values)
    return record["sequence"]


@pytest.mark.parametrize(
    ("kind", "old", "new", "field"),
    [
        ("tx", '"nonce":', '"nonce":1', "nonce"),
        ("tx", '"sender":"0x', '"sender":"0xa', "sender"),
        ("refusal", '"clause":"per_transaction"', '"clause":"state"', ""),
        ("seal", '"number":', '"number":1', ""),
    ],
)
def test_a_changed_field_of_a_record_is_named_even_when_all_digests_were_made_anew(
    evidence, tmp_path, kind, old, new, field
):
    changed = []
    problems = _again(
        evidence, tmp_path, lambda found: changed.append(_text_changed(found, kind, old, new))
    )
    assert ("journal/kgst.jsonl", f"record {changed[0]}", field, "batch_proof") in problems


def _blocks(found):
    return lines(found["blocks/kgst.jsonl"])


def test_swapped_receipts_are_named(evidence, tmp_path):
    def change(found):
        blocks = _blocks(found)
        first, second = (block["transactions"][0] for block in blocks[-2:])
        first["receipt"], second["receipt"] = second["receipt"], first["receipt"]
        found["blocks/kgst.jsonl"] = joined(blocks)

    numbers = [block["number"] for block in _blocks(parts(evidence.named))[-2:]]
    problems = _again(evidence, tmp_path, change)
    for number, block in zip(numbers, _blocks(parts(evidence.named))[-2:], strict=True):
        index = block["transactions"][0]["index"]
        expected = f"transaction {index}, receipt"
        assert ("blocks/kgst.jsonl", f"block {number}", expected, "receipt_proof") in problems


def test_receipts_swapped_with_their_proofs_are_named_too(evidence, tmp_path):
    def change(found):
        blocks = _blocks(found)
        first, second = (block["transactions"][0] for block in blocks[-2:])
        for name in ("receipt", "receipt_proof"):
            first[name], second[name] = second[name], first[name]
        found["blocks/kgst.jsonl"] = joined(blocks)

    problems = _again(evidence, tmp_path, change)
    assert {code for part, _, _, code in problems if part.startswith("blocks")} == {"receipt_proof"}


def test_a_block_or_a_transaction_taken_out_is_named(evidence, tmp_path):
    def one_block(found):
        found["blocks/kgst.jsonl"] = joined(_blocks(found)[:-1])

    def one_transaction(found):
        blocks = _blocks(found)
        blocks[-1]["transactions"] = []
        found["blocks/kgst.jsonl"] = joined(blocks)

    last = _blocks(parts(evidence.named))[-1]
    name, block = "blocks/kgst.jsonl", f"block {last['number']}"
    assert (name, block, "", "missing") in _again(evidence, tmp_path, one_block)
    gone = f"transaction {last['transactions'][0]['hash']}"
    assert (name, block, gone, "missing") in _again(evidence, tmp_path, one_transaction)


def test_a_header_of_another_block_is_named(evidence, tmp_path):
    def change(found):
        blocks = _blocks(found)
        blocks[-1]["header"] = blocks[-2]["header"]
        found["blocks/kgst.jsonl"] = joined(blocks)

    number = _blocks(parts(evidence.named))[-1]["number"]
    problems = _again(evidence, tmp_path, change)
    assert ("blocks/kgst.jsonl", f"block {number}", "header", "header") in problems


def test_a_head_signed_anew_with_another_key_is_named_also_without_knowing_the_right_one(
    evidence, tmp_path
):
    found = parts(evidence.named)
    head = signed_anew(Ed25519PrivateKey.generate(), json.loads(found["log/head.json"]))
    path = written(tmp_path / "x.zip", {**found, "log/head.json": canonical(head)})
    for key in (None, evidence.key.public):
        report = verify_file(path, key=key)
        assert report.verdict == "altered"
        assert ("log/head.json", "", "public_key", "other_key") in named(report)
        assert {each[2:] for each in named(report)} == {("public_key", "other_key")}


def test_a_bent_signature_is_named(evidence, tmp_path):
    found = parts(evidence.named)
    head = json.loads(found["log/head.json"])
    head["signature"] = "00" + head["signature"][2:]
    path = written(tmp_path / "x.zip", {**found, "log/head.json": canonical(head)})
    assert ("log/head.json", "", "signature", "signature") in named(verify_file(path))


def _entries_changed(evidence, tmp_path, change):
    found = parts(evidence.named)
    values = lines(found["log/entries.jsonl"])
    place = change(values)
    path = written(tmp_path / "x.zip", {**found, "log/entries.jsonl": joined(values)})
    return place, named(verify_file(path))


def test_an_entry_of_the_log_taken_out_added_hidden_or_changed_is_named(evidence, tmp_path):
    def out(values):
        return values.pop(0)["index"]

    def hide(values):
        values[0] |= {"salt": None, "body": None}
        return values[0]["index"]

    def bend(values):
        values[0]["body"]["actor"] = "nobody"
        return values[0]["index"]

    def without_own(values):
        return values.pop()["index"]

    for change, field, code in ((out, "", "missing"), (hide, "body", "hidden")):
        place, problems = _entries_changed(evidence, tmp_path, change)
        assert ("log/entries.jsonl", f"entry {place}", field, code) in problems
    place, problems = _entries_changed(evidence, tmp_path, bend)
    assert ("log/entries.jsonl", f"entry {place}", "body", "commitment") in problems
    _, problems = _entries_changed(evidence, tmp_path, without_own)
    assert ("log/entries.jsonl", "the export's own entry", "", "missing") in problems


def _manifest_changed(evidence, tmp_path, **changes):
    found = parts(evidence.named)
    manifest = {**json.loads(found["manifest.json"]), **changes}
    path = written(tmp_path / "x.zip", {**found, "manifest.json": canonical(manifest)})
    return [(e.part, e.field, e.code) for e in verify_file(path).problems]


def test_another_recipient_or_basis_in_the_manifest_is_named(evidence, tmp_path):
    for name in ("recipient", "legal_basis"):
        assert _manifest_changed(evidence, tmp_path, **{name: "somebody else"}) == [
            ("manifest.json", name, "manifest")
        ]


def test_a_permit_that_nobody_signed_is_named(evidence, tmp_path):
    def change(found):
        permit = json.loads(found["permit.json"])
        permit["versions"][0]["document"]["title"] = "Something else"
        found["permit.json"] = canonical(permit)

    problems = _again(evidence, tmp_path, change)
    assert ("permit.json", "version 1", "document", "document") in problems
    assert ("permit.json", "version 1", "signature 1, document", "regulator_signature") in problems
