"""A child can finish its work when it is stopped, and never outlives the manager."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from sandbox.isolation.bubblewrap import Box
from sandbox.isolation.probe import Isolation, probe
from sandbox.run.process import Command, start
from sandbox.run.supervise import Supervised

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
LEVELS = [Isolation.NONE]
if probe().level is not Isolation.NONE:
    LEVELS.append(probe().level)
UID = 62_400 if os.geteuid() == 0 else os.getuid()


@pytest.fixture(params=LEVELS, ids=lambda level: level.value)
def level(request):
    return request.param


@pytest.fixture
def place(tmp_path, level):
    folder = tmp_path / "w"
    folder.mkdir()
    if level is Isolation.SEPARATE_USERS:
        os.chown(folder, UID, UID)
    return folder


def _command(place, script):
    return Command(
        name="child",
        line=("/bin/bash", "-c", script),
        environment={"PATH": "/usr/bin:/bin"},
        box=Box(uid=UID, writable=(place,), directory=str(place)),
        log=place.parent / "child.log",
    )


async def _until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        await asyncio.sleep(0.02)


async def test_told_to_stop_it_finishes_its_work(place, level):
    script = "trap 'echo done > finished; exit 0' TERM; touch ready; while :; do sleep 0.05; done"
    running = await start(_command(place, script), level)
    await _until((place / "ready").exists)
    assert await running.stop(5) in (0, 143)
    assert (place / "finished").read_text() == "done\n"


async def test_deaf_to_the_signal_it_is_ended(place, level):
    running = await start(
        _command(place, "trap '' TERM; touch ready; sleep 60 & wait; sleep 60"), level
    )
    await _until((place / "ready").exists)
    began = time.monotonic()
    await running.stop(0.5)
    assert running.exit_code is not None
    assert time.monotonic() - began < 5


async def test_its_own_children_end_with_it(place, level):
    script = "(while :; do date +%s%N > beat; sleep 0.05; done) & touch ready; wait"
    running = await start(_command(place, script), level)
    await _until((place / "beat").exists)
    await running.stop(2)
    last = (place / "beat").read_text()
    await asyncio.sleep(0.3)
    assert (place / "beat").read_text() == last


async def test_output_goes_to_a_log_that_is_closed_to_others(place, level):
    running = await start(_command(place, "echo hello; echo trouble >&2; exit 3"), level)
    assert await running.wait() == 3
    log = place.parent / "child.log"
    assert log.read_text() == "hello\ntrouble\n"
    assert log.stat().st_mode & 0o077 == 0


async def test_ended_by_itself_it_is_started_again(place, level):
    one = Supervised(_command(place, "echo x >> starts; sleep 0.2"), level, 2)
    await one.start()
    await _until(lambda: one.restarts >= 2 and len((place / "starts").read_text()) >= 6)
    await one.stop()
    assert one.running.exit_code is not None


async def test_stopped_it_is_not_started_again(place, level):
    one = Supervised(_command(place, "echo x >> starts; sleep 30"), level, 2)
    await one.start()
    await _until((place / "starts").exists)
    await one.stop()
    await asyncio.sleep(1)
    assert (place / "starts").read_text() == "x\n"
    assert one.restarts == 0


async def test_restart_is_followed_by_what_is_due(place, level):
    told = []

    async def due():
        told.append(1)

    one = Supervised(_command(place, "sleep 0.1"), level, 2, after_restart=due)
    await one.start()
    await _until(lambda: told)
    await one.stop()


async def test_manager_killed_takes_its_children_along(place, level):
    """kill -9 of the manager leaves nothing behind."""
    script = textwrap.dedent(f"""
        import asyncio
        from pathlib import Path
        from sandbox.isolation.bubblewrap import Box
        from sandbox.isolation.probe import Isolation
        from sandbox.run.process import Command, start
        async def main():
            box = Box(uid={UID}, writable=(Path({str(place)!r}),), directory={str(place)!r})
            line = ("/bin/bash", "-c", "while :; do date +%s%N > beat; sleep 0.05; done")
            await start(Command("child", line, {{"PATH": "/usr/bin:/bin"}}, box,
                                Path({str(place.parent)!r}) / "c.log"), Isolation({level.value!r}))
            await asyncio.sleep(60)
        asyncio.run(main())
    """)
    checkout = Path(__file__).parents[2]
    manager = await asyncio.to_thread(
        subprocess.Popen, [sys.executable, "-c", script], cwd=checkout
    )
    try:
        await _until((place / "beat").exists, 20)
    finally:
        manager.send_signal(signal.SIGKILL)
        manager.wait()
    await asyncio.sleep(0.3)
    last = (place / "beat").read_text()
    await asyncio.sleep(0.3)
    assert (place / "beat").read_text() == last
