// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ContractReviews} from "./ContractReviews.sol";
import {FurtherLimits} from "./FurtherLimits.sol";
import {RollingWindow} from "./lib/RollingWindow.sol";
import {TermsLib} from "./lib/TermsLib.sol";
import {Clause, Kind, State} from "./lib/Words.sol";
import {Members} from "./supervisor/Members.sol";
import {Regulators} from "./supervisor/Regulators.sol";
import {IContractReviews} from "./synak/IContractReviews.sol";
import {IFurtherLimits, Payment} from "./synak/IFurtherLimits.sol";
import {ISupervisedLedgers} from "./synak/ISupervisedLedgers.sol";

/// @title Supervisor: a permit's limits, held inside every transfer.
///
/// Registered tokens call beforeTransfer before value moves; only they may. It counts per permit and
/// per person, never per wallet, so relays, helper contracts and factories change nothing and two
/// racing transactions cannot both take the last unit. Who signs terms: Regulators.sol. What is in
/// force: TermsBook.sol. Who belongs: Members.sol. Which contracts may touch money: ContractReviews.sol.
/// Limits that most permits do not carry (week, month, per customer, residence, travel rule):
/// FurtherLimits.sol, asked where the terms have them. Whose the money is that a contract holds for many:
/// SupervisedLedgers.sol, asked about contracts admitted there.
///
/// WHO MAY PAY WHOM (from the rows to the columns; "mint" and "burn" are the zero address)
/// - Institutions among themselves, and mint to one or burn by one: not this contract's business.
/// - A member pays members of its own permit, and institutions. Another permit's member: cross_permit.
/// - An address that is no member and no institution pays nobody (not_a_member) but may burn.
/// - An unknown *contract* that a member pays, more than zero, in a transaction sent by a member of
///   the same permit, joins that permit (event Joined): factories' children and proxies. A plain
///   address, a contract still in its constructor, a wallet with delegated code (EIP-7702), a token
///   and this contract never join: not_a_member. What joined wrongly the registrar re-registers.
///
/// WHEN
/// - active, between start and end: everything above.
/// - Otherwise only *homeward*: from the permit's contract, settlement wallet or merchant to a
///   customer of the permit, and redemption (burn) by anybody. So it is in wind-down and after `end`
///   (clause wind_down), before `start` (not_started), and for a token that is not, or no longer, in
///   the terms (asset_scope). No cap applies to homeward value there: money may always come home.
/// - halted: nothing (state). A halt ends by itself (TermsBook), so it traps nobody's money.
///
/// WHAT COUNTS
/// - Volume: what a customer's wallet sends to anyone but another wallet of the same person, once, at
///   the moment it leaves: to a contract, a merchant, another customer, an institution. Hops between
///   contracts, refunds, settlement, mint and burn count nothing, and a refund gives nothing back.
/// - A transaction: the same, summed per paying person and token over the whole transaction
///   (EIP-1153), through however many calls, contracts and wallets.
/// - Held: what a person has over all its wallets; the cap of its kind applies to what comes in.
///   Between wallets of one person nothing changes and no limit applies.
///   Where the terms have a waterfall, what exceeds the cap is not refused: it goes on to the permit's
///   linked settlement wallet (Members.sol) in the same transfer, which owes it to the payee outside the
///   chain. It counts as paid, not as held nor outstanding. Without such a wallet the cap refuses.
///   What a supervised ledger keeps for a person is held by that person, and counted so.
/// - Paid: what a person has sent as volume in the whole trial; a refund gives nothing back.
/// - Outstanding: what customers and the permit's contracts hold. It grows by mint and by payment
///   from an institution, a merchant or a settlement wallet to a customer or contract.
/// - A limit lowered below what is used takes nothing away; it refuses more until there is room.
///
/// Events: Moved, for whatever enters, moves inside or leaves a permit; a transfer with an excess is two
/// of them, and Overflowed.
contract Supervisor is Members {
    using RollingWindow for RollingWindow.Ledger;
    using TransientSlot for bytes32;
    using TransientSlot for TransientSlot.Uint256Slot;

    IContractReviews public immutable reviews;
    IFurtherLimits public immutable further;
    ISupervisedLedgers public immutable ledgers;

    constructor(address admin_, address registrar_, address[] memory regulators)
        Members(admin_, registrar_)
        Regulators(regulators)
    {
        reviews = new ContractReviews(this);
        further = new FurtherLimits(this);
        ledgers = ISupervisedLedgers(_made(3));
    }

    /// @notice Makes the SupervisedLedgers: admin, once, at the address that is fixed since the beginning.
    /// A call of its own, because this contract's creation would be larger than a chain takes (EIP-3860).
    /// Fails with NotAdmin, and with WalletUnfit when it is there already or its creation fails.
    /// @param creation its creation code with this contract's address as argument.
    function makeLedgers(bytes memory creation) external onlyAdmin {
        address account;
        assembly ("memory-safe") {
            account := create(0, add(creation, 32), mload(creation))
        }
        if (account != address(ledgers)) revert WalletUnfit(account);
    }

    /// @notice Allows a transfer and counts it, or reverts with LimitExceeded or NotPermitted.
    /// @param operator who called the token: the payer itself, or the spender of an allowance.
    /// @param from the payer; zero for a mint. @param to the payee; zero for a burn.
    /// @param amount in the calling token's minor units.
    /// @return linked where `excess`, a part of `amount`, has to go instead of to the payee; zero for none.
    function beforeTransfer(address operator, address from, address to, uint256 amount)
        external
        returns (address linked, uint256 excess)
    {
        if (!isToken(msg.sender)) revert NotToken(msg.sender);
        (Member memory payer, Member memory payee) = (_member(from), _member(to));
        if (payer.kind == Kind.NONE && from != address(0)) {
            if (to == address(0)) return (address(0), 0);
            _forbid(payee.permit, _version(payee.permit), Clause.NOT_A_MEMBER, from);
        }
        if (payee.kind == Kind.NONE && to != address(0)) payee = _welcome(payer.permit, from, to, amount);
        if (payer.permit == 0 && payee.permit == 0) return (address(0), 0);
        uint32 index = payer.permit == 0 ? payee.permit : payer.permit;
        if (payee.permit != 0 && payee.permit != index) {
            _forbid(index, _version(index), Clause.CROSS_PERMIT, to);
        }
        InForce memory now_ = _inForce(index);
        if (now_.review) _requireReviewed(index, now_.version, operator, from, to);
        (now_.payer, now_.token) = (from, msg.sender);
        if (payer.ledger || payee.ledger) {
            now_.pocket = ledgers.moved(_permits[index].id, now_.version, msg.sender, from, to, amount);
        }
        excess = _move(index, now_, payer, payee, to, amount);
        if (excess == 0) return (address(0), 0);
        linked = _linked[index];
        _tell(index, msg.sender, payer.person, 0, excess, 0);
        emit Overflowed(_permits[index].id, msg.sender, payee.person, linked, excess);
    }

    function markLedger(address account) external {
        _requireLedgers();
        _members[account].ledger = true;
    }

    function moveClaim(bytes32 permit, address token, address from, address to, uint256 amount) external {
        _requireLedgers();
        uint32 index = _indexOf[permit];
        InForce memory now_ = _inForce(index);
        (now_.payer, now_.token) = (from, token);
        _move(index, now_, _member(from), _member(to), to, amount);
    }

    /// @dev Where the contract is that this one makes as its n-th (Yellow Paper, section 7; n below 128).
    function _made(uint8 n) private view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes2(0xd694), address(this), n)))));
    }

    function _member(address account) private view returns (Member memory) {
        return _members[account];
    }

    function _requireLedgers() private view {
        if (msg.sender != address(ledgers)) revert NotSupervisedLedgers(msg.sender);
    }

    function _tell(uint32 index, address token, bytes32 payer, bytes32 payee, uint256 amount, uint256 counted)
        private
    {
        emit Moved(_permits[index].id, token, payer, payee, amount, counted);
    }

    /// @notice What counts against a permit's limits now.
    function usage(bytes32 permit, address token)
        external
        view
        returns (uint256 volume, uint256 outstanding, uint32 customers, uint32 merchants)
    {
        uint32 index = _indexOf[permit];
        RollingWindow.Ledger storage ledger = _ledgers[index][token];
        return (ledger.live(), ledger.outstanding, _permits[index].customers, _permits[index].merchants);
    }

    /// @dev Under contract review: asks the book of reviews, and names whom it does not know.
    function _requireReviewed(uint32 index, uint64 version, address operator, address from, address to) private view {
        if (operator == tx.origin || from == address(0) || _members[operator].kind == Kind.INSTITUTION) {
            operator = address(0);
        }
        bytes32 id = _permits[index].id;
        address subject = reviews.unreviewed(id, operator, from, _members[from].kind, to, _members[to].kind);
        if (subject != address(0)) revert NotPermitted(id, version, Clause.CONTRACT_REVIEW, subject);
    }

    function _version(uint32 index) private view returns (uint64) {
        return _inForce(index).version;
    }

    /// @dev An unknown payee joins the payer's permit, or is refused.
    function _welcome(uint32 index, address from, address to, uint256 amount) private returns (Member memory) {
        uint64 version = _version(index);
        bool fit = index != 0 && amount != 0 && _members[tx.origin].permit == index && _isContract(to);
        if (!fit || isToken(to) || to == address(this)) {
            _forbid(index, version, Clause.NOT_A_MEMBER, to);
        }
        return _join(index, version, to, from);
    }

    function _move(
        uint32 index,
        InForce memory now_,
        Member memory payer,
        Member memory payee,
        address to,
        uint256 amount
    ) private returns (uint256 excess) {
        Limits storage limits = _limits[index][now_.version][now_.token];
        Scope memory scope = Scope({
            permit: index,
            version: now_.version,
            token: now_.token,
            payer: now_.payer,
            capped: now_.state == State.ACTIVE && now_.started && limits.listed,
            splits: now_.token == msg.sender
        });
        uint256 counted;
        bool homeward = to == address(0) || _comesHome(payer, payee);
        if (now_.state == State.HALTED || (!scope.capped && !homeward)) _refuseNow(index, now_, to);
        if (now_.pocket || (payer.person != 0 && payer.person == payee.person)) {
            _tell(index, now_.token, payer.person, payee.person, amount, 0);
            return 0;
        }
        if (payer.kind == Kind.CUSTOMER && to != address(0)) {
            _countVolume(scope, limits, payer.person, amount);
            counted = amount;
        }
        if (Kind.isPerson(payer.kind)) _debit(scope, payer.person, amount, counted);
        excess = _receive(scope, limits, payee, amount);
        if (!Kind.isOutstanding(payer.kind)) {
            if (Kind.isOutstanding(payee.kind)) _addOutstanding(scope, limits, amount - excess);
        } else {
            _lessOutstanding(scope, Kind.isOutstanding(payee.kind) ? excess : amount);
        }
        _tell(index, now_.token, payer.person, payee.person, amount - excess, counted);
    }

    function _comesHome(Member memory payer, Member memory payee) private pure returns (bool) {
        return payee.kind == Kind.CUSTOMER && payer.permit != 0 && payer.kind != Kind.CUSTOMER;
    }

    function _refuseNow(uint32 index, InForce memory now_, address subject) private view {
        bytes32 clause = Clause.ASSET_SCOPE;
        if (now_.state == State.HALTED) clause = Clause.STATE;
        else if (now_.state == State.WIND_DOWN) clause = Clause.WIND_DOWN;
        else if (!now_.started) clause = Clause.NOT_STARTED;
        _forbid(index, now_.version, clause, subject);
    }

    function _countVolume(Scope memory scope, Limits storage limits, bytes32 person, uint256 amount) private {
        TransientSlot.Uint256Slot sent = keccak256(abi.encode(scope.permit, scope.token, person)).asUint256();
        uint256 used = sent.tload();
        uint256 limit = TermsLib.unpacked(limits.perTransaction);
        if (_exceeds(used, amount, limit)) _refuse(scope, Clause.PER_TRANSACTION, limit, used, amount, 0);
        sent.tstore(used + amount);

        RollingWindow.Ledger storage ledger = _ledgers[scope.permit][scope.token];
        used = ledger.live();
        limit = TermsLib.unpacked(limits.windowVolume);
        if (_exceeds(used, amount, limit)) {
            _refuse(scope, Clause.WINDOW_VOLUME, limit, used, amount, ledger.freesAt(limit, amount));
        }
        ledger.add(used, amount);
        if (limits.further) _countFurther(scope, person, amount, sent);
    }

    /// @dev Has FurtherLimits count a payment; its refusals pass through unchanged.
    function _countFurther(Scope memory scope, bytes32 person, uint256 amount, TransientSlot.Uint256Slot sent) private {
        further.count(
            Payment({
                permit: _permits[scope.permit].id,
                version: scope.version,
                token: scope.token,
                payer: scope.payer,
                person: person,
                amount: amount,
                sent: sent.tload() - amount,
                paid: _paid(scope.permit, person, scope.token)
            })
        );
    }

    function _furtherLimits() internal view override returns (address) {
        return address(further);
    }
}
