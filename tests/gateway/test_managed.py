"""Managed wallets: whose they are, nonces under concurrency, signatures that verify."""

from concurrent.futures import ThreadPoolExecutor

from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

from tests.gateway.support import TOKEN, transfer

TYPED = {
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}],
        "Note": [{"name": "text", "type": "string"}],
    },
    "primaryType": "Note",
    "domain": {"name": "Shop"},
    "message": {"text": "hello"},
}


def test_each_credential_sees_its_own_wallets_only(system, permit):
    wallet, token = permit.customer(1)
    assert system.ok(permit, "eth_accounts") == [permit.managed]
    assert system.ok(permit, "eth_accounts", token=token) == [wallet]


def test_fifty_transactions_sent_at_once_get_fifty_nonces(system, permit):
    wallet, _ = permit.customer(1)
    permit.issue(permit.managed, 1000 * TOKEN)
    fields = {
        "from": permit.managed,
        "to": permit.token,
        "data": transfer(wallet, 1),
        "gas": "0x7a120",
    }
    with ThreadPoolExecutor(10) as pool:
        sent = list(pool.map(lambda _: system.ok(permit, "eth_sendTransaction", fields), range(50)))
    receipts = [system.receipt(permit, digest) for digest in sent]
    assert len(set(sent)) == 50
    assert {each["status"] for each in receipts} == {"0x1"}
    assert int(system.ok(permit, "eth_getTransactionCount", permit.managed, "latest"), 16) == 50


def test_pending_is_our_own_queue(system, permit):
    raw = permit.sign(0, data=transfer(permit.managed, 0))
    digest = system.ok(permit, "eth_sendRawTransaction", raw)
    shown = system.ok(permit, "eth_getTransactionByHash", digest)
    assert shown["hash"] == digest
    count = system.ok(permit, "eth_getTransactionCount", permit.account.address, "pending")
    assert count == "0x1"
    system.receipt(permit, digest)
    count = system.ok(permit, "eth_getTransactionCount", permit.account.address)
    assert count == "0x1"


def test_gas_nonce_and_price_are_filled_in(system, permit):
    wallet, _ = permit.customer(1)
    permit.issue(permit.managed, TOKEN)
    fields = {"from": permit.managed, "to": permit.token, "data": transfer(wallet, 1)}
    digest = system.ok(permit, "eth_sendTransaction", fields)
    receipt = system.receipt(permit, digest)
    shown = system.ok(permit, "eth_getTransactionByHash", digest)
    assert receipt["status"] == "0x1"
    assert int(receipt["gasUsed"], 16) < int(shown["gas"], 16) < 1_000_000
    assert shown["gasPrice"] == hex(10**9)


def test_fee_fields_of_type_two_are_kept(system, permit):
    fields = {
        "from": permit.managed,
        "to": permit.token,
        "data": transfer(permit.managed, 0),
        "maxFeePerGas": hex(2 * 10**9),
        "gas": "0x7a120",
    }
    digest = system.ok(permit, "eth_sendTransaction", fields)
    assert system.ok(permit, "eth_getTransactionByHash", digest)["type"] == "0x2"


def test_an_estimate_that_the_supervisor_refuses_is_a_refused_submission(system, permit):
    wallet, token = permit.customer(1, 10_000 * TOKEN)
    fields = {
        "from": wallet,
        "to": permit.token,
        "data": transfer(permit.managed, 5_000 * TOKEN + 1),
    }
    error = system.error(permit, "eth_sendTransaction", fields, token=token)
    assert error["data"]["clause"] == "per_transaction"
    (record,) = system.inside.refusals(0, permit=permit.number)
    assert (record["method"], record["sender"]) == ("eth_sendTransaction", wallet)


def test_an_estimate_that_a_contract_reverts_sends_nothing(system, permit):
    fields = {"from": permit.managed, "to": permit.token, "data": "0xdeadbeef"}
    error = system.error(permit, "eth_sendTransaction", fields)
    assert error["code"] == 3
    count = system.ok(permit, "eth_getTransactionCount", permit.managed, "pending")
    assert count == "0x0"


def test_messages_and_typed_data_are_signed_by_the_wallet_that_is_named(system, permit):
    signature = system.ok(permit, "personal_sign", "0x68656c6c6f", permit.managed)
    message = encode_defunct(text="hello")
    assert Account.recover_message(message, signature=signature) == permit.managed
    signature = system.ok(permit, "eth_signTypedData_v4", permit.managed, TYPED)
    message = encode_typed_data(full_message=TYPED)
    assert Account.recover_message(message, signature=signature) == permit.managed


def test_numbers_beyond_64_bits_are_signed_exactly(system, permit):
    typed = {
        **TYPED,
        "types": {**TYPED["types"], "Note": [{"name": "most", "type": "uint256"}]},
        "message": {"most": 2**256 - 1},
    }
    signature = system.ok(permit, "eth_signTypedData_v4", permit.managed, typed)
    message = encode_typed_data(full_message=typed)
    assert Account.recover_message(message, signature=signature) == permit.managed


def test_nobody_elses_wallet_signs(system, permit):
    wallet, token = permit.customer(1)
    foreign = "0x" + "11" * 20
    for address, credential in (
        (wallet, permit.key),
        (permit.managed, token),
        (foreign, permit.key),
        (permit.account.address, permit.key),
    ):
        for method, params in (
            ("personal_sign", ["0x00", address]),
            ("eth_signTypedData_v4", [address, TYPED]),
            ("eth_sendTransaction", [{"from": address, "to": permit.token, "gas": "0x7a120"}]),
        ):
            error = system.error(permit, method, *params, token=credential)
            assert error["data"]["code"] == "gateway.wallet_not_managed"


def test_typed_data_that_is_none_is_refused(system, permit):
    many = {**TYPED, "message": {**TYPED["message"], "more": [{}] * 300}}
    for typed in ({}, {"types": {}}, "no json", '"text"', many):
        error = system.error(permit, "eth_signTypedData_v4", permit.managed, typed)
        assert error["code"] == -32602
    assert "more than 300" in error["data"]["params"]["what"]
    assert system.ok(permit, "eth_signTypedData_v4", permit.managed, TYPED)


def test_a_chain_id_that_is_not_this_chains_is_refused(system, permit):
    fields = {"from": permit.managed, "to": permit.token, "chainId": "0x1"}
    error = system.error(permit, "eth_sendTransaction", fields)
    assert error["data"]["code"] == "tx.wrong_chain_id"
