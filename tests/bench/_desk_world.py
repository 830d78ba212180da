"""A desk that has been used for years, written straight into its tables.

2,000 permits (settable) of 300 start-ups and 12 sponsors, files in every state, decisions,
questions, customers, refusals, an audit log; and the explorer's index of so many transactions,
each with its event and its movement, made by the database itself.
"""

import random
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, text
from sqlmodel import SQLModel

from sandbox.domain.lifecycle import FileState
from sandbox.domain.limits_form import read_terms
from sandbox.domain.records import (
    Account,
    Customer,
    Decision,
    FileActor,
    Organisation,
    Permit,
    PermitFile,
    Question,
    RefusalRecord,
)
from sandbox.domain.seats import FileSeat, Seat
from sandbox.domain.terms import TrialState
from sandbox.domain.words import (
    CustomerState,
    DecisionKind,
    DecisionStatus,
    MemberKind,
    OrganisationKind,
)
from sandbox.kit.ids import checksum
from tests.services.world import ANSWERS, COMPLETE, LIMITS
from tests.support.authority import only_authority

PART = 1_000
PER_BLOCK = 25
CUSTOMERS = 20
REFUSALS = 50
STARTUPS, SPONSORS = 300, 12
WORDS = (
    "Базар төлөмү", "Өткөрмө акча", "Ломбард онлайн", "Такси эсеби", "Дүкөн капчыгы",
    "Айыл насыясы", "Билим берүү төлөмү", "Чайкана", "Мал базары", "Электрондук чек",
)  # fmt: skip
WITH_PERMIT = (
    *(FileState.ACTIVE,) * 12, FileState.SUSPENDED, FileState.HALTED, FileState.EXPIRED,
    FileState.EXPIRED, FileState.REVOKED, FileState.ACTIVATING,
)  # fmt: skip
WITHOUT = (
    FileState.DRAFT, FileState.SUBMITTED, FileState.SPONSOR_SIGNED, FileState.UNDER_REVIEW,
    FileState.QUESTION_OPEN, FileState.DECIDED, FileState.REFUSED, FileState.WITHDRAWN,
)  # fmt: skip


def address(number):
    """The address that the database makes of the same number."""
    return "0x" + f"{number * 2654435761 % 2**32:08x}" * 5


def permit_name(number):
    return f"SB-2026-{number:04d}"


class Filling:
    """Fills a store.

    Args:
        store: an empty, migrated one.
        permits: how many.
        viewers: accounts that watch.
    """

    def __init__(self, store, permits, viewers):
        self.store, self.permits, self.viewers = store, permits, viewers
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.chance = random.Random(417)

    def put(self, repository, records):
        """Insert many records of a repository as it would write each."""
        for start in range(0, len(records), PART):
            part = [repository.values(each) for each in records[start : start + PART]]
            self.u.session.execute(insert(repository.table), part)

    def fill(self):
        with self.store.unit() as u:
            self.u = u
            self.people()
            self.files()
            u.commit()
        with self.store.unit() as u:
            for number in range(1, self.permits + 1):
                u.audit.append(
                    kind="file.countersign_grant",
                    actor="ermek",
                    subject=f"F-2026-{number:04d}",
                    data={"from": "decided", "to": "activating", "version": 1},
                    at=self.now - timedelta(days=30),
                )
            u.commit()

    def people(self):
        kinds = {"nbkr": ("Улуттук банк", OrganisationKind.AUTHORITY)}
        kinds |= {
            f"startup-{n}": (f"{WORDS[n % len(WORDS)]} {n}", OrganisationKind.STARTUP)
            for n in range(STARTUPS)
        }
        kinds |= {f"bank-{n}": (f"Демо банк {n}", OrganisationKind.BANK) for n in range(SPONSORS)}
        self.put(
            self.u.organisations,
            [Organisation(name, title, kind, self.now) for name, (title, kind) in kinds.items()],
        )
        self.u.authorities.add(only_authority())
        seated = [("ermek", "nbkr", Seat.REGULATOR), ("feruza", "nbkr", Seat.REGULATOR)]
        seated += [(f"owner-{n}", f"startup-{n}", Seat.OWNER) for n in range(STARTUPS)]
        seated += [(f"banker-{n}", f"bank-{n}", Seat.SPONSOR) for n in range(SPONSORS)]
        seated += [(f"viewer-{n}", "nbkr", Seat.AUDITOR) for n in range(self.viewers)]
        self.put(
            self.u.accounts,
            [
                Account(name, name.title(), f"person-{name}", org, (seat,), "ru", True, self.now)
                for name, org, seat in seated
            ],
        )

    def files(self):
        start = self.now - timedelta(days=40)
        terms, problems = read_terms(LIMITS, at=start)
        assert not problems, problems
        files, permits = [], []
        for number in range(1, self.permits * 6 // 5 + 1):
            granted = number <= self.permits
            file = self.file(number, granted=granted)
            files.append(file)
            if granted:
                permits.append(self.permit(file, terms, start))
        self.put(self.u.files, files)
        self.put(self.u.permits, permits)
        self.put(self.u.decisions, list(self.decisions(files, terms)))
        self.put(self.u.file_actors, list(self.seats(files)))
        self.put(self.u.questions, list(self.questions(files)))
        self.put(self.u.customers, list(self.customers(permits)))
        self.put(self.u.refusals, list(self.refusals(permits)))

    def file(self, number, *, granted):
        states = WITH_PERMIT if granted else WITHOUT
        state = FileState.ACTIVE if number == 1 else states[number % len(states)]
        changed = self.now - timedelta(minutes=self.chance.randrange(500_000))
        org = f"startup-{number % STARTUPS}"
        return PermitFile(
            id=f"F-2026-{number:04d}",
            org=org,
            sponsor=None if state is FileState.DRAFT else f"bank-{number % SPONSORS}",
            title=f"{WORDS[number % len(WORDS)]} № {number}",
            state=state,
            answers={**COMPLETE, "test_plan": ANSWERS["test_plan"] * 10},
            created_by=f"owner-{number % STARTUPS}",
            created_at=changed - timedelta(days=60),
            updated_at=changed,
            submitted_at=None if state is FileState.DRAFT else changed - timedelta(days=50),
            permit=permit_name(number) if granted else None,
            authority=None if state is FileState.DRAFT else "nbkr",
        )

    def permit(self, file, terms, start):
        halted = {FileState.HALTED: TrialState.HALTED, FileState.SUSPENDED: TrialState.WIND_DOWN}
        state = halted.get(file.state, TrialState.ACTIVE)
        return Permit(
            number=file.permit, file=file.id, org=file.org, sponsor=file.sponsor, title=file.title,
            terms=terms, trial_state=state, base_terms=terms, base_state=state, issued_version=1,
            version=1, base_version=1, granted_at=start, published_version=1,
            acknowledged_revision=1, settlement=checksum(address(10**9 + int(file.id[-4:]))),
        )  # fmt: skip

    def decisions(self, files, terms):
        for file in files:
            if file.permit or file.state is FileState.DECIDED:
                proposed = file.permit is None
                yield Decision(
                    id=f"D-{file.id}", file=file.id, kind=DecisionKind.GRANT,
                    status=DecisionStatus.PROPOSED if proposed else DecisionStatus.IN_FORCE,
                    version=1, terms=terms, trial_state=TrialState.ACTIVE, document={"n": file.id},
                    reasons="in order", author="ermek", author_person="person-ermek",
                    authored_at=file.updated_at,
                )  # fmt: skip
            if file.permit and int(file.id[-4:]) % 20 == 0:
                yield Decision(
                    id=f"V-{file.id}", file=file.id, kind=DecisionKind.VARY,
                    status=DecisionStatus.PROPOSED, version=2, terms=terms,
                    trial_state=TrialState.ACTIVE, document={"n": file.id}, reasons="more people",
                    author="feruza", author_person="person-feruza", authored_at=file.updated_at,
                )  # fmt: skip

    def seats(self, files):
        for file in files:
            yield FileActor(
                file.id, f"person-{file.created_by}", file.created_by, FileSeat.APPLICANT, self.now
            )

    def questions(self, files):
        for file in files:
            for number in range(2 if file.submitted_at else 0):
                yield Question(
                    id=f"Q-{file.id}-{number}", file=file.id, text="How is it capped?",
                    asked_by="ermek", asked_at=file.updated_at, due=None, answer="By the contract.",
                    answered_by=file.created_by, answered_at=file.updated_at,
                )  # fmt: skip

    def customers(self, permits):
        for at, permit in enumerate(permits):
            for place in range(CUSTOMERS):
                number = at * CUSTOMERS + place
                yield Customer(
                    id=f"person-{number}", permit=permit.number, kind=MemberKind.CUSTOMER,
                    place=place, salt=f"{number:064x}", person_hash=f"0x{number:064x}",
                    wallet=checksum(address(number)), state=CustomerState.REGISTERED,
                    invited_at=self.now,
                )  # fmt: skip

    def refusals(self, permits):
        for seq in range(1, len(permits) * REFUSALS + 1):
            yield RefusalRecord(
                seq=seq, permit=permits[seq % len(permits)].number,
                at=self.now - timedelta(seconds=10**6 - seq), chain="kgst", layer="chain",
                clause="per_transaction", version=1, code="refused.per_transaction", asset="KGST",
                limit=str(5000 * 10**18), used="0", requested=str((5001 + seq % 7) * 10**18),
                sender=checksum(address(seq % 40_000)), raw={"count": 1, "seq": seq},
            )  # fmt: skip


def ledger(store, count, people, national):
    """Index so many transactions of the KGST chain: made inside the database.

    Args:
        store: the store.
        count: transactions, 25 a block.
        people: so many wallets take turns; the first ones are the permits' customers.
        national: the chain's contracts.
    """
    postgres = store.engine.dialect.name == "postgresql"
    token = next(iter(national.tokens.values())).lower()
    names = ("explorer_block", "explorer_transaction", "explorer_movement", "explorer_address")
    indexes = [each for name in names for each in SQLModel.metadata.tables[name].indexes]
    with store.engine.begin() as connection:
        if not postgres:
            connection.exec_driver_sql("PRAGMA cache_size=-400000")
        for index in indexes:
            index.drop(connection)
        for statement in _statements(postgres, count, people, token, national.supervisor.lower()):
            connection.execute(text(statement))
        for index in indexes:  # made at once, instead of row by row
            index.create(connection)
    if postgres:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    else:
        with store.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.exec_driver_sql("COMMIT")


def _statements(postgres, count, people, token, supervisor):
    def numbers(last):
        if postgres:
            return f"generate_series(0, {last - 1}) AS s(n)"
        return (
            f"(WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < {last - 1})"
            " SELECT n FROM c) AS s"
        )

    def spread(what, times):
        h = f"(CAST({what} AS BIGINT) * 2654435761 % 4294967296)"
        if postgres:
            return f"('0x' || repeat(lpad(to_hex({h}), 8, '0'), {times}))"
        return f"printf('0x{'%08x' * times}', {', '.join([h] * times)})"

    def amount(what):
        return f"CAST({what} AS NUMERIC)" if postgres else f"printf('%078d', {what})"

    def at(block):
        if postgres:
            return f"(TIMESTAMPTZ '2026-01-01 00:00:00+00' + {block} * INTERVAL '20 seconds')"
        return f"strftime('%Y-%m-%d %H:%M:%S', 1767225600 + {block} * 20, 'unixepoch')"

    blocks, block, place = -(-count // PER_BLOCK), f"(n / {PER_BLOCK})", f"(n % {PER_BLOCK})"
    yes, no = ("true", "false") if postgres else ("1", "0")
    payer, payee = (
        spread(f"(n % {people})", 5),
        spread(f"((CAST(n AS BIGINT) * 7 + 1) % {people})", 5),
    )
    digest = spread("n", 8)
    value = amount("(n % 5000 + 1)")
    data = "'0xa9059cbb' || substr(" + payee + ", 3) || '" + "0" * 88 + "'"
    yield (
        "INSERT INTO explorer_cursor (chain, genesis, block, block_hash, taken, head, supervisor,"
        f" token, at) VALUES ('kgst', '0x{'1' * 64}', {blocks - 1}, '', 0, {blocks - 1},"
        f" '{supervisor}', '{token}', {at(blocks)})"
    )
    yield (
        "INSERT INTO explorer_block (chain, number, hash, parent, state_root, at, transactions,"
        f" gas_used) SELECT 'kgst', n, {spread('n + 3000000000', 8)}, {spread('n', 8)},"
        f" {spread('n', 8)}, {at('n')}, {PER_BLOCK}, 1500000 FROM {numbers(blocks)}"
    )
    yield (
        'INSERT INTO explorer_transaction (chain, block, place, hash, at, sender, "to", created,'
        " nonce, kind, value, gas, gas_used, gas_price, succeeded, input, input_bytes, output,"
        f" logs, operations, permit) SELECT 'kgst', {block}, {place}, {digest}, {at(block)},"
        f" {payer}, '{token}', NULL, n / {people}, 2, {amount('0')}, 250000, 61234,"
        f" {amount('1000000000')}, {yes}, {data}, 68, NULL, 1, NULL, NULL FROM {numbers(count)}"
    )
    yield (
        "INSERT INTO explorer_log (chain, block, place, position, address, topics, data,"
        f" data_bytes) SELECT 'kgst', {block}, {place}, 0, '{token}',"
        " '[\"0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef\"]',"
        f" '0x{'0' * 64}', 32 FROM {numbers(count)}"
    )
    yield (
        "INSERT INTO explorer_movement (chain, block, since, at, place, hash, token, payer, payee,"
        f" amount, source) SELECT 'kgst', {block}, {block}, {at(block)}, {place}, {digest},"
        f" '{token}', {payer}, {payee}, {value}, 'log'"
        f" FROM {numbers(count)}"
    )
    yield (
        "INSERT INTO explorer_address (chain, address, first_block, last_block, contract, asked,"
        f" code_hash, creator, created_block, created_by, permit) SELECT 'kgst', {spread('n', 5)},"
        f" 0, {blocks - 1}, {no}, {yes}, NULL, NULL, NULL, NULL, NULL FROM {numbers(people)}"
    )
    yield (
        "INSERT INTO explorer_holding (chain, token, holder, balance, measured, pending, since)"
        f" SELECT 'kgst', '{token}', {spread('n', 5)}, {value}, {blocks - 1}, '0', NULL"
        f" FROM {numbers(people)}"
    )
