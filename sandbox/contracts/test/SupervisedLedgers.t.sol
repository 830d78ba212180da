// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {SupervisedLedgers} from "../src/SupervisedLedgers.sol";
import {Clause, State} from "../src/lib/Words.sol";
import {ISupervisedLedgers} from "../src/synak/ISupervisedLedgers.sol";
import {ISupervisor, Terms} from "../src/synak/ISupervisor.sol";
import {SupervisedLedger} from "../src/synak/SupervisedLedger.sol";
import {Iou, LedgerWorld, Pool, SilentPool} from "./support/LedgerWorld.sol";

/// @notice Money that a contract holds for many: limits go on inside it, and lies do not pay.
contract SupervisedLedgersTest is LedgerWorld {
    address internal aida;
    address internal bek;
    address internal shop;
    Pool internal pool;

    function setUp() public override {
        super.setUp();
        publish(terms1());
        (aida, bek, shop) = (customer(), customer(), merchant());
        pool = new Pool(kgst, supervisor);
        admit(address(pool));
        issue(aida, 10_000 * ONE);
        allow(aida, address(pool));
        allow(bek, address(pool));
    }

    function _deposit(address who, uint256 amount) internal {
        vm.prank(who, who);
        pool.deposit(amount);
    }

    function _payInside(address from, address to, uint256 amount) internal {
        vm.prank(from, from);
        pool.pay(to, amount);
    }

    // ---- the reference ----

    function test_aDepositStaysInThePersonsPocket() public {
        _deposit(aida, 6_000 * ONE);
        eq(claim(address(pool), aida), 6_000 * ONE, "claim");
        eq(held(aida), 10_000 * ONE, "a claim is held by the person");
        eq(volume(), 0, "no payment");
        eq(outstanding(), 10_000 * ONE, "outstanding as before");
        vm.prank(aida, aida);
        pool.withdraw(6_000 * ONE);
        eq(claim(address(pool), aida), 0, "paid out");
        eq(held(aida), 10_000 * ONE, "held as before");
        eq(volume(), 0, "still no payment");
    }

    function test_aPaymentInsideIsAPayment() public {
        _deposit(aida, 6_000 * ONE);
        _payInside(aida, bek, 5_000 * ONE);
        eq(volume(), 5_000 * ONE, "counted");
        eq(held(aida), 5_000 * ONE, "payer");
        eq(held(bek), 5_000 * ONE, "payee");
        eq(claim(address(pool), bek), 5_000 * ONE, "claim");
        vm.prank(bek, bek);
        pool.withdraw(5_000 * ONE);
        eq(kgst.balanceOf(bek), 5_000 * ONE, "and can be taken out");
    }

    function test_thePerTransactionLimitHoldsInside() public {
        _deposit(aida, 6_000 * ONE);
        expectLimit(Clause.PER_TRANSACTION, 5_000 * ONE, 0, 5_000 * ONE + 1, 0);
        _payInside(aida, bek, 5_000 * ONE + 1);
        _payInside(aida, bek, 5_000 * ONE);
    }

    function test_theHoldingCapCountsClaims() public {
        Terms memory terms = terms1();
        terms.assets[0].customerCap = 10_000 * ONE;
        publish(terms);
        _deposit(aida, 6_000 * ONE);
        expectLimit(Clause.CUSTOMER_CAP, 10_000 * ONE, 10_000 * ONE, 1, 0);
        issue(aida, 1);
        issue(bek, 6_000 * ONE);
        _payInside(aida, bek, 4_000 * ONE);
        expectLimit(Clause.CUSTOMER_CAP, 10_000 * ONE, 10_000 * ONE, 1, 0);
        _payInside(aida, bek, 1);
    }

    function test_theDaysVolumeHoldsInsideAndOutsideTogether() public {
        Terms memory terms = terms1();
        terms.assets[0].windowVolume = 3_000 * ONE;
        publish(terms);
        _deposit(aida, 6_000 * ONE);
        pay(aida, shop, 1_000 * ONE);
        _payInside(aida, bek, 2_000 * ONE);
        uint64 free = uint64((time() / 30 minutes + 49) * 30 minutes);
        expectLimit(Clause.WINDOW_VOLUME, 3_000 * ONE, 3_000 * ONE, 1, free);
        _payInside(aida, bek, 1);
    }

    function test_aMerchantIsPaidInside() public {
        _deposit(aida, 6_000 * ONE);
        _payInside(aida, shop, 4_000 * ONE);
        eq(outstanding(), 6_000 * ONE, "what the merchant has is not owed to customers");
        vm.prank(shop, shop);
        pool.withdraw(4_000 * ONE);
        eq(outstanding(), 6_000 * ONE, "and taking it out changes nothing");
        eq(kgst.balanceOf(shop), 4_000 * ONE, "paid");
    }

    function test_feesAndRewardsAreThePoolsOwnShare() public {
        _deposit(aida, 6_000 * ONE);
        vm.prank(aida, aida);
        pool.charge(100 * ONE);
        eq(volume(), 100 * ONE, "a fee is a payment");
        expectClaim(100 * ONE, 100 * ONE + 1);
        pool.reward(bek, 100 * ONE + 1);
        pool.reward(bek, 60 * ONE);
        eq(claim(address(pool), bek), 60 * ONE, "rewarded");
        (uint256 persons, uint256 own) = ledgers.claimsOf(address(pool), address(kgst));
        eq(persons, 5_960 * ONE, "all persons");
        eq(own, 40 * ONE, "own");
        address treasury = settlement();
        expectClaim(40 * ONE, 40 * ONE + 1);
        pool.payOut(treasury, 40 * ONE + 1);
        pool.payOut(treasury, 40 * ONE);
    }

    function test_nobodyIsPaidMoreThanTheClaim() public {
        _deposit(aida, 6_000 * ONE);
        expectClaim(6_000 * ONE, 6_000 * ONE + 1);
        _payInside(aida, bek, 6_000 * ONE + 1);
        expectClaim(0, 1);
        pool.payOut(bek, 1);
    }

    // ---- attacks: a pool that tells nobody, a token of one's own ----

    function test_anUnreportedPoolPaysOnlyThoseWhoPaidIn() public {
        SilentPool silent = new SilentPool(kgst);
        admit(address(silent));
        allow(aida, address(silent));
        vm.prank(aida, aida);
        silent.deposit(6_000 * ONE);
        vm.prank(aida, aida);
        silent.pay(bek, 6_000 * ONE);
        expectClaim(0, 6_000 * ONE);
        vm.prank(bek, bek);
        silent.withdraw(6_000 * ONE);
        address treasury = settlement();
        expectClaim(0, ONE);
        silent.send(treasury, ONE);
        silent.send(aida, 6_000 * ONE);
        eq(kgst.balanceOf(aida), 10_000 * ONE, "home to whom it came from");
    }

    function test_withoutTheTermTheSamePoolPassesUnseen() public {
        SilentPool silent = new SilentPool(kgst);
        registerContract(address(silent));
        allow(aida, address(silent));
        vm.prank(aida, aida);
        silent.deposit(5_000 * ONE);
        vm.prank(aida, aida);
        silent.pay(bek, 5_000 * ONE);
        vm.prank(bek, bek);
        silent.withdraw(5_000 * ONE);
        eq(kgst.balanceOf(bek), 5_000 * ONE, "what the term is for");
    }

    function test_anIouTradedElsewhereIsNotRedeemed() public {
        Iou iou = new Iou(kgst);
        admit(address(iou));
        allow(aida, address(iou));
        vm.prank(aida, aida);
        iou.mint(6_000 * ONE);
        vm.prank(aida, aida);
        iou.transfer(bek, 6_000 * ONE);
        expectClaim(0, 6_000 * ONE);
        vm.prank(bek, bek);
        iou.redeem(6_000 * ONE);
    }

    function test_reportingLessPaysLess() public {
        SilentPool silent = new SilentPool(kgst);
        admit(address(silent));
        allow(aida, address(silent));
        vm.prank(aida, aida);
        silent.deposit(6_000 * ONE);
        silent.say(ledgers, aida, bek, ONE);
        expectClaim(ONE, 2 * ONE);
        silent.send(bek, 2 * ONE);
        silent.send(bek, ONE);
    }

    function test_reportsInvolveOnlyPeopleOfThePermit() public {
        SilentPool silent = new SilentPool(kgst);
        admit(address(silent));
        allow(aida, address(silent));
        vm.prank(aida, aida);
        silent.deposit(6_000 * ONE);
        address stranger = vm.addr(STRANGER);
        expectRule(Clause.NOT_A_MEMBER, stranger);
        silent.say(ledgers, aida, stranger, ONE);
        expectRule(Clause.NOT_A_MEMBER, address(pool));
        silent.say(ledgers, aida, address(pool), ONE);
        publish(termsFor(OTHER));
        uint256 key = newKey();
        address cholpon = register(OTHER, key, 1, person(key));
        expectRule(Clause.NOT_A_MEMBER, cholpon);
        silent.say(ledgers, aida, cholpon, ONE);
        Liar liar = new Liar();
        admit(address(liar));
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotToken.selector, address(this)));
        liar.sayToken(ledgers, address(this), aida, bek, ONE);
    }


    function test_onlyOpenLedgersReport() public {
        vm.expectRevert(abi.encodeWithSelector(ISupervisedLedgers.NotLedger.selector, address(this)));
        ledgers.report(address(kgst), aida, bek, ONE);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotSupervisedLedgers.selector, address(this)));
        supervisor.moveClaim(PERMIT, address(kgst), aida, bek, ONE);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotSupervisedLedgers.selector, address(this)));
        supervisor.markLedger(address(pool));
        vm.expectRevert(abi.encodeWithSelector(ISupervisedLedgers.NotSupervisor.selector, address(this)));
        ledgers.moved(PERMIT, 1, address(kgst), aida, address(pool), ONE);
    }

    // ---- states ----

    function test_inWindDownNothingMovesInsideAndEverybodyIsPaidOut() public {
        _deposit(aida, 6_000 * ONE);
        _payInside(aida, bek, 1_000 * ONE);
        publishState(State.WIND_DOWN);
        expectRule(Clause.WIND_DOWN, bek);
        _payInside(aida, bek, ONE);
        pool.payOut(bek, 1_000 * ONE);
        expectClaim(0, 1);
        pool.payOut(bek, 1);
        pool.payOut(aida, 5_000 * ONE);
    }

    function test_aClosedLedgerPaysOutAndNothingElse() public {
        _deposit(aida, 6_000 * ONE);
        close(address(pool));
        vm.expectRevert(SupervisedLedger.NotAdmitted.selector);
        _deposit(aida, ONE);
        expectRule(Clause.LEDGER_CLOSED, address(pool));
        pay(aida, address(pool), ONE);
        vm.expectRevert(abi.encodeWithSelector(ISupervisedLedgers.NotLedger.selector, address(pool)));
        _payInside(aida, bek, ONE);
        vm.prank(aida, aida);
        pool.withdraw(6_000 * ONE);
    }

    function test_aPersonWithAClaimIsNotReleased() public {
        _deposit(aida, 10_000 * ONE);
        vm.prank(REGISTRAR);
        vm.expectRevert(
            abi.encodeWithSelector(ISupervisor.StillHolding.selector, aida, address(kgst), 10_000 * ONE)
        );
        supervisor.release(aida);
        vm.prank(aida, aida);
        pool.withdraw(10_000 * ONE);
        redeem(aida, 10_000 * ONE);
        vm.prank(REGISTRAR);
        supervisor.release(aida);
    }

    // ---- who admits ----

    function test_theLedgersAreMadeOnceByTheAdmin() public {
        bytes memory creation = abi.encodePacked(type(SupervisedLedgers).creationCode, abi.encode(supervisor));
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotAdmin.selector, address(this)));
        supervisor.makeLedgers(creation);
        vm.prank(ADMIN);
        vm.expectRevert();
        supervisor.makeLedgers(creation);
        eq(ledgers.supervisor(), address(supervisor), "theirs");
    }

    function test_admittingNeedsTwoAndAContractOfThePermit() public {
        SilentPool silent = new SilentPool(kgst);
        bytes[] memory two = admission(address(silent), 0);
        vm.expectRevert(abi.encodeWithSelector(ISupervisedLedgers.LedgerUnfit.selector, address(silent)));
        ledgers.admitLedger(PERMIT, address(silent), 0, two);
        registerContract(address(silent));
        bytes[] memory one = signed(ledgers.hashAdmission(PERMIT, address(silent), 0), FIRST);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.SignatureCount.selector, 1, 2));
        ledgers.admitLedger(PERMIT, address(silent), 0, one);
        bytes[] memory strange = signed(ledgers.hashAdmission(PERMIT, address(silent), 0), FIRST, STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotRegulator.selector, vm.addr(STRANGER)));
        ledgers.admitLedger(PERMIT, address(silent), 0, strange);
        ledgers.admitLedger(PERMIT, address(silent), 0, two);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.WrongNonce.selector, 1, 0));
        ledgers.admitLedger(PERMIT, address(silent), 0, two);
        bytes[] memory again = admission(address(silent), 1);
        vm.expectRevert(abi.encodeWithSelector(ISupervisedLedgers.AlreadyLedger.selector, address(silent)));
        ledgers.admitLedger(PERMIT, address(silent), 1, again);
    }

    function test_whatALedgerHeldBeforeIsItsOwnShare() public {
        SilentPool silent = new SilentPool(kgst);
        registerContract(address(silent));
        pay(aida, address(silent), ONE);
        bytes[] memory two = admission(address(silent), 0);
        ledgers.admitLedger(PERMIT, address(silent), 0, two);
        (uint256 persons, uint256 own) = ledgers.claimsOf(address(silent), address(kgst));
        eq(persons, 0, "nobody's claim");
        eq(own, ONE, "own share");
        expectClaim(0, ONE);
        silent.send(aida, ONE);
        silent.say(ledgers, address(silent), aida, ONE);
        silent.send(aida, ONE);
    }

    function test_underReviewALedgerNeedsNoApproval() public {
        Terms memory terms = terms1();
        terms.contractReview = true;
        publish(terms);
        _deposit(aida, 6_000 * ONE);
        _payInside(aida, bek, ONE);
        vm.prank(bek, bek);
        pool.withdraw(ONE);
        SilentPool other = new SilentPool(kgst);
        registerContract(address(other));
        expectRule(Clause.CONTRACT_REVIEW, address(other));
        pay(aida, address(other), ONE);
    }

    // ---- whatever is done, nothing is made and nothing is lost ----

    function testFuzz_claimsAndHoldingsAgree(uint256 seed) public {
        address[3] memory people = [aida, bek, shop];
        for (uint256 step = 0; step < 12; ++step) {
            seed = uint256(keccak256(abi.encode(seed, step)));
            address one = people[seed % 3];
            address two = people[(seed >> 8) % 3];
            uint256 amount = (seed >> 16) % (3_000 * ONE);
            uint256 what = (seed >> 128) % 4;
            vm.prank(one, one);
            if (what == 0) try pool.deposit(amount) {} catch {}
            else if (what == 1) try pool.pay(two, amount) {} catch {}
            else if (what == 2) try pool.withdraw(amount) {} catch {}
            else try kgst.transfer(two, amount) {} catch {}
            uint256 all;
            for (uint256 i = 0; i < 3; ++i) {
                uint256 has = kgst.balanceOf(people[i]) + claim(address(pool), people[i]);
                eq(held(people[i]), has, "held is wallets and claims");
                all += claim(address(pool), people[i]);
            }
            (uint256 persons, uint256 own) = ledgers.claimsOf(address(pool), address(kgst));
            eq(persons, all, "the total of claims");
            eq(kgst.balanceOf(address(pool)), persons + own, "covered");
        }
    }
}

/// @notice Reports a token that is none.
contract Liar {
    function sayToken(ISupervisedLedgers ledgers, address token, address from, address to, uint256 amount) external {
        ledgers.report(token, from, to, amount);
    }
}
