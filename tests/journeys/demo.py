"""``make demo``: the trial journey, unattended, on its own temporary state and ports.

Exit code 0 only if every scene held; the account of each is printed as it happens.
The scenes are those of the journey test (``account.py``): there is no second copy.
"""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.journeys.account import SCENES
from tests.journeys.stage import Stage
from tests.support.browser import SCREENSHOTS, browsers
from tests.support.system import system

TITLES = {
    "1": "A start-up applies and its sponsor signs",
    "2": "Two regulators decide",
    "3": "The permit comes into force",
    "4": "The start-up runs its trial",
    "5": "What the permit forbids is refused",
    "6": "The regulator watches and intervenes",
    "7": "The log proves what happened",
}


def main() -> int:
    """Run the journey.

    Returns:
        The exit code: 0 only if every scene held.
    """
    began = time.monotonic()
    _say("Simulated money; not a licence and not a decision of any authority.")
    _say("Starting a Synak of its own (hub, proxy, desk, gateway, signer, worker, engines) …")
    with system() as running, tempfile.TemporaryDirectory(prefix="synak-demo-") as home:
        _say(f"   up after {running.start():.0f} s at {running.url}")
        with browsers(running) as people:
            stage = Stage(running, people, Path(home), say=lambda text: _say(f"   ✓ {text}"))
            try:
                held = _tell(stage)
            finally:
                stage.close()
    _say(
        f"\n{'Every step held' if held else 'The journey broke'}: {time.monotonic() - began:.0f} s."
    )
    _say(f"Pictures: {SCREENSHOTS}")
    return 0 if held else 1


def _tell(stage: Stage) -> bool:
    """Play the scenes in order; stop at the first that does not hold."""
    step = ""
    for name, scene in SCENES:
        number, _, what = name.partition(" ")
        if number > step:
            step = number
            _say(f"\n{number}. {TITLES[number]}")
        try:
            scene(stage)
        except Exception:  # noqa: BLE001 - told and turned into the exit code
            _say(f"   ✗ {what}")
            traceback.print_exc()
            return False
    return True


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
