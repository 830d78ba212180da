"""A node of a made case: starts from its dump in a moment and answers read methods only.

Rules: what is not on the list is refused before the engine hears of it; a call has at most two
parameters (a third would be a state of one's own). Whoever serves it to users also checks the
parameters (``sandbox.gateway.methods``).
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Self

from sandbox.chain.engine import LocalLauncher
from sandbox.chain.ipc import EngineClient
from sandbox.kit.errors import IntegrityFailure, NotAllowed, NotFound
from sandbox.kit.ids import ChainName
from sandbox.services.cases.chains import CHAIN_IDS, CaseSpec
from sandbox.services.cases.folders import Made
from sandbox.toolchain.tools import anvil

METHODS: Final = frozenset(
    {
        "eth_accounts",
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_gasPrice",
        "eth_getBalance",
        "eth_getBlockByHash",
        "eth_getBlockByNumber",
        "eth_getBlockTransactionCountByHash",
        "eth_getBlockTransactionCountByNumber",
        "eth_getCode",
        "eth_getLogs",
        "eth_getRawTransactionByHash",
        "eth_getStorageAt",
        "eth_getTransactionByBlockHashAndIndex",
        "eth_getTransactionByBlockNumberAndIndex",
        "eth_getTransactionByHash",
        "eth_getTransactionCount",
        "eth_getTransactionReceipt",
        "net_version",
        "web3_clientVersion",
    }
)
"""What a trainee may ask."""
_MOST_PARAMETERS: Final = {"eth_getStorageAt": 3}


class CaseNode:
    """One chain of a made case; ``async with`` starts and ends its engine.

    Args:
        made: the case.
        chain: ``kgst`` or ``som``.

    Raises:
        NotFound: ``cases.not_made``.
        IntegrityFailure: ``cases.file_changed``: genesis and dump give other blocks.
        Unavailable: the engine did not start.
    """

    def __init__(self, made: Made, chain: ChainName) -> None:
        self._made, self._chain = made, chain
        self._launcher = LocalLauncher(anvil())
        self._folder = TemporaryDirectory(prefix="synak-case-")
        self._client: EngineClient | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.close()
        await self._launcher.stop(self._chain)
        self._folder.cleanup()

    async def _start(self) -> None:
        try:
            genesis = json.loads(self._made.engine_file(self._chain, "genesis").read_bytes())
            dump = self._made.engine_file(self._chain, "dump").read_bytes()
        except FileNotFoundError:
            raise NotFound("cases.not_made") from None
        spec = CaseSpec(self._chain, CHAIN_IDS[self._chain], genesis, 0)
        path = Path(self._folder.name) / "engine.ipc"
        await self._launcher.start(spec, path)
        ended = lambda: self._launcher.ended(self._chain)  # noqa: E731 - said once
        self._client = await EngineClient.connect(path, ended=ended)
        await self._client.call("anvil_loadState", "0x" + dump.hex())
        newest = await self._client.call("eth_getBlockByNumber", "latest", False)
        if newest["hash"] != self._made.manifest["chains"][self._chain]["last"]:
            raise IntegrityFailure("cases.file_changed", name=f"{self._chain}.dump")

    async def call(self, method: str, *params: Any) -> Any:
        """Ask one thing.

        Args:
            method: one of ``METHODS``.
            *params: its parameters.

        Raises:
            NotAllowed: ``cases.method_not_allowed``.
            EngineError: the engine answered with an error.
        """
        allowed = method in METHODS and len(params) <= _MOST_PARAMETERS.get(method, 2)
        if not allowed or self._client is None:
            raise NotAllowed("cases.method_not_allowed", method=str(method)[:60])
        return await self._client.call(method, *params)
