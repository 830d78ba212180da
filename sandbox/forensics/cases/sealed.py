"""What is secret of a case besides its traces: control, purposes, and what belongs together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.forensics.cases.people import Name


@dataclass(frozen=True, slots=True)
class Control:
    """Who stands behind an address.

    Attributes:
        address: of it.
        owner: a person or a service; of a deposit address the customer.
        role: what it is for.
        service: of which it is; empty for people's own.
        guilty: used for the thieves' money.
        weight: what it received of it, tyiyn (gold at the case's rate).
    """

    address: str
    owner: str
    role: str
    service: str
    guilty: bool
    weight: int


@dataclass(frozen=True)
class Secrets:
    """What the plan knows and the trainee is to find out.

    Attributes:
        control: of every address.
        names: of each owner who is a person, by language.
        records: what exchanges would answer about each deposit address.
        purposes: of every transaction, in their order.
        stolen: positions of transactions that moved the thieves' money.
        crossings: service, position of the entry, position of the release, for the gang's.
        passages: positions of entry and release, for everybody's; no part of the sealed JSON.
    """

    control: tuple[Control, ...]
    names: Mapping[str, Name]
    records: tuple[dict[str, Any], ...]
    purposes: tuple[str, ...]
    stolen: tuple[int, ...]
    crossings: tuple[tuple[str, int, int], ...]
    passages: tuple[tuple[int, int], ...] = ()
