// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {DigitalSom} from "../src/DigitalSom.sol";
import {Clause, State} from "../src/lib/Words.sol";
import {IDigitalSom} from "../src/synak/IDigitalSom.sol";
import {Asset, Terms} from "../src/synak/ISupervisor.sol";
import {Further} from "../src/synak/IFurtherLimits.sol";
import {FurtherWorld} from "./support/FurtherWorld.sol";

/// @notice The digital som: two tiers, registered wallets only, then the Supervisor.
contract DigitalSomTest is FurtherWorld {
    address internal constant CENTRAL = address(0xCB);
    DigitalSom internal som;
    address internal bank;
    address internal aida;
    address internal shop;

    function setUp() public override {
        super.setUp();
        som = new DigitalSom(address(supervisor), CENTRAL);
        vm.prank(ADMIN);
        supervisor.registerToken(address(som));
        Terms memory terms = terms1();
        terms.assets[0].token = address(som);
        (terms.assets[0].perTransaction, terms.assets[0].customerCap) = (500_000, 2_000_000);
        publish(terms);
        (bank, aida, shop) = (institution(), customer(), merchant());
        vm.prank(CENTRAL);
        som.registerBank(bank, true);
        open(aida);
        open(shop);
        vm.prank(CENTRAL);
        som.issue(bank, 10_000_000);
        pay(bank, aida, 1_000_000, "");
    }

    function test_itHasTwoDecimals() public view {
        eq(som.decimals(), 2, "decimals");
    }

    function test_registeredWalletsPayUpToTheLimit() public {
        pay(aida, shop, 500_000, "");
        eq(som.balanceOf(shop), 500_000, "balance");
    }

    function test_theSupervisorsLimitHoldsHereToo() public {
        expectLimit(Clause.PER_TRANSACTION, 500_000, 0, 500_001, 0);
        vm.prank(aida, aida);
        som.transfer(shop, 500_001);
    }

    function test_aMemberWithoutAWalletIsRefused() public {
        address bek = customer();
        pay(aida, bek, 1, abi.encodeWithSelector(IDigitalSom.NotRegistered.selector, bek));
        pay(bek, aida, 0, abi.encodeWithSelector(IDigitalSom.NotRegistered.selector, bek));
    }

    function test_aWalletThatIsNoMemberIsRefused() public {
        address stranger = vm.addr(STRANGER);
        open(stranger);
        expectRule(Clause.NOT_A_MEMBER, stranger);
        vm.prank(aida, aida);
        som.transfer(stranger, 1);
    }

    function test_aWaterfallEndsInARegisteredWalletOnly() public {
        address desk = settlement();
        Terms memory terms = supervisor.termsOf(PERMIT);
        (terms.version, terms.assets[0].customerCap) = (2, 1_000_000);
        Further memory further = none();
        (further.assets[0].token, further.assets[0].waterfall) = (address(som), true);
        publish(terms, further);
        pay(bank, aida, 7, abi.encodeWithSelector(IDigitalSom.NotRegistered.selector, desk));
        open(desk);
        pay(bank, aida, 7, "");
        eq(som.balanceOf(aida), 1_000_000, "the cap");
        eq(som.balanceOf(desk), 7, "the excess");
    }

    function test_everybodyRedeemsAlsoInWindDown() public {
        Terms memory terms = supervisor.termsOf(PERMIT);
        (terms.version, terms.state) = (2, State.WIND_DOWN);
        publish(terms);
        vm.prank(aida);
        som.redeem(1_000_000);
        eq(som.balanceOf(aida), 0, "balance");
    }

    function testFuzz_onlyTheCentralBankIssuesAndRegistersBanks(address caller) public {
        vm.assume(caller != CENTRAL);
        bytes memory reason = abi.encodeWithSelector(IDigitalSom.NotCentralBank.selector, caller);
        vm.expectRevert(reason);
        vm.prank(caller);
        som.issue(bank, 1);
        vm.expectRevert(reason);
        vm.prank(caller);
        som.registerBank(caller, true);
    }

    function test_issuedOnlyToBanks() public {
        vm.expectRevert(abi.encodeWithSelector(IDigitalSom.NotBank.selector, aida));
        vm.prank(CENTRAL);
        som.issue(aida, 1);
    }

    function testFuzz_onlyBanksOpenWallets(address caller) public {
        vm.assume(caller != CENTRAL && caller != bank);
        vm.expectRevert(abi.encodeWithSelector(IDigitalSom.NotBank.selector, caller));
        vm.prank(caller);
        som.registerWallet(caller, true);
    }

    function test_aBankClosesOnlyItsOwnEmptyWallets() public {
        address rival = institution();
        vm.prank(CENTRAL);
        som.registerBank(rival, true);
        vm.expectRevert(abi.encodeWithSelector(IDigitalSom.NotYourWallet.selector, aida, bank));
        vm.prank(rival);
        som.registerWallet(aida, false);
        vm.expectRevert(abi.encodeWithSelector(IDigitalSom.NotYourWallet.selector, aida, bank));
        vm.prank(rival);
        som.registerWallet(aida, true);
        vm.expectRevert(abi.encodeWithSelector(IDigitalSom.StillHolding.selector, aida, 1_000_000));
        vm.prank(bank);
        som.registerWallet(aida, false);
        vm.prank(aida);
        som.redeem(1_000_000);
        vm.prank(bank);
        som.registerWallet(aida, false);
        yes(!som.isWallet(aida), "closed");
    }

    function test_theCentralBankTakesAWalletOver() public {
        vm.prank(CENTRAL);
        som.registerWallet(aida, true);
        eq(som.keeperOf(aida), CENTRAL, "keeper");
    }

    function test_aBankIsStruckOffOnlyWhenEmptyAndIsNoPlainWallet() public {
        vm.expectRevert(abi.encodeWithSelector(IDigitalSom.StillHolding.selector, bank, 9_000_000));
        vm.prank(CENTRAL);
        som.registerBank(bank, false);
        vm.expectRevert(abi.encodeWithSelector(IDigitalSom.WalletUnfit.selector, bank));
        vm.prank(CENTRAL);
        som.registerWallet(bank, false);
        vm.prank(bank);
        som.redeem(9_000_000);
        vm.prank(CENTRAL);
        som.registerBank(bank, false);
        yes(!som.isBank(bank) && !som.isWallet(bank), "struck off");
    }

    function test_zeroAndTheTokenAreNoWallets() public {
        address[2] memory unfit = [address(0), address(som)];
        for (uint256 i = 0; i < unfit.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDigitalSom.WalletUnfit.selector, unfit[i]));
            vm.prank(bank);
            som.registerWallet(unfit[i], true);
        }
    }

    function test_twoAssetsOfOnePermitAreCountedApart() public {
        Terms memory terms = supervisor.termsOf(PERMIT);
        Asset memory other = supervisor.termsOf(PERMIT).assets[0];
        (other.token, other.customerCap) = (address(kgst), 5);
        terms.version = 2;
        Asset[] memory both = new Asset[](2);
        (both[0], both[1]) = (terms.assets[0], other);
        terms.assets = both;
        publish(terms);
        issue(aida, 5);
        pay(aida, shop, 500_000, "");
        eq(volume(), 0, "KGST volume");
    }

    function open(address wallet) internal {
        vm.prank(bank);
        som.registerWallet(wallet, true);
    }

    function pay(address from, address to, uint256 amount, bytes memory refused) internal {
        if (refused.length != 0) vm.expectRevert(refused);
        vm.prank(from, from);
        som.transfer(to, amount);
    }
}
