"""Supervised KGST transfers straight into a chain's node: signed beforehand, fed in parts."""

import asyncio
from itertools import islice

from sandbox.chain.transaction import decode
from tests.bench.gateway import CONNECTIONS
from tests.gateway.support import transfer

WAITING = 8_000
PART = 500
META = {
    "permit": "SB-2026-0001",
    "account": "permit:SB-2026-0001",
    "method": "eth_sendRawTransaction",
}


def sign(permit, wallets, count):
    """So many transfers, each customer to the next, as hex without ``0x``."""
    data = [transfer(wallets[(at + 1) % CONNECTIONS].address, 1) for at in range(CONNECTIONS)]
    return [
        wallets[at % CONNECTIONS].pay(permit.token, data[at % CONNECTIONS])[2:]
        for at in range(count)
    ]


async def feed(node, path):
    """Have those of a file acknowledged, as fast as blocks are made; read while it goes on."""
    with path.open() as lines:
        while part := [decode(bytes.fromhex(line)) for line in islice(lines, PART)]:
            while node.stats()["queued"] > WAITING:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await asyncio.gather(*(node.submit(tx, META) for tx in part))
