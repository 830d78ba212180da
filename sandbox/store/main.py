"""The one-shot that brings the store to the newest schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.store.store import Store

if TYPE_CHECKING:
    from sandbox.settings import Settings


def main(settings: Settings) -> None:
    """Upgrade the schema; nothing when it is new enough.

    Args:
        settings: of this install.

    Raises:
        Unavailable: ``store.unavailable``.
    """
    store = Store(settings.database_url)
    store.ping()
    store.migrate()
    store.close()
