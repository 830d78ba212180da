// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {RollingWindow} from "../lib/RollingWindow.sol";
import {IFurtherLimits} from "../synak/IFurtherLimits.sol";
import {TermsLib} from "../lib/TermsLib.sol";
import {Clause, Kind, State} from "../lib/Words.sol";
import {TermsBook} from "./TermsBook.sol";

/// @title Who belongs to which permit, and what each person holds.
///
/// Roles. The *admin* says which tokens are supervised and who is an institution (the issuer's and
/// the banks' own wallets, which belong to no permit). The *registrar* registers members. Neither
/// can be changed, and neither can change terms or move money.
///
/// registerToken(token): admin, once and for ever, at most 16. Fails with NotAdmin, TokenUnfit,
/// TooManyTokens. registerInstitution(account, registered): admin. Fails with NotAdmin, WalletUnfit,
/// AlreadyMember, NotMember.
///
/// register(permit, wallet, kind, person, deadline, consent): registrar, while the permit is active
/// or yet to start. A customer or merchant needs a person (a salted id, never zero) and the wallet's
/// own EIP-712 Consent, good until `deadline` and once only; a wallet without a key of its own cannot
/// consent (no EIP-1271). Persons count against max_customers and max_merchants, not wallets; a
/// person is of one kind. A settlement wallet or contract has no person. What the wallet already
/// holds is counted, and refused above a cap; where the terms name residences, who does not live there
/// is refused (residence). The permit's first settlement wallet is where a waterfall ends, until it is
/// released. A contract that *joined* some permit by itself (see
/// Supervisor) may be registered over it, so paying a stranger's new contract first takes nothing
/// from him. Fails with NotRegistrar, KindUnknown, PersonMalformed, WalletUnfit, AlreadyMember,
/// NotPermitted and LimitExceeded. Event Registered.
///
/// release(wallet): registrar, only at a balance of zero in every token, and a person's last wallet only
/// when no supervised ledger keeps anything for that person. Events Released.
abstract contract Members is TermsBook {
    using RollingWindow for RollingWindow.Ledger;

    uint256 internal constant MAX_TOKENS = 16;
    bytes32 private constant CONSENT_TYPEHASH =
        keccak256("Consent(bytes32 permit,address wallet,bytes32 person,uint256 deadline)");

    /// @dev `joined`: a contract that became a member by being paid, not by the registrar. `ledger`: a
    /// supervised ledger, whose customers' claims SupervisedLedgers keeps.
    struct Member {
        uint32 permit;
        uint8 kind;
        bool joined;
        bool ledger;
        bytes32 person;
    }

    struct Person {
        uint32 wallets;
        uint8 kind;
        /// 128 bits each, written together: below what the person holds, above what it paid in the
        /// whole trial.
        mapping(address token => uint256) accounts;
    }

    /// @dev What one movement is judged by: a permit's version, a token, and whether caps apply.
    /// `splits`: the token can send a part elsewhere, so a waterfall is possible.
    struct Scope {
        uint32 permit;
        uint64 version;
        address token;
        address payer;
        bool capped;
        bool splits;
    }

    /// @notice Registers tokens and institutions; can never be changed.
    address public immutable admin;
    /// @notice Registers and releases members; can never be changed.
    address public immutable override registrar;

    address[] private _tokens;
    mapping(address token => bool) private _isToken;
    mapping(address wallet => Member) internal _members;
    mapping(uint32 permit => mapping(bytes32 person => Person)) internal _persons;
    mapping(bytes32 digest => bool) private _consentUsed;
    /// @dev Where a waterfall ends: the permit's settlement wallet that has been registered longest.
    mapping(uint32 permit => address) internal _linked;

    constructor(address admin_, address registrar_) {
        if (admin_ == address(0)) revert WalletUnfit(admin_);
        if (registrar_ == address(0)) revert WalletUnfit(registrar_);
        (admin, registrar) = (admin_, registrar_);
    }

    modifier onlyAdmin() {
        if (msg.sender != admin) revert NotAdmin(msg.sender);
        _;
    }

    modifier onlyRegistrar() {
        if (msg.sender != registrar) revert NotRegistrar(msg.sender);
        _;
    }

    function registerToken(address token) external onlyAdmin {
        if (token.code.length == 0 || _isToken[token] || _members[token].kind != Kind.NONE) revert TokenUnfit(token);
        if (_tokens.length == MAX_TOKENS) revert TooManyTokens();
        _isToken[token] = true;
        _tokens.push(token);
        emit TokenRegistered(token);
    }

    function registerInstitution(address account, bool registered) external onlyAdmin {
        _requireFit(account);
        uint8 kind = _members[account].kind;
        if (registered && kind != Kind.NONE) revert AlreadyMember(account);
        if (!registered && kind != Kind.INSTITUTION) revert NotMember(account);
        _members[account].kind = registered ? Kind.INSTITUTION : Kind.NONE;
        emit InstitutionChanged(account, registered);
    }

    function register(
        bytes32 permit,
        address wallet,
        uint8 kind,
        bytes32 person,
        uint256 deadline,
        bytes calldata consent
    ) external onlyRegistrar {
        _requireFit(wallet);
        if (kind < Kind.CUSTOMER || kind > Kind.CONTRACT) revert KindUnknown(kind);
        if (Kind.isPerson(kind) != (person != 0)) revert PersonMalformed(person);
        if (kind == Kind.CONTRACT && !_isContract(wallet)) revert WalletUnfit(wallet);
        uint32 index = _indexOf[permit];
        InForce memory now_ = _inForce(index);
        if (now_.state == State.WIND_DOWN) revert NotPermitted(permit, now_.version, Clause.WIND_DOWN, wallet);
        if (now_.state != State.ACTIVE) revert NotPermitted(permit, now_.version, Clause.STATE, wallet);
        _makeRoom(wallet, kind);
        if (Kind.isPerson(kind)) {
            _useConsent(permit, now_.version, wallet, hashConsent(permit, wallet, person, deadline), deadline, consent);
            _countPerson(index, now_.version, kind, person, wallet);
            IFurtherLimits(_furtherLimits()).requireResident(permit, now_.version, person, wallet);
        } else if (kind == Kind.SETTLEMENT && _linked[index] == address(0)) {
            _linked[index] = wallet;
        }
        _enter(index, now_.version, wallet, Member({permit: index, kind: kind, joined: false, ledger: false, person: person}));
        emit Registered(permit, wallet, kind, person);
    }

    function release(address wallet) external onlyRegistrar {
        Member memory member = _members[wallet];
        if (member.permit == 0) revert NotMember(wallet);
        Person storage person = _persons[member.permit][member.person];
        bool last = person.wallets == 1;
        for (uint256 i = 0; i < _tokens.length; ++i) {
            address token = _tokens[i];
            // With the last wallet a person's claims on ledgers count as well.
            uint256 balance = last ? uint128(person.accounts[token]) : IERC20(token).balanceOf(wallet);
            if (balance != 0) revert StillHolding(wallet, token, balance);
        }
        delete _members[wallet];
        Permit storage permit = _permits[member.permit];
        if (Kind.isPerson(member.kind)) {
            if (--person.wallets == 0) {
                person.kind = Kind.NONE;
                if (member.kind == Kind.CUSTOMER) --permit.customers;
                else --permit.merchants;
            }
        } else if (_linked[member.permit] == wallet) {
            delete _linked[member.permit];
        }
        emit Released(permit.id, wallet);
    }

    function memberOf(address wallet) external view returns (bytes32 permit, uint8 kind, bytes32 person) {
        Member storage member = _members[wallet];
        return (_permits[member.permit].id, member.kind, member.person);
    }

    function heldBy(bytes32 permit, bytes32 person, address token) external view returns (uint256) {
        return uint128(_persons[_indexOf[permit]][person].accounts[token]);
    }

    function paidBy(bytes32 permit, bytes32 person, address token) external view returns (uint256) {
        return _paid(_indexOf[permit], person, token);
    }

    function isToken(address token) public view override returns (bool) {
        return _isToken[token];
    }

    function hashConsent(bytes32 permit, address wallet, bytes32 person, uint256 deadline)
        public
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(keccak256(abi.encode(CONSENT_TYPEHASH, permit, wallet, person, deadline)));
    }

    /// @dev Makes a contract, unknown so far, a member of the permit whose member pays it.
    function _join(uint32 index, uint64 version, address account, address by) internal returns (Member memory member) {
        member = Member({permit: index, kind: Kind.CONTRACT, joined: true, ledger: false, person: 0});
        _enter(index, version, account, member);
        emit Joined(_permits[index].id, account, by);
    }

    /// @dev Code of its own: not empty, and not an EIP-7702 delegation (0xef0100 and an address).
    function _isContract(address account) internal view returns (bool) {
        if (account.code.length != 23) return account.code.length != 0;
        bytes memory code = account.code;
        return code[0] != 0xef || code[1] != 0x01 || code[2] != 0x00;
    }

    function _requireFit(address wallet) private view {
        if (wallet == address(0) || wallet == address(this) || _isToken[wallet]) revert WalletUnfit(wallet);
    }

    /// @dev A known wallet is refused, except a contract that merely joined: its value changes permits.
    function _makeRoom(address wallet, uint8 kind) private {
        Member memory old = _members[wallet];
        if (old.kind == Kind.NONE) return;
        if (!old.joined || old.ledger || kind != Kind.CONTRACT) revert AlreadyMember(wallet);
        for (uint256 i = 0; i < _tokens.length; ++i) {
            uint256 balance = IERC20(_tokens[i]).balanceOf(wallet);
            if (balance != 0) _ledgers[old.permit][_tokens[i]].outstanding -= uint112(balance);
        }
        delete _members[wallet];
        emit Released(_permits[old.permit].id, wallet);
    }

    function _useConsent(
        bytes32 permit,
        uint64 version,
        address wallet,
        bytes32 digest,
        uint256 deadline,
        bytes calldata consent
    ) private {
        (address signer, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(digest, consent);
        if (
            problem != ECDSA.RecoverError.NoError || signer != wallet || block.timestamp > deadline
                || _consentUsed[digest]
        ) revert NotPermitted(permit, version, Clause.CONSENT, wallet);
        _consentUsed[digest] = true;
    }

    function _countPerson(uint32 index, uint64 version, uint8 kind, bytes32 id, address wallet) private {
        Person storage person = _persons[index][id];
        Permit storage permit = _permits[index];
        if (person.wallets++ != 0) {
            if (person.kind != kind) revert NotPermitted(permit.id, version, Clause.PERSON_KIND, wallet);
            return;
        }
        person.kind = kind;
        Header storage header = _headers[index][version];
        bool customer = kind == Kind.CUSTOMER;
        uint32 limit = customer ? header.maxCustomers : header.maxMerchants;
        uint32 used = customer ? permit.customers : permit.merchants;
        if (used >= limit) {
            bytes32 clause = customer ? Clause.MAX_CUSTOMERS : Clause.MAX_MERCHANTS;
            revert LimitExceeded(permit.id, version, clause, limit, used, 1, 0);
        }
        if (customer) permit.customers = used + 1;
        else permit.merchants = used + 1;
    }

    /// @dev Writes the member and counts what it holds already, against the caps.
    function _enter(uint32 index, uint64 version, address wallet, Member memory member) private {
        _members[wallet] = member;
        for (uint256 i = 0; i < _tokens.length; ++i) {
            uint256 balance = IERC20(_tokens[i]).balanceOf(wallet);
            if (balance == 0) continue;
            Scope memory scope = Scope({
                permit: index,
                version: version,
                token: _tokens[i],
                payer: address(0),
                capped: true,
                splits: false
            });
            Limits storage limits = _limits[index][version][_tokens[i]];
            if (!limits.listed) _forbid(index, version, Clause.ASSET_SCOPE, wallet);
            _receive(scope, limits, member, balance);
            if (Kind.isOutstanding(member.kind)) _addOutstanding(scope, limits, balance);
        }
    }

    /// @dev Adds to what a person holds, up to the cap of its kind. What exceeds it is refused, or left
    /// over where the terms have a waterfall and a wallet is linked.
    function _receive(Scope memory scope, Limits storage limits, Member memory member, uint256 amount)
        internal
        returns (uint256 excess)
    {
        if (!Kind.isPerson(member.kind)) return 0;
        mapping(address => uint256) storage accounts = _persons[scope.permit][member.person].accounts;
        uint256 account = accounts[scope.token];
        uint256 used = uint128(account);
        if (scope.capped) {
            bool customer = member.kind == Kind.CUSTOMER;
            uint256 cap = TermsLib.unpacked(customer ? limits.customerCap : limits.merchantCap);
            if (_exceeds(used, amount, cap)) {
                if (!scope.splits || !limits.waterfall || _linked[scope.permit] == address(0)) {
                    _refuse(scope, customer ? Clause.CUSTOMER_CAP : Clause.MERCHANT_CAP, cap, used, amount, 0);
                }
                excess = used > cap ? amount : amount - (cap - used);
            }
        }
        accounts[scope.token] = account - used + SafeCast.toUint128(used + amount - excess);
    }

    /// @dev Takes from what a person holds; `counted` more was paid in the whole trial.
    function _debit(Scope memory scope, bytes32 person, uint256 amount, uint256 counted) internal {
        mapping(address => uint256) storage accounts = _persons[scope.permit][person].accounts;
        uint256 account = accounts[scope.token];
        uint256 held = uint128(account) - amount;
        accounts[scope.token] = held | uint256(SafeCast.toUint128((account >> 128) + counted)) << 128;
    }

    function _paid(uint32 index, bytes32 person, address token) internal view returns (uint256) {
        return _persons[index][person].accounts[token] >> 128;
    }

    function _lessOutstanding(Scope memory scope, uint256 amount) internal {
        if (amount != 0) _ledgers[scope.permit][scope.token].outstanding -= SafeCast.toUint112(amount);
    }

    /// @dev Adds to what the permit owes its customers, up to the cap.
    function _addOutstanding(Scope memory scope, Limits storage limits, uint256 amount) internal {
        RollingWindow.Ledger storage ledger = _ledgers[scope.permit][scope.token];
        uint256 used = ledger.outstanding;
        if (scope.capped) {
            uint256 cap = TermsLib.unpacked(limits.outstandingCap);
            if (_exceeds(used, amount, cap)) _refuse(scope, Clause.OUTSTANDING, cap, used, amount, 0);
        }
        ledger.outstanding = SafeCast.toUint112(used + amount);
    }

    /// @dev Whether `used + amount` is above `limit`; no sum, so nothing overflows.
    function _exceeds(uint256 used, uint256 amount, uint256 limit) internal pure returns (bool) {
        return used > limit || amount > limit - used;
    }

    function _refuse(Scope memory scope, bytes32 clause, uint256 limit, uint256 used, uint256 amount, uint64 freesAt)
        internal
        view
    {
        revert LimitExceeded(_permits[scope.permit].id, scope.version, clause, limit, used, amount, freesAt);
    }
}
