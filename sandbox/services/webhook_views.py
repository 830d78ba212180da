"""Webhooks as those who manage them see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.domain.webhooks import Attempt, Endpoint, EndpointState, Outcome
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class EndpointView:
    """An address without its secret.

    Attributes:
        kinds: only these; all when empty.
        waiting: events that were not taken yet.
        next_at: when the first of them is tried (again).
        previous_until: until when messages are signed with the secret before as well.
    """

    id: str
    url: str
    kinds: tuple[str, ...]
    state: EndpointState
    created_by: str
    created_at: datetime
    changed_at: datetime
    previous_until: datetime | None
    waiting: int
    next_at: datetime | None


@dataclass(frozen=True)
class MadeEndpointView:
    """An address and its new secret; None when the same request was answered before."""

    endpoint: EndpointView
    secret: str | None


@dataclass(frozen=True)
class AttemptView:
    """One try.

    Attributes:
        seq: for ``before``.
        event: the ``webhook-id``.
        head: the beginning of the answer.
    """

    seq: int
    event: str
    kind: str
    at: datetime
    milliseconds: int
    outcome: Outcome
    status: int | None
    head: str
    by_hand: bool


def endpoint_views(u: UnitOfWork, endpoints: Sequence[Endpoint]) -> tuple[EndpointView, ...]:
    """Addresses with what waits for them."""
    waiting = u.webhooks.events.waiting([each.id for each in endpoints])
    out = []
    for each in endpoints:
        first = u.webhooks.events.first_waiting(each.id) if each.id in waiting else None
        going = each.state is EndpointState.ON and first is not None
        out.append(
            EndpointView(
                id=each.id,
                url=each.url,
                kinds=each.kinds,
                state=each.state,
                created_by=each.created_by,
                created_at=each.created_at,
                changed_at=each.changed_at,
                previous_until=each.previous_until,
                waiting=waiting.get(each.id, 0),
                next_at=first.next_at if going and first else None,
            )
        )
    return tuple(out)


def attempt_view(attempt: Attempt) -> AttemptView:
    """A try as it is shown."""
    return AttemptView(
        seq=attempt.seq,
        event=attempt.event,
        kind=attempt.kind,
        at=attempt.at,
        milliseconds=attempt.milliseconds,
        outcome=attempt.outcome,
        status=attempt.status,
        head=attempt.head,
        by_hand=attempt.by_hand,
    )
