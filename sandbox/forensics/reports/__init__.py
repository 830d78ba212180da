"""A specialist's report as data, and the papers made of it.

In a notebook::

    from sandbox.forensics.reports import Report, report_docx, report_pdf
    report = Report.of(kept, questions=["Where did the money of 3 March go?"])
    report_docx(report, kept, "ru", form=True)

Rules: importing this is quick; every page says that it is training material.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.kit.lazy import lazily

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
    "Annex": ".report",
    "Answer": ".report",
    "Asset": "..asset",
    "CannotReport": "..errors",
    "Finding": ".report",
    "Order": ".report",
    "Report": ".report",
    "Specialist": ".report",
    "report_docx": ".papers",
    "report_pdf": ".papers",
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

__getattr__ = lazily(__name__, _HOMES)
