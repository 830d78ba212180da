"""The foreign part of a case as files, in the forms in which explorers give them.

============================== ============================================================
file                           what
============================== ============================================================
``foreign_utxo_tx.json``       list of replies to ``GET /tx/:txid`` (Esplora)
``foreign_utxo_address.json``  list of replies to ``GET /address/:address`` (Esplora)
``foreign_utxo_outputs.csv``   every output with who uses it
``foreign_trc20.csv``          the token's transfers, newest first, as explorers export them
``foreign_tags.csv``           what tag packs say about foreign addresses
``foreign_desk.csv``           the orders of the desk that were paid by the cards asked about
``foreign_desk.{ky,ru,en}.txt`` the desk's letter: fees, hours, rates, its addresses
============================== ============================================================

Rules: addresses in their order, transactions by block; ids, witnesses and signatures stand for
real ones. Read the ledgers back with ``sandbox.forensics.foreign``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from sandbox.forensics.cases.foreign_desk import COIN, FEE, FLAT, SENDS, STANDS, TOKEN, Desk
from sandbox.forensics.cases.foreign_ledgers import CoinChain, TokenChain
from sandbox.forensics.cases.wording import hundredths, local
from sandbox.forensics.exhibits.notice import NOTICE
from sandbox.forensics.foreign.addresses import program_of
from sandbox.forensics.foreign.coins import End, Spending
from sandbox.forensics.foreign.tokens import DECIMALS, HEADER, Moved
from sandbox.locale import LANGUAGES, translator

TEMPLATES: Final = Path(__file__).with_name("foreign.toml")
TX, ADDRESS = "foreign_utxo_tx.json", "foreign_utxo_address.json"
OUTPUTS, TRC20 = "foreign_utxo_outputs.csv", "foreign_trc20.csv"
TAGS, ORDERS = "foreign_tags.csv", "foreign_desk.csv"
LETTER: Final = "foreign_desk.{}.txt"
LETTERS: Final = tuple(LETTER.format(each) for each in LANGUAGES)
NAMES: Final = (TX, ADDRESS, OUTPUTS, TRC20, TAGS, ORDERS, *LETTERS)


def files(
    desk: Desk, coins: CoinChain, tokens: TokenChain, tags: list[tuple[str, str, str, str]]
) -> dict[str, bytes]:
    """All files by name.

    Args:
        desk: what its letter says.
        coins: the UTXO chain.
        tokens: the token's chain.
        tags: address, label, category, quality.
    """
    made = sorted(coins.made, key=lambda each: (each.block, each.txid))
    found = {
        TX: _json([_reply(each) for each in made]),
        ADDRESS: _json(list(_addresses(made))),
        OUTPUTS: _outputs(made),
        TRC20: _csv(HEADER, map(_transfer, reversed(tokens.made))),
        TAGS: _csv(("address", "label", "category", "confidence"), tags),
        ORDERS: _csv(
            ("order", "paid_utc", "card", "paid_som", "asset"),
            (
                (
                    each.number,
                    f"{each.time:%Y-%m-%d %H:%M:%S}",
                    each.card,
                    f"{each.tyiyn // 100}.{each.tyiyn % 100:02d}",
                    each.asset,
                )
                for each in desk.orders
            ),
        ),
    }
    return found | {LETTER.format(each): _letter(desk, each).encode() for each in LANGUAGES}


def _reply(each: Spending) -> dict[str, Any]:
    """As ``GET /tx/:txid``; sizes by the usual weights of inputs and outputs of this kind."""
    weight = 42 + 272 * len(each.uses) + 124 * len(each.makes)
    block = hashlib.sha256(f"block {each.block} {each.time}".encode()).hexdigest()
    return {
        "txid": each.txid,
        "version": 2,
        "locktime": 0,
        "vin": [
            {
                "txid": end.coin[0],
                "vout": end.coin[1],
                "prevout": _script(end),
                "scriptsig": "",
                "scriptsig_asm": "",
                "is_coinbase": False,
                "sequence": 4294967293,
            }
            for end in each.uses
        ],
        "vout": [_script(end) for end in each.makes],
        "size": weight // 4 + 27 * len(each.uses),
        "weight": weight,
        "fee": each.fee,
        "status": {
            "confirmed": True,
            "block_height": each.block,
            "block_hash": block,
            "block_time": int(each.time.timestamp()),
        },
    }


def _script(end: End) -> dict[str, Any]:
    program = program_of(end.address).hex()
    return {
        "scriptpubkey": f"0014{program}",
        "scriptpubkey_asm": f"OP_0 OP_PUSHBYTES_20 {program}",
        "scriptpubkey_type": "v0_p2wpkh",
        "scriptpubkey_address": end.address,
        "value": end.value,
    }


def _addresses(made: list[Spending]) -> Iterable[dict[str, Any]]:
    """As ``GET /address/:address``, of every address in the file."""
    stats: dict[str, dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(
            (
                "funded_txo_count",
                "funded_txo_sum",
                "spent_txo_count",
                "spent_txo_sum",
                "tx_count",
            ),
            0,
        )
    )
    known = {each.coin for by in made for each in by.makes}
    for each in made:
        for kind, ends in (("funded", each.makes), ("spent", each.uses)):
            for end in ends:
                own = stats[end.address]
                own[f"{kind}_txo_count"] += 1
                own[f"{kind}_txo_sum"] += end.value
        for end in each.uses:
            if end.coin not in known:  # it was made by a transaction before this file
                own = stats[end.address]
                own["funded_txo_count"] += 1
                own["funded_txo_sum"] += end.value
                own["tx_count"] += 1
        for name in {end.address for end in (*each.uses, *each.makes)}:
            stats[name]["tx_count"] += 1
    for name in sorted(stats):
        empty = dict.fromkeys(stats[name], 0)
        yield {"address": name, "chain_stats": stats[name], "mempool_stats": empty}


def _outputs(made: list[Spending]) -> bytes:
    used = {end.coin: each for each in made for end in each.uses}
    return _csv(
        (
            "transaction_hash",
            "index",
            "recipient",
            "value",
            "block_id",
            "time",
            "is_spent",
            "spending_transaction_hash",
        ),
        (
            (
                *end.coin,
                end.address,
                end.value,
                each.block,
                f"{each.time:%Y-%m-%d %H:%M:%S}",
                int(end.coin in used),
                used[end.coin].txid if end.coin in used else "",
            )
            for each in made
            for end in each.makes
        ),
    )


def _transfer(each: Moved) -> tuple[Any, ...]:
    whole, rest = divmod(each.amount, 10**DECIMALS)
    return (
        each.hash,
        each.block,
        f"{each.time:%Y-%m-%d %H:%M:%S}",
        each.payer,
        each.payee,
        f"{whole}.{rest:0{DECIMALS}d}",
        each.symbol,
        each.contract,
        "SUCCESS",
    )


def _letter(desk: Desk, language: Any) -> str:
    """The desk's letter in a language."""
    said = {
        "moment": local(desk.asked, language),
        "least": _percent(FEE[0], language),
        "most": _percent(FEE[1], language),
        "flat": hundredths(language, FLAT),
        "soonest": SENDS[0],
        "latest": SENDS[1],
        "stands": STANDS,
        "coin": hundredths(language, desk.rates.coin),
        "token": hundredths(language, desk.rates.token),
        "coin_address": desk.pays[COIN],
        "token_address": desk.pays[TOKEN],
        "count": len(desk.orders),
    }
    body = _templates()["letter"][language].strip().format_map(said)
    return f"{body}\n\n{translator(language).gettext(NOTICE)}\n"


def _percent(millionths: int, language: str) -> str:
    said = f"{millionths // 10_000}.{millionths % 10_000 // 1_000}"
    return said if language == "en" else said.replace(".", ",")


def _json(said: Any) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode()


def _csv(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()


@cache
def _templates() -> Mapping[str, Any]:
    return tomllib.loads(TEMPLATES.read_text("utf-8"))
