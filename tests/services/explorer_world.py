"""Contracts for the explorer's tests, a permit that deploys them, and a follower by hand."""

from __future__ import annotations

from functools import cache

from eth_abi import encode as abi_encode
from eth_utils import keccak, to_checksum_address

from sandbox.contracts.compiler import compile_sources
from sandbox.kit.clock import SystemClock
from sandbox.kit.ids import CHAIN_IDS
from sandbox.services.explorer_follow import Follower
from sandbox.services.publication import Desk
from sandbox.store.explorer import _ROWS, _table

SOURCE = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Issues without an event, as USDKG does.
contract Quiet {
    event Transfer(address indexed from, address indexed to, uint256 value);
    string public constant name = "Quiet dollar";
    string public constant symbol = "QUI";
    uint8 public constant decimals = 6;
    mapping(address => uint256) public balanceOf;
    uint256 public totalSupply;

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
        totalSupply += value;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
        emit Transfer(msg.sender, to, value);
        return true;
    }

    function lie(address from, address to, uint256 value) external {
        emit Transfer(from, to, value);
    }

    function flood(uint256 count, address to) external {
        balanceOf[to] += count;
        totalSupply += count;
        for (uint256 i = 0; i < count; i++) emit Transfer(address(0), to, 1);
    }
}

contract Child {
    uint256 public immutable value;
    constructor(uint256 given) payable { value = given; }
}

contract Factory {
    Quiet public quiet;
    Child public child;
    function build(uint256 value) external { child = new Child(value); }
    function adopt(Quiet given) external { quiet = given; }
    function grant(uint256 value) external { quiet.mint(address(child), value); }
    function refuse(uint256 amount) external pure { require(amount == 0, "only nothing"); }
    function attempt() external { try this.broken() {} catch {} }
    function broken() external { new Child(1); revert("never"); }
}
"""


@cache
def built():
    return compile_sources({"Quiet.sol": SOURCE})


def call(signature, *values):
    kinds = signature[signature.index("(") + 1 : -1]
    types = kinds.split(",") if kinds else []
    return "0x" + (keccak(text=signature)[:4] + abi_encode(types, values)).hex()


class Product:
    """A start-up's contracts under a permit."""

    def __init__(self, permit):
        self.permit, self.system = permit, permit.system

    def send(self, to, data, *, fails=False, gas=3_000_000):
        account = self.permit.account
        nonce = self.system.ok(self.permit, "eth_getTransactionCount", account.address, "pending")
        fields = {
            "nonce": int(nonce, 16),
            "data": data,
            "gas": gas,
            "gasPrice": 10**9,
            "value": 0,
            "chainId": CHAIN_IDS[self.permit.chain],
        } | ({"to": to_checksum_address(to)} if to else {})
        raw = account.sign_transaction(fields).raw_transaction.hex().removeprefix("0x")
        digest = self.system.ok(self.permit, "eth_sendRawTransaction", "0x" + raw)
        receipt = self.system.receipt(self.permit, digest)
        assert (receipt["status"] == "0x0") is fails, receipt
        return receipt

    def deploy(self, name, arguments=b""):
        code = built()[name].bytecode + arguments
        return self.send(None, "0x" + code.hex())["contractAddress"]


def desk_of(store, system, at_step=lambda _name: None):
    return Desk(store, system.inside, SystemClock(), at_step)


def follow(desk, chain="kgst", turns=3):
    """Follow to the head, and a few turns more for what is measured."""
    follower = Follower(desk, chain)
    while follower.turn():
        pass
    for _ in range(turns):
        follower.turn()
    return follower


def everything(store, chain="kgst"):
    """The whole index of a chain, without the moments of writing and the numbers of rows."""
    found = {}
    with store.unit(read_only=True) as u:
        for kind in _ROWS:
            table = _table(kind)
            rows = u.session.execute(table.select().where(table.c.chain == chain)).mappings()
            skip = {"Cursor": ("at", "head"), "Movement": ("id",)}.get(kind.__name__, ())
            found[kind.__name__] = sorted(
                repr([(k, v) for k, v in row.items() if k not in skip]) for row in rows
            )
    return found
