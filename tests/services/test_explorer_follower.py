"""The follower: exactly once, bounded, one chain, and what no log explains."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from sandbox.contracts import build as builder
from sandbox.domain.ledger import ZERO
from sandbox.gateway import internal_blocks
from sandbox.kit.errors import IntegrityFailure, InvalidInput, Unavailable
from sandbox.services import explorer_measure, explorer_verify
from sandbox.services.explorer_behind import national_contracts
from sandbox.services.explorer_follow import Follower
from sandbox.services.explorer_verify import NationalSources
from sandbox.store import Store
from tests.gateway.support import Permit
from tests.services.explorer_world import Product, call, desk_of, everything, follow

pytestmark = pytest.mark.slow

_NUMBERS = itertools.count(9000)
SOMEBODY = "0x" + "ab" * 20
OTHER = "0x" + "cd" * 20


@pytest.fixture
def product(system):
    return Product(Permit(system, f"SB-2026-{next(_NUMBERS)}"))


@pytest.fixture
def desk(store, system):
    return desk_of(store, system)


def _token(store, address):
    with store.unit(read_only=True) as u:
        return u.explorer.tokens("kgst", [address.lower()])[address.lower()]


def _moved(store, token):
    with store.unit(read_only=True) as u:
        found = u.explorer.movements_of_token("kgst", token.lower(), None, 100)
    return [(each.source, each.payer, each.payee, each.amount) for each in reversed(found)]


def _held(store, token, holder):
    with store.unit(read_only=True) as u:
        (found,) = u.explorer.holdings("kgst", [(token.lower(), holder.lower())])
    return found


def test_what_is_sealed_is_found_by_block_hash_and_address(store, system, desk, product):
    quiet = product.deploy("Quiet").lower()
    receipt = product.send(quiet, call("transfer(address,uint256)", SOMEBODY, 0))
    follow(desk)
    with store.unit(read_only=True) as u:
        sent = u.explorer.transaction(receipt["transactionHash"])
        block = u.explorer.block("kgst", sent.block)
        made = u.explorer.addresses("kgst", [quiet])[quiet]
        logs = u.explorer.logs("kgst", sent.block, sent.place)
        mine = u.explorer.transactions_of("kgst", quiet, None, 10)
    assert (sent.succeeded, sent.to, sent.permit) == (True, quiet, product.permit.number)
    assert block.hash == receipt["blockHash"]
    assert (made.contract, made.creator) == (True, product.permit.account.address.lower())
    assert made.permit == product.permit.number
    assert [len(each.topics) for each in logs] == [3]
    assert [each.hash for each in mine] == [sent.hash]


def test_a_failed_transaction_keeps_its_revert_data(store, desk, product):
    factory = product.deploy("Factory")
    receipt = product.send(factory, call("refuse(uint256)", 7), fails=True)
    follow(desk)
    with store.unit(read_only=True) as u:
        sent = u.explorer.transaction(receipt["transactionHash"])
    assert not sent.succeeded
    assert bytes.fromhex(sent.output[2:])[68:80] == b"only nothing"


def test_a_contract_made_by_a_contract_is_known_with_its_creator(store, desk, product):
    factory = product.deploy("Factory").lower()
    receipt = product.send(factory, call("build(uint256)", 5))
    follow(desk)
    with store.unit(read_only=True) as u:
        sent = u.explorer.transaction(receipt["transactionHash"])
        (kind, creator, child, _) = sent.operations[0]
        made = u.explorer.addresses("kgst", [child])[child]
    assert (kind, creator) == ("create", factory)
    assert (made.contract, made.creator, made.created_by) == (True, factory, sent.hash)


def test_a_creation_that_was_taken_back_is_no_contract(store, desk, product):
    factory = product.deploy("Factory")
    receipt = product.send(factory, call("attempt()"))
    follow(desk)
    with store.unit(read_only=True) as u:
        sent = u.explorer.transaction(receipt["transactionHash"])
        (_, _, child, _) = sent.operations[0]
        assert not u.explorer.addresses("kgst", [child])[child].contract


def test_money_issued_without_an_event_is_a_difference_with_its_block(store, desk, product):
    quiet = product.deploy("Quiet")
    follow(desk)
    receipt = product.send(quiet, call("mint(address,uint256)", SOMEBODY, 700))
    follow(desk)
    assert _moved(store, quiet) == [("difference", None, SOMEBODY, 700)]
    with store.unit(read_only=True) as u:
        (found,) = u.explorer.movements_of_token("kgst", quiet.lower(), None, 2)
    assert found.block == int(receipt["blockNumber"], 16)
    assert found.since == found.block
    token = _token(store, quiet)
    assert (token.symbol, token.decimals, token.supply, token.since) == ("QUI", 6, 700, None)


def test_what_logs_explain_is_no_difference(store, system, desk):
    permit = Permit(system, f"SB-2026-{next(_NUMBERS)}")
    wallet, _ = permit.customer(0, 5 * 10**18)
    follow(desk)
    national = permit.token.lower()
    sources = {source for source, *_ in _moved(store, national)}
    assert sources == {"log"}
    held = _held(store, national, wallet)
    assert (held.balance, held.pending, held.since) == (5 * 10**18, "0", None)


def test_a_log_that_lies_is_undone_by_a_difference(store, desk, product):
    quiet = product.deploy("Quiet")
    product.send(quiet, call("lie(address,address,uint256)", ZERO, SOMEBODY, 2**256 - 1))
    follow(desk)
    assert _moved(store, quiet) == [
        ("log", ZERO, SOMEBODY, 2**256 - 1),
        ("difference", SOMEBODY, None, 2**256 - 1),
    ]
    assert _held(store, quiet, SOMEBODY).balance == 0
    assert _token(store, quiet).supply == 0


def test_money_that_a_third_contract_issued_unseen_is_found_by_the_supply(
    store, desk, product, monkeypatch
):
    monkeypatch.setattr(explorer_measure, "SWEEP_AFTER", 0)
    quiet, factory = product.deploy("Quiet"), product.deploy("Factory")
    product.send(factory, call("build(uint256)", 1))
    product.send(factory, call("adopt(address)", quiet))
    follow(desk)
    product.send(factory, call("grant(uint256)", 33))
    product.send(factory, call("adopt(address)", quiet))
    follow(desk, turns=5)
    assert _moved(store, quiet) == [("difference", ZERO, None, 33)]
    assert _token(store, quiet).supply == 33


def test_more_logs_than_the_index_keeps_are_counted_and_folded(store, desk, product):
    quiet = product.deploy("Quiet")
    count = internal_blocks.MOST_LOGS + 5
    data = call("flood(uint256,address)", count, SOMEBODY)
    receipt = product.send(quiet, data, gas=9_000_000)
    follow(desk)
    moved = _moved(store, quiet)
    assert len(moved) == 100
    with store.unit(read_only=True) as u:
        assert u.explorer.transaction(receipt["transactionHash"]).logs == count
        newest = u.explorer.movements_of_token("kgst", quiet.lower(), None, 1)[0]
    assert (newest.source, newest.payee, newest.amount) == ("folded", SOMEBODY, 5)


def test_one_transaction_at_a_time_gives_the_same_index(store, system, tmp_path, monkeypatch):
    permit = Permit(system, f"SB-2026-{next(_NUMBERS)}")
    permit.customer(0, 10**18)
    follow(desk_of(store, system))
    monkeypatch.setattr(internal_blocks, "PIECE", 1)
    monkeypatch.setattr(internal_blocks, "MOST_BYTES", 3_000)
    other = Store(f"sqlite:///{tmp_path}/pieces.db")
    other.migrate()
    follow(desk_of(other, system))
    assert everything(other) == everything(store)
    other.close()


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("explorer.begun", marks=pytest.mark.slow),
        "explorer.before_commit",
        pytest.param("explorer.written", marks=pytest.mark.slow),
    ],
)
def test_a_follower_killed_anywhere_writes_each_thing_once(store, system, product, tmp_path, step):
    product.send(product.deploy("Quiet"), call("mint(address,uint256)", SOMEBODY, 9))
    whole = Store(f"sqlite:///{tmp_path}/whole.db")
    whole.migrate()
    follow(desk_of(whole, system))
    for _ in range(2):
        assert _child(store, system, step).wait(60) == -signal.SIGKILL
    follow(desk_of(store, system))
    assert everything(store) == everything(whole)
    whole.close()


def _child(store, system, fatal):
    command = [sys.executable, "-m", "tests.services.explorer_child"]
    url = store.url.render_as_string(hide_password=False)
    socket = system.root / "internal.sock"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([*command, url, str(socket), fatal], **quiet)


def test_two_followers_take_turns(store, desk):
    first, second = Follower(desk, "kgst"), Follower(desk, "kgst")
    while first.turn() or second.turn():
        pass
    with store.unit(read_only=True) as u:
        cursor = u.explorer.cursor("kgst")
        assert u.explorer.counts("kgst")["blocks"] == cursor.block + 1


@pytest.mark.parametrize(
    "changed", [{"genesis": "0x" + "11" * 32}, {"block_hash": "0x" + "1" * 64}, {"block": 10**6}]
)
def test_another_chain_is_noticed_and_not_mixed(store, desk, changed):
    follow(desk)
    with store.unit() as u:
        u.explorer.move(replace(u.explorer.cursor("kgst"), **changed))
        u.commit()
    before = everything(store)
    with pytest.raises(IntegrityFailure, match=r"explorer\.other_chain"):
        Follower(desk, "kgst").turn()
    assert everything(store) == before


def test_after_a_rebuild_the_index_is_the_same(store, desk):
    follow(desk)
    before = everything(store)
    with store.unit() as u:
        u.explorer.forget("kgst")
        u.commit()
    follow(desk)
    assert everything(store)["Transaction"] == before["Transaction"]
    assert everything(store)["Movement"] == before["Movement"]


def test_a_gateway_out_of_reach_changes_nothing_and_is_gone_on_from(store, desk, monkeypatch):
    follow(desk)
    before = everything(store)

    def gone(*_):
        raise Unavailable("gateway.unreachable")

    with monkeypatch.context() as away:
        away.setattr(desk.gateway, "index", gone)
        with pytest.raises(Unavailable):
            Follower(desk, "kgst").turn()
    assert everything(store) == before
    assert follow(desk).lag == 0


@pytest.mark.slow
def test_the_national_contracts_are_verified_from_our_own_sources_once(store, desk):
    follow(desk)
    sources = NationalSources(desk)
    elsewhere = {"DigitalSom"}
    assert sources.turn() == len(set(builder.NATIONAL) - elsewhere), "all of this chain"
    assert sources.turn() == 0
    with store.unit(read_only=True) as u:
        cursor = u.explorer.cursor("kgst")
        named = national_contracts(u, cursor)
        found = u.explorer.sources("kgst", named)
    assert {address: each.name for address, each in found.items()} == named
    assert {each.name for each in found.values()} == set(builder.NATIONAL) - elsewhere
    assert all(found[each].arguments for each in (cursor.supervisor, cursor.token))


def test_a_national_contract_from_other_sources_is_said_once_and_not_tried_again(
    store, desk, monkeypatch
):
    follow(desk)
    tried = []

    def other(*_):
        tried.append(1)
        raise InvalidInput("verify.other_length", compiled=1, chain=2)

    monkeypatch.setattr(explorer_verify, "national", other)
    sources = NationalSources(desk)
    assert (sources.turn(), sources.turn()) == (0, 0)
    assert len(tried) == 1
    assert "verify.other_length" in sources.told
