// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Asset, Terms} from "../synak/ISupervisor.sol";
import {RollingWindow} from "../lib/RollingWindow.sol";
import {TermsLib} from "../lib/TermsLib.sol";
import {Clause, State} from "../lib/Words.sol";
import {Regulators} from "./Regulators.sol";

/// @title The terms of every permit, by version, and which version is in force.
///
/// publish(terms, signatures): relayed by anyone. `terms.version` must be the last issued plus one, so
/// a signature is good for one publication on one chain and one contract.
/// - Two distinct regulators: the terms become the permit's *base* and end any interim.
/// - One regulator: only where nothing is looser than what is in force (no later end, no earlier
///   start, no higher limit, no new asset, no milder state, contract review not taken away). The terms are *interim*: in force at
///   once, and after 72 hours the base is in force again unless two have published meanwhile. More
///   tightening inside those 72 hours does not prolong them. A regulator whose lone act lapsed
///   cannot act alone on the same base again: otherwise one key could hold a permit for ever.
/// publishFurther(terms, signatures, digest, waterfalls): the same for terms with further limits, by the
/// FurtherLimits of this Supervisor only, which says what is signed (NotFurtherLimits for anybody else). One
/// regulator cannot publish plain terms over such terms.
/// A halt by two ends by itself after 30 days, in wind-down. Active terms are in wind-down from `end`.
/// Fails with SignatureCount, NotRegulator, SignerRepeated, WrongVersion, MalformedTerms,
/// LooserThanInForce, LoneActSpent. Event Published.
///
/// Versions are written once and never changed, so the terms under which a refusal was made can be
/// read for ever.
abstract contract TermsBook is Regulators {
    using RollingWindow for RollingWindow.Ledger;

    /// @notice How long one regulator's terms hold.
    uint256 public constant INTERIM_PERIOD = 72 hours;
    /// @notice How long a halt by two regulators holds.
    uint256 public constant HALT_PERIOD = 30 days;

    struct Permit {
        bytes32 id;
        // One slot: read by every transfer.
        uint64 base;
        uint64 interim;
        uint64 interimUntil;
        uint64 last;
        uint32 customers;
        uint32 merchants;
    }

    /// @dev One slot, full. `haltEnds` is 0 unless the state is halted.
    struct Header {
        uint64 start;
        uint64 end;
        uint48 haltEnds;
        uint8 state;
        uint32 maxCustomers;
        uint32 maxMerchants;
        bool contractReview;
    }

    /// @dev `further`: published with further limits, which FurtherLimits holds. `waterfall`: what would
    /// exceed a holding cap goes to the linked settlement wallet.
    struct Limits {
        uint112 perTransaction;
        uint112 windowVolume;
        bool listed;
        bool further;
        bool waterfall;
        uint112 customerCap;
        uint112 merchantCap;
        uint112 outstandingCap;
    }

    /// @dev What is in force, with time applied; and which movement is judged by it. `pocket`: between a
    /// person and what a supervised ledger keeps for it.
    struct InForce {
        uint64 version;
        uint8 state;
        bool started;
        bool review;
        address payer;
        address token;
        bool pocket;
    }

    /// @dev Permits are numbered from 1, so that a member's record fits one slot.
    mapping(bytes32 id => uint32) internal _indexOf;
    mapping(uint32 permit => Permit) internal _permits;
    mapping(uint32 permit => mapping(uint64 version => Header)) internal _headers;
    mapping(uint32 permit => mapping(uint64 version => address[])) internal _assets;
    mapping(uint32 permit => mapping(uint64 version => mapping(address token => Limits))) internal _limits;
    mapping(uint32 permit => mapping(address token => RollingWindow.Ledger)) internal _ledgers;
    /// @dev The base version on which a regulator opened an interim alone.
    mapping(uint32 permit => mapping(address regulator => uint64 base)) private _openedAlone;
    uint32 private _permitCount;

    /// @dev Set for terms that came through FurtherLimits; above the bits of the assets.
    uint256 private constant FURTHER = 1 << 255;

    /// @dev Who may publish terms with further limits.
    function _furtherLimits() internal view virtual returns (address);

    /// @notice Whether transfers of this token are supervised here.
    function isToken(address token) public view virtual returns (bool);

    function publish(Terms calldata terms, bytes[] calldata signatures) external {
        _publish(terms, signatures, hashTerms(terms), 0);
    }

    function publishFurther(Terms calldata terms, bytes[] calldata signatures, bytes32 digest, uint256 waterfalls)
        external
    {
        if (msg.sender != _furtherLimits()) revert NotFurtherLimits(msg.sender);
        _publish(terms, signatures, digest, FURTHER | waterfalls);
    }

    function hashTerms(Terms calldata terms) public view returns (bytes32) {
        return _hashTypedDataV4(TermsLib.structHash(terms));
    }

    function lastVersion(bytes32 permit) external view returns (uint64) {
        return _permits[_indexOf[permit]].last;
    }

    function effective(bytes32 permit)
        external
        view
        returns (uint64 version, uint8 state, uint64 start, uint64 end, uint64 interimUntil)
    {
        uint32 index = _indexOf[permit];
        if (index == 0) return (0, State.NONE, 0, 0, 0);
        InForce memory now_ = _inForce(index);
        Header storage header = _headers[index][now_.version];
        Permit storage stored = _permits[index];
        bool interim = now_.version != stored.base;
        return (now_.version, now_.state, header.start, header.end, interim ? stored.interimUntil : 0);
    }

    function termsOf(bytes32 permit) external view returns (Terms memory terms) {
        uint32 index = _indexOf[permit];
        terms.permit = permit;
        if (index == 0) return terms;
        uint64 version = _inForce(index).version;
        Header storage header = _headers[index][version];
        (terms.version, terms.state, terms.start, terms.end) = (version, header.state, header.start, header.end);
        (terms.maxCustomers, terms.maxMerchants) = (header.maxCustomers, header.maxMerchants);
        terms.contractReview = header.contractReview;
        address[] storage tokens = _assets[index][version];
        terms.assets = new Asset[](tokens.length);
        for (uint256 i = 0; i < tokens.length; ++i) {
            Limits storage limits = _limits[index][version][tokens[i]];
            terms.assets[i] = Asset({
                token: tokens[i],
                perTransaction: TermsLib.unpacked(limits.perTransaction),
                windowVolume: TermsLib.unpacked(limits.windowVolume),
                customerCap: TermsLib.unpacked(limits.customerCap),
                merchantCap: TermsLib.unpacked(limits.merchantCap),
                outstandingCap: TermsLib.unpacked(limits.outstandingCap)
            });
        }
    }

    /// @dev The version in force and what it allows at this block's time.
    function _inForce(uint32 index) internal view returns (InForce memory now_) {
        Permit storage permit = _permits[index];
        now_.version = permit.interimUntil > block.timestamp ? permit.interim : permit.base;
        Header storage header = _headers[index][now_.version];
        now_.state = header.state;
        now_.started = block.timestamp >= header.start;
        now_.review = header.contractReview;
        if (
            (now_.state == State.ACTIVE && block.timestamp >= header.end)
                || (now_.state == State.HALTED && block.timestamp >= header.haltEnds)
        ) now_.state = State.WIND_DOWN;
    }

    /// @dev `flags`: FURTHER and one bit for each asset with a waterfall, or 0.
    function _publish(Terms calldata terms, bytes[] calldata signatures, bytes32 digest, uint256 flags) private {
        TermsLib.requireForm(terms);
        address signer = _requireSigned(digest, signatures, 1);
        uint32 index = _indexFor(terms.permit);
        Permit storage permit = _permits[index];
        if (terms.version == 0 || terms.version != permit.last + 1) revert WrongVersion(permit.last + 1, terms.version);
        if (signatures.length == QUORUM) {
            (permit.base, permit.interim, permit.interimUntil) = (terms.version, 0, 0);
        } else {
            _openInterim(index, permit, terms, signer, flags);
        }
        permit.last = terms.version;
        _write(index, terms, flags);
        emit Published(terms.permit, terms.version, terms.state, permit.interimUntil);
    }

    /// @dev A rule that is not a number says no.
    function _forbid(uint32 index, uint64 version, bytes32 clause, address subject) internal view {
        revert NotPermitted(_permits[index].id, version, clause, subject);
    }

    function _openInterim(uint32 index, Permit storage permit, Terms calldata terms, address signer, uint256 flags)
        private
    {
        if (permit.base == 0) revert SignatureCount(1, QUORUM);
        _requireTighter(index, terms, flags);
        if (permit.interimUntil <= block.timestamp) {
            if (_openedAlone[index][signer] == permit.base) revert LoneActSpent(signer);
            _openedAlone[index][signer] = permit.base;
            permit.interimUntil = uint64(block.timestamp + INTERIM_PERIOD);
        }
        permit.interim = terms.version;
    }

    function _requireTighter(uint32 index, Terms calldata terms, uint256 flags) private view {
        InForce memory now_ = _inForce(index);
        Header storage header = _headers[index][now_.version];
        _tighter(now_.state, terms.state, Clause.STATE, address(0));
        _tighter(header.start, terms.start, "start", address(0));
        _tighter(terms.end, header.end, "end", address(0));
        _tighter(terms.maxCustomers, header.maxCustomers, Clause.MAX_CUSTOMERS, address(0));
        _tighter(terms.maxMerchants, header.maxMerchants, Clause.MAX_MERCHANTS, address(0));
        if (!terms.contractReview) _tighter(header.contractReview ? 1 : 0, 0, Clause.CONTRACT_REVIEW, address(0));
        for (uint256 i = 0; i < terms.assets.length; ++i) {
            Limits storage old = _limits[index][now_.version][terms.assets[i].token];
            if (flags == 0) _tighter(old.further ? 1 : 0, 0, "further", terms.assets[i].token);
            _requireTighterAsset(old, terms.assets[i]);
        }
    }

    function _requireTighterAsset(Limits storage old, Asset calldata asset) private view {
        address token = asset.token;
        _tighter(1, old.listed ? 1 : 0, Clause.ASSET_SCOPE, token);
        _tighter(TermsLib.packed(asset.perTransaction), old.perTransaction, Clause.PER_TRANSACTION, token);
        _tighter(TermsLib.packed(asset.windowVolume), old.windowVolume, Clause.WINDOW_VOLUME, token);
        _tighter(TermsLib.packed(asset.customerCap), old.customerCap, Clause.CUSTOMER_CAP, token);
        _tighter(TermsLib.packed(asset.merchantCap), old.merchantCap, Clause.MERCHANT_CAP, token);
        _tighter(TermsLib.packed(asset.outstandingCap), old.outstandingCap, Clause.OUTSTANDING, token);
    }

    /// @dev Refuses a term above the one in force.
    function _tighter(uint256 term, uint256 old, bytes32 what, address token) private pure {
        if (term > old) revert LooserThanInForce(what, token);
    }

    function _write(uint32 index, Terms calldata terms, uint256 flags) private {
        _headers[index][terms.version] = Header({
            start: terms.start,
            end: terms.end,
            haltEnds: terms.state == State.HALTED ? uint48(block.timestamp + HALT_PERIOD) : 0,
            state: terms.state,
            maxCustomers: terms.maxCustomers,
            maxMerchants: terms.maxMerchants,
            contractReview: terms.contractReview
        });
        for (uint256 i = 0; i < terms.assets.length; ++i) {
            Asset calldata asset = terms.assets[i];
            if (!isToken(asset.token)) revert MalformedTerms("token");
            _assets[index][terms.version].push(asset.token);
            _limits[index][terms.version][asset.token] = Limits({
                perTransaction: TermsLib.packed(asset.perTransaction),
                windowVolume: TermsLib.packed(asset.windowVolume),
                listed: true,
                further: flags != 0,
                waterfall: flags >> i & 1 != 0,
                customerCap: TermsLib.packed(asset.customerCap),
                merchantCap: TermsLib.packed(asset.merchantCap),
                outstandingCap: TermsLib.packed(asset.outstandingCap)
            });
            _ledgers[index][asset.token].prepare();
        }
    }

    function _indexFor(bytes32 id) private returns (uint32 index) {
        index = _indexOf[id];
        if (index != 0) return index;
        index = ++_permitCount;
        _indexOf[id] = index;
        _permits[index].id = id;
    }
}
