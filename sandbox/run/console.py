"""``synak run`` as a person sees it: progress, one address, the accounts, a clean stop."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from typing import Any

from sandbox.kit.errors import SynakError
from sandbox.locale import wording
from sandbox.run import control
from sandbox.run.logs import configure
from sandbox.run.manager import Manager
from sandbox.settings import Settings


def run(settings: Settings) -> int:
    """Run an install until it is told to stop.

    Args:
        settings: of the install.

    Returns:
        0 when it stopped as asked, 1 when it could not start.
    """
    return asyncio.run(_run(settings))


async def _run(settings: Settings) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    settings.paths.logs.mkdir(parents=True, exist_ok=True)
    with (settings.paths.logs / "manager.log").open("a", encoding="utf-8", buffering=1) as log:
        os.fchmod(log.fileno(), 0o600)
        configure("manager", log)
        manager = Manager(settings, _say)
        began = time.monotonic()
        _say(f"Synak starts in {settings.paths.state_dir}")
        try:
            if not await _up_unless_stopped(manager, stop):
                _say("Stopped before it was up.")
                return 0
        except SynakError as error:
            _say(f"Synak cannot start: {wording(error.code, error.params, 'en')} [{error.code}]")
            _say(f"  what to do: {advice(error)}")
            return 1
        server = await control.offer(manager)
        _welcome(manager, time.monotonic() - began)
        await stop.wait()
        _say("Synak stops ...")
        server.close()
        await manager.down()
        _say("Synak has stopped. Everything is kept.")
    return 0


async def _up_unless_stopped(manager: Manager, stop: asyncio.Event) -> bool:
    up = asyncio.create_task(manager.up())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({up, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if up.done():
        up.result()
        return True
    up.cancel()
    await asyncio.gather(up, return_exceptions=True)
    return False


def advice(error: SynakError) -> str:
    """What a person can do about an error at start."""
    known = {
        "run.already_running": "stop the other one (Ctrl-C there), or choose another"
        " SYNAK_STATE_DIR and SYNAK_PORT",
        "run.not_healthy": "read the log named above; then run it again",
        "run.step_failed": "read the log named above; then run it again",
        "run.port_taken": "stop what listens there, or choose another SYNAK_PORT",
        "run.interpreter": "use a Python that every user may read, such as /usr/bin/python3",
        "isolation.too_weak": "see the advice above, or SYNAK_DEVELOPMENT=1 to try it alone",
        "toolchain.missing": "make run",
        "hub.no_authenticator": "name the providers in SYNAK_SIGN_IN_FILE, or"
        " SYNAK_DEVELOPMENT=1 to try it alone",
    }
    return known.get(error.code, "see docs/how-to, or ask with the code above")


def _welcome(manager: Manager, seconds: float) -> None:
    settings = manager.settings
    _say(f"Synak is up after {seconds:.1f} s.\n")
    _say(f"    {settings.url}/\n")
    if settings.install.development:
        password = settings.secret("hub", "demo_password")
        _say(f"  Accounts (demo, one password for all: {password})")
        for account in _accounts(settings):
            groups = ", ".join(account.get("groups", []))
            shown = account.get("display") or account["name"]
            _say(f"    {account['name']:<10} {shown} ({groups})")
        _say("")
    _say("  Simulated money; not a licence and not a decision of any authority.")
    _say("  Ctrl-C stops it; synak doctor tells how it is.")


def _accounts(settings: Settings) -> list[dict[str, Any]]:
    try:
        accounts: list[dict[str, Any]] = json.loads(settings.paths.accounts_file.read_text())
    except (OSError, ValueError):
        return []
    return accounts


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
