// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IContractReviews} from "./IContractReviews.sol";
import {IFurtherLimits} from "./IFurtherLimits.sol";
import {ISupervisedLedgers} from "./ISupervisedLedgers.sol";

/// @notice The limits of one asset under a permit, in the token's minor units.
/// `type(uint256).max` is the word "no limit"; 0 is zero: nothing may move or be held.
struct Asset {
    address token;
    uint256 perTransaction;
    uint256 windowVolume;
    uint256 customerCap;
    uint256 merchantCap;
    uint256 outstandingCap;
}

/// @notice A permit as the chain enforces it. `version` is the nonce of the signatures over it.
/// `start` and `end` are unix seconds, `end` exclusive; `type(uint32).max` persons is "no limit".
/// `contractReview`: no contract touches supervised money before it is approved (ContractReviews.sol).
struct Terms {
    bytes32 permit;
    uint64 version;
    uint8 state;
    uint64 start;
    uint64 end;
    uint32 maxCustomers;
    uint32 maxMerchants;
    bool contractReview;
    Asset[] assets;
}

/// @title The one gate of the chain: every transfer of a registered token asks it first.
/// @notice The rules are told in Supervisor.sol; this is what others call, read and decode.
interface ISupervisor {
    // ---- refusals: evidence, read by the gateway, the desk and the SDK ----

    /// @notice A limit says no.
    /// @param clause per_transaction, window_volume, customer_cap, merchant_cap, outstanding,
    /// max_customers, max_merchants, week_volume, month_volume, customer_day_volume, customer_total,
    /// travel_rule or ledger_claim, as left-aligned ASCII.
    /// @param limit the limit in force, @param used what stands against it before this request,
    /// @param requested what was asked for.
    /// @param freesAt unix seconds from which `requested` fits if nothing else is used before;
    /// 0: waiting alone does not help.
    error LimitExceeded(
        bytes32 permit, uint64 version, bytes32 clause, uint256 limit, uint256 used, uint256 requested, uint64 freesAt
    );

    /// @notice A rule that is not a number says no.
    /// @param clause state, not_started, asset_scope, not_a_member, cross_permit, consent,
    /// person_kind, wind_down, contract_review, residence or ledger_closed, as left-aligned ASCII.
    /// @param subject the address that the rule is about.
    error NotPermitted(bytes32 permit, uint64 version, bytes32 clause, address subject);

    // ---- wrong calls ----

    error NotAdmin(address caller);
    error NotRegistrar(address caller);
    error NotToken(address caller);
    error NotFurtherLimits(address caller);
    error NotSupervisedLedgers(address caller);
    error NotRegulator(address signer);
    error SignerRepeated(address signer);
    error SignatureCount(uint256 given, uint256 least);
    error WrongVersion(uint64 expected, uint64 given);
    error WrongNonce(uint256 expected, uint256 given);
    /// @notice One signature cannot loosen: `what` names the first looser term.
    error LooserThanInForce(bytes32 what, address token);
    /// @notice This regulator's lone act on these base terms lapsed unconfirmed: a second must sign.
    error LoneActSpent(address regulator);
    /// @notice The terms cannot be: `what` is permit, version, state, end_before_start, too_many_assets,
    /// token, duplicate_asset or limit_too_large.
    error MalformedTerms(bytes32 what);
    error RegulatorUnchanged(address regulator);
    error TooFewRegulators();
    error TokenUnfit(address token);
    error TooManyTokens();
    error KindUnknown(uint8 kind);
    error PersonMalformed(bytes32 person);
    error WalletUnfit(address wallet);
    error AlreadyMember(address wallet);
    error NotMember(address wallet);
    error StillHolding(address wallet, address token, uint256 balance);

    // ---- what happened ----

    event Published(bytes32 indexed permit, uint64 version, uint8 state, uint64 interimUntil);
    event Registered(bytes32 indexed permit, address indexed wallet, uint8 kind, bytes32 person);
    event Joined(bytes32 indexed permit, address indexed account, address by);
    event Released(bytes32 indexed permit, address indexed wallet);
    /// @notice Value moved into, inside or out of a permit. Persons are salted ids; zero for a side
    /// that is no person. `counted` is what it added to the rolling volume.
    event Moved(
        bytes32 indexed permit,
        address indexed token,
        bytes32 fromPerson,
        bytes32 toPerson,
        uint256 amount,
        uint256 counted
    );
    /// @notice A waterfall: what exceeded this person's holding cap went to the linked settlement wallet.
    event Overflowed(
        bytes32 indexed permit, address indexed token, bytes32 person, address linked, uint256 amount
    );
    event TokenRegistered(address indexed token);
    event InstitutionChanged(address indexed account, bool registered);
    event RegulatorChanged(address indexed regulator, bool registered);

    // ---- acts ----

    function publish(Terms calldata terms, bytes[] calldata signatures) external;

    function changeRegulator(address regulator, bool registered, uint256 nonce, bytes[] calldata signatures) external;

    function registerToken(address token) external;

    function registerInstitution(address account, bool registered) external;

    function register(
        bytes32 permit,
        address wallet,
        uint8 kind,
        bytes32 person,
        uint256 deadline,
        bytes calldata consent
    ) external;

    function release(address wallet) external;

    /// @notice For tokens only. `excess`, a part of `amount`, has to go to `linked` instead of to the payee.
    function beforeTransfer(address operator, address from, address to, uint256 amount)
        external
        returns (address linked, uint256 excess);

    /// @notice For the FurtherLimits of this Supervisor only: publishes what was signed as `digest`.
    /// `waterfalls`: one bit for each asset, by its place.
    function publishFurther(Terms calldata terms, bytes[] calldata signatures, bytes32 digest, uint256 waterfalls)
        external;

    /// @notice For the SupervisedLedgers of this Supervisor only: the account is a ledger from now on.
    function markLedger(address account) external;

    /// @notice For the SupervisedLedgers of this Supervisor only: counts a payment inside a ledger, or
    /// refuses it. `from` and `to` are wallets of the permit's people, or the ledger for its own share.
    function moveClaim(bytes32 permit, address token, address from, address to, uint256 amount) external;

    // ---- views ----

    /// @notice What is enforced now. `state` has end of term, lapse and the end of a halt applied;
    /// `interimUntil` is 0 unless one regulator's terms are in force.
    function effective(bytes32 permit)
        external
        view
        returns (uint64 version, uint8 state, uint64 start, uint64 end, uint64 interimUntil);

    /// @notice The terms in force, as they were signed.
    function termsOf(bytes32 permit) external view returns (Terms memory);

    function memberOf(address wallet) external view returns (bytes32 permit, uint8 kind, bytes32 person);

    function usage(bytes32 permit, address token)
        external
        view
        returns (uint256 volume, uint256 outstanding, uint32 customers, uint32 merchants);

    function heldBy(bytes32 permit, bytes32 person, address token) external view returns (uint256);

    /// @notice What a customer has paid in the whole trial: what counted as volume.
    function paidBy(bytes32 permit, bytes32 person, address token) external view returns (uint256);

    /// @notice The ContractReviews that this Supervisor asks, made with it and fixed for ever.
    function reviews() external view returns (IContractReviews);

    /// @notice The FurtherLimits that this Supervisor asks, made with it and fixed for ever.
    function further() external view returns (IFurtherLimits);

    /// @notice The SupervisedLedgers that this Supervisor asks, fixed for ever.
    function ledgers() external view returns (ISupervisedLedgers);

    function registrar() external view returns (address);

    function lastVersion(bytes32 permit) external view returns (uint64);

    function isRegulator(address account) external view returns (bool);

    function isToken(address token) external view returns (bool);

    /// @notice The EIP-712 digest that regulators sign.
    function hashTerms(Terms calldata terms) external view returns (bytes32);

    /// @notice The EIP-712 digest that a wallet signs to consent.
    function hashConsent(bytes32 permit, address wallet, bytes32 person, uint256 deadline)
        external
        view
        returns (bytes32);
}
