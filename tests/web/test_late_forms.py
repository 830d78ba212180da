"""A form acts as who its sender is when all of it has come, at that time, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import anyio
import pytest
from starlette.requests import Request

from sandbox.api import bounds
from sandbox.api.bearer import caller
from sandbox.domain.lifecycle import FileState
from sandbox.domain.seats import Seat
from sandbox.kit.errors import Conflict, NotAuthenticated
from sandbox.services.identity import actor_of
from sandbox.services.leaving import EndMembership, end_membership
from sandbox.web import form_reading
from tests.web.customers_world import hidden, opened, phone_of, with_ledger
from tests.web.late_forms import cookies_of, in_two_parts
from tests.web.world import PASSWORD, Browser, World

GRAVE = {"reasons": "Grave.", "understood": "yes", "_password": PASSWORD}
SECRET = re.compile(r"spk_[\w-]{20,}")


def late(
    browser: Browser, path: str, fields: dict[str, str], between: Callable[[], object] | None
) -> tuple[int, str]:
    own = {"_csrf": browser.session.csrf, "_key": "late-1"}
    return in_two_parts(browser.world, path, own | fields, cookies_of(browser.client), between)


def leave(desk: World, account: str) -> None:
    at = desk.clock.now()
    with desk.parts.store.unit() as u:
        by = "operator" if u.accounts.get(account).org == "nbkr" else "aigul"
        actor = actor_of(u, by, reauthenticated_at=at)
        end_membership(u, actor, EndMembership(account, "Left."), at=at, ports=desk.parts.ports)
        u.commit()


def reseat(desk: World, account: str, *seats: Seat) -> None:
    with desk.parts.store.unit() as u:
        u.accounts.save(replace(u.accounts.get(account), seats=seats))
        u.commit()


def state_of(desk: World, number: str) -> FileState:
    with desk.parts.store.unit(read_only=True) as u:
        return u.files.get(u.permits.get(number).file).state


def in_order(desk: World) -> bool:
    with desk.parts.store.unit(read_only=True) as u:
        return all(first.at <= second.at for first, second in pairwise(u.audit.scan()))


def test_a_form_in_two_parts_acts_for_whoever_is_still_there(desk: World) -> None:
    number = desk.granted()
    ahead = timedelta(minutes=3)
    sent = late(
        desk.browser("ermek"),
        f"/desk/permits/{number}/suspend",
        GRAVE,
        lambda: desk.clock.forward(ahead),
    )
    assert (sent[0], state_of(desk, number)) == (303, FileState.SUSPENDED)
    with desk.parts.store.unit(read_only=True) as u:
        entry = next(each for each in u.audit.newest(9) if each.kind == "file.suspend")
    assert entry.at == desk.clock.now()
    assert in_order(desk)


@pytest.mark.parametrize(
    ("meanwhile", "status", "code"),
    [
        (lambda desk, _: leave(desk, "ermek"), 401, "session.ended"),
        (lambda _, ermek: ermek.post("/desk/sign-out"), 401, "session.ended"),
        (lambda desk, _: reseat(desk, "ermek", Seat.AUDITOR), 403, ""),
    ],
    ids=["left", "signed out", "seat removed"],
)
def test_who_is_no_regulator_any_more_when_the_form_has_come_stops_nothing(
    desk: World, meanwhile: Callable[[World, Browser], object], status: int, code: str
) -> None:
    number = desk.granted()
    ermek = desk.browser("ermek")
    said, text = late(
        ermek, f"/desk/permits/{number}/suspend", GRAVE, lambda: meanwhile(desk, ermek)
    )
    assert (said, code in text, state_of(desk, number)) == (status, True, FileState.ACTIVE)
    assert in_order(desk)


def test_a_developer_who_left_while_the_form_came_gets_no_code(desk: World) -> None:
    customer, *_ = opened(desk)
    said, text = late(
        desk.browser("bakyt"),
        "/desk/permits/SB-2026-0001/slips",
        {"people": customer},
        lambda: leave(desk, "bakyt"),
    )
    assert (said, "session.ended" in text) == (401, True)


@pytest.mark.parametrize(("minutes", "status"), [(5, 401), (0, 303)])
def test_a_password_is_as_old_as_it_is_when_the_form_has_come(
    desk: World, minutes: int, status: int
) -> None:
    number = desk.granted()
    ermek = desk.browser("ermek")
    assert ermek.act(f"/desk/permits/{number}/drills", {"reasons": " "}).status_code == 400
    desk.clock.forward(timedelta(minutes=14, seconds=59))
    said, text = late(
        ermek,
        f"/desk/permits/{number}/halt",
        {"reasons": "Grave.", "understood": "yes"},
        lambda: desk.clock.forward(timedelta(minutes=minutes)),
    )
    assert (said, "_password" in text) == (status, status == 401)
    assert state_of(desk, number) is (FileState.HALTED if status == 303 else FileState.ACTIVE)


@pytest.mark.parametrize(("seconds", "status"), [(4, 409), (1, 303)])
def test_an_appeal_is_entered_when_it_has_come(desk: World, seconds: int, status: int) -> None:
    file = desk.under_review()
    desk.browser("ermek").act(f"/desk/files/{file}/refusal", {"reasons": "No."})
    page = desk.browser("feruza").get(f"/desk/files/{file}").text
    decision = re.search(r"/decisions/([^/]+)/countersign", page)[1]
    desk.browser("feruza").act(f"/desk/files/{file}/decisions/{decision}/countersign")
    with desk.parts.store.unit(read_only=True) as u:
        due = next(each.due for each in u.deadlines.of_file(file) if each.kind.value == "appeal")
    desk.clock.forward(due - desk.clock.now() - timedelta(seconds=2))
    said, _ = late(
        desk.browser("aigul"),
        f"/desk/files/{file}/appeal",
        {"grounds": "It is wrong.", "_password": PASSWORD},
        lambda: desk.clock.forward(timedelta(seconds=seconds)),
    )
    assert said == status


@pytest.mark.parametrize(("ended", "status", "left"), [(True, 401, 500), (False, 303, 100)])
def test_a_customers_session_that_a_newer_code_ended_pays_nothing(
    desk: World, ended: bool, status: int, left: int
) -> None:
    customer, _, wallet, shop = opened(desk)
    ledger = with_ledger(desk)
    ledger.balances |= {wallet: 500 * 10**18, shop: 0}
    phone = phone_of(desk, customer)
    page = phone.get(f"/desk/c/pay?to={shop}&asset=KGST&amount=400").text
    form = re.search(r'<form[^>]*action="/desk/c/pay".*?</form>', page, re.DOTALL)
    said, text = in_two_parts(
        desk,
        "/desk/c/pay",
        hidden(form[0]),
        cookies_of(phone.client),
        (lambda: phone_of(desk, customer)) if ended else (lambda: None),
    )
    assert (said, ledger.balances[wallet]) == (status, left * 10**18)
    assert ("session.ended" in text) is ended


def test_who_signs_out_while_the_password_is_checked_does_nothing(desk: World) -> None:
    number = desk.granted()
    ermek, other = desk.browser("ermek"), desk.browser("ermek")
    other.client.cookies = ermek.client.cookies
    other.session = ermek.session
    check = desk.parts.hub.check_password

    async def slowly(account: str, password: str) -> None:
        await check(account, password)
        await anyio.to_thread.run_sync(other.post, "/desk/sign-out")

    desk.parts.hub.check_password = slowly  # type: ignore[method-assign]
    said = ermek.act(f"/desk/permits/{number}/halt", GRAVE)
    assert (said.status_code, "session.ended" in said.text) == (401, True)
    assert state_of(desk, number) is FileState.ACTIVE
    assert ermek.get("/desk/permits").status_code == 303


def test_a_form_that_comes_drop_by_drop_is_refused(
    desk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = desk.granted()
    monkeypatch.setattr(form_reading, "FORM_SECONDS", 0.2)
    said, text = late(desk.browser("ermek"), f"/desk/permits/{number}/suspend", GRAVE, None)
    assert (said, "form.too_slow" in text, state_of(desk, number)) == (
        400,
        True,
        FileState.ACTIVE,
    )


def a_key(desk: World) -> tuple[str, str]:
    """A permit key's secret and its id."""
    page = desk.browser("bakyt").post(
        "/desk/permits/SB-2026-0001/keys", {"name": "late", "days": "3"}
    )
    with desk.parts.store.unit(read_only=True) as u:
        (key,) = [each for each in u.keys.usable(desk.clock.now()) if each.name == "late"]
    return SECRET.search(page.text)[0], key.id


def revoke(desk: World, key: str) -> None:
    said = desk.browser("bakyt").post(f"/desk/permits/SB-2026-0001/keys/{key}/revoke")
    assert said.status_code == 303


@pytest.mark.parametrize("revoked", [True, False])
def test_the_interface_asks_who_calls_when_the_body_has_come(desk: World, revoked: bool) -> None:
    desk.granted()
    secret, key = a_key(desk)
    said, text = in_two_parts(
        desk,
        "/desk/api/v1/trial/faucet",
        {},
        "",
        (lambda: revoke(desk, key)) if revoked else (lambda: None),
        authorization=f"Bearer {secret}",
    )
    assert ("key.revoked" in text) is revoked
    assert (said == 401) is revoked


def test_the_interface_waits_for_no_body_for_ever(
    desk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.granted()
    secret, _ = a_key(desk)
    monkeypatch.setattr(bounds, "BODY_SECONDS", 0.2)
    bearer = f"Bearer {secret}"
    said, text = in_two_parts(
        desk, "/desk/api/v1/trial/faucet", {"a": "long body"}, "", None, authorization=bearer
    )
    assert (said, "api.too_slow" in text) == (408, True)


@pytest.mark.parametrize(
    ("meanwhile", "error", "code"),
    [
        (revoke, NotAuthenticated, "key.revoked"),
        (lambda desk, _: leave(desk, "bakyt"), NotAuthenticated, "key.revoked"),
        (lambda desk, _: reseat(desk, "bakyt", Seat.OBSERVER), Conflict, "account.changed"),
    ],
)
def test_what_takes_a_caller_long_is_written_only_while_the_caller_may(
    desk: World, meanwhile: Callable[[World, str], object], error: type[Exception], code: str
) -> None:
    desk.granted()
    secret, key = a_key(desk)
    headers = [(b"authorization", f"Bearer {secret}".encode())]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "app": desk.app}
    call = anyio.run(caller, Request(scope))
    with call.parts.store.unit() as u:
        assert u.keys.get(key).name == "late"
    meanwhile(desk, key)
    with call.parts.store.unit() as u:
        for _ in range(2):
            with pytest.raises(error, match=code.replace(".", r"\.")):
                u.keys.get(key)
