"""How a lab lives and dies: alone, with words, and never longer than its process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.sdk import LabStopped, SdkError, lab

KGST = 10**18
pytestmark = pytest.mark.usefixtures("genesis_built")


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not _alive(pid)


def test_a_request_that_crashes_one_engine_touches_no_other_lab(chain):
    """anvil 1.7.1 aborts on a number of blocks that does not fit."""
    with lab() as other:
        with pytest.raises(LabStopped) as stopped:
            other.w3.provider.make_request("anvil_mine", [hex(2**256 - 1)])
        told = stopped.value.diagnostics()
        assert "anvil_mine" in told
        assert "killed by signal" in told or "ended with status" in told
        assert "chain = lab()" in told
        with pytest.raises(LabStopped, match="stopped"):
            other.kgst.balance(other.accounts[0])
        assert "stopped" in repr(other)
    chain.kgst.transfer(chain.accounts[0], chain.accounts[1], "1")
    with lab() as again:
        assert again.kgst.balance(again.accounts[1]) == 10_000 * KGST


@pytest.mark.parametrize("blocks", [0, -1, 1_001, 2**256 - 1, True, 1.5, "3"])
def test_the_labs_own_mining_refuses_what_would_crash_it(chain, blocks):
    with pytest.raises(SdkError, match="1 to 1000"):
        chain.mine(blocks)
    assert chain.mine(3) == chain.w3.eth.block_number


def test_a_lab_outlives_the_thread_that_started_it():
    started = []
    thread = threading.Thread(target=lambda: started.append(lab()))
    thread.start()
    thread.join()
    time.sleep(0.3)
    with started[0] as running:
        running.kgst.transfer(running.accounts[0], running.accounts[1], "1")


def test_every_engine_dies_with_a_notebook_that_was_killed():
    script = (
        "from sandbox.sdk import lab; cs = [lab() for _ in range(3)];"
        "cs.append(lab(permit={'deployments': 1}));"
        "print(*[c.pid for c in cs], flush=True); input()"
    )
    command = [sys.executable, "-c", script]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as child:
        pids = [int(each) for each in child.stdout.readline().split()]
        assert len(pids) == 4
        assert all(_alive(pid) for pid in pids)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert all(_gone(pid) for pid in pids)


def test_a_closed_lab_says_so_and_closing_twice_does_nothing():
    running = lab()
    running.close()
    running.close()
    with pytest.raises(LabStopped, match="closed"):
        running.w3.eth.get_block("latest")


def test_a_lab_that_cannot_start_leaves_no_folder(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabStopped, match="setpriv"):
        lab()
    assert list(tmp_path.iterdir()) == []


def test_time_travels_forward_to_a_moment_and_nowhere_else(chain):
    there = (datetime.now() + timedelta(days=40)).date()  # noqa: DTZ005 - a day is enough
    chain.travel(to=there)
    assert chain.now.date() == there
    assert (chain.now.hour, chain.now.minute) == (0, 0)
    for wrong in (date(2020, 1, 1), "2020-01-01T00:00:00+00:00"):
        with pytest.raises(SdkError, match="forward only"):
            chain.travel(to=wrong)
    with pytest.raises(SdkError, match="forward only"):
        chain.travel(days=-1)
    for wrong in ("soon", "2027-13-01", object()):
        with pytest.raises(SdkError, match="not a moment"):
            chain.travel(to=wrong)
    with pytest.raises(SdkError, match="does not travel beyond"):
        chain.travel(days=10**7)
    later = chain.now
    chain.kgst.transfer(chain.accounts[0], chain.accounts[1], "1")
    assert later <= chain.now < later + timedelta(minutes=5)


def test_a_snapshot_as_a_block_comes_back_even_after_an_error(chain):
    aida, bek = chain.accounts[:2]
    with pytest.raises(KeyError), chain.snapshot():
        {}[chain.kgst.transfer(aida, bek, "1")["status"]]
    assert chain.kgst.balance(bek) == 10_000 * KGST


def test_what_a_person_reads_of_lab_in_a_notebook_is_enough():
    said = lab.__doc__
    for word in ("permit=", "fork=", "snapshot", "travel", "impersonate", "issue", "close"):
        assert word in said, word
