"""Products that hold money for many: the reference, and one that tells nobody."""

from __future__ import annotations

from functools import cache

from sandbox.contracts.artifacts import Artifact
from sandbox.contracts.compiler import compile_sources

SOURCE = """
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ISupervisor} from "synak/ISupervisor.sol";
import {SupervisedLedger} from "synak/SupervisedLedger.sol";

contract Pool is SupervisedLedger {
    constructor(IERC20 token_, ISupervisor supervisor_) SupervisedLedger(token_, supervisor_) {}
}

contract SilentPool {
    IERC20 private immutable _token;
    mapping(address who => uint256) private _owed;

    constructor(IERC20 token_) { _token = token_; }

    function deposit(uint256 amount) external {
        _owed[msg.sender] += amount;
        _token.transferFrom(msg.sender, address(this), amount);
    }
    function pay(address to, uint256 amount) external {
        _owed[msg.sender] -= amount;
        _owed[to] += amount;
    }
    function withdraw(uint256 amount) external {
        _owed[msg.sender] -= amount;
        _token.transfer(msg.sender, amount);
    }
}
"""


@cache
def pools() -> dict[str, Artifact]:
    """``Pool`` and ``SilentPool``, compiled as a team's own sources are."""
    return compile_sources({"Pools.sol": SOURCE})
