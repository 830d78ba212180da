// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

/// @title Contracts that hold many people's money, and whose it is. The rules are told in SupervisedLedgers.sol.
interface ISupervisedLedgers {
    error NotSupervisor(address caller);
    /// @notice Only a supervised ledger reports, and only while it is open.
    error NotLedger(address caller);
    error LedgerUnfit(address account);
    error AlreadyLedger(address account);

    event LedgerAdmitted(bytes32 indexed permit, address indexed ledger, uint256 nonce);
    event LedgerClosed(bytes32 indexed permit, address indexed ledger, uint256 nonce, address by);
    /// @notice Claims moved inside a ledger. Persons are salted ids; zero is the ledger's own share.
    event ClaimMoved(
        address indexed ledger, address indexed token, bytes32 fromPerson, bytes32 toPerson, uint256 amount
    );

    function admitLedger(bytes32 permit, address ledger, uint256 nonce, bytes[] calldata signatures) external;

    function closeLedger(bytes32 permit, address ledger, uint256 nonce, bytes[] calldata signatures) external;

    /// @notice For supervised ledgers: what one person had there is another's now. A payment, as if the
    /// token itself had moved. `from` and `to` are wallets of the permit's people, or the ledger itself
    /// for its own share.
    function report(address token, address from, address to, uint256 amount) external;

    /// @notice For the Supervisor: a transfer of the calling token to or from a ledger.
    /// @return pocket whether it is between a person and what the ledger keeps for that person.
    function moved(bytes32 permit, uint64 version, address token, address from, address to, uint256 amount)
        external
        returns (bool pocket);

    /// @notice What a person can claim of a ledger, in the token's minor units.
    function claimOf(address ledger, address token, bytes32 person) external view returns (uint256);

    /// @notice What all persons can claim, and what the ledger holds beyond it: its own share.
    function claimsOf(address ledger, address token) external view returns (uint256 persons, uint256 own);

    /// @notice Whether the account is a ledger of the permit, whether it is open, and the next signatures' nonce.
    function ledgerOf(bytes32 permit, address account)
        external
        view
        returns (bool supervised, bool open, uint256 nonce);

    /// @notice The EIP-712 digest that two regulators sign to admit a ledger.
    function hashAdmission(bytes32 permit, address ledger, uint256 nonce) external view returns (bytes32);

    /// @notice The EIP-712 digest that one regulator signs to close a ledger.
    function hashClosing(bytes32 permit, address ledger, uint256 nonce) external view returns (bytes32);

    function supervisor() external view returns (address);
}
