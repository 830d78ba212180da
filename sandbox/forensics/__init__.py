"""Following money through a ledger: for trainees, graders and supervisors alike.

In a notebook::

    from sandbox.forensics import trace
    from sandbox.sdk import ledger
    trace(ledger(chain.kgst), "fifo", seeds=theft["transactionHash"]).hops

Rules: importing this is quick (polars and numba are loaded when they are first needed); where the
money "is" depends on a policy, which is named; nothing here reads a chain or a store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.kit.lazy import lazily

if TYPE_CHECKING:
    from sandbox.forensics.clusters.airdrops import AirdropReuse
    from sandbox.forensics.clusters.authorisations import SelfAuthorisation
    from sandbox.forensics.clusters.clustering import Clusters, cluster, together
    from sandbox.forensics.clusters.deposits import DepositReuse
    from sandbox.forensics.clusters.funders import CommonFunder
    from sandbox.forensics.errors import (
        CannotMatch,
        CannotProve,
        CannotScreen,
        CannotTag,
        CannotTrace,
    )
    from sandbox.forensics.ledger import Ledger
    from sandbox.forensics.patterns.bridges import Bridge, Legs, bridge_legs
    from sandbox.forensics.patterns.mixers import Mixing, mixed
    from sandbox.forensics.patterns.peels import peel_chains
    from sandbox.forensics.policies import Policy
    from sandbox.forensics.reserves.attestation import Attestation, Bounds, Reserves, check_reserves
    from sandbox.forensics.reserves.claims import Claim, audit
    from sandbox.forensics.reserves.tree import Liabilities, Proof, check_proof
    from sandbox.forensics.screening.comparing import Comparison, compare
    from sandbox.forensics.screening.lists import WatchList
    from sandbox.forensics.screening.screening import Screening, Thresholds, screen
    from sandbox.forensics.tags.joining import Tags
    from sandbox.forensics.tags.packs import TagPack
    from sandbox.forensics.tracing import Stop, Trace, trace
    from sandbox.forensics.travel_rule.faked import Signs, faked
    from sandbox.forensics.travel_rule.matching import Demands, Matched, match
    from sandbox.forensics.travel_rule.messages import Feed, message_schema
    from sandbox.forensics.travel_rule.providers import providers

_HOMES: Final = {
    "AirdropReuse": ".clusters.airdrops",
    "Attestation": ".reserves.attestation",
    "Bounds": ".reserves.attestation",
    "Bridge": ".patterns.bridges",
    "CannotMatch": ".errors",
    "CannotProve": ".errors",
    "CannotScreen": ".errors",
    "CannotTag": ".errors",
    "CannotTrace": ".errors",
    "Claim": ".reserves.claims",
    "Clusters": ".clusters.clustering",
    "CommonFunder": ".clusters.funders",
    "Comparison": ".screening.comparing",
    "Demands": ".travel_rule.matching",
    "DepositReuse": ".clusters.deposits",
    "Feed": ".travel_rule.messages",
    "Ledger": ".ledger",
    "Legs": ".patterns.bridges",
    "Liabilities": ".reserves.tree",
    "Matched": ".travel_rule.matching",
    "Mixing": ".patterns.mixers",
    "Policy": ".policies",
    "Proof": ".reserves.tree",
    "Reserves": ".reserves.attestation",
    "Screening": ".screening.screening",
    "SelfAuthorisation": ".clusters.authorisations",
    "Signs": ".travel_rule.faked",
    "Stop": ".tracing",
    "TagPack": ".tags.packs",
    "Tags": ".tags.joining",
    "Thresholds": ".screening.screening",
    "Trace": ".tracing",
    "WatchList": ".screening.lists",
    "audit": ".reserves.claims",
    "bridge_legs": ".patterns.bridges",
    "check_proof": ".reserves.tree",
    "check_reserves": ".reserves.attestation",
    "cluster": ".clusters.clustering",
    "compare": ".screening.comparing",
    "faked": ".travel_rule.faked",
    "match": ".travel_rule.matching",
    "message_schema": ".travel_rule.messages",
    "mixed": ".patterns.mixers",
    "peel_chains": ".patterns.peels",
    "providers": ".travel_rule.providers",
    "screen": ".screening.screening",
    "together": ".clusters.clustering",
    "trace": ".tracing",
}

__all__ = [
    "AirdropReuse",
    "Attestation",
    "Bounds",
    "Bridge",
    "CannotMatch",
    "CannotProve",
    "CannotScreen",
    "CannotTag",
    "CannotTrace",
    "Claim",
    "Clusters",
    "CommonFunder",
    "Comparison",
    "Demands",
    "DepositReuse",
    "Feed",
    "Ledger",
    "Legs",
    "Liabilities",
    "Matched",
    "Mixing",
    "Policy",
    "Proof",
    "Reserves",
    "Screening",
    "SelfAuthorisation",
    "Signs",
    "Stop",
    "TagPack",
    "Tags",
    "Thresholds",
    "Trace",
    "WatchList",
    "audit",
    "bridge_legs",
    "check_proof",
    "check_reserves",
    "cluster",
    "compare",
    "faked",
    "match",
    "message_schema",
    "mixed",
    "peel_chains",
    "providers",
    "screen",
    "together",
    "trace",
]

__getattr__ = lazily(__name__, _HOMES)
