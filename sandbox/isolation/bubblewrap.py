"""The command line of an isolated process.

Rules:

- An allow-list: what is not bound does not exist inside. Nothing of the host but
  ``/usr`` and a few files of ``/etc`` is there by itself.
- Own namespaces for processes, IPC and host name, a private ``/tmp``; the network
  only when asked for.
- As root: capabilities are dropped but the three that ``setpriv`` needs, which
  gives them up with the user id; no new privileges. One process of the platform's own (the
  zygote of gradings) stays root in its box, with the capabilities that its box names.
- Nothing secret is put into the command line: other users read it. Secrets travel
  in the environment or in files.
- Calls of the kernel are filtered (`sandbox.isolation.seccomp`) but for that one process.
- Memory is limited by cgroup, never by address space (solc-js reserves 16 GB).

Plan of :func:`argv`:

1. namespaces, ``/proc``, ``/dev``, ``/tmp``
2. empty parents of every bind (bubblewrap makes them 0700 otherwise)
3. binds, shortest path first, so that a deeper one lies upon a higher one
4. filter of calls, capabilities, user id
5. limits, then the command
"""

from __future__ import annotations

import resource
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sandbox.isolation.probe import Isolation, bubblewrap
from sandbox.kit.errors import Unavailable

SYSTEM: tuple[str, ...] = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/ssl",
)
"""What every isolated process sees of the host, read-only, where it exists."""

_KEPT_FOR_SETPRIV = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")


@dataclass(frozen=True)
class Limits:
    """How much one isolated process and its children may take.

    Attributes:
        processes: processes and threads of this user id; None: not limited.
        file_bytes: size of one file; None: not limited.
        open_files: file descriptors of one process, or what the manager itself may have.
    """

    processes: int | None = None
    file_bytes: int | None = None
    open_files: int = 65536


@dataclass(frozen=True)
class Box:
    """What one isolated process sees and who it is.

    Attributes:
        uid: user id and group id inside and outside; used as root only.
        groups: further group ids; used as root only.
        read_only: host paths bound at the same path.
        writable: host paths bound at the same path.
        mounts: (host path, path inside, writable) for binds at another path.
        optional: host paths bound read-only where they exist.
        network: whether it shares the host's network.
        own_processes: whether it sees its own processes only.
        capabilities: with any, it stays root and keeps these; for the platform's own code only.
        directory: working directory inside.
        hostname: host name inside.
        limits: process and file limits.
    """

    uid: int
    groups: tuple[int, ...] = ()
    read_only: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    mounts: tuple[tuple[Path, str, bool], ...] = ()
    optional: tuple[Path, ...] = ()
    network: bool = False
    own_processes: bool = True
    capabilities: tuple[str, ...] = ()
    directory: str = "/"
    hostname: str = "synak"
    limits: Limits = field(default_factory=Limits)


def argv(
    box: Box,
    command: Sequence[str],
    *,
    level: Isolation,
    filter_fd: int | None,
    info_fd: int | None = None,
    holder: bool = False,
) -> list[str]:
    """The command line that runs ``command`` in ``box``.

    Args:
        box: what it sees and who it is.
        command: program and arguments, as paths inside.
        level: what :func:`~sandbox.isolation.probe.probe` found; at ``NONE`` only the
            limits are applied.
        filter_fd: descriptor from which bubblewrap reads the filter of calls (`seccomp.opened`);
            None: a box that keeps capabilities, or no isolation.
        info_fd: descriptor on which bubblewrap tells the inner process id.
        holder: the command only keeps the box and is the platform's own: it runs without any
            capability, but gets neither user id nor limits, which take four programs more.

    Raises:
        Unavailable: ``isolation.no_bubblewrap``.
        ValueError: a box without capabilities and without a filter.
    """
    limited = [*_limits(box.limits), *command]
    if level is Isolation.NONE:
        return limited
    program = bubblewrap()
    if program is None:
        raise Unavailable("isolation.no_bubblewrap")
    if (filter_fd is None) != bool(box.capabilities):
        raise ValueError("every box has a filter but those that keep capabilities")
    out = [program, "--die-with-parent", "--unshare-ipc", "--unshare-uts"]  # 1
    out += ["--unshare-pid"] if box.own_processes else []
    out += ["--hostname", box.hostname]
    if not box.network:
        out += ["--unshare-net"]
    if info_fd is not None:
        out += ["--info-fd", str(info_fd)]
    out += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]  # noqa: S108
    out += ["--perms", "1777", "--tmpfs", "/dev/shm"]  # noqa: S108
    out += _binds(box)  # 2, 3
    if filter_fd is not None:  # 4
        out += ["--seccomp", str(filter_fd)]
    out += ["--chdir", "/", "--cap-drop", "ALL"]
    for capability in box.capabilities:
        out += ["--cap-add", capability]
    if holder:
        return [*out, "--", *command]
    if level is Isolation.SEPARATE_USERS and not box.capabilities:
        out += _becoming(box)
    out += ["--", "/usr/bin/env", "-C", box.directory, *limited]  # 5
    return out


def _becoming(box: Box) -> list[str]:
    """What makes a process the box's user, without a way back."""
    groups = (
        f"--groups={','.join(str(group) for group in box.groups)}"
        if box.groups
        else "--clear-groups"
    )
    kept = [word for each in _KEPT_FOR_SETPRIV for word in ("--cap-add", each)]
    become = ["/usr/bin/setpriv", f"--reuid={box.uid}", f"--regid={box.uid}", groups]
    return [*kept, "--", *become, "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]


def _limits(limits: Limits) -> list[str]:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = limits.open_files if most == resource.RLIM_INFINITY else min(limits.open_files, most)
    out = ["/usr/bin/prlimit", "--core=0", f"--nofile={files}:{files}"]
    if limits.processes is not None:
        out.append(f"--nproc={limits.processes}:{limits.processes}")
    if limits.file_bytes is not None:
        out.append(f"--fsize={limits.file_bytes}:{limits.file_bytes}")
    return [*out, "--"]


def _binds(box: Box) -> list[str]:
    binds: dict[str, tuple[str, str]] = {path: ("--ro-bind-try", path) for path in SYSTEM}
    for path in box.optional:
        binds[str(path)] = ("--ro-bind-try", str(path))
    for path in box.read_only:
        binds[str(path)] = ("--ro-bind", str(path))
    for path in box.writable:
        binds[str(path)] = ("--bind", str(path))
    for source, inside, writable in box.mounts:
        binds[inside] = ("--bind" if writable else "--ro-bind", str(source))
    out: list[str] = []
    for parent in _parents(binds):
        out += ["--perms", "0755", "--dir", parent]
    for inside in sorted(binds, key=lambda path: path.count("/")):
        option, source_path = binds[inside]
        out += [option, source_path, inside]
    return out


def _parents(paths: Iterable[str]) -> list[str]:
    bound = set(paths)
    found: set[str] = set()
    for path in bound:
        for parent in PurePosixPath(path).parents:
            name = str(parent)
            inside_bind = any(str(above) in bound for above in PurePosixPath(name).parents)
            if name not in ("/", "/tmp") and name not in bound and not inside_bind:  # noqa: S108
                found.add(name)
    return sorted(found, key=lambda path: (path.count("/"), path))
