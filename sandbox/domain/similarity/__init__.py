"""Likeness of programs: what two students' answers have in common beyond what was given.

Rules:

1. Only what students wrote is compared: their answer cells, cells of their own, ``.py`` and
   ``.sol`` files. Text cells, comments, docstrings, outputs, the teacher's cells are left out.
2. A name that the assignment did not give counts as *a name*, a literal as *a literal*, a row of
   literals as one: renaming and other numbers hide nothing. Solidity in a string is read as such.
3. What the release gave (lines, and runs of tokens) is taken out, then what more than half of all
   works have, once there are ``FEW`` of them.
4. A match is at least ``SHORTEST`` tokens without a gap, a pair at least ``LEAST`` in all: a line
   or two never count. A match of ``SHORTEST`` tokens is found wherever it stands in the work.
5. Nothing is run, every size is bounded, and what was cut is told.

Sources: S. Schleimer, D. Wilkerson, A. Aiken, "Winnowing: Local Algorithms for Document
Fingerprinting" (SIGMOD 2003); L. Prechelt, G. Malpohl, M. Philippsen, "Finding Plagiarisms among a
Set of Programs with JPlag" (2002) for tokens, base code and greedy tiling.
"""

from sandbox.domain.similarity.comparing import FEW, LEAST, Match, Pair, compare
from sandbox.domain.similarity.tiling import SHORTEST
from sandbox.domain.similarity.works import Cell, Given, Work, given_of, work_of

__all__ = [
    "FEW",
    "LEAST",
    "SHORTEST",
    "Cell",
    "Given",
    "Match",
    "Pair",
    "Work",
    "compare",
    "given_of",
    "work_of",
]
