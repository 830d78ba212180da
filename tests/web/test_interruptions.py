"""An unplanned restart opens an incident for each permit that it touched, once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.domain.incidents import IncidentKind, IncidentState
from sandbox.domain.periods import Period
from sandbox.domain.regime import DeadlineKind
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import PermitNumber
from sandbox.services.interruptions import enter_interruptions
from sandbox.services.notices import follow
from sandbox.services.report_figures import figures_of
from sandbox.services.worker import Worker
from tests.web.alert_desk import watcher
from tests.web.world import World

OWED = {DeadlineKind.INCIDENT_NOTICE, DeadlineKind.INCIDENT_CONFIRMATION}
CONFIRMED = {DeadlineKind.INCIDENT_NOTICE, DeadlineKind.INCIDENT_FINAL}


def _told(desk: World, number: int = 1, **more: Any) -> dict[str, Any]:
    now = desk.clock.now().timestamp()
    one = {"number": number, "id": f"run-{number}", "what": "engine", "chain": "kgst"}
    return {**one, "began": now - 3, "ended": now, **more}


def _incidents(desk: World) -> list[Any]:
    with desk.parts.store.unit(read_only=True) as u:
        return sorted(u.incidents.select(), key=lambda each: each.id)


def _running(desk: World, incident: str) -> set[DeadlineKind]:
    with desk.parts.store.unit(read_only=True) as u:
        return {each.kind for each in u.deadlines.all_running() if each.subject == incident}


def _on_duty(desk: World) -> None:
    starts = desk.clock.now() + timedelta(hours=6)
    form = "%Y-%m-%dT%H:%M"
    duty = {
        "account": "feruza",
        "starts": starts.strftime(form),
        "ends": (starts + timedelta(days=5)).strftime(form),
    }
    done = desk.browser("ermek").act("/desk/duty", duty)
    assert done.status_code == 303, done.text
    desk.clock.forward(timedelta(minutes=1))


@pytest.fixture
def number(desk: World) -> str:
    number = desk.granted()
    desk.clock.forward(timedelta(hours=1))
    return number


def test_once_for_each_restart_and_only_where_it_touched(desk: World, number: str) -> None:
    told = [_told(desk)]
    assert enter_interruptions(watcher(desk), told) == 1
    assert enter_interruptions(watcher(desk), told) == 1
    (one,) = _incidents(desk)
    assert (one.kind, one.state, one.permit) == (
        *(IncidentKind.ENGINE, IncidentState.INTERIM),
        number,
    )
    assert one.facts["chain"] == "kgst"
    assert _running(desk, one.id) == OWED
    other = [_told(desk, 2, chain="som"), _told(desk, 3, ended=0.0)]
    assert enter_interruptions(watcher(desk), other) == 3
    assert len(_incidents(desk)) == 1, "not this permit's chain; before it was granted"
    assert enter_interruptions(watcher(desk), [_told(desk, 4, what="gateway", chain="")]) == 4
    assert [each.kind for each in _incidents(desk)] == [IncidentKind.ENGINE, IncidentKind.GATEWAY]
    with desk.parts.store.unit(read_only=True) as u:
        kinds = [each.kind for each in u.audit.newest(20)]
    assert kinds.count("platform.interrupted") == 4


def test_what_goes_down_again_is_told_in_the_one_that_waits(desk: World, number: str) -> None:
    book = [_told(desk)]
    for place in range(2, 7):
        desk.clock.forward(timedelta(seconds=20))
        book.append(_told(desk, place))
    for _ in range(2):
        assert enter_interruptions(watcher(desk), book) == 6
    (one,) = _incidents(desk)
    assert one.facts["times"] == 6
    assert one.facts["ended"] == desk.clock.now().isoformat()
    assert _running(desk, one.id) == OWED
    with desk.parts.store.unit() as u:
        kinds = [each.kind for each in u.audit.newest(20)]
        u.incidents.save(replace(one, state=IncidentState.OPEN))
        u.commit()
    assert (kinds.count("incident.opened"), kinds.count("platform.interrupted")) == (1, 6)
    assert "How many times" in desk.browser("aigul").get(f"/desk/incidents/{one.id}").text
    enter_interruptions(watcher(desk), [_told(desk, 7)])
    assert all(
        desk.browser("aigul").get(f"/desk/incidents/{each.id}").status_code == 200
        for each in _incidents(desk)
    )
    assert [each.facts.get("times") for each in _incidents(desk)] == [6, None], "it was confirmed"


def test_a_worker_that_dies_between_goes_on_and_does_nothing_twice(
    desk: World, number: str
) -> None:
    class Killed(Exception):
        pass

    def die(step: str) -> None:
        if step == "interruption.between":
            raise Killed

    told = [_told(desk)]
    with pytest.raises(Killed):
        enter_interruptions(replace(watcher(desk), at_step=die), told)
    assert len(_incidents(desk)) == 1
    enter_interruptions(watcher(desk), told)
    assert len(_incidents(desk)) == 1


def test_the_worker_reads_on_from_what_it_entered(desk: World, number: str) -> None:
    asked: list[int] = []

    class Gateway:
        def heartbeat(self, payload: Any) -> dict[str, Any]:
            asked.append(payload["interruptions"])
            found = [each for each in book if each["number"] > payload["interruptions"]]
            return {"policies": {}, "keys": 0, "interruptions": found}

        def __getattr__(self, name: str) -> Any:
            raise Unavailable("gateway.unreachable")

    book = [_told(desk, 7)]
    worker = Worker(replace(watcher(desk), gateway=Gateway()))
    for _ in range(2):
        worker.loops[2].once()
        worker.interruptions()
    book.append(_told(desk, 9, what="gateway", chain=""))
    worker.loops[2].once()
    worker.interruptions()
    assert asked == [0, 7, 7]
    assert len(_incidents(desk)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_it_is_said_to_be_automatic_and_only_the_duty_officer_decides(
    desk: World, number: str, lang: str
) -> None:
    enter_interruptions(watcher(desk), [_told(desk)])
    (one,) = _incidents(desk)
    path = f"/desk/incidents/{one.id}"
    words = {"ky": "Автоматтык", "ru": "Автоматический", "en": "Automatic"}[lang]
    for who in ("aigul", "damira", "ermek"):
        assert words in desk.browser(who, lang).get(path).text, who
    follow(watcher(desk), public_url="http://x", mail=False)
    assert "Incident opened by the system" in desk.browser("aigul").get("/desk/notices").text
    said = {"text": "The machine was out of memory."}
    for who in ("aigul", "damira"):
        assert desk.browser(who).act(f"{path}/confirm", said).status_code == 403, who
    assert desk.browser("omar").act(f"{path}/confirm", said).status_code in {403, 404}
    early = desk.browser("feruza").act(f"{path}/confirm", said)
    assert (early.status_code, _incidents(desk)[0].state) == (403, IncidentState.INTERIM)
    offered = (f'action="{path}/confirm"', f'action="{path}/lift"')
    assert not any(each in desk.browser("feruza").get(path).text for each in offered)
    _on_duty(desk)
    assert all(each in desk.browser("feruza").get(path).text for each in offered)
    assert not any(each in desk.browser("ermek").get(path).text for each in offered)
    assert desk.browser("feruza").act(f"{path}/confirm", {"text": " "}).status_code == 400
    assert desk.browser("aigul").act(f"{path}/final", said).status_code == 409
    assert desk.browser("feruza").act(f"{path}/confirm", said).status_code == 303
    assert desk.browser("feruza").act(f"{path}/lift", said).status_code == 409
    assert _incidents(desk)[0].state is IncidentState.OPEN
    assert _running(desk, one.id) == CONFIRMED
    assert desk.browser("aigul").act(f"{path}/final", said).status_code == 303
    assert _incidents(desk)[0].state is IncidentState.FINAL


@pytest.mark.slow
def test_lifting_ends_it_with_its_deadlines(desk: World, number: str) -> None:
    enter_interruptions(watcher(desk), [_told(desk)])
    (one,) = _incidents(desk)
    path = f"/desk/incidents/{one.id}"
    assert (
        desk.browser("aigul").act(f"{path}/follow_up", {"text": "Nobody saw."}).status_code == 303
    )
    _on_duty(desk)
    done = desk.browser("feruza").act(f"{path}/lift", {"text": "Nobody was paying."})
    assert done.status_code == 303, done.text
    (one,) = _incidents(desk)
    assert (one.state, one.closed_by, one.noticed_late) == (IncidentState.CLOSED, "feruza", False)
    assert _running(desk, one.id) == set()
    figures = desk.browser("ermek").get("/desk/cohort/statistics?form=csv").text
    (counted,) = re.findall(r"^[^,]*,Incidents reported,,(\d+)", figures, re.MULTILINE)
    with desk.parts.store.unit(read_only=True) as u:
        assert not u.incidents.interim(PermitNumber(number))
        month = Period(*(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)), 1)
        told = {
            each.key: each.value for each in figures_of(u, u.permits.get(number), month).figures
        }
    assert (counted, told["incidents_reported"]) == ("0", 0)
    assert "Nobody was paying." in desk.browser("damira").get(path).text
