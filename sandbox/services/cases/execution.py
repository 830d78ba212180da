"""Executes a planned case on two private engines and reads back what they hold.

Numbered plan:

1. Once for a workshop: the tokens are created on an engine of their own, for every genesis.
2. Every transaction is signed: exactly the plan's gas limit and tip, its sender's next nonce.
3. Each engine gets a block's transactions in order and mines at the plan's time; both at once.
4. Blocks and receipts are read back; tables are made of the receipts' logs alone, and have to say
   what the plan says, row by row. Otherwise the case is refused as a whole.
5. The engine's dump is kept, and the engine ended.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Self

from sandbox.chain.engine import EngineSpec, LocalLauncher
from sandbox.chain.ipc import EngineClient, EngineError
from sandbox.contracts.erc20 import TRANSFER
from sandbox.forensics.cases import Case, Transaction
from sandbox.forensics.cases.scene import LEDGERS, LedgerName
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.ids import ChainName, checksum
from sandbox.kit.keccak import keccak
from sandbox.services.cases import chains
from sandbox.services.cases.chains import CHAINS, CaseSpec
from sandbox.services.cases.wallets import Call, Wallets, signed
from sandbox.toolchain.tools import anvil

if TYPE_CHECKING:
    import polars as pl

    from sandbox.forensics.ledger import Ledger

COLUMNS: Final = ("block", "transaction", "log", "payer", "payee", "amount", "time", "hash")
_SELECTORS: Final = {
    "issue": keccak(b"issue(address,uint256)")[:4],
    "redeem": keccak(b"redeem(uint256)")[:4],
    "transfer": keccak(b"transfer(address,uint256)")[:4],
}


@dataclass(frozen=True, repr=False)
class ChainRun:
    """One chain of a case after its last block.

    Attributes:
        spec: of its engine, with the genesis.
        raw: signed transactions of each block, hex, from block 1.
        blocks: of each block what its header says, as the engine answers.
        receipts: of each block, as the engine answers.
        dump: the engine's state and history, gzip.
    """

    spec: CaseSpec
    raw: tuple[tuple[str, ...], ...]
    blocks: tuple[dict[str, Any], ...]
    receipts: tuple[tuple[dict[str, Any], ...], ...]
    dump: bytes


@dataclass(frozen=True, repr=False)
class Executed:
    """A case that happened.

    Attributes:
        case: the plan; its blocks and indexes are those of the chains.
        chains: what each engine held at the end.
        tables: each token's movements, read from receipts, with ``COLUMNS``: amounts as text of
            minor units, ``log`` counted in its transaction, ``time`` UTC.
    """

    case: Case
    chains: Mapping[ChainName, ChainRun]
    tables: Mapping[LedgerName, pl.DataFrame]

    def ledger(self, name: LedgerName) -> Ledger:
        """A token's movements, to be traced."""
        from sandbox.forensics.ledger import Ledger  # noqa: PLC0415 - executing does without it

        return Ledger.read(self.tables[name])


class Workshop:
    """Where cases are executed, one after the other; ``async with`` ends its engines.

    Raises:
        Unavailable: ``engine.not_started``, ``toolchain.missing``.
    """

    def __init__(self) -> None:
        self._launcher = LocalLauncher(anvil())
        self._folder = TemporaryDirectory(prefix="synak-case-")
        self._tokens: dict[ChainName, dict[str, Any]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for chain in CHAINS:
            await self._launcher.stop(chain)
        self._folder.cleanup()

    async def execute(self, case: Case, wallets: Wallets) -> Executed:
        """Execute a planned case.

        Args:
            case: planned with ``address_of=wallets.address_of``.
            wallets: of its seed.

        Raises:
            IntegrityFailure: ``cases.not_as_planned``.
            Unavailable: an engine did not start, or was lost.
        """
        runs = await asyncio.gather(*(self._run(chain, case, wallets) for chain in CHAINS))
        by_chain = dict(zip(CHAINS, runs, strict=True))
        executed = Executed(case, by_chain, _tables(by_chain))
        _require_as_planned(executed)
        return executed

    async def _run(self, chain: ChainName, case: Case, wallets: Wallets) -> ChainRun:
        """Steps 2 to 5 on one chain."""
        public = case.public()
        if chain not in self._tokens:
            self._tokens[chain] = await self._created(chain)
        spec = chains.spec(chain, public, self._tokens[chain])
        rows = [each for each in public.transactions if chains.chain_of(each.ledger) == chain]
        raw = _signed(chain, rows, {a.address: a.nonce for a in public.accounts}, wallets)
        times = sorted({each.block: int(each.time.timestamp()) for each in rows}.items())
        async with self._engine(spec) as engine:
            answers = await engine.block_by_block(
                [(time, sent) for (_, time), sent in zip(times, raw, strict=True)]
            )
            asked = [block for (block, _), sent in zip(times, raw, strict=True) for _ in (*sent, 0)]
            for block, answer in zip(asked, answers, strict=True):
                if isinstance(answer, EngineError):
                    raise IntegrityFailure("cases.not_as_planned", chain=chain, block=block)
            numbers = [hex(block) for block, _ in times]
            blocks = await engine.many([("eth_getBlockByNumber", [n, False]) for n in numbers])
            receipts = await engine.many([("eth_getBlockReceipts", [n]) for n in numbers])
            dump = await _dump(engine)
        return ChainRun(spec, raw, tuple(blocks), tuple(map(tuple, receipts)), dump)

    async def _created(self, chain: ChainName) -> dict[str, Any]:
        """Step 1."""
        async with self._engine(chains.before_deployment(chain)) as engine:
            await engine.in_order("eth_sendRawTransaction", list(chains.deployments(chain)))
            await engine.call("evm_mine")
            return chains.deployed(chain, await _dump(engine))

    @contextlib.asynccontextmanager
    async def _engine(self, spec: EngineSpec) -> AsyncIterator[EngineClient]:
        path = Path(self._folder.name) / f"{spec.chain}.ipc"
        await self._launcher.start(spec, path)
        client = await EngineClient.connect(path, ended=lambda: self._launcher.ended(spec.chain))
        try:
            yield client
        finally:
            await client.close()
            await self._launcher.stop(spec.chain)


async def _dump(engine: EngineClient) -> bytes:
    return bytes.fromhex((await engine.call("anvil_dumpState", state=True))[2:])


def _signed(
    chain: ChainName, rows: list[Transaction], nonces: dict[Any, int], wallets: Wallets
) -> tuple[tuple[str, ...], ...]:
    """Step 2: of each block the signed transactions, hex."""
    blocks: dict[int, list[str]] = defaultdict(list)
    nonces[chains.OFFICE_ADDRESS] = 0
    for each in rows:
        issue = each.kind == "issue"
        sender = chains.OFFICE_ADDRESS if issue else each.payer
        key = chains.OFFICE if issue else wallets.key(sender)
        call = Call(nonces[sender], chains.token(each.ledger), _input(each), each.gas, each.tip)
        nonces[sender] += 1
        blocks[each.block].append("0x" + signed(key, chains.CHAIN_IDS[chain], call).hex())
    return tuple(tuple(blocks[number]) for number in sorted(blocks))


def _input(each: Transaction) -> bytes:
    """The call of a token; addresses and amounts are words of 32 bytes (the contract ABI)."""
    payee = b"" if each.kind == "redeem" else bytes.fromhex(each.payee[2:]).rjust(32, b"\0")
    return _SELECTORS[each.kind] + payee + each.amount.to_bytes(32)


def _tables(runs: Mapping[ChainName, ChainRun]) -> dict[LedgerName, pl.DataFrame]:
    """Step 4: each token's movements."""
    import polars as pl  # noqa: PLC0415 - a process that only starts nodes does without it

    types = dict.fromkeys(("payer", "payee", "amount", "hash"), pl.String)
    found: dict[LedgerName, list[tuple[Any, ...]]] = {name: [] for name in LEDGERS}
    for chain, run in runs.items():
        names = {chains.token(name).lower(): name for name in chains.ledgers_of(chain)}
        for token, *row in _movements(run):
            found[names[token]].append(tuple(row))
    seconds = pl.from_epoch(pl.col("time").cast(pl.Int64), "s").dt.replace_time_zone("UTC")
    return {
        name: pl.DataFrame(rows, COLUMNS, orient="row", schema_overrides=types).with_columns(
            seconds
        )
        for name, rows in found.items()
    }


def _movements(run: ChainRun) -> Iterator[tuple[Any, ...]]:
    """Token and ``COLUMNS`` of each transfer that a chain's logs say."""
    for block, receipts in zip(run.blocks, run.receipts, strict=True):
        for receipt in receipts:
            for position, log in enumerate(receipt["logs"]):
                if log["topics"][0] == TRANSFER:
                    yield (
                        log["address"],
                        int(receipt["blockNumber"], 16),
                        int(receipt["transactionIndex"], 16),
                        position,
                        *(checksum("0x" + topic[-40:]) for topic in log["topics"][1:]),
                        str(int(log["data"], 16)),
                        int(block["timestamp"], 16),
                        receipt["transactionHash"],
                    )


def _require_as_planned(found: Executed) -> None:
    """Refuse what differs in a single row, hash or status."""
    for chain, run in found.chains.items():
        for number, (sent, block, receipts) in enumerate(
            zip(run.raw, run.blocks, run.receipts, strict=True), start=1
        ):
            hashes = ["0x" + keccak(bytes.fromhex(each[2:])).hex() for each in sent]
            whole = int(block["number"], 16) == number and block["transactions"] == hashes
            if not whole or any(each["status"] != "0x1" for each in receipts):
                raise IntegrityFailure("cases.not_as_planned", chain=chain, block=number)
    for ledger, table in found.tables.items():
        planned = found.case.public().table(ledger)
        same = table.select(planned.columns).cast(planned.schema)
        if not same.equals(planned):
            chain = chains.chain_of(ledger)
            raise IntegrityFailure(
                "cases.not_as_planned", chain=chain, block=_differs(same, planned)
            )


def _differs(table: pl.DataFrame, planned: pl.DataFrame) -> int:
    """The first block in which two tables differ."""
    pairs = zip(table.iter_rows(), planned.iter_rows(), strict=False)
    shorter = min(len(table), len(planned))
    return next((int(one[0]) for one, other in pairs if one != other), shorter)
