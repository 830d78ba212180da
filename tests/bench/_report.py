"""Writing a measurement down: ``build/bench/NAME.json``, and the exit status for CI."""

import json
import sys

from sandbox.toolchain.layout import build_dir


def report(name, measure):
    """Measure, write, print; exit 0 when the bar is met.

    ``measure`` returns the figures and whether they meet the bar.
    """
    figures, holds = measure()
    target = build_dir() / "bench" / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))
    sys.exit(0 if holds else 1)


def quantile(values, share):
    """The value below which so large a share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
