// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

/// @notice The few cheat codes that these tests use.
interface Vm {
    function addr(uint256 key) external pure returns (address);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function warp(uint256 time) external;
    function getBlockTimestamp() external view returns (uint256);
    function prank(address sender) external;
    function prank(address sender, address origin) external;
    function startPrank(address sender, address origin) external;
    function stopPrank() external;
    function etch(address account, bytes calldata code) external;
    function chainId(uint256 id) external;
    function expectRevert(bytes calldata data) external;
    function expectRevert(bytes4 selector) external;
    function expectRevert() external;
    function expectEmit(address emitter) external;
    function assume(bool condition) external pure;
    function snapshotState() external returns (uint256);
    function revertToState(uint256 mark) external returns (bool);
}

/// @title Assertions and the cheat codes, without any library.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev Now. Asked of the engine each time: the optimizer takes block.timestamp for a constant and
    /// would carry it across a warp.
    function time() internal view returns (uint256) {
        return vm.getBlockTimestamp();
    }

    error Unequal(string what, uint256 found, uint256 expected);
    error Untrue(string what);

    function eq(uint256 found, uint256 expected, string memory what) internal pure {
        if (found != expected) revert Unequal(what, found, expected);
    }

    function eq(address found, address expected, string memory what) internal pure {
        eq(uint160(found), uint160(expected), what);
    }

    function eq(bytes32 found, bytes32 expected, string memory what) internal pure {
        eq(uint256(found), uint256(expected), what);
    }

    function yes(bool condition, string memory what) internal pure {
        if (!condition) revert Untrue(what);
    }

    /// @dev A number between two, both included, from any seed.
    function within(uint256 seed, uint256 least, uint256 most) internal pure returns (uint256) {
        return least + seed % (most - least + 1);
    }
}
