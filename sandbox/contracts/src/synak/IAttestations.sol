// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

/// @notice What is said of a permit. `permit` is the hash of its public number; `document` the SHA-256
/// of the canonical permit document. `start` and `end` are unix seconds, `end` exclusive.
struct Statement {
    bytes32 permit;
    uint64 version;
    bytes32 document;
    uint8 standing;
    uint64 start;
    uint64 end;
}

/// @notice The EIP-712 domain that the regulators signed the document under: the Supervisor of the first
/// chain that the permit is on.
struct Domain {
    uint256 chainId;
    address supervisor;
}

/// @notice What the newest statement about a permit says. `signatures`: how many regulators signed this
/// version's document, 1 or 2. `at`: when it was said, unix seconds.
struct Attested {
    uint64 version;
    uint8 standing;
    uint8 signatures;
    uint64 start;
    uint64 end;
    uint64 at;
    bytes32 document;
}

/// @notice A head of the audit log: so many entries, their Merkle root (RFC 6962), when it was anchored.
struct Anchor {
    uint64 size;
    uint64 at;
    bytes32 root;
}

/// @title What the sandbox says in public, for whoever can read the chain and nothing else.
/// @notice The rules are told in Attestations.sol.
interface IAttestations {
    error NotRecorder(address caller);
    error StandingUnknown(uint8 standing);
    error TermMalformed(uint64 start, uint64 end);
    /// @notice Another document was attested as this version: `held` is its hash.
    error OtherDocument(bytes32 permit, uint64 version, bytes32 held);
    /// @notice The log only grows: `last` is the size of the newest anchor.
    error HeadNotNewer(uint64 last, uint64 given);

    event PermitAttested(bytes32 indexed permit, uint64 version, uint8 standing, bytes32 document, uint8 signatures);
    event HeadAnchored(uint64 indexed size, bytes32 root);

    function attest(Statement calldata statement, Domain calldata domain, bytes[] calldata signatures) external;

    function anchor(uint64 size, bytes32 root) external;

    /// @notice The newest statement about a permit; version 0 when there is none.
    function permitOf(bytes32 permit) external view returns (Attested memory);

    /// @notice Whether a permit is valid at this moment: said to be, and within its term.
    function isValid(bytes32 permit) external view returns (bool);

    /// @notice The document that was attested as a version; zero when there is none.
    function documentOf(bytes32 permit, uint64 version) external view returns (bytes32 document, uint8 signatures);

    function anchorCount() external view returns (uint256);

    /// @notice At most `count` anchors from the `first` on, oldest first.
    function anchors(uint256 first, uint256 count) external view returns (Anchor[] memory);

    /// @notice The EIP-712 digest that regulators sign under a document.
    function hashDocument(bytes32 permit, uint64 version, bytes32 document, Domain calldata domain)
        external
        pure
        returns (bytes32);

    function recorder() external view returns (address);

    function supervisor() external view returns (address);
}
