"""How soon a chain is back after kill -9, and how fast it is rebuilt from nothing.

The load: supervised KGST transfers between 50 customers, whom the Supervisor counts one
by one, as in the bench ``gateway``; 100,000 of them, straight into the chain's node (its
queue, fsynced journal, blocks, epochs and index; no HTTP), in a process of its own.

- ``seconds``: that process is killed with -9 as soon as it has acknowledged the last one,
  and its engine with it. From the start of a whole gateway process on the same folder
  until it has acknowledged a new transaction over HTTP, under its permit.
- ``replay_tps``: all else stopped, ``synak journal replay`` from nothing on a clean engine,
  reading and every epoch's boundary included; ``identical_root``: every seal was equal, and
  the last is the journal's head.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from sandbox.chain.engine import LocalLauncher
from sandbox.chain.journal import read
from sandbox.chain.memory import Memory
from sandbox.chain.national import national_spec, system_addresses
from sandbox.chain.node import ChainNode, NodeOptions
from sandbox.chain.replay import replay, verify
from sandbox.chain.signer.client import AsyncSignerClient
from sandbox.kit.errors import SynakError
from sandbox.toolchain.tools import anvil
from tests.bench._load import raw_transaction
from tests.bench._report import report
from tests.bench._serve import signer_of
from tests.bench._transfers import feed, sign
from tests.bench.gateway import Apart, grant
from tests.gateway.support import REGULATORS

COUNT = int(os.environ.get("BENCH_COUNT", "100000"))
SECONDS, TPS = 10.0, 1_500.0


async def load(root):
    """Acknowledge every transaction of the file, say so, and go on until killed."""
    signer = signer_of(root)
    await signer.start()
    client = AsyncSignerClient(root / "signer.sock")
    spec = national_spec("kgst", await system_addresses(client))
    await client.close()
    await signer.close()
    node = ChainNode(
        spec,
        root / "chain" / "kgst",
        root / "kgst.ipc",
        LocalLauncher(anvil()),
        options=NodeOptions(),
    )
    await node.start()
    began = time.monotonic()
    await feed(node, root / "load")
    said = {"seconds": time.monotonic() - began, "queued": node.stats()["queued"]}
    (root / "loaded.partial").write_text(json.dumps(said))
    (root / "loaded.partial").rename(root / "loaded")
    await asyncio.sleep(3600)


def loaded(root, lines):
    """Run ``load`` in a process of its own and kill it when all is acknowledged."""
    (root / "load").write_text("\n".join(lines))
    log = (root / "load.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.recovery", "load", str(root)], stdout=log, stderr=log
    )
    log.close()
    try:
        while not (root / "loaded").exists():
            if process.poll() is not None:
                raise RuntimeError((root / "load.log").read_text()[-4000:])
            time.sleep(0.005)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return json.loads((root / "loaded").read_text())


class Again(Apart):
    """The gateway once more, until it acknowledges one transaction."""

    def until_acknowledged(self, key, body):
        """Seconds from its start to the acknowledgement, and the answer's hash."""
        (self.root / "port").unlink()
        arguments = {
            "root": str(self.root),
            "interval": 1.0,
            "regulators": REGULATORS,
            "profile": None,
        }
        log = (self.root / "again.log").open("wb")
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench._serve", json.dumps(arguments)],
            stdout=log,
            stderr=log,
        )
        log.close()
        while not (self.root / "port").exists():
            time.sleep(0.005)
        port = int((self.root / "port").read_text())
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        while True:
            try:
                self.inside.heartbeat({})
                answer = self.http.post("/rpc/kgst", content=body, headers=headers).json()
            except (httpx.HTTPError, SynakError, ValueError):
                answer = {}
            if "result" in answer:
                return time.monotonic() - began, answer["result"]
            if time.monotonic() - began > 60 or self.process.poll() is not None:
                raise RuntimeError(f"{answer} {(self.root / 'again.log').read_text()[-4000:]}")
            time.sleep(0.01)


def measure():
    root = Path(tempfile.mkdtemp(prefix="bench-"))
    system = Again(root)
    try:
        system.start(profile=None)
        permit, wallets = grant(system)
        system.process.terminate()
        system.process.wait(30)
        *lines, new = sign(permit, wallets, COUNT + 1)
        said = loaded(root, lines)
        journal = root / "chain" / "kgst" / "journal"
        tail = Memory()
        read(journal, tail.visit)
        body = raw_transaction("0x" + new, 1)
        seconds, digest = system.until_acknowledged(permit.key, body)
        assert digest.startswith("0x")
        whole = journal.with_name("copy")
        shutil.copyfile(journal, whole)
    except BaseException:
        shutil.rmtree(root, ignore_errors=True)
        raise
    finally:
        system.stop()
    try:
        return _figures(whole, said, tail, seconds)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _figures(whole, said, tail, seconds):
    held = verify(whole)
    began = time.monotonic()
    rebuilt = asyncio.run(replay(whole, LocalLauncher(anvil())))
    took = time.monotonic() - began
    figures = {
        "seconds": round(seconds, 2),
        "replay_tps": round(rebuilt.transactions / took, 1),
        "tx_per_block": round(rebuilt.transactions / rebuilt.blocks, 1),
        "identical_root": rebuilt.head == held.head,
        "transactions": COUNT,
        "acknowledged_tps": round(COUNT / said["seconds"], 1),
        "queued_when_killed": len(tail.queue),
        "lost": tail.counts.acknowledged + 1 - held.mined - held.dropped - held.queued,
        "blocks": rebuilt.blocks,
        "epochs": held.epochs,
        "replay_seconds": round(took, 1),
        "journal_bytes": whole.stat().st_size,
        "snapshot_bytes": max(each.stat().st_size for each in whole.parent.glob("epochs/*")),
        "index_bytes": (whole.parent / "history.sqlite").stat().st_size,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "bar": {"seconds": SECONDS, "replay_tps": TPS, "identical_root": True},
    }
    holds = seconds <= SECONDS and figures["replay_tps"] >= TPS and figures["identical_root"]
    return figures, holds


if __name__ == "__main__":
    if sys.argv[1:2] == ["load"]:
        asyncio.run(load(Path(sys.argv[2])))
    else:
        report("recovery", measure)
