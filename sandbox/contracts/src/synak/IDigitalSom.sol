// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// @title The simulated digital som: 2 decimals (1 unit = 1 tyiyn), registered wallets only.
interface IDigitalSom is IERC20Metadata {
    event BankRegistered(address indexed bank, bool registered);
    event WalletRegistered(address indexed wallet, address indexed by, bool registered);
    event Issued(address indexed bank, uint256 amount);
    event Redeemed(address indexed holder, uint256 amount);

    error NotCentralBank(address caller);
    error NotBank(address account);
    error NotRegistered(address account);
    error NotYourWallet(address wallet, address keeper);
    error StillHolding(address wallet, uint256 balance);
    error WalletUnfit(address wallet);

    function registerBank(address bank, bool registered) external;

    function registerWallet(address wallet, bool registered) external;

    function issue(address bank, uint256 amount) external;

    function redeem(uint256 amount) external;

    function isBank(address account) external view returns (bool);

    function isWallet(address account) external view returns (bool);

    function keeperOf(address wallet) external view returns (address);

    function centralBank() external view returns (address);

    function supervisor() external view returns (address);
}
