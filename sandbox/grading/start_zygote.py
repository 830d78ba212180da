"""Starts the zygote, and sees to it that what importing changes is put back.

As in `orchestrate`: without a grammar that nobody needs. Some packages also append to ``sys.path``
when they are imported; a process that is forked shall have the path of one that is started.
"""

from __future__ import annotations

import importlib
import sys

if __name__ == "__main__":
    path = tuple(sys.path)
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    importlib.import_module("sandbox.grading.zygote").main(path)
