"""A report laid out as blocks, in the reader's language.

The order of the parts is ours. What the practice of Kyrgyzstan calls them was not found, so the
paper says that this is to be confirmed. Method, sums and hashes come from the exhibit.
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.forensics.exhibits.custody import Entry, items
from sandbox.forensics.exhibits.exhibit import Exhibit
from sandbox.forensics.exhibits.notice import NOTICE
from sandbox.forensics.reports.annexes import annex
from sandbox.forensics.reports.method_words import MethodWords
from sandbox.forensics.reports.report import Report
from sandbox.locale import Translator, translator
from sandbox.locale.catalogue import N_, Language
from sandbox.paper.blocks import Block, Facts, Grid, Heading, Paper, Text

OPEN = "______________________________"
ACTS = {
    "acquired": N_("taken in"),
    "traced": N_("traced"),
    "added": N_("put in"),
    "handed_over": N_("handed over"),
}
"""What is done with an exhibit, for readers."""


def paper_of(report: Report, exhibit: Exhibit, language: Language, *, form: bool) -> Paper:
    """Lay a report out.

    Args:
        report: what was written.
        exhibit: on which it rests; its traces were made again.
        language: of headings and of the method.
        form: leave open what is missing, and say so.
    """
    words = translator(language)
    _ = words.gettext
    parts = _Parts(report, exhibit, words, form=form)
    name = _("Report of a specialist")
    title = f"{name} № {report.number or '______'}"
    return Paper(
        title=title,
        lang=language,
        head=_(NOTICE),
        foot=f"{title} · {exhibit.entries[0].exhibit} · Synak",
        page_word=_("page"),
        blocks=(Heading(title, 0), *parts.blocks()),
    )


class _Parts:
    """The parts of a report, in order."""

    def __init__(self, report: Report, exhibit: Exhibit, words: Translator, *, form: bool) -> None:
        self._report, self._exhibit, self._words, self._form = report, exhibit, words, form
        self._said = words.gettext

    def blocks(self) -> Iterator[Block]:
        """Everything below the title."""
        yield from self._opening()
        _, report = self._said, self._report
        parts = (
            (_("The order for this report"), self._order()),
            (_("The specialist"), self._specialist()),
            (_("What was given"), self._given()),
            (_("Questions put"), self._listed(report.questions)),
            (_("Method"), self._method()),
            (_("What was found"), self._findings()),
            (_("Conclusion"), self._conclusion()),
            (_("Limits of the findings"), [Text(report.limits or self._open())]),
            (_("Hashes and chain of custody"), self._hashes()),
            (_("Annexes"), self._listed([each.title for each in report.annexes])),
        )
        for number, (title, blocks) in enumerate(parts, 1):
            yield Heading(f"{number}. {title}")
            yield from blocks
        yield from self._signature()
        for number, each in enumerate(report.annexes, 1):
            title = _("Annex %(number)s. %(title)s") % {"number": number, "title": each.title}
            yield from annex(title, each.file, self._exhibit, report.asset, self._words)

    def _opening(self) -> Iterator[Block]:
        _, report = self._said, self._report
        yield Text(
            _(
                "A training form: what the practice of Kyrgyzstan calls its parts, and in which "
                "order they stand, is to be confirmed."
            ),
            small=True,
        )
        if self._form:
            yield Text(_("A form: what is missing is left open."), small=True)
        yield self._facts((_("Date"), report.date), (_("Made at"), report.place))

    def _order(self) -> Iterator[Block]:
        _, order = self._said, self._report.order
        yield self._facts(
            (_("Order: number"), order.number),
            (_("Order: date"), order.date),
            (_("Order: by whom"), order.by),
            (_("Order: case"), order.case),
            (_("Order: received"), order.received),
        )

    def _specialist(self) -> Iterator[Block]:
        _, who = self._said, self._report.specialist
        yield self._facts(
            (_("Name or pseudonym"), who.name),
            (_("Position"), who.position),
            (_("Education"), who.education),
            (_("Experience"), who.experience),
        )

    def _given(self) -> Iterator[Block]:
        _, first = self._said, self._exhibit.entries[0]
        said = _("Exhibit %(number)s, taken in at %(when)s (UTC). Files: %(files)s")
        names = ", ".join(each.name for each in first.outputs)
        yield Text(said % {"number": first.exhibit, "when": _when(first), "files": names})
        yield from self._listed(self._report.materials, open_=False)

    def _method(self) -> Iterator[Block]:
        _, words = self._said, MethodWords(self._report.asset, self._words)
        for name, hops in self._exhibit.traces.items():
            yield Text(_("Trace %(name)s") % {"name": name.removesuffix(".json")})
            yield Facts(words.facts(hops))
        if self._exhibit.traces:
            yield Text(
                _(
                    "Every trace was made again when this paper was made: all rows and sums are "
                    "the same."
                )
            )

    def _findings(self) -> Iterator[Block]:
        _ = self._said
        for number, each in enumerate(self._report.findings, 1):
            yield Text(f"{number}. {each.text or self._open()}")
            shown = _("Shown by entries of the chain of custody: %(numbers)s")
            yield Text(shown % {"numbers": _numbers(each.entries)}, small=True)
        if not self._report.findings:
            yield Text(self._open())

    def _conclusion(self) -> Iterator[Block]:
        _, answers = self._said, {each.question: each for each in self._report.answers}
        for number, question in enumerate(self._report.questions, 1):
            asked = _("Question %(number)s: %(text)s")
            yield Text(asked % {"number": number, "text": question}, small=True)
            answer = answers.get(number)
            yield Text(f"{number}. {answer.text if answer else self._open()}")
            if answer:
                rests = _("Rests on findings: %(numbers)s")
                yield Text(rests % {"numbers": _numbers(answer.findings)}, small=True)

    def _hashes(self) -> Iterator[Block]:
        _, entries = self._said, self._exhibit.entries
        files = tuple((each.name, str(each.size), each.sha256) for each in items(entries).values())
        yield Grid((_("File name"), _("Bytes"), "SHA-256"), files, (0.23, 0.09, 0.68))
        rows = tuple(
            (str(each.number), _when(each), each.by, self._act(each), each.hash) for each in entries
        )
        head = ("№", _("When (UTC)"), _("Who"), _("What"), _("SHA-256 of the entry"))
        yield Grid(head, rows, (0.05, 0.16, 0.16, 0.23, 0.4))
        said = _("The head of the chain of custody is %(head)s. Note it where nobody can edit it.")
        yield Text(said % {"head": self._exhibit.head})

    def _act(self, entry: Entry) -> str:
        act = self._said(ACTS[entry.act])
        return f"{act}: {entry.note}" if entry.note else act

    def _signature(self) -> Iterator[Block]:
        _, name = self._said, self._report.specialist.name
        signature = _("Signature")
        yield Text(f"\n{signature}: {OPEN}  {name}")

    def _listed(self, texts: tuple[str, ...] | list[str], *, open_: bool = True) -> Iterator[Block]:
        for number, each in enumerate(texts, 1):
            yield Text(f"{number}. {each or self._open()}")
        if not texts and open_:
            yield Text(self._open())

    def _facts(self, *pairs: tuple[str, str]) -> Facts:
        return Facts(tuple((label, value or self._open()) for label, value in pairs))

    def _open(self) -> str:
        """What stands where nothing was written: in a form a line to write on."""
        return OPEN if self._form else "—"


def _numbers(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers)) or "—"


def _when(entry: Entry) -> str:
    return entry.at.replace("T", " ").removesuffix("Z")
