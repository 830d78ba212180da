"""What supervisors set for themselves with two signatures, and the record of what they do.

Rules:

1. Alert rules, the pack of rules over ledgers and national caps are versions: one regulator
   drafts, another one confirms; the one in force at a moment is the newest that was confirmed by
   then.
2. There is at most one open draft of a kind. Rules and packs are tried on past data before they
   are confirmed.
3. The record of supervision is a chain of hashes of its own, outside the audit log, whose size
   anybody can watch growing: an entry there would tell a firm that it was noticed. The audit log
   takes in the record's head once in each hour, whether or not anything was added.

>>> linked(None, {"kind": "alert.raised"})[:8]
'8e9f620d'
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sandbox.domain.alerts.rule import About
from sandbox.domain.alerts.rule_set import RULES, SHIPPED, RuleSet
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.kit.ids import AssetCode
from sandbox.kit.money import Limit, limit_from_json

ANCHORED: Final = "supervision.head"
"""The kind of the hourly entry in the audit log."""
CAPPED: Final[tuple[AssetCode, ...]] = ("KGST", "SOM")
"""Assets that can have a national cap."""


class SettingKind(StrEnum):
    """What is set."""

    RULES = "rules"
    CAPS = "caps"
    PACK = "pack"
    """The 27 rules over ledgers: ``sandbox.forensics.rules``."""


TRIED: Final = (SettingKind.RULES, SettingKind.PACK)
"""Kinds that are tried on past data before they are confirmed, and of which 1 is shipped."""


class SettingState(StrEnum):
    """Where a version is."""

    DRAFT = "draft"
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Setting:
    """One version of what supervisors set.

    Attributes:
        id: ``SV-<year>-<number>``.
        version: 0 until it is confirmed; of what is tried 1 is the shipped one.
        body: a rule set, a pack, or a cap by asset in minor units; JSON.
        trial: of what is tried: ``state`` (``ordered``, ``ready``, ``failed``) and what it said.
        in_force_since: shortly after its confirmation.
    """

    id: str
    kind: SettingKind
    version: int
    state: SettingState
    body: Mapping[str, Any]
    reasons: str
    author: str
    author_person: str
    drafted_at: datetime
    trial: Mapping[str, Any] | None = None
    confirmer: str | None = None
    in_force_since: datetime | None = None
    revision: int = 1


@dataclass(frozen=True)
class RecordEntry:
    """One line of the record of supervision.

    Attributes:
        index: its place, from 0.
        body: ``{index, at, kind, actor, subject, data}``.
        before: hash of the entry before it; empty for the first.
        hash: of this one, hex.
    """

    index: int
    at: datetime
    kind: str
    actor: str
    subject: str
    body: Mapping[str, Any]
    before: str
    hash: str


def linked(before: str | None, body: Mapping[str, Any]) -> str:
    """The hash of an entry: SHA-256 over the one before and the canonical body, hex.

    Source: RFC 8785 for the body's form.
    """
    return hashlib.sha256((before or "").encode() + b"\n" + canonical(dict(body))).hexdigest()


def in_force(settings: Sequence[Setting], at: datetime) -> Setting | None:
    """The version in force at a moment: the newest one that began by then."""
    begun = [each for each in settings if each.in_force_since and each.in_force_since <= at]
    return max(begun, key=lambda each: each.version, default=None)


@dataclass(frozen=True)
class RuleVersions:
    """Every rule set that was ever in force, oldest first, the shipped one before all.

    Attributes:
        sets: ``(in force since, version, rules)``; None for since ever.
    """

    sets: tuple[tuple[datetime | None, int, RuleSet], ...]

    @classmethod
    def of(cls, confirmed: Sequence[Setting]) -> RuleVersions:
        """From the confirmed settings, in any order."""
        later = sorted(confirmed, key=lambda each: each.version)
        sets = [(each.in_force_since, each.version, RuleSet.read(each.body)) for each in later]
        return cls(((None, 1, SHIPPED), *sets))

    def at(self, moment: datetime) -> tuple[int, RuleSet]:
        """Version and rules in force at a moment."""
        found = self.sets[0]
        for each in self.sets[1:]:
            if each[0] is not None and each[0] <= moment:
                found = each
        return found[1], found[2]

    def longest(self, about: About) -> timedelta:
        """The longest window of any rule of any version about payments or about refusals."""
        return max(
            settings.window
            for _, _, rules in self.sets
            for name, settings in rules.rules.items()
            if RULES[name].about is about
        )


def require_confirmable(setting: Setting, *, person: str, account: str) -> None:
    """Refuse a confirmation that would not be a second person's, or comes too early or late.

    Raises:
        Conflict: ``supervision.not_open``, ``supervision.not_tried``.
        NotAllowed: ``approval.author_cannot_countersign``.
    """
    if setting.state is not SettingState.DRAFT:
        raise Conflict("supervision.not_open", id=setting.id)
    if person == setting.author_person or account == setting.author:
        raise NotAllowed("approval.author_cannot_countersign", author=setting.author)
    if setting.kind in TRIED and (setting.trial or {}).get("state") != "ready":
        raise Conflict("supervision.not_tried", id=setting.id)


def read_caps(body: Mapping[str, Any]) -> dict[str, Limit]:
    """National caps by asset.

    Args:
        body: minor units as decimal text, or ``no limit``, by asset.

    Raises:
        InvalidInput: ``supervision.caps_malformed``, ``amount.*``.
    """
    if body.keys() != set(CAPPED):
        raise InvalidInput("supervision.caps_malformed")
    return {asset: limit_from_json(body[asset]) for asset in CAPPED}
