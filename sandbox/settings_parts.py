"""What can be set, part by part: every field is described, and the reference prints it.

Read by `sandbox.settings` alone, which says from where and what is refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from sandbox.domain.server_limits import read_role_limits
from sandbox.kit.errors import InvalidInput
from sandbox.toolchain.layout import CHECKOUT

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
        description="A user's server that nobody uses stops after this long, seconds; its home"
        " stays. An open page alone is no use; a cell or a command that runs is.",
    )
    idle_warning: int = Field(
        600, ge=30, description="Open pages warn so long before, seconds; half of it at most."
    )
    idle_running: int = Field(
        43_200, ge=60, description="What runs with nobody there is cut off after so long, seconds."
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
    case_workers: int = Field(
        2,
        ge=0,
        le=8,
        description="How many cases of investigations the worker executes side by side, each on"
        " chains of its own: one process of 0.5 GB with two engines. 0: cases are planned and not"
        " executed; pages say so.",
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
    lti_keys: str = Field(
        "first",
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(,[a-z0-9]+(-[a-z0-9]+)*)*$",
        max_length=200,
        description="Names, joined by commas, of this install's own key pairs for learning"
        " platforms that take marks: the first signs, all are published. A new name has its pair"
        " made at the next start.",
    )

    @property
    def lti_key_names(self) -> tuple[str, ...]:
        """The names of the key pairs; the first signs."""
        return tuple(dict.fromkeys(self.lti_keys.split(",")))


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
    GradingSettings,
)
