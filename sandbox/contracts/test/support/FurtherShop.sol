// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Kind} from "../../src/lib/Words.sol";
import {Further} from "../../src/synak/IFurtherLimits.sol";
import {FurtherWorld} from "./FurtherWorld.sol";

/// @title A customer with money and a shop, under terms that may carry further limits.
abstract contract FurtherShop is FurtherWorld {
    uint256 internal aidasKey;
    address internal aida;
    address internal shop;

    function setUp() public virtual override {
        super.setUp();
        publish(terms1());
        aidasKey = newKey();
        aida = register(PERMIT, aidasKey, Kind.CUSTOMER, person(1));
        shop = merchant();
        issue(aida, 20_000 * ONE);
    }

    function total(uint256 limit) internal {
        Further memory further = none();
        further.assets[0].customerTotal = limit;
        publish(further);
    }

    function residents(bytes2 one, bytes2 two) internal view returns (Further memory further) {
        further = none();
        further.residences = new bytes2[](2);
        (further.residences[0], further.residences[1]) = (one, two);
    }
}
