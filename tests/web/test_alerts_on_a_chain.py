"""Alerts on what a real chain sealed and a real gateway refused, from the rule to the explorer."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.domain.alerts.rule import Band
from sandbox.domain.alerts.rule_set import SHIPPED
from sandbox.domain.seats import Channel
from sandbox.domain.supervision import Setting, SettingKind, SettingState
from sandbox.services import identity
from sandbox.services.alert_watch import AlertWatch, watch_denied
from sandbox.services.charts import permit_charts
from sandbox.services.evidence import copy_refusals
from sandbox.services.publication import Desk
from tests.web.explorer_world import fill, system
from tests.web.world import World

pytestmark = pytest.mark.slow
HOME = "/desk/cohort/alerts"


def strictest(desk: World) -> None:
    """Rules that one payment and one refusal meet, in force since long ago."""
    first = (Band(1, 50),)
    rules = {
        name: replace(SHIPPED.rules[name], bands=first, values={"window": 60} | more)
        for name, more in (("burst", {"floor": 1}), ("probing", {}))
    }
    body = replace(SHIPPED, rules={**SHIPPED.rules, **rules}).as_dict()
    at = desk.clock.now() - timedelta(days=1000)
    with desk.parts.store.unit() as u:
        u.supervision.add(
            Setting(
                "SV-2020-0001",
                SettingKind.RULES,
                2,
                SettingState.IN_FORCE,
                body,
                "For a test.",
                "ermek",
                "person-ermek",
                at,
                confirmer="feruza",
                in_force_since=at,
            )
        )
        u.commit()


def test_an_alert_leads_to_the_sealed_transaction_and_to_the_refusal(desk: World) -> None:
    with system() as running:
        made = fill(desk, running)
        strictest(desk)
        real = Desk(desk.parts.store, running.inside, desk.clock)
        assert AlertWatch(real, "kgst").turn() > 0
        assert AlertWatch(real, "kgst").turn() == 0
        while copy_refusals(real):
            pass
        assert watch_denied(real) > 0
        ermek = desk.browser("ermek")
        listed = ermek.get(f"{HOME}?rule=burst&q={made.wallet.lower()}").text
        burst = re.search(r"AL-\d{4}-\d{6}", listed)
        assert burst
        page = ermek.get(f"{HOME}/{burst[0]}").text
        assert "Version 2" in page
        assert "150.00" in page
        link = f"/desk/explorer/kgst/transactions/{made.paid}"
        assert link in page
        assert ermek.get(link).status_code == 200
        probing = re.search(r"AL-\d{4}-\d{6}", ermek.get(f"{HOME}?rule=probing").text)
        assert probing
        assert "Holding cap of a customer" in ermek.get(f"{HOME}/{probing[0]}").text
        with desk.parts.store.unit(read_only=True) as u:
            actor = identity.actor_of(u, "ermek", channel=Channel.BROWSER)
            (chart,) = permit_charts(u, actor, made.number, at=datetime.now(UTC))
            token = made.permit.token.lower()
            (held,) = [
                each.expected
                for each in u.explorer.holdings_of("kgst", made.wallet.lower(), 9)
                if each.token == token
            ]
        assert chart.held == held > 0
        assert sum(chart.sizes) == sum(each.payments for each in chart.days) == 1
