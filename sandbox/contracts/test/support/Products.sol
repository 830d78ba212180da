// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {KGST} from "../../src/KGST.sol";

/// @title Small products as a start-up may write them, honest and not.

/// @notice Pays a merchant out of the caller's allowance, in several transfers of one transaction.
contract Splitter {
    function split(IERC20 token, address to, uint256 part, uint256 times) external {
        for (uint256 i = 0; i < times; ++i) {
            token.transferFrom(msg.sender, to, part);
        }
    }

    /// @notice The same in the name of several payers.
    function collect(IERC20 token, address[] calldata payers, address to, uint256 part) external {
        for (uint256 i = 0; i < payers.length; ++i) {
            token.transferFrom(payers[i], to, part);
        }
    }

    /// @notice A first payment, then a second that is tried and may fail.
    function tryTwice(IERC20 token, address to, uint256 first, uint256 second) external returns (bool done) {
        token.transferFrom(msg.sender, to, first);
        (done,) = address(token).call(abi.encodeCall(token.transferFrom, (msg.sender, to, second)));
    }
}

/// @notice Takes deposits, pays merchants out of them, gives them back.
contract Escrow {
    IERC20 internal immutable token;

    constructor(IERC20 token_) {
        token = token_;
    }

    function deposit(uint256 amount) external {
        token.transferFrom(msg.sender, address(this), amount);
    }

    function payOut(address to, uint256 amount) external {
        token.transfer(to, amount);
    }

    /// @notice Takes the payment in and passes it on at once.
    function payThrough(address to, uint256 amount) external {
        token.transferFrom(msg.sender, address(this), amount);
        token.transfer(to, amount);
    }

    function destroy(address payable heir) external {
        selfdestruct(heir);
    }
}

/// @notice Deploys a child, then routes a payment through it.
contract Factory {
    event Made(address child);

    function make(IERC20 token, bytes32 salt) public returns (Escrow child) {
        child = new Escrow{salt: salt}(token);
        emit Made(address(child));
    }

    function payThroughChild(IERC20 token, address to, uint256 amount) external returns (Escrow child) {
        child = make(token, 0);
        token.transferFrom(msg.sender, address(child), amount);
        child.payOut(to, amount);
    }
}

/// @notice Pulls money while it has no code yet.
contract EagerChild {
    constructor(IERC20 token, address payer, uint256 amount) {
        token.transferFrom(payer, address(this), amount);
    }
}

contract EagerFactory {
    function make(IERC20 token, uint256 amount) external {
        token.transferFrom(msg.sender, address(this), amount);
        token.approve(next(), amount);
        new EagerChild(token, address(this), amount);
    }

    /// @notice Where this contract's first child will be. Source: EIP-161 (nonces start at 1).
    function next() public view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes2(0xd694), address(this), bytes1(0x01))))));
    }
}
