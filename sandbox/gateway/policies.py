"""The policies and access keys that the gateway applies, kept in one atomic file.

Rules:

- The highest revision of a permit's policy stands. An older one changes nothing,
  the same one again is acknowledged again, the same revision with other content
  is a conflict.
- What was acknowledged is on disk; a restart applies it again.
- Nothing is decided on old news: without a heartbeat within ``max_age`` (also
  right after a start) every decision is refused as ``gateway.policy_stale``.
- Keys are known by their sha256 only.
- A hold (``sandbox.gateway.holds``) tightens a policy before the desk has written down why.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.domain.key_scope import KeyScope
from sandbox.domain.policy import KeyRecord, Policy, PolicyWallet
from sandbox.gateway.holds import Holds
from sandbox.kit.errors import Conflict, IntegrityFailure, InvalidInput, NotAllowed, Unavailable
from sandbox.kit.ids import Address, PermitNumber, checksum


@dataclass(frozen=True, slots=True)
class Standing:
    """A policy with its wallets indexed by address."""

    policy: Policy
    wallets: Mapping[Address, PolicyWallet]

    @classmethod
    def of(cls, policy: Policy) -> Standing:
        """Index a policy.

        Args:
            policy: as the desk sent it.

        Raises:
            InvalidInput: ``address.malformed``.
        """
        return cls(policy, {checksum(each.address): each for each in policy.wallets})


@dataclass(slots=True)
class _Held:
    """Everything that the file holds."""

    policies: dict[PermitNumber, Standing] = field(default_factory=dict)
    keys: dict[str, KeyRecord] = field(default_factory=dict)

    def as_bytes(self) -> bytes:
        data = {
            "policies": [each.policy.as_dict() for each in self.policies.values()],
            "keys": [each.as_dict() for each in self.keys.values()],
        }
        return json.dumps(data, indent=1, sort_keys=True).encode()


def read_key(data: Mapping[str, Any]) -> KeyRecord:
    """Read an access key's record.

    Args:
        data: as ``KeyRecord.as_dict`` writes it.

    Raises:
        InvalidInput: ``policy.malformed_key``.
    """
    try:
        wallet, scope = data.get("wallet"), data.get("scope")
        record = KeyRecord(
            digest=data["digest"],
            kind=data["kind"],
            permit=PermitNumber(data["permit"]),
            expires_at=datetime.fromisoformat(data["expires_at"]),
            revoked=bool(data["revoked"]),
            wallet=checksum(wallet) if wallet else None,
            scope=KeyScope.from_dict(scope) if scope is not None else None,
        )
    except (KeyError, TypeError, ValueError, InvalidInput) as error:
        raise InvalidInput("policy.malformed_key", reason=str(error)[:120]) from error
    if record.kind not in ("permit_key", "customer_token") or len(record.digest) != 64:
        raise InvalidInput("policy.malformed_key", reason="kind or digest")
    if record.kind == "customer_token" and record.wallet is None:
        raise InvalidInput("policy.malformed_key", reason="a customer token needs its wallet")
    if record.expires_at.tzinfo is None:
        raise InvalidInput("policy.malformed_key", reason="expires_at without a time zone")
    return record


class PolicyStore:
    """What the desk has told the gateway.

    Args:
        path: of the file; its directory exists.
        max_age: seconds that a heartbeat is good for.
        monotonic: seconds of a clock that never steps.
    """

    def __init__(self, path: Path, *, max_age: float, monotonic: Callable[[], float]) -> None:
        self._path = path
        self._max_age = max_age
        self._monotonic = monotonic
        self._heartbeat: float | None = None
        self._writing = asyncio.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._holds = Holds(monotonic)
        self._shown: dict[PermitNumber, tuple[Standing, Standing]] = {}
        self._held = self._read()

    def _read(self) -> _Held:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return _Held()
        try:
            data = json.loads(content)
            policies = [Standing.of(Policy.from_dict(each)) for each in data["policies"]]
            keys = [read_key(each) for each in data["keys"]]
        except (ValueError, KeyError, TypeError, InvalidInput) as error:
            raise IntegrityFailure(
                "gateway.policy_file_damaged", path=str(self._path), reason=str(error)[:120]
            ) from error
        return _Held(
            {each.policy.permit: each for each in policies}, {key.digest: key for key in keys}
        )

    def on_change(self, listener: Callable[[], None]) -> None:
        """Tell somebody whenever keys or policies have changed.

        Args:
            listener: called without delay, right after the new content took effect.
        """
        self._listeners.append(listener)

    def heartbeat(self) -> dict[str, Any]:
        """The desk is alive and has nothing newer than what it sent.

        Returns:
            The revision held of each permit and the number of keys, so that the sender
            can send again what is missing.
        """
        self._heartbeat = self._monotonic()
        policies = {name: each.policy.revision for name, each in self._held.policies.items()}
        return {"policies": policies, "keys": len(self._held.keys)}

    def age(self) -> float | None:
        """Seconds since the last heartbeat; None when there was none since the start."""
        return None if self._heartbeat is None else self._monotonic() - self._heartbeat

    def check_fresh(self) -> None:
        """Refuse to decide on old news.

        Raises:
            Unavailable: ``gateway.policy_stale``.
        """
        if self._heartbeat is None or self._monotonic() - self._heartbeat > self._max_age:
            raise Unavailable("gateway.policy_stale", max_age_seconds=self._max_age)

    def standing(self, permit: PermitNumber) -> Standing:
        """The policy of a permit, fresh enough to decide on.

        Args:
            permit: its number.

        Raises:
            Unavailable: ``gateway.policy_stale``.
            NotAllowed: ``gateway.permit_unknown``.
        """
        self.check_fresh()
        found = self._held.policies.get(permit)
        if found is None:
            raise NotAllowed("gateway.permit_unknown", permit=permit)
        return self._under_hold(permit, found) if self._holds else found

    def _under_hold(self, permit: PermitNumber, found: Standing) -> Standing:
        """What a hold makes of a policy; the same object as long as nothing changes."""
        policy = self._holds.over(found.policy)
        if policy is found.policy:
            self._shown.pop(permit, None)
            return found
        base, shown = self._shown.get(permit, (None, None))
        if base is not found or shown is None or shown.policy.state != policy.state:
            shown = replace(found, policy=policy)
            self._shown[permit] = (found, shown)
        return shown

    def hold(self, permit: PermitNumber, state: str) -> str:
        """Hold a permit at once; see ``sandbox.gateway.holds``.

        Args:
            permit: its number.
            state: ``suspended`` or ``halted``.

        Returns:
            The hold's name.

        Raises:
            NotAllowed: ``gateway.permit_unknown``.
            InvalidInput: ``policy.malformed``.
        """
        if permit not in self._held.policies:
            raise NotAllowed("gateway.permit_unknown", permit=permit)
        return self._holds.put(permit, state)

    def take_back(self, permit: PermitNumber, name: str) -> bool:
        """End a hold that came to nothing; False when it has ended already."""
        return self._holds.take_back(permit, name)

    def held(self, permit: PermitNumber) -> Policy | None:
        """The policy of a permit for a report, however old; nothing is decided on it.

        Args:
            permit: its number.
        """
        found = self._held.policies.get(permit)
        return found.policy if found else None

    def permits(self) -> list[PermitNumber]:
        """Every permit that has a policy."""
        return list(self._held.policies)

    def key(self, digest: str) -> KeyRecord | None:
        """The record of an access key.

        Args:
            digest: sha256 of the secret, hex.
        """
        return self._held.keys.get(digest)

    async def put_policy(self, policy: Policy) -> int:
        """Take a policy; on disk and in force when this returns.

        Args:
            policy: complete.

        Returns:
            The revision that is now in force.

        Raises:
            Conflict: ``policy.revision_conflict``: the same revision with other content.
            InvalidInput: ``policy.malformed``.
        """
        standing = Standing.of(policy)
        _check(policy)
        async with self._writing:
            held = self._held.policies.get(policy.permit)
            if held is not None and held.policy.revision >= policy.revision:
                same = held.policy.revision > policy.revision or held.policy == policy
                if not same:
                    raise Conflict(
                        "policy.revision_conflict", permit=policy.permit, revision=policy.revision
                    )
                return held.policy.revision
            policies = {**self._held.policies, policy.permit: standing}
            await self._replace(_Held(policies, self._held.keys))
        self._holds.over(policy)
        return policy.revision

    async def put_keys(self, keys: Sequence[KeyRecord]) -> int:
        """Take all access keys; those that are not among them are no longer known.

        Args:
            keys: the full set.

        Returns:
            How many are now held.
        """
        async with self._writing:
            await self._replace(_Held(self._held.policies, {key.digest: key for key in keys}))
        return len(keys)

    async def _replace(self, held: _Held) -> None:
        """Write the file, then let the new content take effect."""
        await asyncio.to_thread(_write, self._path, held.as_bytes())
        self._held = held
        for listener in self._listeners:
            listener()


def _check(policy: Policy) -> None:
    states = ("activating", "active", "wind_down", "suspended", "halted", "ended")
    if policy.state not in states:
        raise InvalidInput("policy.malformed", reason="state")
    if policy.start.tzinfo is None or policy.end.tzinfo is None or policy.end <= policy.start:
        raise InvalidInput("policy.malformed", reason="start and end")


def _write(path: Path, content: bytes) -> None:
    """Replace a file so that a crash leaves the old or the new one, whole."""
    fresh = path.with_suffix(".new")
    with open(fresh, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
