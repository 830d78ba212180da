"""What keeps a case from being planned, in words.

>>> print(CannotPlan("cases.seed_short", least=16))
A case needs a seed of at least 16 bytes. (cases.seed_short)
"""

from __future__ import annotations

from sandbox.kit.errors import InvalidInput
from sandbox.locale import wording
from sandbox.locale.catalogue import Language


class CannotPlan(InvalidInput):
    """A seed, a recipe or addresses that cannot be right; nothing was planned."""

    def explain(self, language: Language = "en") -> str:
        """What is wrong, in ``en``, ``ru`` or ``ky``."""
        return wording(self.code, self.params, language)

    def __str__(self) -> str:
        return f"{self.explain()} ({self.code})"
