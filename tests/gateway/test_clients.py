"""web3.py and cast against the gateway, as against a paid provider: they only get a URL."""

import subprocess

import pytest
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractCustomError, Web3RPCError

from sandbox.contracts.loader import artifact
from sandbox.toolchain.tools import cast
from tests.gateway.support import TOKEN


@pytest.fixture
def url(system, permit):
    return f"http://127.0.0.1:{system.port}/rpc/kgst/{permit.key}"


@pytest.fixture
def web3(url):
    client = Web3(HTTPProvider(url))
    yield client
    client.provider._request_session_manager.session_cache.clear()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # web3 keeps its sessions open
def test_web3_pays_reads_and_is_told_why_not(system, permit, web3):
    wallet, _ = permit.customer(1)
    permit.issue(permit.account.address, 30_000 * TOKEN)
    token = web3.eth.contract(permit.token, abi=artifact("KGST").abi)
    sender = permit.account

    def pay(amount, **more):
        fields = {"from": sender.address, "nonce": web3.eth.get_transaction_count(sender.address)}
        built = token.functions.transfer(wallet, amount).build_transaction(fields | more)
        signed = sender.sign_transaction(built)
        return web3.eth.send_raw_transaction(signed.raw_transaction)

    receipt = web3.eth.wait_for_transaction_receipt(pay(5 * TOKEN), poll_latency=0.05)
    assert receipt.status == 1
    assert token.functions.balanceOf(wallet).call() == 5 * TOKEN
    assert token.events.Transfer().get_logs(from_block=receipt.blockNumber)
    with pytest.raises(ContractCustomError):
        pay(20_000 * TOKEN)
    with pytest.raises(Web3RPCError) as caught:
        pay(20_000 * TOKEN, gas=500_000)
    error = caught.value.rpc_response["error"]
    assert (error["code"], error["data"]["clause"]) == (-32003, "customer_cap")
    assert error["data"]["limit"] == str(20_000 * TOKEN)
    web3.eth.default_account = permit.managed
    digest = web3.eth.send_transaction(
        {"from": permit.managed, "to": permit.token, "data": "0x18160ddd"}
    )
    assert web3.eth.wait_for_transaction_receipt(digest, poll_latency=0.05).status == 1


def run(*arguments):
    done = subprocess.run(
        [str(cast()), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def test_cast_reads_sends_and_is_told_why_not(system, permit, url):
    assert run("chain-id", "--rpc-url", url)[:2] == (0, "56417")
    balance = ("call", permit.token, "balanceOf(address)(uint256)", permit.managed)
    assert run(*balance, "--rpc-url", url)[:2] == (0, "0")
    send = (
        "send",
        permit.token,
        "approve(address,uint256)",
        permit.managed,
        "5",
        "--private-key",
        permit.account.key.hex(),
        "--rpc-url",
        url,
        "--json",
    )
    code, out, err = run(*send)
    assert (code, '"status":"0x1"' in out) == (0, True), err
    permit.change(state="suspended")
    code, _, err = run(*send)
    assert code != 0
    assert "not active" in err


def test_cast_sends_from_an_empty_account_on_the_digital_som_chain(system, numbers):
    from tests.gateway.support import Permit

    permit = Permit(system, next(numbers), chain="som", on_chain=False)
    url = f"http://127.0.0.1:{system.port}/rpc/som/{permit.key}"
    options = ("--private-key", permit.account.key.hex(), "--rpc-url", url, "--json")
    deploy = ("--create", "0x600160005360016000f3")
    code, out, err = run("send", *options, *deploy)  # it never offers less than one wei
    assert (code, '"status":"0x1"' in out) == (0, True), err
    code, out, err = run("send", "--legacy", *options, *deploy)
    assert (code, '"status":"0x1"' in out) == (0, True), err
