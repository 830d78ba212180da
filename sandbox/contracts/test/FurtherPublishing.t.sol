// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Clause} from "../src/lib/Words.sol";
import {Further, FurtherAsset, IFurtherLimits, Payment} from "../src/synak/IFurtherLimits.sol";
import {ISupervisor, Terms} from "../src/synak/ISupervisor.sol";
import {FurtherShop} from "./support/FurtherShop.sol";

/// @notice Who may publish which further limits, and over what; what is malformed is refused.
contract FurtherPublishingTest is FurtherShop {
    function test_plainTermsByTwoEndFurtherLimits() public {
        total(0);
        publish(terms1());
        pay(aida, shop, 5_000 * ONE);
        eq(book.furtherOf(PERMIT).assets.length, 0, "none in force");
    }

    function test_oneRegulatorCannotPublishPlainTermsOverFurtherOnes() public {
        total(5_000 * ONE);
        Terms memory terms = terms1();
        expectUnpublished(terms, signed(supervisor.hashTerms(terms), FIRST), loose("further"));
    }

    function test_oneRegulatorMayAddAndLowerFurtherLimits() public {
        Further memory further = none();
        further.assets[0].customerTotal = 5_000 * ONE;
        publishAlone(tight(), further, FIRST);
        further.assets[0].customerTotal = 4_000 * ONE;
        publishAlone(tight(), further, FIRST);
        further.residences = new bytes2[](1);
        further.residences[0] = "KG";
        publishAlone(tight(), further, FIRST);
        expectRule(Clause.RESIDENCE, aida);
        pay(aida, shop, 1);
        vm.warp(time() + 72 hours);
        pay(aida, shop, 5_000 * ONE);
    }

    function test_oneRegulatorRaisesNoFurtherLimit() public {
        Further memory further = residents("KG", "KZ");
        FurtherAsset memory asset = further.assets[0];
        (asset.weekVolume, asset.monthVolume, asset.customerDayVolume) = (5, 5, 5);
        (asset.customerTotal, asset.travelRule) = (5, 5);
        publish(further);
        refuseLooser(further, Clause.WEEK_VOLUME, 6, 5, 5, 5, 5);
        refuseLooser(further, Clause.MONTH_VOLUME, 5, 6, 5, 5, 5);
        refuseLooser(further, Clause.CUSTOMER_DAY_VOLUME, 5, 5, NO_LIMIT, 5, 5);
        refuseLooser(further, Clause.CUSTOMER_TOTAL, 5, 5, 5, 6, 5);
        refuseLooser(further, Clause.TRAVEL_RULE, 5, 5, 5, 5, NO_LIMIT);
        Further memory other = residents("KG", "RU");
        other.assets[0] = further.assets[0];
        refuseAlone(other, "residence", address(0));
        other.residences = new bytes2[](0);
        refuseAlone(other, "residence", address(0));
        other = residents("KG", "KZ");
        other.assets[0] = further.assets[0];
        other.assets[0].waterfall = true;
        refuseAlone(other, "waterfall", address(kgst));
    }

    function test_furtherLimitsDoNotLetOneRegulatorLoosenTheTerms() public {
        Terms memory terms = tight();
        terms.assets[0].perTransaction += 1;
        bytes[] memory one = signed(book.hashFurther(terms, none()), FIRST);
        vm.expectRevert(loose(Clause.PER_TRANSACTION));
        book.publish(terms, none(), one);
    }

    function test_signaturesOverOnePartAreNoneOverBoth() public {
        Terms memory terms = terms1();
        bytes[] memory plain = signed(supervisor.hashTerms(terms), FIRST, SECOND);
        vm.expectRevert();
        book.publish(terms, none(), plain);
        bytes[] memory both = signed(book.hashFurther(terms, none()), FIRST, SECOND);
        vm.expectRevert();
        supervisor.publish(terms, both);
        Further memory other = none();
        other.assets[0].customerTotal = 1;
        vm.expectRevert();
        book.publish(terms, other, both);
        eq(supervisor.lastVersion(PERMIT), 1, "nothing was published");
        book.publish(terms, none(), both);
        vm.expectRevert();
        book.publish(terms, none(), both);
    }

    function test_onlyItsOwnContractPublishesForTheSupervisor() public {
        Terms memory terms = terms1();
        bytes[] memory both = signed(book.hashFurther(terms, none()), FIRST, SECOND);
        bytes32 digest = book.hashFurther(terms, none());
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotFurtherLimits.selector, ADMIN));
        vm.prank(ADMIN);
        supervisor.publishFurther(terms, both, digest, 0);
    }

    function test_onlyTheSupervisorHasPaymentsCounted() public {
        Payment memory payment = Payment(PERMIT, 1, address(kgst), aida, person(1), 1, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IFurtherLimits.NotSupervisor.selector, ADMIN));
        vm.prank(ADMIN);
        book.count(payment);
    }

    function test_malformedFurtherLimitsAreRefused() public {
        Further memory further = none();
        further.assets[0].token = ADMIN;
        malformed(further, "further_assets");
        further.assets = new FurtherAsset[](0);
        malformed(further, "further_assets");
        further = none();
        further.residences = new bytes2[](17);
        malformed(further, "too_many_residences");
        further.residences = new bytes2[](1);
        malformed(further, "residence");
        further = none();
        further.assets[0].weekVolume = NO_LIMIT - 1;
        malformed(further, "limit_too_large");
    }

    function test_theLimitsInForceAreReadAsTheyWereSigned() public {
        Further memory further = residents("KG", "KZ");
        FurtherAsset memory asset = further.assets[0];
        (asset.weekVolume, asset.customerDayVolume, asset.travelRule, asset.waterfall) = (1, 2, 3, true);
        publish(further);
        eq(keccak256(abi.encode(book.furtherOf(PERMIT))), keccak256(abi.encode(further)), "as signed");
        (bytes2 residence, uint8 level) = book.attributesOf(PERMIT, person(1));
        eq(uint16(residence), 0, "nobody said where she lives");
        eq(level, 0, "nor who she is");
    }

    // ---- short words ----

    /// @dev Terms of the next version that are no looser than those in force.
    function tight() private view returns (Terms memory terms) {
        terms = supervisor.termsOf(PERMIT);
        terms.version = supervisor.lastVersion(PERMIT) + 1;
    }

    function refuseLooser(
        Further memory before,
        bytes32 clause,
        uint256 week,
        uint256 month,
        uint256 oneDay,
        uint256 whole,
        uint256 rule
    ) private {
        Further memory further = none();
        further.residences = before.residences;
        further.assets[0] = FurtherAsset(address(kgst), week, month, oneDay, whole, rule, false);
        refuseAlone(further, clause, address(kgst));
    }

    function refuseAlone(Further memory further, bytes32 clause, address token) private {
        Terms memory terms = tight();
        bytes[] memory one = signed(book.hashFurther(terms, further), FIRST);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.LooserThanInForce.selector, clause, token));
        book.publish(terms, further, one);
    }

    function malformed(Further memory further, bytes32 what) private {
        Terms memory terms = terms1();
        bytes[] memory both = signed(book.hashFurther(terms, further), FIRST, SECOND);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.MalformedTerms.selector, what));
        book.publish(terms, further, both);
    }

    function loose(bytes32 clause) private view returns (bytes memory) {
        return abi.encodeWithSelector(ISupervisor.LooserThanInForce.selector, clause, address(kgst));
    }
}
