"""Prints the lifecycle's diagram: ``python -m sandbox.domain.diagram``."""

from __future__ import annotations

import sys

from sandbox.domain.lifecycle import diagram

if __name__ == "__main__":
    sys.stdout.write(diagram())
