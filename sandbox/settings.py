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
from typing import Final, TypeVar

from pydantic import ValidationError

from sandbox.domain.outside_accounts import is_here
from sandbox.kit.errors import InvalidInput, NotFound
from sandbox.settings_parts import (
    ChainSettings,
    GatewaySettings,
    GradingSettings,
    HubSettings,
    InstallSettings,
    IsolationSettings,
    MailSettings,
    Part,
    PasskeySettings,
    SignInSettings,
    StoreSettings,
    WitnessSettings,
)
from sandbox.toolchain.layout import Layout

PROXY_KEEP_ALIVE: Final = 75
"""Seconds that the proxy keeps an idle connection: longer than its clients do (httpx 5, aiohttp
in users' servers 15, browsers about 60). A request that meets the end of its connection is an
error to its sender, so the side that sends has to be the one that ends it."""
KEEP_ALIVE: Final = 600
"""Seconds that the desk and the gateway keep one; the proxy and the desk's own clients send."""


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
