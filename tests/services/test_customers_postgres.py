"""Paying, leaving and codes on a real PostgreSQL: formats and locks of the customer's page."""

from __future__ import annotations

import pytest

from sandbox.store import Store
from tests.services.test_customer_leaving import (  # noqa: F401
    test_a_person_pays_redeems_and_leaves_for_good,
    test_money_that_came_while_leaving_is_not_trapped,
)
from tests.store.postgres import migrated_database

pytestmark = pytest.mark.slow


@pytest.fixture
def store(postgres):
    made = Store(migrated_database(postgres))
    yield made
    made.close()
