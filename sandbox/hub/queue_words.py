"""What somebody in the queue is told, in their language."""

from __future__ import annotations

import math
from typing import Any

from sandbox.hub.start_queue import AWAY_SECONDS, Place
from sandbox.locale import Language, translator

_MINUTE = 60
_TENS = 10


def told(place: Place | None, language: Language) -> dict[str, Any]:
    """What the page shows.

    Args:
        place: of the reader; None for whose turn has come.
        language: the reader's.

    Returns:
        ``{waits, heading, lines}``: bool, text, texts.
    """
    _ = translator(language).gettext
    if place is None:
        line = _("This takes a few seconds. The page goes on by itself.")
        return {"waits": False, "heading": _("The workspace starts"), "lines": [line]}
    lines = [
        _("Your place: {place}. Before you: {before}.").format(
            place=place.number, before=place.number - 1
        ),
        _estimate(place, language),
        _(
            "Many people come at this moment; workspaces that this machine starts at a time:"
            " {count}."
        ).format(count=place.at_once),
    ]
    if place.further:
        lines.append(_("You have another workspace, so people who have none come first."))
    lines.append(
        _(
            "You are let in by yourself; keep this page open. If it is closed for {minutes} min,"
            " the place is given up."
        ).format(minutes=int(AWAY_SECONDS // _MINUTE))
    )
    return {"waits": True, "heading": _("You are in the queue"), "lines": lines}


def _estimate(place: Place, language: Language) -> str:
    _ = translator(language).gettext
    if place.full:
        return _("All seats of this machine are taken: the next is let in when a workspace stops.")
    if place.seconds is None:
        return _("How long it takes is not known: nobody has been let in lately.")
    if place.seconds > _MINUTE:
        return _("By the pace of the last starts it takes about {minutes} min.").format(
            minutes=math.ceil(place.seconds / _MINUTE)
        )
    return _("By the pace of the last starts it takes about {seconds} s.").format(
        seconds=max(1, math.ceil(place.seconds / _TENS)) * _TENS
    )
