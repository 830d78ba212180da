"""How much of the engine's speed is left behind the whole gateway.

The load: supervised KGST transfers between 50 customers, whom the Supervisor counts one
by one (volume, caps, per transaction), signed beforehand, from 50 connections of a
process of its own, one request at a time each.

- *direct*: into the HTTP port of an identical engine (same genesis, flags, contracts and
  state: the gateway chain's own transactions replayed in order), mined once a second.
- *gateway*: the same signed transactions over HTTP with a permit key: every check,
  preflight, fsynced journal, queue, one block a second.

Both are timed from the first request until the last transaction is in a block; the two
take turns in rounds on the same machine. ``lost``: acknowledged, but not in exactly one block.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import rlp
from coincurve import PrivateKey
from eth_utils import keccak

from sandbox.chain.national import national_spec, system_addresses
from sandbox.chain.signer.client import AsyncSignerClient
from sandbox.contracts.typed import consent_typed_data
from sandbox.domain.policy import PolicyWallet
from sandbox.kit.ids import CHAIN_IDS, checksum
from sandbox.services.gateway_client import GatewayClient
from sandbox.toolchain.tools import anvil
from tests.bench._load import Load, raw_transaction, run
from tests.bench._report import quantile, report
from tests.gateway.support import REGULATORS, TOKEN, Permit, System, encode, transfer
from tests.support.ports import free_port

CONNECTIONS = 50
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "2"))
EACH = int(os.environ.get("BENCH_EACH", "400"))
INTERVAL = 1.0
GAS = 250_000
CHAIN_ID = CHAIN_IDS["kgst"]
RATIO, P99_MS = 0.4, 150.0


class Apart(System):
    """A gateway in a process of its own."""

    def start(self, *, profile=None):
        arguments = {"root": str(self.root), "interval": INTERVAL, "regulators": REGULATORS}
        arguments["profile"] = profile
        command = [sys.executable, "-m", "tests.bench._serve", json.dumps(arguments)]
        log = (self.root / "gateway.log").open("wb")
        self.process = subprocess.Popen(command, stdout=log, stderr=log)
        log.close()
        self._until((self.root / "port").exists)
        self.port = int((self.root / "port").read_text())
        self.inside = GatewayClient(self.root / "internal.sock")
        from sandbox.chain.signer.client import SignerClient

        self.signer = SignerClient(self.root / "signer.sock")
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)
        self._until(lambda: self.http.get("/rpc/healthz").status_code == 200)
        self.national = self.inside.national()
        self.beat()
        return self

    def beat(self):
        self.inside.heartbeat({})

    def _until(self, holds, seconds=60):
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError((self.root / "gateway.log").read_text()[-4000:])
            time.sleep(0.02)

    def queued(self):
        stats = self.http.get("/rpc/healthz").json()["checks"]["chain.kgst"]["stats"]
        return stats["queued"]

    def cpu_seconds(self):
        """Processor time that the gateway has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        for each in (self.inside, self.signer, self.http):
            each.close()


class Wallet:
    """A customer's key, signing fast."""

    def __init__(self):
        self.key = PrivateKey()
        self.address = checksum("0x" + keccak(self.key.public_key.format(False)[1:])[12:].hex())
        self.nonce = 0

    def digest(self, hashed):
        signature = self.key.sign_recoverable(hashed, hasher=None)
        return signature[:64] + bytes([27 + signature[64]])

    def pay(self, token, data):
        """A signed call of the KGST chain."""
        return self.sign(CHAIN_ID, 10**9, GAS, token, data)

    def sign(self, chain_id, price, gas, to, data="0x"):
        """A signed legacy transaction. Source: EIP-155."""
        fields = [self.nonce, price, gas, bytes.fromhex(to[2:]), 0, bytes.fromhex(data[2:])]
        hashed = keccak(rlp.encode([*fields, chain_id, 0, 0]))
        signature = self.key.sign_recoverable(hashed, hasher=None)
        r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
        self.nonce += 1
        return "0x" + rlp.encode([*fields, chain_id * 2 + 35 + signature[64], r, s]).hex()


def grant(system):
    """A permit whose 50 customers have gas and money."""
    wide = {"maxCustomers": 100}
    limits = {
        "transactions_per_day": 10**9,
        "deployments": 3,
        "requests_per_second": 10**6,
        "gas_per_transaction": 5_000_000,
        "payload_bytes": 200_000,
    }
    permit = Permit(system, "SB-2026-0001", terms=wide, limits=limits, on_chain=False)
    permit.publish()
    wallets = [Wallet() for _ in range(CONNECTIONS)]
    supervisor, deadline = permit.national.supervisor, int(time.time()) + 3600
    wanted = []
    for number, wallet in enumerate(wallets):
        person = keccak(text=f"person {number}")
        consent = wallet.digest(_hash(permit, wallet, person, deadline))
        identity = (permit.terms["permit"], wallet.address, 1, person, deadline, consent)
        data = encode("Supervisor", "register", *identity)
        wanted.append(("registrar", supervisor, data, 0, f"r{number}"))
        wanted.append(("treasury", wallet.address, "0x", 10**19, f"g{number}"))
    for stage in (wanted, [_issue(permit, w, n) for n, w in enumerate(wallets)]):
        for turn in (False, True):
            for role, to, data, value, name in stage:
                more = {"idempotency_key": name, "value": value, "wait": turn}
                receipt = system.inside.submit_system("kgst", f"system/{role}", to, data, **more)
                assert receipt["status"] == ("0x1" if turn else None), receipt
    # A permit key speaks for the permit's own wallets: here they are customers on chain, so
    # that every transfer is counted as volume as well.
    permit.change(wallets=tuple(PolicyWallet(w.address, "settlement", None) for w in wallets))
    return permit, wallets


def _issue(permit, wallet, number):
    return (
        "issuer",
        permit.token,
        encode("KGST", "issue", wallet.address, 1000 * TOKEN),
        0,
        f"i{number}",
    )


def _hash(permit, wallet, person, deadline):
    from eth_account.messages import _hash_eip191_message, encode_typed_data

    typed = consent_typed_data(
        CHAIN_ID,
        permit.national.supervisor,
        permit=permit.terms["permit"],
        wallet=wallet.address,
        person=person,
        deadline=deadline,
    )
    return _hash_eip191_message(encode_typed_data(full_message=typed))


class Direct:
    """An identical engine, with the same history, mined by a thread once a second."""

    def __init__(self, system):
        self.system, self.root = system, system.root / "direct"
        self.root.mkdir()

    def start(self):
        self.spec = asyncio.run(self._spec())
        genesis = self.root / "genesis.json"
        genesis.write_text(json.dumps(self.spec.genesis))
        command = self.spec.command(anvil(), self.root / "a.ipc", genesis)
        with httpx.Client() as probe:
            self.port = free_port()
            command[command.index("--port") + 1] = str(self.port)
            self.process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            for _ in range(500):
                try:
                    probe.post(f"http://127.0.0.1:{self.port}", json={})
                    break
                except httpx.ConnectError:
                    time.sleep(0.01)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60)
        self._replay()
        return self

    async def _spec(self):
        signer = AsyncSignerClient(self.system.root / "signer.sock")
        spec = national_spec("kgst", await system_addresses(signer))
        await signer.close()
        return spec

    def call(self, method, *params):
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = self.http.post("/", json=body).json()
        assert "error" not in answer, answer
        return answer["result"]

    def _replay(self):
        ask = self.system.inside.rpc
        head = int(ask("kgst", "eth_blockNumber", []), 16)
        for number in range(1, head + 1):
            block = ask("kgst", "eth_getBlockByNumber", [hex(number), False])
            for digest in block["transactions"]:
                raw = ask("kgst", "eth_getRawTransactionByHash", [digest])
                self.call("eth_sendRawTransaction", raw)
            self.call("evm_setNextBlockTimestamp", int(block["timestamp"], 16))
            self.call("evm_mine")
        mine = self.call("eth_getBlockByNumber", "latest", False)
        assert mine["hash"] == block["hash"], "the direct engine is not identical"

    @contextmanager
    def mining(self):
        """A block a second, as behind the gateway."""
        stop = threading.Event()

        def mine():
            while not stop.wait(INTERVAL):
                self.call("evm_mine")

        thread = threading.Thread(target=mine)
        thread.start()
        yield
        stop.set()
        thread.join()

    def round(self, bodies):
        with self.mining():
            measured = run(Load(self.port, "/", bodies))
        self.call("evm_mine")
        ended = time.time()
        assert int(self.call("txpool_status")["pending"], 16) == 0
        return measured, ended - measured.began

    def stop(self):
        self.http.close()
        self.process.kill()
        self.process.wait()


def gateway_round(system, permit, bodies):
    system.beat()
    headers = {"Authorization": f"Bearer {permit.key}"}
    measured = run(Load(system.port, "/rpc/kgst", bodies, headers))
    system._until(lambda: system.queued() == 0)
    return measured, time.time() - measured.began


def mined(system, first):
    """How often each transaction is in a block, from a block on."""
    found = {}
    head = int(system.inside.rpc("kgst", "eth_blockNumber", []), 16)
    for number in range(first, head + 1):
        block = system.inside.rpc("kgst", "eth_getBlockByNumber", [hex(number), False])
        for digest in block["transactions"]:
            found[digest] = found.get(digest, 0) + 1
    return found


def acknowledged(measured):
    answers = [json.loads(each) for each in measured.answers]
    refused = [each["error"] for each in answers if "error" in each]
    return [each["result"] for each in answers if "result" in each], refused


def prepare(permit, wallets):
    """One round's request bodies: each customer pays the next, a unit at a time."""
    data = [transfer(wallets[(at + 1) % CONNECTIONS].address, 1) for at in range(CONNECTIONS)]
    return [
        [raw_transaction(w.pay(permit.token, data[at]), n) for n in range(EACH)]
        for at, w in enumerate(wallets)
    ]


def measure():
    root = Path(tempfile.mkdtemp(prefix="bench-"))
    system = Apart(root)
    try:
        system.start(profile=os.environ.get("BENCH_PROFILE"))
        permit, wallets = grant(system)
        direct = Direct(system).start()
        try:
            return _rounds(system, permit, wallets, direct)
        finally:
            direct.stop()
    finally:
        system.stop()
        shutil.rmtree(root, ignore_errors=True)


def _rounds(system, permit, wallets, direct):
    first = int(system.inside.rpc("kgst", "eth_blockNumber", []), 16) + 1
    seconds, latencies, sent, refusals = {"direct": 0.0, "gateway": 0.0}, [], [], []
    rounds = []
    for _ in range(ROUNDS):
        bodies = prepare(permit, wallets)
        straight, straight_time = direct.round(bodies)
        assert not acknowledged(straight)[1], acknowledged(straight)[1][:3]
        cpu = system.cpu_seconds()
        through, through_time = gateway_round(system, permit, bodies)
        cpu = system.cpu_seconds() - cpu
        hashes, refused = acknowledged(through)
        sent, refusals = sent + hashes, refusals + refused
        latencies += through.latencies
        seconds["direct"] += straight_time
        seconds["gateway"] += through_time
        count = CONNECTIONS * EACH
        rounds.append(
            {
                "direct_tps": round(count / straight_time),
                "gateway_tps": round(count / through_time),
                "direct_load_s": round(straight.seconds, 2),
                "gateway_load_s": round(through.seconds, 2),
                "gateway_drain_s": round(through_time - through.seconds, 2),
                "gateway_cpu_us_each": round(cpu / count * 1e6),
            }
        )
    found = mined(system, first)
    lost = sum(found.get(each) != 1 for each in sent)
    total = ROUNDS * CONNECTIONS * EACH
    direct_tps, gateway_tps = total / seconds["direct"], len(sent) / seconds["gateway"]
    figures = {
        "direct_tps": round(direct_tps, 1),
        "gateway_tps": round(gateway_tps, 1),
        "ratio": round(gateway_tps / direct_tps, 3),
        "p50_ms": round(quantile(latencies, 0.5) * 1000, 1),
        "p99_ms": round(quantile(latencies, 0.99) * 1000, 1),
        "lost": lost,
        "refused": len(refusals),
        "transactions": total,
        "connections": CONNECTIONS,
        "block_interval_s": INTERVAL,
        "rounds": rounds,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "bar": {"ratio": RATIO, "p99_ms": P99_MS, "lost": 0},
    }
    if refusals:
        figures["first_refusal"] = refusals[0]
    fast = figures["ratio"] >= RATIO and figures["p99_ms"] <= P99_MS
    return figures, fast and lost == 0 and not refusals


if __name__ == "__main__":
    report("gateway", measure)
