// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// A till: takes money by allowance, counts payments, says why it refuses.
contract Till {
    error TooSmall(uint256 amount);

    event Paid(address indexed by, uint256 amount);

    IERC20 public immutable money;
    uint256 public payments;

    constructor(IERC20 money_) {
        money = money_;
    }

    function pay(uint256 amount) external returns (uint256) {
        if (amount == 0) revert TooSmall(amount);
        money.transferFrom(msg.sender, address(this), amount);
        emit Paid(msg.sender, amount);
        return ++payments;
    }

    function note(uint256 amount) external {
        if (amount == 0) revert TooSmall(amount);
        emit Paid(msg.sender, amount);
        ++payments;
    }
}
