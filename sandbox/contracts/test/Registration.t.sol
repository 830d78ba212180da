// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {KGST} from "../src/KGST.sol";
import {Clause, Kind} from "../src/lib/Words.sol";
import {ISupervisor} from "../src/synak/ISupervisor.sol";
import {Escrow} from "./support/Products.sol";
import {World} from "./support/World.sol";

/// @notice Consent, kinds, persons, what a wallet already holds; and every caller that may not.
contract RegistrationTest is World {
    uint256 internal key;
    address internal wallet;

    function setUp() public override {
        super.setUp();
        publish(terms1());
        key = newKey();
        wallet = vm.addr(key);
    }

    // ---- consent ----

    function test_aConsentingWalletIsRegistered() public {
        register(PERMIT, key, Kind.CUSTOMER, person(1));
        (bytes32 permit, uint8 kind, bytes32 who) = supervisor.memberOf(wallet);
        eq(permit, PERMIT, "permit");
        eq(kind, Kind.CUSTOMER, "kind");
        eq(who, person(1), "person");
    }

    function test_anothersSignatureIsNoConsent() public {
        bytes memory consent =
            signature(STRANGER, supervisor.hashConsent(PERMIT, wallet, person(1), time()));
        expectNoConsent(PERMIT, person(1), time(), consent);
    }

    function test_consentToAnotherPermitPersonOrTimeIsNoConsent() public {
        publish(termsFor(OTHER));
        bytes memory consent = signature(key, supervisor.hashConsent(PERMIT, wallet, person(1), time()));
        expectNoConsent(OTHER, person(1), time(), consent);
        expectNoConsent(PERMIT, person(2), time(), consent);
        expectNoConsent(PERMIT, person(1), time() + 1, consent);
    }

    function test_consentEndsWithItsDeadline() public {
        uint256 deadline = time();
        bytes memory consent = signature(key, supervisor.hashConsent(PERMIT, wallet, person(1), deadline));
        vm.warp(deadline + 1);
        expectNoConsent(PERMIT, person(1), deadline, consent);
    }

    function test_emptyConsentAndMalleatedConsentAreNoConsent() public {
        expectNoConsent(PERMIT, person(1), time(), "");
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(key, supervisor.hashConsent(PERMIT, wallet, person(1), time()));
        bytes32 other = bytes32(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141 - uint256(s));
        expectNoConsent(
            PERMIT, person(1), time(), abi.encodePacked(r, other, v == 27 ? uint8(28) : uint8(27))
        );
    }

    function test_aReleasedWalletIsNotRegisteredAgainByItsOldConsent() public {
        uint256 deadline = time() + 1 hours;
        bytes memory consent = signature(key, supervisor.hashConsent(PERMIT, wallet, person(1), deadline));
        vm.startPrank(REGISTRAR, REGISTRAR);
        supervisor.register(PERMIT, wallet, Kind.CUSTOMER, person(1), deadline, consent);
        supervisor.release(wallet);
        vm.stopPrank();
        expectNoConsent(PERMIT, person(1), deadline, consent);
        register(PERMIT, key, Kind.CUSTOMER, person(2));
    }

    function test_aContractWalletCannotConsent() public {
        Escrow escrow = new Escrow(kgst);
        bytes memory consent =
            signature(key, supervisor.hashConsent(PERMIT, address(escrow), person(1), time()));
        expectRule(Clause.CONSENT, address(escrow));
        vm.prank(REGISTRAR);
        supervisor.register(PERMIT, address(escrow), Kind.CUSTOMER, person(1), time(), consent);
    }

    // ---- kinds and persons ----

    function test_aPersonIsOfOneKind() public {
        register(PERMIT, key, Kind.CUSTOMER, person(1));
        uint256 second = newKey();
        bytes memory consent =
            signature(second, supervisor.hashConsent(PERMIT, vm.addr(second), person(1), time()));
        expectRule(Clause.PERSON_KIND, vm.addr(second));
        vm.prank(REGISTRAR);
        supervisor.register(PERMIT, vm.addr(second), Kind.MERCHANT, person(1), time(), consent);
    }

    function test_aPersonIsNeverZeroAndASettlementWalletHasNone() public {
        expectRegistrarRefused(abi.encodeWithSelector(ISupervisor.PersonMalformed.selector, bytes32(0)));
        supervisor.register(PERMIT, wallet, Kind.CUSTOMER, 0, 0, "");
        expectRegistrarRefused(abi.encodeWithSelector(ISupervisor.PersonMalformed.selector, person(1)));
        supervisor.register(PERMIT, wallet, Kind.SETTLEMENT, person(1), 0, "");
    }

    function test_unknownKindsAreRefused() public {
        uint8[4] memory kinds = [0, Kind.INSTITUTION, 6, 255];
        for (uint256 i = 0; i < kinds.length; ++i) {
            expectRegistrarRefused(abi.encodeWithSelector(ISupervisor.KindUnknown.selector, kinds[i]));
            supervisor.register(PERMIT, wallet, kinds[i], 0, 0, "");
        }
    }

    function test_aContractNeedsCodeOfItsOwn() public {
        expectRegistrarRefused(abi.encodeWithSelector(ISupervisor.WalletUnfit.selector, wallet));
        supervisor.register(PERMIT, wallet, Kind.CONTRACT, 0, 0, "");
    }

    function test_zeroTokensAndTheSupervisorAreNoMembers() public {
        address[3] memory unfit = [address(0), address(kgst), address(supervisor)];
        for (uint256 i = 0; i < unfit.length; ++i) {
            expectRegistrarRefused(abi.encodeWithSelector(ISupervisor.WalletUnfit.selector, unfit[i]));
            supervisor.register(PERMIT, unfit[i], Kind.SETTLEMENT, 0, 0, "");
        }
    }

    function test_aMemberIsNotRegisteredTwiceNorBySomebodyElse() public {
        register(PERMIT, key, Kind.CUSTOMER, person(1));
        publish(termsFor(OTHER));
        expectRegistrarRefused(abi.encodeWithSelector(ISupervisor.AlreadyMember.selector, wallet));
        supervisor.register(OTHER, wallet, Kind.SETTLEMENT, 0, 0, "");
    }

    function test_anUnknownPermitHasNoMembers() public {
        vm.expectRevert(
            abi.encodeWithSelector(ISupervisor.NotPermitted.selector, OTHER, uint64(0), Clause.STATE, wallet)
        );
        vm.prank(REGISTRAR);
        supervisor.register(OTHER, wallet, Kind.SETTLEMENT, 0, 0, "");
    }

    // ---- what a wallet already holds ----

    function test_whatAWalletHoldsIsCountedWhenItIsRegistered() public {
        struckOffWith(15_000 * ONE);
        register(PERMIT, key, Kind.CUSTOMER, person(1));
        eq(supervisor.heldBy(PERMIT, person(1), address(kgst)), 15_000 * ONE, "held");
        eq(outstanding(), 15_000 * ONE, "outstanding");
        expectLimit(Clause.CUSTOMER_CAP, 20_000 * ONE, 15_000 * ONE, 5_000 * ONE + 1, 0);
        issue(wallet, 5_000 * ONE + 1);
    }

    function test_aWalletThatHoldsMoreThanTheCapIsNotRegistered() public {
        struckOffWith(20_000 * ONE + 1);
        bytes memory consent = signature(key, supervisor.hashConsent(PERMIT, wallet, person(1), time()));
        expectLimit(Clause.CUSTOMER_CAP, 20_000 * ONE, 0, 20_000 * ONE + 1, 0);
        vm.prank(REGISTRAR);
        supervisor.register(PERMIT, wallet, Kind.CUSTOMER, person(1), time(), consent);
    }

    // ---- release ----

    function test_onlyAnEmptyWalletIsReleased() public {
        register(PERMIT, key, Kind.CUSTOMER, person(1));
        issue(wallet, 1);
        expectRegistrarRefused(
            abi.encodeWithSelector(ISupervisor.StillHolding.selector, wallet, address(kgst), 1)
        );
        supervisor.release(wallet);
        redeem(wallet, 1);
        vm.prank(REGISTRAR);
        supervisor.release(wallet);
        (, uint8 kind,) = supervisor.memberOf(wallet);
        eq(kind, Kind.NONE, "kind");
    }

    function test_aStrangerIsNotReleased() public {
        expectRegistrarRefused(abi.encodeWithSelector(ISupervisor.NotMember.selector, wallet));
        supervisor.release(wallet);
    }

    // ---- every caller that may not ----

    function testFuzz_onlyTokensAskBeforeTransfer(address caller) public {
        vm.assume(caller != address(kgst));
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotToken.selector, caller));
        vm.prank(caller);
        supervisor.beforeTransfer(ADMIN, address(0), wallet, 1);
    }

    function testFuzz_onlyTheAdminRegistersTokensAndInstitutions(address caller) public {
        vm.assume(caller != ADMIN);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotAdmin.selector, caller));
        vm.prank(caller);
        supervisor.registerToken(address(this));
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotAdmin.selector, caller));
        vm.prank(caller);
        supervisor.registerInstitution(caller, true);
    }

    function testFuzz_onlyTheRegistrarRegistersAndReleases(address caller) public {
        vm.assume(caller != REGISTRAR);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotRegistrar.selector, caller));
        vm.prank(caller);
        supervisor.register(PERMIT, wallet, Kind.SETTLEMENT, 0, 0, "");
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotRegistrar.selector, caller));
        vm.prank(caller);
        supervisor.release(wallet);
    }

    function testFuzz_onlyTheIssuerIssues(address caller) public {
        vm.assume(caller != ISSUER);
        vm.expectRevert(abi.encodeWithSignature("NotIssuer(address)", caller));
        vm.prank(caller);
        kgst.issue(caller, 1);
    }

    // ---- tokens and institutions ----

    function test_unfitTokensAreRefused() public {
        address[2] memory unfit = [address(kgst), wallet];
        for (uint256 i = 0; i < unfit.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISupervisor.TokenUnfit.selector, unfit[i]));
            vm.prank(ADMIN);
            supervisor.registerToken(unfit[i]);
        }
    }

    function test_sixteenTokensAndNotOneMore() public {
        for (uint256 i = 1; i < 16; ++i) {
            address token = address(new KGST(address(supervisor), ISSUER));
            vm.prank(ADMIN);
            supervisor.registerToken(token);
        }
        address last = address(new KGST(address(supervisor), ISSUER));
        vm.expectRevert(ISupervisor.TooManyTokens.selector);
        vm.prank(ADMIN);
        supervisor.registerToken(last);
    }

    function test_aMemberIsNoInstitutionAndAnInstitutionNoMember() public {
        register(PERMIT, key, Kind.CUSTOMER, person(1));
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.AlreadyMember.selector, wallet));
        vm.prank(ADMIN);
        supervisor.registerInstitution(wallet, true);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotMember.selector, wallet));
        vm.prank(ADMIN);
        supervisor.registerInstitution(wallet, false);
        address bank = institution();
        expectRegistrarRefused(abi.encodeWithSelector(ISupervisor.AlreadyMember.selector, bank));
        supervisor.register(PERMIT, bank, Kind.SETTLEMENT, 0, 0, "");
    }

    function test_aTokenThatIsNotRegisteredMovesNothing() public {
        KGST other = new KGST(address(supervisor), ISSUER);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotToken.selector, address(other)));
        vm.prank(ISSUER);
        other.issue(wallet, 1);
    }

    function test_wantOfBalanceIsToldBeforeTheLimit() public {
        register(PERMIT, key, Kind.CUSTOMER, person(1));
        address shop = merchant();
        issue(wallet, 1);
        vm.expectRevert(
            abi.encodeWithSignature("ERC20InsufficientBalance(address,uint256,uint256)", wallet, 1, 9_000 * ONE)
        );
        pay(wallet, shop, 9_000 * ONE);
    }

    // ---- helpers ----

    function expectRegistrarRefused(bytes memory reason) internal {
        vm.expectRevert(reason);
        vm.prank(REGISTRAR);
    }

    function expectNoConsent(bytes32 permit, bytes32 who, uint256 deadline, bytes memory consent) internal {
        expectRule(permit, Clause.CONSENT, wallet);
        vm.prank(REGISTRAR);
        supervisor.register(permit, wallet, Kind.CUSTOMER, who, deadline, consent);
    }

    /// @dev The wallet was an institution with money once.
    function struckOffWith(uint256 amount) internal {
        vm.prank(ADMIN);
        supervisor.registerInstitution(wallet, true);
        issue(wallet, amount);
        vm.prank(ADMIN);
        supervisor.registerInstitution(wallet, false);
    }
}
