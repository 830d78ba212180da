"""A submitted report on paper: what was sealed, with its digest, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.domain.suspicion import Report
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import Language
from sandbox.paper import pdf
from sandbox.web.alert_words import Words as AlertWords
from sandbox.web.letter_pdf import NOTICES, PAGE
from sandbox.web.papers_words import size_text
from sandbox.web.suspicion_words import Words


def report_pdf(report: Report, lang: Language, *, node_modules: Path) -> bytes:
    """Lay a report out.

    Args:
        report: submitted.
        lang: the reader's language.
        node_modules: where the typeface lies.

    Raises:
        Unavailable: ``papers.busy``.
    """
    content = report.content or {}
    return pdf.make_pdf(
        lambda: _story(content, report.digest, lang),
        node_modules=node_modules,
        title=report.id,
        foot=f"{report.id} · SHA-256 {report.digest} · Synak",
        lang=lang,
        page_word=translator(lang).gettext(PAGE),
    )


def _story(content: Mapping[str, Any], digest: str, lang: Language) -> Iterator[Any]:
    _, words = translator(lang).gettext, Words(lang)
    for _lang, notice in NOTICES:
        yield pdf.line(notice, pdf.SMALL)
    yield pdf.rule()
    yield pdf.line(_("Suspicious-transaction report"), pdf.TITLE)
    yield pdf.facts(
        (_("Number"), content["number"]),
        (_("Reporting entity"), f"{content['entity']['name']} · {_entity(content, words)}"),
        (_("Reporting officer"), content["officer"]["name"]),
        (_("Permit"), content["permit"] or "—"),
        (_("Alert"), content["alert"] or "—"),
        (words.field("noticed_at"), _when(content["noticed_at"], lang)),
        (_("Submitted"), _when(content["submitted_at"], lang)),
        (_("Due"), _when(content["deadline"]["until"], lang)),
        (_("Period"), " — ".join(_when(content["period"][each], lang) for each in ("from", "to"))),
        (_("Amount together"), words.money(content["amount"], content["asset"])),
        (words.field("indicators"), "\n".join(map(words.indicator, content["indicators"]))),
    )
    for name in ("narrative", "actions"):
        yield from pdf.heading(words.field(name))
        yield from pdf.text(content[name])
    yield from _parties(content, lang)
    yield from _transactions(content, lang)
    yield from pdf.heading(_("Documents"))
    for each in content["attachments"]:
        yield from pdf.text(f"{each['name']} · {size_text(lang, each['size'])}")
        yield pdf.line(f"SHA-256 {each['sha256']}", pdf.SMALL)
    yield pdf.line(f"SHA-256 {digest}", pdf.SMALL)


def _entity(content: Mapping[str, Any], words: Words) -> str:
    return words.entity(content["entity"]["kind"])


def _parties(content: Mapping[str, Any], lang: Language) -> Iterator[Any]:
    words, kinds = Words(lang), AlertWords(lang)
    yield from pdf.heading(words.field("parties"))
    for each in content["parties"]:
        place = f" {each['place']}" if each["place"] else ""
        said = [f"{kinds.kind(each['kind'])}{place}", each["permit"] or "", each["note"]]
        yield pdf.line(each["address"])
        yield pdf.line(" · ".join(filter(None, said)), pdf.SMALL)


def _transactions(content: Mapping[str, Any], lang: Language) -> Iterator[Any]:
    words = Words(lang)
    yield from pdf.heading(words.field("transactions"))
    rows = [
        [
            [pdf.line(_when(each["at"], lang)), *pdf.text(str(each["hash"]), pdf.SMALL)],
            [*pdf.text(f"{each['payer']}\n→ {each['payee']}", pdf.SMALL)],
            pdf.line(words.money(each["amount"], content["asset"])),
        ]
        for each in content["transactions"]
    ]
    if rows:
        yield pdf.table(rows, (0.4, 0.4, 0.2))


def _when(text: str, lang: Language) -> str:
    return forms.when(datetime.fromisoformat(text), lang)
