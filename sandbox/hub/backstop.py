"""The hub's own end of a server in which nothing holds the rule for unused workspaces.

The rule is held inside the server (`sandbox.hub.idle`), which tells the hub that it does. One that
has not told so for a while is judged by what the hub itself sees, which is less: any request counts
as use, also those of a forgotten page. So there is a second end, after which a server that still
says nothing is stopped in any case.

>>> from datetime import UTC
>>> rule, nine = Rule(seconds=3600, warning=600, running=7200), datetime(2026, 9, 1, 9, tzinfo=UTC)
>>> is_over(rule, heard=nine, active=nine, at=nine + timedelta(minutes=59))
False
>>> is_over(rule, heard=nine, active=nine, at=nine + timedelta(minutes=60))
True
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sandbox.hub.idle_rule import Rule

ASK_EACH: Final = timedelta(minutes=1)
SILENT: Final = timedelta(minutes=10)
"""How long a server may say nothing: a machine with much to do is slow."""


def is_over(rule: Rule, *, heard: datetime, active: datetime | None, at: datetime) -> bool:
    """Whether the hub ends a server.

    Args:
        rule: of all servers.
        heard: when it last said that it holds the rule; when the hub began to ask, before that.
        active: when the hub last saw a request to it; None where it saw none.
        at: now.
    """
    if at - heard < SILENT:
        return False
    unused = at - max(heard, active or heard)
    return unused.total_seconds() >= rule.seconds or (at - heard).total_seconds() >= rule.alone


class Ear:
    """When the hub last heard of one server.

    Args:
        at: when it began to look after it.
    """

    def __init__(self, at: datetime) -> None:
        self.heard = self._asked = at

    def asks(self, at: datetime) -> bool:
        """Whether it is time to ask again; noted as done."""
        if at - self._asked < ASK_EACH:
            return False
        self._asked = at
        return True


def aware(moment: datetime | None) -> datetime | None:
    """A moment of the hub's database, which keeps no zone."""
    return moment and moment.replace(tzinfo=UTC)
