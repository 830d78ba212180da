from __future__ import annotations

import pytest

from sandbox.sdk import build_lab, compile_source, lab
from tests.sdk.notebook import solidity

TERMS = {
    "max_customers": "8",
    "max_merchants": "4",
    "assets": [
        {
            "asset": "KGST",
            "per_transaction": str(5_000 * 10**18),
            "window_volume": str(12_000 * 10**18),
            "customer_cap": str(20_000 * 10**18),
            "merchant_cap": str(300_000 * 10**18),
            "outstanding_cap": "no limit",
        }
    ],
}


@pytest.fixture(scope="session")
def genesis_built():
    assert build_lab.main([]) == 0


@pytest.fixture
def chain(genesis_built):
    with lab() as running:
        yield running


@pytest.fixture
def limited(genesis_built):
    with lab(permit=TERMS) as running:
        for each in running.accounts:
            running.issue("KGST", each, "10000")
        yield running


@pytest.fixture(scope="session")
def contracts():
    return compile_source(solidity())
