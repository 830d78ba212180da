"""What is said of a server that nobody uses: before its end, at it, and afterwards."""

from __future__ import annotations

import os

from sandbox.hub.idle_rule import RAN_TOO_LONG, REASONS, UNUSED, Look, Rule
from sandbox.locale import Language, language, translator

LONGEST = 140
"""Letters of a note that JupyterLab shows; the rest it cuts off."""
_MINUTE = 60
_TENS = 10


def words(found: Look, rule: Rule, accepted: str | None) -> dict[str, str]:
    """For the server's own page, in the language in which it was started, else the browser's.

    Args:
        found: how the server stands.
        rule: of this server.
        accepted: the header Accept-Language.

    Returns:
        ``{warning, go_on, stopped, start}``.
    """
    spoken = language(accepted, os.environ.get("SYNAK_LANGUAGE"))
    _ = translator(spoken).gettext
    warning = _(
        "Nobody has used this workspace for a while. It stops in about {time}. What you"
        " changed is saved."
    )
    if found.runs:
        warning = _(
            "Something has been running here for long, and nobody was there. It is cut off in about"
            " {time}. What you changed is saved."
        )
    return {
        "warning": warning.format(time=_time(found.left, spoken)),
        "go_on": _("Go on working"),
        "stopped": why_stopped(REASONS[RAN_TOO_LONG if found.runs else UNUSED], rule, spoken),
        "start": _("Start it again"),
    }


def why_stopped(reason: str, rule: Rule, spoken: Language) -> str:
    """For whoever comes back.

    Args:
        reason: of ``idle_rule.REASONS``; nothing is said of any other.
        rule: of the server.
        spoken: the reader's language.
    """
    _ = translator(spoken).gettext
    if reason == REASONS[UNUSED]:
        text = _(
            "The workspace was stopped: nobody used it for {time}. Its files are kept;"
            " cells that ran have to be run again."
        )
        return text.format(time=_time(rule.span(runs=False), spoken))
    if reason == REASONS[RAN_TOO_LONG]:
        text = _(
            "The workspace was stopped: something ran in it for {time} and nobody was there."
            " Its files are kept; cells that ran have to be run again."
        )
        return text.format(time=_time(rule.span(runs=True), spoken))
    return ""


def _time(seconds: int, spoken: Language) -> str:
    """Minutes, to the nearest and never up from a half; tens of seconds below a minute."""
    _ = translator(spoken).gettext
    if seconds >= _MINUTE:
        return _("{count} min").format(count=(seconds + _MINUTE // 2 - 1) // _MINUTE)
    return _("{count} s").format(count=max(1, seconds // _TENS) * _TENS)
