"""A made case is checked, a class is prepared, and both from the command line."""

from __future__ import annotations

import hashlib
import json

import pytest
from typer.testing import CliRunner

from sandbox.forensics.cases import recipe
from sandbox.forensics.cases.foreign_files import TRC20
from sandbox.kit.canonical import canonical
from sandbox.kit.commitment import commit
from sandbox.kit.errors import IntegrityFailure, NotFound, Unavailable
from sandbox.services.cases import Order, opened
from sandbox.services.cases.classes import case_of, place, prepare
from sandbox.services.cases.commands import app, make_one
from sandbox.services.cases.verifying import recipe_of, verify
from tests.forensics.cases.planned import SECRET
from tests.services.cases.made import copied, made, order


def run(*words):
    done = CliRunner().invoke(app, [str(each) for each in words])
    return done.exit_code, done.output


def resealed(folder, change):
    """A case whose keeper changed the truth and commits to it anew."""
    path = folder / "sealed" / "truth.json"
    said = json.loads(path.read_bytes())
    change(said)
    path.write_bytes(canonical(said))
    manifest = folder / "public" / "manifest.json"
    seal = commit(said["truth"], salt=bytes.fromhex(said["salt"])).hex()
    manifest.write_bytes(canonical(json.loads(manifest.read_bytes()) | {"seal": seal}))


def test_a_whole_case_is_executed_again_to_the_same_blocks():
    found = verify(made().folder)
    assert (found.files, found.replayed) == (len(made().manifest["files"]), True)


def test_without_the_sealed_file_the_files_alone_are_checked(tmp_path):
    folder = copied(tmp_path / "case")
    (folder / "sealed" / "truth.json").unlink()
    assert not verify(folder).replayed
    code, said = run("verify", folder)
    assert (code, "not executed again" in said) == (0, True)


def test_a_truth_that_was_committed_to_anew_is_found_by_planning_again(tmp_path):
    folder = copied(tmp_path / "case")
    resealed(folder, lambda said: said["truth"]["control"][0].update(guilty=True, owner="x"))
    opened(folder).sealed()
    with pytest.raises(IntegrityFailure, match=r"truth\.json"):
        verify(folder)
    code, said = run("verify", folder)
    assert (code, "cases.file_changed" in said) == (1, True)


def test_a_chain_that_the_manifest_calls_otherwise_is_found(tmp_path):
    folder = copied(tmp_path / "case")
    manifest = folder / "public" / "manifest.json"
    manifest.write_bytes(
        manifest.read_bytes().replace(made().manifest["chains"]["som"]["last"].encode(), b"0x00")
    )
    with pytest.raises(IntegrityFailure, match=r"cases\.not_as_planned"):
        verify(folder)


def test_a_case_of_another_planner_cannot_be_checked(tmp_path):
    folder = copied(tmp_path / "case")
    resealed(folder, lambda said: said.update(version=99))
    with pytest.raises(Unavailable, match=r"cases\.other_version"):
        verify(folder)
    assert run("verify", folder)[0] == 2
    assert run("verify", tmp_path / "nothing")[0] == 2


@pytest.mark.parametrize("name", ["easy", "medium", "hard"])
def test_a_recipe_is_read_back_from_its_data(name):
    said = json.loads(canonical(recipe(name).as_data()))
    assert recipe_of(said) == recipe(name)
    assert recipe_of(said | {"hops": [4, 6]}) != recipe(name)


def test_a_class_is_prepared_and_what_is_there_stays(tmp_path):
    orders = [order("aida"), order("bek")]
    first = prepare(orders, SECRET, tmp_path, workers=0)
    assert [each.order for each in first] == orders
    assert first[0].made.manifest == made().manifest != first[1].made.manifest
    before = first[0].made.folder.stat().st_mtime_ns
    again = prepare(orders, SECRET, tmp_path, workers=0)
    assert [each.made for each in again] == [each.made for each in first]
    assert first[0].made.folder.stat().st_mtime_ns == before
    assert case_of(orders[1], SECRET, tmp_path) == first[1].made


def test_one_order_that_fails_does_not_keep_the_others(tmp_path):
    orders = [order("aida"), order("bek")]
    place(orders[0], SECRET, tmp_path).write_text("in the way")
    found = prepare(orders, SECRET, tmp_path, workers=0)
    assert (found[0].made, found[0].error.code) == (None, "cases.folder_taken")
    assert found[1].made.folder == place(orders[1], SECRET, tmp_path)


@pytest.mark.slow
def test_a_class_is_prepared_by_two_processes_in_the_order_asked_for(tmp_path):
    orders = [order(who) for who in ("aida", "bek", "cholpon")]
    found = prepare(orders, SECRET, tmp_path, workers=2)
    assert [each.order.who for each in found] == ["aida", "bek", "cholpon"]
    assert found[0].made.manifest == made().manifest


def test_the_name_of_a_folder_says_nothing_and_needs_the_secret(tmp_path):
    names = {
        place(order(who, attempt), SECRET, tmp_path).name for who in "ab" for attempt in (1, 2)
    }
    assert len(names) == 4
    assert all(len(each) == 32 for each in names)
    assert place(order("a"), b"x" * 32, tmp_path).name not in names
    shipped = [Order("P3", name, "a", 1) for name in ("easy", "hard")]
    assert len({place(each, SECRET, tmp_path) for each in shipped}) == 2


@pytest.mark.slow
def test_a_trainer_makes_a_case_and_checks_it(tmp_path):
    asked = ["--lab", "P3", "--difficulty", "easy", "--who", "aida", "--attempt", "1", "--to"]
    code, said = run("make", *asked, tmp_path / "case")
    assert (code, "seal: " + opened(tmp_path / "case").seal.hex() in said) == (0, True)
    assert (tmp_path / "case-secret").stat().st_mode & 0o077 == 0
    code, said = run("verify", tmp_path / "case")
    assert (code, "executed again: the same blocks" in said) == (0, True)
    code, said = run("make", *asked, tmp_path / "again")
    assert opened(tmp_path / "again").manifest == opened(tmp_path / "case").manifest


def test_a_wrong_order_makes_nothing(tmp_path):
    words = ["--lab", "P3", "--who", "aida", "--to", tmp_path / "case"]
    assert run("make", *words, "--difficulty", "cruel")[0] == 1
    assert run("make", *words, "--difficulty", "easy", "--attempt", "0")[0] == 1
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "case-secret").write_text("mine")
    with pytest.raises(IntegrityFailure, match=r"cases\.secret_unusable"):
        make_one(lab="P3", difficulty="easy", who="aida", to=tmp_path / "case")
    assert not (tmp_path / "case").exists()


def test_a_sealed_file_that_is_gone_is_said(tmp_path):
    folder = copied(tmp_path / "case")
    (folder / "sealed" / "truth.json").unlink()
    with pytest.raises(NotFound):
        opened(folder).sealed()


def test_a_foreign_file_that_was_listed_anew_is_found_by_planning_again(tmp_path):
    folder = copied(tmp_path / "case")
    path, manifest = folder / "public" / TRC20, folder / "public" / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b"USDX", b"USDY"))
    said = json.loads(manifest.read_bytes())
    said["files"][TRC20] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest.write_bytes(canonical(said))
    with pytest.raises(IntegrityFailure, match=r"foreign_trc20\.csv"):
        verify(folder)
