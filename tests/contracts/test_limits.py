"""The value limits at, and one unit above, on a real engine."""

from __future__ import annotations

import pytest

from sandbox.contracts.typed import ChainRefusal
from tests.contracts.support import CUSTOMER, KGST, MERCHANT, PERMIT, REVERTS, World, refusal_of


def test_payment_at_the_transaction_limit_is_counted(world: World) -> None:
    world.publish(world.terms())
    aida, shop = world.enrol(CUSTOMER, funds=10_000 * KGST), world.enrol(MERCHANT)
    world.pay(aida, shop.address, 5_000 * KGST)
    assert world.usage() == (5_000 * KGST, 5_000 * KGST, 1, 1)


def test_payment_one_unit_above_the_transaction_limit_is_refused_by_its_clause(
    world: World,
) -> None:
    world.publish(world.terms())
    aida, shop = world.enrol(CUSTOMER, funds=10_000 * KGST), world.enrol(MERCHANT)
    with pytest.raises(REVERTS) as caught:
        world.pay(aida, shop.address, 5_000 * KGST + 1)
    assert refusal_of(caught.value) == ChainRefusal(
        PERMIT, 1, "per_transaction", 5_000 * KGST, 0, 5_000 * KGST + 1
    )
