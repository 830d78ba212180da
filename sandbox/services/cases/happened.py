"""What happened on the chains of a packed case, as pages say it: hashes, blocks, chain ids.

Rule: read from the file that the trainee can download, and from nothing else.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sandbox.forensics.cases import Transaction
from sandbox.forensics.cases.scene import LEDGERS, LedgerName
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.ids import ChainName
from sandbox.services.cases.chains import chain_of
from sandbox.services.cases.folders import MANIFEST, PUBLIC
from sandbox.services.cases.packed import files_of
from sandbox.store.classroom_blobs import Blobs

if TYPE_CHECKING:
    import polars as pl

_KEPT: Final = 64
"""Cases that are kept read: about 1 MB each."""
_BLOCKS: Final = "blocks.parquet"


@dataclass(frozen=True, repr=False)
class Happened:
    """The chains of a case.

    Attributes:
        digest: SHA-256 of the manifest, hex: what ``synak case verify`` prints.
        manifest: of the case.
        hashes: of each transaction, by ledger, block and index.
        blocks: the hash of each block, by chain and number.
    """

    digest: str
    manifest: Mapping[str, Any]
    hashes: Mapping[tuple[str, int, int], str]
    blocks: Mapping[tuple[str, int], str]

    def hash_of(self, transaction: Transaction) -> str:
        """The hash of a transaction."""
        return self.hashes[transaction.ledger, transaction.block, transaction.index]

    def block_hash_of(self, transaction: Transaction) -> str:
        """The hash of the block in which a transaction stands."""
        return self.blocks[self.chain_of(transaction.ledger), transaction.block]

    def chain_of(self, ledger: LedgerName) -> ChainName:
        """On which chain a token lives."""
        return chain_of(ledger)

    def chain_id_of(self, ledger: LedgerName) -> int:
        """The EIP-155 id of a token's chain."""
        return int(self.manifest["chains"][self.chain_of(ledger)]["chain_id"])

    def token_of(self, ledger: LedgerName) -> str:
        """The address of a token's contract."""
        return str(self.manifest["ledgers"][ledger]["token"])


@lru_cache(maxsize=_KEPT)
def happened(blobs: Blobs, name: str) -> Happened:
    """What happened in a case that is kept.

    Args:
        blobs: where ``tables`` of packed cases are.
        name: of the content.

    Raises:
        NotFound: ``classroom.no_blob``.
        IntegrityFailure: ``cases.not_packed``, ``classroom.blob_changed``.
        Unavailable: ``classroom.blobs_unavailable``.
    """
    names = (MANIFEST, _BLOCKS, *(f"{each}.parquet" for each in LEDGERS))
    found = files_of(blobs.get(name), (f"{PUBLIC}/{each}" for each in names))
    try:
        said = found[f"{PUBLIC}/{MANIFEST}"]
        hashes: dict[tuple[str, int, int], str] = {
            (ledger, block, index): tx_hash
            for ledger in LEDGERS
            for block, index, tx_hash in _rows(found, f"{ledger}.parquet", "transaction")
        }
        blocks = {(chain, block): one for block, chain, one in _rows(found, _BLOCKS, "chain")}
        return Happened(hashlib.sha256(said).hexdigest(), json.loads(said), hashes, blocks)
    except (KeyError, ValueError) as error:
        raise IntegrityFailure("cases.not_packed") from error


def _rows(found: Mapping[str, bytes], name: str, also: str) -> list[tuple[Any, ...]]:
    import polars as pl  # noqa: PLC0415 - a desk without executed cases does without it

    table: pl.DataFrame = pl.read_parquet(io.BytesIO(found[f"{PUBLIC}/{name}"]))
    return table.select("block", also, "hash").rows()
