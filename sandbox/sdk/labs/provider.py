"""web3.py over the engine's own unix socket; every submission is mined at once.

Rules: one connection, one request at a time; a block is mined after each
submission unless mining is held; an engine that is gone is one clear error, at
once, and never a wait. When a permit's terms are tried, what a trial's gateway
would refuse is refused here, in its order and its words: a submission is asked of
the chain first, and what the Supervisor would revert is never mined.

Automatic mining of the engine itself is not used: it stalls under load.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from sandbox.domain.usage import Place
from sandbox.kit.ids import ChainName
from sandbox.sdk.errors import LabStopped, PermitRefused
from sandbox.sdk.labs.rules import OFFERED, Rules, Sending
from sandbox.sdk.rpc import raise_for_clause

SUBMISSIONS: Final = frozenset({"eth_sendRawTransaction", "eth_sendTransaction"})
TIMEOUT_SECONDS: Final = 60.0
_CHUNK: Final = 1 << 20


class EngineProvider(JSONBaseProvider):
    """A provider on one engine's unix socket.

    Args:
        ipc_path: the engine's socket.
        last_words: what is known of an engine that is gone.

    Attributes:
        rules: the terms that are tried; ``None`` refuses nothing.
        chain_of: which chain's money a call is about, for the words of a refusal.
    """

    def __init__(self, ipc_path: Path, last_words: Callable[[], str] = str) -> None:
        super().__init__()
        self.rules: Rules | None = None
        self.chain_of: Callable[[Mapping[str, Any]], ChainName] = lambda _call: "kgst"
        self._last_words = last_words
        self._lock = threading.RLock()
        self._held = 0
        self._apart = threading.local()
        self._deploying: dict[str, Place] = {}
        self._queued: set[str] = set()
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
            place = self._admit(method, params)
            try:
                response = self._exchange(method, params)
                self._raise_for_clause(response, params)
            except BaseException:
                self._give_back(place)
                raise
            if "error" in response:
                self._give_back(place)
            elif method in SUBMISSIONS:
                if place is not None and place.deployment:
                    self._deploying[str(response["result"])] = place
                self._queued.add(Sending.of(params).sender)
                self._mine()
        return response

    def call(self, method: str, *params: Any) -> Any:
        """One request of the lab itself, outside any terms: its result.

        Raises:
            LabStopped: the engine is gone, or refused with the engine's own words.
        """
        with self.apart():
            response = self.make_request(RPCEndpoint(method), list(params))
        if "error" in response:
            raise LabStopped("sdk.engine_refused", method=method, reason=str(response["error"]))
        return response.get("result")

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is asked inside is the lab's own business and no request of the permit."""
        before = getattr(self._apart, "now", False)
        self._apart.now = True
        try:
            yield
        finally:
            self._apart.now = before

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
                self._mine()

    @property
    def held(self) -> bool:
        """Whether mining is held."""
        return bool(self._held)

    def is_connected(self, show_traceback: bool = False) -> bool:  # noqa: FBT001, FBT002
        """Whether the engine answers."""
        del show_traceback
        try:
            return bool(self.call("eth_chainId"))
        except LabStopped:
            return False

    def disconnect(self) -> None:
        """Close the connection."""
        self._socket.close()

    # --- the terms that are tried ---------------------------------------------------

    def _admit(self, method: RPCEndpoint, params: Any) -> Place | None:
        """What the gateway would do first; None when nothing is counted."""
        rules = self.rules
        if rules is None or getattr(self._apart, "now", False) or not method.startswith(OFFERED):
            return None
        sending = Sending.of(params) if method in SUBMISSIONS else None
        if sending is not None and sending.by_an_authority:
            return None
        rules.request(len(self.encode_rpc_request(method, params)))
        if sending is None:
            return None
        place = rules.take(sending)
        try:
            self._preflight(sending)
        except BaseException:
            rules.usage.give_back(place)
            raise
        return place

    def _preflight(self, sending: Sending) -> None:
        """Would the chain refuse it now? Behind one's own queued transaction nobody knows."""
        if sending.sender in self._queued:
            return
        call = {
            "from": sending.sender,
            "data": "0x" + sending.data.hex(),
            "gas": hex(sending.gas),
            "value": hex(sending.value),
        }
        if sending.to is not None:
            call["to"] = sending.to
        response = self._exchange(RPCEndpoint("eth_call"), [call, "latest"])
        self._raise_for_clause(response, [call])

    def _raise_for_clause(self, response: RPCResponse, params: Any) -> None:
        error = response.get("error")
        if not isinstance(error, Mapping):
            return
        try:
            raise_for_clause(error.get("data"), "kgst")
        except PermitRefused as refused:
            call = params[0] if params and isinstance(params[0], Mapping) else None
            if refused.asset is None or call is None or self.chain_of(call) == "kgst":
                raise
            raise_for_clause(error.get("data"), self.chain_of(call))

    def _give_back(self, place: Place | None) -> None:
        if place is not None and self.rules is not None:
            self.rules.usage.give_back(place)

    # --- blocks ---------------------------------------------------------------------

    def _mine(self) -> None:
        """A block with what was submitted, and the ends of its deployments."""
        if self._held:
            return
        self._exchange(RPCEndpoint("evm_mine"), [])
        self._queued.clear()
        deploying, self._deploying = self._deploying, {}
        for digest, place in deploying.items():
            asked = self._exchange(RPCEndpoint("eth_getTransactionReceipt"), [digest])
            receipt = asked.get("result")
            succeeded = receipt.get("status") == "0x1" if isinstance(receipt, Mapping) else None
            if self.rules is not None:
                self.rules.usage.ended(place.digest, succeeded=succeeded)

    # --- the wire -------------------------------------------------------------------

    def _exchange(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        try:
            self._socket.sendall(self.encode_rpc_request(method, params) + b"\n")
            return self._receive()
        except OSError as error:
            self._socket.close()
            reason = f"{method}: {self._last_words() or type(error).__name__}"
            raise LabStopped("sdk.lab_stopped", reason=reason) from None

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
