"""Asking the signer, from a coroutine or from a thread.

Both clients keep one connection, make it anew when it ended, and raise the kit
error that the signer names. A request is sent again only when the connection was
found dead before anything was answered; signing twice gives the same signature.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.chain.signer.requests import MAX_LINE
from sandbox.kit.errors import (
    Conflict,
    IntegrityFailure,
    InvalidInput,
    NotAllowed,
    SynakError,
    Unavailable,
)
from sandbox.kit.ids import Address, TxHash

_TIMEOUT: Final = 10.0
_ANSWER: Final = 2 * MAX_LINE
_KINDS: Final[Mapping[str, type[SynakError]]] = {
    kind.__name__: kind for kind in (Conflict, IntegrityFailure, InvalidInput, NotAllowed)
}


@dataclass(frozen=True, slots=True)
class SignedBytes:
    """A signed transaction."""

    raw: bytes
    hash: TxHash


def _line(op: str, key: str | None, **more: Any) -> bytes:
    request = {"op": op, "key": key} | more
    line = json.dumps({name: _plain(value) for name, value in request.items()}).encode() + b"\n"
    if len(line) > MAX_LINE:
        raise InvalidInput("signer.request_too_long", limit=MAX_LINE)
    return line


def _plain(value: Any) -> Any:
    """Bytes as hex, all the way down; integers of any size are JSON."""
    if isinstance(value, bytes | bytearray):
        return "0x" + bytes(value).hex()
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _read(line: bytes) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise Unavailable("signer.unavailable", reason="bad_answer") from error
    if answer.get("ok"):
        return answer
    kind = _KINDS.get(str(answer.get("kind")), Unavailable)
    raise kind(str(answer.get("code", "signer.unavailable")), **answer.get("params", {}))


def _message(message: bytes | str) -> bytes:
    return message.encode() if isinstance(message, str) else message


class AsyncSignerClient:
    """The signer, from a coroutine.

    Args:
        path: its socket.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._addresses: dict[str, Address] = {}

    async def address(self, key: str) -> Address:
        """The address of a key.

        Raises:
            InvalidInput: ``signer.unknown_key``.
            NotAllowed: ``signer.unknown_asker``.
            Unavailable: ``signer.unavailable``.
        """
        if key not in self._addresses:
            answer = await self._ask(_line("address", key))
            self._addresses[key] = Address(answer["address"])
        return self._addresses[key]

    async def sign_transaction(self, key: str, tx: Mapping[str, Any]) -> SignedBytes:
        """Sign a transaction of type 0, 1 or 2.

        Args:
            key: name of the key.
            tx: ``nonce gas chainId to value data`` and ``gasPrice`` or
                ``maxFeePerGas maxPriorityFeePerGas``; ``accessList`` if wanted.

        Raises:
            InvalidInput: ``signer.bad_transaction``, ``signer.unknown_key``.
            NotAllowed: ``signer.key_not_allowed``, ``signer.unknown_asker``.
            Unavailable: ``signer.unavailable``.
        """
        answer = await self._ask(_line("sign_transaction", key, tx=tx))
        return SignedBytes(bytes.fromhex(answer["raw"][2:]), TxHash(answer["hash"]))

    async def sign_typed(self, key: str, typed: Mapping[str, Any]) -> bytes:
        """Sign typed data (EIP-712): 65 bytes.

        Raises:
            InvalidInput: ``signer.bad_typed_data``, ``signer.unknown_key``.
            NotAllowed: ``signer.key_not_allowed``, ``signer.unknown_asker``.
            Unavailable: ``signer.unavailable``.
        """
        answer = await self._ask(_line("sign_typed", key, typed=typed))
        return bytes.fromhex(answer["signature"][2:])

    async def sign_message(self, key: str, message: bytes | str) -> bytes:
        """Sign a personal message (EIP-191): 65 bytes.

        Raises:
            InvalidInput: ``signer.unknown_key``.
            NotAllowed: ``signer.key_not_allowed``, ``signer.unknown_asker``.
            Unavailable: ``signer.unavailable``.
        """
        answer = await self._ask(_line("sign_message", key, message=_message(message)))
        return bytes.fromhex(answer["signature"][2:])

    async def health(self) -> dict[str, Any]:
        """What the signer says of itself.

        Raises:
            Unavailable: ``signer.unavailable``.
        """
        return await self._ask(_line("health", None))

    async def close(self) -> None:
        """End the connection."""
        async with self._lock:
            await self._drop()

    async def _drop(self) -> None:
        if self._streams is not None:
            writer = self._streams[1]
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _ask(self, line: bytes) -> dict[str, Any]:
        async with self._lock:
            for attempt in (1, 2):
                try:
                    async with asyncio.timeout(_TIMEOUT):
                        answer = await self._exchange(line)
                    if answer:
                        return _read(answer)
                    reason = "connection_ended"
                except (OSError, TimeoutError, ValueError) as error:
                    reason = type(error).__name__
                except BaseException:
                    await self._drop()  # an answer nobody waits for must not meet the next request
                    raise
                await self._drop()
                if attempt == 2:
                    break
        raise Unavailable("signer.unavailable", reason=reason)

    async def _exchange(self, line: bytes) -> bytes:
        if self._streams is None:
            self._streams = await asyncio.open_unix_connection(self._path, limit=_ANSWER)
        reader, writer = self._streams
        writer.write(line)
        await writer.drain()
        return await reader.readline()


class SignerClient:
    """The signer, from any thread.

    Args:
        path: its socket.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def address(self, key: str) -> Address:
        """The address of a key; raises as ``AsyncSignerClient.address``."""
        return Address(self._ask(_line("address", key))["address"])

    def sign_transaction(self, key: str, tx: Mapping[str, Any]) -> SignedBytes:
        """Sign a transaction; raises as ``AsyncSignerClient.sign_transaction``."""
        answer = self._ask(_line("sign_transaction", key, tx=tx))
        return SignedBytes(bytes.fromhex(answer["raw"][2:]), TxHash(answer["hash"]))

    def sign_typed(self, key: str, typed: Mapping[str, Any]) -> str:
        """Sign typed data: ``0x`` hex; raises as ``AsyncSignerClient.sign_typed``."""
        return str(self._ask(_line("sign_typed", key, typed=typed))["signature"])

    def sign_message(self, key: str, message: bytes | str) -> str:
        """Sign a personal message: ``0x`` hex; raises as ``AsyncSignerClient.sign_message``."""
        return str(self._ask(_line("sign_message", key, message=_message(message)))["signature"])

    def health(self) -> dict[str, Any]:
        """What the signer says of itself; raises as ``AsyncSignerClient.health``."""
        return self._ask(_line("health", None))

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self, line: bytes) -> dict[str, Any]:
        reason = ""
        with self._lock:
            for _ in range(2):
                try:
                    return _read(self._exchange(line))
                except OSError as error:
                    reason = type(error).__name__
                    self._drop()
        raise Unavailable("signer.unavailable", reason=reason)

    def _exchange(self, line: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.settimeout(_TIMEOUT)
            self._socket.connect(str(self._path))
        self._socket.sendall(line)
        answer = bytearray()
        while not answer.endswith(b"\n"):
            chunk = self._socket.recv(65_536)
            if not chunk:
                raise ConnectionResetError
            answer += chunk
        return bytes(answer)
