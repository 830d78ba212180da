"""Settlement after the end of a test: what customers still hold goes home, and the chain proves it.

Rules:

1. It begins with the end of a permit: surrendered with the plan approved by two, expired, or
   revoked beyond appeal. Until the deadline each person takes the money home.
2. After the deadline the firm returns what is left, alone; where it does not, two regulators do.
3. To return is to redeem: each person's own wallet, its whole balance, to the som that it stands
   for. Nothing else moves, and nothing moves twice.
4. The som are owed outside the chain: to the account that the person named, else they stay in a
   custody position with a name, person by person, until they are paid out.
5. It is settled when people, merchants and the permit's contracts hold nothing at a named block.

>>> Way.of("KG12 1280 0160 7000 0001").value, Way.of("").value
('account', 'custody')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sandbox.domain.lifecycle import FileState
from sandbox.domain.terms import TrialState
from sandbox.kit.errors import Conflict, NotAllowed
from sandbox.kit.ids import AccountName, AssetCode, ChainName, FileId, PermitNumber, PersonId

ENDED: Final = frozenset({FileState.EXPIRED, FileState.REVOKED, FileState.SURRENDERED})
"""States of a file in which customers are settled."""
CLOSED: Final = frozenset({FileState.COMPLETED, FileState.GRADUATED})
"""States in which nobody should hold anything; whoever does gets it back as before."""
LONGEST_ACCOUNT: Final = 80
LONGEST_CUSTODY: Final = 200


class SettlementState(StrEnum):
    """Where the return of what is left stands."""

    ORDERED = "return_ordered"
    RUNNING = "return_running"
    SETTLED = "return_settled"


class Way(StrEnum):
    """Where the som that a return stands for are owed."""

    ACCOUNT = "account"
    CUSTODY = "custody"

    @classmethod
    def of(cls, account: str) -> Way:
        """To the account that a person named; custody where none is known."""
        return cls.ACCOUNT if account else cls.CUSTODY


@dataclass(frozen=True)
class Settlement:
    """One order to return what is left.

    Attributes:
        custody: the position in which money without an account is kept: where, under which name.
        ordered_by: the firm's person, or the first regulator.
        by_firm: the firm needs nobody else; a regulator needs a second.
        confirmed_by: the second regulator.
        note: why it stopped last, as ``{code, ...}``; empty while nothing is wrong.
        proof: ``{blocks, outstanding, returned, custody, people}`` once it is settled.
    """

    id: str
    file: FileId
    permit: PermitNumber
    state: SettlementState
    custody: str
    ordered_by: AccountName
    ordered_person: PersonId
    ordered_at: datetime
    by_firm: bool
    confirmed_by: AccountName | None = None
    confirmed_at: datetime | None = None
    note: Mapping[str, Any] | None = None
    proof: Mapping[str, Any] | None = None
    settled_at: datetime | None = None
    revision: int = 1


@dataclass(frozen=True)
class MoneyReturn:
    """One person's money on its way home; ``act`` is the redemption itself (``CustomerAct``).

    Attributes:
        paid_at: when the som were paid out, as the firm says.
        reference: of that payment: an order's number, a receipt.
    """

    act: str
    settlement: str
    customer: PersonId
    way: Way
    paid_at: datetime | None = None
    paid_by: AccountName | None = None
    reference: str = ""
    revision: int = 1


@dataclass(frozen=True)
class PayoutAccount:
    """Where a person wants the money; personal data, erased with the person."""

    customer: PersonId
    permit: PermitNumber
    account: str
    named_at: datetime


@dataclass(frozen=True)
class Block:
    """A named block: what is read at it can be read at it again."""

    chain: ChainName
    number: int
    hash: str


@dataclass(frozen=True)
class Held:
    """What one wallet holds at a named block, minor units."""

    customer: PersonId
    wallet: str
    kind: str
    place: int
    chain: ChainName
    asset: AssetCode
    amount: int


@dataclass(frozen=True)
class Statement:
    """What is left of a test, by the chain.

    Attributes:
        blocks: of which everything here was read, one for each chain.
        outstanding: what the Supervisor says that customers and contracts hold, by asset.
        held: people's wallets that hold anything.
        people: how many wallets were asked.
    """

    blocks: tuple[Block, ...]
    outstanding: Mapping[AssetCode, int]
    held: tuple[Held, ...]
    people: int

    @property
    def in_contracts(self) -> dict[AssetCode, int]:
        """What the permit's contracts hold: outstanding without the customers' part."""
        found = dict(self.outstanding)
        for each in self.held:
            if each.kind == "customer":
                found[each.asset] = found.get(each.asset, 0) - each.amount
        return {asset: amount for asset, amount in found.items() if amount}

    @property
    def in_all(self) -> dict[AssetCode, int]:
        """What people, merchants and the permit's contracts hold together."""
        found = {asset: max(amount, 0) for asset, amount in self.in_contracts.items()}
        found = dict.fromkeys(self.outstanding, 0) | found
        for each in self.held:
            found[each.asset] = found.get(each.asset, 0) + each.amount
        return found

    @property
    def settled(self) -> bool:
        """Whether nobody holds anything."""
        return not self.held and not any(self.outstanding.values())


def require_ended(state: FileState, base: TrialState, *, appealable: bool) -> None:
    """Refuse to settle a test that has not ended for good.

    Args:
        state: of the file.
        base: what two regulators have signed for the chain.
        appealable: the revocation may still be appealed.

    Raises:
        Conflict: ``settlement.not_ended``, ``settlement.plan_not_approved``,
            ``settlement.may_be_appealed``.
    """
    if state not in ENDED | CLOSED:
        raise Conflict("settlement.not_ended", state=state.value)
    if state is FileState.SURRENDERED and base is not TrialState.WIND_DOWN:
        raise Conflict("settlement.plan_not_approved")
    if state is FileState.REVOKED and appealable:
        raise Conflict("settlement.may_be_appealed")


def require_over(due: datetime, at: datetime) -> None:
    """Refuse to return money before its owners had their time.

    Raises:
        Conflict: ``settlement.too_early``.
    """
    if at <= due:
        raise Conflict("settlement.too_early", due=due.isoformat())


def require_second(settlement: Settlement, person: PersonId, account: AccountName) -> None:
    """Refuse the regulator who ordered it as the second one.

    Raises:
        Conflict: ``settlement.not_waiting``.
        NotAllowed: ``approval.author_cannot_countersign``.
    """
    if settlement.state is not SettlementState.ORDERED:
        raise Conflict("settlement.not_waiting")
    if settlement.ordered_person == person or settlement.ordered_by == account:
        raise NotAllowed("approval.author_cannot_countersign", author=settlement.ordered_by)
