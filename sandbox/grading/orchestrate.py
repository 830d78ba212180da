"""Starts the orchestrator without a grammar that nobody needs.

``jsonschema`` imports ``rfc3987_syntax`` when it is installed, which builds a parser
for two seconds; notebooks have no IRIs to check. Found by ``-X importtime``.
"""

from __future__ import annotations

import importlib
import sys

if __name__ == "__main__":
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    importlib.import_module("sandbox.grading.orchestrator").serve(int(sys.argv[1]), sys.argv[2])
