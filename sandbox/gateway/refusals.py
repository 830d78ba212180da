"""Refusals as evidence, in the chain's journal; floods folded.

Rules:

- A refusal is recorded against the authenticated permit only, and durable before
  the request is answered.
- Equal ones (same permit, wallet, addressee, method, clause, limit, version, use and
  request) that follow within ``FOLD`` seconds are counted and written as one record with
  ``count`` when the time is over; so are those that differ in use, request or addressee
  only, beyond the first ``DISTINCT``: a flood neither fills the disk nor goes unseen.
  The count is on the disk before each of them is answered (``sandbox.gateway.folds``), and
  the record names the first of them (``of``).
- What a call or an estimate shows is a probe and is not recorded.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import structlog

from sandbox.chain.node import ChainNode
from sandbox.gateway.errors import EVIDENCE
from sandbox.gateway.folds import Fold, FoldLedger, written
from sandbox.gateway.identity import Identity
from sandbox.kit.clock import Clock
from sandbox.kit.errors import Refused, SynakError
from sandbox.kit.ids import ChainName

FOLD: Final = 10.0
"""Seconds within which equal refusals become one record."""

DISTINCT: Final = 20
"""Different refusals of one wallet by one clause that are written one by one in that time."""

_log = structlog.get_logger(__name__)


class Attempt(NamedTuple):
    """What was attempted.

    Attributes:
        identity: by whom.
        chain: where.
        method: by which method.
        request_id: as in the answer.
        sender: the wallet, when it is known.
        to: the addressee, when it is known.
        tx_hash: of the transaction, when there is one.
        idempotency_key: the desk's name for a customer's act, kept in the journal.
    """

    identity: Identity
    chain: ChainName
    method: str
    request_id: str
    sender: str | None = None
    to: str | None = None
    tx_hash: str | None = None
    idempotency_key: str | None = None


@dataclass(slots=True)
class _Folding:
    """Refusals of one wallet by one clause: those written, and those only counted."""

    node: ChainNode
    first: datetime
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    after: int = 0
    written: set[tuple[object, ...]] = field(default_factory=set)
    body: dict[str, Any] = field(default_factory=dict)
    count: int = 0

    def record(self) -> dict[str, Any]:
        """The record that says how many there were."""
        return {
            **self.body,
            "count": self.count,
            "since": self.first.isoformat(),
            "fold": self.id,
            "of": f"{self.body['chain']}:{self.after}" if self.after else None,
        }

    def as_fold(self, chain: ChainName) -> Fold:
        """As it is kept until then."""
        return Fold(self.id, chain, self.after, self.record())


class Refusals:
    """Writes refusals into the journals.

    Args:
        clock: for when they happened.
        folds: keeps what is being folded.
        fold: seconds within which equal ones become one.
    """

    def __init__(self, clock: Clock, folds: FoldLedger, *, fold: float = FOLD) -> None:
        self._clock = clock
        self._folds = folds
        self._fold = fold
        self._folding: dict[tuple[object, ...], _Folding] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def record(self, node: ChainNode, attempt: Attempt, refused: Refused) -> None:
        """Write a refusal down; durable when this returns.

        Args:
            node: of the chain where it happened.
            attempt: what was attempted.
            refused: by which clause, with its counters.

        Raises:
            Unavailable: ``journal.unwritable`` and what else keeps the journal.
        """
        clause = str(refused.params.get("clause"))
        key = (
            attempt.identity.permit,
            attempt.chain,
            attempt.method,
            attempt.sender,
            clause,
            refused.params.get("limit"),
            refused.params.get("version"),
        )
        body = self._body(attempt, refused)
        exact = (attempt.to, refused.params.get("used"), refused.params.get("requested"))
        folding = self._folding.get(key)
        if folding is None:
            folding = self._folding[key] = _Folding(node, self._clock.now())
            asyncio.get_running_loop().call_later(self._fold, self._later, key)
        if exact in folding.written or len(folding.written) >= DISTINCT:
            folding.count += 1
            folding.body = body
            await self._folds.keep(folding.as_fold(attempt.chain))
            return
        folding.written.add(exact)
        try:
            cursor = await node.refuse({**body, "count": 1})
            folding.after = folding.after or cursor
        except SynakError:
            folding.written.discard(exact)
            raise
        _log.info("gateway.refused", permit=body["permit"], clause=clause, method=attempt.method)

    async def once(self, node: ChainNode, attempt: Attempt, refused: Refused) -> bool:
        """Write down what was found in a mined transaction, unless the journal says so already.

        Never folded: a transaction is mined once.

        Args:
            node: of the chain where it happened.
            attempt: the transaction, with its hash.
            refused: by which clause, with its subject.

        Returns:
            Whether it was written.

        Raises:
            Unavailable: as ``record``.
        """
        body = self._body(attempt, refused)
        same = ("tx_hash", "method", "clause", "subject")

        def is_it(other: Mapping[str, Any]) -> bool:
            return all(other.get(name) == body[name] for name in same)

        if await written(node, attempt.identity.permit, 0, is_it):
            return False
        await node.refuse({**body, "count": 1})
        return True

    async def recount(self, chain: ChainName, node: ChainNode) -> None:
        """Write what was being folded when the gateway ended.

        Args:
            chain: its name.
            node: started.
        """
        await self._folds.recover(chain, node)

    async def follow(self, chain: ChainName, node: ChainNode) -> None:
        """Nothing of a running chain concerns refusals."""

    async def close(self) -> None:
        """Write what is still being folded."""
        for key in list(self._folding):
            await self._write(key)
        for task in list(self._tasks):
            await task

    def _later(self, key: tuple[object, ...]) -> None:
        task = asyncio.get_running_loop().create_task(self._write(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, key: tuple[object, ...]) -> None:
        folding = self._folding.pop(key, None)
        if folding is None or not folding.count:
            return
        try:
            await folding.node.refuse(folding.record())
            await self._folds.forget(folding.id)
        except SynakError as error:  # it is kept, and written at the next start
            _log.error("gateway.folded_refusals_wait", count=folding.count, error=str(error))

    def _body(self, attempt: Attempt, refused: Refused) -> dict[str, Any]:
        named = {name: refused.params.get(name) for name in EVIDENCE}
        return {
            "source": "gateway",
            **named,
            "permit": attempt.identity.permit,
            "account": attempt.identity.account,
            "chain": attempt.chain,
            "method": attempt.method,
            "sender": attempt.sender,
            "to": attempt.to,
            "tx_hash": attempt.tx_hash,
            "request_id": attempt.request_id,
            "at": self._clock.now().isoformat(),
        }
