"""The unit of work: one request, one transaction, committed in one place.

>>> from sandbox.store import Store
>>> store = Store("sqlite://"); store.create_all()
>>> with store.unit() as u:
...     u.counters.next("example"), u.counters.next("example")
(1, 2)
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import ORMExecuteState, Session

from sandbox.kit.errors import Conflict, SynakError, Unavailable
from sandbox.store import repositories as repos
from sandbox.store.alerts import Alerts, AlertWatchTables, Settings, SupervisionRecord
from sandbox.store.audit import AuditLog
from sandbox.store.authority_tables import Authorities, AuthorityVersions, CompetenceChanges, Shares
from sandbox.store.class_tables import ClassLists, ClassPeople, SignInCodes, SignIns
from sandbox.store.committee_tables import AgendaItems, Appointments, RulesChanges, Sittings
from sandbox.store.complaints_tables import Complaints
from sandbox.store.contract_reviews import ContractReviews, ReviewSources, SourceViews
from sandbox.store.customers_tables import CustomerPages
from sandbox.store.delegation_tables import Delegations
from sandbox.store.department_tables import Coordinators, Departments
from sandbox.store.desk_sessions import Sessions
from sandbox.store.drill_tables import Drills
from sandbox.store.evidence_tasks import EvidenceTasks
from sandbox.store.exit_tables import ExitReports
from sandbox.store.expert_tables import ExpertInvitations
from sandbox.store.explorer import Explorer
from sandbox.store.figures import FigureTables
from sandbox.store.incidents_tables import IncidentNotes, Incidents
from sandbox.store.inquiry_tables import Inquiries
from sandbox.store.leaving_tables import Departures
from sandbox.store.life_tables import (
    AutomaticActs,
    CalendarChanges,
    CalendarDays,
    Deadlines,
    Duties,
    Petitions,
)
from sandbox.store.limits import KnownPeople, Requirements
from sandbox.store.listing import Listing
from sandbox.store.notice_tables import Mailboxes, Mails, Notices
from sandbox.store.order_tables import Orders
from sandbox.store.outbox import Outbox
from sandbox.store.outside_tables import OutsideAccounts
from sandbox.store.papers import (
    Documents,
    Letters,
    LetterSignatures,
    Marks,
    Notes,
    PaperCases,
    PaperScans,
    Submissions,
)
from sandbox.store.parties import Parties
from sandbox.store.passkey_tables import Passkeys
from sandbox.store.regime_days import RegimeDays
from sandbox.store.reports_tables import ReportRequirements, Reports, ReportVersions
from sandbox.store.retention_tables import Erasures, LegalHolds, SealedIdentities
from sandbox.store.settlement_tables import MoneyReturns, PayoutAccounts, Settlements
from sandbox.store.standing_tables import PermitDays
from sandbox.store.statistics import StatisticsTables
from sandbox.store.supervised_ledgers import SupervisedLedgers
from sandbox.store.suspicion_tables import Attachments, ReportParties, SuspicionReports
from sandbox.store.team_wallets import TeamWallets
from sandbox.store.webhook_tables import Webhooks
from sandbox.store.witness_tables import PageScans, PermitAttestations, WitnessedHeads

_log = structlog.get_logger()


class UnitOfWork:
    """A transaction and the repositories inside it.

    Leaving the block without ``commit`` rolls everything back. Errors of the database become
    ``Conflict`` (a constraint) or ``Unavailable`` (locked, gone).
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.organisations = repos.Organisations(session)
        self.accounts = repos.Accounts(session)
        self.files = repos.Files(session)
        self.listing = Listing(session)
        self.file_actors = repos.FileActors(session)
        self.questions = repos.Questions(session)
        self.decisions = repos.Decisions(session)
        self.permits = repos.Permits(session)
        self.customers = repos.Customers(session)
        self.keys = repos.AccessKeys(session)
        self.faucet = repos.FaucetIssues(session)
        self.wallets = TeamWallets(session)
        self.reviews = ContractReviews(session)
        self.review_sources = ReviewSources(session)
        self.source_views = SourceViews(session)
        self.appointments = Appointments(session)
        self.committee_rules = RulesChanges(session)
        self.sittings = Sittings(session)
        self.agenda = AgendaItems(session)
        self.experts = ExpertInvitations(session)
        self.refusals = repos.Refusals(session)
        self.counters = repos.Counters(session)
        self.once = repos.OnceKeys(session)
        self.forms = repos.Forms(session)
        self.sessions = Sessions(session)
        self.audit = AuditLog(session)
        self.outbox = Outbox(session)
        self.explorer = Explorer(session)
        self.evidence_tasks = EvidenceTasks(session)
        self.notices = Notices(session)
        self.mailboxes = Mailboxes(session)
        self.mails = Mails(session)
        self.deadlines = Deadlines(session)
        self.petitions = Petitions(session)
        self.automatic = AutomaticActs(session)
        self.duties = Duties(session)
        self.calendar, self.calendar_changes = CalendarDays(session), CalendarChanges(session)
        self.regime = RegimeDays(session)
        self.documents = Documents(session)
        self.submissions = Submissions(session)
        self.marks = Marks(session)
        self.notes = Notes(session)
        self.paper_cases, self.paper_scans = PaperCases(session), PaperScans(session)
        self.letters = Letters(session)
        self.letter_signatures = LetterSignatures(session)
        self.pages = CustomerPages(session)
        self.complaints = Complaints(session)
        self._after: list[Callable[[], None]] = []
        self._otherwise: list[Callable[[], None]] = []

    @property
    def class_people(self) -> ClassPeople:
        """People as class lists have them."""
        return ClassPeople(self.session)

    @property
    def class_lists(self) -> ClassLists:
        """Class lists that were sent."""
        return ClassLists(self.session)

    @property
    def departments(self) -> Departments:
        """Departments of universities."""
        return Departments(self.session)

    @property
    def coordinators(self) -> Coordinators:
        """Who coordinates a department."""
        return Coordinators(self.session)

    @property
    def sign_ins(self) -> SignIns:
        """Accounts with a password of their own."""
        return SignIns(self.session)

    @property
    def sign_in_codes(self) -> SignInCodes:
        """One-time codes for the first sign-in."""
        return SignInCodes(self.session)

    @property
    def outside(self) -> OutsideAccounts:
        """Accounts that people have elsewhere."""
        return OutsideAccounts(self.session)

    @property
    def authorities(self) -> Authorities:
        """Authorities and what they are competent for."""
        return Authorities(self.session)

    @property
    def authority_versions(self) -> AuthorityVersions:
        """What was proposed and confirmed to be recorded of them."""
        return AuthorityVersions(self.session)

    @property
    def competence(self) -> CompetenceChanges:
        """Files handed to another authority."""
        return CompetenceChanges(self.session)

    @property
    def shares(self) -> Shares:
        """Files that one authority shows to another."""
        return Shares(self.session)

    @property
    def delegations(self) -> Delegations:
        """Who stands for whom."""
        return Delegations(self.session)

    @property
    def parties(self) -> Parties:
        """Operators of permits and holders of wallets, as a reader may learn of them."""
        return Parties(self.session)

    @property
    def departures(self) -> Departures:
        """Memberships that were ended."""
        return Departures(self.session)

    @property
    def known_people(self) -> KnownPeople:
        """Where invited people live and how well they are identified."""
        return KnownPeople(self.session)

    @property
    def witnessed(self) -> WitnessedHeads:
        """Heads of the audit log that were given to outside witnesses."""
        return WitnessedHeads(self.session)

    @property
    def page_scans(self) -> PageScans:
        """Scans of signed register pages."""
        return PageScans(self.session)

    @property
    def attestations(self) -> PermitAttestations:
        """What the KGST chain was told of permits."""
        return PermitAttestations(self.session)

    @property
    def supervised_ledgers(self) -> SupervisedLedgers:
        """Contracts that are, or shall become, supervised ledgers."""
        return SupervisedLedgers(self.session)

    @property
    def requirements(self) -> Requirements:
        """Requirements of permits without a number."""
        return Requirements(self.session)

    @property
    def reports(self) -> Reports:
        """Periodic reports."""
        return Reports(self.session)

    @property
    def report_versions(self) -> ReportVersions:
        """What was submitted of periodic reports."""
        return ReportVersions(self.session)

    @property
    def report_requirements(self) -> ReportRequirements:
        """Requirements as the opening of reports reads them."""
        return ReportRequirements(self.session)

    @property
    def incidents(self) -> Incidents:
        """Incidents."""
        return Incidents(self.session)

    @property
    def incident_notes(self) -> IncidentNotes:
        """What was said about incidents."""
        return IncidentNotes(self.session)

    @property
    def statistics(self) -> StatisticsTables:
        """What the statistics of a year are read from."""
        return StatisticsTables(self.session)

    @property
    def figures(self) -> FigureTables:
        """What the figures of a permit are read from."""
        return FigureTables(self.session)

    @property
    def exit_reports(self) -> ExitReports:
        """Exit reports."""
        return ExitReports(self.session)

    @property
    def holds(self) -> LegalHolds:
        """Legal holds."""
        return LegalHolds(self.session)

    @property
    def erasures(self) -> Erasures:
        """Receipts of erasures, and what they take."""
        return Erasures(self.session)

    @property
    def sealed(self) -> SealedIdentities:
        """What named a person, under seal for the intelligence service."""
        return SealedIdentities(self.session)

    @property
    def settlements(self) -> Settlements:
        """Orders to return what is left after the end of a test."""
        return Settlements(self.session)

    @property
    def returns(self) -> MoneyReturns:
        """Each person's money on its way home."""
        return MoneyReturns(self.session)

    @property
    def payouts(self) -> PayoutAccounts:
        """Where people want their money."""
        return PayoutAccounts(self.session)

    @property
    def alerts(self) -> Alerts:
        """Alerts and their cases."""
        return Alerts(self.session)

    @property
    def alert_watch(self) -> AlertWatchTables:
        """What the watch over the ledger reads and keeps."""
        return AlertWatchTables(self.session)

    @property
    def drills(self) -> Drills:
        """Kill-switch drills."""
        return Drills(self.session)

    @property
    def permit_days(self) -> PermitDays:
        """Days of permits."""
        return PermitDays(self.session)

    @property
    def supervision(self) -> Settings:
        """Versions of alert rules and national caps."""
        return Settings(self.session)

    @property
    def supervision_record(self) -> SupervisionRecord:
        """The record of supervision."""
        return SupervisionRecord(self.session)

    @property
    def suspicions(self) -> SuspicionReports:
        """Suspicious-transaction reports."""
        return SuspicionReports(self.session)

    @property
    def suspicion_parties(self) -> ReportParties:
        """Parties that reports name."""
        return ReportParties(self.session)

    @property
    def orders(self) -> Orders:
        """Suspension orders of the intelligence service."""
        return Orders(self.session)

    @property
    def inquiries(self) -> Inquiries:
        """Requests for information by the intelligence service."""
        return Inquiries(self.session)

    @property
    def attachments(self) -> Attachments:
        """Documents of reports and of answers to the intelligence service."""
        return Attachments(self.session)

    @property
    def passkeys(self) -> Passkeys:
        """Passkeys of accounts."""
        return Passkeys(self.session)

    @property
    def webhooks(self) -> Webhooks:
        """Addresses that organisations are told at, and what was sent there."""
        return Webhooks(self.session)

    def after_commit(self, hook: Callable[[], None]) -> None:
        """Do something once the transaction is durable, before the caller goes on.

        A hook that fails is logged and dropped: whatever must happen also has an outbox row.
        """
        self._after.append(hook)

    def unless_committed(self, hook: Callable[[], None]) -> None:
        """Do something when this unit ends without having been committed.

        For taking back what was done elsewhere before the commit. A hook that fails is logged
        and dropped: what it would take back must end by itself as well.
        """
        self._otherwise.append(hook)

    def begin_with(self, check: Callable[[UnitOfWork], None]) -> None:
        """Check something in this unit's transaction, before its first statement.

        Not sooner: what a unit does elsewhere before it asks the store (a hold at the gateway)
        waits for nobody. As long as the check fails, every statement does.
        """
        todo = [check]

        def first(_: ORMExecuteState) -> None:
            if not todo:
                return
            todo.clear()
            try:
                check(self)
            except BaseException:
                todo.append(check)
                raise

        event.listen(self.session, "do_orm_execute", first)

    def another(self) -> UnitOfWork:
        """A new reading unit on the same store, for looking at what others committed."""
        bind = self.session.get_bind().execution_options(synak_read_only=True)
        return UnitOfWork(Session(bind, expire_on_commit=False))

    def flush(self) -> None:
        """Send pending rows; constraints speak now."""
        with translated():
            self.session.flush()

    def commit(self) -> None:
        """Make everything durable at once, then run the hooks.

        Raises:
            Conflict: ``store.conflict``.
            Unavailable: ``store.unavailable``.
        """
        with translated():
            self.session.commit()
        hooks, self._after = self._after, []
        self._otherwise.clear()
        _run(hooks, "store.after_commit_failed")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.session.rollback()
        except DBAPIError:
            _log.warning("store.rollback_failed")
        finally:
            self.session.close()
            hooks, self._otherwise = self._otherwise, []
            _run(hooks, "store.take_back_failed")
        if isinstance(error, DBAPIError):
            raise translate(error) from error


def _run(hooks: list[Callable[[], None]], event: str) -> None:
    """Every hook, whatever becomes of the others: the unit has ended already."""
    for hook in hooks:
        try:
            hook()
        except SynakError as error:
            _log.warning(event, code=error.code)
        except Exception:  # noqa: BLE001 - committed or not, that stands
            _log.exception(event)


class translated:  # noqa: N801 - reads as a word: ``with translated():``
    """Turn the database's errors into ours."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Raise ours instead of the database's."""
        if isinstance(error, DBAPIError):
            raise translate(error) from error


def translate(error: DBAPIError) -> SynakError:
    """The kit error for a database error.

    Returns:
        ``store.conflict`` for a constraint or a lost serialisation, ``store.unavailable`` when
        the database cannot be reached or stays locked.
    """
    text = type(error.orig).__name__
    if isinstance(error, IntegrityError) or text in {"SerializationFailure", "DeadlockDetected"}:
        return Conflict("store.conflict", reason=text)
    if isinstance(error, OperationalError):
        return Unavailable("store.unavailable", reason=text)
    return Unavailable("store.failed", reason=text)
