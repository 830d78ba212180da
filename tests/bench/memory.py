"""Whether engine and gateway stay within bounds over 200,000 blocks.

A whole gateway (both chains, counters, followers, index, epochs as in production) in a
process of its own. Each block holds one supervised KGST transfer and there is no pause
between blocks; transfers are put straight to the chain's node, because HTTP would only take
time from the blocks.

``rss``: for each tenth of the blocks the most resident memory, bytes, of gateway and engine.
``bounded``: the last tenth has less than a tenth more than the fourth, both of them. The
first ones are left out: what is kept of the newest so many has to fill up.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from sandbox.chain.engine import resident
from sandbox.chain.sealing import BlockRules
from sandbox.gateway.app import Gateway
from sandbox.gateway.main import SWITCH_SECONDS
from tests.bench._report import report
from tests.bench._serve import setup_of, signer_of
from tests.bench._transfers import feed, sign
from tests.bench.gateway import Apart, grant
from tests.gateway.support import REGULATORS

BLOCKS = int(os.environ.get("BENCH_BLOCKS", "200000"))
TENTHS = 10
GROWTH = 1.1


class Curve:
    """The most memory of each tenth."""

    def __init__(self, node, launcher):
        self._node, self._launcher = node, launcher
        self._first = node.head.number
        self.most = [{"blocks": 0, "gateway": 0, "engine": 0} for _ in range(TENTHS)]

    def look(self):
        done = self._node.head.number - self._first
        most = self.most[min(TENTHS - 1, done * TENTHS // BLOCKS)]
        most["blocks"] = max(most["blocks"], done)
        for name, pid in (("gateway", os.getpid()), ("engine", self._launcher.pid("kgst"))):
            most[name] = max(most[name], resident(pid) or 0)


async def run(root):
    """Make the blocks, look at the memory, write the curve."""
    signer = signer_of(root)
    await signer.start()
    setup = setup_of(root, BlockRules(interval=0.0, count=1), REGULATORS)
    gateway = Gateway(setup)
    gateway.start()
    await gateway.chains.started()
    node = gateway.chains.where("kgst").node
    curve = Curve(node, setup.launcher)

    async def watch():
        while True:
            curve.look()
            await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch())
    began = time.monotonic()
    await feed(node, root / "load")
    while node.stats()["queued"]:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    took = time.monotonic() - began
    curve.look()
    watching.cancel()
    stats = node.stats()
    said = {"seconds": took, "rss": curve.most, "stats": stats}
    (root / "curve").write_text(json.dumps(said))
    await gateway.close()
    await signer.close()


def measure():
    root = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        system = Apart(root)
        try:
            system.start()
            permit, wallets = grant(system)
        finally:
            system.stop()
        (root / "load").write_text("\n".join(sign(permit, wallets, BLOCKS)))
        subprocess.run([sys.executable, "-m", "tests.bench.memory", "run", str(root)], check=True)
        return _figures(json.loads((root / "curve").read_text()), root / "chain" / "kgst")
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _figures(said, folder):
    rss, stats = said["rss"], said["stats"]
    growth = {name: rss[-1][name] / rss[3][name] for name in ("gateway", "engine")}
    bounded = all(each < GROWTH for each in growth.values())
    figures = {
        "blocks": rss[-1]["blocks"],
        "bounded": bounded,
        "rss": rss,
        "last_to_fourth": {name: round(each, 3) for name, each in growth.items()},
        "blocks_per_second": round(rss[-1]["blocks"] / said["seconds"], 1),
        "epochs": stats["epochs"],
        "failed": stats["failed"],
        "journal_bytes": stats["journal"]["bytes"],
        "snapshot_bytes": max(each.stat().st_size for each in folder.glob("epochs/*")),
        "checkpoint_bytes": max(each.stat().st_size for each in folder.glob("checkpoints/*")),
        "index_bytes": (folder / "history.sqlite").stat().st_size,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "bar": {"blocks": 200_000, "bounded": True},
    }
    return figures, bounded


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        sys.setswitchinterval(SWITCH_SECONDS)
        uvloop.run(run(Path(sys.argv[2])))
    else:
        report("memory", measure)
