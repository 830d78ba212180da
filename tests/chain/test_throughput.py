"""How many payments a chain acknowledges, mines and seals: ``pytest -m bench -s``."""

from __future__ import annotations

import asyncio
import time

import pytest
from eth_account import Account

from sandbox.chain.replay import verify
from tests.chain.support import ACCOUNTS, Chain, all_mined, fast, pay, signed, until

pytestmark = [pytest.mark.anyio, pytest.mark.bench, pytest.mark.timeout(300)]
SENDERS = 50
EACH = 200


@pytest.mark.parametrize("epoch", [10**9, 5_000], ids=["without epochs", "with epochs"])
async def test_payments_from_fifty_submitters(chain: Chain, epoch):
    payers = [Account.from_key((9_000 + i).to_bytes(32, "big")) for i in range(SENDERS)]
    lists = [[pay(payer, nonce) for nonce in range(EACH)] for payer in payers]
    async with chain.running(fast(interval=1.0, epoch_transactions=epoch)) as node:
        for nonce, payer in enumerate(payers):
            await node.submit(signed(ACCOUNTS[0], nonce, payer.address, value=10**6), {})
        await all_mined(node)
        delays: list[float] = []

        async def submitter(txs) -> None:
            for tx in txs:
                begin = time.perf_counter()
                await node.submit(tx, {"permit": "SB-2026-0001"})
                delays.append(time.perf_counter() - begin)

        begin = time.perf_counter()
        await asyncio.gather(*(submitter(txs) for txs in lists))
        acknowledged = time.perf_counter() - begin
        await until(lambda: not node.stats()["queued"], within=120)
        mined = time.perf_counter() - begin
        stats = node.stats()
    count = SENDERS * EACH
    delays.sort()
    print(
        f"\n{count} payments: acknowledged {count / acknowledged:.0f}/s,"
        f" mined and sealed {count / mined:.0f}/s,"
        f" p50 {delays[count // 2] * 1e3:.1f} ms, p99 {delays[count * 99 // 100] * 1e3:.1f} ms,"
        f" largest block {stats['largest_block']}, epochs {stats['epochs']}"
    )
    assert verify(chain.journal).mined == count + SENDERS
