"""The journal of one chain: an append-only file that is the truth.

Rules:

- ``put`` takes a place in the order at once; its future is done when the records are
  on the disk (one fsync for all that came meanwhile: group commit).
- What cannot be written (disk full, no permission, file size limit) is taken back to
  the last durable byte and refused with ``journal.unwritable``; the next ``put``
  tries again, so the journal recovers by itself when there is room.
- Bytes after a failed fsync are never trusted: they are cut off and written anew.
- One process at a time: the file is locked (``journal.locked``).
- A torn tail is cut off and reported (``recovered_bytes``); damage anywhere else
  refuses to start with ``journal.bad_record``, which names record and offset.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from sandbox.chain.records import MAGIC, Kind, Place, Record, Scan, Stored, frame, pack
from sandbox.kit.errors import Conflict, IntegrityFailure, SynakError, Unavailable

_log = structlog.get_logger()


_Group = tuple[list[tuple[Kind, bytes]], asyncio.Future[list[Place]]]


class Journal:
    """An open, locked journal.

    Made by ``Journal.open``. ``end`` is the place behind the last durable record,
    ``recovered_bytes`` the length of the torn tail that was cut off.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.end = Place(0, 0)
        self.recovered_bytes = 0
        self.writable = True
        self._fd = descriptor
        self._pending: list[_Group] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._committer: asyncio.Task[None] | None = None
        self._dirty = False
        self._closed = False

    @classmethod
    def open(
        cls, path: Path, visit: Callable[[Stored], None], start: Place | None = None
    ) -> Journal:
        """Open or make a journal, lock it and read it once.

        Args:
            path: the file; its directory must exist.
            visit: called with each record in order.
            start: from where on (``checkpoint``); the start of the file by default.

        Raises:
            Conflict: ``journal.locked``.
            IntegrityFailure: ``journal.bad_record``.
            Unavailable: ``journal.unwritable``.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unwritable(path, error) from error
        journal = cls(path, descriptor)
        try:
            journal._begin(visit, start)
        except BaseException:
            os.close(descriptor)
            journal._thread.shutdown()
            raise
        return journal

    def _begin(self, visit: Callable[[Stored], None], start: Place | None) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict("journal.locked", path=self.path.name) from error
        try:
            size = os.fstat(self._fd).st_size
            if size < len(MAGIC) and MAGIC.startswith(os.pread(self._fd, len(MAGIC), 0)):
                os.ftruncate(self._fd, 0)
                _write_all(self._fd, MAGIC, 0)
                os.fsync(self._fd)
                _sync_directory(self.path.parent)
            with self.path.open("rb", buffering=1 << 20) as file, _uncollected():
                scan = Scan(file, start)
                for stored in scan:
                    visit(stored)
            self.end, self.recovered_bytes = scan.end, scan.torn
            if scan.torn:
                _log.warning("journal.torn_tail_cut", path=self.path.name, bytes=scan.torn)
                os.ftruncate(self._fd, scan.end.offset)
                os.fsync(self._fd)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def put(self, records: Sequence[Record]) -> asyncio.Future[list[Place]]:
        """Append records; they stay together and in this order.

        Args:
            records: at least one.

        Returns:
            A future: the place of each record, once all are durable; or
            ``Unavailable`` ``journal.unwritable``, and then none is in the file.

        Raises:
            InvalidInput: ``journal.not_json``, ``journal.record_too_large``.
        """
        packed = [(record.kind, pack(record)) for record in records]
        done: asyncio.Future[list[Place]] = asyncio.get_running_loop().create_future()
        if self._closed:
            done.set_exception(Unavailable("journal.unwritable", reason="closed"))
            return done
        self._pending.append((packed, done))
        if self._committer is None:
            self._committer = asyncio.create_task(self._commit(), name="journal-commit")
        return done

    async def _commit(self) -> None:
        """Write what waits until nothing waits."""
        loop = asyncio.get_running_loop()
        while self._pending:
            group, self._pending = self._pending, []
            try:
                places = await loop.run_in_executor(self._thread, self._write, group)
            except Exception as error:  # noqa: BLE001 - whoever waits must hear of any trouble
                refusal = (
                    error
                    if isinstance(error, SynakError)
                    else Unavailable("journal.unwritable", reason=repr(error)[:200])
                )
                for _, done in group:
                    if not done.done():
                        done.set_exception(refusal)
                        done.exception()
                _log.error("journal.unwritable", reason=str(refusal))
                continue
            for (_, done), found in zip(group, places, strict=True):
                if not done.done():
                    done.set_result(found)
        self._committer = None

    def _write(self, group: list[_Group]) -> list[list[Place]]:
        """Write and sync a group; in the journal's own thread."""
        at = self.end
        parts: list[bytes] = []
        places: list[list[Place]] = []
        for packed, _ in group:
            places.append([])
            for kind, payload in packed:
                places[-1].append(at)
                data, at = frame(kind, payload, at)
                parts.append(data)
        try:
            if self._dirty:
                os.ftruncate(self._fd, self.end.offset)
                os.fsync(self._fd)
            self._dirty = True
            _write_all(self._fd, b"".join(parts), self.end.offset)
            os.fdatasync(self._fd)
        except OSError as error:
            self.writable = False
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self.end.offset)
            raise _unwritable(self.path, error) from error
        self._dirty, self.writable, self.end = False, True, at
        return places

    async def close(self) -> None:
        """Write what waits, then give the lock back."""
        self._closed = True
        while self._committer is not None:
            await asyncio.wait([self._committer])
        self._thread.shutdown()
        os.close(self._fd)


def read(path: Path, visit: Callable[[Stored], None], start: Place | None = None) -> Scan:
    """Read a journal without locking it.

    Args:
        path: the file.
        visit: called with each record in order.
        start: where to begin; the start of the file by default.

    Returns:
        The finished scan: ``end`` and ``torn``.

    Raises:
        IntegrityFailure: ``journal.bad_record``, ``journal.missing``.
    """
    try:
        with path.open("rb", buffering=1 << 20) as file, _uncollected():
            scan = Scan(file, start)
            for stored in scan:
                visit(stored)
    except OSError as error:
        raise IntegrityFailure("journal.missing", path=path.name, reason=str(error)) from error
    return scan


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection: reading makes millions of objects and not one cycle of them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _unwritable(path: Path, error: OSError) -> Unavailable:
    return Unavailable("journal.unwritable", path=path.name, reason=error.strerror or str(error))


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
