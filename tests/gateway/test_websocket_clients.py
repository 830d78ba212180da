"""WebSocket as real clients use it: web3.py, and everything through the real public proxy."""

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import httpx
import pytest
from web3 import AsyncWeb3, WebSocketProvider
from web3.utils.subscriptions import LogsSubscription, NewHeadsSubscription
from websockets.exceptions import InvalidMessage, InvalidStatus
from websockets.sync.client import connect

from sandbox.contracts.loader import artifact
from sandbox.run.parts import REDACT
from sandbox.toolchain import tools
from tests.gateway.support import TOKEN, Permit
from tests.support.ports import free_port


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


class Proxy:
    """configurable-http-proxy as the manager starts it, with one route."""

    def __init__(self, root):
        self.port, self.api = free_port(), free_port()
        self.log = root / "proxy.log"
        line = [
            str(tools.node()),
            *("--require", str(REDACT)),
            str(tools.proxy()),
            *("--ip", "127.0.0.1", "--port", str(self.port)),
            *("--api-ip", "127.0.0.1", "--api-port", str(self.api), "--log-level", "debug"),
        ]
        environment = {"PATH": os.environ["PATH"], "CONFIGPROXY_AUTH_TOKEN": "t"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(line, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while not self._up():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def _up(self):
        try:
            return self._ask("GET", "/api/routes").status_code == 200
        except httpx.TransportError:
            return False

    def _ask(self, method, path, **more):
        headers = {"Authorization": "token t"}
        return httpx.request(method, f"http://127.0.0.1:{self.api}{path}", headers=headers, **more)

    def route(self, port):
        self._ask("POST", "/api/routes/rpc", json={"target": f"http://127.0.0.1:{port}"})

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def proxy():
    root = Path(tempfile.mkdtemp(prefix="gw-proxy-"))
    running = Proxy(root)
    yield running
    running.stop()
    shutil.rmtree(root, ignore_errors=True)


@pytest.mark.anyio
@pytest.mark.parametrize("way", ["direct", "proxy"])
async def test_web3_subscribes_sends_and_is_told(system, permit, proxy, way):
    proxy.route(system.port)
    wallet, _ = await asyncio.to_thread(permit.customer, 1)
    await asyncio.to_thread(permit.issue, permit.account.address, 50 * TOKEN)
    port = system.port if way == "direct" else proxy.port
    url = f"ws://127.0.0.1:{port}/rpc/kgst/{permit.key}"
    heads, logs = asyncio.Queue(), asyncio.Queue()

    async def on_head(context):
        await heads.put(context.result)

    async def on_log(context):
        await logs.put(context.result)

    async with AsyncWeb3(WebSocketProvider(url)) as web3:
        token = web3.eth.contract(permit.token, abi=artifact("KGST").abi)
        transfer = token.events.Transfer()
        watching = [
            NewHeadsSubscription(handler=on_head),
            LogsSubscription(address=permit.token, topics=[transfer.topic], handler=on_log),
        ]
        await web3.subscription_manager.subscribe(watching)
        handling = asyncio.create_task(web3.subscription_manager.handle_subscriptions())
        sender = permit.account
        built = await token.functions.transfer(wallet, 5 * TOKEN).build_transaction(
            {
                "from": sender.address,
                "nonce": await web3.eth.get_transaction_count(sender.address),
            }
        )
        raw = sender.sign_transaction(built).raw_transaction
        digest = await web3.eth.send_raw_transaction(raw)
        receipt = await web3.eth.wait_for_transaction_receipt(digest, poll_latency=0.05)
        assert receipt.status == 1
        async with asyncio.timeout(10):
            log = await logs.get()
            assert transfer.process_log(log).args.value == 5 * TOKEN
            while (await heads.get())["number"] != receipt.blockNumber:
                pass
        await web3.subscription_manager.unsubscribe_all()
        handling.cancel()
        assert await token.functions.balanceOf(wallet).call() == 5 * TOKEN


def test_a_refused_handshake_and_a_revoked_key_come_through_the_proxy(system, numbers, proxy):
    proxy.route(system.port)
    permit = Permit(system, next(numbers), on_chain=False)
    url = f"ws://127.0.0.1:{proxy.port}/rpc/kgst"
    with pytest.raises(InvalidStatus) as caught:
        connect(f"{url}/spk_wrong").close()
    assert caught.value.response.status_code == 401
    own = {"Origin": f"http://127.0.0.1:{proxy.port}"}
    with connect(f"{url}/{permit.key}", additional_headers=own) as page:
        page.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}))
        assert json.loads(page.recv(timeout=10))["result"] == "0xdc61"
        permit.keys.clear()
        permit.put_keys()
        with pytest.raises(Exception) as ended:  # noqa: PT011 (its code is what matters)
            page.recv(timeout=10)
        assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (4401, "gateway.token_unknown")


def test_no_log_of_the_proxy_holds_a_key_even_when_the_gateway_is_gone(system, numbers, proxy):
    permit = Permit(system, next(numbers), on_chain=False)
    paths = [f"/rpc/kgst/{permit.key}", "/rpc/kgst/%73pk_" + permit.key[4:]]
    body = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
    for port, status in ((system.port, 200), (free_port(), 503)):
        proxy.route(port)
        for path in paths:
            url = f"127.0.0.1:{proxy.port}{path}"
            assert httpx.post(f"http://{url}", json=body).status_code == status
            try:
                with connect(f"ws://{url}") as open_:
                    open_.send(json.dumps(body))
                    assert json.loads(open_.recv(timeout=10))["result"] == "0xdc61"
            except (InvalidStatus, InvalidMessage):
                assert status == 503
    proxy.route(system.port)
    said = proxy.log.read_text()
    assert "503 POST /rpc/kgst/…" in said, "the proxy does name paths"
    assert permit.key[4:] not in said
    assert "spk_s" not in said
