"""A full replay on a really running system: isolated, beside the platform, told as cut off."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from sandbox.isolation.probe import Isolation
from tests.support.browser import PHONE, browsers
from tests.support.system import system

PAGE = "/desk/evidence/replays"
CHILD = "sandbox.services.journal_replay_run"


def _until(found, seconds=90, said=str):
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, said()
        time.sleep(0.02)
    return value


def _replaying(running):
    """The process that replays, and its engine once it has one."""
    for process in running.processes():
        line = process.cmdline()
        if CHILD in line and line[0].endswith("python"):
            return process
    return None


def _engines(running):
    """The production engines' processes."""
    sockets = str(running.state)
    return {
        process.pid
        for process in running.processes()
        if "--ipc" in process.cmdline() and sockets in " ".join(process.cmdline())
    }


def _held(running):
    """The replaying process, stopped as soon as it is seen."""
    process = _until(lambda: _replaying(running))
    process.send_signal(signal.SIGSTOP)
    return process


def _state(person):
    person.open(PAGE)
    return person.page.locator("#replays tbody tr").first.inner_text()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_replay_runs_isolated_beside_the_platform_and_is_told_as_cut_off():
    with system() as running:
        running.start()
        with browsers(running) as people:
            auditor = people["jyldyz"]
            auditor.open(PAGE)
            auditor.send("/replays", chain="kgst")
            _is_isolated(running, _held(running))
            running.stop()
            running.start()
            _until(lambda: "cut off" in _state(auditor))
            auditor.shot("replay-cut-off")
            auditor.page.get_by_role("button", name="Start again").first.click()
            _until(lambda: "Identical" in _state(auditor), 240, lambda: _state(auditor))
            _is_downloaded(auditor)
            _looks_well(people)


def _is_isolated(running, process):
    engines = _engines(running)
    try:
        assert process.nice() == 19
        if process.environ().get("SYNAK_ISOLATION_FOUND") == Isolation.SEPARATE_USERS.value:
            assert process.uids().real not in {0, os.getuid()}
        for kind in ("net", "pid", "mnt"):
            assert _space(process, kind) != _space(running.process, kind)
    finally:
        process.send_signal(signal.SIGCONT)
    process.send_signal(signal.SIGSTOP)
    assert _engines(running) == engines


def _space(process, kind):
    return Path(f"/proc/{process.pid}/ns/{kind}").readlink()


def _is_downloaded(auditor):
    with auditor.page.expect_download() as taken:
        auditor.page.get_by_role("link", name="Download the verdict").first.click()
    document = json.loads(taken.value.path().read_bytes())
    assert document["identical"] is True
    assert document["blocks"] == document["head"]["number"] > 0
    assert document["audit"]["code"] is None


def _looks_well(people):
    auditor = people["jyldyz"]
    for language in ("en", "ru", "ky"):
        auditor.language(language)
        for width in (1280, PHONE["width"]):
            auditor.page.set_viewport_size({"width": width, "height": 900})
            auditor.open(PAGE)
            assert auditor.too_wide() <= 0
            auditor.shot(f"replay-{language}-{width}")
    assert auditor.errors == []
