"""What only the plan knows, read off the scene once everything is booked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from sandbox.forensics.cases.book import Placed
from sandbox.forensics.cases.people import Name
from sandbox.forensics.cases.scene import Role, Scene, Wallet
from sandbox.forensics.cases.sealed import Control, Secrets
from sandbox.forensics.cases.services import GOLD_RATE
from sandbox.kit.ids import Address

_OF_THE_GANG = frozenset({Role.THIEF, Role.MULE, Role.DEPOSIT})


class Plot:
    """The secrets of a booked scene.

    Args:
        scene: what was planned.
        placed: what was booked.
        addresses: of each wallet.
    """

    def __init__(self, scene: Scene, placed: list[Placed], addresses: list[Address]) -> None:
        self.scene, self.placed, self.addresses = scene, placed, addresses
        self.where = {each.entry.planned: place for place, each in enumerate(placed)}

    @cached_property
    def wallets(self) -> list[Wallet]:
        """Those that paid or were paid; a wallet that was made for nothing does not exist."""
        ends = {end for each in self.placed for end in (each.entry.payer, each.entry.payee)}
        return [each for each in self.scene.wallets if each.number in ends]

    def used(self) -> list[Address]:
        """Their addresses."""
        return [self.addresses[each.number] for each in self.wallets]

    def thefts(self) -> list[int]:
        """Positions of the transactions by which money was stolen."""
        return [self.where[each.began] for each in self.scene.journeys if each.gang]

    def secrets(self, names: Mapping[str, Name], records: Iterable[dict[str, Any]]) -> Secrets:
        """Everything.

        Args:
            names: of each owner.
            records: what exchanges would answer.
        """
        return Secrets(
            control=tuple(self.control),
            names=names,
            records=tuple(records),
            purposes=tuple(each.entry.purpose for each in self.placed),
            stolen=tuple(sorted(self._stolen)),
            crossings=tuple(
                (each.service, self.where[each.entry], self.where[each.release])
                for each in self.scene.crossings
                if {self.where.get(each.entry), self.where.get(each.release)} <= self._stolen
            ),
            passages=tuple(
                (self.where[each.entry], self.where[each.release])
                for each in self.scene.crossings
                if {each.entry, each.release} <= self.where.keys()
            ),
        )

    @cached_property
    def _stolen(self) -> set[int]:
        return {
            self.where[position]
            for each in self.scene.journeys
            if each.gang
            for position in range(each.began, each.ended)
            if position in self.where
        }

    @cached_property
    def control(self) -> list[Control]:
        """Who stands behind each address, in the order of addresses."""
        weights: dict[int, int] = defaultdict(int)
        for place in self._stolen:
            entry = self.placed[place].entry
            if self.scene.wallets[entry.payee].role in _OF_THE_GANG:
                rate = GOLD_RATE if entry.ledger == "usdkg" else 100
                weights[entry.payee] += entry.amount * rate // 100
        found = [
            Control(
                address=self.addresses[wallet.number],
                owner=wallet.owner,
                role=wallet.role,
                service=wallet.service,
                guilty=wallet.number in weights,
                weight=weights.get(wallet.number, 0),
            )
            for wallet in self.wallets
        ]
        return sorted(found, key=lambda each: each.address.lower())
