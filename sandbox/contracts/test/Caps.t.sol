// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Clause, Kind} from "../src/lib/Words.sol";
import {Terms} from "../src/synak/ISupervisor.sol";
import {Escrow} from "./support/Products.sol";
import {World} from "./support/World.sol";

/// @notice What a person may hold, what a permit may owe, and how many persons there may be.
contract CapsTest is World {
    address internal aida;
    address internal shop;

    function setUp() public override {
        super.setUp();
        publish(terms1());
        aida = register(PERMIT, newKey(), Kind.CUSTOMER, person(1));
        shop = merchant();
    }

    function test_aCustomerMayHoldTheCap() public {
        issue(aida, 20_000 * ONE);
        eq(kgst.balanceOf(aida), 20_000 * ONE, "balance");
    }

    function test_oneUnitAboveTheCustomerCapIsRefused() public {
        issue(aida, 20_000 * ONE);
        expectLimit(Clause.CUSTOMER_CAP, 20_000 * ONE, 20_000 * ONE, 1, 0);
        issue(aida, 1);
    }

    function test_aCustomersWalletsCountTogether() public {
        address second = register(PERMIT, newKey(), Kind.CUSTOMER, person(1));
        issue(aida, 15_000 * ONE);
        expectLimit(Clause.CUSTOMER_CAP, 20_000 * ONE, 15_000 * ONE, 5_000 * ONE + 1, 0);
        issue(second, 5_000 * ONE + 1);
        issue(second, 5_000 * ONE);
        pay(aida, second, 15_000 * ONE);
        eq(kgst.balanceOf(second), 20_000 * ONE, "between one's own wallets nothing is capped");
    }

    function test_aPaymentToAFullCustomerIsRefused() public {
        address bek = customer();
        issue(bek, 20_000 * ONE);
        issue(aida, 100 * ONE);
        expectLimit(Clause.CUSTOMER_CAP, 20_000 * ONE, 20_000 * ONE, 1, 0);
        pay(aida, bek, 1);
    }

    function test_merchantsHaveTheirOwnCap() public {
        issue(shop, 300_000 * ONE);
        issue(aida, 1);
        expectLimit(Clause.MERCHANT_CAP, 300_000 * ONE, 300_000 * ONE, 1, 0);
        pay(aida, shop, 1);
    }

    function test_settlementHasNoHoldingCap() public {
        address desk = settlement();
        issue(desk, 900_000 * ONE);
        eq(kgst.balanceOf(desk), 900_000 * ONE, "balance");
    }

    function test_aCapLoweredBelowWhatIsHeldTakesNothingAway() public {
        issue(aida, 20_000 * ONE);
        Terms memory terms = terms1();
        terms.assets[0].customerCap = 1_000 * ONE;
        publish(terms);
        expectLimit(Clause.CUSTOMER_CAP, 1_000 * ONE, 20_000 * ONE, 1, 0);
        issue(aida, 1);
        pay(aida, shop, 5_000 * ONE);
        redeem(aida, 15_000 * ONE);
    }

    // ---- outstanding ----

    function test_outstandingIsWhatCustomersAndContractsHold() public {
        Escrow escrow = new Escrow(kgst);
        issue(aida, 10_000 * ONE);
        issue(shop, 10_000 * ONE);
        pay(aida, address(escrow), 4_000 * ONE);
        eq(outstanding(), 10_000 * ONE, "a deposit changes nothing");
        escrow.payOut(shop, 1_000 * ONE);
        eq(outstanding(), 9_000 * ONE, "a payment to a merchant is no longer owed");
        redeem(aida, 2_000 * ONE);
        eq(outstanding(), 7_000 * ONE, "nor is what is redeemed");
        pay(shop, aida, 500 * ONE);
        eq(outstanding(), 7_500 * ONE, "a refund by a merchant is owed again");
    }

    function test_outstandingAtItsCapAndOneUnitAbove() public {
        limitOutstanding(12_000 * ONE);
        issue(aida, 12_000 * ONE);
        address bek = customer();
        expectLimit(Clause.OUTSTANDING, 12_000 * ONE, 12_000 * ONE, 1, 0);
        issue(bek, 1);
        pay(aida, bek, 5_000 * ONE);
        issue(shop, 1_000 * ONE);
    }

    function test_aMintToTheProductsContractIsOutstandingToo() public {
        limitOutstanding(1_000 * ONE);
        Escrow escrow = new Escrow(kgst);
        registerContract(address(escrow));
        expectLimit(Clause.OUTSTANDING, 1_000 * ONE, 0, 1_000 * ONE + 1, 0);
        issue(address(escrow), 1_000 * ONE + 1);
    }

    // ---- persons ----

    function test_theTwentiethCustomerPassesAndTheNextIsRefused() public {
        for (uint256 i = 1; i < 20; ++i) {
            customer();
        }
        uint256 key = newKey();
        bytes memory consent =
            signature(key, supervisor.hashConsent(PERMIT, vm.addr(key), person(key), time()));
        expectLimit(Clause.MAX_CUSTOMERS, 20, 20, 1, 0);
        vm.prank(REGISTRAR);
        supervisor.register(PERMIT, vm.addr(key), Kind.CUSTOMER, person(key), time(), consent);
        register(PERMIT, newKey(), Kind.CUSTOMER, person(1));
    }

    function test_theFourthMerchantIsRefused() public {
        merchant();
        merchant();
        uint256 key = newKey();
        bytes memory consent =
            signature(key, supervisor.hashConsent(PERMIT, vm.addr(key), person(key), time()));
        expectLimit(Clause.MAX_MERCHANTS, 3, 3, 1, 0);
        vm.prank(REGISTRAR);
        supervisor.register(PERMIT, vm.addr(key), Kind.MERCHANT, person(key), time(), consent);
    }

    function test_aReleasedPersonMakesRoomAndAnotherWalletOfOneDoesNot() public {
        address second = register(PERMIT, newKey(), Kind.CUSTOMER, person(1));
        vm.prank(REGISTRAR);
        supervisor.release(second);
        eq(customers(), 1, "the person still has a wallet");
        vm.prank(REGISTRAR);
        supervisor.release(aida);
        eq(customers(), 0, "the person is gone");
    }

    function testFuzz_heldIsTheSumOfAPersonsWallets(uint256[8] calldata amounts) public {
        address[2] memory wallets = [aida, register(PERMIT, newKey(), Kind.CUSTOMER, person(1))];
        for (uint256 i = 0; i < amounts.length; ++i) {
            address wallet = wallets[amounts[i] % 2];
            uint256 amount = within(amounts[i] >> 1, 0, 8_000 * ONE);
            vm.prank(ISSUER);
            (bool done,) = address(kgst).call(abi.encodeCall(kgst.issue, (wallet, amount)));
            uint256 held = kgst.balanceOf(wallets[0]) + kgst.balanceOf(wallets[1]);
            eq(supervisor.heldBy(PERMIT, person(1), address(kgst)), held, "held");
            yes(done || held + amount > 20_000 * ONE, "refused only above the cap");
        }
    }

    function limitOutstanding(uint256 limit) internal {
        Terms memory terms = terms1();
        terms.assets[0].outstandingCap = limit;
        publish(terms);
    }

    function customers() internal view returns (uint32 count) {
        (,, count,) = supervisor.usage(PERMIT, address(kgst));
    }
}
