"""Starts the hub or a user's server without what only makes them slow.

``jsonschema``'s format checks would import ``rfc3987_syntax``, which builds a grammar
for 2 s at each start, to check addresses that no notebook and no event has. The import
is declined; jsonschema then leaves those two formats unchecked.

Usage: ``python -m sandbox.hub.start hub -f config.py`` or ``… start server``.
"""

from __future__ import annotations

import os
import sys

from sandbox.hub.idle_rule import EXIT_NOTE


def main() -> None:
    """Run what the first argument names; the others are its own."""
    name = sys.argv.pop(1)
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    if name == "hub":
        from jupyterhub.app import main as serve  # noqa: PLC0415 - after the line above
    else:
        from jupyterhub.singleuser import main as serve  # noqa: PLC0415
    serve()
    sys.exit(int(os.environ.get(EXIT_NOTE, "0")))


if __name__ == "__main__":
    main()
