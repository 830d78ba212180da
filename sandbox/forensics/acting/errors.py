"""What keeps an act from being taken, in words.

>>> print(CannotAct("acting.same_person"))
Two different people have to sign: one alone moves nothing. (acting.same_person)
"""

from __future__ import annotations

from sandbox.forensics.errors import InWords


class CannotAct(InWords):
    """An act, or a list of acts, that cannot be right; nothing was done."""
