"""``synak doctor``: how every part is, and what to do where it is not well."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.isolation.cores import cores_control
from sandbox.isolation.memory import memory_control
from sandbox.isolation.probe import Isolation, probe
from sandbox.isolation.volume import disk_control
from sandbox.kit.errors import Unavailable
from sandbox.run.control import ask
from sandbox.run.health import Health, check
from sandbox.settings import Settings

PARTS = ("proxy", "bridge", "signer", "gateway", "worker", "desk", "hub")

_TO_DO = {
    "proxy": "nothing can be reached; it restarts by itself within seconds",
    "bridge": "notebooks reach nothing; it restarts by itself within seconds",
    "signer": "nothing can be signed; requests are refused until it is back",
    "gateway": "the trial chains refuse; look whether the engines run",
    "worker": "permits stay 'activating' and the gateway will refuse by stale policy",
    "desk": "applications and consoles are out of reach",
    "hub": "nobody can sign in; running notebooks go on",
}


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's answer.

    Attributes:
        name: what was looked at.
        ok: whether it is well.
        detail: what was found.
        to_do: what to do; empty when well.
    """

    name: str
    ok: bool
    detail: str = ""
    to_do: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at every part of an install."""
    return asyncio.run(_examine(settings))


async def _examine(settings: Settings) -> list[Finding]:
    found = [_isolation(), _memory(), _cores(), _disk()]
    try:
        state = await ask(settings.paths.manager_socket)
    except Unavailable:
        where = str(settings.paths.state_dir)
        return [
            *found,
            Finding("manager", ok=False, detail=f"not running in {where}", to_do="make run"),
        ]
    except PermissionError:
        return [*found, Finding("manager", ok=False, detail="not yours", to_do="run as its user")]
    found.append(Finding("manager", ok=True, detail=f"{len(state['processes'])} processes"))
    answers = await asyncio.gather(*(check(name, settings) for name in PARTS))
    return [*found, *(_part(health, state, settings) for health in answers)]


def _part(health: Health, state: dict[str, Any], settings: Settings) -> Finding:
    name = health.name
    process = state["processes"].get(name, {})
    notes = [health.detail] if health.detail else []
    if process.get("restarts"):
        notes.append(f"restarted {process['restarts']}x, last exit {process['last_exit']}")
    if health.ok:
        return Finding(name, ok=True, detail="; ".join(notes))
    log = settings.paths.logs / f"{name}.log"
    return Finding(name, ok=False, detail="; ".join(notes), to_do=f"{_TO_DO[name]}; log: {log}")


def _isolation() -> Finding:
    found = probe()
    return Finding(
        "isolation",
        ok=found.level is Isolation.SEPARATE_USERS,
        detail=found.reason or "a user id and namespaces per part and per person",
        to_do=found.advice,
    )


def _memory() -> Finding:
    control = memory_control()
    if control is None:
        return Finding(
            "memory",
            ok=False,
            detail="no cgroup can be written: servers' memory is not limited",
            to_do="start as root on a machine with a writable memory cgroup",
        )
    return Finding("memory", ok=True, detail=f"limited by cgroup v{control.version}")


def _cores() -> Finding:
    control = cores_control(memory_control())
    if control is None:
        return Finding(
            "cores",
            ok=False,
            detail="no group of the processor can be written: a permit that limits cores"
            " gets no workspace",
            to_do="start as root on a machine with a writable cpu cgroup",
        )
    return Finding("cores", ok=True, detail=f"limited by cgroup v{control.version}")


def _disk() -> Finding:
    if probe().level is not Isolation.SEPARATE_USERS or disk_control() is None:
        return Finding(
            "disk",
            ok=False,
            detail="no volume can be made and mounted: a permit that limits disk gets no workspace",
            to_do="start as root, with e2fsprogs, on a machine with ext4 and loop devices",
        )
    return Finding("disk", ok=True, detail="a volume of its own where a permit limits it")


def lines(findings: Sequence[Finding]) -> list[str]:
    """The findings as text, one or two lines each."""
    out = []
    for one in findings:
        mark = "ok  " if one.ok else "FAIL"
        out.append(f"{mark} {one.name:<10} {one.detail}".rstrip())
        if not one.ok and one.to_do:
            out.append(f"     {'':<10} -> {one.to_do}")
    return out
