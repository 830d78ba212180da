"""The signer's process: who may ask for which signature.

Rules:

- The kernel names the asker (``SO_PEERCRED``). A user id that is not in the table is
  refused everything but ``health``; one that is may ask for any address, and for
  signatures only with keys below its prefixes.
- In development with one user id, that user id may sign with every key, and
  ``health`` says so.
- One bad request is one error; neither the connection nor the process ends. Only a
  line that is too long ends its connection.
- Logs hold operation, key name and user id; never what was signed.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from sandbox.chain.signer.keys import Keys, check_name, read_seed
from sandbox.chain.signer.requests import (
    MAX_LINE,
    check_typed_size,
    sign_message,
    sign_transaction,
    sign_typed,
)
from sandbox.kit.errors import IntegrityFailure, InvalidInput, NotAllowed, SynakError, Unavailable

_log = structlog.get_logger()
_PEER: Final = struct.Struct("3i")
_MOST_BRACKETS: Final = 2_000
_SIGNS: Final[Mapping[str, Callable[[Keys, str, Mapping[str, Any]], dict[str, Any]]]] = {
    "sign_transaction": sign_transaction,
    "sign_typed": sign_typed,
    "sign_message": sign_message,
}


@dataclass(frozen=True)
class SignerConfig:
    """How a signer is set up.

    Attributes:
        socket: where it listens.
        seed: the seed's file; made at the first start.
        allowed: for each user id the prefixes of the keys it may sign with.
        development: this process's own user id may sign with every key.
    """

    socket: Path
    seed: Path
    allowed: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    development: bool = False

    def prefixes(self, uid: int) -> tuple[str, ...] | None:
        """What a user id may sign with; None when it is unknown."""
        if self.development and uid == os.getuid():
            return ("",)
        return self.allowed.get(uid)


class Signer:
    """Answers requests.

    Args:
        config: how it is set up.

    Raises:
        IntegrityFailure: the seed cannot be trusted.
    """

    def __init__(self, config: SignerConfig) -> None:
        self._config = config
        self._keys = Keys(read_seed(config.seed))
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen.

        Raises:
            Unavailable: ``signer.not_listening``.
        """
        path = self._config.socket
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._serve, path, limit=MAX_LINE)
            path.chmod(0o666)  # everybody may knock; the kernel says who it is
        except OSError as error:
            raise Unavailable("signer.not_listening", reason=error.strerror or "") from error

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._config.socket.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            uid = _peer_uid(writer)
            while line := await reader.readline():
                answer = self.answer(line, uid)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except ValueError:  # a line above the limit
            error = InvalidInput("signer.request_too_long", limit=MAX_LINE)
            writer.write(json.dumps(_failure(None, error)).encode() + b"\n")
        except OSError:
            pass
        finally:
            writer.close()

    def answer(self, line: bytes, uid: int) -> dict[str, Any]:
        """One answer to one request.

        Args:
            line: the request.
            uid: who asks.
        """
        number: Any = None
        try:
            request = _read(line)
            number = request.get("id") if isinstance(request.get("id"), int) else None
            return {"id": number, "ok": True} | self._do(request, line, uid)
        except SynakError as error:
            _log.info("signer.refused", code=error.code, uid=uid)
            return _failure(number, error)
        except Exception as error:  # noqa: BLE001 - the process goes on whatever was asked
            _log.exception("signer.internal", uid=uid)
            return _failure(number, IntegrityFailure("signer.internal", kind=type(error).__name__))

    def _do(self, request: dict[str, Any], line: bytes, uid: int) -> dict[str, Any]:
        op = request.get("op")
        if op == "health":
            return self._health()
        prefixes = self._config.prefixes(uid)
        if prefixes is None:
            raise NotAllowed("signer.unknown_asker", uid=uid)
        key = check_name(request.get("key"))
        if op == "address":
            return {"address": self._keys.address(key)}
        if not isinstance(op, str) or op not in _SIGNS:
            raise InvalidInput("signer.unknown_operation", op=str(op)[:100])
        if not key.startswith(prefixes):
            raise NotAllowed("signer.key_not_allowed", key=key, uid=uid)
        if op == "sign_typed":
            check_typed_size(line)
        answer = _SIGNS[op](self._keys, key, request)
        _log.info("signer.signed", op=op, key=key, uid=uid)
        return answer

    def _health(self) -> dict[str, Any]:
        mode = "one user id may use every key" if self._config.development else "by user id"
        return {"status": "ok", "mode": mode, "checks": {"seed": {"ok": True}}}


def serve(config: SignerConfig) -> None:
    """Run until SIGTERM or SIGINT.

    Args:
        config: how it is set up.

    Raises:
        IntegrityFailure: the seed cannot be trusted.
        Unavailable: ``signer.not_listening``.
    """
    asyncio.run(_serve_until_told(config))


async def _serve_until_told(config: SignerConfig) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    signer = Signer(config)
    await signer.start()
    _log.info("signer.listening", mode="development" if config.development else "by user id")
    await stop.wait()
    await signer.close()


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    """Who is at the other end. Source: unix(7), ``SO_PEERCRED``."""
    end = writer.get_extra_info("socket")
    _, uid, _ = _PEER.unpack(end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(uid)


def _read(line: bytes) -> dict[str, Any]:
    """The request; what is nested too deeply never reaches the parser, which recurses."""
    if line.count(b"[") + line.count(b"{") > _MOST_BRACKETS:
        raise InvalidInput("signer.not_json")
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("signer.not_json") from error
    if not isinstance(request, dict):
        raise InvalidInput("signer.not_json")
    return request


def _failure(number: Any, error: SynakError) -> dict[str, Any]:
    kind = type(error).__name__
    return {"id": number, "ok": False, "kind": kind, "code": error.code, "params": error.params}
