// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IDigitalSom} from "./synak/IDigitalSom.sol";
import {ISupervisor} from "./synak/ISupervisor.sol";

/// @title Digital som: the simulated central bank money, two-tier, 2 decimals (1 unit = 1 tyiyn).
///
/// Roles. The *central bank* registers banks and issues to them; a *bank* opens wallets for its
/// clients, as the wallet's keeper; a *wallet* (a bank's own included) holds and pays. The central
/// bank and the Supervisor are fixed for ever.
///
/// registerBank(bank, registered): central bank only (NotCentralBank). A bank is a wallet too, kept by
///   the central bank. Struck off only at a balance of zero (StillHolding). Event BankRegistered.
/// registerWallet(wallet, registered): a bank for its own clients, the central bank for anybody.
///   Fails with NotBank, NotYourWallet (another keeper's), WalletUnfit (zero, this token, a bank),
///   StillHolding (a wallet is closed only when empty). Event WalletRegistered.
/// issue(bank, amount): central bank only, to a bank only (NotBank). Events Transfer, Issued.
/// redeem(amount): any holder, of its own money; works in wind-down too. Events Transfer, Redeemed.
/// transfer, transferFrom: between registered wallets only (NotRegistered names which), then as the
///   Supervisor allows. No account needs gas money on this chain.
contract DigitalSom is ERC20, IDigitalSom {
    /// @inheritdoc IDigitalSom
    address public immutable centralBank;
    address private immutable _supervisor;

    mapping(address account => bool) public isBank;
    /// @notice Who opened a wallet and answers for it; zero for an address that is no wallet.
    mapping(address wallet => address) public keeperOf;

    constructor(address supervisor_, address centralBank_) ERC20("Digital som (simulated)", "SOM") {
        (_supervisor, centralBank) = (supervisor_, centralBank_);
    }

    function registerBank(address bank, bool registered) external {
        if (msg.sender != centralBank) revert NotCentralBank(msg.sender);
        if (isBank[bank] == registered) revert WalletUnfit(bank);
        _keep(bank, registered);
        isBank[bank] = registered;
        emit BankRegistered(bank, registered);
    }

    function registerWallet(address wallet, bool registered) external {
        if (msg.sender != centralBank && !isBank[msg.sender]) revert NotBank(msg.sender);
        if (isBank[wallet]) revert WalletUnfit(wallet);
        _keep(wallet, registered);
        emit WalletRegistered(wallet, msg.sender, registered);
    }

    function issue(address bank, uint256 amount) external {
        if (msg.sender != centralBank) revert NotCentralBank(msg.sender);
        if (!isBank[bank]) revert NotBank(bank);
        _mint(bank, amount);
        emit Issued(bank, amount);
    }

    function redeem(uint256 amount) external {
        _burn(msg.sender, amount);
        emit Redeemed(msg.sender, amount);
    }

    function supervisor() external view returns (address) {
        return _supervisor;
    }

    function isWallet(address account) public view returns (bool) {
        return keeperOf[account] != address(0);
    }

    function decimals() public pure override(ERC20, IERC20Metadata) returns (uint8) {
        return 2;
    }

    /// @dev Opens or closes a wallet in the caller's name.
    function _keep(address wallet, bool registered) private {
        if (wallet == address(0) || wallet == address(this)) revert WalletUnfit(wallet);
        address keeper = keeperOf[wallet];
        if (keeper != address(0) && keeper != msg.sender && msg.sender != centralBank) {
            revert NotYourWallet(wallet, keeper);
        }
        if (!registered && balanceOf(wallet) != 0) revert StillHolding(wallet, balanceOf(wallet));
        keeperOf[wallet] = registered ? msg.sender : address(0);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from != address(0)) {
            if (to != address(0) && !isWallet(from)) revert NotRegistered(from);
            if (balanceOf(from) < amount) revert ERC20InsufficientBalance(from, balanceOf(from), amount);
        }
        if (to != address(0) && !isWallet(to)) revert NotRegistered(to);
        (address linked, uint256 excess) = ISupervisor(_supervisor).beforeTransfer(msg.sender, from, to, amount);
        if (excess != 0) {
            if (!isWallet(linked)) revert NotRegistered(linked);
            super._update(from, linked, excess);
        }
        super._update(from, to, amount - excess);
    }
}
