"""A case file on paper: what may be seen of a case, and forms to work on it by hand.

Rules: every page says that it is training material; first payments are those of the addresses that
victims paid, chosen by their order alone, so that the choice tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.domain.investigation_acts import ACTING
from sandbox.forensics.accounts import ZERO, spelt
from sandbox.forensics.cases import Public, Transaction
from sandbox.forensics.cases.case import TOKENS
from sandbox.forensics.cases.wording import text
from sandbox.forensics.exhibits.notice import NOTICE
from sandbox.locale import Language, forms, translator
from sandbox.locale.catalogue import N_
from sandbox.paper.blocks import Block, Facts, Grid, Heading, NewPage, Paper, Text
from sandbox.services.investigation_print import Printed
from sandbox.services.investigation_views import transfers_of
from sandbox.web import investigation_words as named
from sandbox.web.letter_pdf import PAGE
from sandbox.web.words import shortened

BEFORE: Final = 2
"""Payments of a paid address that stand before the first reported one."""
AFTER: Final = 12
"""Payments from the first reported one on."""
LEDGER_ROWS: Final = 20
ANSWER_ROWS: Final = 4
OPEN: Final = "\u00a0\n\u00a0"
"""A cell to write in."""
QUESTIONS: Final = (
    N_("Where did the reported money go first, and what speaks for it?"),
    N_("By which rule do you follow the money, and why by this one?"),
    N_("Which addresses did the thieves use? By what do you see it?"),
    N_("Which addresses are innocent, though stolen money came to them? Why?"),
    N_("Which tags do you rely on, and which not?"),
    N_("Where does the money lie at the end: at which addresses, how much?"),
    N_("What of this is a fact, what a conclusion, what an assumption?"),
    N_("What would show that you are wrong?"),
)
ACTING_QUESTION: Final = N_("Whom would you ask or order for what, on what grounds, and by when?")


@dataclass(frozen=True)
class Around:
    """What stands on a case file besides the case.

    Attributes:
        lang: the reader's.
        course: its title.
        names: how people are written, by account.
        at: when it is printed.
    """

    lang: Language
    course: str
    names: Mapping[str, str]
    at: datetime


def case_paper(cases: Sequence[Printed], around: Around) -> Paper:
    """Lay case files out, each from a page of its own.

    Args:
        cases: of one investigation, at least one.
        around: for whom.
    """
    said = translator(around.lang).gettext
    lab = named.said(named.LABS, around.lang)[cases[0].investigation.lab]
    title = f"{said(N_('Case file'))} · {lab}"
    blocks: list[Block] = []
    for number, each in enumerate(cases):
        blocks += [NewPage()] if number else []
        blocks += [Heading(title, 0), *_Sheets(each, around).blocks()]
    return Paper(
        title=title,
        lang=around.lang,
        head=said(NOTICE),
        foot=f"{title} · {around.course} · {forms.when(around.at, around.lang)} · Synak",
        page_word=said(PAGE),
        blocks=tuple(blocks),
    )


def first_payments(public: Public) -> dict[str, list[Transaction]]:
    """The payments around the reports, by each address that a victim paid."""
    found: dict[str, list[Transaction]] = {}
    places = {tuple(each.transaction.place) for each in public.reports}
    for name in dict.fromkeys(each.transaction.payee for each in public.reports):
        rows = transfers_of(public, spelt(name))
        first = next(n for n, row in enumerate(rows) if tuple(row.place) in places)
        found[name] = rows[max(first - BEFORE, 0) : first + AFTER]
    return found


class _Sheets:
    """The parts of one case file, in order."""

    def __init__(self, of: Printed, around: Around) -> None:
        self._of, self._around, self._lang = of, around, around.lang
        self._said = translator(around.lang).gettext

    def blocks(self) -> Iterator[Block]:
        """Everything below the title."""
        yield from self._opening()
        yield from self._reports()
        yield from self._papers()
        yield from self._tags()
        yield from self._payments()
        yield from self._hops()
        yield from self._questions()

    def _opening(self) -> Iterator[Block]:
        _, of, found = self._said, self._of, self._of.investigation
        difficulty = named.said(named.DIFFICULTIES, self._lang)[found.difficulty]
        names = self._around.names
        pairs = [
            (_("Trainee"), ", ".join(names.get(each, each) for each in of.people)),
            (_("Case"), _("Attempt %(number)s") % {"number": of.case.attempt}),
            (_("Course"), self._around.course),
            (_("Difficulty"), difficulty),
            (_("Due"), self._when(found.due)),
            (_("Seal of the truth"), of.case.seal),
        ]
        if of.clock:
            pairs.insert(5, (_("The clock of the case"), self._when(of.clock)))
        yield Facts(tuple(pairs))
        yield Text(
            _("People, firms and money in this case are made up. Times are those of Bishkek."),
            small=True,
        )
        if of.clock:
            said = _("What comes after the clock's moment is not in this file.")
            yield Text(said, small=True)

    def _reports(self) -> Iterator[Block]:
        _ = self._said
        yield Heading(_("What was reported"))
        head = (_("Reported"), _("Payment"), _("From the victim"), _("To"), _("Amount"))
        rows = []
        for each in self._of.public.reports:
            paid = each.transaction
            place = f"{self._when(paid.time)}\n{paid.block} / {paid.index}"
            ends = (paid.payer, paid.payee)
            rows.append((self._when(each.moment), place, *ends, self._amount(paid)))
        yield Grid(head, tuple(rows), (0.16, 0.17, 0.25, 0.25, 0.17))

    def _papers(self) -> Iterator[Block]:
        papers, kinds = self._of.public.papers, named.said(named.PAPERS, self._lang)
        if papers:
            yield Heading(self._said("Papers of the case"))
        for number, each in enumerate(papers, 1):
            moment = self._when(each.moment)
            yield Heading(f"{number}. {kinds[each.kind]} · {moment}", 2)
            yield Text(text(each, self._lang).strip())

    def _tags(self) -> Iterator[Block]:
        _, tags = self._said, self._of.public.tags
        yield Heading(_("What others say of addresses"))
        yield Text(
            _("Tags come from sources of different quality, and some are wrong."), small=True
        )
        roles = named.said(named.ROLES, self._lang)
        confidence = named.said(named.CONFIDENCE, self._lang)
        rows = tuple(
            (each.address, each.label, roles[each.category], confidence[each.confidence])
            for each in tags
        )
        head = (_("Address"), _("Name on the tag"), _("Kind"), _("Where it comes from"))
        yield Grid(head, rows, (0.34, 0.24, 0.18, 0.24))

    def _payments(self) -> Iterator[Block]:
        _, public = self._said, self._of.public
        reported = {tuple(each.transaction.place) for each in public.reports}
        yield Heading(_("The first payments around the reports"))
        said = _(
            "Of each address that a victim paid: two payments before the first reported one, and "
            "twelve from it on. A star marks what was reported. The whole ledger stands on the "
            "pages of the case."
        )
        yield Text(said, small=True)
        head = ("", _("Time"), _("Block / transaction"), _("From"), _("To"), _("Amount"))
        for name, payments in first_payments(public).items():
            yield Text(name)
            rows = tuple(
                (
                    "*" if tuple(each.place) in reported else "",
                    self._when(each.time),
                    f"{each.block} / {each.index}",
                    *(_short(end) for end in (each.payer, each.payee)),
                    self._amount(each),
                )
                for each in payments
            )
            yield Grid(head, rows, (0.03, 0.24, 0.14, 0.19, 0.19, 0.21))

    def _hops(self) -> Iterator[Block]:
        _ = self._said
        yield NewPage()
        yield Heading(_("Hop ledger"))
        yield Text(
            _("The hop ledger: each transfer that moved stolen money, with how much of it."),
            small=True,
        )
        head = (
            *("№", _("Token"), _("Block"), _("From"), _("To"), _("Amount")),
            *(_("How much of it is stolen"), _("Why")),
        )
        rows = tuple((f"{number}\n\u00a0", *[OPEN] * 7) for number in range(1, LEDGER_ROWS + 1))
        yield Grid(head, rows, (0.05, 0.08, 0.09, 0.15, 0.15, 0.15, 0.15, 0.18))

    def _questions(self) -> Iterator[Block]:
        _, acts = self._said, self._of.investigation.lab in ACTING
        yield NewPage()
        yield Heading(_("Question sheet"))
        for number, each in enumerate((*QUESTIONS, *([ACTING_QUESTION] if acts else [])), 1):
            yield Grid((f"{number}. {_(each)}",), ((OPEN,),) * ANSWER_ROWS, (1.0,))

    def _when(self, moment: datetime) -> str:
        return forms.when(moment, self._lang)

    def _amount(self, each: Transaction) -> str:
        return forms.money(each.amount, TOKENS[each.ledger], self._lang)


def _short(address: str) -> str:
    """An address as the pages' tables have it."""
    return "—" if spelt(address) == ZERO else shortened(address, 8, 6)
