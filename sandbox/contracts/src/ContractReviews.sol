// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Signatures} from "./lib/Signatures.sol";
import {Kind} from "./lib/Words.sol";
import {ContractApproval, IContractReviews, Layer} from "./synak/IContractReviews.sol";
import {ISupervisor} from "./synak/ISupervisor.sol";

/// @title ContractReviews: under that term no unapproved contract touches supervised money.
///
/// Made by the Supervisor with itself, and asked by it in every transfer of a permit whose terms say
/// `contractReview`. Roles: the Supervisor's *regulators* and its *registrar*. Anyone may relay.
///
/// approveContract(approval, signatures): two distinct regulators, since it lets more happen. It names
/// the contract and every layer that it gets code from (beacon, implementation, theirs again) with the
/// code hashes that were reviewed; each must be so at that moment. Good for one permit and one nonce.
/// A second approval replaces the first: so an upgrade is approved before it is made. Fails with
/// SignatureCount, SignerRepeated, NotRegulator, PermitUnknown, LayerCount (1 to 8), WrongNonce,
/// NotAsReviewed. Event ContractApproved.
///
/// withdrawContract(permit, account, nonce, signatures): one regulator's signature; or the registrar's
/// own call without any, whose watch saw code or implementation change. It ends the approval at once
/// and for good: only two regulators can approve again. Unlike a lone act on terms it does not lapse:
/// it traps nobody's money, see below. Fails with SignatureCount, NotRegulator, WrongNonce, NotApproved.
/// Event ContractWithdrawn.
///
/// IN EVERY TRANSFER OF A PERMIT WITH THE TERM
/// - Payer and payee: one that is a contract member of the permit must be approved, and its code hash
///   must be the approved one now; or it is a supervised ledger (SupervisedLedgers.sol), held otherwise.
/// - Through: whoever calls the token (the spender of an allowance) must be the account that sent the
///   transaction, an institution, or approved. A contract still in its constructor is none of these.
/// - Homeward all the same: what an unapproved contract holds may be redeemed, or paid to a customer or
///   settlement wallet of the permit, whoever calls: nobody's money is trapped by a review.
/// - A mint has no spender: only its payee is looked at.
///
/// What cannot be seen from here is another contract's storage. That a proxy's implementation slot
/// changes is seen by the gateway, which refuses such a transaction beforehand and withdraws after.
contract ContractReviews is EIP712, IContractReviews {
    uint256 private constant MAX_LAYERS = 8;
    bytes32 private constant LAYER_TYPEHASH = keccak256("Layer(address account,bytes32 codeHash)");
    bytes32 private constant APPROVAL_TYPEHASH = keccak256(
        "ContractApproval(bytes32 permit,uint256 nonce,Layer[] layers)Layer(address account,bytes32 codeHash)"
    );
    bytes32 private constant WITHDRAWAL_TYPEHASH =
        keccak256("ContractWithdrawal(bytes32 permit,address account,uint256 nonce)");

    struct Review {
        bytes32 codeHash;
        uint256 nonce;
    }

    ISupervisor private immutable _supervisor;
    mapping(bytes32 permit => mapping(address account => Review)) private _reviews;

    constructor(ISupervisor supervisor_) EIP712("Synak", "2") {
        _supervisor = supervisor_;
    }

    function approveContract(ContractApproval calldata approval, bytes[] calldata signatures) external {
        Signatures.requireRegulators(_supervisor, hashApproval(approval), signatures, Signatures.QUORUM);
        if (_supervisor.lastVersion(approval.permit) == 0) revert PermitUnknown(approval.permit);
        uint256 count = approval.layers.length;
        if (count == 0 || count > MAX_LAYERS) revert LayerCount(count);
        for (uint256 i = 0; i < count; ++i) {
            Layer calldata layer = approval.layers[i];
            bytes32 found = layer.account.codehash;
            if (found != layer.codeHash || layer.account.code.length == 0) revert NotAsReviewed(layer.account, found);
        }
        address account = approval.layers[0].account;
        Review storage review = _at(approval.permit, account, approval.nonce);
        (review.codeHash, review.nonce) = (approval.layers[0].codeHash, approval.nonce + 1);
        emit ContractApproved(approval.permit, account, approval.nonce, approval.layers);
    }

    function withdrawContract(bytes32 permit, address account, uint256 nonce, bytes[] calldata signatures) external {
        address by = msg.sender;
        if (by != _supervisor.registrar()) by = Signatures.requireRegulators(_supervisor, hashWithdrawal(permit, account, nonce), signatures, 1);
        Review storage review = _at(permit, account, nonce);
        if (review.codeHash == 0) revert NotApproved(account);
        (review.codeHash, review.nonce) = (0, nonce + 1);
        emit ContractWithdrawn(permit, account, nonce, by);
    }

    function unreviewed(
        bytes32 permit,
        address operator,
        address from,
        uint8 payerKind,
        address to,
        uint8 payeeKind
    ) external view returns (address) {
        if (payerKind == Kind.CONTRACT && !_mayTouch(permit, from)) {
            bool home = to == address(0) || payeeKind == Kind.CUSTOMER || payeeKind == Kind.SETTLEMENT;
            return home ? address(0) : from;
        }
        if (payeeKind == Kind.CONTRACT && !_mayTouch(permit, to)) return to;
        if (operator != address(0) && !_mayTouch(permit, operator)) return operator;
        return address(0);
    }

    function reviewOf(bytes32 permit, address account) external view returns (bytes32 codeHash, uint256 nonce) {
        Review storage review = _reviews[permit][account];
        return (review.codeHash, review.nonce);
    }

    function supervisor() external view returns (address) {
        return address(_supervisor);
    }

    function isApproved(bytes32 permit, address account) public view returns (bool) {
        bytes32 codeHash = _reviews[permit][account].codeHash;
        return codeHash != 0 && codeHash == account.codehash;
    }

    function hashApproval(ContractApproval calldata approval) public view returns (bytes32) {
        bytes32[] memory layers = new bytes32[](approval.layers.length);
        for (uint256 i = 0; i < layers.length; ++i) {
            layers[i] = keccak256(abi.encode(LAYER_TYPEHASH, approval.layers[i]));
        }
        bytes32 list = keccak256(abi.encodePacked(layers));
        return _hashTypedDataV4(keccak256(abi.encode(APPROVAL_TYPEHASH, approval.permit, approval.nonce, list)));
    }

    function hashWithdrawal(bytes32 permit, address account, uint256 nonce) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(WITHDRAWAL_TYPEHASH, permit, account, nonce)));
    }

    /// @dev Approved, or a supervised ledger, whose code does not matter: it pays no more than claims.
    function _mayTouch(bytes32 permit, address account) private view returns (bool supervised) {
        if (isApproved(permit, account)) return true;
        (supervised,,) = _supervisor.ledgers().ledgerOf(permit, account);
    }

    /// @dev The record of a contract under a permit, if the nonce is its next.
    function _at(bytes32 permit, address account, uint256 nonce) private view returns (Review storage review) {
        review = _reviews[permit][account];
        if (nonce != review.nonce) revert ISupervisor.WrongNonce(review.nonce, nonce);
    }
}
