"""What keeps rules from being read or run, in words.

>>> print(CannotWatch("alert_pack.table_unknown", name="people", known="tags"))
There is no table people; there are tags. (alert_pack.table_unknown)
"""

from __future__ import annotations

from sandbox.forensics.errors import CannotTrace


class CannotWatch(CannotTrace):
    """A pack, a ledger, a side table or a truth that cannot be right; nothing was looked at."""
