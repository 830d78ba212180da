// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {FurtherLimits} from "../../src/FurtherLimits.sol";
import {Attributes, Further, FurtherAsset} from "../../src/synak/IFurtherLimits.sol";
import {Terms} from "../../src/synak/ISupervisor.sol";
import {World} from "./World.sol";

/// @title The same world with terms that carry further limits.
abstract contract FurtherWorld is World {
    FurtherLimits internal book;

    function setUp() public virtual override {
        super.setUp();
        book = FurtherLimits(address(supervisor.further()));
    }

    function none() internal view returns (Further memory further) {
        further.assets = new FurtherAsset[](1);
        further.assets[0] =
            FurtherAsset(address(kgst), NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, false);
    }

    function publish(Terms memory terms, Further memory further) internal {
        book.publish(terms, further, signed(book.hashFurther(terms, further), FIRST, SECOND));
    }

    function publishAlone(Terms memory terms, Further memory further, uint256 key) internal {
        book.publish(terms, further, signed(book.hashFurther(terms, further), key));
    }

    function publish(Further memory further) internal {
        publish(terms1(), further);
    }

    function describe(bytes32 permit, bytes32 who, bytes2 residence, uint8 level) internal {
        Attributes[] memory people = new Attributes[](1);
        people[0] = Attributes(who, residence, level);
        vm.prank(REGISTRAR);
        book.describe(permit, people);
    }
}
