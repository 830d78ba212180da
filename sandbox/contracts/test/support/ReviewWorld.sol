// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {ContractApproval, IContractReviews, Layer} from "../../src/synak/IContractReviews.sol";
import {World} from "./World.sol";

/// @title Approvals and withdrawals, beside the roles of World.
abstract contract ReviewWorld is World {
    /// @dev Kept, so that asking for it is no call that an expectation could take for its own.
    IContractReviews private _book;

    function setUp() public virtual override {
        super.setUp();
        _book = supervisor.reviews();
    }

    function reviews() internal view returns (IContractReviews) {
        return _book;
    }

    function approvalOf(address account) internal view returns (ContractApproval memory approval) {
        (, uint256 nonce) = reviews().reviewOf(PERMIT, account);
        Layer[] memory layers = new Layer[](1);
        layers[0] = Layer(account, account.codehash);
        approval = ContractApproval(PERMIT, nonce, layers);
    }

    function approve(address account) internal {
        ContractApproval memory approval = approvalOf(account);
        reviews().approveContract(approval, signed(reviews().hashApproval(approval), FIRST, SECOND));
    }

    function withdraw(address account) internal {
        (, uint256 nonce) = reviews().reviewOf(PERMIT, account);
        bytes32 digest = reviews().hashWithdrawal(PERMIT, account, nonce);
        reviews().withdrawContract(PERMIT, account, nonce, signed(digest, SECOND));
    }
}
