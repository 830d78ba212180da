"""The file that says with which providers and platforms people may sign in.

Rule: outside development nobody comes in by the demonstration's shared password, so an install
without a provider or a platform refuses to start.
"""

from __future__ import annotations

import tomllib

from sandbox.domain.outside_config import Configured, read
from sandbox.kit.errors import InvalidInput, Refused
from sandbox.settings import Settings


def configured(settings: Settings) -> Configured:
    """What the file says; nothing where there is none.

    Raises:
        InvalidInput: ``settings.invalid``, ``outside.config``.
    """
    path = settings.sign_in.sign_in_file
    if path is not None and not path.is_absolute():
        raise InvalidInput(
            "settings.invalid", variable="SYNAK_SIGN_IN_FILE", reason="not an absolute path"
        )
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8")) if path is not None else {}
    except (OSError, ValueError) as error:
        raise InvalidInput(
            "settings.invalid", variable="SYNAK_SIGN_IN_FILE", reason=str(error)
        ) from error
    return read(said, development=settings.install.development)


def required(settings: Settings) -> Configured:
    """As :func:`configured`, where people are to come in.

    Raises:
        InvalidInput: as :func:`configured`.
        Refused: ``hub.no_authenticator``: outside development there has to be one.
    """
    found = configured(settings)
    if not found and not settings.install.development:
        raise Refused("hub.no_authenticator")
    return found
