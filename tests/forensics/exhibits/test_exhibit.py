"""Exhibits: the same bytes each time, checked to the last one, and made again from the ledger."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from sandbox.forensics import Ledger
from sandbox.forensics.exhibits import Exhibit, NotAsWritten
from sandbox.forensics.exhibits.custody import FIRST, Entry, joined
from sandbox.forensics.exhibits.document import read_entries
from sandbox.forensics.exhibits.exhibit import DOCUMENT
from sandbox.forensics.exhibits.graph import graph_of
from sandbox.kit.canonical import canonical
from tests.forensics.exhibits import samples
from tests.forensics.exhibits.test_hop_ledger import refused

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def kept():
    return samples.exhibit()


@pytest.fixture
def folder(kept, tmp_path):
    return kept.write(tmp_path / "T-07")


def chained(entries):
    """The same entries with every hash made anew: what a forger writes."""
    made: list[Entry] = []
    for number, each in enumerate(entries, 1):
        before = made[-1].hash if made else FIRST
        made.append(msgspec.structs.replace(each, number=number, before=before))
    return made


def test_the_same_steps_give_the_same_bytes(kept, folder, tmp_path):
    other = samples.exhibit().write(tmp_path / "other")
    names = sorted(each.name for each in folder.iterdir())
    assert names == sorted([DOCUMENT, *kept.files])
    for name in names:
        assert (folder / name).read_bytes() == (other / name).read_bytes()
    assert "Окуу материалы, далил эмес." in (folder / "notice.txt").read_text("utf-8")


@pytest.mark.slow
def test_another_process_makes_the_same_bytes(kept):
    code = (
        "import sys; from tests.forensics.exhibits import samples;"
        "sys.stdout.buffer.write(samples.exhibit().document())"
    )
    again = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, check=True
    )
    assert again.stdout == kept.document()


def test_an_exhibit_is_read_checked_and_made_again(kept, folder):
    read = Exhibit.read(folder, head=kept.head)
    assert read.entries == kept.entries
    assert set(read.verify()) == {"fifo-forward.json", "second.json"}
    assert read.verify(samples.ledger())["second.json"].policy == "haircut"
    assert read.ledger.table.equals(samples.ledger().table)
    assert [each.act for each in read.entries] == [
        "acquired",
        "traced",
        "traced",
        "added",
        "handed_over",
    ]
    longer = samples.ledger(moves=(*samples.MOVES, (samples.THIEF, samples.VICTIM, 9)))
    assert len(read.verify(longer)) == 2


def test_wide_amounts_are_kept_to_the_unit(tmp_path):
    ledger = samples.ledger(scale=samples.WHOLE)
    folder = samples.exhibit(ledger).write(tmp_path / "wide")
    held = Exhibit.read(folder).verify(ledger)["fifo-forward.json"].totals
    assert held["seeded"] == 700 * samples.WHOLE
    assert f",{700 * samples.WHOLE}\n" in (folder / "ledger.csv").read_text()


def test_each_entry_holds_the_hash_of_the_one_before(kept):
    assert kept.entries[0].before == FIRST
    for one, other in zip(kept.entries, kept.entries[1:], strict=False):
        assert other.before == one.hash == hashlib.sha256(one.text()).hexdigest()
    assert kept.head == kept.entries[-1].hash
    assert repr(kept) == f"<exhibit T-07: 5 entries, 12 files, head {kept.head}>"


@pytest.mark.parametrize("step", [1, 7, 61])
def test_any_edited_byte_of_the_document_is_found(kept, step):
    document = kept.document()
    for place in range(step, len(document), len(document) // 40):
        edited = bytearray(document)
        edited[place] ^= step % 7 + 1
        with pytest.raises(NotAsWritten):
            read_entries(bytes(edited))


def test_an_edited_entry_is_named(kept):
    text = kept.entries[3].text().decode()
    said = json.dumps(text, ensure_ascii=False)[1:-1]
    edited = said.replace("analyst 4", "analyst 5")
    document = kept.document().replace(said.encode(), edited.encode())
    assert document != kept.document()
    assert refused("exhibits.entry_edited", read_entries, document) == {"entry": 4}


def test_a_document_edited_beside_its_entries_is_found(kept):
    for was, now in ((b'"uco-core:name":"acquired"', b'"uco-core:name":"traced!!"'),):
        assert was in kept.document()
        refused("exhibits.graph_differs", read_entries, kept.document().replace(was, now))
    refused("exhibits.graph_differs", read_entries, kept.document() + b"\n")
    for bad in (b"", b"[]", b"{}", b'{"@graph":[]}', b'{"@graph":[{"@type":1}]}', b"\xff"):
        refused("exhibits.not_an_exhibit", read_entries, bad)


@pytest.mark.parametrize(
    ("order", "entry"),
    [((1, 2, 3, 4), 1), ((0, 2, 3, 4), 2), ((0, 1, 3, 4), 3), ((0, 2, 1, 3, 4), 2), ((0, 0), 2)],
)
def test_a_removed_repeated_or_moved_entry_breaks_the_chain(kept, order, entry):
    document = canonical(graph_of([kept.entries[each] for each in order]))
    assert refused("exhibits.chain_broken", read_entries, document) == {"entry": entry}


def test_an_entry_whose_hash_was_made_anew_breaks_the_next_one(kept):
    edited = msgspec.structs.replace(kept.entries[1], by="somebody else")
    document = canonical(graph_of([kept.entries[0], edited, *kept.entries[2:]]))
    assert refused("exhibits.chain_broken", read_entries, document) == {"entry": 3}


def test_only_a_head_noted_elsewhere_finds_a_chain_made_anew_or_cut(kept, folder):
    edited = msgspec.structs.replace(kept.entries[1], by="somebody else")
    anew = chained([kept.entries[0], edited, *kept.entries[2:]])
    for entries in (anew, kept.entries[:4]):
        (folder / DOCUMENT).write_bytes(canonical(graph_of(entries)))
        assert Exhibit.read(folder).head == entries[-1].hash
        said = refused("exhibits.head_differs", Exhibit.read, folder, head=kept.head)
        assert said == {"said": kept.head, "found": entries[-1].hash}


def test_an_edited_or_missing_file_is_named(kept, folder):
    for name in sorted(kept.files):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        assert refused("exhibits.file_differs", Exhibit.read, folder) == {"name": name}
        (folder / name).unlink()
        assert refused("exhibits.file_missing", Exhibit.read, folder) == {"name": name}
        (folder / name).write_bytes(content)
    (folder / "own-notes.txt").write_text("no part of the exhibit")
    assert "own-notes.txt" not in Exhibit.read(folder).files
    (folder / DOCUMENT).unlink()
    assert refused("exhibits.file_missing", Exhibit.read, folder) == {"name": DOCUMENT}


def test_a_ledger_that_reads_otherwise_is_named_by_its_row(kept):
    other = samples.ledger(moves=(*samples.MOVES[:4], (samples.MULE, samples.SHOP, 251)))
    said = refused("exhibits.ledger_row_differs", kept.verify, other)
    assert (said["row"], said["column"], said["said"], said["found"]) == (
        *("5", "amount"),
        *("250", "251"),
    )
    fewer = samples.ledger(moves=samples.MOVES[:4])
    assert refused("exhibits.ledger_row_differs", kept.verify, fewer)["found"] == "—"
    plain = Ledger.read(samples.table().drop("time"))
    assert refused("exhibits.ledger_row_differs", kept.verify, plain)["row"] == "—"


@pytest.mark.parametrize("kind", [".json", ".csv", ".parquet", "-accounts.csv"])
def test_a_forger_who_makes_all_hashes_anew_still_meets_the_trace(kind):
    """One who writes a wrong hop ledger into a chain of his own is found by making it again."""
    plain = Exhibit.of(samples.ledger(), number="T-07", by="analyst 3", at=samples.AT)
    true = plain.traced(samples.found(), by="analyst 3", at=samples.AT)
    other = samples.found(policy="haircut")
    wrong = plain.traced(other, by="analyst 3", at=samples.AT, name="fifo-forward").files
    name = f"fifo-forward{kind}"
    text = true.files[name].replace(b'"600",1', b'"599",1') if kind == ".json" else wrong[name]
    assert text != true.files[name]
    outputs = tuple(
        msgspec.structs.replace(each, sha256=hashlib.sha256(text).hexdigest(), size=len(text))
        if each.name == name
        else each
        for each in true.entries[1].outputs
    )
    entry = msgspec.structs.replace(true.entries[1], outputs=outputs)
    forged = Exhibit(joined(true.entries[:1], entry), {**true.files, name: text})
    assert true.verify()
    refused("exhibits.row_differs" if kind == ".json" else "exhibits.file_differs", forged.verify)


def test_steps_that_cannot_be_are_refused(kept, tmp_path):
    later = samples.AT + timedelta(hours=1)
    given = {"by": "analyst 3", "at": later}
    refused("exhibits.time_backward", kept.add, {"a.txt": b""}, by="a", at=samples.AT)
    refused("exhibits.time_naive", kept.add, {"a.txt": b""}, by="a", at=later.replace(tzinfo=None))
    refused("exhibits.by_missing", kept.add, {"a.txt": b""}, by="  ", at=later)
    refused("exhibits.by_missing", kept.add, {"a.txt": b""}, by="a" * 201, at=later)
    for name in ("../up", "A.txt", ".hidden", "a/b", "", "a" * 65, "a.txt\n"):
        refused("exhibits.name_malformed", kept.add, {name: b""}, **given)
    assert (
        refused("exhibits.name_taken", kept.add, {"chat.txt": b""}, **given)["name"] == "chat.txt"
    )
    refused("exhibits.name_taken", kept.add, {DOCUMENT: b""}, **given)
    refused("exhibits.name_taken", kept.traced, samples.found(), **given)
    other = samples.ledger(moves=samples.MOVES[:4])
    refused("exhibits.other_ledger", kept.traced, samples.found(other, seeds=[1]), **given)
    for number in ("", "T/7", "7" * 33, "№7", "T-07\n"):
        refused("exhibits.number_malformed", Exhibit.of, samples.ledger(), number=number, **given)
    (tmp_path / "there").mkdir()
    refused("exhibits.folder_taken", kept.write, tmp_path / "there")
    stranger = msgspec.structs.replace(kept.entries[1], inputs=kept.entries[3].outputs)
    refused("exhibits.input_unknown", joined, kept.entries[:1], stranger)


def test_an_exhibit_may_hold_no_ledger(tmp_path):
    scan = Exhibit.begin({"scan.txt": b"seed words"}, number="S-1", by="analyst", at=samples.AT)
    assert Exhibit.read(scan.write(tmp_path / "S-1")).verify() == {}
    refused("exhibits.file_missing", scan.verify, samples.ledger())
    refused("exhibits.other_ledger", scan.traced, samples.found(), by="a", at=samples.AT)


def test_accounts_and_hops_are_tables_that_polars_reads(folder):
    accounts = pl.read_csv(folder / "fifo-forward-accounts.csv")
    assert accounts.filter(account=samples.SHOP)["stopped"].to_list() == [250]
    assert len(pl.read_parquet(folder / "fifo-forward.parquet")) == 3


def test_importing_exhibits_loads_none_of_the_heavy_parts():
    code = "import sys, sandbox.forensics.exhibits; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert {"numpy", "numba", "polars"} & set(loaded.stdout.split()) == set()


def test_every_wording_of_exhibits_is_raised_somewhere_and_every_code_has_one():
    folder = CHECKOUT / "sandbox/forensics/exhibits"
    source = "".join(each.read_text() for each in folder.glob("*.py"))
    told = tomllib.loads((CHECKOUT / "sandbox/locale/errors/exhibits.toml").read_text("utf-8"))
    raised = {part.split('"')[0] for part in source.split('"exhibits.')[1:]}
    assert {f"exhibits.{each}" for each in raised if "_HOMES" not in each} >= set(told)
