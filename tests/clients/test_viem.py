"""viem over HTTP and WebSocket: its own script, the key in the address."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from sandbox.kit.ids import CHAIN_IDS
from sandbox.toolchain.layout import node_modules
from sandbox.toolchain.tools import node
from tests.clients.till import HERE, till

pytestmark = pytest.mark.slow


def run(script: str, *arguments: str, given: dict) -> dict:
    """Run a script with Node and read the JSON that it prints."""
    place = node_modules().parent / script  # where Node finds the packages from
    place.write_text((HERE / "scripts" / script).read_text("utf-8"), "utf-8")
    try:
        done = subprocess.run(
            [str(node()), str(place), *arguments],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "NO_PROXY": "*"},
        )
    finally:
        place.unlink()
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.parametrize(
    ("kind", "chain"),
    [
        ("http", "kgst"),
        ("webSocket", "som"),
        pytest.param("webSocket", "kgst", marks=pytest.mark.slow),
        pytest.param("http", "som", marks=pytest.mark.slow),
    ],
)
def test_viem_deploys_watches_simulates_and_is_told_why_not(trial, chain, owner, kind):
    trial.fund(owner.address, chain.upper(), 1)
    given = {
        "key": owner.key.to_0x_hex(),
        "till": {"abi": till().abi, "bytecode": "0x" + till().bytecode.hex()},
        "money": trial.national(chain)["token"],
        "stranger": "0x00000000000000000000000000000000DeaDBeef",
    }
    url = trial.socket_url(chain) if kind == "webSocket" else trial.url(chain)
    seen = run("viem.mjs", kind, url, str(CHAIN_IDS[chain]), given=given)
    price = 10**9 if chain == "kgst" else 0
    assert (seen["chainId"], seen["gasPrice"]) == (CHAIN_IDS[chain], price)
    assert seen["fees"]["maxPriorityFeePerGas"] == price
    assert seen["feeHistory"] == 5
    assert (seen["deployed"], seen["noted"], seen["payments"]) == ("success", "success", 1)
    assert seen["three"] == ["success"] * 3
    assert seen["logs"] == [7, 10, 11, 12]
    assert set(seen["watchedEvents"]) >= {7, 10, 11, 12}
    assert seen["watchedBlocks"] >= 2
    assert (seen["simulateRefused"], seen["writeRefused"]) == ("TooSmall", "TooSmall")
    assert (seen["inBlock"], seen["type"], seen["code"]) == (True, "eip1559", True)
    assert (seen["proof"], seen["typed"]) == (True, True)
    if chain == "kgst":
        assert "does not take part in this permit" in seen["foreign"], seen["foreign"]
    else:
        assert (seen["balanceBefore"], seen["balanceAfter"]) == (0, 0)
