"""web3.py over the engine's own unix socket; every submission is mined at once.

Rules: one connection, one request at a time; a block is mined after each
submission unless mining is held; an engine that is gone is one clear error, at
once, and never a wait.

Automatic mining of the engine itself is not used: it stalls under load.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from sandbox.sdk.errors import LabStopped
from sandbox.sdk.rpc import raise_for_clause

SUBMISSIONS: Final = frozenset({"eth_sendRawTransaction", "eth_sendTransaction"})
TIMEOUT_SECONDS: Final = 60.0
_CHUNK: Final = 1 << 20


class EngineProvider(JSONBaseProvider):
    """A provider on one engine's unix socket.

    Args:
        ipc_path: the engine's socket.
    """

    def __init__(self, ipc_path: Path) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._held = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(TIMEOUT_SECONDS)
        self._socket.connect(str(ipc_path))

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Send one request; a submission is mined before its answer is returned.

        Args:
            method: any method of the engine.
            params: its parameters.

        Raises:
            PermitRefused: a clause of the lab's permit said no.
            LabStopped: the engine is gone or does not answer.
        """
        with self._lock:
            response = self._exchange(method, params)
            error = response.get("error")
            if isinstance(error, Mapping):
                raise_for_clause(error.get("data"), "kgst")
            elif method in SUBMISSIONS and not self._held:
                self._exchange(RPCEndpoint("evm_mine"), [])
        return response

    def call(self, method: str, *params: Any) -> Any:
        """One request of the lab itself: its result.

        Raises:
            LabStopped: the engine is gone, or refused with the engine's own words.
        """
        response = self.make_request(RPCEndpoint(method), list(params))
        if "error" in response:
            raise LabStopped("sdk.engine_refused", method=method, reason=str(response["error"]))
        return response.get("result")

    @contextmanager
    def hold_mining(self) -> Iterator[None]:
        """Put everything that is submitted inside into one block."""
        with self._lock:
            self._held += 1
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1
                if not self._held:
                    self._exchange(RPCEndpoint("evm_mine"), [])

    def is_connected(self, show_traceback: bool = False) -> bool:  # noqa: FBT001, FBT002
        """Whether the engine answers."""
        del show_traceback
        try:
            return "result" in self.make_request(RPCEndpoint("eth_chainId"), [])
        except LabStopped:
            return False

    def disconnect(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _exchange(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        try:
            self._socket.sendall(self.encode_rpc_request(method, params) + b"\n")
            return self._receive()
        except OSError as error:
            self._socket.close()
            raise LabStopped("sdk.lab_stopped", reason=type(error).__name__) from None

    def _receive(self) -> RPCResponse:
        chunks: list[bytes] = []
        while True:
            chunk = self._socket.recv(_CHUNK)
            if not chunk:
                raise ConnectionResetError
            chunks.append(chunk)
            if not chunk.rstrip().endswith(b"}"):
                continue
            try:
                answer: RPCResponse = json.loads(b"".join(chunks))
            except ValueError:
                continue
            return answer
