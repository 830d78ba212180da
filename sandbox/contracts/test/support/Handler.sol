// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Kind, State} from "../../src/lib/Words.sol";
import {ISupervisor, Terms} from "../../src/synak/ISupervisor.sol";
import {World} from "./World.sol";

/// @notice Holds value and passes it on when told: a product's contract.
contract Vault {}

/// @title Random people, regulators and time, beside an oracle that counts for itself.
///
/// The oracle knows only what was asked and what came of it: exact times of payments, and balances.
/// It never reads the Supervisor's counters except to compare them.
contract Handler is World {
    struct Counted {
        uint256 at;
        uint256 amount;
    }

    address[] public wallets;
    uint8[] public kinds;
    bytes32[] public persons;
    Counted[] private _log;
    /// @dev What each person sent in this transaction: a handler's call is one transaction.
    mapping(uint256 call => mapping(bytes32 who => uint256)) private _sent;
    uint256 private _calls;

    uint256 public passed;
    uint256 public refusedByLimit;
    uint256 public refusedByRule;

    function setUp() public override {
        super.setUp();
        Terms memory terms = terms1();
        (terms.end, terms.assets[0].windowVolume) = (type(uint64).max, 12_000 * ONE);
        terms.assets[0].outstandingCap = 60_000 * ONE;
        publish(terms);
        for (uint256 i = 0; i < 6; ++i) {
            // Wallets 0 to 2 are one person's.
            addPerson(Kind.CUSTOMER, person(i < 3 ? 0 : i));
        }
        addPerson(Kind.MERCHANT, person(100));
        addPerson(Kind.MERCHANT, person(100));
        addPerson(Kind.MERCHANT, person(101));
        add(settlement(), Kind.SETTLEMENT, 0);
        for (uint256 i = 0; i < 2; ++i) {
            address vault = address(new Vault());
            registerContract(vault);
            add(vault, Kind.CONTRACT, 0);
        }
        add(institution(), Kind.INSTITUTION, 0);
    }

    function count() external view returns (uint256) {
        return wallets.length;
    }

    /// @notice Exactly what was counted at or after `since`.
    function countedSince(uint256 since) public view returns (uint256 sum) {
        for (uint256 i = _log.length; i > 0 && _log[i - 1].at >= since; --i) {
            sum += _log[i - 1].amount;
        }
    }

    function holdingsOf(bytes32 who) public view returns (uint256 sum) {
        for (uint256 i = 0; i < wallets.length; ++i) {
            if (persons[i] == who) sum += kgst.balanceOf(wallets[i]);
        }
    }

    // ---- what may happen ----

    function mint(uint256 to, uint256 amount) external {
        uint256 payee = to % wallets.length;
        judge(ISSUER, payee, true, abi.encodeCall(kgst.issue, (wallets[payee], within(amount, 0, 25_000 * ONE))));
    }

    function payOnce(uint256 from, uint256 to, uint256 amount) external {
        ++_calls;
        tryPay(from % wallets.length, to % wallets.length, within(amount, 0, 6_000 * ONE));
    }

    /// @notice Several payments of several people in one transaction.
    function payMany(uint256 from, uint256 to, uint256[4] calldata amounts) external {
        ++_calls;
        for (uint256 i = 0; i < amounts.length; ++i) {
            uint256 payer = (from % 5 + (amounts[i] >> 200)) % 5;
            tryPay(payer, (to % wallets.length + i) % wallets.length, within(amounts[i], 0, 3_000 * ONE));
        }
    }

    function burn(uint256 from, uint256 part) external {
        address holder = wallets[from % wallets.length];
        uint256 amount = within(part, 0, kgst.balanceOf(holder));
        vm.prank(holder, holder);
        (bool done,) = address(kgst).call(abi.encodeCall(kgst.redeem, (amount)));
        bool halted = stateNow() == State.HALTED && kinds[from % wallets.length] != Kind.INSTITUTION;
        yes(done != halted, "redemption fails exactly while halted");
    }

    function wait(uint256 seed) external {
        vm.warp(time() + within(seed, 1, 9 hours));
    }

    /// @notice Two regulators publish anything.
    function vary(uint256 seed) external {
        Terms memory terms = supervisor.termsOf(PERMIT);
        terms.version = supervisor.lastVersion(PERMIT) + 1;
        terms.state = seed % 4 == 0 ? uint8(1 + (seed >> 8) % 3) : State.ACTIVE;
        terms.assets[0].windowVolume = within(seed >> 16, 0, 15_000 * ONE);
        terms.assets[0].perTransaction = within(seed >> 32, 1_000 * ONE, 6_000 * ONE);
        terms.assets[0].customerCap = within(seed >> 48, 5_000 * ONE, 20_000 * ONE);
        publish(terms);
    }

    /// @notice One regulator halts, winds down or lowers the window.
    function tighten(uint256 seed) external {
        if (seed % 3 != 0) return;
        Terms memory terms = supervisor.termsOf(PERMIT);
        terms.version = supervisor.lastVersion(PERMIT) + 1;
        terms.state = uint8(within(seed >> 8, stateNow(), State.HALTED));
        terms.assets[0].windowVolume /= 2;
        bytes[] memory one = signed(supervisor.hashTerms(terms), (seed >> 16) % 2 == 0 ? FIRST : SECOND);
        (bool done, bytes memory data) = address(supervisor).call(abi.encodeCall(supervisor.publish, (terms, one)));
        yes(done || bytes4(data) == ISupervisor.LoneActSpent.selector, "a tightening passes or was spent");
    }

    // ---- the oracle ----

    function tryPay(uint256 payer, uint256 payee, uint256 amount) private {
        (address from, address to) = (wallets[payer], wallets[payee]);
        if (kgst.balanceOf(from) < amount) amount = kgst.balanceOf(from);
        bool same = persons[payer] != 0 && persons[payer] == persons[payee];
        bool done = judge(from, payee, !same, abi.encodeCall(kgst.transfer, (to, amount)));
        if (!done || same || kinds[payer] != Kind.CUSTOMER) return;
        Terms memory terms = supervisor.termsOf(PERMIT);
        _log.push(Counted(time(), amount));
        yes(countedSince(time() - 24 hours) <= terms.assets[0].windowVolume || amount == 0, "any 24 hours");
        uint256 sent = _sent[_calls][persons[payer]] += amount;
        yes(sent <= terms.assets[0].perTransaction || amount == 0, "one transaction");
    }

    /// @dev Calls the token; a refusal must be one of the two errors and be right about its numbers.
    function judge(address by, uint256 payee, bool incoming, bytes memory call) private returns (bool done) {
        bytes memory data;
        bool active = stateNow() == State.ACTIVE;
        uint256 before = holdingsOf(persons[payee]);
        vm.prank(by, by);
        (done, data) = address(kgst).call(call);
        if (done) {
            ++passed;
            uint256 held = holdingsOf(persons[payee]);
            bool capped = active && incoming && Kind.isPerson(kinds[payee]) && held > before;
            Terms memory terms = supervisor.termsOf(PERMIT);
            uint256 cap = kinds[payee] == Kind.CUSTOMER ? terms.assets[0].customerCap : terms.assets[0].merchantCap;
            yes(!capped || held <= cap, "a person's cap");
        } else if (bytes4(data) == ISupervisor.LimitExceeded.selector) {
            ++refusedByLimit;
            (uint256 limit, uint256 used, uint256 requested) = numbers(data);
            yes(used + requested > limit, "refused only above the limit");
        } else {
            ++refusedByRule;
            yes(bytes4(data) == ISupervisor.NotPermitted.selector, "no other failure");
        }
    }

    function numbers(bytes memory data)
        private
        pure
        returns (uint256 limit, uint256 used, uint256 requested)
    {
        assembly ("memory-safe") {
            limit := mload(add(data, 0x84))
            used := mload(add(data, 0xa4))
            requested := mload(add(data, 0xc4))
        }
    }

    function addPerson(uint8 kind, bytes32 who) private {
        add(register(PERMIT, newKey(), kind, who), kind, who);
    }

    function add(address wallet, uint8 kind, bytes32 who) private {
        wallets.push(wallet);
        kinds.push(kind);
        persons.push(who);
    }

    // ---- for the invariants ----

    function stateOf() external view returns (uint8) {
        return stateNow();
    }

    function token() external view returns (address) {
        return address(kgst);
    }

    function gate() external view returns (ISupervisor) {
        return supervisor;
    }

    function permit() external pure returns (bytes32) {
        return PERMIT;
    }
}
