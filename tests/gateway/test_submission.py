"""Raw transactions: what is taken, what is refused by name, what becomes evidence."""

import pytest
from eth_account import Account

from sandbox.gateway.refusals import DISTINCT
from sandbox.kit.ids import CHAIN_IDS, checksum
from tests.gateway.support import TOKEN, Permit, encode, transfer


@pytest.fixture(scope="module")
def shared(system, numbers):
    """One permit with a funded settlement wallet for everything that is refused anyway."""
    permit = Permit(system, next(numbers))
    permit.issue(permit.account.address, 100_000 * TOKEN)
    return permit


def refusals_of(system, permit):
    return system.inside.refusals(0, permit=permit.number, limit=1000)


def test_a_signed_transaction_of_the_permits_wallet_is_acknowledged_and_mined(system, permit):
    permit.issue(permit.account.address, 100 * TOKEN)
    wallet, _ = permit.customer(1)
    digest = system.ok(
        permit, "eth_sendRawTransaction", permit.sign(data=transfer(wallet, 30 * TOKEN))
    )
    assert system.receipt(permit, digest)["status"] == "0x1"


def test_the_synchronous_submission_answers_with_the_receipt(system, shared):
    raw = shared.sign(data=transfer(shared.managed, 1))
    receipt = system.ok(shared, "eth_sendRawTransactionSync", raw)
    assert (receipt["status"], receipt["from"]) == ("0x1", shared.account.address.lower())


@pytest.mark.parametrize("fields", [{"maxFeePerGas": 2 * 10**9, "maxPriorityFeePerGas": 10**9}])
@pytest.mark.parametrize("kind", [1, 2])
def test_types_one_and_two_are_taken(system, shared, kind, fields):
    more = {**fields, "gasPrice": None} if kind == 2 else {"accessList": [], "type": 1}
    raw = shared.sign(data=transfer(shared.managed, 1), **more)
    assert raw.startswith(f"0x0{kind}")
    digest = system.ok(shared, "eth_sendRawTransaction", raw)
    assert system.receipt(shared, digest)["type"] == hex(kind)


def high_s(raw):
    """The same signature with ``s`` on the other side of the curve's order."""
    import rlp

    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    fields = rlp.decode(bytes.fromhex(raw[2:]))
    v, s = int.from_bytes(fields[6], "big"), int.from_bytes(fields[8], "big")
    return "0x" + rlp.encode([*fields[:6], v ^ 1 if v % 2 else v - 1, fields[7], order - s]).hex()


BAD = {
    "not hex": (lambda p: "0xzz", -32602, "tx.malformed"),
    "odd hex": (lambda p: "0x123", -32602, "tx.malformed"),
    "empty": (lambda p: "0x", -32602, "tx.malformed"),
    "not text": (lambda p: 7, -32602, "gateway.params_invalid"),
    "blob transaction (type 3)": (lambda p: "0x03c0", -32602, "tx.type_not_supported"),
    "authorisation list (type 4)": (lambda p: "0x04c0", -32602, "tx.type_not_supported"),
    "type nobody knows": (lambda p: "0x7ec0", -32602, "tx.type_not_supported"),
    "trailing byte": (lambda p: p.sign() + "00", -32602, "tx.malformed"),
    "other chain": (lambda p: p.sign(chainId=1), -32602, "tx.wrong_chain_id"),
    "other trial chain": (lambda p: p.sign(chainId=417), -32602, "tx.wrong_chain_id"),
    "no chain id": (lambda p: p.sign(chainId=None), -32602, "tx.wrong_chain_id"),
    "high s": (lambda p: high_s(p.sign()), -32602, "tx.high_s"),
    "gas above EIP-7825": (lambda p: p.sign(gas=16_777_217), -32602, "tx.gas_above_cap"),
    "price below the chain's": (lambda p: p.sign(gasPrice=1), -32602, "tx.underpriced"),
    "too long": (lambda p: p.sign(data="0x" + "00" * 131_072), -32602, "tx.too_large"),
    "used nonce": (lambda p: p.sign(0), -32000, "tx.nonce_too_low"),
    "nonce far ahead": (lambda p: p.sign(10_000), -32000, "tx.nonce_gap_too_wide"),
    "foreign sender": (
        lambda p: p.sign(0, account=Account.from_key("0x" + "11" * 32)),
        -32003,
        "gateway.wallet_not_permitted",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_transaction_that_cannot_be_right_has_one_clear_error(system, shared, name):
    make, number, code = BAD[name]
    used = shared.sign(data=transfer(shared.managed, 1))
    system.receipt(shared, system.ok(shared, "eth_sendRawTransaction", used))
    before = refusals_of(system, shared)
    error = system.error(shared, "eth_sendRawTransaction", make(shared))
    assert (error["code"], error["data"]["code"]) == (number, code)
    assert error["message"]
    assert error["data"]["request_id"]
    assert refusals_of(system, shared) == before, "an error is no evidence"
    system.ok(shared, "eth_blockNumber")


def test_a_foreign_sender_writes_nothing_into_anybodys_record(system, shared, numbers):
    other = Permit(system, next(numbers))
    before = refusals_of(system, other)
    raw = other.sign(value=5)
    error = system.error(shared, "eth_sendRawTransaction", raw)
    assert error["data"]["code"] == "gateway.wallet_not_permitted"
    assert refusals_of(system, other) == before


def test_the_same_transaction_again_is_known_and_not_counted_twice(system, permit):
    permit.change(limits={"transactions_per_day": 2})
    raw = permit.sign(1, data=transfer(permit.managed, 0))
    system.ok(permit, "eth_sendRawTransaction", raw)
    assert system.error(permit, "eth_sendRawTransaction", raw)["data"]["code"] == "tx.already_known"
    assert system.inside.usage(permit.number)["transactions_per_day"] == 1


CLAUSES = {
    "native value": ({}, {"value": 1}, "native_value", -32003),
    "gas above the permit's": (
        {"limits": {"gas_per_transaction": 100_000}},
        {"gas": 100_001},
        "gas_per_transaction",
        -32003,
    ),
    "suspended": ({"state": "suspended"}, {}, "state", -32003),
    "halted": ({"state": "halted"}, {}, "state", -32003),
    "activating": ({"state": "activating"}, {}, "state", -32003),
    "chain not in the permit": ({"chains": ("som",)}, {}, "chain_scope", -32003),
    "no transactions at all": (
        {"limits": {"transactions_per_day": 0}},
        {},
        "transactions_per_day",
        -32005,
    ),
    "no deployments at all": (
        {"limits": {"deployments": 0}},
        {"to": "", "data": "0x00"},
        "deployments",
        -32005,
    ),
}


@pytest.mark.parametrize("name", CLAUSES)
def test_what_the_terms_do_not_allow_is_refused_and_becomes_evidence(system, permit, name):
    changes, fields, clause, number = CLAUSES[name]
    permit.change(**changes)
    raw = permit.sign(0, **fields)
    error = system.error(permit, "eth_sendRawTransaction", raw)
    data = error["data"]
    assert (error["code"], data["clause"], data["code"]) == (number, clause, f"refused.{clause}")
    assert (data["permit"], data["version"]) == (permit.number, 1)
    assert data["what_to_do"]
    (record,) = refusals_of(system, permit)
    assert (record["clause"], record["source"]) == (clause, "gateway")
    assert record["method"] == "eth_sendRawTransaction"
    assert record["sender"] == permit.account.address
    assert record["tx_hash"].startswith("0x")
    assert record["request_id"] == data["request_id"]
    assert (record["limit"], record["used"]) == (data["limit"], data["used"])


def test_within_the_terms_the_same_transaction_passes(system, permit):
    permit.change(limits={"gas_per_transaction": 500_000, "transactions_per_day": 1})
    system.ok(permit, "eth_sendRawTransaction", permit.sign(0, gas=500_000))


def test_what_the_supervisor_would_revert_is_refused_before_the_journal(system, permit):
    wallet, token = permit.customer(1, 10_000 * TOKEN)
    merchant, _ = permit.customer(2, kind=2)
    fields = {"from": wallet, "to": permit.token, "data": transfer(merchant, 5_000 * TOKEN + 1)}
    error = system.error(permit, "eth_sendTransaction", {**fields, "gas": "0x7a120"}, token=token)
    data = error["data"]
    assert (error["code"], data["clause"], data["asset"]) == (-32003, "per_transaction", "KGST")
    assert (data["limit"], data["requested"]) == (str(5_000 * TOKEN), str(5_000 * TOKEN + 1))
    assert "5,000.00" in error["message"]
    (record,) = refusals_of(system, permit)
    assert (record["clause"], record["sender"]) == ("per_transaction", wallet)
    fields["data"] = transfer(merchant, 5_000 * TOKEN)
    digest = system.ok(permit, "eth_sendTransaction", fields, token=token)
    assert system.receipt(permit, digest)["status"] == "0x1"


def test_refusals_of_different_amounts_are_each_evidence_before_they_are_answered(system, permit):
    wallet, token = permit.customer(1, 10_000 * TOKEN)
    merchant, _ = permit.customer(2, kind=2)
    asked = [5_000 * TOKEN + 1, 6_000 * TOKEN, 5_000 * TOKEN + 1, *range(7_000, 7_030)]
    asked = [each if each > TOKEN else each * TOKEN for each in asked]
    for number, amount in enumerate(asked):
        data = transfer(merchant, amount)
        fields = {"from": wallet, "to": permit.token, "data": data, "gas": "0x7a120"}
        error = system.error(permit, "eth_sendTransaction", fields, token=token)
        assert error["data"]["requested"] == str(amount)
        if number < 3:
            wanted = [str(each) for each in asked[: min(number + 1, 2)]]
            assert [each["requested"] for each in refusals_of(system, permit)] == wanted
    assert len(refusals_of(system, permit)) == DISTINCT


def test_an_estimate_or_a_call_that_would_be_refused_is_a_probe_and_no_evidence(system, permit):
    wallet, token = permit.customer(1, 10_000 * TOKEN)
    merchant, _ = permit.customer(2, kind=2)
    call = {"from": wallet, "to": permit.token, "data": transfer(merchant, 5_000 * TOKEN + 1)}
    for method in ("eth_call", "eth_estimateGas"):
        error = system.error(permit, method, call, token=token)
        assert error["code"] == 3
        assert error["data"].startswith("0x")
        assert error["message"].startswith("execution reverted")
        assert "5,000.00" in error["message"]
    assert refusals_of(system, permit) == []
    call["data"] = transfer(merchant, 5_000 * TOKEN)
    assert int(system.ok(permit, "eth_estimateGas", call, token=token), 16) > 21_000


ECHO = "0x69" + "3660006000373660" + "00fd" + "600052600a6016f3"
"""Creates a contract that reverts with whatever it is called with."""


def test_a_refusal_that_a_contract_made_up_is_no_refusal(system, permit):
    from eth_abi import encode as abi
    from eth_utils import keccak

    created = system.ok(
        permit, "eth_sendRawTransactionSync", permit.sign(0, to="", data=ECHO, gas=200_000)
    )
    echo = checksum(created["contractAddress"])
    types = ["bytes32", "uint64", "bytes32", "uint256", "uint256", "uint256", "uint64"]
    values = [permit.terms["permit"], 1, b"window_volume".ljust(32, b"\0"), 1, 1, 1, 0]
    forged = keccak(text=f"LimitExceeded({','.join(types)})")[:4] + abi(types, values)
    raw = permit.sign(1, to=echo, data="0x" + forged.hex())
    receipt = system.ok(permit, "eth_sendRawTransactionSync", raw)
    assert receipt["status"] == "0x0"
    assert [each["source"] for each in refusals_of(system, permit)] == ["mined"]
    fields = {"from": permit.managed, "to": echo, "data": "0x" + forged.hex()}
    assert system.error(permit, "eth_sendTransaction", fields)["code"] == 3
    assert len(refusals_of(system, permit)) == 1


def test_behind_a_queued_transaction_the_chain_decides_and_the_failure_is_evidence(system, permit):
    wallet, token = permit.customer(1, 10_000 * TOKEN)
    merchant, _ = permit.customer(2, kind=2)
    fields = {"from": wallet, "to": permit.token, "gas": "0x7a120"}
    sent = []
    while len(sent) < 2:
        amounts = (4_000 * TOKEN, 5_000 * TOKEN + 1)
        body = [
            {
                "jsonrpc": "2.0",
                "id": number,
                "method": "eth_sendTransaction",
                "params": [{**fields, "data": transfer(merchant, amount)}],
            }
            for number, amount in enumerate(amounts)
        ]
        answers = system.post("kgst", body, token).json()
        sent = [each["result"] for each in answers if "result" in each]
    assert system.receipt(permit, sent[0])["status"] == "0x1"
    assert system.receipt(permit, sent[1])["status"] == "0x0"
    mined = [each for each in refusals_of(system, permit) if each["source"] == "mined"]
    (record,) = mined
    assert (record["clause"], record["tx_hash"]) == ("per_transaction", sent[1])
    assert record["requested"] == str(5_000 * TOKEN + 1)


def test_the_fourth_deployment_is_refused_and_a_failed_one_is_given_back(system, permit):
    permit.change(limits={"deployments": 3})
    code = {"good": "0x600160005360016000f3", "bad": "0xfe"}

    def deploy(nonce, data):
        raw = permit.sign(nonce, to="", data=data, gas=200_000)
        return system.rpc(permit, "eth_sendRawTransactionSync", raw)

    def used(many):
        system.until(lambda: system.inside.usage(permit.number)["deployments"] == many)

    for nonce, (kind, status, many) in enumerate(
        [("good", 1, 1), ("bad", 0, 1), ("good", 1, 2), ("bad", 0, 2), ("good", 1, 3)]
    ):
        assert deploy(nonce, code[kind])["result"]["status"] == hex(status)
        used(many)
    error = deploy(5, code["good"])["error"]
    assert (error["code"], error["data"]["clause"]) == (-32005, "deployments")
    assert (error["data"]["limit"], error["data"]["used"]) == ("3", "3")
    system.ok(permit, "eth_sendRawTransaction", permit.sign(5))


def test_a_flood_of_equal_refusals_is_one_record_and_one_count(system, permit):
    permit.change(limits={"transactions_per_day": 0})
    raw = permit.sign(0)
    for _ in range(20):
        error = system.error(permit, "eth_sendRawTransaction", raw)
        assert error["data"]["clause"] == "transactions_per_day"
    assert [each["count"] for each in refusals_of(system, permit)] == [1]


def test_a_customers_wallet_is_never_usable_with_the_permits_key(system, permit):
    wallet, token = permit.customer(1, 100 * TOKEN)
    fields = {"from": wallet, "to": permit.token, "data": transfer(permit.managed, TOKEN)}
    error = system.error(permit, "eth_sendTransaction", fields)
    assert error["data"]["code"] == "gateway.wallet_not_managed"
    system.ok(permit, "eth_sendTransaction", fields, token=token)


def test_suspended_customers_may_redeem_while_the_permits_wallet_may_not_send(system, permit):
    wallet, token = permit.customer(1, 100 * TOKEN)
    permit.publish(version=2, state=2)
    permit.change(state="suspended", version=2)
    error = system.error(permit, "eth_sendRawTransaction", permit.sign(0))
    assert (error["data"]["clause"], error["data"]["version"]) == ("state", 2)
    fields = {"from": wallet, "to": permit.token}
    pay = {**fields, "data": transfer(permit.managed, TOKEN)}
    assert system.error(permit, "eth_sendTransaction", pay, token=token)["data"]["clause"] == (
        "wind_down"
    )
    redeem = {**fields, "data": encode("KGST", "redeem", TOKEN)}
    digest = system.ok(permit, "eth_sendTransaction", redeem, token=token)
    assert system.receipt(permit, digest)["status"] == "0x1"


def test_the_digital_som_chain_takes_a_wallet_without_any_balance(system, numbers):
    permit = Permit(system, next(numbers), chain="som", on_chain=False)
    raw = permit.sign(0, to="", data="0x600160005360016000f3", gas=200_000)
    receipt = system.ok(permit, "eth_sendRawTransactionSync", raw, chain="som")
    assert receipt["status"] == "0x1"
    assert int(system.ok(permit, "eth_chainId", chain="som"), 16) == CHAIN_IDS["som"]
