"""A desk with a permit, its people, a ledger and refusals; the watch by hand."""

from __future__ import annotations

import re
from datetime import timedelta

from sandbox.domain.records import RefusalRecord
from sandbox.services.alert_pack_watch import PackWatch
from sandbox.services.alert_trials import run_trials
from sandbox.services.alert_watch import AlertWatch, watch_denied
from sandbox.services.publication import Desk
from tests.services.alert_world import Ledger, add_customers
from tests.web.seams import START
from tests.web.world import World


def with_ledger(desk: World) -> str:
    """A permit whose customers paid suspiciously, not yet looked at."""
    number = desk.granted()
    store = desk.parts.store
    add_customers(store, number, 12)
    ledger = Ledger(store, at=START - timedelta(days=3))
    for customer in range(1, 12):
        ledger.block((0, customer, 20_000), minutes=60)
    for round_ in range(3):
        ledger.at = START - timedelta(days=2) + timedelta(hours=12 * round_)
        for customer in range(1, 4):
            ledger.block((customer, 12, 400 * customer), (customer, 12, 75), minutes=31)
    ledger.at = START - timedelta(hours=2)
    for _ in range(11):
        ledger.block((1, 12, 1_000), minutes=2)
    with store.unit() as u:
        for seq in range(1, 7):
            u.refusals.add(
                RefusalRecord(
                    seq=seq,
                    permit=number,
                    at=START - timedelta(minutes=30 - seq),
                    chain="kgst",
                    layer="chain",
                    clause="per_transaction",
                    version=1,
                    code="refused.per_transaction",
                    asset="KGST",
                    limit=str(5_000 * 10**18),
                    requested=str(5_001 * 10**18),
                    sender="0x" + "00" * 19 + "01",
                )
            )
        u.commit()
    return number


def watcher(desk: World) -> Desk:
    return Desk(desk.parts.store, desk.gateway, desk.clock)


def look_at_payments(desk: World) -> None:
    while AlertWatch(watcher(desk), "kgst").turn():
        pass


def look_at_refusals(desk: World) -> None:
    while watch_denied(watcher(desk)):
        pass


def try_rules(desk: World) -> None:
    while run_trials(watcher(desk)):
        pass


PACK = "/desk/cohort/pack"


def filled(page: str) -> dict[str, str]:
    """The fields of the form of a pack, as they are filled."""
    fields = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page))
    return {name: value for name, value in fields.items() if not name.startswith("_")}


def drafted_pack(desk: World, **changes: str) -> str:
    """Where a draft of the rule pack with some other values is."""
    ermek = desk.browser("ermek")
    fields = filled(ermek.get(f"{PACK}/draft").text) | {"reasons": "Too many."} | changes
    answer = ermek.act(PACK, fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def tried_pack(desk: World) -> str:
    """Where a draft is by which more is found, tried over the last month."""
    changes = {"R05.window": "10,080", "R05.part": "50", "typology.mule.alert": "20"}
    home = drafted_pack(desk, **changes)
    order = {"days": "30", "analysts": "2"}
    assert desk.browser("ermek").act(f"{home}/trial", order).status_code == 303
    try_rules(desk)
    return home


def newest_alert(desk: World) -> str:
    with desk.parts.store.unit(read_only=True) as u:
        return u.alerts.select(order=u.alerts.columns.id.desc(), limit=1)[0].id


def adopted_pack(desk: World) -> None:
    """A pack that two regulators adopted, and payments by which it finds something."""
    home = tried_pack(desk)
    assert desk.browser("feruza").act(f"{home}/confirm", {}).status_code == 303
    desk.clock.forward(timedelta(minutes=2))
    ledger = Ledger(desk.parts.store)
    with desk.parts.store.unit(read_only=True) as u:
        ledger.number = u.explorer.cursor("kgst").block
    ledger.at, ledger.sent = desk.clock.now(), 1_000
    ledger.block((0, 5, 1_000_000))
    for number in range(6):
        ledger.block((5, 6 + number, 80_000), minutes=2)
    desk.clock.forward(timedelta(minutes=15))
    assert PackWatch(watcher(desk), "kgst").turn() > 0
