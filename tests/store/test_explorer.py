"""The explorer's index on both stores: upserts, keyset pages, exact amounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sandbox.domain.ledger import (
    ZERO,
    Block,
    Cursor,
    Holding,
    Log,
    Movement,
    Token,
    Transaction,
    VerifiedSource,
)

AT = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
A, B, T = ("0x" + each * 20 for each in ("aa", "bb", "cc"))
GREATEST = 2**256 - 1


def _hash(number):
    return f"0x{number:064x}"


def _sent(block, place, **more):
    fields = {
        "chain": "kgst",
        "block": block,
        "place": place,
        "hash": _hash(100 * block + place),
        "at": AT,
        "sender": A,
        "to": T,
        "created": None,
        "nonce": place,
        "kind": 2,
        "value": 0,
        "gas": 21_000,
        "gas_used": 21_000,
        "gas_price": 10**9,
        "succeeded": True,
        "input": "0x",
        "input_bytes": 0,
        "output": None,
        "logs": 0,
        "operations": (("create", A, B, "0"),),
        "permit": None,
    }
    return Transaction(**{**fields, **more})


def _moved(block, payer, payee, amount=5, **more):
    return Movement("kgst", block, block, AT, T, payer, payee, amount, "log", 0, _hash(1), **more)


def test_amounts_and_places_come_back_exactly(store):
    sent = _sent(7, 0, value=GREATEST)
    with store.unit() as u:
        u.explorer.add([Block("kgst", 7, _hash(7), _hash(6), _hash(1), AT, 1, 21_000)])
        u.explorer.add([sent])
        u.explorer.add([Log("kgst", 7, 0, 0, T, (_hash(1), _hash(2)), "0x", 0)])
        u.explorer.add([_moved(7, ZERO, A, GREATEST)])
        u.commit()
    with store.unit(read_only=True) as u:
        found = u.explorer.transaction(sent.hash)
        assert (found.value, [list(each) for each in found.operations]) == (
            GREATEST,
            [["create", A, B, "0"]],
        )
        assert u.explorer.block_by_hash(_hash(7)).at == AT
        assert u.explorer.logs("kgst", 7, 0)[0].topics == (_hash(1), _hash(2))
        assert u.explorer.movements_of("kgst", A, None, 9)[0].amount == GREATEST
        assert u.explorer.transaction(_hash(999)) is None


def test_pages_go_on_where_they_ended_without_a_gap_or_a_copy(store):
    with store.unit() as u:
        for block in range(4):
            u.explorer.add([_sent(block, place) for place in range(3)])
            u.explorer.add([_moved(block, A, B), _moved(block, B, A), _moved(block, A, A)])
        u.commit()
    with store.unit(read_only=True) as u:
        seen, before = [], None
        while page := u.explorer.transactions_of("kgst", A, before, 5):
            seen += [(each.block, each.place) for each in page]
            before = seen[-1]
        assert seen == [(b, p) for b in (3, 2, 1, 0) for p in (2, 1, 0)]
        ids, last = [], None
        while page := u.explorer.movements_of("kgst", A, last, 5):
            ids += [each.id for each in page]
            last = ids[-1]
        assert ids == sorted(set(ids), reverse=True)
        assert len(ids) == 12


def test_a_holding_written_twice_is_one_and_keeps_the_last(store):
    held = Holding("kgst", T, A, 5, 1, pending="-3", since=2)
    with store.unit() as u:
        u.explorer.put([held])
        u.explorer.put([replace(held, pending=str(-GREATEST * 3)), replace(held, holder=B)])
        u.commit()
    with store.unit(read_only=True) as u:
        found = {each.holder: each for each in u.explorer.holdings("kgst", [(T, A), (T, B)])}
        assert found[A].expected == 5 - GREATEST * 3
        assert [each.since for each in u.explorer.touched("kgst", 9)] == [2, 2]
        assert u.explorer.any_touched("kgst", T)
        assert not u.explorer.any_touched("som", T)


def test_an_address_keeps_its_first_block_and_moves_its_last(store):
    with store.unit() as u:
        u.explorer.see("kgst", [(A, 5), (A, 3), (B, 4)])
        u.explorer.see("kgst", [(A, 9)])
        u.explorer.looked("kgst", A, _hash(4))
        u.commit()
    with store.unit(read_only=True) as u:
        found = u.explorer.addresses("kgst", [A, B, T])
        assert (found[A].first_block, found[A].last_block, found[A].contract) == (3, 9, True)
        assert [each.address for each in u.explorer.unasked("kgst", 9)] == [B]
        assert T not in found


def test_forgetting_a_chain_leaves_the_other_and_the_sources(store):
    cursor = Cursor("kgst", _hash(0), 1, _hash(1), 0, 1, A, T, AT)
    source = VerifiedSource(
        "kgst", T, "S", "S.sol", "0.8", "full", None, {}, (), {}, None, None, AT
    )
    with store.unit() as u:
        for each in (cursor, replace(cursor, chain="som")):
            u.explorer.move(each)
        u.explorer.put([source])
        u.explorer.put([Token("kgst", T, "", "", 0, 0, asked=False, supply=0, measured=0)])
        u.explorer.forget("kgst")
        u.commit()
    with store.unit(read_only=True) as u:
        assert [each.chain for each in u.explorer.cursors()] == ["som"]
        assert u.explorer.tokens("kgst", [T]) == {}
        assert u.explorer.sources("kgst", [T])[T].name == "S"
    with store.unit() as u:
        u.explorer.drop_sources("kgst")
        u.commit()
    with store.unit(read_only=True) as u:
        assert u.explorer.sources("kgst", [T]) == {}
