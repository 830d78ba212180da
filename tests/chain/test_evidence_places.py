"""Evidence of any age is found, and memory keeps only the newest places."""

from __future__ import annotations

import pytest

from sandbox.chain.evidence_places import EvidencePlaces
from sandbox.kit.ids import checksum
from tests.chain.codes import REVERTS_RUNTIME
from tests.chain.support import ACCOUNTS, Chain, creation, fast, signed

pytestmark = pytest.mark.anyio


async def test_old_evidence_is_read_from_the_journal_as_if_memory_had_kept_it(chain: Chain):
    async with chain.running(fast(interval=0.01)) as node:
        made = await node.submit(
            signed(ACCOUNTS[0], 0, data=creation(REVERTS_RUNTIME)), {"permit": "B"}
        )
        fails = checksum((await node.wait_receipt(made))["contractAddress"])
        for number in range(30):
            await node.refuse({"permit": "AB"[number % 2], "n": number})
            if number % 10 == 0:
                sent = signed(ACCOUNTS[1], number // 10, fails)
                await node.wait_receipt(await node.submit(sent, {"permit": "B"}))
        whole = await node.refusals(limit=100)
        assert len(whole) == 33
    async with chain.running() as node:
        node._memory.evidence = places = EvidencePlaces(kept=4, every=3)
        for each in whole:
            found = next(p for c, p in [*_all(chain)] if c == each.cursor)
            places.add(each.cursor, found, each.permit)
        for permit in (None, "A", "B"):
            expected = [each for each in whole if permit in {None, each.permit}]
            for after in (0, *(each.cursor for each in whole)):
                got = await node.refusals(after, permit, 5)
                assert got == [each for each in expected if each.cursor > after][:5]


def _all(chain: Chain):
    from sandbox.chain.history import find_evidence
    from sandbox.chain.records import Place

    return find_evidence(chain.journal, Place(), after=0, permit=None, limit=1_000)


def test_memory_of_places_is_bounded():
    places = EvidencePlaces(kept=100, every=50)
    for number in range(10_000):
        places.add(number, None, None)
    assert len(places._newest) < 200
    assert len(places._marks) == 200
    assert places.find(5_000, None, 1) is None
    assert places.find(9_990, None, 3) == [(9_991, None), (9_992, None), (9_993, None)]
