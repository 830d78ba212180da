"""Honest answers with tests as teachers write them: the corpus held against stock nbgrader.

Each case is one construct: a name, an answer, a test of two points. None needs another. All give
the same points here and by stock nbgrader; what cannot cross is refused by name, which
`tests/grading/test_crossing.py` shows.
"""

from tests.grading.honest.data import DATA
from tests.grading.honest.functions import FUNCTIONS
from tests.grading.honest.objects import OBJECTS
from tests.grading.honest.other_forms import OTHER_FORMS

CASES = {**DATA, **FUNCTIONS, **OBJECTS, **OTHER_FORMS}

__all__ = ["CASES"]
