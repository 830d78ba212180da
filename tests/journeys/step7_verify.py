"""Step 7. The log verifies; a changed byte is named; a rewritten log is exposed."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import uvicorn
from fastapi import FastAPI

from sandbox.api import audit as audit_api
from sandbox.domain.audit import leaf_of
from sandbox.kit.clock import SystemClock
from sandbox.sdk import LogRewritten
from sandbox.sdk.desk import Desk
from sandbox.sdk.heads import KeptHeads, check_log
from sandbox.sdk.place import Place
from sandbox.services.audit import HeadKey
from sandbox.store import Store
from tests.journeys.stage import AUDITOR, Stage


def verify_log(stage: Stage) -> None:
    """``synak audit verify`` checks the whole log; the SDK keeps its head."""
    head = stage.cell("log")
    assert "entries" in head
    outside = stage.kept["outside"]
    stage.kept["head"] = outside.check_log().now
    done = _synak(stage, "audit", "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    auditor = stage[AUDITOR]
    auditor.open("/desk/sign-in")
    auditor.open("/desk/audit")
    assert auditor.page.locator("table tbody tr").count() > 10
    auditor.shot("7-audit")
    stage.say(f"synak audit verify: {done.stdout.strip().splitlines()[-1]}")


def name_first_wrong(stage: Stage) -> None:
    """One changed byte, in a copy: verification fails and names that record."""
    store = stage.home / "copied.db"
    for place, column in ((4, "body"), (7, "actor"), (2, "leaf"), (9, "salt")):
        _copy(stage, store)
        with contextlib.closing(sqlite3.connect(store)) as database, database:
            (value,) = database.execute(
                f'SELECT "{column}" FROM audit_entry WHERE "index" = ?', (place,)
            ).fetchone()
            spoiled = value[:-3] + chr(ord(value[-3]) ^ 1) + value[-2:]
            database.execute(
                f'UPDATE audit_entry SET "{column}" = ? WHERE "index" = ?', (spoiled, place)
            )
        done = _synak(stage, "audit", "verify", SYNAK_DATABASE_URL=f"sqlite:///{store}")
        said = done.stdout + done.stderr
        assert done.returncode != 0, (column, said)
        assert str(place) in said, (column, place, said)
    stage.say("a changed byte is found, and the first wrong record is named")


def expose_rewritten(stage: Stage) -> None:
    """A log rewritten as a whole, signed anew with the real key, does not fit the kept head."""
    store = stage.home / "rewritten.db"
    _copy(stage, store)
    key = HeadKey.load(_head_key_file(stage))
    _rewrite(store, place=3)
    kept = KeptHeads(stage.home / "heads.json", "the desk")
    kept.keep(stage.kept["head"])
    with _served(Store(f"sqlite:///{store}"), key) as url:
        desk = Desk(Place.of(url, token="anybody"))
        with pytest.raises(LogRewritten) as exposed:
            check_log(desk, kept)
        assert exposed.value.code == "sdk.log_rewritten", exposed.value
        desk.close()
    assert kept.last() == stage.kept["head"], "the kept head stays as evidence"
    assert stage.kept["outside"].check_log().now.size >= stage.kept["head"].size
    stage.say("a log rewritten as a whole, with valid signatures, is exposed by the kept head")


def _synak(stage: Stage, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        env={**stage.system.environment, **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _copy(stage: Stage, to: Path) -> None:
    """The live store, copied as a database copies itself."""
    source = next(
        each
        for each in (stage.system.state / "store").iterdir()
        if each.suffix in {".db", ".sqlite"}
    )
    to.unlink(missing_ok=True)
    for beside in ("-wal", "-shm"):
        shutil.rmtree(f"{to}{beside}", ignore_errors=True)
    with (
        contextlib.closing(sqlite3.connect(source)) as live,
        contextlib.closing(sqlite3.connect(to)) as copy,
    ):
        live.backup(copy)


def _head_key_file(stage: Stage) -> Path:
    found = [
        each
        for each in (stage.system.state / "secrets").rglob("*")
        if each.is_file() and "head" in each.name
    ]
    return found[0]


def _rewrite(store: Path, *, place: int) -> None:
    """What somebody who holds everything would do: history as it never was, all in order."""
    with contextlib.closing(sqlite3.connect(store)) as database, database:
        body_text, salt = database.execute(
            'SELECT body, salt FROM audit_entry WHERE "index" = ?', (place,)
        ).fetchone()
        body = json.loads(body_text)
        body["data"] = {**body["data"], "note": "as it never was"}
        commitment, leaf = leaf_of(body, bytes.fromhex(salt))
        database.execute(
            'UPDATE audit_entry SET body = ?, commitment = ?, leaf = ? WHERE "index" = ?',
            (json.dumps(body), commitment.hex(), leaf.hex(), place),
        )
        database.execute("DELETE FROM tree_head")


@contextlib.contextmanager
def _served(store: Store, key: HeadKey) -> Iterator[str]:
    """The desk's own audit pages over a store."""
    app = FastAPI()
    app.include_router(audit_api.router, prefix="/desk/api/v1")
    app.state.parts = SimpleNamespace(store=store, clock=SystemClock(), head_key=key)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
