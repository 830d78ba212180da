"""The reference page of error rates, from what was measured on planned cases."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reference_tables import CHECKOUT, table

_NAMES = {
    "deposit addresses": "deposit addresses that are told",
    "deposit": "deposit-address reuse, pairs",
    "funder": "common funder, pairs",
    "airdrop": "airdrop, pairs",
    "peel": "peel chains, accounts",
    "peel, dust 1,000": "the same, 1,000 som of dust",
    "peel, dust 10,000": "the same, 10,000 som of dust",
    "mixer": "mixer, likeliest deposit",
    "bridge": "bridge legs",
}
_SAID = """\
Measured on {seeds} planned cases of each difficulty, from a secret on which no recipe was tuned,
with parameters as shipped; they hold for these cases and for no others. A test measures again and
compares; `make bench NAME=heuristics` shows the figures, and `python -m tests.bench.heuristics
--publish` writes them into this page.

**Services**: *known* means that all hot wallets, shops, banks, mixers and bridges are given;
*tagged* means those alone that a tag of level {least} or more names. Deposit addresses of
customers are never given.

**Precision** is the part of what was found that is true, **recall** the part of what is true that
was found. A pair is true where both accounts have one owner: that two people of one gang pay into
one deposit address makes a wrong pair. Recall of pairs counts against *all* pairs of one owner in
the case, most of which no rule of this kind can see. A dash: there is nothing to count.

"""
_NONE = """\
**Not in these cases.** No case has an **airdrop**: nothing was found, rightly, and recall says
nothing about the rule. No case has a table of approvals: **self-authorisation** cannot be run and
has **no measured error rate**. Easy cases have no mixer and no bridge on the thieves' way. Until
cases have these patterns, say so in a report that uses the rule.

**Peel chains** with `dust=0`, as shipped, find none of the chains of these cases: who peels here
says round sums and leaves a little behind at each step. Say in the report which dust you allowed.
The plan lets innocent sums (a flat that was sold) travel as stolen ones do, and both count as
true: a chain is no sign of guilt.
"""
_CLAIMED = """\
Of everything that was said with a probability: what was **claimed** on average, how often it was
**right**, the **Brier** score (0 is best), and **bits**: the mean of minus the binary logarithm
of what was said of the truth (0 is best; of *n* equal candidates it is log2 *n*). **Impossible**:
how often the truth was given no probability; it stands in no mean. **Calibrated**: in no band of
at least 20 claims was it so more or less often than three standard deviations of chance allow;
*too few*: no band has so many.

Confidences of links are constants and **not calibrated**: deposit reuse says 0.9 and common
funder 0.5, and in medium and hard cases both are right far less often. A peel chain is right
where the plan made it; none of those that were found was one person's: a gang's wallets belong to
several people, so its probability says that it is no chance, and not whose it is.

"""


def error_rates() -> str:
    """How often each heuristic is right on planned cases, and whether probabilities hold."""
    path = CHECKOUT / "sandbox/forensics/measured.json"
    measured = json.loads(path.read_text("utf-8"))
    rows = list(_rows(measured))
    found = table(
        ["what", "case", "services", "found", "true", "precision", "recall"],
        [(*place, *_shown(each, "found", "true", "precision", "recall")) for place, each in rows],
    )
    names = ("claims", "claimed", "right", "brier", "bits", "impossible")
    claimed = table(
        ["what", "case", "services", *names, "calibrated"],
        [
            (*place, *_shown(each, *names), _calibrated(each))
            for place, each in rows
            if each.get("claims")
        ],
    )
    tags = table(
        ["case", "confidence", "level", "tags", "right"],
        [
            (case, f"`{name}`", each["level"], each["tags"], each["right"])
            for case, said in measured["tags"].items()
            for name, each in said.items()
        ],
    )
    return (
        "# Error rates of heuristics\n\nWhat the rules are: [clusters](clusters.md), "
        "[patterns](patterns.md), [tag packs](tags.md).\n\n"
        f"{_SAID.format(**measured)}{_NONE}\n## Found and missed\n\n{found}\n"
        f"## Probabilities\n\n{_CLAIMED}{claimed}\n## Tags\n\nThe part of the tags of each "
        f"quality whose name is right; a level is no probability.\n\n{tags}"
    )


def _rows(measured: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str, str], dict[str, Any]]]:
    """What, case and services, with the figures."""
    for name, said in _NAMES.items():
        for part in ("clusters", "patterns"):
            for case, by_services in measured[part].items():
                for services, figures in by_services.items():
                    if name in figures:
                        yield (said, case, services), figures[name]


def _shown(figures: Mapping[str, Any], *names: str) -> Iterator[object]:
    """Figures; a dash where there are none."""
    for name in names:
        yield "-" if figures.get(name) is None else figures[name]


def _calibrated(figures: Mapping[str, Any]) -> str:
    return {True: "yes", False: "no", None: "too few"}[figures["calibrated"]]
