"""A refusal is the Supervisor's when the trace says so, whatever a contract returns."""

from __future__ import annotations

from functools import cache

import pytest
from web3.contract.contract import Contract

from sandbox.contracts.artifacts import Artifact
from sandbox.contracts.compiler import compile_sources
from sandbox.contracts.trace import refusal_tracer, refusals_traced
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

contract Nest {
    constructor() {}
    function run(address supervisor, bytes32 permit) external {
        Liar liar = new Liar();
        try liar.fail(permit) {} catch {}
        (bool done,) = supervisor.delegatecall(abi.encodeWithSignature("registrar()"));
        (done,) = supervisor.delegatecall(hex"ffffffff");
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


def _asked(world: World, sender: str, call: _Call, tracer: str) -> object:
    request = {"from": sender, "to": call.address, "data": call.data, "gas": "0x4c4b40"}
    return world.engine.ask("debug_traceCall", request, "latest", {"tracer": tracer})


def _refusals(world: World, sender: str, call: _Call) -> list[str]:
    answers = _asked(world, sender, call, refusal_tracer(world.supervisor.address))
    return [each.clause for each in refusals_traced(answers)]


class _Call:
    def __init__(self, contract: Contract, name: str, *arguments: object) -> None:
        self.address = contract.address
        self.data = contract.encode_abi(name, args=list(arguments))


def test_a_refusal_that_a_contract_makes_up_is_none(trial: World) -> None:
    aida = trial.enrol(CUSTOMER, funds=KGST)
    liar = trial.engine.deploy(aida, _built()["Liar"])
    call = _Call(liar, "fail", PERMIT)
    said = _asked(trial, aida.address, call, "callTracer")["output"]
    assert decode_refusal(bytes.fromhex(said[2:])) is not None
    assert _refusals(trial, aida.address, call) == []


def test_a_real_refusal_is_found(trial: World) -> None:
    aida, shop = trial.enrol(CUSTOMER, funds=9_000 * KGST), trial.enrol(MERCHANT)
    call = _Call(trial.kgst, "transfer", shop.address, 5_000 * KGST + 1)
    assert _refusals(trial, aida.address, call) == ["per_transaction"]


def test_a_refusal_that_a_contract_catches_is_found(trial: World) -> None:
    aida, shop = trial.enrol(CUSTOMER, funds=9_000 * KGST), trial.enrol(MERCHANT)
    swallower = trial.engine.deploy(aida, _built()["Swallower"])
    trial.engine.send(aida, trial.kgst.functions.approve(swallower.address, 9_000 * KGST))
    call = _Call(swallower, "pay", trial.kgst.address, shop.address, 5_000 * KGST + 1)
    assert "error" not in _asked(trial, aida.address, call, "callTracer")
    assert _refusals(trial, aida.address, call) == ["per_transaction"]


def test_a_transaction_without_refusal_has_none(trial: World) -> None:
    aida, shop = trial.enrol(CUSTOMER, funds=KGST), trial.enrol(MERCHANT)
    call = _Call(trial.kgst, "transfer", shop.address, KGST)
    assert _refusals(trial, aida.address, call) == []


def test_what_the_supervisor_answers_who_asks_it_straight_is_found(trial: World) -> None:
    aida = trial.enrol(CUSTOMER, funds=KGST)
    call = _Call(trial.supervisor, "register", PERMIT, aida.address, 1, bytes(32), 0, b"")
    answers = _asked(trial, aida.address, call, refusal_tracer(trial.supervisor.address))
    assert answers == [_asked(trial, aida.address, call, "callTracer")["output"]]


def test_a_call_that_is_entered_and_left_beside_the_supervisor_does_not_count(trial: World) -> None:
    """A delegated call, a creation and a failed call of another, nested in each other."""
    aida = trial.enrol(CUSTOMER, funds=KGST)
    nest = trial.engine.deploy(aida, _built()["Nest"])
    call = _Call(nest, "run", trial.supervisor.address, PERMIT)
    assert _refusals(trial, aida.address, call) == []
