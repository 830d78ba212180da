"""Compile the kernels ahead: ``python -m sandbox.forensics.warm``; set-up does it."""

from __future__ import annotations

import numpy as np
import polars as pl

from sandbox.forensics.accounts import numbered
from sandbox.forensics.clusters.clustering import cluster
from sandbox.forensics.kernels import Rows, Stops
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.patterns.peels import peel_chains
from sandbox.forensics.rules.warm import main as warm_rules
from sandbox.forensics.running import run, settled


def main() -> None:
    """Run every kernel once on a ledger of two rows."""
    payer, payee = np.array([0, 1], np.int32), np.array([1, 2], np.int32)
    amount, held = np.array([2, 1], np.int64), np.zeros(3, np.int64)
    numbered(pl.Series(["a"]), pl.Series(["b"]))
    settled(payer, payee, amount, held)
    stops = Stops(np.zeros(3, np.uint8), 0, 2**31 - 1, 0)
    for policy in ("haircut", "fifo"):
        run(policy, Rows(payer, payee, amount, np.array([1, 0], np.uint8)), stops, held)
    places = pl.DataFrame({"block": [1, 2], "transaction": [0, 0], "log": [0, 0]})
    names = pl.Series("account", ["0", "1", "2"])
    ledger = Ledger.coded(places, names, payer, payee, amount, held)
    cluster(ledger, {"2": "exchange"})
    peel_chains(ledger)
    warm_rules()


if __name__ == "__main__":
    main()
