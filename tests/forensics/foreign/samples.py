"""Explorers' files for tests, small enough to be read by eye."""

from __future__ import annotations

import json

from sandbox.forensics.foreign.addresses import segwit, tron
from sandbox.forensics.foreign.tokens import HEADER

A, B, C, D = (segwit(bytes([each]) * 20) for each in range(4))
PAYER, PAYEE, TOKEN = (tron(bytes([each]) * 20) for each in range(3))


def name(number):
    """A transaction's id."""
    return f"{number:064x}"


def reply(number, uses, makes, fee, block=100, **other):
    """As ``GET /tx/:txid``: uses are (number, place, address, value), makes (address, value)."""
    return {
        "txid": name(number),
        "vin": [
            {
                "txid": name(of),
                "vout": place,
                "is_coinbase": False,
                "prevout": {"scriptpubkey_address": address, "value": value},
            }
            for of, place, address, value in uses
        ],
        "vout": [{"scriptpubkey_address": each, "value": value} for each, value in makes],
        "fee": fee,
        "status": {"confirmed": True, "block_height": block, "block_time": 1_700_000_000 + block},
        **other,
    }


def chain():
    """A pays B 60 of 100, B pays C 50 of it together with 30 of its own."""
    return [
        reply(1, [(900, 2, A, 100)], [(B, 60), (A, 39)], 1),
        reply(2, [(1, 0, B, 60), (901, 0, B, 30)], [(C, 50), (B, 38)], 2, block=100),
        reply(3, [(1, 1, A, 39)], [(D, 38)], 1, block=101),
    ]


def written(replies):
    return json.dumps(replies).encode()


def line(**other):
    """A row of the token's CSV."""
    row = {
        "Txn Hash": name(7),
        "Block": "500",
        "Time (UTC)": "2026-03-02 10:00:00",
        "From": PAYER,
        "To": PAYEE,
        "Amount": "12.5",
        "Token Symbol": "USDX",
        "Contract Address": TOKEN,
        "Result": "SUCCESS",
    }
    return row | {key.replace("_", " "): value for key, value in other.items()}


def table(*rows, head=HEADER):
    lines = [",".join(head), *(",".join(each[column] for column in head) for each in rows)]
    return "\n".join(lines).encode()
