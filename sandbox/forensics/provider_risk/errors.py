"""What keeps a provider from being rated, in words.

>>> print(CannotRate("provider_risk.person", what="custody"))
Say who answered custody. (provider_risk.person)
"""

from __future__ import annotations

from sandbox.forensics.errors import InWords


class CannotRate(InWords):
    """A model, a value, a table or a decision that cannot be right; nothing was rated."""
