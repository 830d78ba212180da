"""A hold: what a regulator's suspension does first, before the desk has written it down.

Rules:

- A hold only tightens: it puts a more severe state over a permit's policy.
- It is in force with the answer, without a disk in the way: it lives in memory, and a
  restart forgets it. What lasts is the policy that follows it.
- Holds stand beside each other, each by its name and with its own end; the most severe of
  those that live is applied. Nobody's hold ends with another's.
- It ends when a policy at least as severe has arrived, when the desk takes it back (its act
  came to nothing), or by itself after ``LONGEST`` seconds: then the desk is gone, and a
  gateway without news refuses everybody anyway.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import structlog

from sandbox.domain.policy import Policy, PolicyState
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import PermitNumber

LONGEST: Final = 30.0
"""Seconds that a hold lasts without a policy."""
SEVERITY: Final[dict[PolicyState, int]] = {
    "active": 0,
    "activating": 3,
    "wind_down": 1,
    "suspended": 2,
    "halted": 3,
    "ended": 3,
}
"""How little a state lets through; ``activating`` lets nothing through."""
STATES: Final[tuple[PolicyState, ...]] = ("suspended", "halted")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Hold:
    name: str
    state: PolicyState
    until: float


class Holds:
    """The holds of all permits.

    Args:
        monotonic: seconds of a clock that never steps.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._by_permit: dict[PermitNumber, list[_Hold]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_permit)

    def put(self, permit: PermitNumber, state: str) -> str:
        """Hold a permit, beside the holds that are there.

        Args:
            permit: its number.
            state: ``suspended`` or ``halted``.

        Returns:
            The hold's name, to take it back by.

        Raises:
            InvalidInput: ``policy.malformed``.
        """
        wanted: PolicyState | None = next((each for each in STATES if each == state), None)
        if wanted is None:
            raise InvalidInput("policy.malformed", reason="state")
        name, now = secrets.token_hex(8), self._monotonic()
        self._forget(permit, lambda hold: hold.until <= now)
        self._by_permit.setdefault(permit, []).append(_Hold(name, wanted, now + LONGEST))
        _log.info("policy.held", permit=permit, state=wanted)
        return name

    def take_back(self, permit: PermitNumber, name: str) -> bool:
        """End one hold; the others stay.

        Args:
            permit: its number.
            name: as ``put`` answered.

        Returns:
            Whether it was there.
        """
        if not self._forget(permit, lambda hold: hold.name == name):
            return False
        _log.info("policy.hold_taken_back", permit=permit)
        return True

    def over(self, policy: Policy) -> Policy:
        """The policy as it is applied now.

        Args:
            policy: as the desk sent it.

        Returns:
            The very same when nothing holds the permit.
        """
        if policy.permit not in self._by_permit:
            return policy
        now, severity = self._monotonic(), SEVERITY[policy.state]
        self._forget(
            policy.permit, lambda hold: hold.until <= now or SEVERITY[hold.state] <= severity
        )
        held = self._by_permit.get(policy.permit)
        if held is None:
            return policy
        return replace(policy, state=max((each.state for each in held), key=SEVERITY.__getitem__))

    def _forget(self, permit: PermitNumber, over: Callable[[_Hold], bool]) -> bool:
        """Drop those of a permit's holds that are over; whether there were any."""
        held = self._by_permit.get(permit, [])
        kept = [each for each in held if not over(each)]
        if kept:
            self._by_permit[permit] = kept
        else:
            self._by_permit.pop(permit, None)
        return len(kept) < len(held)
