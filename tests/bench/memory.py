"""Whether engine and gateway stay within bounds over 200,000 blocks.

A whole gateway (both chains, counters, followers, index, epochs as in production) in a
process of its own. Each block holds one supervised KGST transfer and there is no pause
between blocks; transfers are put straight to the chain's node, because HTTP would only take
time from the blocks, and the files lie in memory where there is room, because the disk is not
what is measured. After ``BENCH_SECONDS`` it ends with as many blocks as there are.

``rss``: for each tenth of the blocks the most resident memory, bytes, of gateway and engine.
``bounded``: the last three tenths have less than a tenth more than the third to fifth, both of
them. The first ones are left out: what is kept of the newest so many has to fill up.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import uvloop

from sandbox.chain.engine import resident
from sandbox.chain.sealing import BlockRules
from sandbox.gateway.app import Gateway
from sandbox.gateway.main import SWITCH_SECONDS
from sandbox.kit.errors import Unavailable
from tests.bench._report import report
from tests.bench._serve import setup_of, signer_of
from tests.bench._transfers import feed, sign
from tests.bench.gateway import Apart, grant
from tests.gateway.support import REGULATORS

WANTED = 200_000
BLOCKS = int(os.environ.get("BENCH_BLOCKS", str(WANTED)))
SECONDS = float(os.environ.get("BENCH_SECONDS", "480"))
TENTHS = 10
PROCESSES = ("gateway", "engine")
GROWTH = 1.1
ROOM = 4 << 30
IN_MEMORY = Path("/dev/shm")


def folder():
    """Where files cost no disk, if there is so much room."""
    roomy = IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM
    return Path(tempfile.mkdtemp(prefix="bench-", dir=IN_MEMORY if roomy else None))


def tenths(seen):
    """The most of each tenth of the blocks.

    ``seen``: blocks, gateway's bytes, engine's bytes, from moment to moment.
    """
    whole = seen[-1][0]
    parts = [[] for _ in range(TENTHS)]
    for each in seen:
        parts[min(TENTHS - 1, each[0] * TENTHS // whole)].append(each)
    names = ("blocks", *PROCESSES)
    return [dict(zip(names, map(max, zip(*part, strict=True)), strict=True)) for part in parts]


async def run(root):
    """Make the blocks, look at the memory, write the curve."""
    signer = signer_of(root)
    await signer.start()
    setup = setup_of(root, BlockRules(interval=0.0, count=1), REGULATORS)
    gateway = Gateway(setup)
    gateway.start()
    await gateway.chains.started()
    node = gateway.chains.where("kgst").node
    first, seen = node.head.number, []

    async def watch():
        while True:
            with suppress(Unavailable):  # the engine is being restarted
                engine = resident(setup.launcher.pid("kgst")) or 0
                seen.append((node.head.number - first, resident(os.getpid()) or 0, engine))
            await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch())
    began = time.monotonic()
    with suppress(TimeoutError):
        async with asyncio.timeout(SECONDS):
            await feed(node, root / "load")
            while node.stats()["queued"]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    watching.cancel()
    said = {"seconds": time.monotonic() - began, "rss": tenths(seen), "stats": node.stats()}
    (root / "curve").write_text(json.dumps(said))
    await gateway.close()
    await signer.close()


def measure():
    root = folder()
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


def _most(parts, name):
    return max(each[name] for each in parts)


def _figures(said, chain):
    rss, stats = said["rss"], said["stats"]
    growth = {name: _most(rss[7:], name) / _most(rss[2:5], name) for name in PROCESSES}
    bounded = all(each < GROWTH for each in growth.values())
    blocks = rss[-1]["blocks"]
    figures = {
        "blocks": blocks,
        "bounded": bounded,
        "rss": rss,
        "late_to_early": {name: round(each, 3) for name, each in growth.items()},
        "blocks_per_second": round(blocks / said["seconds"], 1),
        "epochs": stats["epochs"],
        "failed": stats["failed"],
        "journal_bytes": stats["journal"]["bytes"],
        "snapshot_bytes": max(each.stat().st_size for each in chain.glob("epochs/*")),
        "checkpoint_bytes": max(each.stat().st_size for each in chain.glob("checkpoints/*")),
        "index_bytes": (chain / "history.sqlite").stat().st_size,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "bar": {"blocks": WANTED, "bounded": True},
    }
    return figures, bounded and blocks >= WANTED


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        sys.setswitchinterval(SWITCH_SECONDS)
        uvloop.run(run(Path(sys.argv[2])))
    else:
        report("memory", measure)
