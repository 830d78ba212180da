"""An error as the hub shows it to a person: its wording, under its HTTP status."""

from __future__ import annotations

from typing import Any, cast

from tornado import web

from sandbox.hub.contexts import Context
from sandbox.kit.errors import SynakError
from sandbox.locale import Language, wording


def told(error: SynakError, language: Language, context: Context | None = None) -> Exception:
    """The error in the reader's language, as an exception that the hub passes on.

    Args:
        error: with a code that has wording.
        language: the reader's.
        context: that is being started; called by its title, where the error names it.
    """
    called = {"context": context.called(language)} if context else {}
    text = wording(error.code, {**error.params, **called}, language)
    shown: Any = web.HTTPError(error.status, text.replace("%", "%%"))
    shown.jupyterhub_message = text
    return cast("Exception", shown)
