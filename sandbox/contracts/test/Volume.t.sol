// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {RollingWindow} from "../src/lib/RollingWindow.sol";
import {Clause, Kind} from "../src/lib/Words.sol";
import {Asset, Terms} from "../src/synak/ISupervisor.sol";
import {Escrow, Factory, Splitter} from "./support/Products.sol";
import {World} from "./support/World.sol";

/// @notice What counts as volume, in one transaction and in the rolling window.
contract VolumeTest is World {
    address internal aida;
    uint256 internal aidaKey;
    address internal shop;

    function setUp() public override {
        super.setUp();
        vm.warp(1_790_000_000 / RollingWindow.BUCKET * RollingWindow.BUCKET);
        publish(terms1());
        aidaKey = newKey();
        aida = register(PERMIT, aidaKey, Kind.CUSTOMER, person(1));
        shop = merchant();
        issue(aida, 20_000 * ONE);
    }

    // ---- one transaction ----

    function test_paymentAtTheTransactionLimitPasses() public {
        pay(aida, shop, 5_000 * ONE);
        eq(volume(), 5_000 * ONE, "volume");
    }

    function test_oneUnitAboveTheTransactionLimitIsRefused() public {
        expectLimit(Clause.PER_TRANSACTION, 5_000 * ONE, 0, 5_000 * ONE + 1, 0);
        pay(aida, shop, 5_000 * ONE + 1);
    }

    function test_splitPaymentInOneTransactionIsSummed() public {
        Splitter splitter = approvedSplitter(aida);
        expectLimit(Clause.PER_TRANSACTION, 5_000 * ONE, 2_500 * ONE + 1, 2_500 * ONE + 1, 0);
        vm.prank(aida, aida);
        splitter.split(kgst, shop, 2_500 * ONE + 1, 2);
    }

    function test_splitPaymentUpToTheLimitPasses() public {
        Splitter splitter = approvedSplitter(aida);
        vm.prank(aida, aida);
        splitter.split(kgst, shop, 2_500 * ONE, 2);
        eq(volume(), 5_000 * ONE, "volume");
    }

    function test_nextTransactionStartsFromZero() public {
        pay(aida, shop, 5_000 * ONE);
        pay(aida, shop, 5_000 * ONE);
        eq(volume(), 10_000 * ONE, "volume");
    }

    function test_aRefusedTransferInsideATransactionCountsNothing() public {
        Splitter splitter = approvedSplitter(aida);
        vm.prank(aida, aida);
        bool done = splitter.tryTwice(kgst, shop, 4_000 * ONE, 2_000 * ONE);
        yes(!done, "the second transfer is refused");
        eq(volume(), 4_000 * ONE, "volume");
        eq(kgst.balanceOf(shop), 4_000 * ONE, "the shop has the first payment");
    }

    function test_aPersonsWalletsAreSummedInOneTransaction() public {
        address second = register(PERMIT, newKey(), Kind.CUSTOMER, person(1));
        pay(aida, second, 4_000 * ONE);
        Splitter splitter = approvedSplitter(aida);
        vm.prank(second);
        kgst.approve(address(splitter), NO_LIMIT);
        address[] memory payers = new address[](2);
        (payers[0], payers[1]) = (aida, second);
        expectLimit(Clause.PER_TRANSACTION, 5_000 * ONE, 3_000 * ONE, 3_000 * ONE, 0);
        vm.prank(aida, aida);
        splitter.collect(kgst, payers, shop, 3_000 * ONE);
    }

    function test_twoPersonsInOneTransactionHaveALimitEach() public {
        address bek = customer();
        issue(bek, 5_000 * ONE);
        Splitter splitter = approvedSplitter(aida);
        vm.prank(bek);
        kgst.approve(address(splitter), NO_LIMIT);
        address[] memory payers = new address[](2);
        (payers[0], payers[1]) = (aida, bek);
        vm.prank(aida, aida);
        splitter.collect(kgst, payers, shop, 5_000 * ONE);
        eq(volume(), 10_000 * ONE, "volume");
    }

    function test_aPermitRelayedByAStrangerCountsForTheOwner() public {
        address stranger = vm.addr(STRANGER);
        permitBySignature(stranger, 6_000 * ONE);
        vm.prank(stranger, stranger);
        kgst.transferFrom(aida, shop, 5_000 * ONE);
        eq(volume(), 5_000 * ONE, "volume");
    }

    function test_aPermitRelayedByAStrangerIsNoWayRoundTheLimit() public {
        address stranger = vm.addr(STRANGER);
        permitBySignature(stranger, 6_000 * ONE);
        expectLimit(Clause.PER_TRANSACTION, 5_000 * ONE, 0, 5_000 * ONE + 1, 0);
        vm.prank(stranger, stranger);
        kgst.transferFrom(aida, shop, 5_000 * ONE + 1);
    }

    // ---- what counts ----

    function test_aPaymentThroughAContractCountsOnce() public {
        Escrow escrow = approvedEscrow(aida);
        vm.prank(aida, aida);
        escrow.payThrough(shop, 3_000 * ONE);
        eq(volume(), 3_000 * ONE, "volume");
        eq(kgst.balanceOf(shop), 3_000 * ONE, "the shop is paid");
    }

    function test_aPaymentThroughAFactorysChildCountsOnce() public {
        Factory factory = new Factory();
        vm.prank(aida);
        kgst.approve(address(factory), NO_LIMIT);
        vm.prank(aida, aida);
        factory.payThroughChild(kgst, shop, 3_000 * ONE);
        eq(volume(), 3_000 * ONE, "volume");
    }

    function test_aFactorysChildIsNoWayRoundTheLimit() public {
        Factory factory = new Factory();
        vm.prank(aida);
        kgst.approve(address(factory), NO_LIMIT);
        expectLimit(Clause.PER_TRANSACTION, 5_000 * ONE, 0, 5_000 * ONE + 1, 0);
        vm.prank(aida, aida);
        factory.payThroughChild(kgst, shop, 5_000 * ONE + 1);
    }

    function test_aRefundCountsNothingAndGivesNothingBack() public {
        Escrow escrow = approvedEscrow(aida);
        vm.prank(aida, aida);
        escrow.deposit(3_000 * ONE);
        escrow.payOut(aida, 3_000 * ONE);
        pay(shop, aida, 0);
        eq(volume(), 3_000 * ONE, "volume");
    }

    function test_mintAndRedemptionCountNothing() public {
        redeem(aida, 7_000 * ONE);
        issue(aida, 7_000 * ONE);
        eq(volume(), 0, "volume");
    }

    function test_customerToCustomerAndToInstitutionCount() public {
        pay(aida, customer(), 1_000 * ONE);
        pay(aida, institution(), 2_000 * ONE);
        eq(volume(), 3_000 * ONE, "volume");
    }

    function test_betweenOnesOwnWalletsNothingCounts() public {
        address second = register(PERMIT, newKey(), Kind.CUSTOMER, person(1));
        pay(aida, second, 9_000 * ONE);
        pay(aida, aida, 9_000 * ONE);
        eq(volume(), 0, "volume");
        eq(supervisor.heldBy(PERMIT, person(1), address(kgst)), 20_000 * ONE, "held");
    }

    function test_merchantsAndSettlementCountNothing() public {
        pay(aida, shop, 4_000 * ONE);
        address desk = settlement();
        pay(shop, desk, 4_000 * ONE);
        pay(desk, aida, 4_000 * ONE);
        eq(volume(), 4_000 * ONE, "volume");
    }

    // ---- the window ----

    function test_theWindowAtItsLimitAndOneUnitAbove() public {
        limitWindow(6_000 * ONE);
        uint64 begun = uint64(time());
        pay(aida, shop, 5_000 * ONE);
        pay(aida, shop, 1_000 * ONE);
        expectLimit(Clause.WINDOW_VOLUME, 6_000 * ONE, 6_000 * ONE, 1, uint64(begun + 24 hours + 30 minutes));
        pay(aida, shop, 1);
    }

    function test_aRequestAboveTheWholeLimitNeverFrees() public {
        limitWindow(1_000 * ONE);
        expectLimit(Clause.WINDOW_VOLUME, 1_000 * ONE, 0, 1_001 * ONE, 0);
        pay(aida, shop, 1_001 * ONE);
    }

    function test_freesAtNamesTheBucketThatMakesRoom() public {
        limitWindow(6_000 * ONE);
        uint256 begun = time();
        pay(aida, shop, 1_000 * ONE);
        vm.warp(begun + 2 hours);
        pay(aida, shop, 5_000 * ONE);
        expectLimit(
            Clause.WINDOW_VOLUME, 6_000 * ONE, 6_000 * ONE, 1_000 * ONE, uint64(begun + 24 hours + 30 minutes)
        );
        pay(aida, shop, 1_000 * ONE);
        expectLimit(
            Clause.WINDOW_VOLUME, 6_000 * ONE, 6_000 * ONE, 1_001 * ONE, uint64(begun + 26 hours + 30 minutes)
        );
        pay(aida, shop, 1_001 * ONE);
    }

    function test_nothingFreesBeforeAWholeDay() public {
        limitWindow(5_000 * ONE);
        uint256 begun = time();
        vm.warp(begun + 30 minutes - 1);
        pay(aida, shop, 5_000 * ONE);
        vm.warp(begun + 30 minutes - 1 + 24 hours);
        expectLimit(Clause.WINDOW_VOLUME, 5_000 * ONE, 5_000 * ONE, 1, uint64(begun + 24 hours + 30 minutes));
        pay(aida, shop, 1);
        vm.warp(begun + 24 hours + 30 minutes);
        pay(aida, shop, 5_000 * ONE);
    }

    function test_noBurstAcrossAnEdgeGetsTwiceTheLimit() public {
        limitWindow(5_000 * ONE);
        vm.warp(time() + 24 hours - 1);
        pay(aida, shop, 5_000 * ONE);
        vm.warp(time() + 2);
        expectLimit(
            Clause.WINDOW_VOLUME, 5_000 * ONE, 5_000 * ONE, 1, uint64(time() - 1 + 24 hours)
        );
        pay(aida, shop, 1);
    }

    function test_aLimitOfZeroIsZero() public {
        limitWindow(0);
        expectLimit(Clause.WINDOW_VOLUME, 0, 0, 1, 0);
        pay(aida, shop, 1);
        pay(aida, shop, 0);
    }

    function test_aTransactionLimitOfZeroIsZero() public {
        Terms memory terms = terms1();
        terms.assets[0].perTransaction = 0;
        publish(terms);
        expectLimit(Clause.PER_TRANSACTION, 0, 0, 1, 0);
        pay(aida, shop, 1);
    }

    function test_noLimitIsNoLimit() public {
        Terms memory terms = terms1();
        (terms.assets[0].perTransaction, terms.assets[0].windowVolume) = (NO_LIMIT, NO_LIMIT);
        publish(terms);
        pay(aida, shop, 20_000 * ONE);
        eq(volume(), 20_000 * ONE, "volume");
    }

    function test_aLimitLoweredBelowWhatIsUsedRefusesUntilThereIsRoom() public {
        uint64 begun = uint64(time());
        pay(aida, shop, 5_000 * ONE);
        limitWindow(2_000 * ONE);
        eq(volume(), 5_000 * ONE, "what is used stays counted");
        expectLimit(Clause.WINDOW_VOLUME, 2_000 * ONE, 5_000 * ONE, 1, uint64(begun + 24 hours + 30 minutes));
        pay(aida, shop, 1);
        vm.warp(begun + 24 hours + 30 minutes);
        pay(aida, shop, 2_000 * ONE);
    }

    function test_anAssetTakenOutAndPutBackKeepsItsVolume() public {
        pay(aida, shop, 5_000 * ONE);
        Terms memory terms = terms1();
        terms.assets = new Asset[](0);
        publish(terms);
        limitWindow(6_000 * ONE);
        expectLimit(
            Clause.WINDOW_VOLUME, 6_000 * ONE, 5_000 * ONE, 1_001 * ONE, uint64(time() + 24 hours + 30 minutes)
        );
        pay(aida, shop, 1_001 * ONE);
    }

    function test_ofTwoPaymentsForTheLastUnitOneIsRefused() public {
        address bek = customer();
        issue(bek, 5_000 * ONE);
        limitWindow(5_000 * ONE);
        uint64 frees = uint64(time() + 24 hours + 30 minutes);
        pay(aida, shop, 5_000 * ONE);
        expectLimit(Clause.WINDOW_VOLUME, 5_000 * ONE, 5_000 * ONE, 5_000 * ONE, frees);
        pay(bek, shop, 5_000 * ONE);
        eq(volume(), 5_000 * ONE, "volume");
    }

    /// @dev An estimate made before an edge holds behind it: the new bucket costs no more.
    function test_theFirstUseOfABucketCostsNoMoreThanTheNext() public {
        pay(aida, shop, 1);
        uint256 same = gasOfPayment();
        vm.warp(time() + 30 minutes);
        yes(gasOfPayment() <= same, "gas in a new bucket");
    }

    function testFuzz_freesAtIsTheFirstMomentThatFits(uint256 first, uint256 second, uint256 gap) public {
        first = within(first, 1, 5_000 * ONE);
        second = within(second, 1, 5_000 * ONE);
        limitWindow(5_000 * ONE);
        pay(aida, shop, first);
        vm.warp(time() + within(gap, 0, 25 hours));
        uint64 frees = freesAt(second);
        if (frees == 0) return;
        vm.warp(frees - 1);
        vm.expectRevert();
        pay(aida, shop, second);
        vm.warp(frees);
        pay(aida, shop, second);
    }

    // ---- helpers ----

    function freesAt(uint256 amount) internal returns (uint64) {
        uint256 mark = vm.snapshotState();
        vm.prank(aida, aida);
        (bool done, bytes memory data) = address(kgst).call(abi.encodeCall(kgst.transfer, (shop, amount)));
        vm.revertToState(mark);
        if (done) return 0;
        (,,,,,, uint64 frees) = abi.decode(tail(data), (bytes32, uint64, bytes32, uint256, uint256, uint256, uint64));
        yes(frees > time(), "it frees in the future");
        return frees;
    }

    function tail(bytes memory data) internal pure returns (bytes memory rest) {
        rest = new bytes(data.length - 4);
        for (uint256 i = 0; i < rest.length; ++i) {
            rest[i] = data[i + 4];
        }
    }

    function gasOfPayment() internal returns (uint256) {
        vm.prank(aida, aida);
        uint256 before = gasleft();
        kgst.transfer(shop, 1);
        return before - gasleft();
    }

    function limitWindow(uint256 limit) internal {
        Terms memory terms = terms1();
        terms.assets[0].windowVolume = limit;
        publish(terms);
    }

    function approvedSplitter(address payer) internal returns (Splitter splitter) {
        splitter = new Splitter();
        vm.prank(payer);
        kgst.approve(address(splitter), NO_LIMIT);
    }

    function approvedEscrow(address payer) internal returns (Escrow escrow) {
        escrow = new Escrow(kgst);
        vm.prank(payer);
        kgst.approve(address(escrow), NO_LIMIT);
    }

    function permitBySignature(address spender, uint256 amount) internal {
        bytes32 digest = keccak256(
            abi.encodePacked(
                bytes2(0x1901),
                kgst.DOMAIN_SEPARATOR(),
                keccak256(
                    abi.encode(
                        keccak256(
                            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
                        ),
                        aida,
                        spender,
                        amount,
                        kgst.nonces(aida),
                        time()
                    )
                )
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(aidaKey, digest);
        kgst.permit(aida, spender, amount, time(), v, r, s);
    }
}
