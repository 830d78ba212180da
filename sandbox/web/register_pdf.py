"""A page of the printed register: Kyrgyz and one other language, to be signed and filed.

The whole signed head stands in the QR code and in the file's own description, so that the paper
and the file can both be given to ``synak audit verify --witness``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sandbox.domain.head_paper import grouped
from sandbox.domain.witnesses import WitnessedHead
from sandbox.locale import Language, forms, translator
from sandbox.locale.catalogue import N_
from sandbox.paper import pdf
from sandbox.services.witnessing import head_lines
from sandbox.web.letter_pdf import NOTICES, PAGE

TITLE = N_("Register of heads of the audit log, page %(number)s")
REPRINT = N_("REPRINT No. %(copy)s. The original is filed under this page's number.")
ROWS = (N_("Entries"), N_("Root"), N_("Checksum words"), N_("Signed by the platform"), N_("Key"))
PROMISE = N_(
    "Sign this page by hand and file it by its number, out of reach of the platform's operator."
)
LATER = N_("Later: type the four lines below into a file, or give the PDF file, and run")
LINES = (N_("Name and office"), N_("Signature and date"), N_("Filed under"))


def register_pdf(head: WitnessedHead, copy: int, *, node_modules: Path, other: Language) -> bytes:
    """Lay a page out.

    Args:
        head: what is witnessed.
        copy: which print it is: 1 for the original.
        node_modules: where the typeface lies.
        other: the language beside Kyrgyz.

    Raises:
        Unavailable: ``papers.busy``.
    """
    second: Language = "ru" if other == "ky" else other
    return pdf.make_pdf(
        lambda: _story(head, copy, second),
        node_modules=node_modules,
        title=_said("ky", TITLE, number=head.number),
        foot=f"No. {head.number} · {head.words} · Synak",
        lang="ky",
        page_word=translator("ky").gettext(PAGE),
        subject=head.line,
    )


def _said(lang: Language, message: str, **values: Any) -> str:
    found = translator(lang).gettext(message)
    return found % values if values else found


def _both(second: Language, message: str, kind: Any, **values: Any) -> Any:
    return pdf.beside(_said("ky", message, **values), _said(second, message, **values), kind)


def _story(head: WitnessedHead, copy: int, second: Language) -> list[Any]:
    story: list[Any] = [
        *(pdf.line(notice, pdf.SMALL) for _, notice in NOTICES),
        pdf.rule(),
        _both(second, TITLE, pdf.TITLE, number=head.number),
    ]
    if copy > 1:
        story.append(_both(second, REPRINT, pdf.HEADING, copy=copy - 1))
    values = (
        forms.number(head.size, second),
        grouped(head.root),
        head.words,
        f"{forms.when(head.at, 'ky')} ({head.signed_at})",
        grouped(head.public_key),
    )
    rows = [
        [
            pdf.line(f"{_said('ky', label)} / {_said(second, label)}", pdf.LABEL),
            pdf.line(value, pdf.TEXT),
        ]
        for label, value in zip(ROWS, values, strict=True)
    ]
    return [
        *story,
        pdf.gap(3),
        pdf.table(
            [[pdf.qr(head.line, 52), pdf.table(rows, (0.18, 0.44))]], (0.36, 0.64), ruled=False
        ),
        pdf.gap(4),
        _both(second, PROMISE, pdf.TEXT),
        pdf.gap(5),
        *(_to_fill(second, label) for label in LINES),
        pdf.gap(5),
        _both(second, LATER, pdf.SMALL),
        pdf.line("synak audit verify --witness FILE", pdf.SMALL),
        *(pdf.line(each, pdf.SMALL) for each in head_lines(head)),
    ]


def _to_fill(second: Language, label: str) -> Any:
    words = f"{_said('ky', label)} / {_said(second, label)}"
    return pdf.table(
        [[pdf.line(words, pdf.LABEL), pdf.line("_" * 48, pdf.TEXT)]], (0.4, 0.6), ruled=False
    )
