"""Contract review: what a contract is made of, and the records of asking, reading, deciding.

Rules:

1. What is approved is a contract with all its *layers*: itself, then whatever it gets code from
   (EIP-1967 beacon and implementation, EIP-1167 target, theirs again): address and code hash.
2. An approval needs two regulators, as all that lets more happen; withdrawing needs one and holds.
3. It lapses as soon as a layer is another than approved. Where an upgrade was approved beforehand,
   the layers before it are good until it is made, and never again after.

>>> old, new = (Layer("0x01", "0xaa"),), (Layer("0x02", "0xbb"),)
>>> one = ApprovedContract("kgst", "0x01", 0, new, before=old)
>>> one.accepts(old, arrived=False), one.accepts(old, arrived=True), one.accepts(new, arrived=True)
(True, False, True)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName, Address, ChainName, PermitNumber

MOST_LAYERS: Final = 8
"""As the contract ContractReviews has it."""


@dataclass(frozen=True)
class Layer:
    """One contract that decides what another does. ``code_hash``: keccak-256, ``0x`` hex."""

    account: Address
    code_hash: str

    def as_dict(self) -> dict[str, str]:
        """JSON form."""
        return {"account": self.account, "code_hash": self.code_hash}


Layers = tuple[Layer, ...]


def layers_to_json(layers: Layers) -> list[dict[str, str]]:
    """JSON form of layers, outermost first."""
    return [each.as_dict() for each in layers]


def layers_from_json(data: Any) -> Layers:
    """Read the JSON form.

    Raises:
        InvalidInput: ``review.malformed``.
    """
    try:
        return tuple(Layer(Address(each["account"]), str(each["code_hash"])) for each in data)
    except (KeyError, TypeError) as error:
        raise InvalidInput("review.malformed", reason=str(error)[:120]) from error


@dataclass(frozen=True)
class ApprovedContract:
    """An approval as the gateway watches over it.

    Attributes:
        chain: where.
        address: the contract.
        nonce: under which it was signed; the chain's next is one more.
        layers: as approved.
        before: the layers that an approved upgrade starts from; None when it is no upgrade.
    """

    chain: ChainName
    address: Address
    nonce: int
    layers: Layers
    before: Layers | None = None

    def accepts(self, found: Layers, *, arrived: bool) -> bool:
        """Whether the contract may be made of these layers.

        Args:
            found: what it is made of now.
            arrived: it was seen as approved before, so an upgrade has been made.
        """
        return found == self.layers or (not arrived and found == self.before)

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "chain": self.chain,
            "address": self.address,
            "nonce": self.nonce,
            "layers": layers_to_json(self.layers),
            "before": None if self.before is None else layers_to_json(self.before),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ApprovedContract:
        """Read the JSON form; raises ``KeyError`` and ``InvalidInput`` when it is none."""
        before = data["before"]
        return cls(
            chain=data["chain"],
            address=Address(data["address"]),
            nonce=int(data["nonce"]),
            layers=layers_from_json(data["layers"]),
            before=None if before is None else layers_from_json(before),
        )


class ReviewState(StrEnum):
    """Where a review stands."""

    ASKED = "asked"
    SIGNED = "signed"
    APPROVING = "approving"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    OVERTAKEN = "overtaken"
    FAILED = "failed"


OPEN: Final = (ReviewState.ASKED, ReviewState.SIGNED)
"""A decision is still to come."""
HOLDS: Final = (ReviewState.APPROVED, ReviewState.WITHDRAWING)
"""The chain holds the approval."""


@dataclass(frozen=True)
class ContractReview:
    """One request to approve one contract for one permit.

    Attributes:
        layers: what shall be approved.
        before: for an upgrade, what the contract was made of when it was asked for.
        comparison: how the source compares with the code: ``matches``, ``reason``, ``compiler``.
        reviewers: who may see the source; nobody else.
        signatures: ``{account, person, address, signature, at}`` of each regulator who approved.
        nonce: the chain's, that the signatures carry.
        reason: the words of whoever decided last.
        changed: what was found instead when the approval lapsed: ``{layers}``, or ``{signer}``.
        tx_hash: of the transaction that put the decision on chain.
    """

    id: str
    permit: PermitNumber
    chain: ChainName
    address: Address
    name: str
    state: ReviewState
    layers: Layers
    before: Layers | None
    comparison: Mapping[str, Any]
    asked_by: AccountName
    asked_at: datetime
    reviewers: tuple[AccountName, ...] = ()
    signatures: tuple[Mapping[str, Any], ...] = ()
    nonce: int = 0
    reason: str = ""
    decided_by: AccountName | None = None
    decided_at: datetime | None = None
    changed: Mapping[str, Any] | None = None
    tx_hash: str | None = None
    revision: int = 0


@dataclass(frozen=True)
class ReviewSource:
    """The source of a review as it was given: Solidity's standard JSON input, as text."""

    review: str
    text: str


@dataclass(frozen=True)
class SourceView:
    """Somebody saw the source."""

    id: str
    review: str
    account: AccountName
    at: datetime
