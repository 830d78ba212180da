// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

/// @title The numbers and words that stand in terms, members and refusals.

/// @notice What a permit allows.
library State {
    uint8 internal constant NONE = 0;
    uint8 internal constant ACTIVE = 1;
    uint8 internal constant WIND_DOWN = 2;
    uint8 internal constant HALTED = 3;
}

/// @notice What an address is to a permit. An institution belongs to no permit.
library Kind {
    uint8 internal constant NONE = 0;
    uint8 internal constant CUSTOMER = 1;
    uint8 internal constant MERCHANT = 2;
    uint8 internal constant SETTLEMENT = 3;
    uint8 internal constant CONTRACT = 4;
    uint8 internal constant INSTITUTION = 5;

    /// @notice Whether a person stands behind this kind of wallet.
    function isPerson(uint8 kind) internal pure returns (bool) {
        return kind == CUSTOMER || kind == MERCHANT;
    }

    /// @notice Whether value held by this kind of wallet is outstanding: owed to customers.
    function isOutstanding(uint8 kind) internal pure returns (bool) {
        return kind == CUSTOMER || kind == CONTRACT;
    }
}

/// @notice The clauses that refusals name.
library Clause {
    bytes32 internal constant PER_TRANSACTION = "per_transaction";
    bytes32 internal constant WINDOW_VOLUME = "window_volume";
    bytes32 internal constant CUSTOMER_CAP = "customer_cap";
    bytes32 internal constant MERCHANT_CAP = "merchant_cap";
    bytes32 internal constant OUTSTANDING = "outstanding";
    bytes32 internal constant MAX_CUSTOMERS = "max_customers";
    bytes32 internal constant MAX_MERCHANTS = "max_merchants";
    bytes32 internal constant STATE = "state";
    bytes32 internal constant NOT_STARTED = "not_started";
    bytes32 internal constant ASSET_SCOPE = "asset_scope";
    bytes32 internal constant NOT_A_MEMBER = "not_a_member";
    bytes32 internal constant CROSS_PERMIT = "cross_permit";
    bytes32 internal constant CONSENT = "consent";
    bytes32 internal constant PERSON_KIND = "person_kind";
    bytes32 internal constant WIND_DOWN = "wind_down";
    bytes32 internal constant CONTRACT_REVIEW = "contract_review";
    bytes32 internal constant WEEK_VOLUME = "week_volume";
    bytes32 internal constant MONTH_VOLUME = "month_volume";
    bytes32 internal constant CUSTOMER_DAY_VOLUME = "customer_day_volume";
    bytes32 internal constant CUSTOMER_TOTAL = "customer_total";
    bytes32 internal constant TRAVEL_RULE = "travel_rule";
    bytes32 internal constant RESIDENCE = "residence";
    bytes32 internal constant LEDGER_CLAIM = "ledger_claim";
    bytes32 internal constant LEDGER_CLOSED = "ledger_closed";
}
