"""Settings: read from ``SYNAK_…`` variables, and only where a process is put together.

Rules:

- One small class per part; every field is described, and the reference prints it.
- No secret has a default, and none is a setting: secrets are files of mode 0600
  below ``state/secrets/<process>/`` (see :meth:`Settings.secret`).
- A value that is unsafe outside development refuses to start there.

>>> Settings.load({"SYNAK_PORT": "9000", "SYNAK_DEVELOPMENT": "1"}).url
'http://synak.localhost:9000'
"""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, Field, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from sandbox.domain.outside_accounts import is_here
from sandbox.domain.server_limits import read_role_limits
from sandbox.kit.errors import InvalidInput, NotFound
from sandbox.toolchain.layout import CHECKOUT, Layout

PROXY_KEEP_ALIVE: Final = 75
"""Seconds that the proxy keeps an idle connection: longer than its clients do (httpx 5, aiohttp
in users' servers 15, browsers about 60). A request that meets the end of its connection is an
error to its sender, so the side that sends has to be the one that ends it."""
KEEP_ALIVE: Final = 600
"""Seconds that the desk and the gateway keep one; the proxy and the desk's own clients send."""

HostName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]


def _role_limits(text: str) -> str:
    try:
        read_role_limits(json.loads(text))
    except (InvalidInput, ValueError) as error:
        raise ValueError(f"no limits by role: {error}") from error
    return text


class Part(BaseSettings):
    """What every part's settings share."""

    model_config = SettingsConfigDict(env_prefix="SYNAK_", frozen=True, extra="ignore")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what :meth:`Settings.load` hands over: an explicit environment decides alone."""
        return (init_settings,)


class InstallSettings(Part):
    """Where this install lives and what it is called."""

    host: HostName = Field(
        "synak.localhost",
        description="Public host name; every user's server is at <user>.<host>.",
    )
    port: int = Field(
        8000,
        ge=1024,
        le=65000,
        description="Public port; internal parts use fixed distances from it (up to +81).",
    )
    bind: str = Field(
        "127.0.0.1",
        description="Address the public proxy listens on; anything but loopback is refused"
        " in development.",
    )
    state_dir: Path = Field(
        CHECKOUT / ".synak", description="Everything this install keeps: databases, homes, keys."
    )
    run_dir: Path | None = Field(
        None,
        description="Sockets and pid files; by default 'run' below the state directory,"
        " or a short path below /tmp when that would be too long for a socket.",
    )
    development: bool = Field(
        False,
        description="Demo accounts with one shared password, weaker isolation allowed and shown"
        " on every page. Never for real people.",
    )
    language: str = Field("ky", pattern="^(ky|ru|en)$", description="Language of first contact.")
    tls: bool = Field(
        False,
        description="TLS ends before the public proxy: the public address is https://<host>, on"
        " port 443.",
    )
    hub_elsewhere: bool = Field(
        False,
        description="Hub, public proxy and users' servers run on a cluster; here runs all else"
        " (docs/how-to/kubernetes.md).",
    )


class StoreSettings(Part):
    """The database of the desk and the worker."""

    database_url: str = Field(
        "",
        description="SQLAlchemy URL (postgresql+psycopg://…); empty: SQLite in the state"
        " directory.",
    )


class ChainSettings(Part):
    """The trial chains."""

    block_interval: float = Field(
        1.0, ge=0.01, le=60, description="Shortest time between two blocks of a chain, seconds."
    )
    engine_memory_mb: int = Field(
        4096,
        ge=512,
        description="Memory limit of one chain's engine, MB (by cgroup). Above it the engine is"
        " ended and made again from the journal.",
    )


class GatewaySettings(Part):
    """The one gate to the trial chains."""

    policy_max_age: float = Field(
        30.0,
        ge=1,
        le=600,
        description="Without a heartbeat from the worker for this long the gateway refuses,"
        " seconds.",
    )


class HubSettings(Part):
    """JupyterHub and the users' servers."""

    idle_timeout: int = Field(
        3600,
        ge=60,
        description="A user's server without activity or running kernels stops after this long,"
        " seconds; its home stays.",
    )
    server_memory_mb: int = Field(
        1536, ge=256, description="Memory limit of one user's server, MB (by cgroup)."
    )
    server_processes: int = Field(
        512, ge=32, description="How many processes and threads one user's server may have."
    )
    server_file_mb: int = Field(
        1024, ge=16, description="Largest single file a user's server may write, MB."
    )
    server_start_timeout: int = Field(
        120, ge=10, description="How long a user's server may take to answer, seconds."
    )
    servers_at_once: int = Field(
        0,
        ge=0,
        le=64,
        description="How many users' servers start at a time; who comes meanwhile sees a queue with"
        " their place. 0: as many as the machine has cores, and two at least.",
    )
    role_limits: Annotated[str, AfterValidator(_role_limits)] = Field(
        "{}",
        description="What a server of coursework may use, by role, as JSON:"
        ' `{"student": {"server_cores": 1, "server_disk": 2048}, "teacher": {}}`, in cores and MB;'
        " students' limits hold for people's own servers too. A server whose limit this machine"
        " cannot hold does not start.",
    )
    seats: int = Field(
        0,
        ge=0,
        description="How many users' servers run at a time; who comes later waits until one stops."
        " 0: what the published figures give for this machine's memory and cores"
        " (docs/how-to/seats.md).",
    )


class GradingSettings(Part):
    """Grading of coursework."""

    grading_workers: int = Field(
        2,
        ge=1,
        le=16,
        description="How many submissions are graded at once. Each may take three times the memory"
        " limit of a grading process (1 GB) and keeps a processor busy.",
    )


class MailSettings(Part):
    """Mail to those who asked for it."""

    mail_host: str = Field(
        "",
        description="Mail server. Empty: no mail; in development each message becomes a file below"
        " the worker's 'mail' folder in the state directory.",
    )
    mail_port: int = Field(587, ge=1, le=65535, description="Its port.")
    mail_security: str = Field(
        "starttls",
        pattern="^(starttls|tls|none)$",
        description="starttls, tls, or none: the last only for a server on this machine.",
    )
    mail_user: str = Field(
        "",
        description="To sign in as; the password is the file 'mail_password' among the worker's"
        " secrets.",
    )
    mail_sender: str = Field(
        "",
        pattern=r"^$|^[^@\s<>]+@[^@\s<>]+$",
        description="Address that messages come from; by default synak@ the public host name.",
    )


class WitnessSettings(Part):
    """Who outside keeps heads of the audit log."""

    witness_mail: str = Field(
        "",
        pattern=r"^$|^[^@\s<>]+@[^@\s<>]+$",
        description="A mailbox that the platform's operator cannot empty: it gets the newest signed"
        " head. Empty: none.",
    )
    witness_hours: int = Field(
        24,
        ge=1,
        le=168,
        description="How often that mailbox and the KGST chain get a head, hours.",
    )


class SignInSettings(Part):
    """How people sign in."""

    sign_in_file: Path | None = Field(
        None,
        description="TOML file of the OpenID Connect providers and LTI platforms that people may"
        " sign in with; the secret of a provider is the file 'oidc_<name>' among the desk's"
        " secrets. Outside development nothing starts without one.",
    )


class PasskeySettings(Part):
    """Passkeys (WebAuthn) for acts of law."""

    passkey_host: str = Field(
        "",
        pattern=r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$",
        description="Host name that passkeys are made for (WebAuthn's relying party id): the public"
        " host name or a domain above it. Empty: no passkeys. Those that were made for another name"
        " are good no more.",
    )
    passkey_only: bool = Field(
        False,
        description="Acts of law need a passkey; the password does for adding the first one only."
        " Otherwise either will do.",
    )


class IsolationSettings(Part):
    """User ids of processes; only used when the manager runs as root."""

    uid_base: int = Field(
        61000, ge=1000, le=64000, description="Services run as this number + 1, 2, 3, …"
    )
    server_uid_base: int = Field(
        200_000, ge=65536, description="Users' servers run as this number + n, one per context."
    )


@dataclass(frozen=True)
class Settings:
    """All parts' settings and the paths that follow from them."""

    install: InstallSettings
    store: StoreSettings
    chain: ChainSettings
    gateway: GatewaySettings
    hub: HubSettings
    grading: GradingSettings
    mail: MailSettings
    witness: WitnessSettings
    passkeys: PasskeySettings
    sign_in: SignInSettings
    isolation: IsolationSettings
    paths: Layout
    isolation_found: str = ""
    """What the manager found and told its processes: separate_users, one_user or none."""

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        Args:
            environment: variables to read instead of the process's own.

        Raises:
            InvalidInput: ``settings.invalid`` naming the variable;
                ``settings.unsafe`` when a value is refused in development.
        """
        source = os.environ if environment is None else environment
        values = {
            key.lower().removeprefix("synak_"): value
            for key, value in source.items()
            if key.upper().startswith("SYNAK_") and value != ""
        }
        try:
            install = _read(InstallSettings, values)
            store = _read(StoreSettings, values)
            settings = cls(
                install=install,
                store=store,
                chain=_read(ChainSettings, values),
                gateway=_read(GatewaySettings, values),
                hub=_read(HubSettings, values),
                grading=_read(GradingSettings, values),
                mail=_read(MailSettings, values),
                witness=_read(WitnessSettings, values),
                passkeys=_read(PasskeySettings, values),
                sign_in=_read(SignInSettings, values),
                isolation=_read(IsolationSettings, values),
                isolation_found=source.get("SYNAK_ISOLATION_FOUND", ""),
                paths=Layout.of(install.state_dir, run_dir=install.run_dir, port=install.port),
            )
        except ValidationError as error:
            first = error.errors()[0]
            name = "SYNAK_" + "_".join(str(part) for part in first["loc"]).upper()
            raise InvalidInput("settings.invalid", variable=name, reason=first["msg"]) from error
        settings._refuse_unsafe()
        return settings

    @classmethod
    def of_running(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """As :meth:`load`, for commands beside a running install.

        Where it is reached is what it wrote down at its start, unless a variable says
        otherwise; the state directory decides which install is meant.

        Args:
            environment: variables to read instead of the process's own.

        Raises:
            InvalidInput: as :meth:`load`, or ``settings.invalid`` naming the file.
        """
        source = dict(os.environ if environment is None else environment)
        settings = cls.load(source)
        path = settings.paths.running_file
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return settings
        except (OSError, ValueError) as error:
            raise InvalidInput(
                "settings.invalid", variable=str(path), reason=type(error).__name__
            ) from error
        if not isinstance(told, dict):
            raise InvalidInput("settings.invalid", variable=str(path), reason="not an object")
        for name in RUNNING:
            if name in told and not source.get(name):
                source[name] = str(told[name])
        return cls.load(source)

    def running(self) -> dict[str, str]:
        """What a running install writes down, so that :meth:`of_running` finds it; no secret."""
        told = self.environment()
        return {name: told[name] for name in RUNNING if name in told}

    def _refuse_unsafe(self) -> None:
        bind = self.install.bind
        try:
            loopback = ipaddress.ip_address(bind).is_loopback
        except ValueError:
            raise InvalidInput(
                "settings.invalid", variable="SYNAK_BIND", reason="not an IP address"
            ) from None
        if self.install.development and not loopback:
            raise InvalidInput(
                "settings.unsafe", variable="SYNAK_BIND", value=bind, reason="development"
            )

        alone = self.mail.mail_security == "none"
        if self.mail.mail_host and alone and not is_here(self.mail.mail_host):
            raise InvalidInput(
                "settings.unsafe",
                variable="SYNAK_MAIL_SECURITY",
                value="none",
                reason=f"mail to {self.mail.mail_host} would be readable on the way",
            )
        made_for = self.passkeys.passkey_host
        if (
            made_for
            and f".{self.install.host}".removesuffix(f".{made_for}") == f".{self.install.host}"
        ):
            raise InvalidInput(
                "settings.invalid",
                variable="SYNAK_PASSKEY_HOST",
                reason=f"neither {self.install.host} nor a domain above it",
            )
        if self.passkeys.passkey_only and not made_for:
            raise InvalidInput(
                "settings.invalid",
                variable="SYNAK_PASSKEY_ONLY",
                reason="no passkeys without SYNAK_PASSKEY_HOST",
            )

    @property
    def sends_mail(self) -> bool:
        """Whether messages go anywhere: to a server, or in development to a folder."""
        return bool(self.mail.mail_host) or self.install.development

    @property
    def mail_sender(self) -> str:
        """The address that messages come from."""
        return self.mail.mail_sender or f"synak@{self.install.host}"

    @property
    def url(self) -> str:
        """The public address, without a slash at the end."""
        if self.install.tls:
            return f"https://{self.install.host}"
        return f"http://{self.install.host}:{self.install.port}"

    @property
    def database_url(self) -> str:
        """The store's SQLAlchemy URL, the default filled in."""
        return self.store.database_url or f"sqlite:///{self.paths.store_dir / 'synak.sqlite'}"

    def secret(self, process: str, name: str) -> str:
        """One of a process's secrets; only its own user id can read it.

        Args:
            process: the owner, as in ``state/secrets/<process>/``.
            name: the file in there.

        Raises:
            NotFound: ``settings.no_secret``.
        """
        path = self.paths.secrets(process) / name
        try:
            return path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise NotFound("settings.no_secret", process=process, name=name) from None

    def environment(self) -> dict[str, str]:
        """These settings as variables, for a process that is to read the same."""
        out: dict[str, str] = {}
        for part in (
            self.install,
            self.store,
            self.chain,
            self.gateway,
            self.hub,
            self.grading,
            self.mail,
            self.witness,
            self.passkeys,
            self.sign_in,
            self.isolation,
        ):
            for name, value in part.model_dump(mode="json").items():
                if value is None or value == "":
                    continue
                shown = ("1" if value else "0") if isinstance(value, bool) else str(value)
                out[f"SYNAK_{name.upper()}"] = shown
        out["SYNAK_RUN_DIR"] = str(self.paths.run_dir)
        return out


RUNNING: Final = ("SYNAK_HOST", "SYNAK_PORT", "SYNAK_BIND", "SYNAK_RUN_DIR")
"""The variables by which a running install is reached."""


PartT = TypeVar("PartT", bound=Part)


def _read(kind: type[PartT], values: Mapping[str, str]) -> PartT:
    known = {name: value for name, value in values.items() if name in kind.model_fields}
    return kind.model_validate(known)


PARTS: tuple[type[Part], ...] = (
    InstallSettings,
    StoreSettings,
    ChainSettings,
    GatewaySettings,
    HubSettings,
    MailSettings,
    WitnessSettings,
    PasskeySettings,
    SignInSettings,
    IsolationSettings,
)
