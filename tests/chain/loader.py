"""A process that loads a chain and notes what it was told, until it is killed.

``python -m tests.chain.loader DIRECTORY``; each note is written after the chain has
answered, so every note is a promise that must hold.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from tests.chain.support import ACCOUNTS, Chain, fast, pay


async def main(directory: Path) -> None:
    """Load until the end comes from outside."""
    chain = Chain(directory)
    notes = os.open(directory / "notes", os.O_WRONLY | os.O_APPEND)

    def note(**what: object) -> None:
        os.write(notes, json.dumps(what).encode() + b"\n")

    async with chain.running(fast(interval=0.02, epoch_transactions=150)) as node:

        async def listen() -> None:
            async for event in node.subscribe():
                if hasattr(event, "number"):
                    note(number=event.number, block=event.hash)

        listener = asyncio.create_task(listen())
        while True:
            await asyncio.gather(*(one(node, account, note) for account in ACCOUNTS[:6]))
            assert not listener.done()


async def one(node, account, note) -> None:
    """The next payment of an account."""
    tx = pay(account, node.pending_nonce(account.address))
    note(hash=await node.submit(tx, {"permit": None}))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
