"""web3.py over WebSocket: subscriptions, sending, and a key that is revoked in mid-connection."""

from __future__ import annotations

import asyncio
import gc
import re
import warnings

import pytest
from web3 import AsyncWeb3, WebSocketProvider
from web3.exceptions import Web3RPCError

from sandbox.kit.ids import CHAIN_IDS

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _sockets_that_the_library_forgets_are_collected_here():
    """web3 leaves a socket that the server ended to the garbage collector, which complains."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def _send(w3, trial, chain, owner):
    transaction = {
        "nonce": await w3.eth.get_transaction_count(owner.address, "pending"),
        "to": trial.national(chain)["token"],
        "data": "0x095ea7b3" + owner.address[2:].lower().rjust(64, "0") + f"{1:064x}",
        "gas": 100_000,
        "gasPrice": await w3.eth.gas_price,
        "value": 0,
        "chainId": CHAIN_IDS[chain],
    }
    signed = owner.sign_transaction(transaction)
    return await w3.eth.send_raw_transaction(signed.raw_transaction)


async def test_heads_and_logs_arrive_while_it_sends(trial, chain, owner):
    async with AsyncWeb3(WebSocketProvider(trial.socket_url(chain))) as w3:
        assert await w3.eth.chain_id == CHAIN_IDS[chain]
        heads = await w3.eth.subscribe("newHeads")
        logs = await w3.eth.subscribe("logs", {"address": trial.national(chain)["token"]})
        digest = await _send(w3, trial, chain, owner)
        stream = w3.socket.process_subscriptions()
        async with asyncio.timeout(20):
            seen = {}
            async for message in stream:
                seen[message["subscription"]] = message["result"]
                if {heads, logs} <= set(seen):
                    break
        receipt = await w3.eth.wait_for_transaction_receipt(digest, timeout=20)
        assert receipt.status == 1
        assert seen[heads]["number"] >= receipt.blockNumber - 1
        assert seen[logs]["transactionHash"] == digest
        assert await w3.eth.unsubscribe(heads)


async def test_a_refusal_arrives_as_an_error_and_the_socket_goes_on(trial, chain, owner):
    async with AsyncWeb3(WebSocketProvider(trial.socket_url(chain))) as w3:
        with pytest.raises(Web3RPCError):
            await w3.eth.send_raw_transaction("0x00")
        assert await w3.eth.chain_id == CHAIN_IDS[chain]


async def test_a_wrong_key_opens_no_socket(trial, chain):
    url = trial.socket_url(chain)[:-1]
    with pytest.raises(Exception, match="Could not connect"):
        async with AsyncWeb3(WebSocketProvider(url, max_connection_retries=1)) as w3:
            await w3.eth.chain_id


async def test_a_key_revoked_in_mid_connection_ends_it(trial):
    page = f"/desk/permits/{trial.number}"
    shown = trial.team.post(f"{page}/keys", {"name": "short lived", "days": "1"}, page=page).text
    key = re.search(r"spk_[A-Za-z0-9_-]{43}", shown)[0]
    url = trial.socket_url("kgst").replace(trial.key, key)
    async with AsyncWeb3(WebSocketProvider(url)) as w3:
        assert await w3.eth.chain_id == CHAIN_IDS["kgst"]
        place = re.search(
            rf'action="({page}/keys/[0-9a-f]+/revoke)"[^§]*?short lived', trial.team.get(page)
        )
        trial.team.post(place[1], {}, page=page)
        async with asyncio.timeout(10):
            while await _answers(w3):  # noqa: ASYNC110 - the key is asked until it is dead
                await asyncio.sleep(0.1)


async def _answers(w3):
    try:
        return bool(await w3.eth.chain_id)
    except Exception:  # noqa: BLE001 - whichever error its library has for a closed socket
        return False
