"""What keeps a ledger from being read or a trace from being made, in words.

>>> print(CannotTrace("forensics.column_missing", name="payer"))
The ledger has no column payer. (forensics.column_missing)
"""

from __future__ import annotations

from sandbox.kit.errors import InvalidInput
from sandbox.locale import wording
from sandbox.locale.catalogue import Language


class InWords(InvalidInput):
    """An error that says itself in the reader's language."""

    def explain(self, language: Language = "en") -> str:
        """What is wrong, in ``en``, ``ru`` or ``ky``."""
        return wording(self.code, self.params, language)

    def __str__(self) -> str:
        return f"{self.explain()} ({self.code})"


class CannotTrace(InWords):
    """A ledger, a seed, a policy or a stop that cannot be right; nothing was traced."""


class NotAsWritten(InWords):
    """An exhibit, or a part of it, that is not what was written or cannot be put in."""


class CannotScreen(InWords):
    """A name, a list or a table of customers that cannot be right; nobody was screened."""


class CannotReport(InWords):
    """A report that may not go out as it is; nothing was made."""


class CannotMatch(InWords):
    """A travel-rule message, or a table that messages are joined with, that cannot be right."""


class CannotProve(InWords):
    """Balances, a proof, a claim or an attestation that cannot be read; nothing was judged."""


class CannotTag(InWords):
    """A tag pack that cannot be right, or packs that cannot be joined; nothing was tagged."""


class NotAPhrase(InWords):
    """Words that are no phrase of a wallet, or a path that is none; no key was made."""
