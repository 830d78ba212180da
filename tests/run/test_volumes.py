"""A home is moved onto its volume once, whole, whatever interrupts it; others are left alone."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import stat
import subprocess
import threading

import pytest

import sandbox.run.volumes as module
from sandbox.hub.workplace import TEMPLATES
from sandbox.isolation.bubblewrap import Box
from sandbox.isolation.probe import Isolation
from sandbox.isolation.volume import DiskControl, _devices, disk_control, home_in, use
from sandbox.kit.errors import IntegrityFailure, Unavailable
from sandbox.run.identity import Identities
from sandbox.run.moving import measure, same
from sandbox.run.process import Command
from sandbox.run.servers import UserServers, _copy_once
from sandbox.run.volumes import DiskUse, Volumes

KEY = ("aigul", "permit-sb-2026-0001")
OWNER = 62_601
MEGABYTE = 1 << 20
needs_mounts = pytest.mark.usefixtures("mounts")


@pytest.fixture(scope="module")
def mounts():
    if disk_control() is None:
        pytest.skip("this machine lets nobody mount volumes")


@pytest.fixture
def layout(settings):
    paths = settings.paths
    (paths.state_dir / "manager").mkdir(parents=True)
    (paths.homes / KEY[0]).mkdir(parents=True)
    yield paths
    if paths.mounts.exists():
        for at in paths.mounts.iterdir():
            while at.is_mount():
                subprocess.run(["umount", str(at)], check=True)


@pytest.fixture
def volumes(layout):
    return Volumes(layout, separate=True)


def plain(layout):
    return layout.homes / KEY[0] / KEY[1]


def names(folder):
    return sorted(each.name for each in folder.iterdir())


@pytest.fixture
def home(layout, tmp_path):
    """A plain home as people leave it; and a copy to compare with."""
    folder = plain(layout)
    folder.mkdir(mode=0o700)
    (folder / "work" / "deep").mkdir(parents=True)
    (folder / "work" / "notes.ipynb").write_text("{}")
    (folder / "work" / "run.sh").write_text("#!/bin/sh\n")
    (folder / "work" / "run.sh").chmod(0o4755)
    (folder / "hard").hardlink_to(folder / "work" / "notes.ipynb")
    (folder / "out").symlink_to("/etc/passwd")
    (folder / "up").symlink_to("../../..", target_is_directory=True)
    os.mkfifo(folder / "pipe")
    (folder / os.fsdecode(b"not-utf8-\xff")).write_text("bytes")
    os.mknod(folder / "sock", stat.S_IFSOCK | 0o600)
    with (folder / "sparse").open("wb") as file:
        file.truncate(3 * MEGABYTE)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, OWNER, OWNER, follow_symlinks=False)
    subprocess.run(["cp", "-a", str(folder), str(tmp_path / "before")], check=True)
    return tmp_path / "before"


@needs_mounts
def test_a_home_is_moved_once_and_found_again(layout, volumes, home):
    inside = volumes.open(KEY, OWNER, 64)
    assert same(home, inside)
    assert not os.path.lexists(plain(layout))
    assert layout.volume(*KEY).stat().st_mode & 0o777 == 0o600
    (inside / "new").write_text("new")
    volumes.close(KEY)
    assert not (layout.mounts / ".".join(KEY)).is_mount()
    assert (volumes.open(KEY, OWNER, 64) / "new").read_text() == "new"
    volumes.close(KEY)
    assert names(layout.homes / KEY[0]) == [f"{KEY[1]}.volume"]
    assert volumes.uses(KEY[1])["aigul"].limit == 64
    assert not volumes.uses("permit-sb-2026-0002")


@needs_mounts
def test_holes_and_further_names_of_a_file_take_nothing(layout, volumes):
    folder = plain(layout)
    folder.mkdir(mode=0o700)
    with (folder / "hollow").open("wb") as file:
        file.truncate(1 << 43)  # 8 TiB: neither a volume nor a day would be enough
        for place in (5 << 40, (1 << 43) - 3):
            file.seek(place)
            file.write(b"end")
    (folder / "large").write_bytes(os.urandom(MEGABYTE))
    for number in range(300):
        (folder / f"name-{number:03}").hardlink_to(folder / "large")
    blocks, files = measure(folder)
    assert files == 3
    assert 256 + 2 < blocks < 256 + 400
    inside = volumes.open(KEY, OWNER, 64)
    assert (inside / "large").stat().st_nlink == 301
    assert (inside / "hollow").stat().st_size == 1 << 43
    with (inside / "hollow").open("rb") as file:
        file.seek(5 << 40)
        assert file.read(4) == b"end\0"
    assert use(inside.parent).used < 2 * MEGABYTE // 4096
    volumes.close(KEY)


@pytest.mark.parametrize("what", ["byte", "hole", "end", "name"])
def test_two_folders_are_the_same_only_with_the_same_bytes_and_names(tmp_path, what):
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    written = bytearray(5 * MEGABYTE)
    written[0], written[3 * MEGABYTE] = 1, 2
    (one / "first").write_bytes(written)
    (one / "second").hardlink_to(one / "first")
    subprocess.run(["cp", "-a", "--sparse=always", str(one), str(other)], check=True)
    assert (other / "first").stat().st_blocks < (one / "first").stat().st_blocks
    assert same(one, other)
    at = (other / "first").stat().st_mtime_ns
    if what == "name":
        (other / "second").unlink()
        subprocess.run(["cp", "-a", str(other / "first"), str(other / "second")], check=True)
    else:
        with (other / "first").open("rb+") as file:
            file.seek({"byte": 3 * MEGABYTE, "hole": 2 * MEGABYTE + 7, "end": 0}[what])
            if what == "end":
                file.truncate(5 * MEGABYTE + 1)
            else:
                file.write(b"\3")
    os.utime(other / "first", ns=(at, at))
    os.utime(other, ns=(at, one.stat().st_mtime_ns))
    assert not same(one, other)


STEPS = ("make", "mount", "copy", "run", "settle", "_put_aside", "hold", "remove")


class CutOff(BaseException):
    """The power went."""


@needs_mounts
@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_interrupted_at_any_step_nothing_is_lost(layout, home, monkeypatch, step, after):
    """A manager that is gone clears nothing away: what it would do afterwards is switched off."""
    monkeypatch.setattr(module, "disk_control", DiskControl)
    with monkeypatch.context() as patch:

        def cut(real):
            def called(*args, **named):
                if after:
                    real(*args, **named)
                patch.setattr(DiskControl, "unmount", lambda *_: None)
                patch.setattr("pathlib.Path.unlink", lambda *_, **__: None)
                raise CutOff(step)

            return called

        place = DiskControl if step in ("make", "mount", "hold") else module
        patch.setattr(place, step, cut(getattr(place, step)))
        with pytest.raises(CutOff):
            Volumes(layout, separate=True).open(KEY, OWNER, 64)
    again = Volumes(layout, separate=True)
    again.recover()
    assert not any(at.is_mount() for at in layout.mounts.iterdir())
    assert same(home, again.open(KEY, OWNER, 64))
    again.close(KEY)
    assert names(layout.homes / KEY[0]) == [f"{KEY[1]}.volume"]


@needs_mounts
@pytest.mark.slow
def test_what_is_not_on_the_volume_is_kept_aside(layout, volumes):
    volumes.open(KEY, OWNER, 64)
    volumes.close(KEY)
    plain(layout).mkdir()
    (plain(layout) / "put-back").write_text("by hand")
    inside = volumes.open(KEY, OWNER, 64)
    assert not (inside / "put-back").exists()
    (kept,) = (layout.homes / KEY[0]).glob("*.kept-*")
    assert (kept / "put-back").read_text() == "by hand"


@needs_mounts
def test_a_home_that_was_not_copied_whole_stays_where_it_is(layout, volumes, home, monkeypatch):
    monkeypatch.setattr("sandbox.run.moving.run", lambda *_: "")
    with pytest.raises(IntegrityFailure) as refused:
        volumes.open(KEY, OWNER, 64)
    assert refused.value.code == "hub.volume_not_moved"
    assert same(home, plain(layout))
    assert names(layout.homes / KEY[0]) == [KEY[1]]


@needs_mounts
@pytest.mark.slow
def test_more_than_the_limit_is_moved_and_then_nothing_can_be_written(layout, volumes):
    plain(layout).mkdir()
    (plain(layout) / "large").write_bytes(os.urandom(80 * MEGABYTE))
    inside = volumes.open(KEY, OWNER, 64)
    assert (inside / "large").stat().st_size == 80 * MEGABYTE
    with pytest.raises(OSError, match="No space"):
        (inside / "more").write_bytes(bytes(4096))
    assert volumes.uses(KEY[1])["aigul"] == DiskUse(81, 64)
    (inside / "large").unlink()
    os.sync()
    volumes.look()
    found = use(inside.parent)
    assert found.used + found.available == 64 * MEGABYTE // 4096
    volumes.change(KEY, 1000)
    volumes.look()
    assert use(inside.parent).available > 80 * MEGABYTE // 4096
    assert volumes.uses(KEY[1])["aigul"].limit == 1000


@needs_mounts
@pytest.mark.slow
def test_a_link_where_the_home_should_be_leads_nowhere(layout, volumes, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    plain(layout).symlink_to(outside, target_is_directory=True)
    assert names(volumes.open(KEY, OWNER, 64)) == []
    assert (outside / "secret").read_text() == "secret"


@needs_mounts
@pytest.mark.slow
def test_a_link_where_the_image_is_made_is_not_followed(layout, volumes, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    layout.volume(*KEY).with_suffix(".volume-new").symlink_to(victim)
    with pytest.raises(Unavailable):
        volumes.open(KEY, OWNER, 64)
    assert victim.read_text() == "mine"


@needs_mounts
@pytest.mark.slow
def test_without_a_limit_a_volume_stays_and_has_the_disks_room(layout, volumes):
    volumes.open(KEY, OWNER, 64)
    volumes.close(KEY)
    assert volumes.wanted(KEY, None)
    inside = volumes.open(KEY, OWNER, None)
    assert use(inside.parent).available > 1000 * MEGABYTE // 4096
    assert inside == home_in(layout.mounts / ".".join(KEY))


def test_nobody_else_gets_a_volume(volumes):
    assert not volumes.wanted(("aigul", "home"), None)
    assert not volumes.wanted(KEY, None)
    assert volumes.wanted(KEY, 64)


@pytest.mark.parametrize("why", ["one user id", "no volumes here"])
def test_where_it_cannot_be_held_it_is_refused(layout, monkeypatch, why):
    monkeypatch.setattr(module, "disk_control", lambda: None)
    plain(layout).mkdir()
    with pytest.raises(Unavailable) as refused:
        Volumes(layout, separate=why != "one user id").open(KEY, OWNER, 64)
    assert refused.value.as_dict() == {
        "code": "hub.limit_not_held",
        "params": {"context": "permit-sb-2026-0001"},
    }
    assert plain(layout).is_dir()


def test_a_book_that_cannot_be_read_keeps_nobody_out(layout):
    (layout.state_dir / "manager" / "volumes.json").write_text('{"ai')
    assert Volumes(layout, separate=True).uses(KEY[1]) == {}


def test_a_limit_that_changes_while_a_volume_is_closed_does_not_open_it_again(layout):
    volumes = Volumes(layout, separate=True)
    closing = threading.Thread(target=volumes.close, args=(KEY,))

    class Open(dict):
        def __contains__(self, key):
            found = super().__contains__(key)
            if threading.current_thread() is not closing:
                closing.start()
                closing.join(0.2)
            return found

    volumes._open = Open({KEY: 64})
    volumes.change(KEY, 100)
    closing.join()
    assert list(volumes._open) == []


def _use_up_files(folder):
    for number in itertools.count():
        os.close(os.open(folder / str(number), os.O_CREAT | os.O_WRONLY, 0o600))


@needs_mounts
@pytest.mark.slow
def test_a_volume_with_no_file_left_lets_its_owner_in(layout, volumes):
    inside = volumes.open(KEY, OWNER, 64)
    template = TEMPLATES["permit"]
    _copy_once(template, inside, OWNER)
    assert (inside / template.name).read_bytes() == template.read_bytes()
    (inside / template.name).unlink()
    with pytest.raises(OSError, match="No space"):
        _use_up_files(inside)
    _copy_once(template, inside, OWNER)
    assert not (inside / template.name).exists()
    (inside / "0").unlink()
    _copy_once(template, inside, OWNER)
    assert (inside / template.name).exists()
    volumes.close(KEY)


def _server(layout, settings, monkeypatch, *line):
    """A manager's servers, with a stand-in for the program and the real volume below it."""
    (settings.paths.run_dir / "servers").mkdir(parents=True)
    settings.paths.logs.mkdir(parents=True)
    servers = UserServers(
        settings, Identities(0, separate=False), level=Isolation.NONE, memory=None
    )
    servers._volumes = Volumes(layout, separate=True)

    def command(_key, owner, home, *_, **__):
        box = Box(uid=owner, directory=str(home))
        return Command("server", line, {"PATH": "/usr/bin"}, box, settings.paths.logs / "server")

    monkeypatch.setattr(servers, "_command", command)
    return servers


ASKED = {"user": KEY[0], "context": KEY[1]}
LIMITED = {**ASKED, "limits": {"server_disk": 64}}


@needs_mounts
@pytest.mark.anyio
async def test_a_server_that_ends_by_itself_leaves_no_volume_mounted(layout, settings, monkeypatch):
    servers = _server(layout, settings, monkeypatch, "sleep", "60")
    at = layout.mounts / ".".join(KEY)
    await servers.start(LIMITED)
    await servers._end_those_over()
    assert at.is_mount()
    assert await servers.poll(ASKED) == {"exit": None}
    os.kill(servers._running[KEY].program_pid(), signal.SIGTERM)
    await servers._running[KEY].wait()
    await servers._end_those_over()
    assert not at.is_mount()
    assert _devices(layout.volume(*KEY)) == []
    assert await servers.poll(ASKED) == {"exit": -signal.SIGTERM}
    assert not servers._hours.running
    await servers.start(LIMITED)
    assert at.is_mount()
    await servers.stop_all()
    assert not at.is_mount()


@pytest.mark.anyio
async def test_of_a_server_that_ended_nothing_is_left_once_the_hub_knows(
    layout, settings, monkeypatch
):
    servers = _server(layout, settings, monkeypatch, "sleep", "60")
    asked = {"user": KEY[0], "context": "home"}
    await servers.start(asked)
    (running,) = servers._running.values()
    assert await servers.poll(asked) == {"exit": None}
    os.kill(running.program_pid(), signal.SIGKILL)
    await running.wait()
    for _ in range(2):
        assert await servers.poll(asked) == {"exit": -signal.SIGKILL}
        assert servers._running == {}


@pytest.mark.anyio
async def test_a_server_that_starts_again_while_others_are_cleared_up_runs_on(
    layout, settings, monkeypatch
):
    servers = _server(layout, settings, monkeypatch, "sleep", "60")
    first, second = ({"user": KEY[0], "context": name} for name in ("home", "course-x"))
    for each in (first, second):
        await servers.start(each)
        running = servers._running[each["user"], each["context"]]
        os.kill(running.program_pid(), signal.SIGKILL)
        await running.wait()
    end = servers._end

    async def ends(key):
        await end(key)
        if key[1] == "home":
            await servers.start(second)

    monkeypatch.setattr(servers, "_end", ends)
    await servers._end_those_over()
    assert list(servers._running) == [(KEY[0], "course-x")]
    assert await servers.poll(second) == {"exit": None}
    await servers.stop_all()


@pytest.mark.anyio
async def test_a_start_that_nobody_waits_for_any_more_can_be_stopped(layout, settings, monkeypatch):
    servers = _server(layout, settings, monkeypatch, "sleep", "60")
    moved = threading.Event()

    def moving(*_):
        moved.wait(10)
        plain(layout).mkdir(exist_ok=True)
        return plain(layout)

    monkeypatch.setattr(servers._volumes, "require", lambda _key: None)
    monkeypatch.setattr(servers._volumes, "open", moving)
    starting = asyncio.create_task(servers.start(LIMITED))
    await asyncio.sleep(0.05)
    assert await servers.poll(ASKED) == {"exit": None}
    await asyncio.wait_for(servers._end_those_over(), 1)
    stopping = asyncio.create_task(servers.stop(ASKED))
    await asyncio.sleep(0)
    moved.set()
    await asyncio.gather(starting, stopping)
    assert servers._running == {}
    assert (await servers.poll(ASKED))["exit"] is not None
    await servers.stop_all()
