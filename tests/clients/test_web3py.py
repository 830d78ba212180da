"""web3.py as anybody uses it: an address or a header, a key of one's own, nothing of ours."""

from __future__ import annotations

import pytest
from eth_account.messages import encode_typed_data
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractCustomError, TransactionNotFound, Web3RPCError
from web3.middleware import SignAndSendRawMiddlewareBuilder

from sandbox.contracts.loader import artifact
from sandbox.kit.ids import CHAIN_IDS
from tests.clients.till import till

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),  # web3's own sessions
]
TOKEN = {"kgst": "KGST", "som": "DigitalSom"}


@pytest.fixture
def w3(trial, chain, owner):
    """A client with the key in the address, signing with the team's own wallet."""
    client = Web3(HTTPProvider(trial.url(chain)))
    client.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(owner), layer=0)
    client.eth.default_account = owner.address
    yield client
    client.provider._request_session_manager.session_cache.clear()


def mined(w3, digest):
    receipt = w3.eth.wait_for_transaction_receipt(digest, timeout=30, poll_latency=0.1)
    assert receipt.status == 1
    return receipt


def test_it_deploys_sends_and_reads_with_its_defaults(w3, trial, chain, owner):
    before = w3.eth.get_balance(owner.address)
    factory = w3.eth.contract(abi=till().abi, bytecode=till().bytecode)
    money = trial.national(chain)["token"]
    receipt = mined(w3, factory.constructor(money).transact())
    contract = w3.eth.contract(receipt.contractAddress, abi=till().abi)
    assert contract.functions.money().call() == money
    receipt = mined(w3, contract.functions.note(7).transact())
    (event,) = contract.events.Paid().process_receipt(receipt)
    assert (event.args.by, event.args.amount) == (owner.address, 7)
    assert contract.functions.payments().call() == 1
    logs = contract.events.Paid().get_logs(from_block=receipt.blockNumber)
    assert [each.args.amount for each in logs] == [7]
    assert w3.eth.get_code(contract.address)
    assert w3.eth.get_storage_at(contract.address, 0)[-1] == 1
    with pytest.raises(ContractCustomError):
        contract.functions.note(0).call()
    with pytest.raises(ContractCustomError):
        contract.functions.note(0).transact()
    if chain == "som":
        assert (before, w3.eth.get_balance(owner.address)) == (0, 0)
    else:
        assert 0 < w3.eth.get_balance(owner.address) < before


def test_it_asks_what_libraries_ask_and_lives_with_the_answers(w3, chain, owner):
    price = 10**9 if chain == "kgst" else 0
    assert (w3.eth.chain_id, w3.net.version) == (CHAIN_IDS[chain], str(CHAIN_IDS[chain]))
    assert w3.client_version.startswith("synak/")
    assert (w3.eth.syncing, w3.net.listening, w3.is_connected()) == (False, True, True)
    assert (w3.eth.gas_price, w3.eth.max_priority_fee) == (price, price)
    history = w3.eth.fee_history(4, "latest", [10, 50, 90])
    assert history.baseFeePerGas[-1] == 0
    assert history.reward[-1] == [price] * 3
    block = w3.eth.get_block("latest", full_transactions=True)
    assert w3.eth.get_block(block.hash).number == block.number
    assert w3.eth.get_block(block.number).stateRoot == block.stateRoot
    nonce = w3.eth.get_transaction_count(owner.address, "pending")
    assert nonce >= w3.eth.get_transaction_count(owner.address)
    for tag in ("earliest", "safe", "finalized", "latest"):
        assert w3.eth.get_block(tag).number <= w3.eth.block_number
    with pytest.raises(TransactionNotFound):
        w3.eth.get_transaction("0x" + "00" * 32)
    with pytest.raises(TransactionNotFound):
        w3.eth.get_transaction_receipt("0x" + "00" * 32)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("anvil_setBalance", ["0x" + "11" * 20, "0x1"]),
        ("evm_mine", []),
        ("eth_sign", ["0x" + "11" * 20, "0x00"]),
        ("debug_traceBlockByNumber", ["latest"]),
        ("eth_blobBaseFee", []),
        ("eth_getBlockReceipts", ["latest"]),
        ("eth_config", []),
        ("eth_newBlockFilter", []),
        ("eth_coinbase", []),
        ("trace_block", ["latest"]),
        ("no_such_method", []),
    ],
)
def test_what_is_not_offered_is_an_error_that_it_survives(w3, method, params):
    answer = w3.provider.make_request(method, params)
    assert answer["error"]["code"] in (-32601, -32004)
    assert w3.eth.block_number >= 0


def test_the_key_works_as_a_bearer_token_and_a_wrong_one_nowhere(trial, chain):
    address = f"{trial.base}/rpc/{chain}"
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {trial.key}"}
    client = Web3(HTTPProvider(address, request_kwargs={"headers": headers}))
    assert client.eth.chain_id == CHAIN_IDS[chain]
    headers["Authorization"] = f"Bearer {trial.key[:-1]}"
    wrong = Web3(HTTPProvider(address, request_kwargs={"headers": headers}))
    with pytest.raises(Exception, match="401"):
        wrong.eth.chain_id  # noqa: B018 - asking is what fails
    assert not wrong.is_connected()


def test_a_managed_wallet_signs_for_its_own_permit_and_no_other(w3, trial, chain, owner):
    plain = Web3(HTTPProvider(trial.url(chain)))
    (managed,) = plain.eth.accounts
    digest = plain.eth.send_transaction(
        {"from": managed, "to": trial.national(chain)["token"], "data": "0x18160ddd"}
    )
    mined(plain, digest)
    with pytest.raises(Web3RPCError, match="not a managed wallet"):
        plain.eth.send_transaction({"from": owner.address, "to": managed})
    with pytest.raises(Web3RPCError, match="not a managed wallet"):
        plain.manager.request_blocking("personal_sign", ["0x00", owner.address])


def test_a_batch_is_answered_in_its_order(w3):
    with w3.batch_requests() as batch:
        batch.add(w3.eth.get_block("latest"))
        batch.add(w3.eth.get_block(0))
        newest, first = batch.execute()
    assert first.number == 0
    assert newest.number > 0


def test_money_pays_by_permit_signature_and_the_refusal_names_its_clause(w3, trial, chain, owner):
    decimals = {"kgst": 18, "som": 2}[chain]
    unit = 10**decimals
    (customer,) = trial.people(1)
    trial.fund(owner.address, chain.upper(), 25_000 * unit)
    token = w3.eth.contract(trial.national(chain)["token"], abi=artifact(TOKEN[chain]).abi)
    mined(w3, token.functions.transfer(customer["address"], 20 * unit).transact())
    assert token.functions.balanceOf(customer["address"]).call() == 20 * unit
    with pytest.raises(ContractCustomError):
        token.functions.transfer(customer["address"], 20_000 * unit).transact()
    fields = {"gas": 400_000}
    with pytest.raises(Web3RPCError) as caught:
        token.functions.transfer(customer["address"], 20_000 * unit).transact(fields)
    error = caught.value.rpc_response["error"]
    assert (error["code"], error["data"]["clause"]) == (-32003, "customer_cap")
    assert error["data"]["limit"] == str(20_000 * unit)


@pytest.mark.parametrize("chain", ["kgst"])
def test_a_permit_of_the_money_is_signed_and_used(w3, trial, chain, owner):
    token = w3.eth.contract(trial.national(chain)["token"], abi=artifact("KGST").abi)
    spender = w3.eth.accounts[0]
    deadline = w3.eth.get_block("latest").timestamp + 3_600
    typed = {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Permit": [
                {"name": "owner", "type": "address"},
                {"name": "spender", "type": "address"},
                {"name": "value", "type": "uint256"},
                {"name": "nonce", "type": "uint256"},
                {"name": "deadline", "type": "uint256"},
            ],
        },
        "primaryType": "Permit",
        "domain": {
            "name": token.functions.name().call(),
            "version": "1",
            "chainId": w3.eth.chain_id,
            "verifyingContract": token.address,
        },
        "message": {
            "owner": owner.address,
            "spender": spender,
            "value": 5,
            "nonce": token.functions.nonces(owner.address).call(),
            "deadline": deadline,
        },
    }
    signed = owner.sign_message(encode_typed_data(full_message=typed))
    call = token.functions.permit(
        owner.address,
        spender,
        5,
        deadline,
        signed.v,
        signed.r.to_bytes(32, "big"),
        signed.s.to_bytes(32, "big"),
    )
    mined(w3, call.transact())
    assert token.functions.allowance(owner.address, spender).call() == 5
