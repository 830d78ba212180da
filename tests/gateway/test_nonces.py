"""Nonces under concurrency: no gap, no double, whoever sends at the same time.

Rules: a managed wallet's transactions take the next nonce each, however many connections
ask at once, beside signed transactions of other wallets, and across a restart; what is
acknowledged is mined.
"""

import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from eth_account import Account

from sandbox.domain.policy import PolicyWallet
from tests.gateway.support import Permit, System

MANY = 50
CALL = "0x18160ddd"


def send(system, permit, count, raws=()):
    """So many ``eth_sendTransaction`` at once, each on a connection of its own, beside raws."""
    together = threading.Barrier(count + len(raws))

    def one(method, parameter):
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": [parameter]}
        headers = {"Authorization": f"Bearer {permit.key}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{system.port}", timeout=60) as client:
            together.wait()
            return client.post("/rpc/kgst", json=body, headers=headers).json()

    fields = {"from": permit.managed, "to": permit.token, "gas": "0x30d40", "data": CALL}
    asked = [("eth_sendTransaction", fields)] * count
    asked += [("eth_sendRawTransaction", raw) for raw in raws]
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(lambda each: one(*each), asked))
    assert all("result" in each for each in answers), answers
    return [each["result"] for each in answers]


def nonces(system, permit, hashes):
    """The mined nonces of transactions, each with its receipt's status checked."""
    for digest in hashes:
        assert system.receipt(permit, digest)["status"] == "0x1"
    found = [system.ok(permit, "eth_getTransactionByHash", digest) for digest in hashes]
    return sorted(int(each["nonce"], 16) for each in found)


def test_fifty_sends_at_once_take_fifty_nonces(system, permit):
    hashes = send(system, permit, MANY)
    assert len(set(hashes)) == MANY
    assert nonces(system, permit, hashes) == list(range(MANY))


def test_signed_transactions_of_another_wallet_do_not_disturb_them(system, permit):
    other = Account.create()
    wallets = (*permit.policy.wallets, PolicyWallet(other.address, "settlement", None))
    permit.change(wallets=wallets)
    permit.gas(other.address)
    # all at once: those with a later nonce wait for the ones before them
    raws = [permit.sign(n, account=other, data=CALL, gas=200_000) for n in range(MANY)]
    hashes = send(system, permit, MANY, raws)
    assert nonces(system, permit, hashes[:MANY]) == list(range(MANY))
    assert nonces(system, permit, hashes[MANY:]) == list(range(MANY))


def test_a_refused_send_leaves_no_gap(system, permit):
    permit.change(limits={"transactions_per_day": 30})
    body = {"from": permit.managed, "to": permit.token, "gas": "0x30d40", "data": CALL}
    with ThreadPoolExecutor(10) as pool:
        answers = list(
            pool.map(lambda _: system.rpc(permit, "eth_sendTransaction", body), range(MANY))
        )
    taken = [each["result"] for each in answers if "result" in each]
    refused = [each["error"]["data"]["clause"] for each in answers if "error" in each]
    assert (len(taken), set(refused)) == (30, {"transactions_per_day"})
    assert nonces(system, permit, taken) == list(range(30))


@pytest.fixture
def own():
    root = Path(tempfile.mkdtemp(prefix="gw-"))
    running = System(root, interval=1.0).start()
    yield running
    running.stop()
    shutil.rmtree(root, ignore_errors=True)


@pytest.mark.slow
def test_nonces_go_on_across_a_restart_with_a_full_queue(own):
    permit = Permit(own, "SB-2026-0001")
    before = send(own, permit, MANY)
    own.stop()
    own.start()
    after = send(own, permit, MANY)
    assert nonces(own, permit, before) == list(range(MANY))
    assert nonces(own, permit, after) == list(range(MANY, 2 * MANY))
