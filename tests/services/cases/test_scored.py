"""An executed case is marked by its own rows, hashes and blocks."""

from __future__ import annotations

import polars as pl
import pytest

from sandbox.forensics.cases import plan
from sandbox.forensics.cases.scene import CHAIN_OF, LEDGERS
from sandbox.forensics.exhibits import Pin
from sandbox.forensics.scoring import CannotScore, Key
from sandbox.services.cases.verifying import recipe_of
from sandbox.services.cases.wallets import Wallets
from tests.forensics.scoring.answers import marked, right
from tests.services.cases.made import made


@pytest.mark.slow
def test_the_truth_of_an_executed_case_has_all_points_and_a_wrong_block_none():
    found = made()
    sealed = found.sealed()
    wallets = Wallets(sealed.seed)
    case = plan(sealed.seed, recipe_of(sealed.truth["recipe"]), address_of=wallets.address_of)
    read = pl.read_parquet(found.public / "blocks.parquet")
    blocks = {
        name: dict(
            read.filter(pl.col("chain") == CHAIN_OF[name]).select("block", "hash").iter_rows()
        )
        for name in LEDGERS
    }
    tables = {name: found.table(name) for name in LEDGERS}
    key = Key(case, tables, blocks)
    last = max(blocks["kgst"])
    pinned = right(key, pin=Pin(last, blocks["kgst"][last]))
    assert marked(pinned, key).points == 90
    wrong = right(key, pin=Pin(last, blocks["kgst"][last - 1]))
    assert marked(wrong, key).points == 0
    with pytest.raises(CannotScore, match="rows_differ"):
        Key(case, tables | {"kgst": tables["kgst"][1:]}, blocks)
