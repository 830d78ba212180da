"""What is counted outside the chain of every acknowledged transaction, added up.

Whoever counts (``sandbox.gateway.tracker``) asks once, at the start. It is filled while the
journal is read and lies in every checkpoint, so nobody reads the whole journal for it.

Rules:

- A permit's transaction counts in the bucket of the rolling day in which it was
  acknowledged, whatever became of it; buckets older than two days are forgotten.
- A deployment is under way until it is mined or dropped; a dropped one counts for nothing.
- Of the platform's own transactions the newest hash of each idempotency key is kept; they
  count for no permit.

>>> tally = Tally()
>>> said = {"hash": "0x1", "at": 1200.0, "gas": 21000, "to": None, "meta": {"permit": "P"}}
>>> tally.acknowledged(said); tally.deploying
{'0x1': 'P'}
>>> tally.mined("0x1", failed=True); tally.deployed, tally.recent
({'P': (0, 1)}, {'P': {2: (1, 21000)}})
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.domain.usage import BUCKET, DAY
from sandbox.kit.ids import TxHash

WIDTH: Final = int(BUCKET.total_seconds())
"""Of a bucket, seconds."""
_KEPT: Final = 2 * int(DAY.total_seconds()) // WIDTH


@dataclass(slots=True)
class Tally:
    """Sums by permit.

    Attributes:
        recent: transactions and gas, by permit and number of the bucket.
        deploying: deployments under way, with their permits.
        deployed: how many were mined and succeeded, and how many failed, by permit.
        system: the newest transaction of each idempotency key.
    """

    recent: dict[str, dict[int, tuple[int, int]]] = field(default_factory=dict)
    deploying: dict[TxHash, str] = field(default_factory=dict)
    deployed: dict[str, tuple[int, int]] = field(default_factory=dict)
    system: dict[str, TxHash] = field(default_factory=dict)

    def acknowledged(self, body: dict[str, Any]) -> None:
        """Take in the body of a transaction's record."""
        meta = body["meta"]
        if isinstance(meta.get("idempotency_key"), str):
            self.system[meta["idempotency_key"]] = body["hash"]
        if "system" in meta:
            return
        permit = meta.get("permit")
        if not isinstance(permit, str):
            return
        buckets = self.recent.setdefault(permit, {})
        number = int(body["at"]) // WIDTH
        count, gas = buckets.get(number, (0, 0))
        buckets[number] = count + 1, gas + body["gas"]
        if body["to"] is None:
            self.deploying[body["hash"]] = permit

    def dropped(self, tx_hash: TxHash) -> None:
        """The transaction will never be mined."""
        self.deploying.pop(tx_hash, None)

    def mined(self, tx_hash: TxHash, *, failed: bool) -> None:
        """The deployment is in a block."""
        permit = self.deploying.pop(tx_hash, None)
        if permit is not None:
            good, bad = self.deployed.get(permit, (0, 0))
            self.deployed[permit] = good + (not failed), bad + failed

    def as_dict(self) -> dict[str, Any]:
        """As JSON, without what is too old to count."""
        newest = max((number for each in self.recent.values() for number in each), default=0)
        recent = {
            permit: [[number, *sums] for number, sums in each.items() if number > newest - _KEPT]
            for permit, each in self.recent.items()
        }
        return {
            "recent": {permit: each for permit, each in recent.items() if each},
            "deploying": self.deploying,
            "deployed": self.deployed,
            "system": self.system,
        }

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Tally:
        """From its JSON form."""
        recent = {
            permit: {number: (count, gas) for number, count, gas in each}
            for permit, each in value["recent"].items()
        }
        deployed = {permit: (good, bad) for permit, (good, bad) in value["deployed"].items()}
        return cls(recent, dict(value["deploying"]), deployed, dict(value["system"]))
