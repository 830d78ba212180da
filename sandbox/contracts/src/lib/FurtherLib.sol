// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Further, FurtherAsset} from "../synak/IFurtherLimits.sol";
import {ISupervisor, Terms} from "../synak/ISupervisor.sol";
import {TermsLib} from "./TermsLib.sol";

/// @title Further limits as data: their EIP-712 hash, their form, and residences side by side in a word.
library FurtherLib {
    uint256 internal constant MAX_RESIDENCES = 16;

    bytes32 internal constant ASSET_TYPEHASH = keccak256(
        "FurtherAsset(address token,uint256 weekVolume,uint256 monthVolume,uint256 customerDayVolume,uint256 customerTotal,uint256 travelRule,bool waterfall)"
    );
    bytes32 internal constant FURTHER_TYPEHASH = keccak256(
        "Further(bytes2[] residences,FurtherAsset[] assets)"
        "FurtherAsset(address token,uint256 weekVolume,uint256 monthVolume,uint256 customerDayVolume,uint256 customerTotal,uint256 travelRule,bool waterfall)"
    );
    bytes32 internal constant TYPEHASH = keccak256(
        "FurtherTerms(Terms terms,Further further)"
        "Asset(address token,uint256 perTransaction,uint256 windowVolume,uint256 customerCap,uint256 merchantCap,uint256 outstandingCap)"
        "Further(bytes2[] residences,FurtherAsset[] assets)"
        "FurtherAsset(address token,uint256 weekVolume,uint256 monthVolume,uint256 customerDayVolume,uint256 customerTotal,uint256 travelRule,bool waterfall)"
        "Terms(bytes32 permit,uint64 version,uint8 state,uint64 start,uint64 end,uint32 maxCustomers,uint32 maxMerchants,bool contractReview,Asset[] assets)"
    );

    /// @notice The EIP-712 struct hash of both parts. Source: EIP-712, "Definition of encodeData".
    function structHash(Terms calldata terms, Further calldata further) internal pure returns (bytes32) {
        bytes32[] memory assets = new bytes32[](further.assets.length);
        for (uint256 i = 0; i < assets.length; ++i) {
            assets[i] = keccak256(abi.encode(ASSET_TYPEHASH, further.assets[i]));
        }
        bytes32 second = keccak256(
            abi.encode(
                FURTHER_TYPEHASH,
                keccak256(abi.encodePacked(further.residences)),
                keccak256(abi.encodePacked(assets))
            )
        );
        return keccak256(abi.encode(TYPEHASH, TermsLib.structHash(terms), second));
    }

    /// @notice Refuses what cannot be, whoever signed it.
    function requireForm(Terms calldata terms, Further calldata further) internal pure {
        uint256 length = further.assets.length;
        if (length != terms.assets.length) revert ISupervisor.MalformedTerms("further_assets");
        for (uint256 i = 0; i < length; ++i) {
            if (further.assets[i].token != terms.assets[i].token) revert ISupervisor.MalformedTerms("further_assets");
        }
        if (further.residences.length > MAX_RESIDENCES) revert ISupervisor.MalformedTerms("too_many_residences");
        for (uint256 i = 0; i < further.residences.length; ++i) {
            if (further.residences[i] == 0) revert ISupervisor.MalformedTerms("residence");
        }
    }

    /// @notice Residences side by side, in their order, from the left.
    function packed(bytes2[] calldata residences) internal pure returns (bytes32 word) {
        for (uint256 i = 0; i < residences.length; ++i) {
            word |= bytes32(residences[i]) >> (16 * i);
        }
    }

    function unpacked(bytes32 word) internal pure returns (bytes2[] memory residences) {
        uint256 length = 0;
        for (bytes32 rest = word; rest != 0; rest <<= 16) {
            ++length;
        }
        residences = new bytes2[](length);
        for (uint256 i = 0; i < length; ++i) {
            residences[i] = bytes2(word << (16 * i));
        }
    }

    /// @notice Whether a word of residences holds this one.
    function holds(bytes32 word, bytes2 residence) internal pure returns (bool) {
        if (residence == 0) return false;
        for (; word != 0; word <<= 16) {
            if (bytes2(word) == residence) return true;
        }
        return false;
    }

    /// @notice Whether all of these, and at least one, are in the word.
    function within(bytes2[] calldata residences, bytes32 word) internal pure returns (bool) {
        for (uint256 i = 0; i < residences.length; ++i) {
            if (!holds(word, residences[i])) return false;
        }
        return residences.length != 0;
    }
}
