"""A decision's letter as PDF: Kyrgyz on the left, Russian or English on the right."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from sandbox.locale import translator
from sandbox.locale.catalogue import N_
from sandbox.paper import pdf
from sandbox.web.letter_text import Side

NOTICES: Final = (
    ("ky", "Симуляцияланган акча. Бул лицензия эмес жана эч бир органдын чечими эмес."),
    ("ru", "Симулированные деньги. Это не лицензия и не решение какого-либо органа."),
    ("en", "Simulated money. This is not a licence and not a decision of any authority."),
)
"""What stands on every paper; ``legal`` in ``parts.html`` says the same."""
PAGE: Final = N_("page")


def letter_pdf(
    sides: tuple[Side, Side],
    signatures: list[str],
    *,
    node_modules: Path,
    verify: str | None,
) -> bytes:
    """Lay a letter out.

    Args:
        sides: Kyrgyz and the other language.
        signatures: the electronic signatures, a line each.
        node_modules: where the typeface lies.
        verify: the public address of the permit, if it has one.

    Raises:
        Unavailable: ``papers.busy``.
    """
    ky = sides[0]
    return pdf.make_pdf(
        lambda: _story(*sides, signatures, verify),
        node_modules=node_modules,
        title=f"{ky.title} · {ky.facts[0][1]}",
        foot=f"{ky.number} · {ky.facts[0][1]} · Synak",
        lang="ky",
        page_word=translator("ky").gettext(PAGE),
    )


def _story(ky: Side, other: Side, signatures: list[str], verify: str | None) -> list[Any]:
    story: list[Any] = [
        pdf.beside(f"{ky.office}\n{ky.number}", f"{other.office}\n{other.number}", pdf.SMALL),
        pdf.rule(),
        *(pdf.line(notice, pdf.SMALL) for _, notice in NOTICES),
        pdf.gap(4),
        pdf.beside(ky.title, other.title, pdf.TITLE),
        pdf.gap(2),
        _pairs(ky.facts, other.facts),
    ]
    if ky.terms:
        story += [*_headings(ky, other, 0), _pairs(ky.terms, other.terms)]
    if ky.reasons or other.reasons:
        story += [*_headings(ky, other, 1), pdf.beside(ky.reasons, other.reasons)]
    if ky.interim:
        story += [pdf.gap(2), pdf.beside(ky.interim, other.interim, pdf.SMALL)]
    story += [*_headings(ky, other, 2), pdf.gap(6), *_lines(ky, other)]
    story += [pdf.line(each, pdf.SMALL) for each in signatures]
    if verify:
        story += [pdf.gap(5), _verify(ky, other, verify)]
    return story


def _headings(ky: Side, other: Side, place: int) -> list[Any]:
    return [pdf.room(), pdf.beside(ky.headings[place], other.headings[place], pdf.HEADING)]


def _pairs(left: tuple[tuple[str, str], ...], right: tuple[tuple[str, str], ...]) -> Any:
    """Labels and values of both sides, row by row."""
    rows = [
        [
            pdf.line(one[0], pdf.LABEL),
            pdf.line(one[1], pdf.TEXT),
            pdf.line(two[0], pdf.LABEL),
            pdf.line(two[1], pdf.TEXT),
        ]
        for one, two in zip_longest(left, right, fillvalue=("", ""))
    ]
    return pdf.table(rows, (0.2, 0.3, 0.2, 0.3))


def _lines(ky: Side, other: Side) -> list[Any]:
    """A line to sign on for each who decided, and who that is."""
    rows = [
        [
            pdf.text(f"____________________  {name}"),
            pdf.text(f"{role} / {other_role}\n{at}", pdf.SMALL),
        ]
        for (role, name, at), (other_role, _, _) in zip(ky.signers, other.signers, strict=True)
    ]
    return [pdf.table(rows, (0.5, 0.5), ruled=False)]


def _verify(ky: Side, other: Side, address: str) -> Any:
    said = [*pdf.text(f"{ky.verify} / {other.verify}"), *pdf.text(address, pdf.SMALL)]
    return pdf.table([[pdf.qr(address), said]], (0.2, 0.8), ruled=False)
