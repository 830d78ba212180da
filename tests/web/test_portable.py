"""The portable export: the firm's own, byte for byte the same, and it deploys again."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
import time
import urllib.request
import zipfile
from contextlib import contextmanager

import pytest

from sandbox.contracts.closure import closed, standard_json
from sandbox.contracts.compiler import compiler_version
from sandbox.contracts.standard_input import compile_standard
from sandbox.domain.evidence_tasks import TaskKind
from sandbox.kit.errors import Unavailable
from sandbox.services import portable_export
from sandbox.services.compiling import alone
from sandbox.services.exit_archives import FRESH, MOST_BEGUN, Archiver
from sandbox.services.publication import Desk
from sandbox.toolchain.tools import anvil
from tests.support.ports import free_port
from tests.web.explorer_world import fill, standard_input, system
from tests.web.world import world

TOKEN = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
contract Points is ERC20 { constructor() ERC20("Points", "PTS") {} }
"""


def test_imports_are_there_and_theirs_in_turn():
    found = closed({"Points.sol": TOKEN})
    assert found["Points.sol"] == TOKEN
    assert "@openzeppelin/contracts/token/ERC20/ERC20.sol" in found
    assert "@openzeppelin/contracts/utils/Context.sol" in found
    assert list(found) == sorted(found)
    assert closed({"A.sol": 'import "../../etc/passwd";'}) == {
        "A.sol": 'import "../../etc/passwd";'
    }
    assert closed({"A.sol": 'import "synak/../../x.sol";'}) == {
        "A.sol": 'import "synak/../../x.sol";'
    }


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    with system() as running, world(tmp_path_factory.mktemp("desk")) as desk:
        made = fill(desk, running)
        fields = {"input": standard_input(), "name": "Factory", "compiler": compiler_version()}
        path = f"{made.base}/addresses/{made.factory}/verify"
        assert desk.browser("bakyt").post(path, fields).status_code == 303
        yield made


def _path(ledger):
    with ledger.desk.parts.store.unit(read_only=True) as u:
        return f"/desk/files/{u.permits.get(ledger.number).file}/export"


def _archiver(ledger, at_step=lambda _name: None):
    desk, parts = ledger.desk, ledger.desk.parts
    working = Desk(parts.store, desk.gateway, desk.clock, at_step=at_step)
    return Archiver(working, parts.blobs, parts.evidence)


def _export(ledger, who="bakyt"):
    """Ordered at the page, made by the worker, taken; or the answer that refuses."""
    browser = ledger.desk.browser(who)
    ledger.desk.clock.forward(FRESH)
    asked = browser.post(_path(ledger))
    if asked.status_code != 303:
        return asked
    assert _archiver(ledger).work_once() == 1
    (address,) = re.findall(r'href="([^"]+\.zip)"', browser.get(_path(ledger)).text)
    return browser.get(address)


@contextmanager
def fresh_chain():
    """An engine of its own with an open door, and its address."""
    port = free_port()
    process = subprocess.Popen(
        [str(anvil()), "--port", str(port), "--silent"], stdout=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}).encode()
    try:
        for _ in range(200):
            try:
                asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})
                urllib.request.urlopen(asked, timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.mark.slow
def test_the_archive_is_the_firms_own_and_always_the_same(ledger):
    for who in ("omar", "lira", "operator"):
        assert _export(ledger, who).status_code == 404
    for who in ("damira", "ermek", "jyldyz"):
        assert _export(ledger, who).status_code == 403
    first, second = _export(ledger), _export(ledger)
    assert first.status_code == 200
    assert first.content == second.content
    with zipfile.ZipFile(io.BytesIO(first.content)) as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("manifest.json"))
        assert sorted(manifest["parts"]) == names[:-1]
        for name, part in manifest["parts"].items():
            content = archive.read(name)
            assert part == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        assert {"README.en.md", "README.ru.md", "README.ky.md", "redeploy.py"} <= set(names)
        lines = archive.read("transactions.csv").decode().splitlines()
        assert any(ledger.paid in each for each in lines)
        assert not any(ledger.refused in each and each.endswith(",yes") for each in lines)
        (given,) = [each for each in names if each.endswith("-Factory/standard-input.json")]
        body = json.loads(archive.read(given))
        assert body == standard_json(
            {path: each["content"] for path, each in body["sources"].items()},
            {key: value for key, value in body["settings"].items() if key != "outputSelection"},
        )
        whole = b"".join(archive.read(each) for each in names)
    assert b"alert" not in whole.lower()
    with ledger.desk.parts.store.unit(read_only=True) as u:
        entry = u.audit.newest(1)[0]
    assert entry.body["data"]["sha256"] == hashlib.sha256(first.content).hexdigest()


@pytest.mark.slow
def test_what_is_deployed_again_is_the_same_code(ledger, tmp_path):
    with zipfile.ZipFile(io.BytesIO(_export(ledger).content)) as archive:
        archive.extractall(tmp_path)
    script = [sys.executable, str(tmp_path / "redeploy.py")]
    with fresh_chain() as url:
        done = subprocess.run([*script, "--rpc", url], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"factory {ledger.factory}" in done.stdout.lower()
        assert "same code" in done.stdout
        contracts = json.loads((tmp_path / "contracts.json").read_text("utf-8"))
        (factory,) = [each for each in contracts if each["name"] == "Factory"]
        other = compile_standard(
            standard_input().replace("== 0", "== 1"), "Factory", compiler_version()
        )
        assert other.creation.hex() != factory["creation"]
        factory["creation"] = other.creation.hex()
        (tmp_path / "contracts.json").write_text(json.dumps(contracts), "utf-8")
        done = subprocess.run([*script, "--rpc", url], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "differ" in done.stdout


class Killed(BaseException):
    """The worker dies here."""


@pytest.mark.slow
def test_the_page_says_how_far_it_is_and_a_killed_worker_begins_again(ledger):
    browsers = {lang: ledger.desk.browser("bakyt", lang) for lang in ("ky", "ru", "en")}
    browser, path = browsers["en"], _path(ledger)
    ledger.desk.clock.forward(FRESH)
    assert browser.post(path).headers["location"] == path
    seen = []

    def step(name):
        seen.append((name, {lang: each.get(path).text for lang, each in browsers.items()}))
        if name == "archive.contracts" and len(seen) < 4:
            raise Killed

    with pytest.raises(Killed):
        _archiver(ledger, step).work_once()
    cut = browser.get(path).text
    assert ("<progress" in cut, ".zip" in cut) == (True, False)
    assert 'hx-trigger="every 2s"' in cut
    browser.post(path)
    assert _archiver(ledger, step).work_once() == 1, "the one that was cut off, not another"
    assert _archiver(ledger, step).work_once() == 0
    words = {"ky": "Кайра компиляц", "ru": "Контракты", "en": "Contracts"}
    shown = [texts for name, texts in seen if name == "archive.contracts"]
    for lang, word in words.items():
        said = rf'aria-current="step"><span class="strong">{word}'
        assert all(re.search(said, texts[lang]) for texts in shown), lang
    done = [re.search(r'<progress max="100" value="(\d+)"', each["en"]) for _, each in seen[3:]]
    far = [int(each[1]) for each in done if each]
    assert far == sorted(far)
    assert far[0] < far[-1] < 100
    done = browser.get(path).text
    assert ("<progress" in done, ".zip" in done, "hx-trigger" in done) == (False, True, False)
    part = done[done.index('id="archive"') : done.index("</main>")]
    assert 'type="submit"' in part, "it comes with the part that is looked at again"
    assert "Bakyt Toktosunov" in part
    assert 'type="submit"' not in cut[cut.index('id="archive"') : cut.index("</main>")]
    browser.post(path)
    assert _archiver(ledger).work_once() == 0, "it is fresh: there is no other"
    for who, status in (("damira", 403), ("ermek", 403), ("omar", 404), ("lira", 404)):
        assert ledger.desk.browser(who).get(path).status_code == status, who
        (address,) = re.findall(r'href="([^"]+\.zip)"', done)
        assert ledger.desk.browser(who).get(address).status_code == 404, who


@pytest.mark.slow
def test_what_kills_the_worker_again_and_again_fails_and_leaves_nothing_behind(ledger):
    desk, path = ledger.desk, _path(ledger)
    desk.clock.forward(FRESH)
    assert desk.browser("bakyt").post(path).status_code == 303

    def die(name):
        if name == "archive.documents":
            raise Killed

    with desk.parts.store.unit(read_only=True) as u:
        (task,) = u.evidence_tasks.open(TaskKind.ARCHIVE)
    left = desk.parts.evidence / f"{task.id}.parts"
    for _ in range(MOST_BEGUN):
        with pytest.raises(Killed):
            _archiver(ledger, die).work_once()
        left.mkdir()
        (left / "half").write_text("half")
    (desk.parts.evidence / f"{task.id}.partial").write_text("half")
    assert _archiver(ledger).work_once() == 1
    assert "was cut off 3 times" in desk.browser("bakyt").get(path).text
    assert not list(desk.parts.evidence.glob(f"{task.id}.*"))
    assert _export(ledger).status_code == 200, "the page is whole beside one that failed"
    assert _export(ledger).status_code == 200


@pytest.mark.slow
def test_what_waits_for_a_compilation_was_not_begun(ledger):
    desk, path = ledger.desk, _path(ledger)
    desk.clock.forward(FRESH)
    desk.browser("bakyt").post(path)
    with alone():
        for _ in range(MOST_BEGUN + 1):
            with pytest.raises(Unavailable):
                _archiver(ledger).work_once()
    assert _archiver(ledger).work_once() == 1
    assert ".zip" in desk.browser("bakyt").get(path).text


def _as(ledger, who):
    return {"Authorization": f"Bearer {ledger.desk.hub.token_for(who)}"}


@pytest.mark.slow
def test_programs_order_follow_and_take_it_and_strangers_learn_nothing(ledger):
    client, headers = ledger.desk.browser(None).client, _as(ledger, "bakyt")
    base, body = "/desk/api/v1/exit-archives", {"permit": ledger.number}
    key = {**headers, "Idempotency-Key": "once"}
    ledger.desk.clock.forward(FRESH)
    first, again = (client.post(base, json=body, headers=key) for _ in range(2))
    other = client.post(base, json=body, headers=headers)
    assert (first.status_code, first.json()["state"], first.json()["percent"]) == (
        202,
        "ordered",
        0,
    )
    assert again.json()["id"] == other.json()["id"] == first.json()["id"]
    address = f"{base}/{first.json()['id']}"
    early = client.get(f"{address}/file", headers=headers)
    assert (early.status_code, early.json()["code"]) == (409, "evidence.not_ready")
    assert _archiver(ledger).work_once() == 1
    told = client.get(address, headers=headers).json()
    assert (told["state"], told["percent"], told["step"]) == ("ready", 100, "archive")
    taken = client.get(f"{address}/file", headers=headers)
    assert told["sha256"] == hashlib.sha256(taken.content).hexdigest()
    assert told["size"] == len(taken.content)
    assert client.post(base, json=body, headers=key).json()["id"] == told["id"]
    listed = client.get(f"{base}?permit={ledger.number}", headers=headers).json()
    assert listed[0]["id"] == told["id"]
    for who in ("omar", "ermek", "damira", "jyldyz"):
        for place in (address, f"{address}/file"):
            refused = client.get(place, headers=_as(ledger, who))
            assert (refused.status_code, refused.json()["code"]) == (404, "evidence.not_found"), who
    assert client.post(base, json=body, headers=_as(ledger, "omar")).status_code == 404
    assert client.post(base, json=body, headers=_as(ledger, "ermek")).status_code == 403
    state = f"/desk/api/v1/exits/{ledger.number}"
    for who in ("bakyt", "damira", "ermek"):
        found = client.get(state, headers=_as(ledger, who)).json()
        assert (found["state"], found["settlement"], found["proof"]) == ("active", None, None), who
    assert client.get(state, headers=_as(ledger, "omar")).status_code == 404


def test_the_archive_holds_what_was_issued_and_no_quiet_proposal(tmp_path):
    with world(tmp_path) as desk:
        number = desk.granted()
        base, ermek = f"/desk/permits/{number}", desk.browser("ermek")
        form = {"reasons": "We shall revoke.", "understood": "yes"}
        assert ermek.act(f"{base}/revoke", form).status_code == 303
        with desk.parts.store.unit(read_only=True) as u:
            file = u.files.get(u.permits.get(number).file)
            (waits,) = u.decisions.proposed(file.id)
        quiet = f"/desk/files/{file.id}/decisions/{waits.id}/withdraw"
        done = desk.browser("feruza").act(quiet, {"reasons": "Not now; keep it quiet."})
        assert done.status_code == 303
        with desk.parts.store.unit(read_only=True) as u:
            portable_export.write_records(u, tmp_path / "archive", file)
            issued = {
                f"version-{each.version:04}.json"
                for each in u.decisions.of_file(file.id)
                if each.status.value in {"in_force", "lapsed"}
            }
    assert (
        {each.name for each in (tmp_path / "archive/permit").glob("version-*")} == issued != set()
    )
