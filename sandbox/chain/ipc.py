"""JSON-RPC to an engine over its unix socket, pipelined.

Rules:

- One line out, one line back. Many requests may be under way; answers are matched
  by id, because the engine answers concurrent requests in any order.
- ``in_order`` is the only way to submit transactions (``feeder``): separate requests
  are worked in any order.
- An answer that is too long, or nested too deeply, is not kept: that one request
  fails and the connection goes on.
- The end of the connection ends every request under way with ``EngineLost``.
- What is asked in one turn of the event loop is written at once: a write wakes the engine
  up, and costs more than the request.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from sandbox.chain.feeder import Feeder
from sandbox.kit.errors import SynakError, Unavailable
from sandbox.kit.tasks import end

MOST_ANSWER: Final = 64 << 20
"""The longest answer that is taken, bytes."""
MOST_STATE: Final = 1 << 30
"""The same, for what is asked for with ``state=True``: a dump of the whole chain."""
_READ: Final = 1 << 20
_HEAD: Final = 64
_LOOK: Final = 0.1
"""Seconds after which it is asked whether an engine that does not listen is gone."""
_SWEEP: Final = 0.05
"""How often it is looked whether an answer is overdue, seconds."""
_TOO_LONG: Final = -32004
"""Our own code for an answer that was not kept; the engine knows no such code."""
_NUMBER: Final = re.compile(rb'\{"jsonrpc":"2\.0","id":(\d{1,18})[,}]')
_WITH_MINING: Final = 4
"""Transactions that are sent in one batch with the mining of their block. In a large batch the
engine now and then mines before it has taken all of them in."""
_SEND_BUFFER: Final = 4 << 20


class EngineLost(Unavailable):
    """The engine's connection ended, or it did not answer in time."""


class EngineError(SynakError):
    """The engine answered with a JSON-RPC error.

    Attributes:
        rpc_code: the JSON-RPC error code; 3 for a revert.
        message: the engine's words, for logs and for JSON-RPC clients.
        data: revert data as hex, or None.
    """

    def __init__(self, error: dict[str, Any]) -> None:
        self.rpc_code = int(error.get("code", -32603))
        self.message = str(error.get("message", ""))[:2000]
        self.data = error.get("data")
        super().__init__("engine.refused_request", rpc_code=self.rpc_code, reason=self.message)


class AnswerTooLong(EngineError):
    """The answer was longer than whoever asked would take; it was not read."""


class EngineClient:
    """A connection to one engine.

    Use ``await EngineClient.connect(path)``; ``lost`` is set when it ended.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        path: Path,
        most: int = MOST_ANSWER,
    ) -> None:
        self._most = most
        self._feeder = Feeder(path)
        self._bounds: dict[int, int] = {}  # of requests that take more or less than others
        self._least = most  # of all bounds
        self._passing = False  # the rest of a line that is not kept
        self._reader = reader
        self._writer = writer
        self._next = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._until: dict[int, float] = {}  # of each that waits, by the loop's clock
        self._sweeping: asyncio.TimerHandle | None = None
        self._outgoing: list[bytes] = []
        self.lost = asyncio.Event()
        self._task = asyncio.create_task(self._listen(), name="engine-client")

    @classmethod
    async def connect(
        cls,
        path: Path,
        within: float = 10.0,
        most: int = MOST_ANSWER,
        ended: Callable[[], Awaitable[bool]] | None = None,
    ) -> EngineClient:
        """Connect, waiting for the engine to listen.

        Args:
            path: the engine's socket.
            within: seconds.
            most: the longest answer that is taken, bytes.
            ended: whether the engine's process is gone, so that nobody will ever listen.

        Raises:
            EngineLost: ``engine.unavailable``.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        look = loop.time() + _LOOK
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(path))
                _widen(writer)
            except OSError as error:
                if loop.time() > deadline:
                    raise EngineLost("engine.unavailable", reason="no_connection") from error
                if ended is not None and loop.time() > look:
                    if await ended():
                        raise EngineLost("engine.unavailable", reason="ended") from error
                    look = loop.time() + _LOOK
                await asyncio.sleep(0.01)
                continue
            return cls(reader, writer, path, most)

    async def _listen(self) -> None:
        parts: list[bytes] = []
        length = 0  # of the line so far; what is above the limit is not kept
        try:
            while chunk := await self._reader.read(_READ):
                *ended, rest = chunk.split(b"\n")
                for end in ended:
                    if self._keep(parts, end, length):
                        self._answer(b"".join(parts))
                    parts, length, self._passing = [], 0, False
                self._keep(parts, rest, length)
                length += len(rest)
        except OSError:
            pass
        finally:
            self._end()

    def _keep(self, parts: list[bytes], piece: bytes, length: int) -> bool:
        """Keep a piece of a line; False when the line is too long, and its request has failed."""
        if self._passing:
            return False
        if length + len(piece) > self._least:
            head = b"".join(part[:_HEAD] for part in (*parts[:_HEAD], piece))[:_HEAD]
            most = self._bounds.get(_number(head), self._most)
            if length + len(piece) > most:
                self._passing = True
                parts.clear()
                self._refuse(head, f"the answer is longer than {most} bytes", _TOO_LONG)
                return False
        parts.append(piece)
        return True

    def _refuse(self, head: bytes, reason: str, code: int = -32603) -> None:
        """Fail the request of an answer that cannot be taken; without its number, the link."""
        number = _number(head)
        waiting = self._waiting.pop(number, None)
        if number < 0:
            self._writer.close()
        elif waiting is not None and not waiting.done():
            waiting.set_result({"error": {"code": code, "message": reason}})

    def _answer(self, line: bytes) -> None:
        if not line:
            return
        try:
            answer = orjson.loads(line)
        except orjson.JSONDecodeError:
            self._refuse(line[:_HEAD], "the answer cannot be read")
            return
        waiting = self._waiting.pop(answer.get("id"), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _end(self) -> None:
        self.lost.set()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(EngineLost("engine.unavailable", reason="connection_ended"))
                waiting.exception()
        self._waiting.clear()

    def _check(self) -> None:
        if self.lost.is_set():
            raise EngineLost("engine.unavailable", reason="connection_ended")

    async def call(
        self,
        method: str,
        *params: Any,
        within: float = 60.0,
        state: bool = False,
        most: int | None = None,
    ) -> Any:
        """Ask one thing.

        Args:
            method: the JSON-RPC method.
            *params: its parameters.
            within: seconds.
            state: the answer may be as long as the state of a whole chain.
            most: the longest answer that is taken, bytes, when it is less than of others.

        Returns:
            The result.

        Raises:
            AnswerTooLong: it is longer.
            EngineError: the engine answered with an error, or with too much.
            EngineLost: ``engine.unavailable``.
        """
        self._check()
        self._next += 1
        number = self._next
        loop = asyncio.get_running_loop()
        waiting = loop.create_future()
        self._waiting[number] = waiting
        self._until[number] = loop.time() + within
        if self._sweeping is None:
            self._sweeping = loop.call_later(_SWEEP, self._sweep)
        if state or most is not None:
            self._bound(number, MOST_STATE if state or most is None else most)
        try:
            self._send(_request(number, method, params))
            answer = await waiting
        finally:
            del self._until[number]
            if self._bounds:
                self._unbind(number)
        if "error" in answer:
            too_long = answer["error"].get("code") == _TOO_LONG
            raise (AnswerTooLong if too_long else EngineError)(answer["error"])
        return answer.get("result")

    def _bound(self, number: int, most: int) -> None:
        self._bounds[number] = most
        self._least = min(self._least, most)

    def _unbind(self, number: int) -> None:
        """Bounds are looked at piece by piece, so the least of them is kept, not found."""
        if self._bounds.pop(number, None) is not None and not self._bounds:
            self._least = self._most

    async def many(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Ask many things at once, in no order.

        Args:
            requests: pairs of method and parameters.

        Returns:
            For each its result, or an ``EngineError`` as a value.

        Raises:
            EngineLost: ``engine.unavailable``.
        """
        answers = await asyncio.gather(
            *(self.call(method, *params) for method, params in requests), return_exceptions=True
        )
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, EngineError):
                raise answer
        return answers

    async def in_order(self, method: str, each: Sequence[Any], within: float = 60.0) -> list[Any]:
        """Ask the same thing of many values, worked strictly in the given order.

        Args:
            method: the JSON-RPC method, with one parameter.
            each: the parameter of each request.
            within: seconds for each batch.

        Returns:
            For each its result, or an ``EngineError`` as a value.

        Raises:
            EngineLost: ``engine.unavailable``.
        """
        self._check()
        return await self._fed(self._feeder.ask([(method, value) for value in each], within=within))

    async def block_by_block(
        self, blocks: Sequence[tuple[int, Sequence[str]]], within: float = 60.0
    ) -> list[Any]:
        """Send each block's transactions, strictly in order, and have it mined; one after another.

        Args:
            blocks: time (seconds) and signed transactions (hex) of each.
            within: seconds for each block.

        Returns:
            For each transaction and each mining its result, or an ``EngineError`` as a value.

        Raises:
            EngineLost: ``engine.unavailable``.
        """
        self._check()
        groups: list[list[tuple[str, Any]]] = []
        for time, sent in blocks:
            group = [("eth_sendRawTransaction", each) for each in sent]
            mined = ("evm_mine", time)
            groups += [[*group, mined]] if len(group) <= _WITH_MINING else [group, [mined]]
        return await self._fed(self._feeder.ask(*groups, within=within))

    async def _fed(self, asked: Awaitable[list[dict[str, Any]]]) -> list[Any]:
        try:
            answers = await asked
        except BlockingIOError as error:
            raise EngineLost("engine.unavailable", reason="no_answer") from error
        except OSError as error:
            raise EngineLost("engine.unavailable", reason="connection_ended") from error
        return [EngineError(a["error"]) if "error" in a else a.get("result") for a in answers]

    def _send(self, line: bytes) -> None:
        """Write at the end of this turn of the event loop, with what else is asked in it."""
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing.append(line)

    def _flush(self) -> None:
        lines, self._outgoing = self._outgoing, []
        if not (self.lost.is_set() or self._writer.is_closing()):
            self._writer.write(b"".join(lines))

    def _sweep(self) -> None:
        """Give up what has waited for too long: one timer costs less than many."""
        self._sweeping = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        for number, until in self._until.items():
            waiting = self._waiting.get(number)
            if until <= now and waiting is not None and not waiting.done():
                waiting.set_exception(EngineLost("engine.unavailable", reason="no_answer"))
        if self._until:
            self._sweeping = loop.call_later(_SWEEP, self._sweep)

    async def close(self) -> None:
        """End the connection."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._writer.close()
        await end(self._task)
        await self._feeder.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


def _widen(writer: asyncio.StreamWriter) -> None:
    """A wide send buffer, as far as the kernel allows.

    The engine looks through all it has of a line again at each read, so a snapshot
    sent in small pieces costs the square of its size: 10 MB took 0.74 s of its time
    in pieces of 208 KB and 0.09 s in pieces of 4 MB (measured with anvil 1.7.1).
    """
    end = writer.get_extra_info("socket")
    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)


def _number(head: bytes) -> int:
    """The id at the beginning of an answer; -1 when there is none, or it is a batch."""
    found = _NUMBER.match(head)
    return int(found[1]) if found else -1


def _request(number: int, method: str, params: Sequence[Any]) -> bytes:
    return (
        orjson.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)})
        + b"\n"
    )
