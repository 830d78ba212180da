"""Counts of folded refusals, on the disk before anybody is answered.

A flood of equal refusals becomes one record of the journal when its time is over. Until then
its count is kept here, one row for each flood, written in groups: a kill loses none of them,
and at the next start what was still being folded is written into the journal, once.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from sandbox.chain.node import ChainNode
from sandbox.gateway.durable import open_durable
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import ChainName

_PAGE = 500
_TABLE = (
    "CREATE TABLE IF NOT EXISTS folds (id TEXT PRIMARY KEY, chain TEXT NOT NULL,"
    " after INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID"
)


@dataclass(frozen=True, slots=True)
class Fold:
    """A flood that is being folded.

    Attributes:
        id: its name for ever; also in the journal's record, as ``fold``.
        chain: where.
        after: the cursor of the first refusal, which the journal holds already.
        body: the record as it would be written now.
    """

    id: str
    chain: ChainName
    after: int
    body: dict[str, Any]


class FoldLedger:
    """The floods that are being folded.

    Args:
        path: of the file; its directory exists.

    Raises:
        Unavailable: ``gateway.refusals_unwritable``.
    """

    def __init__(self, path: Path) -> None:
        self._wanted: dict[str, Fold | None] = {}
        self._batch: asyncio.Future[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self._file = open_durable(path, _TABLE, "gateway.refusals_unwritable")

    async def keep(self, fold: Fold) -> None:
        """Keep the newest count of a flood; on the disk when this returns.

        Args:
            fold: with the body as it is now.

        Raises:
            Unavailable: ``gateway.refusals_unwritable``.
        """
        await asyncio.shield(self._want(fold.id, fold))

    async def forget(self, number: str) -> None:
        """A flood is in the journal.

        Args:
            number: its id.

        Raises:
            Unavailable: ``gateway.refusals_unwritable``.
        """
        await asyncio.shield(self._want(number, None))

    async def recover(self, chain: ChainName, node: ChainNode) -> None:
        """Write into the journal what was being folded when the gateway ended.

        Args:
            chain: its name.
            node: started.

        Raises:
            Unavailable: as ``ChainNode.refuse``.
        """
        rows = self._file.execute(
            "SELECT id, after, body FROM folds WHERE chain = ? ORDER BY after", (chain,)
        ).fetchall()
        for number, after, text in rows:
            body = orjson.loads(text)
            if not await written(node, body["permit"], after, _of_fold(number)):
                await node.refuse(body)
            await self.forget(number)

    async def close(self) -> None:
        """Let go of the file."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        self._file.close()

    def _want(self, number: str, fold: Fold | None) -> asyncio.Future[None]:
        self._wanted[number] = fold
        loop = asyncio.get_running_loop()
        if self._batch is None:
            self._batch = loop.create_future()
        if self._writing is None:
            self._writing = loop.create_task(self._write())
        return self._batch

    async def _write(self) -> None:
        while self._wanted and self._batch is not None:
            wanted, self._wanted = self._wanted, {}
            batch, self._batch = self._batch, None
            try:
                await asyncio.to_thread(self._save, wanted)
            except sqlite3.Error as error:
                batch.set_exception(Unavailable("gateway.refusals_unwritable", reason=str(error)))
            else:
                batch.set_result(None)
        self._writing = None

    def _save(self, wanted: dict[str, Fold | None]) -> None:
        kept = [
            (each.id, each.chain, each.after, orjson.dumps(each.body))
            for each in wanted.values()
            if each is not None
        ]
        over = [(number,) for number, each in wanted.items() if each is None]
        self._file.execute("BEGIN")
        try:
            self._file.executemany(
                "INSERT INTO folds VALUES (?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                kept,
            )
            self._file.executemany("DELETE FROM folds WHERE id = ?", over)
            self._file.execute("COMMIT")
        except sqlite3.Error:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            raise


def _of_fold(number: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda body: body.get("fold") == number


async def written(
    node: ChainNode, permit: str, after: int, is_it: Callable[[Mapping[str, Any]], bool]
) -> bool:
    """Whether the journal holds a certain piece of evidence already.

    Args:
        node: the chain.
        permit: whose.
        after: a cursor; only later ones are looked at.
        is_it: tells it by its body.
    """
    while page := await node.refusals(after, permit, _PAGE):
        if any(is_it(each.body) for each in page):
            return True
        after = page[-1].cursor
    return False
