"""An error as the hub shows it to a person: its wording, under its HTTP status."""

from __future__ import annotations

from typing import Any, cast

from tornado import web

from sandbox.kit.errors import SynakError
from sandbox.locale import Language, wording


def told(error: SynakError, language: Language) -> Exception:
    """The error in the reader's language, as an exception that the hub passes on.

    Args:
        error: with a code that has wording.
        language: the reader's.
    """
    text = wording(error.code, error.params, language)
    shown: Any = web.HTTPError(error.status, text.replace("%", "%%"))
    shown.jupyterhub_message = text
    return cast("Exception", shown)
