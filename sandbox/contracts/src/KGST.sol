// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IKGST} from "./synak/IKGST.sol";
import {ISupervisor} from "./synak/ISupervisor.sol";

/// @title KGST: the simulated national stablecoin, one token to one som, 18 decimals.
///
/// Roles. The *issuer* issues. Everybody may hold and pay as far as the Supervisor allows; both
/// addresses are fixed for ever, so nobody can rewire the gate.
///
/// issue(to, amount): issuer only (NotIssuer). Events Transfer from zero, Issued.
/// redeem(amount): any holder, of its own tokens; works in wind-down too. The som it stands for are
///   paid outside the chain. Events Transfer to zero, Redeemed.
/// transfer, transferFrom, permit (EIP-2612): as ERC-20. A transfer fails for want of balance first,
///   then by the Supervisor's LimitExceeded or NotPermitted, which pass through unchanged.
/// Simulated money: the real token's address, decimals and roles are not known here.
contract KGST is ERC20, ERC20Permit, IKGST {
    /// @inheritdoc IKGST
    address public immutable issuer;
    address private immutable _supervisor;

    constructor(address supervisor_, address issuer_) ERC20("KGST (simulated)", "KGST") ERC20Permit("KGST (simulated)") {
        (_supervisor, issuer) = (supervisor_, issuer_);
    }

    function issue(address to, uint256 amount) external {
        if (msg.sender != issuer) revert NotIssuer(msg.sender);
        _mint(to, amount);
        emit Issued(to, amount);
    }

    function redeem(uint256 amount) external {
        _burn(msg.sender, amount);
        emit Redeemed(msg.sender, amount);
    }

    function supervisor() external view returns (address) {
        return _supervisor;
    }

    function nonces(address owner) public view override(ERC20Permit, IERC20Permit) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from != address(0) && balanceOf(from) < amount) {
            revert ERC20InsufficientBalance(from, balanceOf(from), amount);
        }
        (address linked, uint256 excess) = ISupervisor(_supervisor).beforeTransfer(msg.sender, from, to, amount);
        if (excess != 0) {
            super._update(from, linked, excess);
        }
        super._update(from, to, amount - excess);
    }
}
