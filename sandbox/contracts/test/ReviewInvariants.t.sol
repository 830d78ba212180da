// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {ReviewHandler} from "./support/ReviewHandler.sol";
import {Test} from "./support/Test.sol";

/// @notice What holds after every sequence of approvals, withdrawals, changes of code and payments.
contract ReviewInvariantsTest is Test {
    ReviewHandler internal handler;

    function setUp() public {
        handler = new ReviewHandler();
        handler.setUp();
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        bytes4[] memory selectors = new bytes4[](7);
        selectors[0] = ReviewHandler.allow.selector;
        selectors[1] = ReviewHandler.end.selector;
        selectors[2] = ReviewHandler.change.selector;
        selectors[3] = ReviewHandler.deposit.selector;
        selectors[4] = ReviewHandler.through.selector;
        selectors[5] = ReviewHandler.payOut.selector;
        selectors[6] = ReviewHandler.allow.selector;
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev An unapproved contract holds at most what it held when its approval ended.
    function invariant_noUnapprovedContractGainsMoney() public view {
        for (uint256 i = 0; i < 3; ++i) {
            address vault = address(handler.vaults(i));
            if (!handler.approved(vault)) {
                yes(handler.held(vault) <= handler.allowedRest(vault), "held before it lapsed");
            }
        }
    }

    /// @dev Each movement went through exactly when only approved contracts were in it, or it went home.
    function invariant_onlyApprovedContractsMoveMoney() public view {
        eq(handler.broken(), 0, "broken");
    }

    /// @dev Whatever was approved, withdrawn or changed: all of it can go home.
    function invariant_moneyIsNeverTrapped() public {
        uint256 mark = vm.snapshotState();
        for (uint256 i = 0; i < 3; ++i) {
            yes(handler.rescue(i), "home");
        }
        vm.revertToState(mark);
    }

    /// @dev The run is worth something only if each outcome occurs.
    function test_theHandlerReachesEachOutcome() public {
        for (uint256 i = 0; i < 600; ++i) {
            uint256 seed = uint256(keccak256(abi.encode("review", i)));
            if (i % 10 < 2) handler.allow(seed);
            else if (i % 10 == 2) handler.end(seed, seed >> 255 == 1);
            else if (i % 40 == 3) handler.change(seed);
            else if (i % 10 < 7) handler.deposit(seed, seed >> 8, seed >> 16);
            else if (i % 10 == 7) handler.through(seed, seed >> 8, seed >> 16, seed >> 255 == 1);
            else handler.payOut(seed, seed >> 8, seed >> 128);
        }
        yes(handler.passed() > 50, "movements pass");
        yes(handler.refused() > 50, "movements are refused");
        yes(handler.home() > 5, "lapsed money goes home");
        eq(handler.broken(), 0, "broken");
    }
}
