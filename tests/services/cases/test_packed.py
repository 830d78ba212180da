"""A case packed for a store: the same bytes, back in a folder, nothing but a case's files."""

from __future__ import annotations

import io
import zipfile

import pytest

from sandbox.forensics.cases.scene import LEDGERS
from sandbox.kit.errors import IntegrityFailure, NotFound
from sandbox.services.cases.folders import PUBLIC, SEALED, TRUTH, require_unchanged
from sandbox.services.cases.happened import happened
from sandbox.services.cases.packed import files_of, packed, unpacked, with_truth, zipped
from sandbox.store.classroom_blobs import Blobs
from tests.services.cases.made import copied, made


def test_a_packed_case_is_the_same_file_again_and_the_same_case_unpacked(tmp_path):
    first, again = packed(made()), packed(type(made())(copied(tmp_path / "copy"), made().manifest))
    assert (first.tables, first.engine) == (again.tables, again.engine)
    (tmp_path / "back").mkdir()
    back = unpacked(tmp_path / "back", first.tables, first.engine)
    require_unchanged(back)
    assert all(back.table(each).equals(made().table(each)) for each in LEDGERS)
    assert back.engine_file("som", "dump").read_bytes() == (
        made().engine_file("som", "dump").read_bytes()
    )
    with pytest.raises(NotFound):
        back.sealed()


def test_nothing_sealed_is_in_what_trainee_or_node_gets_and_all_of_it_in_the_trainers(tmp_path):
    parts = packed(made())
    for archive in (parts.tables, parts.engine):
        assert not any(SEALED in name or TRUTH in name for name in files_of(archive))
        assert made().sealed().seed.hex().encode() not in b"".join(files_of(archive).values())
    (tmp_path / "whole").mkdir()
    whole = unpacked(tmp_path / "whole", with_truth(parts.tables, parts.sealed))
    assert whole.sealed() == made().sealed()


@pytest.mark.parametrize(
    "name",
    ["../public/x", "public/../x", "other/x", "public", "/public/x", "public/a/b", "public/.x"],
)
def test_a_file_that_is_none_of_a_cases_is_refused(tmp_path, name):
    with pytest.raises(IntegrityFailure, match=r"cases\.not_packed"):
        unpacked(tmp_path, zipped({name: b"1"}))
    assert list(tmp_path.rglob("x")) == []


@pytest.mark.parametrize("archive", [b"", b"PK", b"x" * 99, zipped({})[:-3]])
def test_what_is_no_archive_is_refused(archive):
    with pytest.raises(IntegrityFailure, match=r"cases\.not_packed"):
        files_of(archive)


def test_an_archive_with_too_many_files_is_refused():
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        for number in range(61):
            archive.writestr(f"public/{number}", b"")
    with pytest.raises(IntegrityFailure, match=r"cases\.not_packed"):
        files_of(out.getvalue())


def test_pages_read_hashes_from_the_trainees_file_alone(tmp_path):
    blobs = Blobs(tmp_path)
    found = happened(blobs, blobs.put(packed(made()).tables))
    wanted = {
        (ledger, block, index): tx
        for ledger in LEDGERS
        for block, index, tx in made().table(ledger).select("block", "transaction", "hash").rows()
    }
    assert found.hashes == wanted
    assert found.manifest == made().manifest
    lacking = files_of(packed(made()).tables)
    del lacking[f"{PUBLIC}/som.parquet"]
    with pytest.raises(IntegrityFailure, match=r"cases\.not_packed"):
        happened(blobs, blobs.put(zipped(lacking)))
