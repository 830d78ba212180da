"""Write the lock files again: ``.venv/bin/python -m sandbox.toolchain.lock``.

Rules:

- Every file of every package has a hash; nothing else is installed.
- No registry's address is written: ``requirements*.lock`` carry none, and the
  ``package-lock.json`` is written without resolved addresses.
- One resolution for every machine (``--universal``), from Python 3.11 on.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sandbox.toolchain.layout import CHECKOUT

HERE = Path(__file__).parent
UV = str(Path(sys.prefix) / "bin" / "uv")
COMPILE = (
    UV,
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--upgrade"),
    *("--generate-hashes", "--no-header", "--no-emit-index-url", "--no-emit-find-links"),
    "--no-annotate",
)


def main() -> None:
    """Write all lock files."""
    run = CHECKOUT / "requirements.lock"
    _compile(run, "pyproject.toml", "sandbox/toolchain/build.in")
    for extra in ("dev", "kubernetes"):
        _compile(
            CHECKOUT / f"requirements-{extra}.lock",
            "pyproject.toml",
            "sandbox/toolchain/build.in",
            *("--extra", extra, "--constraint", str(run)),
        )
    for name in ("uv", "node"):
        _compile(HERE / f"{name}.lock", f"sandbox/toolchain/{name}.in")
    npm = ("npm", "install", "--package-lock-only", "--omit-lockfile-registry-resolved")
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund")
    subprocess.run([*npm, *quiet], cwd=HERE, check=True)
    clients = CHECKOUT / "tests" / "clients"
    subprocess.run([*npm, *quiet, "--legacy-peer-deps"], cwd=clients, check=True)


def _compile(target: Path, *sources: str) -> None:
    sys.stdout.write(f"lock {target.relative_to(CHECKOUT)}\n")
    subprocess.run([*COMPILE, "--output-file", str(target), *sources], cwd=CHECKOUT, check=True)


if __name__ == "__main__":
    main()
