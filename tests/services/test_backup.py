"""Backup and restore: of a running system, whole or not at all, and never over anything."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from sandbox.chain.opening import JOURNAL_NAME
from sandbox.chain.records import Kind, Scan
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import (
    Conflict,
    IntegrityFailure,
    InvalidInput,
    NotFound,
    SynakError,
    Unavailable,
)
from sandbox.services.audit import verify_log
from sandbox.services.backup import take_backup
from sandbox.services.backup_files import MANIFEST, Manifest, described
from sandbox.services.journal_compare import compare
from sandbox.services.restore import restore_backup
from sandbox.store import Store, copies
from sandbox.store.copies import SQLITE_NAME
from sandbox.toolchain.layout import Layout
from tests.store.postgres import new_database

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)

pytestmark = pytest.mark.slow


def _install(folder):
    paths = Layout.of(folder, port=8000)
    return paths, f"sqlite:///{paths.store_dir}/synak.sqlite"


def _journal(paths, chain="kgst"):
    return paths.chain_dir / chain / JOURNAL_NAME


@pytest.fixture(scope="session")
def running(evidence, tmp_path_factory):
    """The install of a permit that lived; its gateway and its store are in use."""
    folder = tmp_path_factory.mktemp("install")
    (folder / "chain").symlink_to(evidence.system.root / "chain")
    for name in ("secrets/desk/head_key", "accounts/accounts.json", "store/blobs/ab/cd"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(name)
    evidence.enter()
    return Layout.of(folder, port=8000), str(evidence.store.url), evidence


@pytest.fixture(scope="session")
def taken(running, tmp_path_factory):
    paths, url, _ = running
    folder = tmp_path_factory.mktemp("backups") / "one"
    return folder, take_backup(paths, url, folder, at=AT)


@pytest.fixture
def copy(taken, tmp_path):
    """A backup that a test may spoil."""
    shutil.copytree(taken[0], tmp_path / "backup")
    return tmp_path / "backup"


def _untouched(folder):
    return not [path for path in folder.rglob("*") if path.is_file()]


def _refused(copy, tmp_path, code, kind=IntegrityFailure):
    """The backup is refused, and nothing of it is in the install."""
    paths, url = _install(tmp_path / "install")
    with pytest.raises(kind) as error:
        restore_backup(paths, url, copy)
    assert error.value.code == code
    assert _untouched(paths.state_dir)


def _rewritten(copy, **changes):
    """The manifest says what is there, as a forger would write it."""
    manifest = replace(Manifest.read(copy), files=described(copy), **changes)
    (copy / MANIFEST).unlink()
    manifest.write(copy)


def test_a_backup_of_a_running_install_is_put_back_whole(taken, tmp_path):
    folder, manifest = taken
    paths, url = _install(tmp_path)
    done = restore_backup(paths, url, folder)
    assert manifest.log_size > 10
    assert manifest.chains["kgst"]["records"] > 10
    assert {each.chain: each.code for each in done.journals} == {"kgst": None, "som": None}
    assert sum(each.records for each in done.journals) > 10
    assert done.missing == ()
    store = Store(url)
    with store.unit(read_only=True) as u:
        report = verify_log(u)
        assert (report.ok, report.size, report.root) == (True, manifest.log_size, manifest.log_root)
        assert compare(u, _journal(paths)).code is None
        assert u.permits.all()
    with store.unit() as u:
        u.audit.append(kind="test.after", actor="a", subject="s", data={}, at=AT)
        u.commit()
    store.close()
    assert (paths.store_dir / "blobs/ab/cd").read_text() == "store/blobs/ab/cd"


def test_files_of_a_backup_are_for_their_owner_alone(taken):
    folder, _ = taken
    for path in [folder, *folder.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_keys_are_in_a_backup_only_when_asked_for(running, taken, tmp_path):
    paths, url, _ = running
    assert not any(name.startswith(("secrets", "signer")) for name in taken[1].files)
    made = take_backup(paths, url, tmp_path / "with", at=AT, secrets=True)
    assert "secrets/desk/head_key" in made.files
    again, store = _install(tmp_path / "install")
    restore_backup(again, store, tmp_path / "with")
    assert (again.secrets("desk") / "head_key").read_text() == "secrets/desk/head_key"


def test_keys_that_are_in_place_stay_when_the_backup_has_none(taken, tmp_path):
    paths, url = _install(tmp_path)
    paths.secrets("desk").mkdir(parents=True)
    (paths.secrets("desk") / "head_key").write_text("mine")
    restore_backup(paths, url, taken[0])
    assert (paths.secrets("desk") / "head_key").read_text() == "mine"


def test_the_journal_in_a_backup_ends_before_what_the_copied_log_does_not_know(
    running, tmp_path, monkeypatch
):
    """While the backup goes on, batches are entered and anchored: they stay out of it."""
    paths, url, evidence = running
    from sandbox.services import backup

    copy_out = backup.copy_out

    def copied_and_then_more_happens(*arguments):
        facts = copy_out(*arguments)
        for _ in range(3):
            evidence.happens()
            evidence.enter()
        evidence.worker.beat()
        return facts

    monkeypatch.setattr(backup, "copy_out", copied_and_then_more_happens)
    made = take_backup(paths, url, tmp_path / "backup", at=AT)
    with (tmp_path / "backup/chain/kgst" / JOURNAL_NAME).open("rb") as file:
        anchors = [each.record.body for each in Scan(file) if each.record.kind is Kind.ANCHOR]
    with _journal(paths).open("rb") as file:
        live = [each.record.body for each in Scan(file) if each.record.kind is Kind.ANCHOR]
    assert max(each["entry"] for each in anchors) < made.log_size
    assert max(each["entry"] for each in live) >= made.log_size
    again, store = _install(tmp_path / "install")
    assert not [each.code for each in restore_backup(again, store, tmp_path / "backup").journals
                if each.code]  # fmt: skip


def test_backups_under_load_can_each_be_put_back(running, tmp_path):
    paths, url, evidence = running
    stop, trouble = threading.Event(), []

    def load():
        try:
            while not stop.is_set():
                evidence.happens()
                evidence.worker.beat()
        except SynakError as error:
            trouble.append(error)

    thread = threading.Thread(target=load)
    thread.start()
    try:
        for number in range(3):
            evidence.enter()
            take_backup(paths, url, tmp_path / f"backup-{number}", at=AT)
    finally:
        stop.set()
        thread.join(30)
    assert not trouble
    records = []
    for number in range(3):
        again, store = _install(tmp_path / f"install-{number}")
        done = restore_backup(again, store, tmp_path / f"backup-{number}")
        records.append(done.manifest.chains["kgst"]["records"])
    assert records == sorted(records)
    assert records[0] < records[-1]


def test_a_byte_that_was_changed_is_found_wherever_it_is(copy, tmp_path):
    for name in Manifest.read(copy).files:
        path = copy / name
        data = bytearray(path.read_bytes())
        if not data:
            continue
        data[len(data) // 2] ^= 1
        whole = path.read_bytes()
        path.write_bytes(data)
        _refused(copy, tmp_path, "backup.file_altered")
        path.write_bytes(whole)


def test_a_file_that_is_cut_gone_or_added_is_refused(copy, tmp_path):
    journal = copy / "chain/kgst" / JOURNAL_NAME
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-1])
    _refused(copy, tmp_path, "backup.file_altered")
    journal.unlink()
    _refused(copy, tmp_path, "backup.file_missing")
    journal.write_bytes(whole)
    (copy / "chain/kgst/other").write_bytes(b"x")
    _refused(copy, tmp_path, "backup.strange_file")
    (copy / "chain/kgst/other").unlink()
    (copy / "chain/kgst/other").symlink_to("/etc/passwd")
    _refused(copy, tmp_path, "backup.strange_file")


def test_two_files_that_changed_places_are_refused(copy, tmp_path):
    one, other = (copy / "chain" / chain / JOURNAL_NAME for chain in ("kgst", "som"))
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)
    _refused(copy, tmp_path, "backup.file_altered")
    _rewritten(copy)
    _refused(copy, tmp_path, "backup.journal_differs")


def test_a_store_ahead_of_its_journal_is_refused_though_every_hash_is_right(copy, tmp_path):
    journal = copy / "chain/kgst" / JOURNAL_NAME
    with journal.open("rb") as file:
        ends = [each.next.offset for each in Scan(file)]
    os.truncate(journal, ends[len(ends) // 3])
    with journal.open("rb") as file:
        kept = list(Scan(file))
    chains = dict(Manifest.read(copy).chains)
    blocks = [each.record.body["number"] for each in kept if each.record.kind is Kind.SEAL]
    chains["kgst"] = {"records": len(kept), "block": max(blocks, default=0)}
    _rewritten(copy, chains=chains)
    _refused(copy, tmp_path, "backup.store_ahead")


def test_a_log_that_was_rewritten_is_refused_though_every_hash_is_right(copy, tmp_path):
    with sqlite3.connect(copy / "store" / SQLITE_NAME) as db:
        db.execute("UPDATE audit_entry SET actor = 'somebody' WHERE \"index\" = 1")
    db.close()
    _rewritten(copy)
    _refused(copy, tmp_path, "backup.log_unsound")


def test_a_log_that_was_cut_is_refused_though_it_is_sound(copy, tmp_path):
    with sqlite3.connect(copy / "store" / SQLITE_NAME) as db:
        (last,) = db.execute('SELECT max("index") FROM audit_entry').fetchone()
        db.execute("DELETE FROM tree_head")
        db.execute('DELETE FROM audit_entry WHERE "index" = ?', (last,))
    db.close()
    _rewritten(copy)
    _refused(copy, tmp_path, "backup.log_differs")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"format": 2}, "backup.other_format"),
        ({"version": "99"}, "backup.other_version"),
        ({"schema": "0001"}, "backup.other_version"),
        ({"database": "postgresql"}, "backup.other_database"),
    ],
)
def test_another_version_or_database_is_refused(copy, tmp_path, changes, code):
    said = json.loads((copy / MANIFEST).read_bytes()) | changes
    (copy / MANIFEST).write_bytes(canonical(said))
    _refused(copy, tmp_path, code, InvalidInput)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "backup.no_manifest"),
        (b"{", "backup.manifest_malformed"),
        (b"[]", "backup.manifest_malformed"),
        (b'{"format": 1}', "backup.manifest_malformed"),
    ],
)
def test_a_folder_without_a_whole_manifest_is_no_backup(copy, tmp_path, content, code):
    (copy / MANIFEST).unlink()
    if content is not None:
        (copy / MANIFEST).write_bytes(content)
    _refused(copy, tmp_path, code)


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "chain/../../outside"])
def test_a_manifest_that_names_a_place_outside_is_refused(copy, tmp_path, name):
    said = json.loads((copy / MANIFEST).read_bytes())
    said["files"][name] = {"bytes": 0, "sha256": ""}
    (copy / MANIFEST).write_bytes(canonical(said))
    _refused(copy, tmp_path, "backup.manifest_malformed")


@pytest.mark.parametrize("there", ["store/synak.sqlite", "chain/kgst/journal", "hub/x", "x"])
def test_nothing_is_put_over_what_is_there(taken, tmp_path, there):
    paths, url = _install(tmp_path)
    (tmp_path / there).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / there).write_text("mine")
    with pytest.raises(Conflict, match=r"backup\.target_not_empty"):
        restore_backup(paths, url, taken[0])
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [there.split("/")[-1]]


def test_a_backup_is_never_written_over_anything(running, taken, tmp_path):
    paths, url, _ = running
    with pytest.raises(Conflict, match=r"backup\.target_not_empty"):
        take_backup(paths, url, taken[0], at=AT)
    empty, nowhere = _install(tmp_path / "empty")
    with pytest.raises(NotFound, match=r"backup\.nothing_here"):
        take_backup(empty, nowhere, tmp_path / "new", at=AT)
    assert not (tmp_path / "new").exists()


@pytest.fixture
def postgres_install(postgres, tmp_path):
    """An install on PostgreSQL with an audit log and no chain."""
    url = new_database(postgres)
    store = Store(url)
    store.migrate()
    with store.unit() as u:
        for number in range(20):
            u.audit.append(kind="test", actor="a", subject=f"s{number}", data={}, at=AT)
        u.commit()
    yield _install(tmp_path / "first")[0], url, store
    store.close()


def test_a_store_on_postgresql_is_copied_as_of_one_moment_and_put_back(
    postgres, postgres_install, tmp_path, monkeypatch
):
    paths, url, store = postgres_install
    client = copies._client

    def after_more_was_written(*arguments):
        with store.unit() as u:
            u.audit.append(kind="test.later", actor="a", subject="s", data={}, at=AT)
            u.commit()
        client(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(copies, "_client", after_more_was_written)
        made = take_backup(paths, url, tmp_path / "backup", at=AT)
    assert (made.database, made.log_size) == ("postgresql", 20)
    again, _ = _install(tmp_path / "second")
    target = new_database(postgres)
    restore_backup(again, target, tmp_path / "backup")
    restored = Store(target)
    with restored.unit(read_only=True) as u:
        report = verify_log(u)
        assert (report.ok, report.size, report.root) == (True, 20, made.log_root)
    with restored.unit() as u:
        u.outbox.put(kind="k", subject="s", payload={}, at=AT)
        u.commit()
    restored.close()
    with pytest.raises(Conflict, match=r"backup\.target_not_empty"):
        restore_backup(_install(tmp_path / "third")[0], target, tmp_path / "backup")


def test_a_dump_that_does_not_fit_leaves_the_database_empty(postgres, postgres_install, tmp_path):
    paths, url, _ = postgres_install
    take_backup(paths, url, tmp_path / "backup", at=AT)
    _rewritten(tmp_path / "backup", log_size=21)
    target = new_database(postgres)
    with pytest.raises(IntegrityFailure, match=r"backup\.log_differs"):
        restore_backup(_install(tmp_path / "second")[0], target, tmp_path / "backup")
    copies.refuse_unless_empty(target)


def test_without_the_databases_client_nothing_is_written(postgres_install, tmp_path, monkeypatch):
    paths, url, _ = postgres_install
    monkeypatch.setattr(copies.shutil, "which", lambda _name: None)
    monkeypatch.setattr(copies, "_DEBIAN", tmp_path)
    with pytest.raises(Unavailable, match=r"backup\.no_client"):
        take_backup(paths, url, tmp_path / "backup", at=AT)
    assert not (tmp_path / "backup" / MANIFEST).exists()


def test_a_password_is_in_no_command_line(monkeypatch):
    seen = []

    def run(command, **options):
        seen.append((command, options["env"].get("PGPASSWORD")))
        return SimpleNamespace(returncode=1, stderr="stopped")

    monkeypatch.setattr(copies.subprocess, "run", run)
    url = "postgresql+psycopg://synak:s3cret@db.example/synak?sslmode=require"
    with pytest.raises(Unavailable, match=r"backup\.client_failed"):
        copies._client("pg_dump", [f"--dbname={copies._libpq(url)}"], url)
    ((command, password),) = seen
    assert password == "s3cret"
    assert "s3cret" not in " ".join(command)
    assert "sslmode=require" in " ".join(command)
