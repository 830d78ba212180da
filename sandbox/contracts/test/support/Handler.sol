// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Kind, State} from "../../src/lib/Words.sol";
import {ISupervisor, Terms} from "../../src/synak/ISupervisor.sol";
import {Further} from "../../src/synak/IFurtherLimits.sol";
import {FurtherWorld} from "./FurtherWorld.sol";

/// @notice Holds value and passes it on when told: a product's contract.
contract Vault {}

/// @notice Several payments of several people in one transaction; a refused one does not stop the next.
contract Batch {
    struct Tried {
        uint256 amount;
        bool done;
        bytes data;
    }

    function run(IERC20 token, address[] calldata from, address[] calldata to, uint256[] calldata amounts)
        external
        returns (Tried[] memory tried)
    {
        tried = new Tried[](from.length);
        for (uint256 i = 0; i < from.length; ++i) {
            uint256 balance = token.balanceOf(from[i]);
            uint256 amount = balance < amounts[i] ? balance : amounts[i];
            (bool done, bytes memory data) =
                address(token).call(abi.encodeCall(token.transferFrom, (from[i], to[i], amount)));
            tried[i] = Tried(amount, done, data);
        }
    }
}

/// @title Random people, regulators and time, beside an oracle that counts for itself.
///
/// forge makes each call that the handler makes a transaction of its own, so several payments of one
/// transaction go through Batch. The oracle knows only what was asked and what came of it: exact times of payments, and balances.
/// It never reads the Supervisor's counters except to compare them.
contract Handler is FurtherWorld {
    /// @dev `day`, `week`, `month`: whether the terms of that moment limited them.
    struct Counted {
        uint256 moment;
        uint256 amount;
        bytes32 who;
        bool day;
        bool week;
        bool month;
    }

    address[] public wallets;
    uint8[] public kinds;
    bytes32[] public persons;
    Counted[] private _log;
    mapping(bytes32 who => bytes2) private _residence;
    mapping(bytes32 who => uint8) private _level;
    /// @dev What each person sent in each batch: forge makes each call from here a transaction.
    mapping(uint256 batch => mapping(bytes32 who => uint256)) private _sent;
    uint256 private _batches;
    Batch private _batch;

    uint256 public passed;
    uint256 public refusedByLimit;
    uint256 public refusedByRule;

    function setUp() public override {
        super.setUp();
        Terms memory terms = terms1();
        (terms.end, terms.assets[0].windowVolume) = (type(uint64).max, 12_000 * ONE);
        terms.assets[0].outstandingCap = 60_000 * ONE;
        publish(terms);
        _batch = new Batch();
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

    function size() external view returns (uint256) {
        return wallets.length;
    }

    /// @notice Exactly what was counted at or after `since`.
    function countedSince(uint256 since) public view returns (uint256 sum) {
        for (uint256 i = _log.length; i > 0 && _log[i - 1].moment >= since; --i) {
            sum += _log[i - 1].amount;
        }
    }

    /// @notice Exactly what one person paid while its day was limited, at or after `since`.
    function dayOf(bytes32 who, uint256 since) public view returns (uint256 sum) {
        for (uint256 i = _log.length; i > 0 && _log[i - 1].moment >= since; --i) {
            if (_log[i - 1].day && _log[i - 1].who == who) sum += _log[i - 1].amount;
        }
    }

    /// @notice Exactly what all paid while a week, or a month, was limited, at or after `since`.
    function longerSince(bool month, uint256 since) public view returns (uint256 sum) {
        for (uint256 i = _log.length; i > 0 && _log[i - 1].moment >= since; --i) {
            if (month ? _log[i - 1].month : _log[i - 1].week) sum += _log[i - 1].amount;
        }
    }

    /// @notice Exactly what one person paid in the whole trial.
    function totalOf(bytes32 who) public view returns (uint256 sum) {
        for (uint256 i = 0; i < _log.length; ++i) {
            if (_log[i].who == who) sum += _log[i].amount;
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
        judge(ISSUER, payee, true, abi.encodeCall(kgst.issue, (wallets[payee], within(amount, 0, 9_000 * ONE))));
    }

    function payOnce(uint256 from, uint256 to, uint256 amount) external {
        (uint256 payer, uint256 payee) = (from % wallets.length, to % wallets.length);
        amount = within(amount, 0, 6_000 * ONE);
        if (kgst.balanceOf(wallets[payer]) < amount) amount = kgst.balanceOf(wallets[payer]);
        bool same = persons[payer] != 0 && persons[payer] == persons[payee];
        bool done = judge(wallets[payer], payee, !same, abi.encodeCall(kgst.transfer, (wallets[payee], amount)));
        ++_batches;
        if (done) count(payer, payee, amount);
    }

    /// @notice Several payments of several customers in one transaction.
    function payMany(uint256 from, uint256 to, uint256[4] calldata seeds) external {
        address[] memory payers = new address[](4);
        address[] memory payees = new address[](4);
        uint256[] memory amounts = new uint256[](4);
        for (uint256 i = 0; i < 4; ++i) {
            payers[i] = wallets[payerOf(from, seeds[i])];
            payees[i] = wallets[(to % wallets.length + i) % wallets.length];
            amounts[i] = within(seeds[i], 0, 4_000 * ONE);
        }
        vm.prank(payers[0], payers[0]);
        Batch.Tried[] memory tried = _batch.run(kgst, payers, payees, amounts);
        ++_batches;
        for (uint256 i = 0; i < 4; ++i) {
            if (!tried[i].done) judgeRefusal(tried[i].data);
            else count(payerOf(from, seeds[i]), (to % wallets.length + i) % wallets.length, tried[i].amount);
        }
    }

    /// @dev Half of the time the wallets of one person, else those of several.
    function payerOf(uint256 from, uint256 seed) private pure returns (uint256) {
        return (seed >> 200) % (from % 2 == 0 ? 3 : 5);
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

    /// @notice Waits until shortly before, or after, some payment is a day old: where a window's edge may leak.
    function waitForEdge(uint256 seed) external {
        if (_log.length == 0) return;
        uint256 edge = _log[(seed >> 32) % _log.length].moment + 24 hours - 40 minutes;
        uint256 until = edge + within(seed, 0, 80 minutes);
        if (until > time()) vm.warp(until);
    }

    /// @notice Two regulators publish anything.
    function vary(uint256 seed) external {
        Terms memory terms = supervisor.termsOf(PERMIT);
        terms.version = supervisor.lastVersion(PERMIT) + 1;
        terms.state = seed % 4 == 0 ? uint8(1 + (seed >> 8) % 3) : State.ACTIVE;
        terms.assets[0].windowVolume = within(seed >> 16, 0, 15_000 * ONE);
        terms.assets[0].perTransaction = within(seed >> 32, 1_000 * ONE, 6_000 * ONE);
        terms.assets[0].customerCap = within(seed >> 48, 5_000 * ONE, 20_000 * ONE);
        if (seed % 3 == 0) publish(terms);
        else publish(terms, someFurther(uint256(keccak256(abi.encode(seed)))));
    }

    /// @dev Each of the further limits is off about half of the time.
    function someFurther(uint256 seed) private view returns (Further memory further) {
        further = none();
        if (seed & 1 != 0) further.assets[0].weekVolume = within(seed >> 16, 0, 40_000 * ONE);
        if (seed & 2 != 0) further.assets[0].monthVolume = within(seed >> 32, 0, 90_000 * ONE);
        if (seed & 4 != 0) further.assets[0].customerDayVolume = within(seed >> 48, 0, 8_000 * ONE);
        if (seed & 8 != 0) further.assets[0].customerTotal = within(seed >> 64, 0, 40_000 * ONE);
        if (seed & 16 != 0) further.assets[0].travelRule = within(seed >> 80, 0, 3_000 * ONE);
        further.assets[0].waterfall = seed & 32 != 0;
        if (seed & 192 != 64) return further;
        further.residences = new bytes2[](2);
        (further.residences[0], further.residences[1]) = (bytes2("KG"), bytes2("KZ"));
    }

    /// @notice The registrar says where somebody lives, and how well it is identified.
    function describeSomebody(uint256 seed) external {
        bytes32 who = persons[seed % persons.length];
        if (who == 0) return;
        bytes2[3] memory places = [bytes2("KG"), bytes2("KZ"), bytes2("RU")];
        (_residence[who], _level[who]) = (places[(seed >> 8) % 3], uint8((seed >> 16) % 3));
        describe(PERMIT, who, _residence[who], _level[who]);
    }

    /// @notice One regulator halts, winds down or lowers the window.
    function tighten(uint256 seed) external {
        if (seed % 3 != 0) return;
        Terms memory terms = supervisor.termsOf(PERMIT);
        terms.version = supervisor.lastVersion(PERMIT) + 1;
        terms.state = uint8(within(seed >> 8, stateNow(), State.HALTED));
        terms.assets[0].windowVolume /= 2;
        (bool done, bytes memory data) = publishLoudly(terms, (seed >> 16) % 2 == 0 ? FIRST : SECOND);
        yes(done || bytes4(data) == ISupervisor.LoneActSpent.selector, "a tightening passes or was spent");
    }

    /// @dev Where further limits are in force they are lowered too: plain terms would be looser.
    function publishLoudly(Terms memory terms, uint256 key) private returns (bool done, bytes memory data) {
        Further memory further = book.furtherOf(PERMIT);
        if (further.assets.length == 0) {
            bytes[] memory plain = signed(supervisor.hashTerms(terms), key);
            return address(supervisor).call(abi.encodeCall(supervisor.publish, (terms, plain)));
        }
        if (further.assets[0].customerTotal != NO_LIMIT) further.assets[0].customerTotal /= 2;
        bytes[] memory one = signed(book.hashFurther(terms, further), key);
        return address(book).call(abi.encodeCall(book.publish, (terms, further, one)));
    }

    // ---- the oracle ----

    /// @dev Notes a payment that passed, and holds it against the limits.
    function count(uint256 payer, uint256 payee, uint256 amount) private {
        bool same = persons[payer] != 0 && persons[payer] == persons[payee];
        if (same || kinds[payer] != Kind.CUSTOMER) return;
        Terms memory terms = supervisor.termsOf(PERMIT);
        countFurther(payer, amount);
        yes(countedSince(time() - 24 hours) <= terms.assets[0].windowVolume || amount == 0, "any 24 hours");
        uint256 sent = _sent[_batches][persons[payer]] += amount;
        yes(sent <= terms.assets[0].perTransaction || amount == 0, "one transaction");
    }

    /// @dev The same for the further limits in force.
    function countFurther(uint256 payer, uint256 amount) private {
        bytes32 who = persons[payer];
        Further memory further = book.furtherOf(PERMIT);
        if (further.assets.length == 0) {
            _log.push(Counted(time(), amount, who, false, false, false));
            return;
        }
        (uint256 day, uint256 week) = (further.assets[0].customerDayVolume, further.assets[0].weekVolume);
        uint256 month = further.assets[0].monthVolume;
        _log.push(Counted(time(), amount, who, day != NO_LIMIT, week != NO_LIMIT, month != NO_LIMIT));
        if (amount == 0) return;
        yes(day == NO_LIMIT || dayOf(who, time() - 24 hours) <= day, "one customer's 24 hours");
        yes(week == NO_LIMIT || longerSince(false, time() - 7 days) <= week, "any 7 days");
        yes(month == NO_LIMIT || longerSince(true, time() - 30 days) <= month, "any 30 days");
        yes(totalOf(who) <= further.assets[0].customerTotal, "one customer's whole trial");
        bool allowed = _residence[who] == "KG" || _residence[who] == "KZ";
        yes(further.residences.length == 0 || allowed, "residence");
        uint256 sent = _sent[_batches][who] + amount;
        yes(_level[who] == 2 || sent <= further.assets[0].travelRule, "travel rule");
    }

    /// @dev Calls the token and judges what came of it.
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
        } else {
            judgeRefusal(data);
        }
    }

    /// @dev One of the two errors, and right about its numbers.
    function judgeRefusal(bytes memory data) private {
        if (bytes4(data) == ISupervisor.LimitExceeded.selector) {
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
        address wallet = register(PERMIT, newKey(), kind, who);
        add(wallet, kind, who);
        vm.prank(wallet);
        kgst.approve(address(_batch), NO_LIMIT);
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
