// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Supervisor} from "../src/Supervisor.sol";
import {State} from "../src/lib/Words.sol";
import {Asset, ISupervisor, Terms} from "../src/synak/ISupervisor.sol";
import {World} from "./support/World.sol";

/// @notice Whose signatures make terms, and what one signature may do.
contract PublishingTest is World {
    // ---- two signatures ----

    function test_twoRegulatorsPublish() public {
        Terms memory terms = terms1();
        vm.expectEmit(address(supervisor));
        emit ISupervisor.Published(PERMIT, 1, State.ACTIVE, 0);
        publish(terms);
        eq(keccak256(abi.encode(supervisor.termsOf(PERMIT))), keccak256(abi.encode(terms)), "the terms, as signed");
    }

    function test_oneRegulatorDoesNotFoundAPermit() public {
        Terms memory terms = terms1();
        expectUnpublished(
            terms,
            signed(supervisor.hashTerms(terms), FIRST),
            abi.encodeWithSelector(ISupervisor.SignatureCount.selector, 1, 2)
        );
    }

    function test_noSignatureAndThreeAreRefused() public {
        Terms memory terms = terms1();
        bytes32 digest = supervisor.hashTerms(terms);
        expectUnpublished(
            terms, new bytes[](0), abi.encodeWithSelector(ISupervisor.SignatureCount.selector, 0, 1)
        );
        bytes[] memory three = new bytes[](3);
        (three[0], three[1], three[2]) = (signature(FIRST, digest), signature(SECOND, digest), signature(THIRD, digest));
        expectUnpublished(terms, three, abi.encodeWithSelector(ISupervisor.SignatureCount.selector, 3, 1));
    }

    function test_oneRegulatorTwiceIsOne() public {
        Terms memory terms = terms1();
        expectUnpublished(
            terms,
            signed(supervisor.hashTerms(terms), FIRST, FIRST),
            abi.encodeWithSelector(ISupervisor.SignerRepeated.selector, vm.addr(FIRST))
        );
    }

    function test_aMalleatedSignatureIsRefused() public {
        Terms memory terms = terms1();
        bytes32 digest = supervisor.hashTerms(terms);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(FIRST, digest);
        bytes32 other = bytes32(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141 - uint256(s));
        bytes[] memory signatures = signed(digest, FIRST, FIRST);
        signatures[1] = abi.encodePacked(r, other, v == 27 ? 28 : 27);
        expectUnpublished(terms, signatures, abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, other));
    }

    function test_aShortOrEmptySignatureIsRefused() public {
        Terms memory terms = terms1();
        bytes[] memory signatures = signed(supervisor.hashTerms(terms), FIRST, SECOND);
        signatures[1] = hex"00";
        expectUnpublished(
            terms, signatures, abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureLength.selector, 1)
        );
    }

    function test_aStrangersSignatureIsRefused() public {
        Terms memory terms = terms1();
        expectUnpublished(
            terms,
            signed(supervisor.hashTerms(terms), FIRST, STRANGER),
            abi.encodeWithSelector(ISupervisor.NotRegulator.selector, vm.addr(STRANGER))
        );
    }

    function test_aRemovedRegulatorsSignatureIsRefused() public {
        Terms memory terms = terms1();
        bytes[] memory signatures = signed(supervisor.hashTerms(terms), FIRST, THIRD);
        changeRegulator(vm.addr(THIRD), false);
        expectUnpublished(
            terms, signatures, abi.encodeWithSelector(ISupervisor.NotRegulator.selector, vm.addr(THIRD))
        );
    }

    function test_signaturesForOtherTermsAreRefused() public {
        Terms memory terms = terms1();
        bytes[] memory signatures = signed(supervisor.hashTerms(terms), FIRST, SECOND);
        terms.maxCustomers = 21;
        vm.expectRevert();
        supervisor.publish(terms, signatures);
    }

    function test_aPublicationIsNotRepeated() public {
        Terms memory terms = terms1();
        bytes[] memory signatures = signed(supervisor.hashTerms(terms), FIRST, SECOND);
        supervisor.publish(terms, signatures);
        expectUnpublished(terms, signatures, abi.encodeWithSelector(ISupervisor.WrongVersion.selector, 2, 1));
    }

    function test_aVersionIsNotSkipped() public {
        Terms memory terms = terms1();
        terms.version = 2;
        expectUnpublished(terms, abi.encodeWithSelector(ISupervisor.WrongVersion.selector, 1, 2));
    }

    function test_signaturesHoldOnOneChainOnly() public {
        Terms memory terms = terms1();
        bytes[] memory signatures = signed(supervisor.hashTerms(terms), FIRST, SECOND);
        vm.chainId(417);
        vm.expectRevert();
        supervisor.publish(terms, signatures);
    }

    function test_signaturesHoldForOneContractOnly() public {
        Terms memory terms = terms1();
        bytes[] memory signatures = signed(supervisor.hashTerms(terms), FIRST, SECOND);
        address[] memory regulators = new address[](2);
        (regulators[0], regulators[1]) = (vm.addr(FIRST), vm.addr(SECOND));
        Supervisor twin = new Supervisor(ADMIN, REGISTRAR, regulators);
        vm.prank(ADMIN);
        twin.registerToken(address(kgst));
        vm.expectRevert();
        twin.publish(terms, signatures);
    }

    // ---- the form of terms ----

    function test_malformedTermsAreRefused() public {
        Terms memory terms = terms1();
        terms.end = terms.start;
        expectMalformed(terms, "end_before_start");
        terms = terms1();
        terms.permit = 0;
        terms.version = 1;
        expectMalformed(terms, "permit");
        terms = terms1();
        terms.state = State.NONE;
        expectMalformed(terms, "state");
        terms.state = State.HALTED + 1;
        expectMalformed(terms, "state");
        terms = terms1();
        terms.assets[0].windowVolume = type(uint112).max;
        expectMalformed(terms, "limit_too_large");
        terms = terms1();
        terms.assets[0].token = address(supervisor);
        expectMalformed(terms, "token");
    }

    function test_oneAssetTwiceAndTooManyAssetsAreRefused() public {
        Terms memory terms = terms1();
        Asset memory asset = terms.assets[0];
        terms.assets = new Asset[](2);
        (terms.assets[0], terms.assets[1]) = (asset, asset);
        expectMalformed(terms, "duplicate_asset");
        terms.assets = new Asset[](9);
        expectMalformed(terms, "too_many_assets");
    }

    function test_theLargestLimitIsKeptExactly() public {
        Terms memory terms = terms1();
        terms.assets[0].windowVolume = uint256(type(uint112).max) - 1;
        publish(terms);
        eq(supervisor.termsOf(PERMIT).assets[0].windowVolume, uint256(type(uint112).max) - 1, "limit");
    }

    // ---- one signature ----

    function test_oneRegulatorTightensAtOnceAndItLapses() public {
        publish(terms1());
        Terms memory terms = terms1();
        terms.assets[0].windowVolume = 1;
        vm.expectEmit(address(supervisor));
        emit ISupervisor.Published(PERMIT, 2, State.ACTIVE, uint64(time() + 72 hours));
        publishAlone(terms, FIRST);
        requireInForce(2, State.ACTIVE, uint64(time() + 72 hours));
        vm.warp(time() + 72 hours - 1);
        requireInForce(2, State.ACTIVE, uint64(time() + 1));
        vm.warp(time() + 1);
        requireInForce(1, State.ACTIVE, 0);
    }

    function test_twoRegulatorsConfirmAnInterim() public {
        publish(terms1());
        Terms memory terms = terms1();
        terms.state = State.HALTED;
        publishAlone(terms, FIRST);
        terms.version = 3;
        publish(terms);
        vm.warp(time() + 73 hours);
        requireInForce(3, State.HALTED, 0);
    }

    function test_twoRegulatorsEndAnInterimAtOnce() public {
        publish(terms1());
        haltAlone(FIRST);
        requireInForce(2, State.HALTED, uint64(time() + 72 hours));
        publishState(State.ACTIVE);
        requireInForce(3, State.ACTIVE, 0);
    }

    function test_aLapsedHaltLeavesTheBase() public {
        publish(terms1());
        haltAlone(FIRST);
        vm.warp(time() + 72 hours);
        requireInForce(1, State.ACTIVE, 0);
    }

    function test_moreTighteningDoesNotProlong() public {
        publish(terms1());
        Terms memory terms = terms1();
        terms.maxCustomers = 5;
        publishAlone(terms, FIRST);
        uint64 until = uint64(time() + 72 hours);
        vm.warp(time() + 71 hours);
        haltAlone(SECOND);
        requireInForce(3, State.HALTED, until);
        vm.warp(until);
        requireInForce(1, State.ACTIVE, 0);
    }

    function test_aLapsedLoneActIsNotRenewedByTheSameRegulator() public {
        publish(terms1());
        haltAlone(FIRST);
        vm.warp(time() + 72 hours);
        Terms memory terms = supervisor.termsOf(PERMIT);
        (terms.version, terms.state) = (3, State.HALTED);
        expectUnpublished(
            terms,
            signed(supervisor.hashTerms(terms), FIRST),
            abi.encodeWithSelector(ISupervisor.LoneActSpent.selector, vm.addr(FIRST))
        );
        publishAlone(terms, SECOND);
    }

    function test_afterTwoHavePublishedALoneActIsFreeAgain() public {
        publish(terms1());
        haltAlone(FIRST);
        publishState(State.ACTIVE);
        haltAlone(FIRST);
        requireInForce(4, State.HALTED, uint64(time() + 72 hours));
    }

    function test_oneRegulatorLoosensNothing() public {
        publish(terms1());
        address token = address(kgst);
        Terms memory terms = terms1();
        terms.end += 1;
        expectLooser(terms, "end", address(0));
        terms = terms1();
        terms.start -= 1;
        expectLooser(terms, "start", address(0));
        terms = terms1();
        terms.maxCustomers += 1;
        expectLooser(terms, "max_customers", address(0));
        terms = terms1();
        terms.maxMerchants = type(uint32).max;
        expectLooser(terms, "max_merchants", address(0));
        terms = terms1();
        terms.assets[0].perTransaction += 1;
        expectLooser(terms, "per_transaction", token);
        terms = terms1();
        terms.assets[0].windowVolume = NO_LIMIT;
        expectLooser(terms, "window_volume", token);
        terms = terms1();
        terms.assets[0].customerCap += 1;
        expectLooser(terms, "customer_cap", token);
        terms = terms1();
        terms.assets[0].merchantCap += 1;
        expectLooser(terms, "merchant_cap", token);
    }

    function test_oneRegulatorLoosensNeitherOutstandingNorScope() public {
        Terms memory terms = terms1();
        terms.assets[0].outstandingCap = 5;
        publish(terms);
        terms = terms1();
        expectLooser(terms, "outstanding", address(kgst));
        terms.assets = new Asset[](0);
        publishAlone(terms, FIRST);
        terms = terms1();
        expectLooser(terms, "asset_scope", address(kgst));
    }

    function test_oneRegulatorDoesNotReinstate() public {
        publish(terms1());
        publishState(State.WIND_DOWN);
        expectLooser(terms1(), "state", address(0));
    }

    function test_oneRegulatorDoesNotLiftAnothersInterim() public {
        publish(terms1());
        haltAlone(FIRST);
        Terms memory terms = terms1();
        terms.state = State.WIND_DOWN;
        expectLooser(terms, "state", address(0));
    }

    function testFuzz_anythingALoneActLeavesIsNoLooser(uint256 transaction, uint256 window, uint32 persons) public {
        publish(terms1());
        Asset memory was = supervisor.termsOf(PERMIT).assets[0];
        Terms memory terms = terms1();
        terms.assets[0].perTransaction = within(transaction, 0, 10_000 * ONE);
        terms.assets[0].windowVolume = within(window, 0, 1_000_000 * ONE);
        terms.maxCustomers = persons;
        bytes[] memory one = signed(supervisor.hashTerms(terms), FIRST);
        (bool done,) = address(supervisor).call(abi.encodeCall(supervisor.publish, (terms, one)));
        Terms memory now_ = supervisor.termsOf(PERMIT);
        yes(now_.assets[0].perTransaction <= was.perTransaction, "per transaction");
        yes(now_.assets[0].windowVolume <= was.windowVolume, "window");
        yes(now_.maxCustomers <= 20, "customers");
        bool tighter = terms.assets[0].perTransaction <= was.perTransaction
            && terms.assets[0].windowVolume <= was.windowVolume && persons <= 20;
        yes(done == tighter, "refused exactly when looser");
    }

    // ---- regulators ----

    function test_twoRegulatorsAdmitAndRemove() public {
        changeRegulator(vm.addr(STRANGER), true);
        yes(supervisor.isRegulator(vm.addr(STRANGER)), "admitted");
        changeRegulator(vm.addr(STRANGER), false);
        yes(!supervisor.isRegulator(vm.addr(STRANGER)), "removed");
    }

    function test_oneRegulatorChangesNoRegulator() public {
        bytes[] memory one = signed(changeDigest(vm.addr(STRANGER), true, 0), FIRST);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.SignatureCount.selector, 1, 2));
        supervisor.changeRegulator(vm.addr(STRANGER), true, 0, one);
    }

    function test_aChangeIsNotRepeated() public {
        bytes[] memory both = signed(changeDigest(vm.addr(THIRD), false, 0), FIRST, SECOND);
        supervisor.changeRegulator(vm.addr(THIRD), false, 0, both);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.WrongNonce.selector, 1, 0));
        supervisor.changeRegulator(vm.addr(THIRD), false, 0, both);
    }

    function test_twoRegulatorsAlwaysRemain() public {
        changeRegulator(vm.addr(THIRD), false);
        bytes[] memory both = signed(changeDigest(vm.addr(SECOND), false, 1), FIRST, SECOND);
        vm.expectRevert(ISupervisor.TooFewRegulators.selector);
        supervisor.changeRegulator(vm.addr(SECOND), false, 1, both);
    }

    function test_aChangeThatChangesNothingIsRefused() public {
        bytes[] memory both = signed(changeDigest(vm.addr(FIRST), true, 0), FIRST, SECOND);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.RegulatorUnchanged.selector, vm.addr(FIRST)));
        supervisor.changeRegulator(vm.addr(FIRST), true, 0, both);
    }

    function test_aSupervisorNeedsTwoDifferentRegulators() public {
        address[] memory regulators = new address[](1);
        regulators[0] = vm.addr(FIRST);
        vm.expectRevert(ISupervisor.TooFewRegulators.selector);
        new Supervisor(ADMIN, REGISTRAR, regulators);
        regulators = new address[](2);
        (regulators[0], regulators[1]) = (vm.addr(FIRST), vm.addr(FIRST));
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.RegulatorUnchanged.selector, vm.addr(FIRST)));
        new Supervisor(ADMIN, REGISTRAR, regulators);
    }

    // ---- helpers ----

    function haltAlone(uint256 key) internal {
        Terms memory terms = supervisor.termsOf(PERMIT);
        terms.version = supervisor.lastVersion(PERMIT) + 1;
        terms.state = State.HALTED;
        publishAlone(terms, key);
    }

    function expectMalformed(Terms memory terms, bytes32 what) internal {
        expectUnpublished(terms, abi.encodeWithSelector(ISupervisor.MalformedTerms.selector, what));
    }

    function expectLooser(Terms memory terms, bytes32 what, address token) internal {
        expectUnpublished(
            terms,
            signed(supervisor.hashTerms(terms), FIRST),
            abi.encodeWithSelector(ISupervisor.LooserThanInForce.selector, what, token)
        );
    }

    function requireInForce(uint64 version, uint8 state, uint64 until) internal view {
        (uint64 foundVersion, uint8 foundState,,, uint64 foundUntil) = supervisor.effective(PERMIT);
        eq(foundVersion, version, "version");
        eq(foundState, state, "state");
        eq(foundUntil, until, "interim until");
    }

    function changeRegulator(address regulator, bool registered) internal {
        uint256 nonce = supervisor.regulatorNonce();
        bytes32 digest = changeDigest(regulator, registered, nonce);
        supervisor.changeRegulator(regulator, registered, nonce, signed(digest, FIRST, SECOND));
    }

    function changeDigest(address regulator, bool registered, uint256 nonce) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Synak"),
                keccak256("2"),
                block.chainid,
                address(supervisor)
            )
        );
        bytes32 body = keccak256(
            abi.encode(
                keccak256("ChangeRegulator(address regulator,bool registered,uint256 nonce)"),
                regulator,
                registered,
                nonce
            )
        );
        return keccak256(abi.encodePacked(bytes2(0x1901), domain, body));
    }
}
