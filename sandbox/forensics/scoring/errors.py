"""What keeps an answer from being marked, in words.

>>> print(CannotScore("scoring.policy_unknown", known="fifo, lifo"))
The answer has to declare one of these policies: fifo, lifo. (scoring.policy_unknown)
"""

from __future__ import annotations

from sandbox.forensics.errors import InWords


class CannotScore(InWords):
    """An answer, a rubric or rows that cannot be right; nothing was marked."""
