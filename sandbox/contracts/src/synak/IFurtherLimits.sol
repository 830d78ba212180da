// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Terms} from "./ISupervisor.sol";

/// @notice The further limits of one asset, in the token's minor units; `type(uint256).max` is "no limit".
/// `waterfall`: what would exceed a holding cap goes on to the permit's linked settlement wallet.
struct FurtherAsset {
    address token;
    uint256 weekVolume;
    uint256 monthVolume;
    uint256 customerDayVolume;
    uint256 customerTotal;
    uint256 travelRule;
    bool waterfall;
}

/// @notice What a permit may carry beside `Terms`. `residences`: ISO 3166-1 alpha-2 in ASCII; none means
/// that anybody may take part. `assets`: one for each of the terms' assets, in their order.
struct Further {
    bytes2[] residences;
    FurtherAsset[] assets;
}

/// @notice What the registrar knows of a person: where it lives, and how well it is identified
/// (0 not, 1 simplified, 2 fully).
struct Attributes {
    bytes32 person;
    bytes2 residence;
    uint8 level;
}

/// @notice A payment as the Supervisor saw it. `sent`: by this person in this transaction before it;
/// `paid`: by this person in the whole trial before it.
struct Payment {
    bytes32 permit;
    uint64 version;
    address token;
    address payer;
    bytes32 person;
    uint256 amount;
    uint256 sent;
    uint256 paid;
}

/// @title Limits that most permits do not carry. The rules are told in FurtherLimits.sol.
interface IFurtherLimits {
    error NotSupervisor(address caller);
    error LevelUnknown(uint8 level);

    event Described(bytes32 indexed permit, bytes32 indexed person, bytes2 residence, uint8 level);

    /// @notice Puts terms with further limits in force: `ISupervisor.publish` for such terms.
    function publish(Terms calldata terms, Further calldata further, bytes[] calldata signatures) external;

    /// @notice The registrar says what it knows of people; later words replace earlier ones.
    function describe(bytes32 permit, Attributes[] calldata people) external;

    /// @notice For the Supervisor: counts a customer's payment, or refuses it.
    function count(Payment calldata payment) external;

    /// @notice For the Supervisor: refuses a person who lives elsewhere than the terms say.
    function requireResident(bytes32 permit, uint64 version, bytes32 person, address wallet) external view;

    /// @notice The further limits in force, as they were signed; no assets where there are none.
    function furtherOf(bytes32 permit) external view returns (Further memory);

    /// @notice What all customers together paid in the last 7 and 30 days, as far as it is counted.
    function usage(bytes32 permit, address token) external view returns (uint256 week, uint256 month);

    /// @notice What one customer paid in the last 24 hours (as far as it is counted) and in the whole trial.
    function usageOf(bytes32 permit, address token, bytes32 person) external view returns (uint256 day, uint256 total);

    function attributesOf(bytes32 permit, bytes32 person) external view returns (bytes2 residence, uint8 level);

    /// @notice The EIP-712 digest that regulators sign for terms with further limits.
    function hashFurther(Terms calldata terms, Further calldata further) external view returns (bytes32);

    function supervisor() external view returns (address);
}
