"""A case: what the trainee may see, apart from what is sealed.

Rules:

1. ``Public`` holds what a chain and a file room would show: transactions, what accounts began with,
   tags of stated confidence, what victims reported. No role, owner, purpose, recipe or seed.
2. Canonical JSON (RFC 8785) of each; amounts are text of minor units, moments UTC.
3. The commitment is made with a salt when the case is planned: the truth cannot change later, and
   cannot be guessed from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

from sandbox.forensics.cases.recipes import Recipe
from sandbox.forensics.cases.scene import CHAIN_OF, LEDGERS, LedgerName
from sandbox.forensics.cases.sealed import Secrets
from sandbox.kit.canonical import canonical
from sandbox.kit.commitment import commit
from sandbox.kit.ids import Address, AssetCode
from sandbox.kit.money import DECIMALS

if TYPE_CHECKING:
    import polars as pl

    from sandbox.forensics.cases.truth import Truth
    from sandbox.forensics.ledger import Ledger

VERSION: Final = 1
"""Of the planner: raised with whatever changes what a seed gives."""
TOKENS: Final[Mapping[LedgerName, AssetCode]] = {"kgst": "KGST", "som": "SOM", "usdkg": "USDKG"}
Kind = Literal["issue", "transfer", "redeem"]
PaperKind = Literal["statement", "chat", "card", "seizure", "phone"]


def minor(ledger: LedgerName, hundredths: int) -> int:
    """Hundredths, as the planner reckons, in the token's minor units.

    >>> minor("usdkg", 150)
    1500000
    """
    return hundredths * int(10 ** (DECIMALS[TOKENS[ledger]] - 2))


def written(moment: datetime) -> str:
    """A moment in JSON.

    >>> from datetime import UTC
    >>> written(datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC))
    '2026-03-02T04:05:06Z'
    """
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Transaction:
    """One movement of one token, ready to be executed.

    Attributes:
        ledger: the token.
        block: on the token's chain (KGST and gold share one), from 1; the plan's own count.
        index: in the block, from 0.
        kind: ``issue`` comes from the zero address, ``redeem`` goes to it.
        payer: who pays.
        payee: who is paid.
        amount: minor units.
        time: of the block, UTC.
        gas: the limit that the sender sets.
        tip: wei for a unit of gas that the sender offers.
    """

    ledger: LedgerName
    block: int
    index: int
    kind: Kind
    payer: Address
    payee: Address
    amount: int
    time: datetime
    gas: int
    tip: int

    @property
    def place(self) -> list[Any]:
        """Ledger, block and index: how the truth names a transaction."""
        return [self.ledger, self.block, self.index]


@dataclass(frozen=True, slots=True)
class Account:
    """What an address has before the first block.

    Attributes:
        address: of it.
        nonce: how many transactions it has sent before the case begins.
        coin: wei for its gas, given by the genesis and not by a payment.
    """

    address: Address
    nonce: int
    coin: int


@dataclass(frozen=True, slots=True)
class Tag:
    """What a tag pack says about an address; it may be wrong.

    Attributes:
        address: of which.
        label: a name.
        category: what kind of service.
        confidence: GraphSense's id of the source's quality (``service_api``, ``web_crawl``).
    """

    address: Address
    label: str
    category: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a victim reported.

    Attributes:
        transaction: by which the money went.
        moment: when it was reported, UTC.
    """

    transaction: Transaction
    moment: datetime


@dataclass(frozen=True)
class Paper:
    """Something that lies beside the chain; ``sandbox.forensics.cases.wording`` writes its text.

    Attributes:
        kind: ``statement``, ``chat``, ``card``, ``seizure`` or ``phone``.
        moment: when the police got it, UTC.
        data: JSON values; people's names by language, amounts of KGST in minor units.
    """

    kind: PaperKind
    moment: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, repr=False)
class Public:
    """What the trainee may see.

    Attributes:
        lab: of the curriculum.
        transactions: all, in their order.
        accounts: by address.
        tags: by address.
        reports: by moment.
        papers: what lies beside the chain.
    """

    lab: str
    transactions: tuple[Transaction, ...]
    accounts: tuple[Account, ...]
    tags: tuple[Tag, ...]
    reports: tuple[Report, ...]
    papers: tuple[Paper, ...]

    def table(self, ledger: LedgerName) -> pl.DataFrame:
        """One token's movements with the columns that ``Ledger.read`` takes.

        Args:
            ledger: ``kgst``, ``som`` or ``usdkg``.
        """
        import polars as pl  # noqa: PLC0415 - planning does without it

        rows = [each for each in self.transactions if each.ledger == ledger]
        return pl.DataFrame(
            {
                "block": [each.block for each in rows],
                "transaction": [each.index for each in rows],
                "log": [0] * len(rows),
                "payer": [each.payer for each in rows],
                "payee": [each.payee for each in rows],
                "amount": [str(each.amount) for each in rows],
                "time": [each.time for each in rows],
            },
            schema_overrides={"payer": pl.String, "payee": pl.String, "amount": pl.String},
        )

    def ledger(self, ledger: LedgerName) -> Ledger:
        """One token's movements, to be traced.

        Args:
            ledger: ``kgst``, ``som`` or ``usdkg``.
        """
        from sandbox.forensics.ledger import Ledger  # noqa: PLC0415 - planning does without it

        return Ledger.read(self.table(ledger))

    def as_data(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {
            "version": VERSION,
            "lab": self.lab,
            "ledgers": {
                name: {"chain": CHAIN_OF[name], "decimals": DECIMALS[TOKENS[name]]}
                for name in LEDGERS
            },
            "transactions": [
                {
                    "ledger": each.ledger,
                    "block": each.block,
                    "index": each.index,
                    "kind": each.kind,
                    "payer": each.payer,
                    "payee": each.payee,
                    "amount": str(each.amount),
                    "time": written(each.time),
                    "gas": each.gas,
                    "tip": str(each.tip),
                }
                for each in self.transactions
            ],
            "accounts": [
                {"address": each.address, "nonce": each.nonce, "coin": str(each.coin)}
                for each in self.accounts
            ],
            "tags": [
                {
                    "address": each.address,
                    "label": each.label,
                    "category": each.category,
                    "confidence": each.confidence,
                }
                for each in self.tags
            ],
            "reports": [
                {"transaction": each.transaction.place, "moment": written(each.moment)}
                for each in self.reports
            ],
            "papers": [
                {"kind": each.kind, "moment": written(each.moment), "data": dict(each.data)}
                for each in self.papers
            ],
        }

    def canonical(self) -> bytes:
        """The only form of its JSON."""
        return canonical(self.as_data())

    def __repr__(self) -> str:
        return (
            f"<{self.lab}: {len(self.transactions)} transactions, {len(self.reports)} reports, "
            f"{len(self.papers)} papers>"
        )


@dataclass(frozen=True, repr=False)
class Case:
    """A planned case; ``plan`` makes one.

    Attributes:
        recipe: by which it was planned; no business of the trainee's.
    """

    recipe: Recipe
    _public: Public
    _secrets: Secrets = field(repr=False)
    _salt: bytes = field(repr=False)

    def public(self) -> Public:
        """What the trainee may see."""
        return self._public

    def secrets(self) -> Secrets:
        """What is sealed of it without the traces: for who marks an answer, at once."""
        return self._secrets

    def truth(self) -> Truth:
        """What is sealed; the traces are made at the first call."""
        return self._truth

    @cached_property
    def _truth(self) -> Truth:
        from sandbox.forensics.cases.truth import Truth  # noqa: PLC0415 - planning does without it

        return Truth.found(self._public, self._secrets, self.recipe)

    @property
    def salt(self) -> bytes:
        """Kept beside the truth, 32 bytes; opened with it."""
        return self._salt

    def seal(self) -> bytes:
        """The commitment to the truth, 32 bytes; may be shown to everybody."""
        return commit(self.truth().as_data(), salt=self._salt)

    def __repr__(self) -> str:
        return f"<case of {self._public.lab}: {len(self._public.transactions)} transactions>"
