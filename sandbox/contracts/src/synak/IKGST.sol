// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @title The simulated KGST: an ERC-20 with permit whose every transfer asks the Supervisor.
interface IKGST is IERC20Metadata, IERC20Permit {
    event Issued(address indexed to, uint256 amount);
    event Redeemed(address indexed holder, uint256 amount);

    error NotIssuer(address caller);

    function issue(address to, uint256 amount) external;

    function redeem(uint256 amount) external;

    function issuer() external view returns (address);

    function supervisor() external view returns (address);
}
