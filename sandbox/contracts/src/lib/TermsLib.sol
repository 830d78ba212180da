// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Asset, ISupervisor, Terms} from "../synak/ISupervisor.sol";
import {State} from "./Words.sol";

/// @title Terms as data: their EIP-712 hash, their form, and which of two is the tighter.
library TermsLib {
    uint256 internal constant MAX_ASSETS = 8;
    uint256 internal constant NO_LIMIT = type(uint256).max;

    bytes32 internal constant ASSET_TYPEHASH = keccak256(
        "Asset(address token,uint256 perTransaction,uint256 windowVolume,uint256 customerCap,uint256 merchantCap,uint256 outstandingCap)"
    );
    bytes32 internal constant TERMS_TYPEHASH = keccak256(
        "Terms(bytes32 permit,uint64 version,uint8 state,uint64 start,uint64 end,uint32 maxCustomers,uint32 maxMerchants,bool contractReview,Asset[] assets)Asset(address token,uint256 perTransaction,uint256 windowVolume,uint256 customerCap,uint256 merchantCap,uint256 outstandingCap)"
    );

    /// @notice The EIP-712 struct hash of terms. Source: EIP-712, "Definition of encodeData".
    function structHash(Terms calldata terms) internal pure returns (bytes32) {
        bytes32[] memory assets = new bytes32[](terms.assets.length);
        for (uint256 i = 0; i < assets.length; ++i) {
            assets[i] = keccak256(abi.encode(ASSET_TYPEHASH, terms.assets[i]));
        }
        return keccak256(
            abi.encode(
                TERMS_TYPEHASH,
                terms.permit,
                terms.version,
                terms.state,
                terms.start,
                terms.end,
                terms.maxCustomers,
                terms.maxMerchants,
                terms.contractReview,
                keccak256(abi.encodePacked(assets))
            )
        );
    }

    /// @notice Refuses terms that cannot be, whoever signed them. Tokens are checked by the caller.
    function requireForm(Terms calldata terms) internal pure {
        if (terms.permit == 0) revert ISupervisor.MalformedTerms("permit");
        if (terms.state < State.ACTIVE || terms.state > State.HALTED) revert ISupervisor.MalformedTerms("state");
        if (terms.end <= terms.start) revert ISupervisor.MalformedTerms("end_before_start");
        if (terms.assets.length > MAX_ASSETS) revert ISupervisor.MalformedTerms("too_many_assets");
        for (uint256 i = 0; i < terms.assets.length; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                if (terms.assets[i].token == terms.assets[j].token) revert ISupervisor.MalformedTerms("duplicate_asset");
            }
        }
    }

    /// @notice A limit as stored: 112 bits, whose greatest value is "no limit".
    function packed(uint256 limit) internal pure returns (uint112) {
        if (limit == NO_LIMIT) return type(uint112).max;
        if (limit >= type(uint112).max) revert ISupervisor.MalformedTerms("limit_too_large");
        return uint112(limit);
    }

    /// @notice A limit as published.
    function unpacked(uint112 limit) internal pure returns (uint256) {
        return limit == type(uint112).max ? NO_LIMIT : limit;
    }
}
