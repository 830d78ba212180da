// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Clause, Kind} from "../src/lib/Words.sol";
import {ISupervisor} from "../src/synak/ISupervisor.sol";
import {EagerFactory, Escrow, Factory} from "./support/Products.sol";
import {World} from "./support/World.sol";

/// @notice Who may pay whom, and which unknown contracts join by being paid.
contract MembershipTest is World {
    address internal aida;
    address internal foreign;

    function setUp() public override {
        super.setUp();
        publish(terms1());
        publish(termsFor(OTHER));
        aida = customer();
        uint256 key = newKey();
        foreign = register(OTHER, key, Kind.CUSTOMER, person(key));
        issue(aida, 10_000 * ONE);
        issue(foreign, 10_000 * ONE);
    }

    function test_anUnknownWalletIsRefused() public {
        expectRule(Clause.NOT_A_MEMBER, vm.addr(STRANGER));
        pay(aida, vm.addr(STRANGER), 1);
    }

    function test_anUnknownWalletReceivesNoMint() public {
        expectRule(0, Clause.NOT_A_MEMBER, vm.addr(STRANGER));
        issue(vm.addr(STRANGER), 1);
    }

    function test_anotherPermitsMemberIsRefused() public {
        expectRule(Clause.CROSS_PERMIT, foreign);
        pay(aida, foreign, 1);
    }

    function test_institutionsPayAndArePaidByAnyPermit() public {
        address bank = institution();
        pay(aida, bank, 10 * ONE);
        pay(bank, foreign, 10 * ONE);
        pay(bank, institution(), 0);
        eq(kgst.balanceOf(foreign), 10_010 * ONE, "balance");
    }

    function test_anInstitutionPaysNoUnknownContract() public {
        address bank = institution();
        issue(bank, 10);
        Escrow escrow = new Escrow(kgst);
        expectRule(0, Clause.NOT_A_MEMBER, address(escrow));
        pay(bank, address(escrow), 1);
    }

    // ---- joining ----

    function test_aContractPaidByAMemberJoinsItsPermit() public {
        Escrow escrow = new Escrow(kgst);
        vm.expectEmit(address(supervisor));
        emit ISupervisor.Joined(PERMIT, address(escrow), aida);
        pay(aida, address(escrow), 1);
        requireMember(address(escrow), PERMIT, Kind.CONTRACT);
    }

    function test_aJoinedContractIsForeignToOtherPermits() public {
        Escrow escrow = new Escrow(kgst);
        pay(aida, address(escrow), 1);
        expectRule(OTHER, Clause.CROSS_PERMIT, address(escrow));
        pay(foreign, address(escrow), 1);
        expectRule(Clause.CROSS_PERMIT, foreign);
        escrow.payOut(foreign, 1);
    }

    function test_zeroMakesNobodyAMember() public {
        Escrow escrow = new Escrow(kgst);
        expectRule(Clause.NOT_A_MEMBER, address(escrow));
        pay(aida, address(escrow), 0);
    }

    function test_aTransactionSentByAnotherPermitMakesNobodyAMember() public {
        Escrow escrow = new Escrow(kgst);
        expectRule(Clause.NOT_A_MEMBER, address(escrow));
        vm.prank(aida, foreign);
        kgst.transfer(address(escrow), 1);
    }

    function test_aTransactionSentByAStrangerMakesNobodyAMember() public {
        Escrow escrow = new Escrow(kgst);
        expectRule(Clause.NOT_A_MEMBER, address(escrow));
        vm.prank(aida, vm.addr(STRANGER));
        kgst.transfer(address(escrow), 1);
    }

    function test_aContractStillInItsConstructorDoesNotJoin() public {
        EagerFactory factory = new EagerFactory();
        vm.prank(aida);
        kgst.approve(address(factory), NO_LIMIT);
        expectRule(Clause.NOT_A_MEMBER, factory.next());
        vm.prank(aida, aida);
        factory.make(kgst, 1);
    }

    function test_anAddressBeforeItsCodeIsRefusedAndAfterwardsJoins() public {
        Factory factory = new Factory();
        uint256 mark = vm.snapshotState();
        address child = address(factory.make(kgst, "salt"));
        vm.revertToState(mark);
        expectRule(Clause.NOT_A_MEMBER, child);
        pay(aida, child, 1);
        factory.make(kgst, "salt");
        pay(aida, child, 1);
        requireMember(child, PERMIT, Kind.CONTRACT);
    }

    function test_aDestroyedContractStaysAMemberAndItsMoneyCounts() public {
        Escrow escrow = new Escrow(kgst);
        pay(aida, address(escrow), 7);
        escrow.destroy(payable(aida));
        requireMember(address(escrow), PERMIT, Kind.CONTRACT);
        eq(outstanding(), 10_000 * ONE, "outstanding");
    }

    function test_aWalletWithDelegatedCodeDoesNotJoin() public {
        address wallet = vm.addr(STRANGER);
        vm.etch(wallet, abi.encodePacked(hex"ef0100", address(kgst)));
        expectRule(Clause.NOT_A_MEMBER, wallet);
        pay(aida, wallet, 1);
    }

    function test_aContractOfTwentyThreeBytesJoins() public {
        address account = address(0x2323);
        vm.etch(account, new bytes(23));
        pay(aida, account, 1);
        requireMember(account, PERMIT, Kind.CONTRACT);
    }

    function test_neitherATokenNorTheSupervisorJoins() public {
        expectRule(Clause.NOT_A_MEMBER, address(kgst));
        pay(aida, address(kgst), 1);
        expectRule(Clause.NOT_A_MEMBER, address(supervisor));
        pay(aida, address(supervisor), 1);
    }

    // ---- a stranger who pays first takes nothing ----

    function test_theRegistrarTakesOverAContractThatAStrangersPermitPaidFirst() public {
        Escrow escrow = new Escrow(kgst);
        pay(foreign, address(escrow), 5);
        registerContract(address(escrow));
        requireMember(address(escrow), PERMIT, Kind.CONTRACT);
        (, uint256 owed,,) = supervisor.usage(OTHER, address(kgst));
        eq(owed, 10_000 * ONE - 5, "the other permit owes it no more");
        eq(outstanding(), 10_000 * ONE + 5, "this one does");
    }

    function test_aJoinedContractIsTakenOverAsAContractOnly() public {
        Escrow escrow = new Escrow(kgst);
        pay(foreign, address(escrow), 5);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.AlreadyMember.selector, address(escrow)));
        vm.prank(REGISTRAR);
        supervisor.register(PERMIT, address(escrow), Kind.SETTLEMENT, 0, 0, "");
    }

    function test_aRegisteredContractIsNotTakenOver() public {
        Escrow escrow = new Escrow(kgst);
        registerContract(address(escrow));
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.AlreadyMember.selector, address(escrow)));
        vm.prank(REGISTRAR);
        supervisor.register(OTHER, address(escrow), Kind.CONTRACT, 0, 0, "");
    }

    function test_anInstitutionStruckOffMayOnlyRedeem() public {
        address bank = institution();
        issue(bank, 10);
        vm.prank(ADMIN);
        supervisor.registerInstitution(bank, false);
        expectRule(Clause.NOT_A_MEMBER, bank);
        pay(bank, aida, 1);
        redeem(bank, 10);
    }

    function requireMember(address account, bytes32 permit, uint8 kind) internal view {
        (bytes32 found, uint8 foundKind,) = supervisor.memberOf(account);
        eq(found, permit, "permit");
        eq(foundKind, kind, "kind");
    }
}
