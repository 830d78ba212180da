"""Where trials of this kind usually begin, for comparison beside what an applicant asks for.

Nothing is refused by these figures. Source: terms of real sandboxes (facts: permit-limits: UK FCA
6 months, Bahrain 9 months, ASIC 100 retail clients); the amounts are ours. To be confirmed.

>>> USUAL["term_days"]
(90, 270)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

USUAL: Final[Mapping[str, tuple[int, int]]] = {
    "term_days": (90, 270),
    "max_customers": (20, 100),
    "max_merchants": (1, 20),
    "transactions_per_day": (100, 5000),
    "deployments": (1, 10),
    "complaint_rate": (30, 100),
}
"""Counts and days: from, to."""

USUAL_AMOUNTS: Final[Mapping[str, tuple[int, int]]] = {
    "per_transaction": (500, 10_000),
    "window_volume": (50_000, 1_000_000),
    "customer_cap": (5_000, 50_000),
    "merchant_cap": (100_000, 500_000),
    "outstanding_cap": (100_000, 2_000_000),
    "loss_cap": (10_000, 100_000),
}
"""Whole units of KGST and of som: from, to."""
