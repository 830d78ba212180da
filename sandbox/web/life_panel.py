"""What a file's page shows of its life: deadlines, petitions, automatic acts, and their words."""

from __future__ import annotations

from functools import partial
from typing import Any

from sandbox.services.identity import sponsors
from sandbox.services.life_views import life_view
from sandbox.services.views import FileView
from sandbox.store.unit import UnitOfWork
from sandbox.web import life_words
from sandbox.web.visit import Visit


def life_of(u: UnitOfWork, visit: Visit, file: FileView) -> dict[str, Any]:
    """``life``: the view; ``said_of(table, value)``: a value in the reader's words."""
    return {
        "life": life_view(u, visit.known, file, at=visit.at),
        "sponsors": {
            each.id: each.name for each in sponsors(u, visit.known) if each.id != file.sponsor
        },
        "said_of": partial(_word, visit),
    }


def _word(visit: Visit, table: str, value: object) -> str:
    text = str(getattr(value, "value", value))
    return life_words.word(visit.lang, getattr(life_words, table), text)
