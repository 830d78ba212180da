// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title A sum over a window of any width, in buckets that expire lazily: RollingWindow with the width given.
///
/// A unit used in a bucket stays counted until the window's width after that bucket's *end*: it frees
/// between W and W + one bucket after its use, never before. A ring of `places` buckets holds the window
/// and the one bucket that is filling, so W = (places - 1) * bucket. `prepare` makes every place non-zero
/// once, so that the first use of a bucket costs the same gas as the next.
library RollingSum {
    /// @param bucket its length, seconds. @param places how many are kept.
    struct Span {
        uint256 bucket;
        uint256 places;
    }

    struct Entry {
        uint32 bucket;
        uint112 amount;
    }

    /// @param volume the sum of the buckets that were live at `bucket`, the newest bucket used.
    struct Sum {
        uint112 volume;
        uint32 bucket;
        mapping(uint256 place => Entry) ring;
    }

    /// @notice Makes every place of the ring non-zero, once.
    function prepare(Sum storage sum, Span memory span) internal {
        if (sum.ring[0].bucket != 0) return;
        for (uint256 place = 0; place < span.places; ++place) {
            sum.ring[place] = Entry({bucket: 1, amount: 0});
        }
    }

    /// @notice What counts now.
    function live(Sum storage sum, Span memory span) internal view returns (uint256 volume) {
        uint256 current = block.timestamp / span.bucket;
        uint256 last = sum.bucket;
        if (current >= last + span.places) return 0;
        volume = sum.volume;
        // In the bucket already in use one place is read all the same: the gas stays equal.
        for (uint256 bucket = current == last ? current : last + 1; bucket <= current; ++bucket) {
            Entry storage entry = sum.ring[bucket % span.places];
            if (entry.bucket + span.places == bucket) volume -= entry.amount;
        }
    }

    /// @notice Writes a use into the current bucket.
    /// @param volume what `live` answered in this same block.
    function add(Sum storage sum, Span memory span, uint256 volume, uint256 amount) internal {
        uint256 current = block.timestamp / span.bucket;
        Entry storage entry = sum.ring[current % span.places];
        uint256 before = entry.bucket == current ? entry.amount : 0;
        // The sum is bounded first; a bucket's amount is a part of it and cannot be cut off.
        (sum.volume, sum.bucket) = (SafeCast.toUint112(volume + amount), uint32(current));
        (entry.bucket, entry.amount) = (uint32(current), uint112(before + amount));
    }

    /// @notice When `requested` more fits under `limit`, if nothing else is used before.
    /// @return unix seconds; 0 when no waiting helps.
    function freesAt(Sum storage sum, Span memory span, uint256 limit, uint256 requested)
        internal
        view
        returns (uint64)
    {
        if (requested > limit) return 0;
        uint256 current = block.timestamp / span.bucket;
        uint256 volume = live(sum, span);
        for (uint256 bucket = current + 1; bucket <= current + span.places; ++bucket) {
            Entry storage entry = sum.ring[bucket % span.places];
            if (entry.bucket + span.places == bucket) volume -= entry.amount;
            if (volume <= limit - requested) return uint64(bucket * span.bucket);
        }
        return 0;
    }
}
