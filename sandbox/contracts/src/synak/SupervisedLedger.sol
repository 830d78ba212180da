// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ISupervisedLedgers} from "./ISupervisedLedgers.sol";
import {ISupervisor} from "./ISupervisor.sol";

/// @title A reference for products that hold many people's money: deposits in a pool, claims that move.
///
/// Derive from it, or read it and write your own. It keeps no balances itself: whose the money is stands
/// in SupervisedLedgers, by person and not by wallet, and every movement is reported there before anything
/// else happens. So a payment inside the pool meets the same limits as a payment in the money itself, and
/// the same refusals come back (LimitExceeded, NotPermitted). Before two regulators have admitted the
/// contract, deposits are refused by `deposit` and payments by SupervisedLedgers.
///
/// deposit(amount): needs an allowance for this contract. pay(to, amount): to a registered person's wallet.
/// withdraw(amount): to the caller's own wallet. charge(amount) from the caller to the pool's own share;
/// _credit in a derived contract gives from that share to a person (interest, cashback).
/// Fails with NotAdmitted, NotPaid and whatever the Supervisor refuses. Event Paid.
contract SupervisedLedger {
    IERC20 public immutable token;
    ISupervisor private immutable _supervisor;

    error NotAdmitted();
    error NotPaid();

    event Paid(address indexed from, address indexed to, uint256 amount);

    /// @param token_ the supervised token that is kept. @param supervisor_ the chain's Supervisor.
    constructor(IERC20 token_, ISupervisor supervisor_) {
        (token, _supervisor) = (token_, supervisor_);
    }

    function deposit(uint256 amount) external virtual {
        (bytes32 permit,,) = _supervisor.memberOf(address(this));
        (, bool open,) = _supervisor.ledgers().ledgerOf(permit, address(this));
        if (!open) revert NotAdmitted();
        if (!token.transferFrom(msg.sender, address(this), amount)) revert NotPaid();
    }

    function pay(address to, uint256 amount) external virtual {
        _supervisor.ledgers().report(address(token), msg.sender, to, amount);
        emit Paid(msg.sender, to, amount);
    }

    function charge(uint256 amount) external virtual {
        _supervisor.ledgers().report(address(token), msg.sender, address(this), amount);
        emit Paid(msg.sender, address(this), amount);
    }

    function withdraw(uint256 amount) external virtual {
        if (!token.transfer(msg.sender, amount)) revert NotPaid();
    }

    /// @notice What the person behind a wallet can claim here, in the token's minor units.
    function balanceOf(address wallet) external view returns (uint256) {
        (,, bytes32 person) = _supervisor.memberOf(wallet);
        return _supervisor.ledgers().claimOf(address(this), address(token), person);
    }

    function _credit(address to, uint256 amount) internal {
        _supervisor.ledgers().report(address(token), address(this), to, amount);
        emit Paid(address(this), to, amount);
    }
}
