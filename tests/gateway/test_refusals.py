"""Refusals as evidence: whose they are, what is none, how a flood is counted."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sandbox.gateway.folds import Fold, FoldLedger
from sandbox.gateway.refusals import Refusals
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import checksum
from tests.gateway.support import TOKEN, Permit, System, transfer

pytestmark = pytest.mark.anyio


def refusals_of(system, permit):
    return system.inside.refusals(0, permit=permit.number)


def flood(system, permit, many):
    permit.change(limits={"transactions_per_day": 0})
    raw = permit.sign(0)
    for _ in range(many):
        error = system.error(permit, "eth_sendRawTransaction", raw)
        assert error["data"]["clause"] == "transactions_per_day"


def created(runtime):
    """Creation code of a contract."""
    return f"0x61{len(runtime) // 2:04x}80600a3d393df3{runtime}"


@pytest.fixture
def own(tmp_path_factory):
    running = System(tmp_path_factory.mktemp("refusals")).start()
    yield running
    running.stop()


@pytest.mark.slow
def test_a_flood_is_one_record_and_one_count_after_a_clean_stop(own):
    permit = Permit(own, "SB-2026-0001")
    flood(own, permit, 20)
    own.stop()
    own.start()
    first, rest = refusals_of(own, permit)
    assert (first["count"], rest["count"]) == (1, 19)
    assert rest["of"] == first["id"]
    assert rest["clause"] == first["clause"] == "transactions_per_day"


@pytest.mark.slow
def test_a_kill_while_a_flood_is_being_folded_loses_none_of_it_and_counts_none_twice(
    own, monkeypatch
):
    permit = Permit(own, "SB-2026-0001")
    flood(own, permit, 12)

    async def killed(_self):
        """The gateway is gone before it could write what it was folding."""

    with monkeypatch.context() as patched:
        patched.setattr(Refusals, "close", killed)
        own.stop()
    for _ in range(2):
        own.start()
        assert [each["count"] for each in refusals_of(own, permit)] == [1, 11]
        own.stop()
    own.start()


@pytest.mark.slow
def test_a_kill_between_the_journal_and_the_forgetting_counts_none_twice(own, monkeypatch):
    permit = Permit(own, "SB-2026-0001")
    flood(own, permit, 3)

    async def remembers(_self, _number):
        """The row stays, as after a kill at that very moment."""

    with monkeypatch.context() as patched:
        patched.setattr(FoldLedger, "forget", remembers)
        own.stop()
    own.start()
    assert [each["count"] for each in refusals_of(own, permit)] == [1, 2]


async def test_counts_are_on_the_disk_when_they_are_said_to_be(tmp_path):
    ledger = FoldLedger(tmp_path / "folds")
    made = Fold("f1", "kgst", 7, {"permit": "SB-2026-0001", "count": 1})
    await asyncio.gather(
        *(ledger.keep(replace(made, body={**made.body, "count": n})) for n in range(50))
    )
    again = FoldLedger(tmp_path / "folds")
    assert again._file.execute("SELECT count(*) FROM folds").fetchone() == (1,)
    await ledger.forget("f1")
    assert again._file.execute("SELECT count(*) FROM folds").fetchone() == (0,)
    await again.close()
    ledger._file.execute("DROP TABLE folds")
    with pytest.raises(Unavailable) as caught:
        await ledger.keep(made)
    assert caught.value.code == "gateway.refusals_unwritable"
    await ledger.close()


# whose evidence it is


def test_a_foreign_sender_writes_nothing_into_anybodys_record(system, permit, numbers):
    other = Permit(system, next(numbers))
    other.change(limits={"transactions_per_day": 0})
    raw = permit.sign(account=other.account, value=1)
    error = system.error(permit, "eth_sendRawTransaction", raw)
    assert error["data"]["code"] == "gateway.wallet_not_permitted"
    assert refusals_of(system, permit) == refusals_of(system, other) == []
    own = other.sign(0)
    assert system.error(other, "eth_sendRawTransaction", own)["data"]["clause"]
    assert [each["sender"] for each in refusals_of(system, other)] == [other.account.address]
    assert refusals_of(system, permit) == []


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas", "eth_createAccessList"])
def test_what_a_call_or_an_estimate_shows_is_a_probe_and_no_evidence(system, permit, method):
    wallet, token = permit.customer(1, 20_000 * TOKEN)
    permit.issue(permit.account.address, 10 * TOKEN)
    call = {"from": permit.account.address, "to": permit.token, "data": transfer(wallet, TOKEN)}
    answer = system.rpc(permit, method, call)
    if method != "eth_createAccessList":
        assert answer["error"]["code"] == 3
        assert "holding cap" in answer["error"]["message"] or "hold" in answer["error"]["message"]
    foreign = {**call, "from": "0x" + "11" * 20}
    system.rpc(permit, method, foreign)
    system.rpc(permit, method, call, token=token)
    assert refusals_of(system, permit) == []


def test_a_contract_that_makes_a_refusal_up_is_no_evidence_of_a_clause(system, permit):
    """It reverts with the very bytes of the Supervisor's error."""
    from web3 import Web3

    error = Web3().codec.encode(
        ["bytes32", "uint64", "bytes32", "uint256", "uint256", "uint256", "uint64"],
        [permit.terms["permit"], 1, b"window_volume".ljust(32, b"\0"), 1, 1, 1, 0],
    )
    selector = Web3.keccak(
        text="LimitExceeded(bytes32,uint64,bytes32,uint256,uint256,uint256,uint64)"
    )[:4]
    data = selector + error
    runtime = bytes.fromhex("60e4600c60003960e46000fd") + data  # codecopy its tail and revert
    assert len(data) == 228
    code = created(runtime.hex())
    receipt = system.ok(permit, "eth_sendRawTransactionSync", permit.sign(to="", data=code))
    liar = checksum(receipt["contractAddress"])
    assert system.ok(permit, "eth_getCode", liar) == "0x" + runtime.hex()
    mined = system.ok(permit, "eth_sendRawTransactionSync", permit.sign(to=liar, data="0x"))
    assert mined["status"] == "0x0"
    system.until(lambda: refusals_of(system, permit))
    (record,) = refusals_of(system, permit)
    assert (record["source"], record["clause"]) == ("mined", None)
    assert record["tx_hash"] == mined["transactionHash"]
    assert (record["claimed"], record["limit"]) == ("window_volume", None)


def test_a_refusal_of_the_supervisor_behind_a_contract_of_the_product_is_confirmed(system, permit):
    """A contract passes calls on to the token: both in one block, the second does not fit."""
    wallet, _ = permit.customer(1, 0)
    permit.issue(permit.account.address, 30_000 * TOKEN)
    call_token = "60006000366000600073" + permit.token[2:].lower() + "5af1"
    pass_on = "3d600060003e6033573d6000fd5b3d6000f3"
    code = created("366000600037" + call_token + pass_on)
    receipt = system.ok(permit, "eth_sendRawTransactionSync", permit.sign(to="", data=code))
    product = checksum(receipt["contractAddress"])
    fund = permit.sign(data=transfer(product, 30_000 * TOKEN))
    assert system.ok(permit, "eth_sendRawTransactionSync", fund)["status"] == "0x1"
    nonce = int(system.ok(permit, "eth_getTransactionCount", permit.account.address), 16)
    data = transfer(wallet, 15_000 * TOKEN)
    for each in (nonce + 1, nonce):  # the later one waits, so neither is asked behind the other
        raw = permit.sign(each, to=product, data=data, gas=900_000)
        system.ok(permit, "eth_sendRawTransaction", raw)
    system.until(lambda: refusals_of(system, permit), 20)
    (record,) = refusals_of(system, permit)
    assert (record["source"], record["clause"]) == ("mined", "customer_cap")
    assert record["limit"] == str(20_000 * TOKEN)
    assert "claimed" not in record


def test_a_transaction_that_was_mined_and_failed_is_evidence_with_its_clause(system, permit):
    """Two payments in flight: each fits alone, the second no longer fits behind the first."""
    wallet, _ = permit.customer(1, 0)
    permit.issue(permit.account.address, 30_000 * TOKEN)
    for nonce, amount in ((1, 15_000), (0, 15_000)):  # the later one waits for the first
        raw = permit.sign(nonce, data=transfer(wallet, amount * TOKEN), gas=900_000)
        system.ok(permit, "eth_sendRawTransaction", raw)
    system.until(lambda: refusals_of(system, permit), 20)
    (record,) = refusals_of(system, permit)
    assert record["clause"] in ("customer_cap", "per_transaction")
    assert record["permit"] == permit.number
    assert datetime.fromisoformat(record["at"]) <= datetime.now(UTC)
