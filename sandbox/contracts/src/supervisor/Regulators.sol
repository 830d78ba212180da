// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Signatures} from "../lib/Signatures.sol";
import {ISupervisor} from "../synak/ISupervisor.sol";

/// @title Who signs the law of this chain, and how signatures are read.
///
/// Roles. A *regulator* signs terms, off chain, with EIP-712 (domain "Synak", "2", this chain, this
/// contract). Anyone may relay what is signed; the relayer has no say.
///
/// changeRegulator(regulator, registered, nonce, signatures): relayed by anyone; needs two distinct
/// regulators' signatures over ChangeRegulator and the next nonce, so it cannot be replayed. Fails
/// when it changes nothing, or when fewer than two regulators would remain (nobody could sign any
/// more). Event RegulatorChanged.
///
/// A signature counts once: 65 bytes, low `s` only, distinct signers. Contract signatures (EIP-1271)
/// are not supported: a regulator is a key held by a person's signer.
abstract contract Regulators is EIP712, ISupervisor {
    uint256 internal constant QUORUM = Signatures.QUORUM;

    bytes32 private constant CHANGE_TYPEHASH =
        keccak256("ChangeRegulator(address regulator,bool registered,uint256 nonce)");

    /// @inheritdoc ISupervisor
    mapping(address account => bool) public isRegulator;

    uint256 public regulatorCount;

    /// @notice The nonce that the next change of regulators must carry.
    uint256 public regulatorNonce;

    constructor(address[] memory regulators) EIP712("Synak", "2") {
        for (uint256 i = 0; i < regulators.length; ++i) {
            _setRegulator(regulators[i], true);
        }
        if (regulatorCount < QUORUM) revert TooFewRegulators();
    }

    /// @inheritdoc ISupervisor
    function changeRegulator(address regulator, bool registered, uint256 nonce, bytes[] calldata signatures)
        external
    {
        if (nonce != regulatorNonce) revert WrongNonce(regulatorNonce, nonce);
        bytes32 digest =
            _hashTypedDataV4(keccak256(abi.encode(CHANGE_TYPEHASH, regulator, registered, nonce)));
        _requireSigned(digest, signatures, QUORUM);
        regulatorNonce = nonce + 1;
        _setRegulator(regulator, registered);
        if (regulatorCount < QUORUM) revert TooFewRegulators();
    }

    /// @dev Requires `least` to QUORUM signatures by distinct regulators; returns the first signer.
    function _requireSigned(bytes32 digest, bytes[] calldata signatures, uint256 least)
        internal
        view
        returns (address first)
    {
        address second;
        (first, second) = Signatures.signers(digest, signatures, least);
        if (!isRegulator[first]) revert NotRegulator(first);
        if (second != address(0) && !isRegulator[second]) revert NotRegulator(second);
    }

    function _setRegulator(address regulator, bool registered) private {
        if (regulator == address(0) || isRegulator[regulator] == registered) revert RegulatorUnchanged(regulator);
        isRegulator[regulator] = registered;
        if (registered) ++regulatorCount;
        else --regulatorCount;
        emit RegulatorChanged(regulator, registered);
    }
}
