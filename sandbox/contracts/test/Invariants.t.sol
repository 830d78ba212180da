// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {FurtherLimits} from "../src/FurtherLimits.sol";
import {KGST} from "../src/KGST.sol";
import {Kind, State} from "../src/lib/Words.sol";
import {ISupervisor} from "../src/synak/ISupervisor.sol";
import {Handler} from "./support/Handler.sol";
import {Test} from "./support/Test.sol";

/// @notice What holds after every possible sequence of payments, publications and waiting.
/// The limits themselves are checked by the handler at each payment (Handler.count, judge).
contract InvariantsTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler internal handler;
    ISupervisor internal supervisor;
    KGST internal kgst;
    bytes32 internal permit;

    function setUp() public {
        handler = new Handler();
        handler.setUp();
        (supervisor, kgst, permit) = (handler.gate(), KGST(handler.token()), handler.permit());
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        bytes4[] memory selectors = new bytes4[](12);
        selectors[0] = Handler.mint.selector;
        selectors[1] = Handler.mint.selector;
        selectors[2] = Handler.payOnce.selector;
        selectors[3] = Handler.payOnce.selector;
        selectors[4] = Handler.payMany.selector;
        selectors[5] = Handler.burn.selector;
        selectors[6] = Handler.wait.selector;
        selectors[7] = Handler.vary.selector;
        selectors[8] = Handler.tighten.selector;
        selectors[9] = Handler.waitForEdge.selector;
        selectors[10] = Handler.payMany.selector;
        selectors[11] = Handler.describeSomebody.selector;
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev The counter is never below what any exact 24 hours hold, nor above 24 h 30 min.
    function invariant_volumeLiesBetweenTheExactSums() public view {
        (uint256 volume,,,) = supervisor.usage(permit, address(kgst));
        yes(volume >= handler.countedSince(time() - 24 hours), "not below any 24 hours");
        yes(volume <= handler.countedSince(time() - 24 hours - 30 minutes), "not above 24 h 30 min");
    }

    /// @dev Total: exact, limited or not. Day, week and month: what was counted while they were limited.
    function invariant_furtherCountersLieBetweenTheExactSums() public view {
        FurtherLimits book = FurtherLimits(address(supervisor.further()));
        for (uint256 i = 0; i < handler.size(); ++i) {
            bytes32 who = handler.persons(i);
            if (handler.kinds(i) != Kind.CUSTOMER) continue;
            (uint256 day, uint256 total) = book.usageOf(permit, address(kgst), who);
            eq(total, handler.totalOf(who), "the whole trial");
            yes(day >= handler.dayOf(who, time() - 24 hours), "not below any 24 hours");
            yes(day <= handler.dayOf(who, time() - 26 hours), "not above 26 h");
        }
        (uint256 week, uint256 month) = book.usage(permit, address(kgst));
        yes(week >= handler.longerSince(false, time() - 7 days), "not below any 7 days");
        yes(month >= handler.longerSince(true, time() - 30 days), "not below any 30 days");
        // What a limit began with is the 24 hours before it, counted from then on.
        yes(week <= handler.countedSince(time() - 8 days - 7 hours), "not above 7 d 6 h and what it began with");
        yes(month <= handler.countedSince(time() - 32 days - 1 hours), "not above 31 d and what it began with");
    }

    function invariant_heldIsTheSumOfAPersonsBalances() public view {
        for (uint256 i = 0; i < handler.size(); ++i) {
            bytes32 who = handler.persons(i);
            if (who != 0) eq(supervisor.heldBy(permit, who, address(kgst)), handler.holdingsOf(who), "held");
        }
    }

    function invariant_outstandingIsWhatCustomersAndContractsHold() public view {
        uint256 sum;
        for (uint256 i = 0; i < handler.size(); ++i) {
            if (Kind.isOutstanding(handler.kinds(i))) sum += kgst.balanceOf(handler.wallets(i));
        }
        (, uint256 outstanding,,) = supervisor.usage(permit, address(kgst));
        eq(outstanding, sum, "outstanding");
    }

    /// @dev Nobody publishes any more: by 72 hours and 30 days every customer redeems all that is held,
    /// and all that the permit's contracts hold comes home and is redeemed: in small parts, since in an
    /// active permit the caps hold for refunds as well.
    function invariant_noStateTrapsACustomersMoney() public {
        uint256 mark = vm.snapshotState();
        vm.warp(time() + 72 hours + 30 days);
        for (uint256 i = 0; i < handler.size(); ++i) {
            if (handler.kinds(i) == Kind.CUSTOMER) redeemAll(handler.wallets(i));
        }
        for (uint256 i = 0; i < handler.size(); ++i) {
            if (handler.kinds(i) == Kind.CONTRACT) bringHome(handler.wallets(i), 5_000e18);
        }
        (, uint256 outstanding,,) = supervisor.usage(permit, address(kgst));
        eq(outstanding, 0, "nothing is owed any more");
        if (handler.stateOf() == State.WIND_DOWN) bringTheRestHome();
        vm.revertToState(mark);
    }

    /// @dev In wind-down merchants and settlement may refund any amount at once.
    function bringTheRestHome() private {
        for (uint256 i = 0; i < handler.size(); ++i) {
            uint8 kind = handler.kinds(i);
            if (kind == Kind.MERCHANT || kind == Kind.SETTLEMENT) bringHome(handler.wallets(i), type(uint256).max);
        }
    }

    function bringHome(address wallet, uint256 most) private {
        address home = handler.wallets(0);
        for (uint256 rest = kgst.balanceOf(wallet); rest != 0; rest = kgst.balanceOf(wallet)) {
            vm.prank(wallet, wallet);
            kgst.transfer(home, rest < most ? rest : most);
            redeemAll(home);
        }
    }

    function redeemAll(address wallet) private {
        uint256 balance = kgst.balanceOf(wallet);
        vm.prank(wallet, wallet);
        kgst.redeem(balance);
    }

    /// @dev The run is worth something only if each outcome occurs: checked once, over a fixed sequence.
    function test_theHandlerReachesEachOutcome() public {
        for (uint256 i = 0; i < 400; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            if (i % 8 < 2) handler.mint(seed, seed >> 8);
            else if (i % 8 < 5) handler.payOnce(seed, seed >> 8, seed >> 16);
            else if (i % 8 == 5) handler.wait(seed);
            else if (i % 16 == 6) handler.payMany(seed, seed >> 8, [seed, seed << 3, seed << 5, seed << 7]);
            else if (i % 40 == 6) handler.vary(seed);
            else if (i % 40 == 7) handler.tighten(seed);
            else if (i % 40 == 15) handler.describeSomebody(seed);
        }
        yes(handler.passed() > 50, "payments pass");
        yes(handler.refusedByLimit() > 20, "limits refuse");
        yes(handler.refusedByRule() > 5, "rules refuse");
    }
}
