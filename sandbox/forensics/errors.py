"""What keeps a ledger from being read or a trace from being made, in words.

>>> print(CannotTrace("forensics.column_missing", name="payer"))
The ledger has no column payer. (forensics.column_missing)
"""

from __future__ import annotations

from sandbox.kit.errors import InvalidInput
from sandbox.locale import wording
from sandbox.locale.catalogue import Language


class CannotTrace(InvalidInput):
    """A ledger, a seed, a policy or a stop that cannot be right; nothing was traced."""

    def explain(self, language: Language = "en") -> str:
        """What is wrong, in ``en``, ``ru`` or ``ky``."""
        return wording(self.code, self.params, language)

    def __str__(self) -> str:
        return f"{self.explain()} ({self.code})"
