"""Starts the hub or a user's server without what only makes them slow.

``jsonschema``'s format checks would import ``rfc3987_syntax``, which builds a grammar
for 2 s at each start, to check addresses that no notebook and no event has. The import
is declined; jsonschema then leaves those two formats unchecked.

A user's server declines two more, which cost it 12 MB: httpx's command line, which httpx
can do without, and alembic, with which only the hub brings its own database up to date.

Usage: ``python -m sandbox.hub.start hub -f config.py`` or ``… start server``.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType

from sandbox.hub.idle_rule import EXIT_NOTE


def decline(name: str) -> None:
    """Let imports of a module fail."""
    sys.modules[name] = None  # type: ignore[assignment]


def lighten_server() -> None:
    """Decline what no user's server needs, and stand in for what ``jupyterhub.orm`` imports."""
    decline("httpx._main")
    for part in ("", ".command", ".config", ".script"):
        sys.modules[f"alembic{part}"] = ModuleType(f"alembic{part}")
    sys.modules["alembic.script"].ScriptDirectory = None  # type: ignore[attr-defined]


def main() -> None:
    """Run what the first argument names; the others are its own."""
    name = sys.argv.pop(1)
    decline("rfc3987_syntax")
    if name == "hub":
        from jupyterhub.app import main as serve  # noqa: PLC0415 - after the line above
    else:
        lighten_server()
        from sandbox.hub.user_server import serve  # noqa: PLC0415
    serve()
    sys.exit(int(os.environ.get(EXIT_NOTE, "0")))


if __name__ == "__main__":
    main()
