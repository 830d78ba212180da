"""How far the source of a tag is to be trusted: the fourteen levels of GraphSense's TagPacks.

Source: graphsense-tagpack-tool, ``src/tagpack/db/confidence.csv``: id, meaning and level, from 0
to 100. A level tells sources apart and is **no probability**: nobody has counted how often a tag of
level 70 is right. On our cases it was counted: see the published error rates.

>>> LEVELS["service_api"], len(LEVELS)
(70, 14)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LEVELS: Final[Mapping[str, int]] = {
    "override": 100,
    "ownership": 100,
    "ledger_immanent": 100,
    "manual_transaction": 90,
    "service_api": 70,
    "forensic_investigation": 70,
    "authority_data": 60,
    "trusted_provider": 50,
    "service_data": 50,
    "forensic": 50,
    "untrusted_transaction": 40,
    "web_crawl": 20,
    "heuristic": 10,
    "unknown": 5,
}
MEANINGS: Final[Mapping[str, str]] = {
    "override": "its author knows that it stands for a whole cluster",
    "ownership": "its author holds the key of the address",
    "ledger_immanent": "read off the ledger itself by a reliable procedure",
    "manual_transaction": "its author moved money from one known service to another",
    "service_api": "from the interface of a known, trusted service",
    "forensic_investigation": "from an investigation, as a known victim or offender",
    "authority_data": "published by an authority, as a list of sanctions",
    "trusted_provider": "from a trusted third party",
    "service_data": "from a known service, as a file that an exchange sent",
    "forensic": "from reports that are trusted to a degree, as papers",
    "untrusted_transaction": "somebody else moved money from one known service to another",
    "web_crawl": "from crawled pages and dumps",
    "heuristic": "from a method whose reliability is hard to tell",
    "unknown": "source and reliability are not known",
}
