"""The state directory and the secrets, made before anything starts.

Rules:

- Every folder has the owner and mode of the table here at each start; nothing inside
  is touched, so that data of an earlier run is found again.
- A secret is made once, of mode 0600, and never printed, but for the demo password.
- Two installs never share a state directory: :func:`lock` holds it.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.kit.errors import Conflict, InvalidInput, Refused
from sandbox.run.identity import NAMES, Identities
from sandbox.run.parts import elsewhere
from sandbox.services import outside_file, tool_keys
from sandbox.settings import Settings

_SECRET_MODE = 0o600


@dataclass(frozen=True)
class Folder:
    """One folder: where, whose, for which group, how open."""

    path: Path
    owner: str
    group: str
    mode: int


def folders(settings: Settings) -> list[Folder]:
    """All folders of an install; owner ``root`` is the manager."""
    paths = settings.paths
    run = paths.run_dir
    out = [
        Folder(paths.state_dir, "root", "root", 0o711),
        Folder(paths.logs, "root", "root", 0o711),
        Folder(paths.state_dir / "secrets", "root", "root", 0o711),
        Folder(paths.state_dir / "manager", "root", "root", 0o700),
        Folder(paths.store_dir, "desk", "store", 0o2770),
        Folder(paths.store_dir / "blobs", "desk", "store", 0o2770),
        Folder(paths.accounts_file.parent, "desk", "accounts", 0o2750),
        Folder(paths.chain_dir, "gateway", "gateway", 0o700),
        Folder(paths.signer_dir, "signer", "signer", 0o700),
        Folder(paths.worker_dir, "worker", "worker", 0o700),
        Folder(paths.worker_dir / "grading", "worker", "worker", 0o700),
        Folder(paths.hub_dir, "hub", "hub", 0o700),
        Folder(paths.homes, "root", "root", 0o711),
        Folder(run, "root", "root", 0o711),
        Folder(run / "manager", "root", "root", 0o700),
        Folder(run / "etc", "root", "root", 0o755),
        Folder(run / "launcher", "root", "root", 0o711),
        Folder(run / "servers", "root", "root", 0o711),
        Folder(run / "bridge", "proxy", "proxy", 0o711),
        Folder(run / "signer", "signer", "internal", 0o2750),
        Folder(run / "gateway", "gateway", "internal", 0o2750),
        Folder(run / "worker", "worker", "internal", 0o2750),
        Folder(run / "engine", "engine", "gateway", 0o2750),
    ]
    out += [Folder(paths.secrets(name), name, name, 0o700) for name in NAMES]
    return out


def make_folders(settings: Settings, ids: Identities) -> None:
    """Make what is missing and set owner and mode of all.

    Raises:
        Refused: ``run.state_not_ours`` when the folder of sockets belongs to another.
    """
    for folder in folders(settings):
        folder.path.mkdir(parents=True, exist_ok=True)
        if folder.path.is_symlink() or (
            folder.path == settings.paths.run_dir
            and folder.path.stat().st_uid not in (0, os.geteuid())
        ):
            raise Refused("run.state_not_ours", path=str(folder.path))
        if ids.separate:
            os.chown(folder.path, *owner_of(folder, ids))
        folder.path.chmod(folder.mode)


def owner_of(folder: Folder, ids: Identities) -> tuple[int, int]:
    """The user and the group that a folder belongs to."""
    return _user(folder.owner, ids), _group(folder.group, ids)


def _user(name: str, ids: Identities) -> int:
    return os.geteuid() if name == "root" else ids.uid(name)


def _group(name: str, ids: Identities) -> int:
    if name == "root":
        return os.getegid()
    return ids.uid(name) if name in NAMES else ids.group(name)


def make_secrets(settings: Settings, ids: Identities) -> None:
    """Make the secrets that are missing; the table in the threat model lists them all.

    Raises:
        InvalidInput: ``outside.config``: a provider's secret, which nobody can make, is not there.
    """
    for make, holders in _SECRETS:
        first_process, first_name = holders[0]
        path = settings.paths.secrets(first_process) / first_name
        content = path.read_bytes() if path.exists() else make()
        for process, name in holders:
            _write(settings.paths.secrets(process) / name, content, _user(process, ids), ids)
    _take_given(settings, ids)
    _make_tool_keys(settings, ids)


def _make_tool_keys(settings: Settings, ids: Identities) -> None:
    """Make key pairs for platforms that take marks: the worker's, and for the desk its public half.

    Raises:
        InvalidInput: ``settings.invalid``: a file that stands there is no key.
    """
    if not any(each.token for each in outside_file.configured(settings).platforms):
        return
    for name in settings.sign_in.lti_key_names:
        private = settings.paths.secrets("worker") / f"lti_key_{name}"
        public = settings.paths.secrets("desk") / f"lti_public_{name}"
        content = private.read_bytes() if private.exists() else tool_keys.new_key()
        try:
            half = tool_keys.written(tool_keys.public_half(content))
        except (TypeError, ValueError) as error:
            raise InvalidInput(
                "settings.invalid", variable="SYNAK_LTI_KEYS", reason=f"{private}: no RSA key"
            ) from error
        if public.exists() and public.read_bytes() != half:
            public.unlink()
        _write(private, content, _user("worker", ids), ids)
        _write(public, half, _user("desk", ids), ids)


def _take_given(settings: Settings, ids: Identities) -> None:
    """Make what the operator put there readable by the desk alone."""
    for each in outside_file.configured(settings).providers:
        path = settings.paths.secrets("desk") / f"oidc_{each.name}"
        if not path.is_file() or path.is_symlink():
            entry, reason = f"oidc.{each.name}", f"no file with its secret: {path}"
            raise InvalidInput("outside.config", entry=entry, reason=reason)
        _write(path, b"", _user("desk", ids), ids)


def _hex_key() -> bytes:
    return secrets.token_hex(32).encode("ascii") + b"\n"


def _raw_key() -> bytes:
    return secrets.token_bytes(32)


def _seal_key() -> bytes:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)) + b"\n"


def _demo_password() -> bytes:
    return f"synak-{secrets.token_hex(4)}\n".encode("ascii")


_SECRETS: tuple[tuple[Callable[[], bytes], tuple[tuple[str, str], ...]], ...] = (
    (_hex_key, (("hub", "proxy_token"), ("proxy", "proxy_token"))),
    (_hex_key, (("hub", "cookie_secret"),)),
    (_hex_key, (("hub", "desk_oauth_secret"), ("desk", "oauth_secret"))),
    (_hex_key, (("hub", "manager_token"),)),
    (_hex_key, (("desk", "hub_token"), ("hub", "desk_token"))),
    (_hex_key, (("hub", "membership_token"), ("worker", "hub_token"))),
    (_hex_key, (("desk", "session_secret"),)),
    (_hex_key, (("desk", "receipt.key"),)),
    (_raw_key, (("desk", "head_key"), ("worker", "head_key"))),
    (_seal_key, (("desk", "webhook_key"), ("worker", "webhook_key"))),
    (_demo_password, (("hub", "demo_password"),)),
)
"""(how it is made, who holds it under which name): the first holder's file decides."""


def _write(path: Path, content: bytes, owner: int, ids: Identities) -> None:
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _SECRET_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    if ids.separate:
        os.chown(path, owner, owner)
    path.chmod(_SECRET_MODE)


def write_names(settings: Settings, ids: Identities) -> None:
    """The ``/etc/passwd``, ``group`` and ``hosts`` that services see."""
    etc = settings.paths.run_dir / "etc"
    users = ["root:x:0:0::/root:/usr/sbin/nologin", "nobody:x:65534:65534::/:/usr/sbin/nologin"]
    names = NAMES if ids.separate else ("synak",)
    for name in names:
        uid = ids.uid(name) if ids.separate else os.getuid()
        if uid != 0:
            users.append(f"synak_{name}:x:{uid}:{uid}::/tmp:/usr/sbin/nologin")
    (etc / "passwd").write_text("\n".join(users) + "\n")
    groups = [f"{line.split(':')[0]}:x:{line.split(':')[3]}:" for line in users]
    (etc / "group").write_text("\n".join(groups) + "\n")
    (etc / "hosts").write_text(f"127.0.0.1 localhost {settings.install.host}\n")


def lock(settings: Settings) -> int:
    """Hold the state directory for this manager, until the process ends.

    Returns:
        The descriptor that holds it; keep it open.

    Raises:
        Conflict: ``run.already_running`` with the other manager's process id.
    """
    path = settings.paths.state_dir / "manager" / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _SECRET_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        other = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise Conflict(
            "run.already_running", pid=other, state_dir=str(settings.paths.state_dir)
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    return descriptor


def write_running(settings: Settings) -> None:
    """Write down where this install is reached, for commands beside it; whole or not at all."""
    path = settings.paths.running_file
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(json.dumps(settings.running(), indent=1) + "\n", encoding="utf-8")
    beside.chmod(0o644)
    beside.replace(path)


def check_ports(settings: Settings) -> None:
    """See that nobody else listens where the parts are to listen.

    Raises:
        Conflict: ``run.port_taken`` with the port and the part that needs it.
    """
    paths = settings.paths
    for part, address, port in (
        ("proxy", settings.install.bind, paths.proxy_port),
        ("proxy", "127.0.0.1", paths.proxy_api_port),
        ("desk", "127.0.0.1", paths.desk_port),
        ("gateway", "127.0.0.1", paths.gateway_port),
        ("hub", "127.0.0.1", paths.hub_port),
    ):
        if part in elsewhere(settings):
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                raise Conflict("run.port_taken", port=port, part=part) from None
