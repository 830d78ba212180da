"""What a file's page shows of its life: deadlines, petitions, automatic acts, and their words."""

from __future__ import annotations

from functools import partial
from typing import Any

from sandbox.services import exit_reports
from sandbox.services.access import readable_file
from sandbox.services.erasure_views import has_data
from sandbox.services.identity import sponsors
from sandbox.services.life_views import life_view
from sandbox.services.portable_export import may_export
from sandbox.services.requirements import side_of
from sandbox.services.settlement_views import SHOWN as SETTLES
from sandbox.services.views import FileView
from sandbox.store.unit import UnitOfWork
from sandbox.web import life_words
from sandbox.web.visit import Visit


def life_of(u: UnitOfWork, visit: Visit, file: FileView) -> dict[str, Any]:
    """``life``: the view; ``said_of(table, value)``: a value in the reader's words."""
    return {
        "life": life_view(u, visit.known, file, at=visit.at),
        "reports": exit_reports.has_report(u, visit.known, readable_file(u, visit.known, file.id)),
        "exports": file.permit is not None and may_export(visit.known, file.org),
        "keeps_data": file.permit is not None and has_data(visit.known, mine=_mine(u, visit, file)),
        "settles": file.permit is not None and file.state in SETTLES,
        "sponsors": {
            each.id: each.name for each in sponsors(u, visit.known) if each.id != file.sponsor
        },
        "said_of": partial(said, visit),
    }


def _mine(u: UnitOfWork, visit: Visit, file: FileView) -> bool:
    return side_of(visit.known, readable_file(u, visit.known, file.id)) is not None


def said(visit: Visit, table: str, value: object) -> str:
    """A value in the reader's words, by a table of ``life_words``."""
    text = str(getattr(value, "value", value))
    return life_words.word(visit.lang, getattr(life_words, table), text)
