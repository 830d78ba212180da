// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Signatures} from "./lib/Signatures.sol";
import {Clause, Kind} from "./lib/Words.sol";
import {ISupervisedLedgers} from "./synak/ISupervisedLedgers.sol";
import {ISupervisor} from "./synak/ISupervisor.sol";

/// @title SupervisedLedgers: whose the money is that a contract holds for many.
///
/// A pool, a wallet service or a token of one's own (an IOU) holds customers' money in one contract and
/// moves *claims* inside it, where no transfer of the supervised token happens: limits would end at its
/// door. A contract that is admitted as a supervised ledger keeps its claims here.
///
/// Made by the Supervisor (makeLedgers) for itself. Roles: the Supervisor's *regulators* and *registrar*.
///
/// admitLedger(permit, ledger, nonce, signatures): two distinct regulators. The account is a contract
/// member of the permit. What it holds already is its own share. Under contract review its code needs no
/// approval: whatever it does, it pays people no more than their claims. For ever: closing ends what comes in.
/// closeLedger(permit, ledger, nonce, signatures): one regulator, or the registrar without a signature.
/// Nothing more comes in and nothing moves inside; payouts go on: nobody's money is trapped.
/// Fail with SignatureCount, SignerRepeated, NotRegulator, LedgerUnfit, AlreadyLedger, WrongNonce.
///
/// WHAT IS KEPT
/// - A person's payment to the ledger adds to the person's claim; a payment of the ledger to a person
///   takes from it, and is refused above it (ledger_claim). Neither is a payment between people: no
///   volume, and what the person holds stays the same, since a claim is money in the person's pocket.
/// - `report` moves claims inside: a payment from person to person by the Supervisor's own rules, counted
///   and refused exactly as if the token had moved (state, asset, per transaction, volume, further
///   limits, what the payee may hold). Reported later than it happened it is refused later, and never
///   paid out before.
/// - What the ledger holds beyond all claims is its own share: fees, interest, a float. It may be paid to
///   anybody whom the permit's contracts may pay, but to a person only after `report` gave it to that person.
///
/// So a ledger that does not report, reports less, or lets its token be traded elsewhere pays out to whom
/// the money came from, and to nobody else.
contract SupervisedLedgers is EIP712, ISupervisedLedgers {
    bytes32 private constant ADMISSION_TYPEHASH =
        keccak256("LedgerAdmission(bytes32 permit,address ledger,uint256 nonce)");
    bytes32 private constant CLOSING_TYPEHASH =
        keccak256("LedgerClosing(bytes32 permit,address ledger,uint256 nonce)");

    struct Standing {
        bool supervised;
        bool open;
        uint64 nonce;
    }

    struct Claims {
        uint256 total;
        mapping(bytes32 person => uint256) by;
    }

    ISupervisor private immutable _supervisor;
    mapping(bytes32 permit => mapping(address ledger => Standing)) private _standings;
    mapping(address ledger => mapping(address token => Claims)) private _claims;

    constructor(ISupervisor supervisor_) EIP712("Synak", "2") {
        _supervisor = supervisor_;
    }

    function admitLedger(bytes32 permit, address ledger, uint256 nonce, bytes[] calldata signatures) external {
        Signatures.requireRegulators(_supervisor, hashAdmission(permit, ledger, nonce), signatures, Signatures.QUORUM);
        (bytes32 permitOf, uint8 kind,) = _supervisor.memberOf(ledger);
        if (permitOf != permit || kind != Kind.CONTRACT) revert LedgerUnfit(ledger);
        Standing storage standing = _at(permit, ledger, nonce);
        if (standing.supervised) revert AlreadyLedger(ledger);
        (standing.supervised, standing.open, standing.nonce) = (true, true, uint64(nonce + 1));
        _supervisor.markLedger(ledger);
        emit LedgerAdmitted(permit, ledger, nonce);
    }

    function closeLedger(bytes32 permit, address ledger, uint256 nonce, bytes[] calldata signatures) external {
        address by = msg.sender;
        if (by != _supervisor.registrar()) by = Signatures.requireRegulators(_supervisor, hashClosing(permit, ledger, nonce), signatures, 1);
        Standing storage standing = _at(permit, ledger, nonce);
        if (!standing.open) revert LedgerUnfit(ledger);
        (standing.open, standing.nonce) = (false, uint64(nonce + 1));
        emit LedgerClosed(permit, ledger, nonce, by);
    }

    function report(address token, address from, address to, uint256 amount) external {
        (bytes32 permit,,) = _supervisor.memberOf(msg.sender);
        if (!_standings[permit][msg.sender].open) revert NotLedger(msg.sender);
        if (!_supervisor.isToken(token)) revert ISupervisor.NotToken(token);
        (uint64 version,,,,) = _supervisor.effective(permit);
        (bytes32 payer, bytes32 payee) = (_party(permit, version, from), _party(permit, version, to));
        Claims storage claims = _claims[msg.sender][token];
        if (payer == 0) _requireOwn(permit, version, claims, msg.sender, token, amount);
        else _take(permit, version, claims, payer, amount);
        _supervisor.moveClaim(permit, token, from, to, amount);
        if (payee != 0) _give(claims, payee, amount);
        emit ClaimMoved(msg.sender, token, payer, payee, amount);
    }

    function moved(bytes32 permit, uint64 version, address token, address from, address to, uint256 amount)
        external
        returns (bool pocket)
    {
        if (msg.sender != address(_supervisor)) revert NotSupervisor(msg.sender);
        if (_standings[permit][from].supervised) {
            bytes32 payee = _personOf(to);
            Claims storage claims = _claims[from][token];
            if (payee == 0) _requireOwn(permit, version, claims, from, token, amount);
            else _take(permit, version, claims, payee, amount);
            pocket = payee != 0;
        }
        Standing storage standing = _standings[permit][to];
        if (standing.supervised) {
            if (!standing.open) revert ISupervisor.NotPermitted(permit, version, Clause.LEDGER_CLOSED, to);
            bytes32 payer = _personOf(from);
            if (payer != 0) _give(_claims[to][token], payer, amount);
            pocket = payer != 0;
        }
    }

    function claimOf(address ledger, address token, bytes32 person) external view returns (uint256) {
        return _claims[ledger][token].by[person];
    }

    function claimsOf(address ledger, address token) external view returns (uint256 persons, uint256 own) {
        persons = _claims[ledger][token].total;
        own = IERC20(token).balanceOf(ledger) - persons;
    }

    function ledgerOf(bytes32 permit, address account)
        external
        view
        returns (bool supervised, bool open, uint256 nonce)
    {
        Standing storage standing = _standings[permit][account];
        return (standing.supervised, standing.open, standing.nonce);
    }

    function supervisor() external view returns (address) {
        return address(_supervisor);
    }

    function hashAdmission(bytes32 permit, address ledger, uint256 nonce) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ADMISSION_TYPEHASH, permit, ledger, nonce)));
    }

    function hashClosing(bytes32 permit, address ledger, uint256 nonce) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(CLOSING_TYPEHASH, permit, ledger, nonce)));
    }

    function _give(Claims storage claims, bytes32 person, uint256 amount) private {
        claims.by[person] += amount;
        claims.total += amount;
    }

    function _take(bytes32 permit, uint64 version, Claims storage claims, bytes32 person, uint256 amount) private {
        uint256 claim = claims.by[person];
        if (amount > claim) _refuse(permit, version, claim, amount);
        claims.by[person] = claim - amount;
        claims.total -= amount;
    }

    /// @dev The ledger's own share covers the amount.
    function _requireOwn(
        bytes32 permit,
        uint64 version,
        Claims storage claims,
        address ledger,
        address token,
        uint256 amount
    ) private view {
        uint256 own = IERC20(token).balanceOf(ledger) - claims.total;
        if (amount > own) _refuse(permit, version, own, amount);
    }

    function _refuse(bytes32 permit, uint64 version, uint256 limit, uint256 amount) private pure {
        revert ISupervisor.LimitExceeded(permit, version, Clause.LEDGER_CLAIM, limit, 0, amount, 0);
    }

    /// @dev One side of a report: a person of the permit, or the ledger itself (zero).
    function _party(bytes32 permit, uint64 version, address account) private view returns (bytes32 person) {
        if (account == msg.sender) return 0;
        bytes32 permitOf;
        (permitOf,, person) = _supervisor.memberOf(account);
        if (permitOf != permit || person == 0) {
            revert ISupervisor.NotPermitted(permit, version, Clause.NOT_A_MEMBER, account);
        }
    }

    function _personOf(address account) private view returns (bytes32 person) {
        (,, person) = _supervisor.memberOf(account);
    }

    /// @dev The standing of an account under a permit, if the nonce is its next.
    function _at(bytes32 permit, address ledger, uint256 nonce) private view returns (Standing storage standing) {
        standing = _standings[permit][ledger];
        if (nonce != standing.nonce) revert ISupervisor.WrongNonce(standing.nonce, nonce);
    }
}
