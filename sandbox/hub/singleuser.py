"""Starts a user's notebook server, without what only makes it slow.

``jsonschema``'s format checks would import ``rfc3987_syntax``, which builds a grammar
for 2.4 s at each start, to check addresses that no notebook format has. The import is
declined; jsonschema then leaves those two formats unchecked.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the notebook server."""
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    from jupyterhub.singleuser import main as serve  # noqa: PLC0415 - after the line above

    serve()


if __name__ == "__main__":
    main()
