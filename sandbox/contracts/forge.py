"""Runs ``forge`` over the national contracts with the pinned npm ``solc``.

forge wants a native compiler; a small script in the build folder lets it call ``solc.js``.

``python -m sandbox.contracts.forge test -vv``
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sandbox.toolchain.layout import build_dir, node_modules
from sandbox.toolchain.tools import forge, node, npm_file

ROOT: Final = Path(__file__).parent


def forge_command(arguments: Sequence[str]) -> list[str]:
    """The command line for ``forge <arguments>`` on these contracts.

    Args:
        arguments: for example ``["test", "-vv"]``.

    Raises:
        Unavailable: ``toolchain.missing``.
    """
    work = build_dir() / "contracts" / "forge"
    work.mkdir(parents=True, exist_ok=True)
    common = [
        *("--root", str(ROOT), "--use", str(native_compiler(work)), "--offline"),
        *("--remappings", f"@openzeppelin/={npm_file('@openzeppelin')}/"),
        *("--remappings", f"synak/={ROOT / 'src' / 'synak'}/"),
        *("--out", str(work / "out"), "--cache-path", str(work / "cache")),
    ]
    return [str(forge()), *arguments, *common]


def forge_environment(profile: str = "default") -> dict[str, str]:
    """The environment forge needs.

    Args:
        profile: a profile of ``foundry.toml``: ``default`` or ``deep``.
    """
    failures = str(build_dir() / "contracts" / "forge" / "failures")
    return {
        **os.environ,
        "FOUNDRY_PROFILE": profile,
        "FOUNDRY_FUZZ_FAILURE_PERSIST_DIR": failures,
        "FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR": failures,
    }


def native_compiler(work: Path) -> Path:
    """A program that forge runs as ``solc``: the locked compiler behind a shell line.

    Args:
        work: an existing folder for it.
    """
    script = work / "solc"
    text = (
        "#!/bin/sh\n"
        f"SYNAK_NODE_MODULES={shlex.quote(str(node_modules()))} "
        f'exec {shlex.quote(str(node()))} {shlex.quote(str(ROOT / "solc.js"))} "$@"\n'
    )
    if not script.exists() or script.read_text("utf-8") != text:
        script.write_text(text, "utf-8")
        script.chmod(0o755)
    return script


def main() -> int:
    """Run forge with this process's arguments; its exit code."""
    profile = os.environ.get("FOUNDRY_PROFILE", "default")
    command = forge_command(sys.argv[1:])
    return subprocess.run(command, env=forge_environment(profile), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
