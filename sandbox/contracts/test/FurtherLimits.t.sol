// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Clause, Kind, State} from "../src/lib/Words.sol";
import {Attributes, Further, IFurtherLimits} from "../src/synak/IFurtherLimits.sol";
import {ISupervisor, Terms} from "../src/synak/ISupervisor.sol";
import {FurtherShop} from "./support/FurtherShop.sol";
import {Escrow, Splitter} from "./support/Products.sol";

/// @notice Each further limit: it holds at the limit, refuses one unit above, and nothing goes round it.
contract FurtherLimitsTest is FurtherShop {
    // ---- one customer in the whole trial ----

    function test_aCustomerMayPayTheTotal() public {
        total(7_000 * ONE);
        pay(aida, shop, 4_000 * ONE);
        pay(aida, shop, 3_000 * ONE);
        expectLimit(Clause.CUSTOMER_TOTAL, 7_000 * ONE, 7_000 * ONE, 1, 0);
        pay(aida, shop, 1);
        (, uint256 paid) = book.usageOf(PERMIT, address(kgst), person(1));
        eq(paid, 7_000 * ONE, "paid");
    }

    function test_theTotalKnowsWhatWasPaidBeforeItCame() public {
        pay(aida, shop, 4_000 * ONE);
        vm.warp(time() + 10 days);
        total(5_000 * ONE);
        pay(aida, shop, 1_000 * ONE);
        expectLimit(Clause.CUSTOMER_TOTAL, 5_000 * ONE, 5_000 * ONE, 1, 0);
        pay(aida, shop, 1);
    }

    function test_aTotalLoweredBelowWhatWasPaidBlocksAndUndoesNothing() public {
        pay(aida, shop, 4_000 * ONE);
        total(1_000 * ONE);
        eq(kgst.balanceOf(shop), 4_000 * ONE, "nothing is undone");
        expectLimit(Clause.CUSTOMER_TOTAL, 1_000 * ONE, 4_000 * ONE, 1, 0);
        pay(aida, shop, 1);
        redeem(aida, 16_000 * ONE);
        eq(kgst.balanceOf(aida), 0, "what it holds can be redeemed");
    }

    function test_aTotalOfZeroIsZero() public {
        total(0);
        expectLimit(Clause.CUSTOMER_TOTAL, 0, 0, 1, 0);
        pay(aida, shop, 1);
    }

    function test_aRefundGivesNothingBackToTheTotal() public {
        total(5_000 * ONE);
        pay(aida, shop, 5_000 * ONE);
        pay(shop, aida, 5_000 * ONE);
        expectLimit(Clause.CUSTOMER_TOTAL, 5_000 * ONE, 5_000 * ONE, 1, 0);
        pay(aida, shop, 1);
    }

    function test_wallets_areOnePerson_andASecondWalletIsNoSecondTotal() public {
        total(5_000 * ONE);
        address second = register(PERMIT, newKey(), Kind.CUSTOMER, person(1));
        pay(aida, second, 10_000 * ONE);
        pay(second, shop, 3_000 * ONE);
        expectLimit(Clause.CUSTOMER_TOTAL, 5_000 * ONE, 3_000 * ONE, 2_000 * ONE + 1, 0);
        pay(aida, shop, 2_000 * ONE + 1);
        pay(aida, shop, 2_000 * ONE);
    }

    function test_aPersonWhoLeftAndCameBackHasTheSameTotal() public {
        total(20_000 * ONE);
        pay(aida, shop, 5_000 * ONE);
        redeem(aida, 15_000 * ONE);
        vm.prank(REGISTRAR);
        supervisor.release(aida);
        address again = register(PERMIT, newKey(), Kind.CUSTOMER, person(1));
        issue(again, 20_000 * ONE);
        for (uint256 i = 0; i < 3; ++i) {
            pay(again, shop, 5_000 * ONE);
        }
        expectLimit(Clause.CUSTOMER_TOTAL, 20_000 * ONE, 20_000 * ONE, 1, 0);
        pay(again, shop, 1);
    }

    function test_throughAContractTheTotalIsCountedOnceAndNotEscaped() public {
        total(3_000 * ONE);
        Escrow escrow = new Escrow(kgst);
        registerContract(address(escrow));
        vm.prank(aida);
        kgst.approve(address(escrow), NO_LIMIT);
        vm.prank(aida, aida);
        escrow.payThrough(shop, 3_000 * ONE);
        expectLimit(Clause.CUSTOMER_TOTAL, 3_000 * ONE, 3_000 * ONE, 1, 0);
        vm.prank(aida, aida);
        escrow.deposit(1);
    }

    // ---- one customer in 24 hours ----

    function test_aCustomersDayHoldsAndFreesBetween24And26Hours() public {
        day(6_000 * ONE);
        uint256 begun = time();
        pay(aida, shop, 4_000 * ONE);
        pay(aida, shop, 2_000 * ONE);
        uint64 frees = uint64((begun / 2 hours + 13) * 2 hours);
        yes(frees >= begun + 24 hours && frees <= begun + 26 hours, "within the promise");
        expectLimit(Clause.CUSTOMER_DAY_VOLUME, 6_000 * ONE, 6_000 * ONE, 1, frees);
        pay(aida, shop, 1);
        vm.warp(frees - 1);
        expectLimit(Clause.CUSTOMER_DAY_VOLUME, 6_000 * ONE, 6_000 * ONE, 1, frees);
        pay(aida, shop, 1);
        vm.warp(frees);
        pay(aida, shop, 5_000 * ONE);
    }

    function test_eachCustomerHasADayOfItsOwn() public {
        day(5_000 * ONE);
        address bek = customer();
        issue(bek, 5_000 * ONE);
        pay(aida, shop, 5_000 * ONE);
        pay(bek, shop, 5_000 * ONE);
        expectLimit(Clause.CUSTOMER_DAY_VOLUME, 5_000 * ONE, 5_000 * ONE, 1, uint64((time() / 2 hours + 13) * 2 hours));
        pay(aida, shop, 1);
    }

    // ---- all customers in a week and a month ----

    function test_theWeekHoldsAndFreesBetween7DaysAnd7Days6Hours() public {
        Further memory further = none();
        further.assets[0].weekVolume = 6_000 * ONE;
        publish(further);
        uint256 begun = time();
        pay(aida, shop, 5_000 * ONE);
        vm.warp(begun + 3 days);
        pay(aida, shop, 1_000 * ONE);
        uint64 frees = uint64((begun / 6 hours + 29) * 6 hours);
        yes(frees >= begun + 7 days && frees <= begun + 7 days + 6 hours, "within the promise");
        expectLimit(Clause.WEEK_VOLUME, 6_000 * ONE, 6_000 * ONE, 1, frees);
        pay(aida, shop, 1);
        vm.warp(frees);
        pay(aida, shop, 5_000 * ONE);
        (uint256 week,) = book.usage(PERMIT, address(kgst));
        eq(week, 6_000 * ONE, "the second payment still counts");
    }

    function test_theMonthHoldsAndFreesBetween30And31Days() public {
        Further memory further = none();
        further.assets[0].monthVolume = 5_000 * ONE;
        publish(further);
        uint256 begun = time();
        pay(aida, shop, 5_000 * ONE);
        uint64 frees = uint64((begun / 1 days + 31) * 1 days);
        vm.warp(begun + 30 days);
        expectLimit(Clause.MONTH_VOLUME, 5_000 * ONE, 5_000 * ONE, 1, frees);
        pay(aida, shop, 1);
        vm.warp(frees);
        pay(aida, shop, 5_000 * ONE);
    }

    function test_aWeekThatComesLaterBeginsWithTheLast24Hours() public {
        pay(aida, shop, 4_000 * ONE);
        Further memory further = none();
        (further.assets[0].weekVolume, further.assets[0].monthVolume) = (5_000 * ONE, NO_LIMIT);
        publish(further);
        (uint256 week, uint256 month) = book.usage(PERMIT, address(kgst));
        eq(week, 4_000 * ONE, "what the Supervisor's 24 hours hold");
        eq(month, 0, "not counted where it is not limited");
        pay(aida, shop, 1_000 * ONE);
        vm.expectRevert();
        pay(aida, shop, 1);
        publish(further);
        (week,) = book.usage(PERMIT, address(kgst));
        eq(week, 5_000 * ONE, "nothing is counted twice");
    }

    function test_noWaitingHelpsAboveTheWholeWeek() public {
        Further memory further = none();
        further.assets[0].weekVolume = 1_000 * ONE;
        publish(further);
        expectLimit(Clause.WEEK_VOLUME, 1_000 * ONE, 0, 1_000 * ONE + 1, 0);
        pay(aida, shop, 1_000 * ONE + 1);
    }

    // ---- identification and residence ----

    function test_aboveTheTravelRulesThresholdThePayerMustBeIdentified() public {
        travel(1_000 * ONE);
        pay(aida, shop, 1_000 * ONE);
        expectLimit(Clause.TRAVEL_RULE, 1_000 * ONE, 0, 1_000 * ONE + 1, 0);
        pay(aida, shop, 1_000 * ONE + 1);
        describe(PERMIT, person(1), "KG", 1);
        expectLimit(Clause.TRAVEL_RULE, 1_000 * ONE, 0, 1_000 * ONE + 1, 0);
        pay(aida, shop, 1_000 * ONE + 1);
        describe(PERMIT, person(1), "KG", 2);
        pay(aida, shop, 5_000 * ONE);
    }

    function test_manyTransfersOfOneTransactionAreOnePaymentForTheTravelRule() public {
        travel(1_000 * ONE);
        Splitter splitter = new Splitter();
        registerContract(address(splitter));
        vm.prank(aida);
        kgst.approve(address(splitter), NO_LIMIT);
        expectLimit(Clause.TRAVEL_RULE, 1_000 * ONE, 800 * ONE, 400 * ONE, 0);
        vm.prank(aida, aida);
        splitter.split(kgst, shop, 400 * ONE, 3);
    }

    function test_onlyWhoLivesThereIsRegistered() public {
        publish(residents("KG", "KZ"));
        uint256 key = newKey();
        refuseRegistration(key, person(2));
        describe(PERMIT, person(2), "RU", 2);
        refuseRegistration(key, person(2));
        describe(PERMIT, person(2), "KZ", 0);
        register(PERMIT, key, Kind.CUSTOMER, person(2));
        describe(PERMIT, person(3), "KG", 0);
        register(PERMIT, newKey(), Kind.MERCHANT, person(3));
        settlement();
    }

    function test_whoIsRegisteredAlreadyAndLivesElsewherePaysNothingAndCanLeave() public {
        publish(residents("KG", "KZ"));
        expectRule(Clause.RESIDENCE, aida);
        pay(aida, shop, 1);
        describe(PERMIT, person(1), "KG", 0);
        pay(aida, shop, 1_000 * ONE);
        describe(PERMIT, person(1), "RU", 0);
        pay(shop, aida, 500 * ONE);
        redeem(aida, 19_500 * ONE);
        eq(kgst.balanceOf(aida), 0, "refunds reach it, and it can redeem");
    }

    function test_oneResidenceIsNotAPartOfAnother() public {
        Further memory further = none();
        further.residences = new bytes2[](2);
        (further.residences[0], further.residences[1]) = (bytes2("AK"), bytes2("GB"));
        publish(further);
        describe(PERMIT, person(1), "KG", 2);
        expectRule(Clause.RESIDENCE, aida);
        pay(aida, shop, 1);
    }

    function test_onlyTheRegistrarDescribes() public {
        Attributes[] memory people = new Attributes[](1);
        people[0] = Attributes(person(1), "KG", 2);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotRegistrar.selector, ADMIN));
        vm.prank(ADMIN);
        book.describe(PERMIT, people);
        people[0].level = 3;
        vm.expectRevert(abi.encodeWithSelector(IFurtherLimits.LevelUnknown.selector, 3));
        vm.prank(REGISTRAR);
        book.describe(PERMIT, people);
        people[0] = Attributes(0, "KG", 2);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.PersonMalformed.selector, bytes32(0)));
        vm.prank(REGISTRAR);
        book.describe(PERMIT, people);
    }

    function test_whatIsKnownUnderOnePermitIsNotKnownUnderAnother() public {
        travel(1_000 * ONE);
        describe(OTHER, person(1), "KG", 2);
        expectLimit(Clause.TRAVEL_RULE, 1_000 * ONE, 0, 1_000 * ONE + 1, 0);
        pay(aida, shop, 1_000 * ONE + 1);
    }

    // ---- waterfall ----

    function test_whatExceedsACapGoesToTheLinkedWallet() public {
        address desk = settlement();
        waterfall();
        issue(aida, 500 * ONE);
        eq(kgst.balanceOf(aida), 20_000 * ONE, "the cap");
        eq(kgst.balanceOf(desk), 500 * ONE, "the excess");
        eq(outstanding(), 20_000 * ONE, "what settlement holds is not outstanding");
        pay(aida, shop, 5_000 * ONE);
        issue(aida, 5_001 * ONE);
        eq(kgst.balanceOf(aida), 20_000 * ONE, "filled up to the cap");
        eq(kgst.balanceOf(desk), 501 * ONE, "and one more over");
        eq(supervisor.heldBy(PERMIT, person(1), address(kgst)), 20_000 * ONE, "held");
    }

    function test_aPaymentOverACapCountsWholeAndIsSplit() public {
        address desk = settlement();
        Terms memory terms = terms1();
        (terms.assets[0].customerCap, terms.assets[0].merchantCap) = (20_000 * ONE, 3_000 * ONE);
        Further memory further = none();
        further.assets[0].waterfall = true;
        publish(terms, further);
        pay(aida, shop, 5_000 * ONE);
        eq(kgst.balanceOf(shop), 3_000 * ONE, "the merchant's cap");
        eq(kgst.balanceOf(desk), 2_000 * ONE, "the rest");
        eq(volume(), 5_000 * ONE, "the payer paid all of it");
        eq(outstanding(), 15_000 * ONE, "and owes nothing for it");
        address bek = customer();
        issue(bek, 19_999 * ONE);
        pay(aida, bek, 2 * ONE);
        eq(kgst.balanceOf(bek), 20_000 * ONE, "the customer's cap");
        eq(outstanding(), 34_998 * ONE, "from customer to customer only the excess left");
    }

    function test_aFullPayeeGetsNothingMoreAndTheDesk_all() public {
        address desk = settlement();
        waterfall();
        Terms memory terms = terms1();
        terms.assets[0].customerCap = 1_000 * ONE;
        Further memory further = none();
        further.assets[0].waterfall = true;
        publish(terms, further);
        issue(aida, 7);
        eq(kgst.balanceOf(aida), 20_000 * ONE, "a lowered cap takes nothing away");
        eq(kgst.balanceOf(desk), 7, "all that comes goes on");
    }

    function test_withoutALinkedWalletTheCapRefuses() public {
        waterfall();
        expectLimit(Clause.CUSTOMER_CAP, 20_000 * ONE, 20_000 * ONE, 1, 0);
        issue(aida, 1);
        address desk = settlement();
        issue(aida, 1);
        redeem(desk, 1);
        vm.prank(REGISTRAR);
        supervisor.release(desk);
        expectLimit(Clause.CUSTOMER_CAP, 20_000 * ONE, 20_000 * ONE, 1, 0);
        issue(aida, 1);
    }

    function test_theFirstSettlementWalletIsTheLinkedOne() public {
        address first = settlement();
        address second = settlement();
        waterfall();
        issue(aida, 3);
        eq(kgst.balanceOf(first), 3, "the first");
        eq(kgst.balanceOf(second), 0, "not the second");
    }

    function test_withoutTheTermTheCapStillRefuses() public {
        settlement();
        publish(none());
        expectLimit(Clause.CUSTOMER_CAP, 20_000 * ONE, 20_000 * ONE, 1, 0);
        issue(aida, 1);
    }

    function test_inWindDownEverythingComesHomeWhole() public {
        settlement();
        pay(aida, shop, 5_000 * ONE);
        issue(aida, 5_000 * ONE);
        Terms memory terms = terms1();
        terms.state = State.WIND_DOWN;
        Further memory further = residents("KG", "KZ");
        (further.assets[0].waterfall, further.assets[0].customerTotal) = (true, 0);
        publish(terms, further);
        pay(shop, aida, 5_000 * ONE);
        eq(kgst.balanceOf(aida), 25_000 * ONE, "no cap on the way home");
        redeem(aida, 25_000 * ONE);
        eq(outstanding(), 0, "nothing is owed");
    }

    // ---- short words ----

    function day(uint256 limit) private {
        Further memory further = none();
        further.assets[0].customerDayVolume = limit;
        publish(further);
    }

    function travel(uint256 limit) private {
        Further memory further = none();
        further.assets[0].travelRule = limit;
        publish(further);
    }

    function waterfall() private {
        Further memory further = none();
        further.assets[0].waterfall = true;
        publish(further);
    }

    function refuseRegistration(uint256 key, bytes32 who) private {
        uint256 deadline = time() + 1 hours;
        address wallet = vm.addr(key);
        bytes memory consent = signature(key, supervisor.hashConsent(PERMIT, wallet, who, deadline));
        expectRule(Clause.RESIDENCE, wallet);
        vm.prank(REGISTRAR);
        supervisor.register(PERMIT, wallet, Kind.CUSTOMER, who, deadline, consent);
    }
}
