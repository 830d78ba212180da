// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Clause, State} from "../src/lib/Words.sol";
import {ContractApproval, IContractReviews, Layer} from "../src/synak/IContractReviews.sol";
import {ISupervisor, Terms} from "../src/synak/ISupervisor.sol";
import {EagerFactory, Escrow, Factory, Splitter} from "./support/Products.sol";
import {ReviewWorld} from "./support/ReviewWorld.sol";

/// @notice What an unapproved contract may not do, what an approved one may, who approves and withdraws.
contract ContractReviewTest is ReviewWorld {
    address internal aida;
    address internal shop;
    address internal desk;
    Escrow internal escrow;
    Splitter internal splitter;
    /// @dev One regulator's signature under the same terms without the review.
    bytes[] private _alone;

    function setUp() public override {
        super.setUp();
        publishReviewed();
        (aida, shop, desk) = (customer(), merchant(), settlement());
        (escrow, splitter) = (new Escrow(kgst), new Splitter());
        issue(aida, 1_000 * ONE);
        vm.prank(aida);
        kgst.approve(address(escrow), NO_LIMIT);
        vm.prank(aida);
        kgst.approve(address(splitter), NO_LIMIT);
    }

    // ---- to, from, through ----

    function test_peopleWithoutContractsPayAsEver() public {
        pay(aida, shop, ONE);
        pay(shop, aida, ONE);
        redeem(aida, ONE);
    }

    function test_anUnapprovedContractIsNotPaid() public {
        expectRule(Clause.CONTRACT_REVIEW, address(escrow));
        pay(aida, address(escrow), ONE);
        registerContract(address(escrow));
        expectRule(Clause.CONTRACT_REVIEW, address(escrow));
        pay(aida, address(escrow), ONE);
        expectRule(Clause.CONTRACT_REVIEW, address(escrow));
        issue(address(escrow), ONE);
    }

    function test_anApprovedContractIsPaidAndPays() public {
        approve(address(escrow));
        pay(aida, address(escrow), 2 * ONE);
        depositBy(aida, ONE);
        payOutBy(aida, shop, 3 * ONE);
        eq(kgst.balanceOf(shop), 3 * ONE, "paid through the approved contract");
    }

    function test_anUnapprovedContractMovesNobodysAllowance() public {
        expectRule(Clause.CONTRACT_REVIEW, address(splitter));
        vm.prank(aida, aida);
        splitter.split(kgst, shop, ONE, 2);
        approve(address(splitter));
        vm.prank(aida, aida);
        splitter.split(kgst, shop, ONE, 2);
        eq(kgst.balanceOf(shop), 2 * ONE, "after approval");
    }

    function test_aRelayedSpenderIsLookedAtWhoeverSends() public {
        address stranger = vm.addr(STRANGER);
        expectRule(Clause.CONTRACT_REVIEW, address(splitter));
        vm.prank(stranger, stranger);
        splitter.collect(kgst, list(aida), shop, ONE);
    }

    function test_aWalletSpendsAnAllowanceWithoutReview() public {
        vm.prank(aida, aida);
        kgst.approve(shop, ONE);
        vm.prank(shop, shop);
        kgst.transferFrom(aida, shop, ONE);
    }

    function test_aContractInItsConstructorIsNoWallet() public {
        EagerFactory factory = new EagerFactory();
        approve(address(factory));
        vm.prank(aida, aida);
        kgst.approve(address(factory), ONE);
        expectRule(Clause.NOT_A_MEMBER, factory.next());
        vm.prank(aida, aida);
        factory.make(kgst, ONE);
    }

    function test_aFactorysChildNeedsApprovalOfItsOwn() public {
        Factory factory = new Factory();
        approve(address(factory));
        vm.prank(aida, aida);
        kgst.approve(address(factory), NO_LIMIT);
        vm.prank(aida, aida);
        address child = address(factory.make(kgst, 0));
        expectRule(Clause.CONTRACT_REVIEW, child);
        pay(aida, child, ONE);
        approve(child);
        pay(aida, child, ONE);
    }

    function test_anApprovalIsForOnePermitOnly() public {
        approve(address(escrow));
        Terms memory other = termsFor(OTHER);
        other.contractReview = true;
        publish(other);
        uint256 key = newKey();
        address cholpon = register(OTHER, key, 1, person(key));
        issue(cholpon, ONE);
        Escrow theirs = new Escrow(kgst);
        approve(address(theirs));
        expectRule(OTHER, Clause.CONTRACT_REVIEW, address(theirs));
        pay(cholpon, address(theirs), ONE);
    }

    function test_withoutTheTermNothingIsAsked() public {
        publish(terms1());
        pay(aida, address(escrow), ONE);
        vm.prank(aida, aida);
        splitter.split(kgst, shop, ONE, 1);
    }

    function test_institutionsPayApprovedContractsOnly() public {
        address bank = institution();
        issue(bank, 2 * ONE);
        approve(address(escrow));
        registerContract(address(escrow));
        pay(bank, address(escrow), ONE);
        withdraw(address(escrow));
        expectRule(Clause.CONTRACT_REVIEW, address(escrow));
        pay(bank, address(escrow), ONE);
    }

    // ---- lapse: nothing in, nothing through, everything home ----

    function test_changedCodeIsRefusedAtOnceAndMoneyGoesHome() public {
        approve(address(escrow));
        depositBy(aida, 10 * ONE);
        vm.etch(address(escrow), address(splitter).code);
        yes(!reviews().isApproved(PERMIT, address(escrow)), "the code is another");
        requireOnlyHomeward();
    }

    function test_aWithdrawnApprovalLetsMoneyHomeOnly() public {
        approve(address(escrow));
        depositBy(aida, 10 * ONE);
        withdraw(address(escrow));
        requireOnlyHomeward();
        approve(address(escrow));
        payOutBy(aida, shop, ONE);
    }

    function test_theTermSwitchedOnLaterTrapsNothing() public {
        publish(terms1());
        depositBy(aida, 10 * ONE);
        publishReviewed();
        requireOnlyHomeward();
    }

    function test_anApprovedContractsMoneyIsNotMovedByAnUnapprovedOne() public {
        approve(address(escrow));
        depositBy(aida, 10 * ONE);
        vm.prank(address(escrow));
        kgst.approve(address(splitter), NO_LIMIT);
        expectRule(Clause.CONTRACT_REVIEW, address(splitter));
        vm.prank(aida, aida);
        splitter.collect(kgst, list(address(escrow)), aida, ONE);
        withdraw(address(escrow));
        vm.prank(aida, aida);
        splitter.collect(kgst, list(address(escrow)), aida, ONE);
        eq(kgst.balanceOf(aida), 991 * ONE, "home, whoever calls");
    }

    function requireOnlyHomeward() private {
        expectRule(Clause.CONTRACT_REVIEW, address(escrow));
        pay(address(escrow), shop, ONE);
        expectRule(Clause.CONTRACT_REVIEW, address(escrow));
        pay(aida, address(escrow), ONE);
        pay(address(escrow), aida, ONE);
        pay(address(escrow), desk, ONE);
        redeem(address(escrow), ONE);
    }

    // ---- the term itself ----

    function test_oneRegulatorSwitchesTheTermOnButNotOff() public {
        Terms memory terms = terms1();
        vm.expectRevert(
            abi.encodeWithSelector(ISupervisor.LooserThanInForce.selector, bytes32("contract_review"), address(0))
        );
        // The digest is asked for beforehand: the expectation would take that call for the refused one.
        supervisor.publish(terms, _alone);
        publish(terms);
        terms = terms1();
        terms.contractReview = true;
        (terms.start, terms.end) = (supervisor.termsOf(PERMIT).start, supervisor.termsOf(PERMIT).end);
        publishAlone(terms, FIRST);
        yes(supervisor.termsOf(PERMIT).contractReview, "in force");
        expectRule(Clause.CONTRACT_REVIEW, address(escrow));
        pay(aida, address(escrow), ONE);
    }

    function publishReviewed() private {
        Terms memory terms = terms1();
        terms.contractReview = true;
        publish(terms);
        Terms memory next = terms1();
        (next.start, next.end) = (terms.start, terms.end);
        _alone = signed(supervisor.hashTerms(next), FIRST);
    }

    // ---- who approves ----

    function test_oneRegulatorDoesNotApprove() public {
        ContractApproval memory approval = approvalOf(address(escrow));
        bytes[] memory one = signed(reviews().hashApproval(approval), FIRST);
        expectUnapproved(approval, one, abi.encodeWithSelector(ISupervisor.SignatureCount.selector, 1, 2));
        bytes[] memory twice = signed(reviews().hashApproval(approval), FIRST, FIRST);
        expectUnapproved(approval, twice, abi.encodeWithSelector(ISupervisor.SignerRepeated.selector, vm.addr(FIRST)));
        bytes[] memory none = new bytes[](0);
        expectUnapproved(approval, none, abi.encodeWithSelector(ISupervisor.SignatureCount.selector, 0, 2));
    }

    function testFuzz_nobodyButRegulatorsApproves(uint256 key) public {
        key = within(key, 1, 2 ** 200);
        vm.assume(key != FIRST && key != SECOND && key != THIRD);
        ContractApproval memory approval = approvalOf(address(escrow));
        bytes[] memory signatures = signed(reviews().hashApproval(approval), FIRST, key);
        expectUnapproved(
            approval, signatures, abi.encodeWithSelector(ISupervisor.NotRegulator.selector, vm.addr(key))
        );
    }

    function test_neitherAdminNorRegistrarApproves() public {
        ContractApproval memory approval = approvalOf(address(escrow));
        bytes[] memory none = new bytes[](0);
        address[2] memory callers = [ADMIN, REGISTRAR];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISupervisor.SignatureCount.selector, 0, 2));
            vm.prank(callers[i]);
            reviews().approveContract(approval, none);
        }
    }

    function test_anApprovalIsGoodOnce() public {
        ContractApproval memory approval = approvalOf(address(escrow));
        bytes[] memory signatures = signed(reviews().hashApproval(approval), FIRST, SECOND);
        reviews().approveContract(approval, signatures);
        withdraw(address(escrow));
        expectUnapproved(approval, signatures, abi.encodeWithSelector(ISupervisor.WrongNonce.selector, 2, 0));
    }

    function test_otherCodeThanReviewedIsNotApproved() public {
        ContractApproval memory approval = approvalOf(address(escrow));
        bytes[] memory signatures = signed(reviews().hashApproval(approval), FIRST, SECOND);
        vm.etch(address(escrow), address(splitter).code);
        bytes memory reason = abi.encodeWithSelector(
            IContractReviews.NotAsReviewed.selector, address(escrow), address(splitter).codehash
        );
        expectUnapproved(approval, signatures, reason);
    }

    function test_everyLayerMustBeAsReviewed() public {
        ContractApproval memory approval = approvalOf(address(escrow));
        Layer[] memory layers = new Layer[](2);
        (layers[0], layers[1]) = (approval.layers[0], Layer(address(splitter), bytes32(uint256(1))));
        approval.layers = layers;
        bytes memory reason = abi.encodeWithSelector(
            IContractReviews.NotAsReviewed.selector, address(splitter), address(splitter).codehash
        );
        expectUnapproved(approval, signed(reviews().hashApproval(approval), FIRST, SECOND), reason);
        layers[1].codeHash = address(splitter).codehash;
        reviews().approveContract(approval, signed(reviews().hashApproval(approval), FIRST, SECOND));
        yes(reviews().isApproved(PERMIT, address(escrow)), "both as reviewed");
    }

    function test_aWalletIsNoContractToApprove() public {
        ContractApproval memory approval = approvalOf(shop);
        bytes memory reason = abi.encodeWithSelector(IContractReviews.NotAsReviewed.selector, shop, shop.codehash);
        expectUnapproved(approval, signed(reviews().hashApproval(approval), FIRST, SECOND), reason);
    }

    function test_noLayersAndTooManyAreRefused() public {
        ContractApproval memory approval = approvalOf(address(escrow));
        approval.layers = new Layer[](0);
        bytes[] memory signatures = signed(reviews().hashApproval(approval), FIRST, SECOND);
        expectUnapproved(approval, signatures, abi.encodeWithSelector(IContractReviews.LayerCount.selector, 0));
        approval.layers = new Layer[](9);
        signatures = signed(reviews().hashApproval(approval), FIRST, SECOND);
        expectUnapproved(approval, signatures, abi.encodeWithSelector(IContractReviews.LayerCount.selector, 9));
    }

    function test_anUnknownPermitHasNoReviews() public {
        ContractApproval memory approval = approvalOf(address(escrow));
        approval.permit = OTHER;
        bytes[] memory signatures = signed(reviews().hashApproval(approval), FIRST, SECOND);
        expectUnapproved(approval, signatures, abi.encodeWithSelector(IContractReviews.PermitUnknown.selector, OTHER));
    }

    // ---- who withdraws ----

    function test_oneRegulatorWithdraws() public {
        approve(address(escrow));
        bytes[] memory one = signed(reviews().hashWithdrawal(PERMIT, address(escrow), 1), THIRD);
        vm.expectEmit(address(reviews()));
        emit IContractReviews.ContractWithdrawn(PERMIT, address(escrow), 1, vm.addr(THIRD));
        reviews().withdrawContract(PERMIT, address(escrow), 1, one);
        yes(!reviews().isApproved(PERMIT, address(escrow)), "withdrawn");
    }

    function test_theRegistrarWithdrawsWithoutASignature() public {
        approve(address(escrow));
        vm.expectEmit(address(reviews()));
        emit IContractReviews.ContractWithdrawn(PERMIT, address(escrow), 1, REGISTRAR);
        vm.prank(REGISTRAR);
        reviews().withdrawContract(PERMIT, address(escrow), 1, new bytes[](0));
        (bytes32 codeHash, uint256 nonce) = reviews().reviewOf(PERMIT, address(escrow));
        eq(codeHash, bytes32(0), "nothing approved");
        eq(nonce, 2, "nonce");
    }

    function testFuzz_nobodyElseWithdraws(address caller, uint256 key) public {
        vm.assume(caller != REGISTRAR);
        key = within(key, 1, 2 ** 200);
        vm.assume(key != FIRST && key != SECOND && key != THIRD);
        approve(address(escrow));
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.SignatureCount.selector, 0, 1));
        vm.prank(caller);
        reviews().withdrawContract(PERMIT, address(escrow), 1, new bytes[](0));
        bytes[] memory one = signed(reviews().hashWithdrawal(PERMIT, address(escrow), 1), key);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotRegulator.selector, vm.addr(key)));
        vm.prank(caller);
        reviews().withdrawContract(PERMIT, address(escrow), 1, one);
    }

    function test_whatIsNotApprovedIsNotWithdrawn() public {
        vm.expectRevert(abi.encodeWithSelector(IContractReviews.NotApproved.selector, address(escrow)));
        vm.prank(REGISTRAR);
        reviews().withdrawContract(PERMIT, address(escrow), 0, new bytes[](0));
    }

    function test_aLateWithdrawalDoesNotMeetANewerApproval() public {
        approve(address(escrow));
        approve(address(escrow));
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.WrongNonce.selector, 2, 1));
        vm.prank(REGISTRAR);
        reviews().withdrawContract(PERMIT, address(escrow), 1, new bytes[](0));
    }

    function test_theBookIsMadeByItsSupervisor() public view {
        eq(reviews().supervisor(), address(supervisor), "supervisor");
    }

    function test_haltedAndWindDownStillHold() public {
        approve(address(escrow));
        depositBy(aida, 10 * ONE);
        publishState(State.WIND_DOWN);
        expectRule(Clause.WIND_DOWN, shop);
        payOutBy(aida, shop, ONE);
        payOutBy(aida, aida, ONE);
    }

    // ---- helpers ----

    function depositBy(address who, uint256 amount) private {
        vm.prank(who, who);
        escrow.deposit(amount);
    }

    function payOutBy(address who, address to, uint256 amount) private {
        vm.prank(who, who);
        escrow.payOut(to, amount);
    }

    function list(address one) private pure returns (address[] memory all) {
        all = new address[](1);
        all[0] = one;
    }

    function expectUnapproved(ContractApproval memory approval, bytes[] memory signatures, bytes memory reason)
        private
    {
        IContractReviews book = reviews();
        vm.expectRevert(reason);
        book.approveContract(approval, signatures);
    }
}
