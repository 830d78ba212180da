"""Reads: what the engine holds it answers, what is older the index answers alike.

Rules:

- Up to the newest epoch's block (the boundary) blocks, transactions, receipts and logs
  come from the index, above it from the engine; a range of logs that spans both is put
  together. Nobody can tell from an answer which it was.
- Every sealed block is final: ``safe`` and ``finalized`` mean ``latest``.
- Old state and traces are kept nowhere: they are refused with
  ``history.state_not_kept``, never answered from another block.
- Logs of one answer are bounded by number and bytes, wherever they come from; a range that
  ends above the head ends at the head.
- When an epoch turns while an answer is under way, it is asked again.
- What many ask of one head the engine is asked once (``answered``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from sandbox.chain import index as index_module
from sandbox.chain.answered import Answered
from sandbox.chain.bundle import Bundle, from_engine
from sandbox.chain.gate import ReadGate
from sandbox.chain.historian import Historian
from sandbox.chain.history import records_at
from sandbox.chain.index import HistoryIndex, too_many_logs
from sandbox.chain.ipc import AnswerTooLong, EngineError
from sandbox.chain.memory import Memory
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import TxHash

_FINAL: Final = frozenset({"safe", "finalized"})
_STATE: Final = {
    "eth_call": 1,
    "eth_estimateGas": 1,
    "eth_createAccessList": 1,
    "eth_getBalance": 1,
    "eth_getCode": 1,
    "eth_getTransactionCount": 1,
    "eth_getStorageAt": 2,
    "eth_getProof": 2,
    "debug_traceCall": 1,
}
"""Methods that read state, and which parameter names the block."""
_OUT_OF_RANGE: Final = ("BlockOutOfRange", "Resource not found")

_ENVELOPE: Final = 128
"""Bytes of an answer around its logs."""

Params = tuple[Any, ...]


class Reads:
    """Answers reads of one chain.

    Args:
        gate: to the engine.
        memory: what the journal says.
        historian: keeps the index.
        journal: the journal's file, for signed bytes and what was remembered.
        patience: seconds that a read waits for the index.
    """

    def __init__(
        self, gate: ReadGate, memory: Memory, historian: Historian, journal: Path, patience: float
    ) -> None:
        self._gate = gate
        self._memory = memory
        self._historian = historian
        self._journal = journal
        self._patience = patience
        self._answered = Answered()
        self._of_block: dict[str, Callable[[str, int, Params], Awaitable[Any]]] = {
            "eth_getBlockByNumber": self._block,
            "eth_getBlockByHash": self._block,
            "eth_getBlockTransactionCountByNumber": self._count,
            "eth_getBlockTransactionCountByHash": self._count,
            "eth_getUncleCountByBlockNumber": self._uncles,
            "eth_getUncleCountByBlockHash": self._uncles,
            "eth_getTransactionByBlockNumberAndIndex": self._at_place,
            "eth_getTransactionByBlockHashAndIndex": self._at_place,
            "eth_getRawTransactionByBlockNumberAndIndex": self._raw_at_place,
            "eth_getRawTransactionByBlockHashAndIndex": self._raw_at_place,
        }
        self._of_transaction: dict[str, Callable[[str], Awaitable[Any]]] = {
            "eth_getTransactionByHash": self._transaction,
            "eth_getTransactionReceipt": self._receipt,
            "eth_getRawTransactionByHash": self._raw,
            "debug_traceTransaction": self._no_trace,
            "ots_getTransactionError": self._error,
            "ots_getInternalOperations": self._operations,
        }

    @property
    def methods(self) -> frozenset[str]:
        """What the index can answer in the engine's place, besides ``eth_getLogs``."""
        return frozenset(self._of_block) | frozenset(self._of_transaction)

    async def call(self, method: str, params: Params, most: int | None = None) -> Any:
        """Answer a read.

        Args:
            method: JSON-RPC method.
            params: its parameters.
            most: the longest answer that is taken of the engine, bytes.

        Raises:
            AnswerTooLong: it is longer.
            EngineError: the engine answered with an error.
            InvalidInput: ``history.state_not_kept``, ``history.too_many_logs``.
            Unavailable: ``engine.unavailable``, ``history.rebuilding``.
        """
        params = tuple(map(_plain, params))
        key, head = self._answered.key(method, params), self._memory.head
        if key is not None and (kept := self._answered.find(head, key)) is not None:
            return kept
        answer = await self._asked(method, params, most)
        if key is not None and head is self._memory.head:
            self._answered.keep(head, key, answer)
        return answer

    async def _asked(self, method: str, params: Params, most: int | None) -> Any:
        while True:
            boundary = self._historian.boundary
            try:
                answer = await self._answer(method, params, most)
            except EngineError as error:
                if boundary != self._historian.boundary:
                    continue
                await self._explain(method, params, error)
                raise
            if boundary == self._historian.boundary:
                return answer

    async def _answer(self, method: str, params: Params, most: int | None) -> Any:
        if method == "eth_getLogs" and params:
            return await self._logs(params[0])
        if not self._historian.boundary or not params:
            return await self._gate.call(method, params, most)
        if method in self._of_block:
            number = await self._number(params[0])
            if number is not None and 0 < number <= self._historian.boundary:
                return await self._of_block[method](method, number, params)
        elif method in self._of_transaction:
            return await self._about(method, params, most)
        return await self._gate.call(method, params, most)

    async def _number(self, block: Any) -> int | None:
        """The number of a block that may be old; None for one that the index does not know."""
        if isinstance(block, dict):
            block = block.get("blockHash", block.get("blockNumber"))
        if block in {"latest", "pending", None}:
            return self._memory.head.number if self._memory.head else None
        if block == "earliest":
            return 0
        if isinstance(block, str) and len(block) == 66:
            return await self._number_of_hash(block)
        try:
            return int(block, 16)
        except (TypeError, ValueError):
            return None  # the engine has its own words for that

    async def _number_of_hash(self, block_hash: str) -> int | None:
        found = await self._historian.ask(lambda index: index.number(block_hash))
        behind = found is None and self._historian.upto < self._historian.boundary
        if behind and await self._gate.call("eth_getBlockByHash", (block_hash, False)) is None:
            await self._historian.reach(self._historian.boundary, self._patience)
            found = await self._historian.ask(lambda index: index.number(block_hash))
        return found

    async def _old(self, number: int, question: Callable[[HistoryIndex], Any]) -> Any:
        await self._historian.reach(number, self._patience)
        return await self._historian.ask(question)

    async def _block(self, _method: str, number: int, params: Params) -> Any:
        full = len(params) > 1 and params[1] is True
        return await self._old(number, lambda index: index.block(number, full=full))

    async def _count(self, _method: str, number: int, _params: Params) -> Any:
        return hex(await self._old(number, lambda index: index.count(number)) or 0)

    async def _uncles(self, _method: str, _number: int, _params: Params) -> Any:
        return "0x0"

    async def _hash_at(self, number: int, place: Any) -> str | None:
        at = int(place, 16) if isinstance(place, str) else int(place)
        found: str | None = await self._old(number, lambda index: index.hash_at(number, at))
        return found

    async def _at_place(self, _method: str, number: int, params: Params) -> Any:
        found = await self._hash_at(number, params[1])
        return None if found is None else await self._transaction(found)

    async def _raw_at_place(self, _method: str, number: int, params: Params) -> Any:
        found = await self._hash_at(number, params[1])
        return None if found is None else await self._raw(found)

    async def _about(self, method: str, params: Params, most: int | None) -> Any:
        """A transaction: the index knows it, or else the engine, or else the index soon."""
        tx_hash = str(params[0])
        for _ in range(2):
            if await self._historian.ask(lambda index: index.offset(tx_hash)) is not None:
                return await self._of_transaction[method](tx_hash)
            behind = self._historian.upto < self._historian.boundary
            if not behind or await self._known(tx_hash):
                break
            await self._historian.reach(self._historian.boundary, self._patience)
        return await self._gate.call(method, params, most)

    async def _known(self, tx_hash: str) -> bool:
        return await self._gate.call("eth_getTransactionByHash", (tx_hash,)) is not None

    async def _transaction(self, tx_hash: str) -> Any:
        return await self._historian.ask(lambda index: index.transaction(tx_hash))

    async def _receipt(self, tx_hash: str) -> Any:
        return await self._historian.ask(lambda index: index.receipt(tx_hash))

    async def _raw(self, tx_hash: str) -> Any:
        offset = await self._historian.ask(lambda index: index.offset(tx_hash))
        if offset is None:
            return None
        (record,) = await records_at(self._journal, [offset])
        return "0x" + record.blob.hex()

    async def _error(self, tx_hash: str) -> Any:
        found = await self._historian.ask(lambda index: index.outcome(tx_hash))
        return found[0] if found else None

    async def _operations(self, tx_hash: str) -> Any:
        found = await self._historian.ask(lambda index: index.outcome(tx_hash))
        return found[1] if found else None

    async def _no_trace(self, _tx_hash: str) -> Any:
        raise self._not_kept(None)

    def _not_kept(self, number: int | None) -> InvalidInput:
        return InvalidInput("history.state_not_kept", block=number, oldest=self._historian.boundary)

    async def _explain(self, method: str, params: Params, error: EngineError) -> None:
        """Old state, in our words."""
        if not any(words in error.message for words in _OUT_OF_RANGE):
            return
        place = _STATE.get(method)
        if method == "debug_traceTransaction":
            raise self._not_kept(None) from error
        if place is None or len(params) <= place:
            return
        number = await self._number(params[place])
        if number is not None and number <= (self._memory.head.number if self._memory.head else -1):
            raise self._not_kept(number) from error

    async def _logs(self, wanted: Any) -> Any:
        boundary = self._historian.boundary
        if not isinstance(wanted, dict):
            return await self._new_logs(wanted)
        if wanted.get("blockHash") is not None:
            number = await self._number(wanted["blockHash"])
            first = last = -1 if number is None else number
        else:
            first_found = await self._number(wanted.get("fromBlock"))
            last_found = await self._number(wanted.get("toBlock"))
            first = -1 if first_found is None else first_found
            last = -1 if last_found is None else last_found
        if self._memory.head:
            last = min(last, self._memory.head.number)  # the engine refuses what is beyond
        if not boundary or not 0 <= first <= min(last, boundary) or last == 0:
            return await self._new_logs(wanted)
        until = min(last, boundary)
        found = await self._old(
            until, lambda index: index.logs(first, until, _addresses(wanted), _topics(wanted))
        )
        if last > boundary:
            rest = {**wanted, "fromBlock": hex(boundary + 1), "toBlock": hex(last)}
            found = found + await self._new_logs(rest)
        if len(found) > index_module.MOST_LOGS:
            raise too_many_logs()
        return found

    async def _new_logs(self, wanted: Any) -> Any:
        """Logs that the engine holds; too many are thrown away before they are read."""
        try:
            found = await self._gate.call(
                "eth_getLogs", (wanted,), most=index_module.MOST_LOG_BYTES + _ENVELOPE
            )
        except AnswerTooLong as error:
            raise too_many_logs() from error
        if isinstance(found, list) and len(found) > index_module.MOST_LOGS:
            raise too_many_logs()
        return found

    async def bundle(self, number: int) -> Bundle:
        """A sealed block whole.

        Args:
            number: of a sealed block; the genesis is 0.

        Raises:
            EngineError: the engine answered with an error.
            Unavailable: ``engine.unavailable``, ``history.rebuilding``.
        """
        if 0 < number <= self._historian.boundary:
            whole = await self._old(number, lambda index: index.whole(number))
            records = await records_at(self._journal, whole.offsets)
            metas = [record.body["meta"] for record in records]
            return Bundle(whole.block, whole.receipts, metas, live=False)

        async def ask(method: str, *params: Any) -> Any:
            return await self.call(method, params)

        block, receipts = await from_engine(ask, number)
        metas = [self._memory.meta(TxHash(each["hash"])) for each in block["transactions"]]
        if 0 < number <= self._historian.boundary:
            return await self.bundle(number)  # an epoch turned meanwhile
        return Bundle(block, receipts, [meta or {} for meta in metas], live=True)


def _plain(value: Any) -> Any:
    """Tags that mean the newest block."""
    if isinstance(value, str):
        return "latest" if value in _FINAL else value
    if isinstance(value, dict) and ("fromBlock" in value or "toBlock" in value):
        return {key: _plain(each) for key, each in value.items()}
    return value


def _addresses(wanted: dict[str, Any]) -> list[str]:
    found = wanted.get("address")
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _topics(wanted: dict[str, Any]) -> list[Any]:
    return list(wanted.get("topics") or [])
