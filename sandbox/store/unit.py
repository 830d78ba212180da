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
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from sandbox.kit.errors import Conflict, SynakError, Unavailable
from sandbox.store import repositories as repos
from sandbox.store.alerts import Alerts, AlertWatchTables, Settings, SupervisionRecord
from sandbox.store.audit import AuditLog
from sandbox.store.committee_tables import AgendaItems, Appointments, RulesChanges, Sittings
from sandbox.store.complaints_tables import Complaints
from sandbox.store.contract_reviews import ContractReviews, ReviewSources, SourceViews
from sandbox.store.customers_tables import CustomerPages
from sandbox.store.evidence_tasks import EvidenceTasks
from sandbox.store.expert_tables import ExpertInvitations
from sandbox.store.explorer import Explorer
from sandbox.store.life_tables import AutomaticActs, CalendarDays, Deadlines, Duties, Petitions
from sandbox.store.limits import KnownPeople, Requirements
from sandbox.store.listing import Listing
from sandbox.store.notice_tables import Mailboxes, Mails, Notices
from sandbox.store.outbox import Outbox
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
from sandbox.store.regime_days import RegimeDays
from sandbox.store.team_wallets import TeamWallets

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
        self.sessions = repos.Sessions(session)
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
        self.calendar = CalendarDays(session)
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
    def known_people(self) -> KnownPeople:
        """Where invited people live and how well they are identified."""
        return KnownPeople(self.session)

    @property
    def requirements(self) -> Requirements:
        """Requirements of permits without a number."""
        return Requirements(self.session)

    @property
    def alerts(self) -> Alerts:
        """Alerts and their cases."""
        return Alerts(self.session)

    @property
    def alert_watch(self) -> AlertWatchTables:
        """What the watch over the ledger reads and keeps."""
        return AlertWatchTables(self.session)

    @property
    def supervision(self) -> Settings:
        """Versions of alert rules and national caps."""
        return Settings(self.session)

    @property
    def supervision_record(self) -> SupervisionRecord:
        """The record of supervision."""
        return SupervisionRecord(self.session)

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
