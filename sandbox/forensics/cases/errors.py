"""What keeps a case from being planned, in words.

>>> print(CannotPlan("cases.seed_short", least=16))
A case needs a seed of at least 16 bytes. (cases.seed_short)
"""

from __future__ import annotations

from sandbox.forensics.errors import InWords


class CannotPlan(InWords):
    """A seed, a recipe or addresses that cannot be right; nothing was planned."""
