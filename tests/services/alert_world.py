"""A ledger as the follower leaves it, and people in it, for tests of supervision."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sandbox.domain.complaints import Complaint, ComplaintCategory, ComplaintState
from sandbox.domain.ledger import ZERO, Block, Cursor, Movement, Source
from sandbox.domain.lifecycle import FileState
from sandbox.domain.limits_form import read_terms
from sandbox.domain.records import (
    Account,
    Customer,
    Organisation,
    Permit,
    PermitFile,
    RefusalRecord,
)
from sandbox.domain.seats import Actor, Channel, Seat
from sandbox.domain.terms import TrialState
from sandbox.domain.words import CustomerState, MemberKind, OrganisationKind
from sandbox.kit.clock import FixedClock
from sandbox.kit.ids import checksum
from sandbox.services.alert_watch import AlertWatch, unit_of, watch_denied
from sandbox.services.publication import Desk
from tests.services.world import LIMITS
from tests.support.authority import only_authority

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
TOKEN = {"kgst": "0x" + "70" * 20, "som": "0x" + "71" * 20}
SUPERVISOR = "0x" + "72" * 20
NUMBER = "SB-2026-0001"
FIRM, REGULATOR, SECOND, AUDITOR, OPERATOR = "aigul", "ermek", "feruza", "jyldyz", "oleg"
SEATS = {
    FIRM: Seat.OWNER,
    REGULATOR: Seat.REGULATOR,
    SECOND: Seat.REGULATOR,
    AUDITOR: Seat.AUDITOR,
    OPERATOR: Seat.OPERATOR,
    "damira": Seat.SPONSOR,
}
ORGS = {Seat.REGULATOR: "nbkr", Seat.AUDITOR: "nbkr"}


def wallet(number):
    """The address of a person, lower case."""
    return f"0x{number:040x}"


def actor(name, at, *, channel=Channel.BROWSER):
    return Actor(
        account=name,
        person=f"person-{name}",
        org=ORGS.get(SEATS[name], "kattap"),
        seats=frozenset({SEATS[name]}),
        channel=channel,
        reauthenticated_at=at,
    )


def add_customers(store, number, count, *, merchants=1, first=1):
    """Register people of a permit; the last ``merchants`` are merchants."""
    with store.unit() as u:
        for place in range(count):
            kind = MemberKind.MERCHANT if place >= count - merchants else MemberKind.CUSTOMER
            u.customers.add(
                Customer(
                    id=f"person-{first + place}",
                    permit=number,
                    kind=kind,
                    place=place,
                    salt="00" * 32,
                    person_hash=f"0x{first + place:064x}",
                    wallet=checksum(wallet(first + place)),
                    state=CustomerState.REGISTERED,
                    invited_at=START,
                )
            )
        u.commit()


def open_permit(store, *, customers=12):
    """A permit with customers 1 to 11 and a merchant, 12."""
    terms = read_terms(LIMITS, at=START)[0]
    with store.unit() as u:
        u.organisations.add(Organisation("kattap", "Kattap Pay", OrganisationKind.STARTUP, START))
        u.organisations.add(Organisation("nbkr", "Bank", OrganisationKind.AUTHORITY, START))
        u.authorities.add(only_authority())
        for name, seat in SEATS.items():
            person = f"person-{name}"
            u.accounts.add(
                Account(
                    name, name.title(), person, ORGS.get(seat, "kattap"), (seat,), "en", True, START
                )
            )
        u.files.add(
            PermitFile(
                "F-2026-0001",
                "kattap",
                None,
                "",
                FileState.ACTIVE,
                {},
                FIRM,
                START,
                START,
                START,
                authority="nbkr",
            )
        )
        u.permits.add(
            Permit(
                number=NUMBER,
                file="F-2026-0001",
                org="kattap",
                sponsor=None,
                title="Merchant payments",
                terms=terms,
                trial_state=TrialState.ACTIVE,
                base_terms=terms,
                base_state=TrialState.ACTIVE,
                issued_version=1,
                version=1,
                base_version=1,
                granted_at=START,
            )
        )
        file = u.files.get("F-2026-0001")
        u.files.save(replace(file, permit=NUMBER))
        u.commit()
    add_customers(store, NUMBER, customers)


def complain(store, count, *, at=START, customer="person-{}", first=1, outcome=None, permit=NUMBER):
    """Complaints of customers, or of nobody known."""
    with store.unit() as u:
        for place in range(first, first + count):
            u.complaints.add(
                Complaint(
                    id=f"C-{customer[:3]}{outcome or ''}{place:03d}"[:20],
                    secret="00" * 32,
                    permit=permit,
                    customer=customer.format(place) if customer else None,
                    category=ComplaintCategory.OTHER,
                    language="en",
                    text="They do not answer.",
                    contact=None,
                    state=ComplaintState.CLOSED if outcome else ComplaintState.OPEN,
                    filed_at=at,
                    due=at + timedelta(days=15),
                    outcome=outcome,
                    counts_as=f"pseudonym-{place}" if customer else None,
                )
            )
        u.commit()


class Ledger:
    """Writes blocks as the follower does."""

    def __init__(self, store, chain="kgst", at=START):
        self.store, self.chain, self.at, self.number, self.sent = store, chain, at, -1, 0

    def block(self, *payments, minutes=1):
        """Seal a block with payments ``(payer, payee, som)``; people by number, 0 the issuer."""
        self.number, self.at = self.number + 1, self.at + timedelta(minutes=minutes)
        moved = []
        for payer, payee, som in payments:
            self.sent += 1
            moved.append(
                Movement(
                    chain=self.chain,
                    block=self.number,
                    since=self.number,
                    at=self.at,
                    token=TOKEN[self.chain],
                    payer=wallet(payer) if payer else ZERO,
                    payee=wallet(payee) if payee else ZERO,
                    amount=som * 100 * unit_of(self.chain),
                    source=Source.LOG.value,
                    place=len(moved),
                    hash=f"0x{self.sent:064x}",
                )
            )
        genesis = f"0x{1:064x}"
        digest = f"0x{self.number + 2:064x}"
        block = Block(
            self.chain, self.number, digest, genesis, genesis, self.at, len(moved), 21_000
        )
        with self.store.unit() as u:
            u.explorer.add([block])
            u.explorer.add(moved)
            u.explorer.move(
                Cursor(
                    chain=self.chain,
                    genesis=genesis,
                    block=self.number,
                    block_hash=digest,
                    taken=0,
                    head=self.number,
                    supervisor=SUPERVISOR,
                    token=TOKEN[self.chain],
                    at=self.at,
                )
            )
            u.commit()

    def forget(self):
        """What ``synak explorer rebuild`` does."""
        with self.store.unit() as u:
            u.explorer.forget(self.chain)
            u.commit()


def refuse(store, *minutes, clause="per_transaction", first=1, sender="0x" + "aa" * 20, count=1):
    """Copies of the gateway's refusals."""
    with store.unit() as u:
        for place, each in enumerate(minutes):
            u.refusals.add(
                RefusalRecord(
                    seq=first + place,
                    permit=NUMBER,
                    at=START + timedelta(minutes=each),
                    chain="kgst",
                    layer="chain",
                    clause=clause,
                    version=1,
                    code=f"refused.{clause}",
                    asset="KGST",
                    sender=sender,
                    raw={"count": count},
                )
            )
        u.commit()


def desk_of(store, at=START, at_step=lambda _name: None):
    return Desk(store, None, FixedClock(at), at_step)


def look(store, at=START, chains=("kgst", "som"), at_step=lambda _name: None):
    """Let the watch look at everything there is."""
    desk = desk_of(store, at, at_step)
    for chain in chains:
        while AlertWatch(desk, chain).turn():
            pass
    while watch_denied(desk):
        pass


def alerts(store):
    with store.unit(read_only=True) as u:
        return u.alerts.select(order=u.alerts.columns.id)
