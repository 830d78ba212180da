"""A specialist's report as data, and the papers made of it.

In a notebook::

    from sandbox.forensics.reports import Report, report_docx, report_pdf
    report = Report.of(kept, questions=["Where did the money of 3 March go?"])
    report_docx(report, kept, "ru", form=True)

Rules: importing this is quick; every page says that it is training material.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sandbox.forensics.asset import Asset
    from sandbox.forensics.errors import CannotReport
    from sandbox.forensics.reports.papers import report_docx, report_pdf
    from sandbox.forensics.reports.report import (
        Annex,
        Answer,
        Finding,
        Order,
        Report,
        Specialist,
    )

_HOMES: Final = {
    "Annex": "reports.report",
    "Answer": "reports.report",
    "Asset": "asset",
    "CannotReport": "errors",
    "Finding": "reports.report",
    "Order": "reports.report",
    "Report": "reports.report",
    "Specialist": "reports.report",
    "report_docx": "reports.papers",
    "report_pdf": "reports.papers",
}

__all__ = [
    "Annex",
    "Answer",
    "Asset",
    "CannotReport",
    "Finding",
    "Order",
    "Report",
    "Specialist",
    "report_docx",
    "report_pdf",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"sandbox.forensics.{_HOMES[name]}"), name)
