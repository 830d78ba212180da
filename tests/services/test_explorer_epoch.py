"""The follower across epochs: late, it finds what happened meanwhile, with its span of blocks."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.kit.errors import InvalidInput
from tests.gateway.support import Permit, System
from tests.services.explorer_world import Product, call, desk_of, everything, follow

SOMEBODY = "0x" + "ab" * 20


@pytest.fixture(scope="module")
def quick():
    """A gateway whose chains turn an epoch every three transactions."""
    root = Path(tempfile.mkdtemp(prefix="sv-"))
    running = System(root)
    options = running.setup.options
    blocks = replace(options.blocks, epoch_transactions=3)
    running.setup = replace(running.setup, options=replace(options, blocks=blocks))
    running.start()
    yield running
    running.stop()
    shutil.rmtree(root, ignore_errors=True)


@pytest.mark.slow
def test_a_late_follower_has_everything_and_says_in_which_blocks_a_difference_lies(
    quick, store, tmp_path
):
    product = Product(Permit(quick, "SB-2026-9901"))
    desk = desk_of(store, quick)
    quiet, factory = product.deploy("Quiet").lower(), product.deploy("Factory").lower()
    follow(desk)
    with store.unit(read_only=True) as u:
        before = u.explorer.cursor("kgst").block
    product.send(quiet, call("mint(address,uint256)", SOMEBODY, 40))
    built = product.send(factory, call("build(uint256)", 1))
    failed = product.send(factory, call("refuse(uint256)", 7), fails=True)
    for _ in range(8):
        product.send(quiet, call("mint(address,uint256)", SOMEBODY, 1))
    node_head = int(quick.inside.rpc("kgst", "eth_blockNumber", []), 16)
    with pytest.raises(InvalidInput, match=r"history\.state_not_kept"):
        quick.inside.measure("kgst", before + 1, [("call", quiet, "0x18160ddd")])
    follow(desk)
    with store.unit(read_only=True) as u:
        (found,) = u.explorer.movements_of_token("kgst", quiet, None, 5)
        made = u.explorer.transaction(built["transactionHash"])
        wrong = u.explorer.transaction(failed["transactionHash"])
    assert (found.source, found.payee, found.amount) == ("difference", SOMEBODY, 48)
    assert found.since <= before + 1
    assert found.block == node_head
    assert made.operations[0][0] == "create"
    assert bytes.fromhex(wrong.output[2:])[68:80] == b"only nothing"


@pytest.mark.slow
def test_the_index_is_the_same_however_many_epochs_lie_between(quick, store):
    follow(desk_of(store, quick))
    whole = everything(store)
    with store.unit() as u:
        u.explorer.forget("kgst")
        u.commit()
    follow(desk_of(store, quick))
    again = everything(store)
    for kind in ("Block", "Transaction", "Log", "KnownAddress"):
        assert again[kind] == whole[kind], kind
