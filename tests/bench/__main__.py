"""``python -m tests.bench NAME`` is ``python -m tests.bench.NAME``."""

import runpy
import sys
from pathlib import Path

NAMES = sorted(each.stem for each in Path(__file__).parent.glob("[a-z]*.py"))

if len(sys.argv) != 2 or sys.argv[1] not in NAMES:
    sys.exit(f"usage: python -m tests.bench NAME, one of: {', '.join(NAMES)}")
runpy.run_module(f"tests.bench.{sys.argv[1]}", run_name="__main__")
