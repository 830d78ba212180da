"""Gradebooks that live for seconds.

nbgrader starts another Python to ask alembic for a version whenever it makes a gradebook;
for one that is thrown away nobody will ever migrate it, and the command may not be there.
"""

from __future__ import annotations

import nbgrader.api


def expect_throwaway_gradebooks() -> None:
    """From now on this process makes gradebooks without a migration version."""
    nbgrader.api.get_alembic_version = lambda: "throwaway"
