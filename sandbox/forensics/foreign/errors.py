"""What keeps an explorer's file from being read, in words.

>>> print(CannotRead("foreign.address_malformed", place="3"))
In 3 stands an address whose form or checksum is wrong. (foreign.address_malformed)
"""

from __future__ import annotations

from sandbox.forensics.errors import InWords


class CannotRead(InWords):
    """An explorer's file that cannot be right; nothing of it was read."""
