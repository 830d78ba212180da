"""Whether engine and gateway stay within bounds over 200,000 blocks.

A whole gateway (both chains, counters, followers, index, epochs as in production) in a
process of its own. Each block of the digital-som chain holds one plain transaction between 50
wallets, counted for a permit, and there is no pause between blocks. What is not measured is
kept from taking time: transactions are put straight to the chain's node without HTTP, the
files lie in memory where there is room, and the genesis empties the contract that holds the
newest 8,191 block hashes (EIP-2935). The engine works out the root of the whole state for each
block, 1.1 µs a place of storage: with that contract 9 ms a block, half an hour in all.
``BENCH_HASHES=1`` leaves it as it is. After ``BENCH_SECONDS`` it ends with as many blocks as
there are.

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
from sandbox.kit.ids import CHAIN_IDS
from tests.bench._report import report
from tests.bench._serve import setup_of, signer_of
from tests.bench._transfers import feed
from tests.bench.gateway import CONNECTIONS, Wallet
from tests.gateway.support import REGULATORS

WANTED = 200_000
BLOCKS = int(os.environ.get("BENCH_BLOCKS", str(WANTED)))
SECONDS = float(os.environ.get("BENCH_SECONDS", "540"))
HASHES = os.environ.get("BENCH_HASHES") == "1"
HISTORY = "0x0000F90827F1C53a10cb7A02335B175320002935"
CHAIN = "som"
GAS = 21_000
TENTHS = 10
PROCESSES = ("gateway", "engine")
GROWTH = 1.1
ROOM = 4 << 30
IN_MEMORY = Path("/dev/shm")


class Lean(Gateway):
    """A gateway whose chains keep no block hashes in their state."""

    async def _node(self, chain):
        node = await super()._node(chain)
        if not HASHES:
            node.spec.genesis["alloc"][HISTORY] = {"balance": "0x0", "code": "0x00"}
        return node


def folder():
    """Where files cost no disk, if there is so much room."""
    roomy = IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM
    return Path(tempfile.mkdtemp(prefix="bench-", dir=IN_MEMORY if roomy else None))


def sign(count):
    """So many transactions, each wallet to the next, as hex without ``0x``."""
    wallets = [Wallet() for _ in range(CONNECTIONS)]
    for number in range(count):
        to = wallets[(number + 1) % CONNECTIONS].address
        yield wallets[number % CONNECTIONS].sign(CHAIN_IDS[CHAIN], 0, GAS, to)[2:]


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
    gateway = Lean(setup)
    gateway.start()
    await gateway.chains.started()
    node = gateway.chains.where(CHAIN).node
    first, seen = node.head.number, []

    def look():
        with suppress(Unavailable):  # the engine is being restarted
            engine = resident(setup.launcher.pid(CHAIN)) or 0
            seen.append((node.head.number - first, resident(os.getpid()) or 0, engine))

    async def watch():
        while True:
            look()
            await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch())
    began = time.monotonic()
    with suppress(TimeoutError):
        async with asyncio.timeout(SECONDS):
            await feed(node, root / "load")
            while node.stats()["queued"]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    watching.cancel()
    look()
    said = {"seconds": time.monotonic() - began, "rss": tenths(seen), "stats": node.stats()}
    (root / "curve").write_text(json.dumps(said))
    await gateway.close()
    await signer.close()


def measure():
    root = folder()
    try:
        (root / "load").write_text("\n".join(sign(BLOCKS)))
        subprocess.run([sys.executable, "-m", "tests.bench.memory", "run", str(root)], check=True)
        return _figures(json.loads((root / "curve").read_text()), root / "chain" / CHAIN)
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
        "block_hashes_in_state": HASHES,
        "journal_bytes": stats["journal"]["bytes"],
        "snapshot_bytes": max(each.stat().st_size for each in chain.glob("epochs/*")),
        "checkpoint_bytes": max(
            (each.stat().st_size for each in chain.glob("checkpoints/*")), default=0
        ),
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
