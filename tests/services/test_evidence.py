"""Evidence files: what is in them, who may have them, and that whatever is altered is named."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sandbox.chain.batches import framed, part_hash
from sandbox.domain.document import document_typed_data
from sandbox.domain.heads import head_bytes
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import IntegrityFailure
from sandbox.services import evidence_commands, evidence_file
from sandbox.services.evidence_check_permit import _terms
from sandbox.services.evidence_file import Writer, read_canonical
from sandbox.services.evidence_report import Report
from sandbox.services.evidence_verify import verify_file
from sandbox.store import Store
from tests.gateway.support import System
from tests.services.exports import ORDER, Ahead, Evidence, joined, lines, parts, written


@pytest.fixture(scope="module")
def evidence(empty_store):
    """One gateway, one store, one permit that lived, beside another permit."""
    root = Path(tempfile.mkdtemp(prefix="ev-"))
    system = System(root, clock=Ahead()).start()
    shutil.copy(empty_store, root / "store.db")
    store = Store(f"sqlite:///{root}/store.db")
    made = Evidence(store, system, root / "evidence")
    made.other = made.active(max_customers="2")
    made.people(made.other, 1)
    made.number = made.lived()
    made.enter()
    made.file = made.exported(made.number)
    made.named = made.exported(made.number, replaced(without_names=False))
    yield made
    store.close()
    system.stop()
    shutil.rmtree(root, ignore_errors=True)


def replaced(**changes):
    return type(ORDER)(**{**ORDER.__dict__, **changes})


def test_an_untouched_file_holds_and_says_what_it_is(evidence):
    report = verify_file(evidence.file, key=evidence.key.public)
    assert report.problems == []
    assert all(ok for _, ok in report.steps)
    facts = report.facts
    assert (facts["permit"], facts["recipient"]) == (evidence.number, ORDER.recipient)
    assert facts["legal_basis"] == ORDER.legal_basis
    assert facts["refusals"] == 1
    assert facts["succeeded"] >= 6
    (version,) = facts["versions"]
    assert len(version["signatures"]) == 2
    assert version["published"]["kgst"].startswith("0x")


def test_names_are_shown_or_left_out_and_both_files_hold(evidence):
    report = verify_file(evidence.named, key=evidence.key.public)
    assert report.problems == []
    shown, hidden = parts(evidence.named), parts(evidence.file)
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
    for path in (evidence.file, evidence.named):
        for part, data in parts(path).items():
            assert evidence.other.encode() not in data, part
            for person in people:
                assert person.id.encode() not in data, part
                assert person.salt.encode() not in data, part


def test_the_periods_records_only(evidence):
    with evidence.store.unit(read_only=True) as u:
        permit = u.permits.get(evidence.number)
    before = evidence.exported(evidence.number, replaced(until=permit.granted_at))
    report = verify_file(before)
    assert report.problems == []
    assert (report.facts["transactions"], report.facts["refusals"]) == (0, 0)


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
    if report.ok:  # a byte that no part is made of, as a date or a permission in the container
        assert parts(path) == parts(evidence.named)


def _again(evidence, tmp_path, change, *, source=None):
    """The report on a file whose parts were changed, and whose manifest was made over anew."""
    found = dict(parts(source or evidence.named))
    change(found)
    manifest = json.loads(found["manifest.json"])
    for part in manifest["parts"]:
        part["sha256"] = hashlib.sha256(found[part["name"]]).hexdigest()
        part["bytes"] = len(found[part["name"]])
    found["manifest.json"] = canonical(manifest)
    report = verify_file(written(tmp_path / "x.zip", found), key=evidence.key.public)
    return {(each.part, each.record, each.field, each.code) for each in report.problems}


def _records(found, kind, part="journal/kgst.jsonl"):
    return [each for each in lines(found[part]) if each["kind"] == kind]


@pytest.mark.parametrize("kind", ["tx", "refusal", "seal"])
def test_a_record_that_was_taken_out_is_named(evidence, tmp_path, kind):
    found = parts(evidence.named)
    gone = _records(found, kind)[-1]
    kept = [each for each in lines(found["journal/kgst.jsonl"]) if each != gone]
    report = verify_file(written(tmp_path / "x.zip", {**found, "journal/kgst.jsonl": joined(kept)}))
    named = {(each.part, each.record, each.field, each.code) for each in report.problems}
    assert ("journal/kgst.jsonl", f"record {gone['sequence']}", kind, "missing") in named


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
    named = _again(
        evidence, tmp_path, lambda found: changed.append(_text_changed(found, kind, old, new))
    )
    assert ("journal/kgst.jsonl", f"record {changed[0]}", field, "batch_proof") in named


def _blocks(found):
    return lines(found["blocks/kgst.jsonl"])


def test_swapped_receipts_are_named(evidence, tmp_path):
    def change(found):
        blocks = _blocks(found)
        first, second = (block["transactions"][0] for block in blocks[-2:])
        first["receipt"], second["receipt"] = second["receipt"], first["receipt"]
        found["blocks/kgst.jsonl"] = joined(blocks)

    numbers = [block["number"] for block in _blocks(parts(evidence.named))[-2:]]
    named = _again(evidence, tmp_path, change)
    for number, block in zip(numbers, _blocks(parts(evidence.named))[-2:], strict=True):
        index = block["transactions"][0]["index"]
        expected = f"transaction {index}, receipt"
        assert ("blocks/kgst.jsonl", f"block {number}", expected, "receipt_proof") in named


def test_receipts_swapped_with_their_proofs_are_named_too(evidence, tmp_path):
    def change(found):
        blocks = _blocks(found)
        first, second = (block["transactions"][0] for block in blocks[-2:])
        for name in ("receipt", "receipt_proof"):
            first[name], second[name] = second[name], first[name]
        found["blocks/kgst.jsonl"] = joined(blocks)

    named = _again(evidence, tmp_path, change)
    assert {code for part, _, _, code in named if part.startswith("blocks")} == {"receipt_proof"}


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
    named = _again(evidence, tmp_path, change)
    assert ("blocks/kgst.jsonl", f"block {number}", "header", "header") in named


def _resigned(key, head):
    message = head_bytes(head["size"], head["root"], head["at"])
    return {
        **head,
        "signature": key.sign(message).hex(),
        "public_key": key.public_key().public_bytes_raw().hex(),
    }


def test_a_head_signed_anew_with_another_key_is_named_also_without_knowing_the_right_one(
    evidence, tmp_path
):
    found = parts(evidence.named)
    head = _resigned(Ed25519PrivateKey.generate(), json.loads(found["log/head.json"]))
    path = written(tmp_path / "x.zip", {**found, "log/head.json": canonical(head)})
    for key in (None, evidence.key.public):
        problems = verify_file(path, key=key).problems
        assert {(each.field, each.code) for each in problems} == {("public_key", "other_key")}
        assert "log/head.json" in {each.part for each in problems}


def test_a_bent_signature_is_named(evidence, tmp_path):
    found = parts(evidence.named)
    head = json.loads(found["log/head.json"])
    head["signature"] = "00" + head["signature"][2:]
    path = written(tmp_path / "x.zip", {**found, "log/head.json": canonical(head)})
    named = {(each.part, each.field, each.code) for each in verify_file(path).problems}
    assert ("log/head.json", "signature", "signature") in named


def _entries_changed(evidence, tmp_path, change):
    found = parts(evidence.named)
    values = lines(found["log/entries.jsonl"])
    place = change(values)
    path = written(tmp_path / "x.zip", {**found, "log/entries.jsonl": joined(values)})
    return place, {(e.part, e.record, e.field, e.code) for e in verify_file(path).problems}


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
        place, named = _entries_changed(evidence, tmp_path, change)
        assert ("log/entries.jsonl", f"entry {place}", field, code) in named
    place, named = _entries_changed(evidence, tmp_path, bend)
    assert ("log/entries.jsonl", f"entry {place}", "body", "commitment") in named
    _, named = _entries_changed(evidence, tmp_path, without_own)
    assert ("log/entries.jsonl", "the export's own entry", "", "missing") in named


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

    named = _again(evidence, tmp_path, change)
    assert ("permit.json", "version 1", "document", "document") in named
    assert ("permit.json", "version 1", "signature 1, document", "regulator_signature") in named


def test_a_kept_head_shows_that_the_log_is_the_same_or_was_rewritten(evidence, tmp_path):
    with evidence.store.unit(read_only=True) as u:
        kept = u.audit.heads()[0]
    known = {
        **{name: getattr(kept, name) for name in ("size", "root", "signature", "public_key")},
        "at": kept.at.isoformat(),
    }
    assert verify_file(evidence.named, kept=known).problems == []
    signer = Ed25519PrivateKey.from_private_bytes((evidence.folder / "head_key").read_bytes())
    cases = {
        "rewritten": {**known, "root": "11" * 32},
        "older": {**known, "size": 10**6},
        "not_comparable": {**known, "size": 1},
    }
    for code, head in cases.items():
        (problem,) = verify_file(evidence.named, kept=_resigned(signer, head)).problems
        assert problem.code == code
    (problem,) = verify_file(evidence.named, kept={**known, "root": "11" * 32}).problems
    assert (problem.part, problem.code) == ("the kept head", "signature")


def test_parts_that_are_missing_added_or_doubled_are_named(evidence, tmp_path):
    found = parts(evidence.named)
    less = {name: data for name, data in found.items() if name != "permit.json"}
    more = {**found, "note.txt": b"trust me"}
    for changed, name, code in (
        (less, "permit.json", "missing"),
        (more, "note.txt", "unexpected"),
        ({}, "manifest.json", "missing"),
    ):
        (problem,) = verify_file(written(tmp_path / "x.zip", changed)).problems
        assert (problem.part, problem.code) == (name, code)
    (tmp_path / "x.zip").write_bytes(b"no zip")
    (problem,) = verify_file(tmp_path / "x.zip").problems
    assert problem.code == "container"


def _exported_by_a_forger(evidence, monkeypatch, change):
    """A file whose maker changes lines while it is made: manifest and log bind what was forged."""
    whole = Writer.line

    def line(self, value):
        whole(self, change(self.name, json.loads(canonical(value))))

    monkeypatch.setattr(Writer, "line", line)
    file = evidence.exported(evidence.number, replaced(without_names=False))
    monkeypatch.undo()
    report = verify_file(file, key=evidence.key.public)
    return {(each.part, each.field, each.code) for each in report.problems}


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
def test_whoever_makes_a_file_cannot_show_what_no_batch_holds(
    evidence, monkeypatch, forge, expected
):
    def change(part, value):
        if part == "journal/kgst.jsonl" and value["kind"] == "refusal":
            forge(value)
        return value

    named = _exported_by_a_forger(evidence, monkeypatch, change)
    assert ("journal/kgst.jsonl", *expected) in named


def test_a_record_whose_own_part_is_kept_back_is_named(evidence, monkeypatch):
    def change(part, value):
        if part == "journal/kgst.jsonl" and value["kind"] == "refusal":
            first = value["parts"][0]
            digest = part_hash("record", framed("record", first["text"], first["raw"])).hex()
            value["parts"][0] = {"name": "record", "hash": digest}
        return value

    named = _exported_by_a_forger(evidence, monkeypatch, change)
    assert ("journal/kgst.jsonl", "record", "hidden") in named


def test_the_same_maker_without_a_change_makes_a_file_that_holds(evidence, monkeypatch):
    assert _exported_by_a_forger(evidence, monkeypatch, lambda _, value: value) == set()


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
        (lambda it: _strangers(it, 2), "signature 1", "not_regulator"),
        (lambda it: _strangers(it, 2), "signature 2", "not_regulator"),
        (
            lambda it: it["versions"][0]["signatures"][1].update(terms={}),
            *("signature 2, kgst", "regulator_signature"),
        ),
        (lambda it: it["versions"].append(it["versions"][0]), "version", "order"),
        (lambda it: it["versions"][0].update(note="guilty"), "", "malformed"),
        (lambda it: it["versions"][0]["signatures"][0].update(note="x"), "", "malformed"),
    ],
)
def test_a_version_passes_only_with_two_signatures_of_regulators(
    evidence, monkeypatch, forge, field, code
):
    whole = Writer.whole

    def written_whole(self, value):
        value = json.loads(canonical(value))
        if self.name == "permit.json":
            forge(value)
        whole(self, value)

    monkeypatch.setattr(Writer, "whole", written_whole)
    file = evidence.exported(evidence.number)
    monkeypatch.undo()
    report = verify_file(file, key=evidence.key.public)
    named = {(each.part, each.record, each.field, each.code) for each in report.problems}
    assert ("permit.json", "version 1", field, code) in named


def test_a_file_of_a_period_says_that_it_does_not_show_who_the_regulators_are(evidence):
    with evidence.store.unit(read_only=True) as u:
        permit = u.permits.get(evidence.number)
    before = verify_file(evidence.exported(evidence.number, replaced(until=permit.granted_at)))
    assert (before.problems, before.facts["versions"][0]["regulators"]) == ([], False)
    assert verify_file(evidence.file).facts["versions"][0]["regulators"] is True


def test_a_file_that_unpacks_to_far_more_than_it_is_is_not_unpacked(tmp_path):
    zeros = b'"' + b"0" * (40 << 20) + b'"'
    packed = written(tmp_path / "bomb.zip", {"manifest.json": zeros}).stat().st_size
    assert packed < 100_000
    tracemalloc.start()
    (problem,) = verify_file(tmp_path / "bomb.zip").problems
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (problem.record, problem.code) == ("manifest.json", "too_large")
    assert peak < 4 << 20


def test_parts_packed_too_well_too_many_parts_and_too_many_values_are_named(tmp_path):
    bombs = (
        ({"journal/kgst.jsonl": bytes(2 << 20)}, "journal/kgst.jsonl"),
        ({f"{number}.json": b"{}" for number in range(65)}, "the table of parts"),
    )
    for found, name in bombs:
        (problem,) = verify_file(written(tmp_path / "x.zip", found)).problems
        assert (problem.record, problem.code) == (name, "too_large")
    with pytest.raises(IntegrityFailure, match="too_large"):
        read_canonical(b"[" + b"[]," * (1 << 20) + b"[]]")


def test_a_size_that_is_stated_too_small_is_not_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(evidence_file, "LONGEST_LINE", 1_000)
    path = written(tmp_path / "x.zip", {"a.jsonl": b"1" * 999 + b"\n" + b"2" * 1_001})
    with evidence_file.Parts(path) as found:
        lines_of = found.lines("a.jsonl")
        assert len(next(lines_of)) == 1_000
        with pytest.raises(IntegrityFailure, match="too_large"):
            next(lines_of)
        with pytest.raises(IntegrityFailure, match="too_large"):
            found.data("a.jsonl")
        monkeypatch.setattr(evidence_file, "LARGEST_PART", 1_500)
        with pytest.raises(IntegrityFailure, match="too_large"):
            found.digest("a.jsonl")


def test_nothing_that_a_file_says_reaches_the_terminal_raw(evidence, tmp_path):
    name = "x\x1b[2J\x9b\u202e\nnothing was altered"
    path = written(tmp_path / "x.zip", {**parts(evidence.file), name: b"{}"})
    for more in ([], ["--json"]):
        told = CliRunner().invoke(evidence_commands.app, ["verify", str(path), *more])
        assert told.exit_code == 1
        assert all(each.isprintable() or each == "\n" for each in told.stdout)
        assert "nothing was altered" not in told.stdout.splitlines()
    whole = CliRunner().invoke(evidence_commands.app, ["verify", str(evidence.file)])
    assert (whole.exit_code, whole.stdout.splitlines()[-1]) == (0, "nothing was altered")


def test_a_thousand_problems_are_enough():
    report = Report()
    for number in range(5_000):
        report.add("a", f"line {number}", "", "malformed")
    assert (len(report.problems), report.problems[-1].code) == (1_001, "too_many")


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
    evidence, monkeypatch, forge, field, code
):
    whole = Writer.whole

    def written_whole(self, value):
        value = json.loads(canonical(value))
        if self.name == "manifest.json":
            forge(value)
        whole(self, value)

    monkeypatch.setattr(Writer, "whole", written_whole)
    file = evidence.exported(evidence.number)
    monkeypatch.undo()
    report = verify_file(file, key=evidence.key.public)
    assert (field, code) in {(each.field, each.code) for each in report.problems}


def test_an_earlier_head_of_another_key_and_a_field_beside_a_receipt_are_named(
    evidence, tmp_path, monkeypatch
):
    found = parts(evidence.named)
    heads = lines(found["log/heads.jsonl"])
    heads[0] = _resigned(Ed25519PrivateKey.generate(), heads[0])
    changed = {**found, "log/heads.jsonl": joined(heads)}
    report = verify_file(written(tmp_path / "x.zip", changed), key=evidence.key.public)
    assert {(each.part, each.code) for each in report.problems} == {
        ("log/heads.jsonl", "other_key")
    }

    def change(part, value):
        if part == "blocks/kgst.jsonl":
            value["transactions"][0]["status"] = 0
        return value

    named = _exported_by_a_forger(evidence, monkeypatch, change)
    assert ("blocks/kgst.jsonl", "", "malformed") in named
