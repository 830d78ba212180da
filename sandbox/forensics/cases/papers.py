"""The papers of a case: what lies beside the chain, as data from the same plan.

Rules:

1. Every figure, moment and address in a paper is the plan's; nothing is invented twice.
2. The trainee gets: of each victim a statement, the chat before it and the card's purchases; of one
   person of the gang a seizure record and the text of a telephone, with addresses of theirs among
   others. That much is given away on purpose.
3. What an exchange would answer about a deposit address is secret until it is asked.

Names, stories and numbers are invented: telephone numbers begin with 000, which nobody has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.forensics.cases.case import Paper, Report, Transaction, minor, written
from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.cases.habits import BISHKEK, HOUR, MINUTE
from sandbox.forensics.cases.people import Name
from sandbox.forensics.cases.plot import Plot
from sandbox.forensics.cases.scene import Role, Wallet
from sandbox.forensics.cases.services import GOLD_RATE
from sandbox.kit.ids import Address

STORIES: Final = ("bank", "invest", "car")
MORNING: Final = 7
"""The hour from which people chat, in Bishkek."""
LINES: Final = 5
"""Of a chat, by turns of the other side and the victim."""
ITEMS: Final = ("laptop", "cards", "cash")
_EXCHANGE_FEE: Final = 10
"""What an exchange keeps of what it pays out, of a thousand."""
_SOURCES: Final = frozenset({Role.THIEF, Role.MULE})


class Papers:
    """The papers of a case.

    Args:
        plot: what the plan knows.
        transactions: all, as they will be executed.
        reports: of the victims.
        names: of each owner.
    """

    def __init__(
        self,
        plot: Plot,
        transactions: tuple[Transaction, ...],
        reports: tuple[Report, ...],
        names: Mapping[str, Name],
    ) -> None:
        self.plot, self.transactions, self.reports, self.names = plot, transactions, reports, names
        self.wallet = {plot.addresses[each.number]: each for each in plot.wallets}

    def public(self) -> Iterator[Paper]:
        """What the trainee is given."""
        for number, report in enumerate(self.reports, 1):
            chance = self.plot.scene.chance("papers", number)
            story, victim = chance.one(STORIES), self._name(report.transaction.payer)
            yield self._statement(number, report, story, victim)
            card = self._card(chance, report, victim)
            yield self._chat(chance, report, story, card)
            yield card
        yield from self._seized()

    def records(self) -> Iterator[dict[str, Any]]:
        """What exchanges would answer about each deposit address, in the order of addresses."""
        came: dict[str, list[Transaction]] = defaultdict(list)
        for each in self.transactions:
            came[each.payee].append(each)
        for address in sorted(self.wallet, key=str.lower):
            wallet = self.wallet[address]
            if wallet.role is Role.DEPOSIT:
                chance = self.plot.scene.chance("record", wallet.number)
                yield self._record(chance, address, wallet, came[address])

    def _name(self, address: str) -> Name:
        return self.names[self.wallet[Address(address)].owner]

    def _statement(self, number: int, report: Report, story: str, victim: Name) -> Paper:
        lost = report.transaction
        return Paper(
            "statement",
            report.moment,
            {
                "number": number,
                "victim": victim,
                "story": story,
                "transaction": lost.place,
                "time": written(lost.time),
                "payer": lost.payer,
                "payee": lost.payee,
                "amount": str(lost.amount),
            },
        )

    def _chat(self, chance: Chance, report: Report, story: str, card: Paper) -> Paper:
        """Some hours before the payment and before what was bought for it; never at night."""
        lost = report.transaction
        bought = (datetime.fromisoformat(each["time"]) for each in card.data["rows"])
        day = (each for each in bought if lost.time - timedelta(hours=12) <= each < lost.time)
        moment = min(day, default=lost.time) - timedelta(seconds=chance.between(2 * HOUR, 5 * HOUR))
        if (moment + BISHKEK).hour < MORNING:
            moment -= timedelta(hours=MORNING + 2)
        lines = []
        for _ in range(LINES):
            lines.append(written(moment))
            moment += timedelta(seconds=chance.between(20, 18 * MINUTE))
        return Paper(
            "chat",
            report.moment,
            {
                "victim": card.data["victim"],
                "contact": _telephone(chance),
                "story": story,
                "lines": lines,
                "payee": lost.payee,
                "amount": str(lost.amount),
            },
        )

    def _card(self, chance: Chance, report: Report, victim: Name) -> Paper:
        """What the victim's card paid for KGST up to the report."""
        payer = report.transaction.payer
        rows = [
            {
                "time": written(each.time),
                "bank": self.wallet[each.payer].service,
                "amount": str(each.amount),
            }
            for place, each in enumerate(self.transactions)
            if each.payee == payer
            and each.time <= report.moment
            and self.plot.placed[place].entry.purpose == "bought"
        ]
        return Paper(
            "card", report.moment, {"victim": victim, "card": _card_number(chance), "rows": rows}
        )

    def _seized(self) -> Iterator[Paper]:
        """A seizure from one of the gang, and the text of their telephone."""
        chance = self.plot.scene.chance("seized")
        own: dict[str, list[str]] = defaultdict(list)
        guilty = {each.address for each in self.plot.control if each.guilty}
        for address, wallet in self.wallet.items():
            if address in guilty and wallet.role in _SOURCES:
                own[wallet.owner].append(address)
        holder = chance.one(list(own))
        known = chance.some(own[holder], 3)
        days = self.plot.scene.days
        moment = days.utc(days.office(chance, days.day(self.reports[-1].moment) + 1))
        yield Paper(
            "seizure",
            moment,
            {
                "holder": self.names[holder],
                "items": ["phone", "book", *chance.some(ITEMS, 2)],
                "addresses": known[:1],
            },
        )
        yield self._phone(chance, moment, holder, known)

    def _phone(self, chance: Chance, moment: datetime, holder: str, known: list[str]) -> Paper:
        """Addresses of their own among shops', in no order."""
        shops = [each for each, wallet in self.wallet.items() if wallet.role is Role.MERCHANT]
        deposits = [
            address
            for address, wallet in self.wallet.items()
            if wallet.owner == holder and wallet.role is Role.DEPOSIT
        ]
        said = [("wallet", each) for each in known[1:]]
        said += [("exchange", each) for each in deposits[:1]]
        said += [("shop", each) for each in chance.some(shops, 2)]
        days = self.plot.scene.days
        last = days.day(self.reports[-1].transaction.time)
        messages = [
            {
                "time": written(days.utc(days.at(chance, last + 1))),
                "text": text,
                "address": address,
            }
            for text, address in said
        ]
        people = chance.some(sorted(set(self.names) - {holder}), 4)
        return Paper(
            "phone",
            moment,
            {
                "holder": self.names[holder],
                "contacts": [
                    {"name": self.names[each], "telephone": _telephone(chance)} for each in people
                ],
                "messages": sorted(messages, key=lambda each: str(each["time"])),
            },
        )

    def _record(
        self, chance: Chance, address: str, wallet: Wallet, deposits: list[Transaction]
    ) -> dict[str, Any]:
        """A customer's file: who it is, what came, what was paid to which card."""
        card, opened = _card_number(chance), chance.between(3, 400)
        payouts = []
        for each in deposits:
            if chance.happens(850):
                rate = GOLD_RATE if each.ledger == "usdkg" else 100
                tyiyn = each.amount // minor(each.ledger, 1) * rate // 100
                time = each.time + timedelta(seconds=chance.between(HOUR, 40 * HOUR))
                paid = tyiyn - tyiyn * _EXCHANGE_FEE // 1_000
                payouts.append(
                    {"deposit": each.place, "time": written(time), "tyiyn": str(paid), "card": card}
                )
        return {
            "address": address,
            "exchange": wallet.service,
            "customer": self.names[wallet.owner],
            "since": written(deposits[0].time - timedelta(days=opened)),
            "deposits": [each.place for each in deposits],
            "payouts": payouts,
        }


def _telephone(chance: Chance) -> str:
    return f"+996 000 {chance.below(1_000_000):06d}"


def _card_number(chance: Chance) -> str:
    return f"**** {chance.below(10_000):04d}"
