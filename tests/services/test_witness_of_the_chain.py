"""``synak audit verify --chain`` as it is typed: command, gateway, engine and anchors are real."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.chain.journal import read
from sandbox.services.audit import HeadKey
from sandbox.services.witnessing import Witnessing
from sandbox.settings import Settings
from sandbox.store import Store
from tests.services.test_journals import Pair

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def anchored(empty_store):
    """A platform of its own whose log is anchored twice, with the journal's batches in it."""
    folder = Path(tempfile.mkdtemp(prefix="wc-"))
    made = Pair(folder, empty_store)
    try:
        made.start()
        _grow(made, 3)
        giving = Witnessing(made.desk, HeadKey.load(folder / "head.key"), 24)
        assert giving.work_once() == 1
        made.happens()
        assert made.enter()
        made.clock.ahead += timedelta(hours=25)
        assert giving.work_once() == 1
        yield made
    finally:
        made.stop()
        made.store.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def log(anchored, tmp_path):
    """A copy of its store, to alter."""
    with (
        contextlib.closing(sqlite3.connect(anchored.database)) as whole,
        contextlib.closing(sqlite3.connect(tmp_path / "store.db")) as copy,
    ):
        whole.backup(copy)
    made = Store(f"sqlite:///{tmp_path}/store.db")
    yield made
    made.close()


def _grow(anchored, count, store=None):
    said = {"kind": "test.act", "actor": "ermek", "subject": "x", "at": anchored.clock.now()}
    with (store or anchored.store).unit() as u:
        u.audit.append_each(**said, data=[{"n": number} for number in range(count)])
        u.commit()


def _verify(anchored, log, *flags, run="run"):
    """The command in a process of its own, beside the running install."""
    state = anchored.folder / "state"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SYNAK_")}
    told = {"SYNAK_DEVELOPMENT": "1", "SYNAK_STATE_DIR": str(state)}
    told["SYNAK_RUN_DIR"] = str(anchored.folder / run)
    socket = Settings.load(told).paths.gateway_socket
    socket.parent.mkdir(parents=True, exist_ok=True)
    if run == "run" and not socket.is_symlink():
        socket.symlink_to(anchored.folder / "internal.sock")
    url = log.url.render_as_string()
    command = ["-m", "sandbox", "audit", "verify", "--chain", "--database", url, *map(str, flags)]
    return subprocess.run(
        [sys.executable, *command], env=clean | told, capture_output=True, text=True, check=False
    )


def test_the_command_compares_every_anchor_and_the_journal(anchored, log):
    done = _verify(anchored, log, "--journal", anchored.journal)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "KGST chain: 2 anchored heads were compared" in done.stdout
    assert "journal kgst: ok" in done.stdout
    assert done.stdout.endswith("whole: nothing was altered\n")


def _rewrite(anchored, log):
    """Another log of the same length, whole in itself."""
    with log.engine.begin() as connection:
        size = connection.exec_driver_sql("SELECT count(*) FROM audit_entry").scalar()
        connection.exec_driver_sql("DELETE FROM audit_entry")
        connection.exec_driver_sql("DELETE FROM tree_head")
    _grow(anchored, size, log)


def _edit_head(anchored, log):
    """Another root in every signed head, under the signature as it was."""
    with log.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE tree_head SET root = ?", ("0" * 64,))


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (_rewrite, "they were rewritten"),
        (_edit_head, "audit.head_wrong"),
    ],
)
def test_an_altered_log_is_refused_by_the_command(anchored, log, alter, said):
    alter(anchored, log)
    done = _verify(anchored, log)
    assert (done.returncode, said in done.stdout) == (1, True), done.stdout
    assert done.stdout.endswith("ALTERED: see above\n")


def test_a_journal_that_was_cut_is_refused_beside_whole_anchors(anchored, log, tmp_path):
    found = []
    read(anchored.journal, found.append)
    cut = tmp_path / "journal"
    shutil.copy(anchored.journal, cut)
    with cut.open("r+b") as file:
        file.truncate(found[2].at.offset)
    done = _verify(anchored, log, "--journal", cut)
    assert (done.returncode, "journal.cut_off" in done.stdout) == (1, True), done.stdout
    assert "KGST chain: 2 anchored heads were compared" in done.stdout


def test_without_the_chain_nothing_is_called_whole(anchored, log):
    done = _verify(anchored, log, run="nobody")
    assert done.returncode == 2, done.stdout
    assert "witness KGST chain: cannot_check" in done.stdout
    assert done.stdout.endswith("CANNOT CHECK as asked: see above\n")
