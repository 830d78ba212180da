"""Error rates of the heuristics and the patterns on planned cases, whose truth is known.

``python -m tests.bench.heuristics`` writes ``build/bench/heuristics.json``; with ``--publish`` also
``sandbox/forensics/measured.json``, from which the reference page is made. A test measures again
and compares.

The corpus: ``SEEDS`` cases of each difficulty, from a secret on which no recipe was tuned. Each
heuristic is run with its parameters as shipped on every ledger of a case, once with all services
``known`` (their customers' deposit addresses are never told) and once as ``tagged``: those that a
tag of at least ``LEAST`` calls a service. See ``tests.bench._heuristics`` for what counts as right.
"""

import json
import sys
import time
from pathlib import Path

from sandbox.forensics.cases import case_seed, plan, recipe
from tests.bench import _heuristics as counting
from tests.bench._report import report

MEASURED = Path(__file__).parents[2] / "sandbox/forensics/measured.json"
SECRET, SEEDS, LEAST = bytes(range(64, 96)), 8, 40
DIFFICULTIES = ("easy", "medium", "hard")
SERVICES = ("known", "tagged")


def rates(seeds=SEEDS, difficulties=DIFFICULTIES):
    """Everything that is published."""
    found = {"seeds": seeds, "least": LEAST, "tags": {}, "clusters": {}, "patterns": {}}
    for name in difficulties:
        cases = [
            plan(case_seed(SECRET, who="measured", lab="P5", attempt=number), recipe(name))
            for number in range(1, seeds + 1)
        ]
        found["tags"][name] = counting.tags(cases)
        for services in SERVICES:
            tally = counting.Tally()
            for case in cases:
                tally.add(case, counting.services(case, services, LEAST))
            found["clusters"].setdefault(name, {})[services] = tally.clusters()
            found["patterns"].setdefault(name, {})[services] = tally.patterns()
    return found


def measure():
    """What is measured, and that it could be."""
    began = time.perf_counter()
    found = rates()
    if "--publish" in sys.argv:
        MEASURED.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return {"seconds": round(time.perf_counter() - began, 1), **found}, True


if __name__ == "__main__":
    report("heuristics", measure)
