"""The contract that every client deploys: compiled once, for all of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sandbox.contracts.artifacts import Artifact
from sandbox.contracts.compiler import compile_sources

HERE = Path(__file__).parent
SOURCE = HERE / "scripts" / "Till.sol"


@cache
def till() -> Artifact:
    """The compiled till."""
    return compile_sources({"Till.sol": SOURCE.read_text("utf-8")})["Till"]
