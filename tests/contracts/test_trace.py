"""A refusal is the Supervisor's when the trace says so, whatever a contract returns."""

from __future__ import annotations

from functools import cache

import pytest
from web3.contract.contract import Contract

from sandbox.contracts.artifacts import Artifact
from sandbox.contracts.compiler import compile_sources
from sandbox.contracts.trace import refusals_in_trace
from sandbox.contracts.typed import decode_refusal
from tests.contracts.support import CUSTOMER, KGST, MERCHANT, PERMIT, World

PRODUCTS = """
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;
import {IKGST} from "synak/IKGST.sol";
import {ISupervisor} from "synak/ISupervisor.sol";

contract Liar {
    function fail(bytes32 permit) external pure {
        revert ISupervisor.LimitExceeded(permit, 1, "window_volume", 1, 1, 1, 0);
    }
}

contract Swallower {
    function pay(IKGST kgst, address to, uint256 amount) external returns (bool done) {
        try kgst.transferFrom(msg.sender, to, amount) { done = true; } catch {}
    }
}
"""


@cache
def _built() -> dict[str, Artifact]:
    return compile_sources({"Products.sol": PRODUCTS})


@pytest.fixture
def trial(world: World) -> World:
    world.publish(world.terms())
    return world


def _trace(world: World, sender: str, call: Contract) -> dict[str, object]:
    request = {"from": sender, "to": call.address, "data": call.data, "gas": "0x4c4b40"}
    return world.engine.ask("debug_traceCall", request, "latest", {"tracer": "callTracer"})


class _Call:
    def __init__(self, contract: Contract, name: str, *arguments: object) -> None:
        self.address = contract.address
        self.data = contract.encode_abi(name, args=list(arguments))


def test_a_refusal_that_a_contract_makes_up_is_none(trial: World) -> None:
    aida = trial.enrol(CUSTOMER, funds=KGST)
    liar = trial.engine.deploy(aida, _built()["Liar"])
    trace = _trace(trial, aida.address, _Call(liar, "fail", PERMIT))
    assert decode_refusal(bytes.fromhex(str(trace["output"])[2:])) is not None
    assert refusals_in_trace(trace, trial.supervisor.address) == []


def test_a_real_refusal_is_found(trial: World) -> None:
    aida, shop = trial.enrol(CUSTOMER, funds=9_000 * KGST), trial.enrol(MERCHANT)
    call = _Call(trial.kgst, "transfer", shop.address, 5_000 * KGST + 1)
    found = refusals_in_trace(_trace(trial, aida.address, call), trial.supervisor.address)
    assert [each.clause for each in found] == ["per_transaction"]


def test_a_refusal_that_a_contract_catches_is_found(trial: World) -> None:
    aida, shop = trial.enrol(CUSTOMER, funds=9_000 * KGST), trial.enrol(MERCHANT)
    swallower = trial.engine.deploy(aida, _built()["Swallower"])
    trial.engine.send(aida, trial.kgst.functions.approve(swallower.address, 9_000 * KGST))
    call = _Call(swallower, "pay", trial.kgst.address, shop.address, 5_000 * KGST + 1)
    trace = _trace(trial, aida.address, call)
    assert "error" not in trace
    found = refusals_in_trace(trace, trial.supervisor.address)
    assert [each.clause for each in found] == ["per_transaction"]


def test_a_transaction_without_refusal_has_none(trial: World) -> None:
    aida, shop = trial.enrol(CUSTOMER, funds=KGST), trial.enrol(MERCHANT)
    call = _Call(trial.kgst, "transfer", shop.address, KGST)
    assert refusals_in_trace(_trace(trial, aida.address, call), trial.supervisor.address) == []
