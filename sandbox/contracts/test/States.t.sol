// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Clause, Kind, State} from "../src/lib/Words.sol";
import {Asset, Terms} from "../src/synak/ISupervisor.sol";
import {Escrow} from "./support/Products.sol";
import {World} from "./support/World.sol";

/// @notice What moves in which state: one table, each way tried in each state.
contract StatesTest is World {
    address internal aida;
    address internal bek;
    address internal shop;
    address internal desk;
    address internal bank;
    Escrow internal escrow;

    function setUp() public override {
        super.setUp();
        publish(terms1());
        (aida, bek, shop, desk, bank) = (customer(), customer(), merchant(), settlement(), institution());
        escrow = new Escrow(kgst);
        registerContract(address(escrow));
        address[6] memory all = [aida, bek, shop, desk, bank, address(escrow)];
        for (uint256 i = 0; i < all.length; ++i) {
            issue(all[i], 1_000 * ONE);
        }
    }

    function test_activeMovesEverything() public {
        requireHomeward(true);
        requireOutward(true, 0);
    }

    function test_windDownMovesOnlyHomeward() public {
        publishState(State.WIND_DOWN);
        requireHomeward(true);
        requireOutward(false, Clause.WIND_DOWN);
    }

    function test_afterTheEndIsWindDownByItself() public {
        vm.warp(time() + 90 days - 1);
        eq(stateNow(), State.ACTIVE, "the last second");
        requireOutward(true, 0);
        vm.warp(time() + 1);
        eq(stateNow(), State.WIND_DOWN, "the end");
        requireHomeward(true);
        requireOutward(false, Clause.WIND_DOWN);
    }

    function test_beforeTheStartOnlyHomeward() public {
        Terms memory terms = terms1();
        terms.start = uint64(time() + 1);
        publish(terms);
        requireHomeward(true);
        requireOutward(false, Clause.NOT_STARTED);
        vm.warp(time() + 1);
        requireOutward(true, 0);
    }

    function test_anAssetOutsideTheTermsMovesOnlyHomeward() public {
        Terms memory terms = terms1();
        terms.assets = new Asset[](0);
        publish(terms);
        requireHomeward(true);
        requireOutward(false, Clause.ASSET_SCOPE);
    }

    function test_haltedMovesNothing() public {
        publishState(State.HALTED);
        requireOutward(false, Clause.STATE);
        expectRule(Clause.STATE, aida);
        escrow.payOut(aida, 1);
        expectRule(Clause.STATE, address(0));
        redeem(aida, 1);
    }

    function test_haltedTouchesNeitherInstitutionsNorOtherPermits() public {
        publishState(State.HALTED);
        issue(bank, 1);
        redeem(bank, 1);
    }

    function test_aHaltEndsAfterThirtyDaysInWindDown() public {
        publishState(State.HALTED);
        vm.warp(time() + 30 days - 1);
        eq(stateNow(), State.HALTED, "the last second");
        vm.warp(time() + 1);
        eq(stateNow(), State.WIND_DOWN, "thirty days");
        requireHomeward(true);
        requireOutward(false, Clause.WIND_DOWN);
    }

    function test_noCapKeepsMoneyFromComingHome() public {
        issue(aida, 19_000 * ONE);
        publishState(State.WIND_DOWN);
        escrow.payOut(aida, 1_000 * ONE);
        eq(kgst.balanceOf(aida), 21_000 * ONE, "above the cap, home");
        eq(supervisor.heldBy(PERMIT, person(keyOf(aida)), address(kgst)), 21_000 * ONE, "and counted");
    }

    function test_whenActiveTheCapHoldsForRefundsToo() public {
        issue(aida, 19_000 * ONE);
        expectLimit(Clause.CUSTOMER_CAP, 20_000 * ONE, 20_000 * ONE, 1, 0);
        escrow.payOut(aida, 1);
    }

    function test_nobodyIsRegisteredUnlessThePermitIsActive() public {
        publishState(State.WIND_DOWN);
        address wallet = vm.addr(newKey());
        expectRule(Clause.WIND_DOWN, wallet);
        vm.prank(REGISTRAR);
        supervisor.register(PERMIT, wallet, Kind.SETTLEMENT, 0, 0, "");
        publishState(State.HALTED);
        expectRule(Clause.STATE, wallet);
        vm.prank(REGISTRAR);
        supervisor.register(PERMIT, wallet, Kind.SETTLEMENT, 0, 0, "");
        publishState(State.ACTIVE);
        vm.prank(REGISTRAR);
        supervisor.register(PERMIT, wallet, Kind.SETTLEMENT, 0, 0, "");
    }

    function test_peopleAreRegisteredBeforeTheStart() public {
        Terms memory terms = terms1();
        terms.start = uint64(time() + 1 days);
        publish(terms);
        eq(stateNow(), State.ACTIVE, "state");
        customer();
    }

    /// @dev Money to a customer of the permit, and redemption by everybody.
    function requireHomeward(bool passes) internal {
        uint256 mark = vm.snapshotState();
        eq(moves(shop, aida), passes, "merchant to customer");
        eq(moves(desk, aida), passes, "settlement to customer");
        eq(moves(address(escrow), aida), passes, "contract to customer");
        address[5] memory all = [aida, shop, desk, address(escrow), bank];
        for (uint256 i = 0; i < all.length; ++i) {
            redeem(all[i], 1);
        }
        vm.revertToState(mark);
    }

    function requireOutward(bool passes, bytes32 clause) internal {
        uint256 mark = vm.snapshotState();
        address[9] memory from = [aida, aida, aida, aida, shop, desk, address(escrow), address(escrow), bank];
        address[9] memory to = [shop, bek, address(escrow), bank, desk, shop, shop, desk, aida];
        for (uint256 i = 0; i < from.length; ++i) {
            if (!passes) expectRule(clause, to[i]);
            pay(from[i], to[i], 1);
        }
        if (!passes) expectRule(clause, aida);
        issue(aida, 1);
        vm.revertToState(mark);
    }

    function moves(address from, address to) internal returns (bool done) {
        vm.prank(from, from);
        (done,) = address(kgst).call(abi.encodeCall(kgst.transfer, (to, 1)));
    }

    function eq(bool found, bool expected, string memory what) internal pure {
        yes(found == expected, what);
    }

    /// @dev The first key that `customer` used.
    function keyOf(address) internal pure returns (uint256) {
        return 0x1001;
    }
}
