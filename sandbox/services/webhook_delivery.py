"""Webhooks on their way: in order for each address, at least once, nobody held back by others.

1. Every address whose first waiting event is due gets a thread, at most ``OF_ONE`` for one
   organisation and one for one address; what somebody asked to have sent again goes likewise.
2. The message is signed now, with every secret that is good, and sent (``webhook_wire``).
3. What came of it is written down with the try: taken, tried again after a growing pause, or,
   after three days of failing or an answer 410, the address set aside with an audit entry, which
   tells those who manage it.
4. While events are taken the same thread goes on with the next.
5. Once an hour what is older than thirty days is forgotten.

A worker that dies after the other side took a message sends it again under the same id.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from cryptography.fernet import InvalidToken

from sandbox.domain.notices import SET_ASIDE
from sandbox.domain.webhooks import (
    GIVE_UP_AFTER,
    KEPT,
    Attempt,
    Endpoint,
    EndpointState,
    Event,
    Outcome,
    headers,
    pause_after,
)
from sandbox.services.lanes import Lanes
from sandbox.services.publication import Desk
from sandbox.services.webhook_wire import Said, Wire
from sandbox.services.webhooks import Seal
from sandbox.store import UnitOfWork

OF_ONE: Final = 2
"""Messages of one organisation at a time: its slow receivers are its own trouble."""
IN_A_ROW: Final = 100
"""Events of one address that one thread sends before others get their turn."""
LOOKED_AT: Final = 200
_TIDY: Final = timedelta(hours=1)

_log = structlog.get_logger()


@dataclass
class Deliveries:
    """Sends what waits.

    Attributes:
        desk: store and clock.
        seal: opens the secrets.
        wire: the way out.
        chance: 0 to 1, for pauses that do not fall together.
    """

    desk: Desk
    seal: Seal
    wire: Wire
    chance: Callable[[], float] = random.random
    _lanes: Lanes = field(default_factory=lambda: Lanes("webhook", of_one=OF_ONE))
    _tidied: datetime | None = None

    def work_once(self) -> int:
        """Begin with every address that is due. Returns how many were begun with."""
        at = self.desk.clock.now()
        self._tidy(at)
        busy = self._lanes.busy
        with self.desk.store.unit(read_only=True) as u:
            due = [(each, True) for each in u.webhooks.events.asked_again(at, limit=LOOKED_AT)]
            due += [(each, False) for each in u.webhooks.events.due(at, limit=LOOKED_AT)]
            orgs = {
                each.endpoint: u.webhooks.endpoints.get(each.endpoint).org
                for each, _ in due
                if each.endpoint not in busy
            }
        return sum(
            self._lanes.begin(
                event.endpoint, orgs[event.endpoint], partial(self._run, event, by_hand)
            )
            for event, by_hand in due
            if event.endpoint in orgs
        )

    def settle(self) -> None:
        """Wait until nothing is under way and nothing is due; for tests and at the end."""
        self._lanes.settle(self.work_once)

    def _run(self, event: Event, by_hand: bool) -> None:  # noqa: FBT001
        following: Event | None = event
        for _ in range(IN_A_ROW):
            if following is None or not self._deliver(following, by_hand=by_hand) or by_hand:
                return
            following = self._following(event.endpoint)

    def _following(self, endpoint: str) -> Event | None:
        with self.desk.store.unit(read_only=True) as u:
            owner = u.webhooks.endpoints.find(endpoint)
            found = u.webhooks.events.first_waiting(endpoint)
        on = owner is not None and owner.state is EndpointState.ON
        return found if on and found and found.next_at <= self.desk.clock.now() else None

    def _deliver(self, event: Event, *, by_hand: bool) -> bool:
        """One try. Returns whether the event was taken."""
        at = self.desk.clock.now()
        with self.desk.store.unit(read_only=True) as u:
            endpoint = u.webhooks.endpoints.find(event.endpoint)
            fresh = u.webhooks.events.find(event.id)
        if endpoint is None or fresh is None or not _is_due(fresh, at, by_hand=by_hand):
            return False  # removed, or sent by the thread that was still busy when it was found
        event = fresh
        said = self._send(endpoint, event, at)
        failed_long = _failing_since(event, at) + GIVE_UP_AFTER <= at
        ended = said.outcome is Outcome.GONE or (said.outcome is not Outcome.TAKEN and failed_long)
        with self.desk.store.unit() as u:
            if ended and not by_hand:
                u.audit.lock()
            held = u.webhooks.endpoints.find(endpoint.id, lock=True)
            now = u.webhooks.events.find(event.id)
            if held is None or now is None:
                return False
            _note(u, now, said, at=at, by_hand=by_hand)
            u.webhooks.events.save(self._after(now, said, at, by_hand=by_hand))
            if ended and not by_hand and held.state is EndpointState.ON:
                _set_aside(u, held, said, at=at)
            u.commit()
        return said.outcome is Outcome.TAKEN

    def _send(self, endpoint: Endpoint, event: Event, at: datetime) -> Said:
        body = event.body.encode()
        try:
            keys = [self.seal.open(endpoint.secret)]
            if endpoint.previous and endpoint.previous_until and at < endpoint.previous_until:
                keys.append(self.seal.open(endpoint.previous))
        except InvalidToken:
            _log.error("webhook.secret_unreadable", endpoint=endpoint.id)
            return Said(Outcome.NOT_SIGNED, 0)
        return self.wire.post(endpoint.url, headers(keys, event.id, at, body), body)

    def _after(self, event: Event, said: Said, at: datetime, *, by_hand: bool) -> Event:
        if by_hand:
            event = replace(event, again_at=None)
        if said.outcome is Outcome.TAKEN:
            return replace(event, taken_at=event.taken_at or at, failing_since=None)
        if by_hand:
            return event
        attempts = event.attempts + 1
        return replace(
            event,
            attempts=attempts,
            failing_since=_failing_since(event, at),
            next_at=at + pause_after(attempts, self.chance()),
        )

    def _tidy(self, at: datetime) -> None:
        if self._tidied is not None and at - self._tidied < _TIDY:
            return
        with self.desk.store.unit() as u:
            gone = u.webhooks.events.drop_before(at - KEPT)
            gone += u.webhooks.attempts.drop_before(at - KEPT)
            if gone:
                u.commit()
        self._tidied = at


def _is_due(event: Event, at: datetime, *, by_hand: bool) -> bool:
    if by_hand:
        return event.again_at is not None
    return event.taken_at is None and event.next_at <= at


def _failing_since(event: Event, at: datetime) -> datetime:
    return event.failing_since or at


def _note(u: UnitOfWork, event: Event, said: Said, *, at: datetime, by_hand: bool) -> None:
    u.webhooks.attempts.add(
        Attempt(
            endpoint=event.endpoint,
            seq=u.counters.next(f"webhook:{event.endpoint}:attempts"),
            event=event.id,
            kind=event.kind,
            at=at,
            milliseconds=said.milliseconds,
            outcome=said.outcome,
            status=said.status,
            head=said.head,
            by_hand=by_hand,
        )
    )


def _set_aside(u: UnitOfWork, endpoint: Endpoint, said: Said, *, at: datetime) -> None:
    u.webhooks.endpoints.save(replace(endpoint, state=EndpointState.SET_ASIDE, changed_at=at))
    u.audit.append(
        kind=SET_ASIDE,
        actor="system",
        subject=endpoint.id,
        data={
            "organisation": endpoint.org,
            "host": endpoint.host,
            "outcome": said.outcome.value,
            "status": said.status,
        },
        at=at,
    )
