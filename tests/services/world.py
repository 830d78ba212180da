"""A desk for tests: a fresh store, a real gateway, engines and signer, a worker by hand."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime

from sqlalchemy import insert

from sandbox.domain.seats import Channel
from sandbox.kit.ids import CHAIN_IDS
from sandbox.services import (
    applications,
    countersigning,
    customers,
    decisions,
    files,
    identity,
    permits,
    reviews,
    sponsorship,
)
from sandbox.services.acknowledgement import push_policies
from sandbox.services.files import submission_stamp
from sandbox.services.journal_acceptance import START, enter_acceptance
from sandbox.services.ports import Ports
from sandbox.services.publication import Desk
from sandbox.services.seed import seed_demo
from sandbox.services.worker import Worker
from sandbox.store.tables import SequenceRow

NUMBERS = itertools.count(100, 10)
"""Where the permit numbers of each fresh store begin, since the chain is shared."""

ANSWERS = {
    "product": "Merchant payments in KGST",
    "sponsor": "ala-too-demo-bank",
    "test_plan": "Twenty customers pay three merchants for ninety days.",
    "safeguards": "Balances are capped; complaints are answered within a day.",
    "exit_plan": "Customers redeem; the merchants are settled; the contract is closed.",
}
LIMITS = {
    "term_days": "90",
    "assets": "KGST",
    "max_customers": "20",
    "max_merchants": "3",
    "transactions_per_day": "1 000",
    "deployments": "3",
    "KGST.per_transaction": "5 000",
    "KGST.window_volume": "500 000",
    "KGST.customer_cap": "20 000",
    "KGST.merchant_cap": "300 000",
}
COMPLETE = {**ANSWERS, **LIMITS}
KGST = 10**18


class Clock:
    """The machine's clock, with an offset that tests may move."""

    def __init__(self):
        self.ahead = None

    def now(self):
        now = datetime.now(UTC)
        return now + self.ahead if self.ahead else now


class World:
    """One desk. Every act is one unit of work, committed."""

    def __init__(self, store, system):
        self.store, self.system, self.clock = store, system, Clock()
        self.ports = Ports(system.signer, system.inside)
        self.worker = Worker(Desk(store, system.inside, self.clock))
        with store.unit() as u:
            seed_demo(u, at=self.at)
            year = datetime.now(UTC).year
            table = SequenceRow.__table__
            u.session.execute(insert(table).values(name=f"permit:{year}", value=next(NUMBERS)))
            for chain in CHAIN_IDS:  # the journals are shared, and know another test's log
                words = {"actor": "system", "code": "test", "reason": "a fresh store"}
                enter_acceptance(u, chain, START, at=self.at, **words)
            u.commit()

    @property
    def at(self):
        return self.clock.now()

    def actor(self, account, *, channel=Channel.BROWSER, permit=None, fresh=True):
        with self.store.unit(read_only=True) as u:
            return identity.actor_of(
                u,
                account,
                channel=channel,
                reauthenticated_at=self.at if fresh else None,
                permit=permit,
                at=self.at,
            )

    def do(self, use_case, who, command, *, ports=False):
        """One act by an account (or an actor), in one committed unit."""
        actor = self.actor(who) if isinstance(who, str) else who
        more = {"ports": self.ports} if ports else {}
        with self.store.unit() as u:
            view = use_case(u, actor, command, at=self.at, **more)
            u.commit()
        return view

    def look(self, query, who, *arguments, **more):
        actor = self.actor(who) if isinstance(who, str) else who
        with self.store.unit(read_only=True) as u:
            return query(u, actor, *arguments, at=self.at, **more)

    def file(self, file_id, who="ermek"):
        return self.look(files.file_view, who, file_id)

    def permit(self, number, who="ermek"):
        return self.look(permits.permit_view, who, number)

    def settle(self, seconds=20):
        """Let the worker do everything that is due."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            did = self.worker.work_outbox() + push_policies(self.worker.desk)
            with self.store.unit(read_only=True) as u:
                waiting = u.outbox.health(self.at)["open"]
            if not did and not waiting:
                return
            if not did:
                time.sleep(0.05)
        raise AssertionError(f"the worker does not settle: {self.worker.health()}")

    # the way of an application, step by step
    def drafted(self, **answers):
        file = self.do(applications.start_application, "aigul", applications.StartApplication())
        command = applications.SaveDraft(file.id, file.revision, {**COMPLETE, **answers})
        return self.do(applications.save_draft, "aigul", command)

    def submitted(self):
        saved = self.drafted()
        return self.do(
            applications.submit_application,
            "aigul",
            applications.SubmitApplication(saved.file, saved.revision),
        )

    def stamp(self, file_id):
        with self.store.unit(read_only=True) as u:
            return submission_stamp(u, u.files.get(file_id))

    def signed(self):
        file = self.submitted()
        command = sponsorship.SponsorSign(file.id, self.stamp(file.id))
        return self.do(sponsorship.sign_as_sponsor, "damira", command, ports=True)

    def reviewed(self):
        return self.do(reviews.take_up, "ermek", reviews.TakeUp(self.signed().id))

    def proposed(self, **conditions):
        command = decisions.ProposeGrant(self.reviewed().id, {**LIMITS, **conditions}, "in order")
        return self.do(decisions.propose_grant, "ermek", command, ports=True)

    def countersigned(self, **conditions):
        file = self.proposed(**conditions)
        command = countersigning.Countersign(file.decisions[-1].id)
        return self.do(countersigning.countersign, "feruza", command, ports=True)

    def active(self, **conditions):
        """An active permit's number."""
        file = self.countersigned(**conditions)
        self.settle()
        return self.file(file.id).permit

    def people(self, number, count=1, kind="customer"):
        """Registered people with their tokens."""
        team = self.actor("bakyt", channel=Channel.SERVER, permit=number)
        command = customers.InviteCustomers(number, count, kind, consent=True)
        invited = self.do(customers.invite, team, command, ports=True)
        self.settle()
        return invited
