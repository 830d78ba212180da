"""Artifacts as others published them, from the npm packages that only tests install."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from web3 import Web3

from sandbox.toolchain.layout import node_modules

PLACES = {
    "UniswapV2Factory": "@uniswap/v2-core/build",
    "UniswapV2Pair": "@uniswap/v2-core/build",
    "UniswapV2Router02": "@uniswap/v2-periphery/build",
    "WETH9": "@uniswap/v2-periphery/build",
    "Safe": "@safe-global/safe-contracts/build/artifacts/contracts/Safe.sol",
    "SafeProxyFactory": "@safe-global/safe-contracts/build/artifacts/contracts/proxies"
    "/SafeProxyFactory.sol",
}


@cache
def published(name: str) -> dict[str, Any]:
    """ABI and creation code of a published contract."""
    place = node_modules().parent / "clients" / "node_modules" / PLACES[name] / f"{name}.json"
    artifact = json.loads(place.read_text("utf-8"))
    code = artifact["bytecode"]
    return {"abi": artifact["abi"], "bytecode": "0x" + code.removeprefix("0x")}


def at(w3: Web3, name: str, address: str) -> Any:
    """A published contract that is already on the chain."""
    return w3.eth.contract(address, abi=published(name)["abi"])


def deploy(w3: Web3, name: str, *arguments: Any) -> Any:
    """Deploy a published contract with the client's default account."""
    factory = w3.eth.contract(**published(name))
    return at(w3, name, mined(w3, factory.constructor(*arguments).transact()).contractAddress)


def mined(w3: Web3, digest: Any, status: int = 1) -> Any:
    """The receipt, once it is there."""
    receipt = w3.eth.wait_for_transaction_receipt(digest, timeout=60, poll_latency=0.1)
    assert receipt.status == status, receipt
    return receipt
