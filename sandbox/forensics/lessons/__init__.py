"""Small ledgers for lessons: short enough for reading by hand, one for each number.

In a notebook::

    from sandbox.forensics.lessons import small_ledger
    mine = small_ledger(4711)
    mine.payment

Rules: the same number gives the same ledger on every machine; nothing here says what is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.kit.lazy import lazily

if TYPE_CHECKING:
    from sandbox.forensics.lessons.alerts import DeskAlert, desk_alert
    from sandbox.forensics.lessons.coins import Coins
    from sandbox.forensics.lessons.copies import Copies, copies_of, files_of, opened
    from sandbox.forensics.lessons.crossings import Crossing, small_crossing
    from sandbox.forensics.lessons.curves import Curve
    from sandbox.forensics.lessons.deposits import ExchangeDays, exchange_days
    from sandbox.forensics.lessons.firms import Attested, attested
    from sandbox.forensics.lessons.ledgers import SmallLedger, small_ledger
    from sandbox.forensics.lessons.pools import Pool, small_pool
    from sandbox.forensics.lessons.rings import RingMarket, ring_market
    from sandbox.forensics.lessons.scams import Scam, small_scam
    from sandbox.forensics.lessons.scenes import Scene, scene_of
    from sandbox.forensics.lessons.seizing import POLICE_WALLET, Seizure
    from sandbox.forensics.lessons.spellings import kind_of
    from sandbox.forensics.lessons.trails import SmallTrail, small_trail
    from sandbox.forensics.lessons.tuning import Half, half

_HOMES: Final = {
    "Attested": ".firms",
    "Coins": ".coins",
    "Copies": ".copies",
    "Curve": ".curves",
    "DeskAlert": ".alerts",
    "Half": ".tuning",
    "ExchangeDays": ".deposits",
    "SmallLedger": ".ledgers",
    "POLICE_WALLET": ".seizing",
    "Scene": ".scenes",
    "Seizure": ".seizing",
    "RingMarket": ".rings",
    "Crossing": ".crossings",
    "Pool": ".pools",
    "Scam": ".scams",
    "attested": ".firms",
    "SmallTrail": ".trails",
    "copies_of": ".copies",
    "desk_alert": ".alerts",
    "exchange_days": ".deposits",
    "files_of": ".copies",
    "kind_of": ".spellings",
    "half": ".tuning",
    "opened": ".copies",
    "scene_of": ".scenes",
    "ring_market": ".rings",
    "small_crossing": ".crossings",
    "small_ledger": ".ledgers",
    "small_pool": ".pools",
    "small_scam": ".scams",
    "small_trail": ".trails",
}

__all__ = [
    "POLICE_WALLET",
    "Attested",
    "Coins",
    "Copies",
    "Crossing",
    "Curve",
    "DeskAlert",
    "ExchangeDays",
    "Half",
    "Pool",
    "RingMarket",
    "Scam",
    "Scene",
    "Seizure",
    "SmallLedger",
    "SmallTrail",
    "attested",
    "copies_of",
    "desk_alert",
    "exchange_days",
    "files_of",
    "half",
    "kind_of",
    "opened",
    "ring_market",
    "scene_of",
    "small_crossing",
    "small_ledger",
    "small_pool",
    "small_scam",
    "small_trail",
]

__getattr__ = lazily(__name__, _HOMES)
