// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {RollingWindow} from "../src/lib/RollingWindow.sol";
import {Test} from "./support/Test.sol";

/// @notice Calls the library from outside, so that each call sees its own time.
contract Window {
    using RollingWindow for RollingWindow.Ledger;

    RollingWindow.Ledger private _ledger;

    constructor() {
        _ledger.prepare();
    }

    function use(uint256 amount) external {
        _ledger.add(_ledger.live(), amount);
    }

    function live() external view returns (uint256) {
        return _ledger.live();
    }

    function freesAt(uint256 limit, uint256 requested) external view returns (uint64) {
        return _ledger.freesAt(limit, requested);
    }
}

/// @notice The window by itself, against a list of everything that was ever used.
contract RollingWindowTest is Test {
    Window private _window;
    uint256[] private _times;
    uint256[] private _amounts;

    function setUp() public {
        uint256 start = 1_790_000_000;
        vm.warp(start - start % 30 minutes);
        _window = new Window();
    }

    function test_oneBucketFreesWhileLaterOnesStay() public {
        uint256 begun = time();
        use(5);
        vm.warp(begun + 30 minutes);
        use(7);
        vm.warp(begun + 24 hours + 30 minutes - 1);
        eq(_window.live(), 12, "the last second");
        vm.warp(begun + 24 hours + 30 minutes);
        eq(_window.live(), 7, "the first bucket is free");
        use(11);
        eq(_window.live(), 18, "its place is used again");
        vm.warp(begun + 25 hours);
        eq(_window.live(), 11, "the second is free");
    }

    function test_anIdleDayFreesEverything() public {
        use(5);
        vm.warp(time() + 300 days);
        eq(_window.live(), 0, "volume");
        use(3);
        eq(_window.live(), 3, "volume");
    }

    function test_aSumBeyondTheCounterIsRefusedAndNotCutOff() public {
        use(type(uint112).max);
        vm.expectRevert();
        _window.use(1);
        eq(_window.live(), type(uint112).max, "volume");
    }

    /// forge-config: default.fuzz.runs = 32
    /// forge-config: deep.fuzz.runs = 500
    /// @dev Exactly the buckets of the last 24 hours and the one that is filling; never less than any 24 hours.
    function testFuzz_theSumIsThatOfTheLiveBuckets(uint256[40] calldata seeds) public {
        for (uint256 i = 0; i < seeds.length; ++i) {
            vm.warp(time() + gap(seeds[i]));
            if (seeds[i] % 5 != 0) use(seeds[i] >> 200);
            (uint256 buckets, uint256 day) = oracle();
            eq(_window.live(), buckets, "the live buckets");
            yes(_window.live() >= day, "no less than any 24 hours");
            requireFreesAt(buckets);
        }
    }

    /// @dev Often within a bucket or over one edge, sometimes hours, seldom days.
    function gap(uint256 seed) private pure returns (uint256) {
        uint256 kind = (seed >> 8) % 10;
        uint256 most = kind < 4 ? 20 minutes : kind < 7 ? 1 hours : kind < 9 ? 8 hours : 3 days;
        return within(seed >> 16, 0, most);
    }

    /// @dev Room for everything frees when the newest bucket is dropped, and for one unit with the oldest.
    function requireFreesAt(uint256 volume) private {
        if (volume == 0) return;
        uint64 all = _window.freesAt(volume, volume);
        uint64 one = _window.freesAt(volume, 1);
        uint256 now_ = time();
        yes(one > now_ && all >= one && all <= now_ + 24 hours + 30 minutes, "within a day and a bucket");
        vm.warp(one - 1);
        (uint256 before,) = oracle();
        eq(before, volume, "nothing frees before");
        vm.warp(one);
        (uint256 then,) = oracle();
        yes(then < volume, "something frees then");
        vm.warp(all);
        (uint256 last,) = oracle();
        eq(last, 0, "everything has freed");
        vm.warp(now_);
    }

    function oracle() private view returns (uint256 buckets, uint256 day) {
        for (uint256 i = 0; i < _times.length; ++i) {
            if (_times[i] / 30 minutes + 49 > time() / 30 minutes) buckets += _amounts[i];
            if (_times[i] + 24 hours >= time()) day += _amounts[i];
        }
    }

    function use(uint256 amount) private {
        _window.use(amount);
        _times.push(time());
        _amounts.push(amount);
    }
}
