"""Error rates of name screening on made-up people, and its speed.

``python -m tests.bench.screening`` writes ``build/bench/screening.json``; with ``--publish`` also
``sandbox/forensics/screening/measured.json``, from which the reference page is made. A test
measures again and compares.

The corpus (another seed than the one on which weights were set): ``LISTED`` people of
``tests.forensics.people``, listed by the name in their papers and their date of birth. Each is
written in every way of ``VARIANTS`` (recall). ``OTHERS`` people of the same law, of whom nobody
shares surname, given name and patronymic with anybody listed, are screened as well (false hits): by
the whole name, and without the patronymic; without and with dates of birth on both sides.
"""

import json
import random
import resource
import sys
import time
from pathlib import Path

import polars as pl

from sandbox.forensics import WatchList, compare, screen
from sandbox.forensics.screening.screening import BLOCK, REVIEW
from tests.bench._report import report
from tests.forensics.people import VARIANTS, somebody

MEASURED = Path(__file__).parents[2] / "sandbox/forensics/screening/measured.json"
LISTED, OTHERS, SEED = 500, 5_000, 2027
LARGE_CUSTOMERS, LARGE_LIST = 20_000, 5_000
SHARE = 10_000


def corpus(listed=LISTED, others=OTHERS, seed=SEED):
    """Who is listed, and other people."""
    chance = random.Random(seed)
    wanted = [somebody(chance) for _ in range(listed)]
    taken = {(who.family, who.given, who.father) for who in wanted}
    rest = []
    while len(rest) < others:
        who = somebody(chance)
        if (who.family, who.given, who.father) not in taken:
            rest.append(who)
    return wanted, rest


def watch_list(people, *, born):
    """People as a list."""
    return {
        "list": "measured",
        "version": 1,
        "as_of": "2026-11-23",
        "entries": [
            {
                "id": str(number),
                "kind": "sanctions",
                "names": [who.name],
                "born": who.born.isoformat() if born else None,
            }
            for number, who in enumerate(people)
        ],
    }


def customers(names, born=None):
    """Names as a table of customers."""
    table = pl.DataFrame({"id": [str(number) for number in range(len(names))], "name": names})
    return table if born is None else table.with_columns(pl.Series("born", born))


def rates(listed=LISTED, others=OTHERS, seed=SEED):
    """Recall by way of writing, and false hits for 1,000 customers."""
    wanted, rest = corpus(listed, others, seed)
    chance = random.Random(seed)
    recall = {}
    for way, write in VARIANTS.items():
        scores = [compare(who.name, write(who, chance)).score for who in wanted]
        recall[way] = {
            "review": sum(score >= REVIEW for score in scores) * SHARE // listed / SHARE,
            "block": sum(score >= BLOCK for score in scores) * SHARE // listed / SHARE,
        }
    false = {}
    for born in (False, True):
        watch = WatchList.read(watch_list(wanted, born=born))
        days = [who.born for who in rest] if born else None
        for kind, names in (
            ("whole names", [who.name for who in rest]),
            ("without patronymics", [who.two_words for who in rest]),
        ):
            hits = screen(customers(names, days), watch).hits
            blocked = hits.filter(verdict="block")["customer"].n_unique()
            told = hits["customer"].n_unique()
            false[kind + (", dates of birth known" if born else "")] = {
                "review": round(told * 1000 / others, 1),
                "block": round(blocked * 1000 / others, 1),
            }
    return {"seed": seed, "listed": listed, "others": others, "recall": recall, "false": false}


def speed():
    """Seconds for a large list."""
    wanted, rest = corpus(LARGE_LIST, LARGE_CUSTOMERS)
    watch = WatchList.read(watch_list(wanted, born=False))
    table = customers([who.name for who in rest])
    began = time.perf_counter()
    found = screen(table, watch)
    seconds = time.perf_counter() - began
    return {
        "customers": LARGE_CUSTOMERS,
        "entries": LARGE_LIST,
        "seconds": round(seconds, 2),
        "hits": len(found.hits),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def measure():
    found = rates()
    if "--publish" in sys.argv:
        MEASURED.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return found | {"speed": speed()}, True


if __name__ == "__main__":
    report("screening", measure)
