// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title A sum over any 24 hours, in half-hour buckets that expire lazily.
///
/// A unit used in a bucket stays counted until 24 hours after that bucket's *end*: it frees between
/// 24 h and 24 h 30 min after its use and never before, so no burst across an edge gets twice the
/// limit through. 48 buckets make 24 hours; one more is the one that is filling.
///
/// The ring has exactly 49 places, so the bucket that expires when a new one begins lies in the very
/// place that is written: crossing an edge reads nothing more. `prepare` makes every place non-zero
/// once, so that the first use of a bucket costs the same gas as the next: a gas estimate made before
/// an edge holds behind it. (OpenZeppelin's RateLimiter.SlidingWindow is exact to the second, but
/// appends a checkpoint for every use and searches them; under load that costs more than the transfer.)
library RollingWindow {
    uint256 internal constant WINDOW = 24 hours;
    uint256 internal constant BUCKET = 30 minutes;
    uint256 internal constant PLACES = WINDOW / BUCKET + 1;

    struct Entry {
        uint32 bucket;
        uint112 amount;
    }

    /// @param volume the sum of the buckets that were live at `bucket`.
    /// @param outstanding not the window's: it shares the slot, since both are written together.
    /// @param bucket the newest bucket used, half hours since 1970.
    struct Ledger {
        uint112 volume;
        uint112 outstanding;
        uint32 bucket;
        Entry[PLACES] ring;
    }

    /// @notice Makes every place of the ring non-zero, once (about 1.1 million gas).
    function prepare(Ledger storage ledger) internal {
        if (ledger.ring[0].bucket != 0) return;
        for (uint256 place = 0; place < PLACES; ++place) {
            ledger.ring[place] = Entry({bucket: 1, amount: 0});
        }
    }

    /// @notice The volume that counts now.
    function live(Ledger storage ledger) internal view returns (uint256) {
        return _liveAt(ledger, ledger.volume, ledger.bucket, block.timestamp / BUCKET);
    }

    /// @notice Writes a use into the current bucket.
    /// @param volume what `live` answered in this same block.
    function add(Ledger storage ledger, uint256 volume, uint256 amount) internal {
        uint256 current = block.timestamp / BUCKET;
        Entry storage entry = ledger.ring[current % PLACES];
        uint256 before = entry.bucket == current ? entry.amount : 0;
        // The sum is bounded first; a bucket's amount is a part of it and cannot be cut off.
        (ledger.volume, ledger.bucket) = (SafeCast.toUint112(volume + amount), uint32(current));
        (entry.bucket, entry.amount) = (uint32(current), uint112(before + amount));
    }

    /// @notice When `requested` more fits under `limit`, if nothing else is used before.
    /// @return unix seconds; 0 when no waiting helps.
    function freesAt(Ledger storage ledger, uint256 limit, uint256 requested) internal view returns (uint64) {
        if (requested > limit) return 0;
        uint256 current = block.timestamp / BUCKET;
        uint256 volume = live(ledger);
        for (uint256 bucket = current + 1; bucket <= current + PLACES; ++bucket) {
            Entry storage entry = ledger.ring[bucket % PLACES];
            if (entry.bucket + PLACES == bucket) volume -= entry.amount;
            if (volume <= limit - requested) return uint64(bucket * BUCKET);
        }
        return 0;
    }

    function _liveAt(Ledger storage ledger, uint256 volume, uint256 last, uint256 current)
        private
        view
        returns (uint256)
    {
        if (current >= last + PLACES) return 0;
        // In the bucket already in use one place is read all the same: see the gas note above.
        uint256 bucket = current == last ? current : last + 1;
        for (; bucket <= current; ++bucket) {
            Entry storage entry = ledger.ring[bucket % PLACES];
            if (entry.bucket + PLACES == bucket) volume -= entry.amount;
        }
        return volume;
    }
}
