// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

/// @notice One contract that decides what another does, as it was reviewed: its address and code.
struct Layer {
    address account;
    bytes32 codeHash;
}

/// @notice A contract as two regulators approve it for one permit. `layers[0]` is the contract; after it
/// whatever it gets its code from, outermost first: beacon, implementation, theirs again. `nonce` is
/// `reviewOf(permit, contract)`'s, so that an approval that ended cannot be brought back.
struct ContractApproval {
    bytes32 permit;
    uint256 nonce;
    Layer[] layers;
}

/// @title Which contracts may touch supervised money under a permit with contract review.
/// @notice The rules are told in ContractReviews.sol.
interface IContractReviews {
    /// @notice This layer's code is not what was reviewed: `found` is its code hash now.
    error NotAsReviewed(address account, bytes32 found);
    error NotApproved(address account);
    error LayerCount(uint256 given);
    error PermitUnknown(bytes32 permit);

    event ContractApproved(bytes32 indexed permit, address indexed account, uint256 nonce, Layer[] layers);
    /// @notice An approval ended. `by`: the registrar, whose watch saw code or implementation change, or
    /// the regulator who signed.
    event ContractWithdrawn(bytes32 indexed permit, address indexed account, uint256 nonce, address by);

    function approveContract(ContractApproval calldata approval, bytes[] calldata signatures) external;

    function withdrawContract(bytes32 permit, address account, uint256 nonce, bytes[] calldata signatures) external;

    /// @notice The approved code hash of a contract under a permit (zero: none), and the nonce of the
    /// next signatures about it.
    function reviewOf(bytes32 permit, address account) external view returns (bytes32 codeHash, uint256 nonce);

    /// @notice Whether a contract is approved under a permit, and its code still the approved one.
    function isApproved(bytes32 permit, address account) external view returns (bool);

    /// @notice The first account that a movement would touch without approval; zero: none.
    /// @param operator whoever calls the token; zero when it needs no approval. Kinds as in Words.sol.
    function unreviewed(
        bytes32 permit,
        address operator,
        address from,
        uint8 payerKind,
        address to,
        uint8 payeeKind
    ) external view returns (address subject);

    /// @notice The EIP-712 digest that two regulators sign to approve a contract.
    function hashApproval(ContractApproval calldata approval) external view returns (bytes32);

    /// @notice The EIP-712 digest that one regulator signs to withdraw an approval.
    function hashWithdrawal(bytes32 permit, address account, uint256 nonce) external view returns (bytes32);

    function supervisor() external view returns (address);
}
