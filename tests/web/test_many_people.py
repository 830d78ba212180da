"""Many invited people: a request asks the store as often for many of them as for few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from sandbox.domain.records import OutboxRow
from sandbox.kit.errors import Conflict
from sandbox.services import audit, customers
from sandbox.services.customers import InviteCustomers
from sandbox.services.identity import actor_of
from sandbox.services.known_people import (
    AT_ONCE,
    DESCRIBE,
    DescribePerson,
    describe,
    tell_what_changed,
)
from sandbox.web.permits import PEOPLE
from tests.web.world import World


def _done(desk: World, act: Callable[..., Any], command: Any, **more: Any) -> tuple[Any, int]:
    """What an act of the team gave, and how many statements it took."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    with desk.parts.store.unit() as u:
        bakyt = actor_of(u, "bakyt")  # type: ignore[arg-type]
        event.listen(desk.parts.store.engine, "before_cursor_execute", note)
        found = act(u, bakyt, command, at=desk.clock.now(), **more)
        event.remove(desk.parts.store.engine, "before_cursor_execute", note)
        u.commit()
    return found, len(asked)


def _invite(desk: World, number: str, count: int, **more: Any) -> tuple[Any, int]:
    command = InviteCustomers(number, count, **more)  # type: ignore[arg-type]
    return _done(desk, customers.invite, command, ports=desk.parts.ports)


def _describe(desk: World, number: str, customer: str, residence: str = "KZ") -> tuple[Any, int]:
    command = DescribePerson(number, customer, residence, "full")  # type: ignore[arg-type]
    return _done(desk, describe, command)


def test_people_are_invited_and_described_in_as_many_statements_as_one(desk: World) -> None:
    number = desk.granted()
    _, for_few = _invite(desk, number, 2, residence="KZ")
    _, for_many = _invite(desk, number, AT_ONCE, residence="KZ")
    assert for_few == for_many
    one, first = _describe(desk, number, "all", "KG")
    assert len(one) == AT_ONCE + 2
    _invite(desk, number, AT_ONCE - 2)
    everybody, second = _describe(desk, number, "all")
    assert (len(everybody), second) == (2 * AT_ONCE, first)
    with desk.parts.store.unit(read_only=True) as u:
        known = u.known_people.of_permit(number)  # type: ignore[arg-type]
        said = u.audit.of_kinds(number, {"permit.customer_described"})
        rows = u.outbox.due(desk.clock.now())
        told = [each.payload["customers"] for each in rows if each.kind == DESCRIBE]
        assert audit.verify_log(u).ok
    assert {each.residence for each in known.values()} == {"KZ"}
    assert len(said) == (AT_ONCE + 2) * 2 + 2 * AT_ONCE, "each person has entries of their own"
    assert told == [[each.customer for each in one[:AT_ONCE]]], "the first of four parts"


def test_who_was_erased_is_not_described_again(desk: World) -> None:
    number = desk.granted()
    (first, second), _ = _invite(desk, number, 2)
    with desk.parts.store.unit() as u:
        u.customers.save(replace(u.customers.get(first.id), salt=""))
        u.commit()
    found, _ = _describe(desk, number, "all")
    assert [each.customer for each in found] == [second.id]
    with pytest.raises(Conflict, match=r"erasure\.done_already"):
        _describe(desk, number, first.id)


def test_what_an_earlier_version_left_to_tell_is_still_told(desk: World) -> None:
    number = desk.granted()
    ((one,), _), at = _invite(desk, number, 1), desk.clock.now()
    row = OutboxRow(1, DESCRIBE, one.address, {"customer": one.id}, at, at)
    assert tell_what_changed(desk.parts.store, desk.gateway, row, {}) == ()


def test_the_permits_page_shows_its_people_in_parts(desk: World) -> None:
    number = desk.granted()
    invited = [each for _ in range(2) for each in _invite(desk, number, PEOPLE // 2)[0]]
    bakyt, path = desk.browser("bakyt"), f"/desk/permits/{number}"
    assert "?people=" not in bakyt.get(path).text, "they fit on one page"
    (last,), _ = _invite(desk, number, 1)
    whole = bakyt.get(path).text
    assert [each.address in whole for each in invited] == [True] * PEOPLE
    assert (last.address in whole, f"{path}?people={PEOPLE}#customers" in whole) == (False, True)
    rest = bakyt.get(f"{path}?people={PEOPLE}").text
    assert (last.address in rest, invited[0].address in rest) == (True, False)
    for odd in ("-1", "²", "9" * 80, str(PEOPLE + 1)):
        assert invited[0].address in bakyt.get(path, params={"people": odd}).text
