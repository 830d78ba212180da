"""kill -9 of gateway, engine, signer, or all, in the middle of load, at any point.

Rule: every acknowledged transaction is mined exactly once or has a recorded failure, in the
acknowledged order of its sender, and no block that was shown is ever another one.
"""

import asyncio
import os
import random
import time

import pytest

from sandbox.chain.engine import LocalLauncher
from sandbox.chain.replay import replay, verify
from sandbox.toolchain.tools import anvil
from tests.attacks.faults import Load
from tests.attacks.plant import Plant

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""httpcore leaves the socket open whose connection to a unix socket was refused."""
VICTIMS = (("gateway",), ("engine",), ("gateway", "signer", "launcher"), ("signer",))
"""The third is everything: the engines end with their launcher."""


@pytest.fixture
def plant():
    running = Plant(interval=0.1, epoch=200)
    try:
        yield running.start()
    finally:
        running.stop()


def at_an_epoch(plant, chosen):
    """Wait until a snapshot is being written or was just written; True when it was."""
    folder = plant.settings.paths.chain_dir / "kgst" / "epochs"
    before, deadline = sorted(folder.glob("*")), time.monotonic() + 4
    while time.monotonic() < deadline:
        if sorted(folder.glob("*")) != before:
            time.sleep(chosen.random() * 0.15)
            return True
        time.sleep(0.001)
    return False


def strike(plant, victims):
    """Kill; start again what no engine or gateway starts by itself."""
    if victims == ("engine",):
        engine = plant.engine()
        if engine is not None:
            engine.kill()
        return
    for name in victims:
        plant.kill(name)
    for name in reversed(victims):
        plant.begin(name)


def rounds(plant, count, seed):
    """So many faults under load, then the judgement."""
    chosen = random.Random(seed)
    load = Load(plant, seed).start()
    try:
        faults(plant, load, chosen, count)
        load.settle()
        print(f"seed {seed}:", load.judge())
    except BaseException:
        print(f"seed {seed}\n{plant.logs()}")
        raise
    finally:
        load.close()


def faults(plant, load, chosen, count):
    """So many times: wait for a random moment, kill, wait for the next promise."""
    load.resumed(time.monotonic())
    for number in range(count):
        victims = VICTIMS[number % len(VICTIMS)] if count < 10 else chosen.choice(VICTIMS)
        epoch = chosen.random() < 0.4 and at_an_epoch(plant, chosen)
        if not epoch:
            time.sleep(chosen.random() * 1.2)
        strike(plant, victims)
        if chosen.random() < 0.2:  # and once more while it gets up
            time.sleep(chosen.random() * 2)
            strike(plant, victims)
        took = load.resumed(time.monotonic())
        print(f"round {number}: {'+'.join(victims)}{' at an epoch' if epoch else ''}, {took:.1f} s")


def check_replay(plant):
    """The journal is whole, and a clean engine reaches every seal of it."""
    plant.end("gateway")
    folder = plant.settings.paths.chain_dir / "kgst"
    report = verify(folder)
    assert report.torn_bytes == 0
    assert report.queued == 0
    again = asyncio.run(replay(folder, LocalLauncher(anvil())))
    assert again.head == report.head


@pytest.mark.slow
def test_three_faults_under_load_lose_nothing(plant):
    seed = random.randrange(2**32)
    rounds(plant, 3, seed)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(4))
def test_many_random_faults_under_load_lose_nothing(plant, part):
    """Four parts of 14 rounds; then the journal is verified and replayed on a clean engine."""
    seed = int(os.environ.get("FAULT_SEED", random.randrange(2**32)))
    rounds(plant, 14, seed)
    check_replay(plant)
