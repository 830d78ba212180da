// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ISupervisor} from "../synak/ISupervisor.sol";

/// @title One or two signatures over one digest, each counted once, and whose they have to be.
library Signatures {
    uint256 internal constant QUORUM = 2;

    /// @notice The signers of `least` to QUORUM signatures; `second` is zero when there is one.
    /// 65 bytes and low `s` only. Fails with SignatureCount, SignerRepeated and ECDSA's errors.
    function signers(bytes32 digest, bytes[] calldata signatures, uint256 least)
        internal
        pure
        returns (address first, address second)
    {
        uint256 given = signatures.length;
        if (given < least || given > QUORUM) revert ISupervisor.SignatureCount(given, least);
        first = ECDSA.recoverCalldata(digest, signatures[0]);
        if (given < QUORUM) return (first, address(0));
        second = ECDSA.recoverCalldata(digest, signatures[1]);
        if (second == first) revert ISupervisor.SignerRepeated(first);
    }

    /// @notice The first signer; every signer is a regulator of the Supervisor (NotRegulator).
    function requireRegulators(ISupervisor supervisor, bytes32 digest, bytes[] calldata signatures, uint256 least)
        internal
        view
        returns (address first)
    {
        address second;
        (first, second) = signers(digest, signatures, least);
        if (!supervisor.isRegulator(first)) revert ISupervisor.NotRegulator(first);
        if (second != address(0) && !supervisor.isRegulator(second)) revert ISupervisor.NotRegulator(second);
    }
}
