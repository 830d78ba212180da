"""A permit with contract review in the test desk: its contract, and the forms that are sent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from sandbox.contracts.compiler import EVM_VERSION, USERS_RUNS, compile_sources
from sandbox.contracts.standard_input import installed
from sandbox.services.calls import call_data
from tests.web.world import World

TILL = "0x0165878A594ca255338adfa4d48449f69242Eb8F"
SECRET = "the vault opens on Tuesdays"
SOURCE = f"""// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

/// @title A till. {SECRET}
contract Till {{
    uint256 public paid;

    function note(uint256 amount) external {{
        paid += amount;
    }}
}}
"""
INPUT = json.dumps(
    {
        "language": "Solidity",
        "sources": {"Till.sol": {"content": SOURCE}},
        "settings": {
            "optimizer": {"enabled": True, "runs": USERS_RUNS},
            "evmVersion": EVM_VERSION,
            "metadata": {"bytecodeHash": "none"},
        },
    }
)


def with_review(desk: World) -> str:
    """A granted permit whose terms carry the review; its chain has one contract."""
    number = desk.granted()
    with desk.parts.store.unit() as u:
        permit = u.permits.get(number)
        u.permits.save(replace(permit, terms=replace(permit.terms, contract_review=True)))
        u.commit()
    code = compile_sources({"Till.sol": SOURCE})["Till"].runtime
    layers = [{"account": TILL, "code_hash": "0x" + keccak(code).hex()}]
    rpc = desk.gateway.rpc
    review_of = call_data("ContractReviews", "reviewOf", bytes(32), TILL)[:10]

    def asked(chain: str, method: str, params: Any) -> Any:
        if method == "eth_getCode":
            return "0x" + code.hex()
        if method == "eth_call" and params[0]["data"][:10] == review_of:
            return "0x" + encode(("bytes32", "uint256"), (bytes(32), 0)).hex()
        return rpc(chain, method, params)

    desk.gateway.rpc = asked  # type: ignore[method-assign]
    desk.gateway.layers = lambda *_args, **_more: {  # type: ignore[attr-defined]
        "layers": layers,
        "upgraded": None,
    }
    return number


def form(**changes: str) -> dict[str, str]:
    """The form of the team."""
    return {
        "contract": TILL,
        "chain": "kgst",
        "name": "Till",
        "contract_name": "Till",
        "compiler": installed()[0],
        "source": INPUT,
        "upgrade": "",
        **changes,
    }


def ask(desk: World, number: str) -> str:
    """Ask by the form; the review's path."""
    answer = desk.browser("bakyt").post(f"/desk/permits/{number}/contracts", form())
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def name(desk: World, path: str, *accounts: str) -> None:
    """Name reviewers by the form."""
    named = {f"reviewer-{each}": "yes" for each in accounts}
    answer = desk.browser("ermek").act(f"{path}/reviewers", named)
    assert answer.status_code == 303, answer.text
