"""What somebody in the queue is told, in their language."""

from __future__ import annotations

import math
from typing import Any

from sandbox.hub.start_queue import AWAY_SECONDS, Place
from sandbox.locale import Language, translator
from sandbox.locale.forms import when

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
        _of_seats(place, language) if place.full else _estimate(place, language),
        _(
            "Many people come at this moment; workspaces that this machine starts at a time:"
            " {count}."
        ).format(count=place.at_once),
    ]
    if place.booked and not place.full:
        lines.append(_("A seat is booked for your class: you come before others."))
    elif place.further and not place.booked:
        lines.append(_("You have another workspace, so people who have none come first."))
    lines.append(
        _(
            "You are let in by yourself; keep this page open. If it is closed for {minutes} min,"
            " the place is given up."
        ).format(minutes=int(AWAY_SECONDS // _MINUTE))
    )
    return {"waits": True, "heading": _("You are in the queue"), "lines": lines}


def _of_seats(place: Place, language: Language) -> str:
    """Why there is no seat, and when one is expected."""
    _ = translator(language).gettext
    if place.booked:
        return _(
            "A seat is booked for your class, but people who came earlier still have all seats:"
            " you are let in as soon as a workspace stops."
        )
    if place.expected is not None:
        until = when(place.expected, language)
        return _(
            "Seats are booked for a class until {time}. A seat is expected to be free then."
        ).format(time=until)
    if place.held:
        return _(
            "The seats that are free are booked for a class: the next is let in when a workspace"
            " stops or a booking ends."
        )
    return _("All seats of this machine are taken: the next is let in when a workspace stops.")


def _estimate(place: Place, language: Language) -> str:
    """What the pace of the last starts says."""
    _ = translator(language).gettext
    if place.seconds is None:
        return _("How long it takes is not known: nobody has been let in lately.")
    if place.seconds > _MINUTE:
        return _("By the pace of the last starts it takes about {minutes} min.").format(
            minutes=math.ceil(place.seconds / _MINUTE)
        )
    return _("By the pace of the last starts it takes about {seconds} s.").format(
        seconds=max(1, math.ceil(place.seconds / _TENS)) * _TENS
    )
