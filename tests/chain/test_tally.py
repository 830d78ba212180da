"""What is added up of every acknowledged transaction: the same after JSON, and nothing too much."""

from __future__ import annotations

from typing import Any

import orjson

from sandbox.chain.tally import WIDTH, Tally

DAY = 86_400


def body(tx_hash: str, at: float = 0.0, *, to: str | None = "0xa", **meta: Any) -> dict[str, Any]:
    return {"hash": tx_hash, "at": at, "gas": 21_000, "to": to, "meta": meta}


def test_a_transaction_counts_in_its_bucket_whatever_becomes_of_it():
    tally = Tally()
    for at in (0, WIDTH - 1, WIDTH):
        tally.acknowledged(body(f"0x{at}", at, permit="P"))
    tally.dropped("0x0")
    assert tally.recent == {"P": {0: (2, 42_000), 1: (1, 21_000)}}


def test_one_without_a_permit_and_the_platforms_own_count_for_none():
    tally = Tally()
    tally.acknowledged(body("0x1", permit=None))
    tally.acknowledged(body("0x2", to=None, permit="P", system="system/issuer"))
    tally.acknowledged(body("0x3", permit="P", system="s", idempotency_key="k"))
    tally.acknowledged(body("0x4", permit="P", system="s", idempotency_key="k"))
    assert (tally.recent, tally.deploying) == ({}, {})
    assert tally.system == {"k": "0x4"}


def test_a_customers_named_act_is_remembered_and_counts_as_any_transaction():
    tally = Tally()
    tally.acknowledged(body("0x1", permit="P", idempotency_key="customer:0xw:1"))
    assert tally.system == {"customer:0xw:1": "0x1"}
    assert tally.recent == {"P": {0: (1, 21_000)}}


def test_a_deployment_counts_once_it_is_mined_and_a_dropped_one_never():
    tally = Tally()
    for tx_hash in ("0x1", "0x2", "0x3", "0x4"):
        tally.acknowledged(body(tx_hash, to=None, permit="P"))
    tally.mined("0x1", failed=False)
    tally.mined("0x1", failed=False)
    tally.mined("0x2", failed=True)
    tally.dropped("0x3")
    tally.mined("0x3", failed=False)
    assert (tally.deployed, tally.deploying) == ({"P": (1, 1)}, {"0x4": "P"})


def test_as_json_it_is_the_same_but_for_buckets_too_old_to_count():
    tally = Tally()
    for at in (0, DAY, 3 * DAY - WIDTH):
        tally.acknowledged(body(f"0x{at}", at, permit="P"))
    tally.acknowledged(body("0x9", 0, permit="LONG-AGO"))
    tally.acknowledged(body("0x8", 3 * DAY, to=None, permit="P"))
    again = Tally.from_dict(orjson.loads(orjson.dumps(tally.as_dict())))
    assert list(again.recent) == ["P"]
    assert list(again.recent["P"]) == [3 * DAY // WIDTH - 1, 3 * DAY // WIDTH]
    again.recent = tally.recent
    assert again == tally
