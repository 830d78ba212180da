// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {FurtherLib} from "./lib/FurtherLib.sol";
import {RollingSum} from "./lib/RollingSum.sol";
import {TermsLib} from "./lib/TermsLib.sol";
import {Clause} from "./lib/Words.sol";
import {Attributes, Further, FurtherAsset, IFurtherLimits, Payment} from "./synak/IFurtherLimits.sol";
import {ISupervisor, Terms} from "./synak/ISupervisor.sol";

/// @title FurtherLimits: limits beside the Supervisor's own, for the permits whose terms carry them.
///
/// Made by the Supervisor with itself, and asked by it only about permits whose version in force was
/// published here; the others pay nothing for it. Roles: the Supervisor's *regulators* and *registrar*.
///
/// publish(terms, further, signatures): `Supervisor.publish` for terms with further limits, by the same
/// rules: two regulators for anything, one where nothing is looser (no limit higher, no residence added,
/// no waterfall switched on; nor can one publish plain terms over these). What is signed is
/// FurtherTerms(terms, further) over the Supervisor's domain, so that neither part can be taken for
/// itself. Fails as the Supervisor's publish does, and with MalformedTerms `further_assets`,
/// `residence` or `too_many_residences`. Events of the Supervisor.
///
/// describe(permit, people): registrar. Where a person lives and how well it is identified. Fails with
/// NotRegistrar, PersonMalformed, LevelUnknown. Event Described.
///
/// WHAT IS HELD, of each payment that the Supervisor counts as volume (see there), in this order
/// - residence: who is not known to live where the terms say pays nothing, and is not registered. What
///   it holds it can redeem, and refunds reach it: nobody's money is trapped.
/// - travel_rule: what a person that is not fully identified sends in one transaction, over all its
///   wallets, calls and contracts. Above it the payer must be identified.
/// - customer_total: what one person pays in the whole trial. It is counted for every permit from its
///   first day (by the Supervisor), so the limit knows what was paid before it came.
/// - customer_day_volume: what one person pays in any 24 hours (a unit frees 24 to 26 h after its use).
/// - week_volume, month_volume: what all customers pay in any 7 days (7 d to 7 d 6 h) and any 30 days
///   (30 to 31 d).
/// The last three are counted while the terms in force carry them: a limit that is new, or comes back,
/// starts with what the Supervisor's own 24 hours hold (week and month) or with nothing (a customer's day).
/// A limit lowered below what is used takes nothing away; it refuses more until there is room.
contract FurtherLimits is IFurtherLimits {
    using RollingSum for RollingSum.Sum;

    uint8 private constant IDENTIFIED = 2;
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    /// @dev 112 bits each, as TermsLib packs them. `listed`: published with further limits.
    struct Limits {
        uint112 weekVolume;
        uint112 monthVolume;
        bool listed;
        bool waterfall;
        uint112 customerDayVolume;
        uint112 customerTotal;
        uint112 travelRule;
    }

    struct Known {
        bytes2 residence;
        uint8 level;
    }

    struct Volumes {
        RollingSum.Sum week;
        RollingSum.Sum month;
        mapping(bytes32 person => RollingSum.Sum) day;
    }

    ISupervisor private immutable _supervisor;
    mapping(bytes32 permit => mapping(uint64 version => mapping(address token => Limits))) private _limits;
    /// @dev Up to 16 residences side by side; zero: anybody.
    mapping(bytes32 permit => mapping(uint64 version => bytes32)) private _residences;
    mapping(bytes32 permit => mapping(address token => Volumes)) private _volumes;
    mapping(bytes32 permit => mapping(bytes32 person => Known)) private _known;

    constructor(ISupervisor supervisor_) {
        _supervisor = supervisor_;
    }

    modifier onlySupervisor() {
        if (msg.sender != address(_supervisor)) revert NotSupervisor(msg.sender);
        _;
    }

    function publish(Terms calldata terms, Further calldata further, bytes[] calldata signatures) external {
        FurtherLib.requireForm(terms, further);
        if (signatures.length < 2) _requireTighter(terms.permit, further);
        _write(terms, further);
        _supervisor.publishFurther(terms, signatures, hashFurther(terms, further), _waterfalls(further));
        for (uint256 i = 0; i < further.assets.length; ++i) {
            _seed(terms.permit, further.assets[i]);
        }
    }

    function describe(bytes32 permit, Attributes[] calldata people) external {
        if (msg.sender != _supervisor.registrar()) revert ISupervisor.NotRegistrar(msg.sender);
        for (uint256 i = 0; i < people.length; ++i) {
            Attributes calldata each = people[i];
            if (each.person == 0) revert ISupervisor.PersonMalformed(each.person);
            if (each.level > IDENTIFIED) revert LevelUnknown(each.level);
            _known[permit][each.person] = Known({residence: each.residence, level: each.level});
            emit Described(permit, each.person, each.residence, each.level);
        }
    }

    function count(Payment calldata payment) external onlySupervisor {
        _requireResident(payment.permit, payment.version, payment.person, payment.payer);
        Limits storage limits = _limits[payment.permit][payment.version][payment.token];
        if (_known[payment.permit][payment.person].level < IDENTIFIED) {
            _hold(payment, Clause.TRAVEL_RULE, limits.travelRule, payment.sent);
        }
        _hold(payment, Clause.CUSTOMER_TOTAL, limits.customerTotal, payment.paid);
        Volumes storage volumes = _volumes[payment.permit][payment.token];
        RollingSum.Sum storage day = volumes.day[payment.person];
        _add(payment, Clause.CUSTOMER_DAY_VOLUME, limits.customerDayVolume, day, _day());
        _add(payment, Clause.WEEK_VOLUME, limits.weekVolume, volumes.week, _week());
        _add(payment, Clause.MONTH_VOLUME, limits.monthVolume, volumes.month, _month());
    }

    function requireResident(bytes32 permit, uint64 version, bytes32 person, address wallet) external view {
        _requireResident(permit, version, person, wallet);
    }

    function furtherOf(bytes32 permit) external view returns (Further memory further) {
        Terms memory terms = _supervisor.termsOf(permit);
        further.residences = FurtherLib.unpacked(_residences[permit][terms.version]);
        uint256 length = terms.assets.length;
        if (length == 0 || !_limits[permit][terms.version][terms.assets[0].token].listed) return further;
        further.assets = new FurtherAsset[](length);
        for (uint256 i = 0; i < length; ++i) {
            address token = terms.assets[i].token;
            Limits storage limits = _limits[permit][terms.version][token];
            further.assets[i] = FurtherAsset({
                token: token,
                weekVolume: TermsLib.unpacked(limits.weekVolume),
                monthVolume: TermsLib.unpacked(limits.monthVolume),
                customerDayVolume: TermsLib.unpacked(limits.customerDayVolume),
                customerTotal: TermsLib.unpacked(limits.customerTotal),
                travelRule: TermsLib.unpacked(limits.travelRule),
                waterfall: limits.waterfall
            });
        }
    }

    function usage(bytes32 permit, address token) external view returns (uint256 week, uint256 month) {
        Volumes storage volumes = _volumes[permit][token];
        return (volumes.week.live(_week()), volumes.month.live(_month()));
    }

    function usageOf(bytes32 permit, address token, bytes32 person)
        external
        view
        returns (uint256 day, uint256 total)
    {
        return (_volumes[permit][token].day[person].live(_day()), _supervisor.paidBy(permit, person, token));
    }

    function attributesOf(bytes32 permit, bytes32 person) external view returns (bytes2 residence, uint8 level) {
        Known storage known = _known[permit][person];
        return (known.residence, known.level);
    }

    function supervisor() external view returns (address) {
        return address(_supervisor);
    }

    function hashFurther(Terms calldata terms, Further calldata further) public view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("Synak"), keccak256("2"), block.chainid, address(_supervisor))
        );
        return MessageHashUtils.toTypedDataHash(domain, FurtherLib.structHash(terms, further));
    }

    function _requireResident(bytes32 permit, uint64 version, bytes32 person, address wallet) private view {
        bytes32 allowed = _residences[permit][version];
        if (allowed == 0 || FurtherLib.holds(allowed, _known[permit][person].residence)) return;
        revert ISupervisor.NotPermitted(permit, version, Clause.RESIDENCE, wallet);
    }

    function _hold(Payment calldata payment, bytes32 clause, uint112 packed, uint256 used) private pure {
        uint256 limit = TermsLib.unpacked(packed);
        if (_exceeds(used, payment.amount, limit)) _refuse(payment, clause, limit, used, 0);
    }

    function _add(
        Payment calldata payment,
        bytes32 clause,
        uint112 packed,
        RollingSum.Sum storage sum,
        RollingSum.Span memory span
    ) private {
        uint256 limit = TermsLib.unpacked(packed);
        if (limit == TermsLib.NO_LIMIT) return;
        if (sum.bucket == 0) sum.prepare(span);
        uint256 used = sum.live(span);
        if (_exceeds(used, payment.amount, limit)) {
            _refuse(payment, clause, limit, used, sum.freesAt(span, limit, payment.amount));
        }
        sum.add(span, used, payment.amount);
    }

    /// @dev Whether `used + amount` is above `limit`; no sum, so nothing overflows.
    function _exceeds(uint256 used, uint256 amount, uint256 limit) private pure returns (bool) {
        return used > limit || amount > limit - used;
    }

    function _refuse(Payment calldata payment, bytes32 clause, uint256 limit, uint256 used, uint64 freesAt)
        private
        pure
    {
        revert ISupervisor.LimitExceeded(
            payment.permit, payment.version, clause, limit, used, payment.amount, freesAt
        );
    }

    function _requireTighter(bytes32 permit, Further calldata further) private view {
        (uint64 version,,,,) = _supervisor.effective(permit);
        bytes32 allowed = _residences[permit][version];
        if (allowed != 0 && !FurtherLib.within(further.residences, allowed)) {
            revert ISupervisor.LooserThanInForce("residence", address(0));
        }
        for (uint256 i = 0; i < further.assets.length; ++i) {
            FurtherAsset calldata asset = further.assets[i];
            Limits storage old = _limits[permit][version][asset.token];
            address token = asset.token;
            if (asset.waterfall && !old.waterfall) revert ISupervisor.LooserThanInForce("waterfall", token);
            if (!old.listed) continue;
            _tighter(asset.weekVolume, old.weekVolume, Clause.WEEK_VOLUME, token);
            _tighter(asset.monthVolume, old.monthVolume, Clause.MONTH_VOLUME, token);
            _tighter(asset.customerDayVolume, old.customerDayVolume, Clause.CUSTOMER_DAY_VOLUME, token);
            _tighter(asset.customerTotal, old.customerTotal, Clause.CUSTOMER_TOTAL, token);
            _tighter(asset.travelRule, old.travelRule, Clause.TRAVEL_RULE, token);
        }
    }

    function _tighter(uint256 limit, uint112 old, bytes32 clause, address token) private pure {
        if (TermsLib.packed(limit) > old) revert ISupervisor.LooserThanInForce(clause, token);
    }

    function _write(Terms calldata terms, Further calldata further) private {
        _residences[terms.permit][terms.version] = FurtherLib.packed(further.residences);
        for (uint256 i = 0; i < further.assets.length; ++i) {
            FurtherAsset calldata asset = further.assets[i];
            _limits[terms.permit][terms.version][asset.token] = Limits({
                weekVolume: TermsLib.packed(asset.weekVolume),
                monthVolume: TermsLib.packed(asset.monthVolume),
                listed: true,
                waterfall: asset.waterfall,
                customerDayVolume: TermsLib.packed(asset.customerDayVolume),
                customerTotal: TermsLib.packed(asset.customerTotal),
                travelRule: TermsLib.packed(asset.travelRule)
            });
        }
    }

    /// @dev One bit for each asset, by its place.
    function _waterfalls(Further calldata further) private pure returns (uint256 bits) {
        for (uint256 i = 0; i < further.assets.length; ++i) {
            if (further.assets[i].waterfall) bits |= 1 << i;
        }
    }

    /// @dev A week or month that is limited holds at least what the Supervisor's 24 hours hold.
    function _seed(bytes32 permit, FurtherAsset calldata asset) private {
        Volumes storage volumes = _volumes[permit][asset.token];
        (uint256 known,,,) = _supervisor.usage(permit, asset.token);
        if (asset.weekVolume != TermsLib.NO_LIMIT) _raise(volumes.week, _week(), known);
        if (asset.monthVolume != TermsLib.NO_LIMIT) _raise(volumes.month, _month(), known);
    }

    function _raise(RollingSum.Sum storage sum, RollingSum.Span memory span, uint256 least) private {
        sum.prepare(span);
        uint256 used = sum.live(span);
        if (used < least) sum.add(span, used, least - used);
    }

    function _day() private pure returns (RollingSum.Span memory) {
        return RollingSum.Span({bucket: 2 hours, places: 13});
    }

    function _week() private pure returns (RollingSum.Span memory) {
        return RollingSum.Span({bucket: 6 hours, places: 29});
    }

    function _month() private pure returns (RollingSum.Span memory) {
        return RollingSum.Span({bucket: 1 days, places: 31});
    }
}
