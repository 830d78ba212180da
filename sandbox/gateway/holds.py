"""A hold: what a regulator's suspension does first, before the desk has written it down.

Rules:

- A hold only tightens: it puts a more severe state over a permit's policy.
- It is in force with the answer, without a disk in the way: it lives in memory, and a
  restart forgets it. What lasts is the policy that follows it.
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
        self._by_permit: dict[PermitNumber, _Hold] = {}

    def __bool__(self) -> bool:
        return bool(self._by_permit)

    def put(self, permit: PermitNumber, state: str) -> str:
        """Hold a permit; a more severe hold that is there stays.

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
        held = self._by_permit.get(permit)
        if held is None or held.until <= now or SEVERITY[held.state] <= SEVERITY[wanted]:
            self._by_permit[permit] = _Hold(name, wanted, now + LONGEST)
            _log.info("policy.held", permit=permit, state=wanted)
        return name

    def take_back(self, permit: PermitNumber, name: str) -> bool:
        """End a hold, if it is still that one.

        Args:
            permit: its number.
            name: as ``put`` answered.

        Returns:
            Whether it was.
        """
        held = self._by_permit.get(permit)
        if held is None or held.name != name:
            return False
        del self._by_permit[permit]
        _log.info("policy.hold_taken_back", permit=permit)
        return True

    def over(self, policy: Policy) -> Policy:
        """The policy as it is applied now.

        Args:
            policy: as the desk sent it.

        Returns:
            The very same when nothing holds the permit.
        """
        held = self._by_permit.get(policy.permit)
        if held is None:
            return policy
        if self._monotonic() >= held.until or SEVERITY[policy.state] >= SEVERITY[held.state]:
            del self._by_permit[policy.permit]
            return policy
        return replace(policy, state=held.state)
