"""A desk with a Committee, without chains: real store and signer, files placed under review."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
from datetime import UTC, datetime

from sandbox.domain.committee import CommitteeRole
from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import Account, PermitFile
from sandbox.domain.seats import Channel, Seat
from sandbox.kit.clock import FixedClock
from sandbox.services import (
    authorities,
    committee_members,
    committee_minutes,
    committee_sittings,
    identity,
)
from sandbox.services import committee_votes as votes
from sandbox.services.ports import Ports
from sandbox.services.seed import seed_demo
from tests.web.seams import SetGateway

START = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
MEMBERS = {
    "ermek": CommitteeRole.CHAIR,
    "feruza": CommitteeRole.SECRETARY,
    "gulnara": CommitteeRole.MEMBER,
    "hanum": CommitteeRole.MEMBER,
    "ilim": CommitteeRole.MEMBER,
    "janar": CommitteeRole.MEMBER,
}
"""Five votes and a secretary."""
VOTERS = [name for name, role in MEMBERS.items() if role.votes]
ALL = frozenset(MEMBERS)


_REACHED = {}
"""Stages that a SQLite room went through once in this run: the store as it was, and the answer."""


def stage(way):
    """Go a way once per run; later rooms on SQLite get the store that it led to."""

    @functools.wraps(way)
    def go(self):
        url = self.store.engine.url
        if url.get_backend_name() != "sqlite":
            return way(self)
        if way.__name__ not in _REACHED:
            answer = way(self)
            kept = sqlite3.connect(":memory:", check_same_thread=False)
            with contextlib.closing(sqlite3.connect(url.database)) as now:
                now.backup(kept)
            _REACHED[way.__name__] = (kept, answer)
            return answer
        kept, answer = _REACHED[way.__name__]
        with contextlib.closing(sqlite3.connect(url.database)) as now:
            kept.backup(now)
        return answer

    return go


class Room:
    """One desk. Every act is one unit of work, committed."""

    def __init__(self, store, signer):
        self.store, self.clock = store, FixedClock(START)
        self.ports = Ports(signer, SetGateway())
        self.seed()

    @stage
    def seed(self):
        """People."""
        with self.store.unit() as u:
            seed_demo(u, at=START)
            for name in ("hanum", "ilim", "janar", "kubat"):
                self.add(u, name, "demo-central-bank", Seat.REGULATOR)
            for name in ("tologon", "ulan"):
                self.add(u, name, None, Seat.EXPERT)
            u.commit()

    def add(self, u, name, org, seat, person=None):
        u.accounts.add(
            Account(name, name.title(), person or f"person-{name}", org, (seat,), "ky", True, START)
        )

    @property
    def at(self):
        return self.clock.now()

    def actor(self, who, channel=Channel.BROWSER):
        with self.store.unit(read_only=True) as u:
            return identity.actor_of(
                u, who, channel=channel, reauthenticated_at=self.at, at=self.at
            )

    def do(self, use_case, who, command, *, ports=False):
        actor = self.actor(who)
        more = {"ports": self.ports} if ports else {}
        with self.store.unit() as u:
            found = use_case(u, actor, command, at=self.at, **more)
            u.commit()
        return found

    def look(self, query, who, *arguments, **more):
        actor = self.actor(who)
        with self.store.unit(read_only=True) as u:
            return query(u, actor, *arguments, **more)

    def file(self, number=1, **changes):
        """A file under review."""
        values = {
            "id": f"F-2026-{number:04d}",
            "org": "kattap-pay",
            "sponsor": "ala-too-demo-bank",
            "title": f"Product {number}",
            "state": FileState.UNDER_REVIEW,
            "answers": {"product": f"Product {number}"},
            "created_by": "aigul",
            "created_at": START,
            "updated_at": START,
            "submitted_at": START,
            "authority": "demo-central-bank",
        }
        with self.store.unit() as u:
            u.files.add(PermitFile(**{**values, **changes}))
            u.commit()
        return values["id"]

    def state(self, file):
        with self.store.unit(read_only=True) as u:
            return u.files.get(file).state.value

    def appoint(self, who, role=CommitteeRole.MEMBER, *, by="kubat", confirm="gulnara", **more):
        values = {"order_number": "12/1", "since": START.date(), **more}
        made = self.do(
            committee_members.record_appointment,
            by,
            committee_members.RecordAppointment(who, role, **values),
        )
        if confirm:
            confirm = "ilim" if confirm == who else confirm
            command = self.confirming(made)
            self.do(committee_members.confirm_appointment, confirm, command)
        return made

    def confirming(self, made):
        """The command of whoever reads the record of an appointment now."""
        with self.store.unit(read_only=True) as u:
            read = u.appointments.get(made).revision
        return committee_members.ConfirmAppointment(made, str(read))

    def settling(self, file, *, confirm):
        """The command of whoever reads the change of an authority that waits now."""
        with self.store.unit(read_only=True) as u:
            waits = u.competence.proposed(file)
        return authorities.SettleCompetence(file, waits.id if waits else "", confirm)

    @stage
    def constitute(self):
        """Members in office, on a desk where nothing else has happened yet."""
        first, found = self.actor("kubat"), {}
        second, third = self.actor("gulnara"), self.actor("hanum")
        with self.store.unit() as u:
            for name, role in MEMBERS.items():
                command = committee_members.RecordAppointment(name, role, "12/1", START.date())
                made = committee_members.record_appointment(u, first, command, at=self.at)
                confirm = committee_members.ConfirmAppointment(made, "1")
                other = third if name == second.account else second
                committee_members.confirm_appointment(u, other, confirm, at=self.at)
                found[name] = made
            u.commit()
        return found

    def call(self, who="feruza"):
        command = committee_sittings.CallSitting(self.at, "Room 1")
        return self.do(committee_sittings.call_sitting, who, command)

    def put(self, file, sitting, who="gulnara"):
        command = committee_sittings.PutOnAgenda(file, sitting)
        return self.do(committee_sittings.put_on_agenda, who, command)

    def open(self, sitting, present=ALL, who="feruza"):
        command = committee_sittings.OpenSitting(sitting, frozenset(present))
        return self.do(committee_sittings.open_sitting, who, command)

    def in_session(self, *files, present=ALL):
        """A sitting in session with some files on its agenda."""
        sitting = self.call()
        for file in files:
            self.put(file, sitting)
        return self.open(sitting, present)

    def item(self, sitting, place=1):
        with self.store.unit(read_only=True) as u:
            return next(e for e in u.agenda.of_sittings([sitting]) if e.place == place)

    def sitting(self, sitting):
        with self.store.unit(read_only=True) as u:
            return u.sittings.get(sitting)

    def vote(self, sitting, motion, choices=None, *, place=1, who="feruza", key=None, **opinions):
        given = choices or dict.fromkeys(VOTERS, votes.Choice.FOR)
        item = self.item(sitting, place).id
        command = votes.RecordBallot(item, motion, "As discussed.", given, opinions, key)
        return self.do(votes.record_ballot, who, command)

    def end(self, sitting):
        return self.do(
            committee_minutes.end_sitting, "feruza", committee_minutes.EndSitting(sitting)
        )

    def sign(self, sitting, who, digest=None):
        command = committee_minutes.SignMinutes(sitting, digest or self.sitting(sitting).digest)
        return self.do(committee_minutes.sign_minutes, who, command, ports=True)

    def closed(self, motion, *files):
        """The number of closed minutes in which each file got the same result."""
        sitting = self.in_session(*files)
        for place in range(1, len(files) + 1):
            self.vote(sitting, motion, place=place)
        self.end(sitting)
        self.sign(sitting, "ermek")
        self.sign(sitting, "feruza")
        return self.sitting(sitting).minutes

    def kinds(self, subject):
        with self.store.unit(read_only=True) as u:
            return [each.kind for each in u.audit.of_subjects(subject, without=set())]
