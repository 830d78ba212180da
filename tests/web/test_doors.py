"""Who may go on reading a live page: as the store and the hub say it, for many at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event
from starlette.requests import Request

from sandbox.domain.records import Organisation
from sandbox.domain.seats import Seat
from sandbox.domain.words import OrganisationKind
from sandbox.web import visit as visits
from sandbox.web.visit import Visit
from tests.support.authority import only_authority
from tests.web.seams import START
from tests.web.world import World

pytestmark = pytest.mark.anyio
PERSONS = ("ermek", "feruza", "jyldyz", "damira", "aigul", "bakyt")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def came(desk: World, name: str) -> Visit:
    """Somebody's visit, as a stream began."""
    browser = desk.browser(name)
    cookies = f"{desk.sessions.cookie}={browser.client.cookies[desk.sessions.cookie]}"
    headers = [(b"cookie", cookies.encode())]
    scope = {"type": "http", "method": "GET", "path": "/desk/", "headers": headers, "state": {}}
    found = await desk.app.state.reception.visit(Request({**scope, "app": desk.app}))
    assert found.actor is not None
    return found


async def test_many_are_asked_about_in_four_queries_and_all_may_go_on(desk: World) -> None:
    everybody = [await came(desk, name) for name in PERSONS]
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(desk.parts.store.engine, "before_cursor_execute", note)
    found = await desk.app.state.reception.still(everybody)
    event.remove(desk.parts.store.engine, "before_cursor_execute", note)
    assert found == {each.session.id_hash for each in everybody if each.session}
    assert len([each for each in asked if each.startswith("SELECT")]) == 4


async def test_who_came_with_another_sight_than_their_authority_has_now_may_not(
    desk: World,
) -> None:
    file_id = desk.under_review()
    with desk.parts.store.unit() as u:
        market = Organisation("market", "Market", OrganisationKind.AUTHORITY, START)
        u.organisations.add(market)
        u.authorities.add(only_authority("market", rank=2, fallback=False))
        u.commit()
    everybody = {name: await came(desk, name) for name in PERSONS}
    form = {"authority": "market", "reasons": "Its product."}
    assert desk.browser("ermek").act(f"/desk/files/{file_id}/competence", form).status_code == 303
    still = desk.app.state.reception.still
    assert len(await still(list(everybody.values()))) == len(everybody), "a proposal is nothing yet"
    confirm = f"/desk/files/{file_id}/competence/confirm"
    assert desk.browser("feruza").sign(f"/desk/files/{file_id}", confirm).status_code == 303
    left = await still(list(everybody.values()))
    gone = {n for n, each in everybody.items() if each.session and each.session.id_hash not in left}
    regulators = {n for n, each in everybody.items() if Seat.REGULATOR in each.known.seats}
    assert gone == regulators != set()
    desk.clock.forward(timedelta(minutes=1))
    again = await came(desk, "ermek")
    assert len(await still([again])) == 1, "who comes afterwards sees what there is"


async def test_who_signed_out_lost_a_seat_moved_or_was_closed_may_not(desk: World) -> None:
    everybody = {name: await came(desk, name) for name in PERSONS}
    sessions = {name: each.session for name, each in everybody.items() if each.session}
    desk.sessions.end(sessions["feruza"])
    with desk.parts.store.unit() as u:
        changes: dict[str, dict[str, Any]] = {
            "jyldyz": {"seats": (Seat.OPERATOR,)},
            "damira": {"org": "kattap"},
            "aigul": {"active": False},
        }
        for name, change in changes.items():
            u.accounts.save(replace(u.accounts.get(name), **change))
        u.commit()
    found = await desk.app.state.reception.still(list(everybody.values()))
    assert found == {sessions["ermek"].id_hash, sessions["bakyt"].id_hash}


async def test_a_session_that_is_too_old_ends_and_one_in_use_goes_on(desk: World) -> None:
    reader = await came(desk, "ermek")
    reception = desk.app.state.reception
    for _ in range(11):
        desk.clock.forward(timedelta(hours=1))
        assert await reception.still([reader]), "an hour of news keeps it in use"
    desk.clock.forward(timedelta(hours=2))
    assert not await reception.still([reader]), "twelve hours are the most"


async def test_whom_the_hub_no_longer_knows_may_not_and_is_asked_without_delay_of_the_news(
    desk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = await came(desk, "ermek")
    reception, later = desk.app.state.reception, 0.0
    clock = visits.time.monotonic
    monkeypatch.setattr(visits, "time", SimpleNamespace(monotonic=lambda: clock() + later))
    desk.hub.tokens.clear()
    desk.parts.hub._seen.clear()
    assert await reception.still([reader]), "it was asked just now"
    later = 70.0
    assert await reception.still([reader]), "it is asked meanwhile"
    for _ in range(100):
        await asyncio.sleep(0.02)
        if not await reception.still([reader]):
            break
    assert not await reception.still([reader])
