"""Marking one answer: the whole truth of a standard hard case, by the whole rubric.

``score_ms``: from the answer's bytes and a planned case to marks and feedback: ledgers read, every
hop derived again, the exhibit's ledger hashed and its trace made again. The median of some runs,
each with a key of its own. Before that: the truth has all points, a copy of another seed at most 5.
"""

import statistics
import time

from sandbox.forensics.scoring import Answer, Key, Rubric, feedback, score
from sandbox.forensics.scoring.making import sent
from tests.forensics.cases.planned import NAMES, case
from tests.forensics.scoring.answers import right

RUNS = 9
MACHINE = 90


def measure_scoring():
    rubric = Rubric.shipped("P11")
    for name in NAMES:
        mine, other = case(name), case(name, 2)
        said = right(Key(mine))
        assert score(Answer.read(sent(said)), mine, rubric).points == MACHINE
        bare = {part: each for part, each in right(Key(other)).items() if part != "exhibit"}
        assert score(Answer.read(sent(bare)), mine, rubric).points <= 5
    taken, content = [], sent(said)
    for _ in range(RUNS):
        began = time.perf_counter()
        feedback(score(Answer.read(content), mine, rubric), "ky")
        taken.append(time.perf_counter() - began)
    return {
        "score_ms": round(statistics.median(taken) * 1_000, 1),
        "score_bytes": len(content),
        "score_rows": len(mine.public().transactions),
    }
