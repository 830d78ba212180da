"""Foreign ledgers: what explorers of other chains show, read as strictly as one's own.

In a notebook::

    from sandbox.forensics.foreign import read_tokens, read_utxo
    coins = read_utxo(Path("foreign_utxo_tx.json").read_bytes())
    coins.ledger()              # for tracing: coin by coin
    read_tokens(Path("foreign_trc20.csv").read_bytes()).ledger()

Rules: read only; a file is read as a whole or refused with a code; nothing is fetched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.kit.lazy import lazily

if TYPE_CHECKING:
    from sandbox.forensics.foreign.coins import Coins, read_utxo
    from sandbox.forensics.foreign.errors import CannotRead
    from sandbox.forensics.foreign.highest import Located, highest_out
    from sandbox.forensics.foreign.tokens import Tokens, read_tokens

_HOMES: Final = {
    "CannotRead": ".errors",
    "Coins": ".coins",
    "Located": ".highest",
    "Tokens": ".tokens",
    "highest_out": ".highest",
    "read_tokens": ".tokens",
    "read_utxo": ".coins",
}

__all__ = [
    "CannotRead",
    "Coins",
    "Located",
    "Tokens",
    "highest_out",
    "read_tokens",
    "read_utxo",
]

__getattr__ = lazily(__name__, _HOMES)
