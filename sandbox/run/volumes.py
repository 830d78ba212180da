"""Volumes of workspaces: the homes of servers whose permit limits their disk.

Rules:

- A workspace gets its volume with the first limit, and keeps it: ``homes/<user>/<context>.volume``.
  Without a limit afterwards it may use what the machine's disk has. Where there is no
  volume and no limit, a home is the plain folder that it was.
- Only the manager reaches the image and the place where it is mounted; the user sees the
  volume's ``home`` alone, bound into the box.
- What is used is kept in ``state/manager/volumes.json`` also while nothing is mounted. The book
  is for people to look at; the limit is held by the volume.

Plan of :meth:`Volumes.open`, to be begun again after an interruption at any step:

1. take down what an earlier run left mounted
2. without a volume: make one beside its place, copy the plain folder into it, compare each
   file, take it down, and only then give it its name
3. look it through, mount it, grow it
4. put aside a plain folder that is still there: it is removed when the volume has all of it, and
   kept under another name when it has not
5. hold the limit
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import structlog

from sandbox.isolation.volume import (
    DiskControl,
    disk_control,
    home_in,
    megabytes_of,
    run,
    use,
)
from sandbox.kit.errors import Unavailable
from sandbox.run.moving import copy, is_folder, measure, remove, same, settle
from sandbox.run.server_hours import Key
from sandbox.toolchain.layout import Layout

_MOST: Final = 1 << 20
"""Megabytes of a volume without a limit, at most."""

log = structlog.get_logger()


@dataclass(frozen=True)
class DiskUse:
    """What one workspace used when it was looked at last.

    Attributes:
        used: megabytes, a part of one as a whole one.
        limit: megabytes; None: no limit.
    """

    used: int
    limit: int | None


class Volumes:
    """Opens and closes the volumes of workspaces; all calls of one workspace come one by one.

    Args:
        layout: of the install.
        separate: whether each workspace has a user id of its own; else nothing is held.
    """

    def __init__(self, layout: Layout, *, separate: bool) -> None:
        self._layout = layout
        self._separate = separate
        self._control: DiskControl | None = None
        self._book = _Book(layout.state_dir / "manager" / "volumes.json")
        self._open: dict[Key, int | None] = {}
        self._guard = threading.Lock()
        self._names = threading.Lock()  # of the names in _open alone: nobody holds it for long

    def wanted(self, key: Key, limit: int | None) -> bool:
        """Whether the workspace's home is a volume: its disk is limited, or it was once."""
        return limit is not None or self._layout.volume(*key).exists()

    def recover(self) -> None:
        """Take down what a killed manager left mounted; what is in use is left to :meth:`open`."""
        if not self._layout.mounts.is_dir():
            return
        for at in sorted(self._layout.mounts.iterdir()):
            user, _, context = at.name.partition(".")
            for image in (self._layout.volume(user, context), _fresh(self._layout, user, context)):
                try:
                    DiskControl().unmount(image, at)
                except Unavailable:
                    log.warning("server.volume_busy", user=user, context=context)

    def open(self, key: Key, owner: int, limit: int | None) -> Path:
        """The home of a workspace, with its limit held; see the plan of the module.

        Args:
            key: of a server that does not run.
            owner: its user id.
            limit: megabytes; None: no limit any more.

        Raises:
            Unavailable: ``hub.limit_not_held``, ``hub.volume_busy``.
            IntegrityFailure: ``hub.volume_damaged``, ``hub.volume_not_moved``.
        """
        control = self.require(key)
        image, at, plain = self._layout.volume(*key), self._at(key), self._plain(key)
        control.unmount(image, at)  # 1
        try:
            fresh = not image.exists()
            if fresh:
                self._bring_in(control, key, owner, limit)  # 2
            control.mount(image, at, megabytes=self._room(limit))  # 3
            try:
                _put_aside(plain, home_in(at), compared=fresh)  # 4
                self._remember(key, limit, control.hold(at, limit).used)  # 5
            except BaseException:
                control.unmount(image, at)
                raise
        except OSError as error:
            log.exception("server.volume_failed", user=key[0], context=key[1])
            raise Unavailable("hub.limit_not_held", context=key[1]) from error
        self._open[key] = limit
        return home_in(at)

    def close(self, key: Key) -> None:
        """Take a workspace's volume down after its server; nothing where there is none."""
        if key not in self._open:
            return
        at = self._at(key)
        try:
            with self._guard:
                with self._names:
                    limit = self._open.pop(key)
                self._remember(key, limit, use(at).used)
                run("umount", str(at))
        except OSError:
            log.exception("server.volume_not_closed", user=key[0], context=key[1])

    def look(self) -> None:
        """Hold each open volume's limit again, and write down what is used."""
        for key in list(self._open):
            try:
                with self._guard:
                    if key in self._open:
                        limit = self._open[key]
                        held = DiskControl().hold(self._at(key), limit)
                        self._remember(key, limit, held.used)
            except OSError:
                log.exception("server.volume_look_failed", user=key[0], context=key[1])

    def change(self, key: Key, limit: int | None) -> None:
        """Hold another limit at the next look; a higher one than the volume from the next start."""
        with self._names:
            if key in self._open:
                self._open[key] = limit

    def uses(self, context: str) -> Mapping[str, DiskUse]:
        """What the workspaces of a context use, by user."""
        return self._book.of(context)

    def require(self, key: Key) -> DiskControl:
        """Refuse where nothing here could hold a volume.

        Returns:
            What makes and mounts them here.

        Raises:
            Unavailable: ``hub.limit_not_held``.
        """
        if self._control is None and self._separate:
            self._control = disk_control()
        if self._control is None:
            raise Unavailable("hub.limit_not_held", context=key[1])
        return self._control

    def _room(self, limit: int | None) -> int:
        """Megabytes that a volume is made for; without a limit, what the whole disk holds."""
        if limit is not None:
            return limit
        found = os.statvfs(self._layout.homes)
        return min(_MOST, found.f_blocks * found.f_frsize >> 20)

    def _at(self, key: Key) -> Path:
        self._layout.mounts.mkdir(mode=0o700, exist_ok=True)
        at = self._layout.mounts / f"{key[0]}.{key[1]}"  # neither name has a dot
        at.mkdir(mode=0o700, exist_ok=True)
        return at

    def _plain(self, key: Key) -> Path:
        return self._layout.homes / key[0] / key[1]

    def _bring_in(self, control: DiskControl, key: Key, owner: int, limit: int | None) -> None:
        at, plain, fresh = self._at(key), self._plain(key), _fresh(self._layout, *key)
        control.unmount(fresh, at)
        found = measure(plain) if is_folder(plain) else (0, 0)
        needed = megabytes_of(found[0]) * 11 // 10 + 1
        control.make(fresh, max(self._room(limit), needed), files=found[1])
        control.mount(fresh, at)
        try:
            home = home_in(at)
            home.mkdir(mode=0o700)
            os.chown(home, owner, owner)
            if is_folder(plain):
                copy(plain, home)
            run("sync", "--file-system", str(at))
        except BaseException:
            control.unmount(fresh, at)
            fresh.unlink()
            raise
        control.unmount(fresh, at)
        settle(fresh)
        fresh.rename(self._layout.volume(*key))
        settle(fresh.parent)
        log.info("server.volume_made", user=key[0], context=key[1], files=found[1])

    def _remember(self, key: Key, limit: int | None, blocks: int) -> None:
        self._book.put(key, DiskUse(megabytes_of(blocks), limit))


class _Book:
    """What is used, on disk; one that cannot be read is begun again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._kept: dict[str, dict[str, int | None]] = {}
        try:
            self._kept = json.loads(path.read_text()) if path.exists() else {}
        except (OSError, ValueError):
            log.exception("server.volumes_not_read")

    def of(self, context: str) -> dict[str, DiskUse]:
        with self._lock:
            return {
                user: DiskUse(int(each["used"] or 0), each["limit"])
                for user, _, where in (name.partition("/") for name in self._kept)
                if where == context and (each := self._kept[f"{user}/{where}"])
            }

    def put(self, key: Key, found: DiskUse) -> None:
        name, kept = "/".join(key), asdict(found)
        with self._lock:
            if self._kept.get(name) == kept:
                return
            self._kept[name] = kept
            fresh = self._path.with_suffix(".new")
            try:
                fresh.write_text(json.dumps(self._kept, indent=1))
                fresh.chmod(0o600)
                fresh.replace(self._path)
            except OSError:
                log.exception("server.volumes_not_written")


def _fresh(layout: Layout, user: str, context: str) -> Path:
    """The volume while it is made."""
    return layout.volume(user, context).with_suffix(".volume-new")


def _put_aside(plain: Path, home: Path, *, compared: bool) -> None:
    """Remove a plain folder that the volume has all of; keep any other under a name of its own."""
    moved = plain.with_name(f"{plain.name}.moved")
    if is_folder(plain):
        if compared or same(plain, home):
            remove(moved)
            plain.rename(moved)
        else:
            kept = plain.with_name(f"{plain.name}.kept-{secrets.token_hex(4)}")
            plain.rename(kept)
            log.warning("server.home_kept", path=str(kept))
    if is_folder(moved):
        remove(moved)
