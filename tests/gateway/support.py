"""A whole gateway for tests: real signer, real engines, real journal, real sockets."""

import asyncio
import hashlib
import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import uvloop
from eth_account import Account
from eth_utils import keccak

from sandbox.chain.engine import LocalLauncher
from sandbox.chain.node import NodeOptions
from sandbox.chain.sealing import BlockRules
from sandbox.chain.signer.client import SignerClient
from sandbox.chain.signer.server import SignerConfig
from sandbox.contracts.loader import artifact
from sandbox.contracts.typed import (
    NO_LIMIT_256,
    consent_typed_data,
    publish_call,
    publish_to,
    terms_typed_data,
)
from sandbox.domain.policy import KeyRecord, Policy, PolicyWallet
from sandbox.gateway.app import GatewaySetup
from sandbox.gateway.main import serve
from sandbox.kit.clock import SystemClock
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import CHAIN_IDS, permit_key
from sandbox.kit.money import NO_LIMIT
from sandbox.services.gateway_client import GatewayClient
from sandbox.toolchain.tools import anvil

REGULATORS = ["regulator/ermek", "regulator/feruza", "regulator/gulnara"]
TOKEN = 10**18
_COUNT = iter(range(1, 1_000_000))


def now():
    return datetime.now(UTC).replace(microsecond=0)


class System:
    """One gateway in a thread of its own; ``stop`` and ``start`` again keep the state."""

    def __init__(
        self, root, *, interval=0.05, max_age=86_400.0, hub="http://127.0.0.1:9", clock=None
    ):
        self.root = root
        self.launcher = LocalLauncher(anvil())
        self.clock = clock or SystemClock()
        self.setup = GatewaySetup(
            directory=root / "chain",
            engine_sockets={"kgst": root / "kgst.ipc", "som": root / "som.ipc"},
            launcher=self.launcher,
            signer_socket=root / "signer.sock",
            regulators=REGULATORS,
            hub_api=hub,
            policy_max_age=max_age,
            options=NodeOptions(blocks=BlockRules(interval=interval)),
            clock=self.clock,
        )
        self.permits = {}

    def start(self, *, wait=True, beat=True):
        self.signer_up()
        self._stop = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(20), "the gateway did not start"
        self.inside = GatewayClient(self.root / "internal.sock")
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)
        deadline = time.monotonic() + 60
        while wait and self.http.get("/rpc/healthz").status_code != 200:
            assert time.monotonic() < deadline, self.http.get("/rpc/healthz").text
            time.sleep(0.05)
        if beat:
            self.inside.heartbeat({})
        if wait:
            self.national = self.inside.national()
        return self

    def _run(self):
        async def run():
            task = asyncio.current_task()
            loop = asyncio.get_running_loop()
            self._stop = lambda: loop.call_soon_threadsafe(task.cancel)

            def ready(port):
                self.port = port
                self._ready.set()

            await serve(self.setup, 0, self.root / "internal.sock", ready=ready)

        with suppress(asyncio.CancelledError):
            uvloop.run(run())

    def signer_up(self):
        config = SignerConfig(self.root / "signer.sock", self.root / "seed", development=True)
        code = (
            "from pathlib import Path; from sandbox.chain.signer.server import *; "
            f"serve(SignerConfig(Path({str(config.socket)!r}), Path({str(config.seed)!r}), "
            "development=True))"
        )
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._signing = subprocess.Popen([sys.executable, "-c", code], **quiet)
        self.signer = SignerClient(config.socket)
        self.until(self._signs, 30)

    def _signs(self):
        try:
            return self.signer.health()["status"] == "ok"
        except Unavailable:
            return False

    def signer_down(self):
        self._signing.kill()
        self._signing.wait()
        self.signer.close()

    def stop(self):
        self._stop()
        self._thread.join(20)
        self.http.close()
        self.inside.close()
        self.signer_down()
        assert not self._thread.is_alive()

    def post(self, chain, body, token=None, **more):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= more.pop("headers", {})
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.http.post(f"/rpc/{chain}", content=content, headers=headers, **more)

    def rpc(self, permit, method, *params, chain="kgst", token=None):
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        return self.post(chain, body, token or permit.key).json()

    def ok(self, permit, method, *params, **more):
        answer = self.rpc(permit, method, *params, **more)
        assert "error" not in answer, answer
        return answer["result"]

    def error(self, permit, method, *params, **more):
        answer = self.rpc(permit, method, *params, **more)
        assert "error" in answer, answer
        return answer["error"]

    def until(self, holds, seconds=10):
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, "it did not come about in time"
            time.sleep(0.02)

    def receipt(self, permit, digest, *, chain="kgst"):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = self.ok(permit, "eth_getTransactionReceipt", digest, chain=chain)
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError("not mined")

    def system(self, chain, role, to, data, value=0, **more):
        key = f"test-{next(_COUNT)}"
        receipt = self.inside.submit_system(
            chain, f"system/{role}", to, data, idempotency_key=key, value=value, **more
        )
        assert receipt["status"] == "0x1", receipt
        return receipt


def encode(contract, function, *values):
    """Call data of a national contract's function."""
    from web3 import Web3

    interface = Web3().eth.contract(abi=artifact(contract).abi)
    return interface.encode_abi(function, list(values))


class Permit:
    """A permit with a settlement wallet (external key) and customers, on chain and in policy."""

    def __init__(self, system, number, *, chain="kgst", limits=None, terms=None, on_chain=True):
        self.system, self.number, self.chain = system, number, chain
        self.national = system.national[chain]
        self.token = next(iter(self.national.tokens.values()))
        self.key = f"spk_{number.lower()}-secret"
        self.account = Account.create()
        self.keys = [self.record(self.key)]
        self.terms = {
            "permit": permit_key(number),
            "version": 1,
            "state": 1,
            "start": int(now().timestamp()) - 3600,
            "end": int(now().timestamp()) + 90 * 86_400,
            "maxCustomers": 20,
            "maxMerchants": 3,
            "contractReview": False,
            "assets": [
                {
                    "token": self.token,
                    "perTransaction": 5_000 * TOKEN,
                    "windowVolume": 500_000 * TOKEN,
                    "customerCap": 20_000 * TOKEN,
                    "merchantCap": 300_000 * TOKEN,
                    "outstandingCap": NO_LIMIT_256,
                }
            ],
        } | (terms or {})
        managed = f"permit/{number}/0"
        base = dict.fromkeys(
            (
                "transactions_per_day",
                "deployments",
                "requests_per_second",
                "gas_per_transaction",
                "payload_bytes",
            ),
            NO_LIMIT,
        )
        self.policy = Policy(
            permit=number,
            revision=0,
            version=1,
            state="active",
            start=now() - timedelta(hours=1),
            end=now() + timedelta(days=90),
            chains=(chain,),
            assets=("KGST",),
            operators=("bakyt",),
            wallets=(
                PolicyWallet(self.account.address, "settlement", None),
                PolicyWallet(system.signer.address(managed), "settlement", managed),
            ),
            limits=base | (limits or {}),
        )
        self.managed = self.policy.wallets[1].address
        if on_chain:
            self.publish()
            for wallet in self.policy.wallets:
                self.register(wallet.address, 3)
                self.gas(wallet.address)
        self.change()
        system.permits[number] = self
        self.put_keys()

    def record(self, secret, *, kind="permit_key", wallet=None, expires=None, revoked=False):
        digest = hashlib.sha256(secret.encode()).hexdigest()
        expires = expires or now() + timedelta(days=1)
        return KeyRecord(digest, kind, self.number, expires, revoked, wallet)

    def put_keys(self):
        self.system.inside.put_keys([k for p in self.system.permits.values() for k in p.keys])

    def change(self, **changes):
        limits = {**self.policy.limits, **changes.pop("limits", {})}
        changes = {"revision": self.policy.revision + 1, "limits": limits, **changes}
        self.policy = replace(self.policy, **changes)
        return self.system.inside.put_policy(self.policy)

    def publish(self, **changes):
        self.terms |= changes
        typed = terms_typed_data(CHAIN_IDS[self.chain], self.national.supervisor, self.terms)
        signatures = [self.system.signer.sign_typed(key, typed) for key in REGULATORS[:2]]
        signed = [bytes.fromhex(str(each).removeprefix("0x")) for each in signatures]
        data = "0x" + publish_call(self.terms, signed).hex()
        to = publish_to(self.national.supervisor, self.terms)
        self.system.system(self.chain, "relayer", to, data)

    def register(self, wallet, kind, person=bytes(32), deadline=0, consent=b""):
        data = encode(
            "Supervisor", "register", self.terms["permit"], wallet, kind, person, deadline, consent
        )
        return self.system.system(self.chain, "registrar", self.national.supervisor, data)

    def gas(self, wallet):
        if self.chain == "kgst":
            self.system.system(self.chain, "treasury", wallet, "0x", value=10**19)

    def issue(self, wallet, amount):
        data = encode("KGST", "issue", wallet, amount)
        self.system.system(self.chain, "issuer", self.token, data)

    def customer(self, number, amount=0, kind=1):
        """A registered customer with a managed wallet and a token of its own."""
        key = f"customer/{self.number}/{number}"
        wallet, person = self.system.signer.address(key), keccak(text=f"{self.number}/{number}")
        deadline = int(time.time()) + 3600
        typed = consent_typed_data(
            CHAIN_IDS[self.chain],
            self.national.supervisor,
            permit=self.terms["permit"],
            wallet=wallet,
            person=person,
            deadline=deadline,
        )
        consent = self.system.inside.sign_consent(self.number, key, typed)
        self.register(wallet, kind, person, deadline, consent)
        self.gas(wallet)
        if amount:
            self.issue(wallet, amount)
        word = {1: "customer", 2: "merchant"}[kind]
        self.change(wallets=(*self.policy.wallets, PolicyWallet(wallet, word, key)))
        token = f"sct_{self.number.lower()}-{number}"
        self.keys.append(self.record(token, kind="customer_token", wallet=wallet))
        self.put_keys()
        return wallet, token

    def sign(self, nonce=None, *, to=None, data="0x", account=None, **fields):
        account = account or self.account
        if nonce is None:
            nonce = int(
                self.system.ok(
                    self, "eth_getTransactionCount", account.address, "pending", chain=self.chain
                ),
                16,
            )
        price = 10**9 if self.chain == "kgst" else 0
        filled = {
            "nonce": nonce,
            "to": self.token if to is None else to,
            "data": data,
            "gas": 500_000,
            "gasPrice": price,
            "value": 0,
            "chainId": CHAIN_IDS[self.chain],
        } | fields
        filled = {name: value for name, value in filled.items() if value is not None}
        return "0x" + account.sign_transaction(filled).raw_transaction.hex().removeprefix("0x")


def transfer(to, amount):
    """Call data of a token's transfer."""
    return "0xa9059cbb" + to[2:].lower().rjust(64, "0") + f"{amount:064x}"
