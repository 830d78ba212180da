"""A tier of tests, and what failed in it once more and alone: what `make check` runs.

A test that passes alone is unsteady: it is named, counts as a defect and has to be mended, and the
run goes on. More than a few failures are no unsteadiness, and nothing is run again.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

LAST = Path(".pytest_cache/v/cache/lastfailed")
MOST = 3
"""Failed tests that may be run again (ADR 17)."""


def main(options: list[str]) -> int:
    """Run a tier with pytest's options, then what failed.

    Returns:
        0 if all passed, or passed the second time; otherwise pytest's code of what ended it. Only a
        run that went to its end with failed tests (code 1) is followed by another.
    """
    LAST.unlink(missing_ok=True)
    code = _pytest(options)
    failed = sorted(json.loads(LAST.read_text())) if LAST.exists() else []
    if code != pytest.ExitCode.TESTS_FAILED or not 0 < len(failed) <= MOST:
        return code
    print("again: these failed and are run once more, alone:", *failed, sep="\n  ", flush=True)
    code = _pytest(failed)
    if code == 0:
        print("again: UNSTEADY, to be mended:", *failed, sep="\n  ", flush=True)
    return code


def _pytest(options: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *options], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
