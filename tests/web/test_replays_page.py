"""The page of full replays and its interface: who gets them, orders, progress, verdicts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.domain.evidence_tasks import TaskKind
from sandbox.services.journal_replayer import Replayer
from sandbox.services.publication import Desk
from tests.web.world import World

PAGE = "/desk/evidence/replays"
API = "/desk/api/v1/replays"
OTHERS = ["aigul", "bakyt", "damira", "omar", "operator", "lira"]
HEAD = {"number": 7, "time": 1, "hash": "0x" + "ab" * 32, "state_root": "0x" + "cd" * 32}
AUDIT = {"chain": "kgst", "batches": 2, "records": 30, "not_entered": 1, "given_up": 0}
VERDICT: dict[str, Any] = {
    "audit": {**AUDIT, "code": None, "entry": None},
    "newer_anchors": [],
    "differences": [],
    "equal_up_to": 7,
    "head": HEAD,
    "blocks": 7,
    "transactions": 9,
    "seconds": 0.5,
    "engine": "anvil",
    "sealed_by": "anvil",
}
DIFFERS = {"code": "replay.block_differs", "params": {"block": 4, "reason": "seal"}}


class Runner:
    """A launcher that knows what it is told to know."""

    def __init__(self, *seen: Mapping[str, Any]) -> None:
        self.seen = list(seen)

    def start(self, task: str, chain: str, to: int | None) -> None:
        """Nothing starts here."""

    def look(self, task: str) -> Mapping[str, Any]:
        """The next answer."""
        return self.seen.pop(0)


def worked(desk: World, folder: Path, *seen: Mapping[str, Any]) -> None:
    """The worker's turns while the launcher answers these."""
    runner = Runner(*seen)
    replayer = Replayer(
        Desk(desk.parts.store, desk.parts.ports.gateway, desk.clock), runner, folder
    )
    for _ in range(len(seen) + 1):
        replayer.work_once()


def _ended(**verdict: Any) -> dict[str, Any]:
    return {"state": "ended", "exit": 0, "said": {"verdict": {**VERDICT, **verdict}}}


@pytest.mark.parametrize("who", ["ermek", "jyldyz"])
def test_a_regulator_and_an_auditor_start_a_replay_and_take_its_verdict(
    desk: World, tmp_path: Path, who: str
) -> None:
    browser = desk.browser(who)
    assert PAGE in browser.get("/desk/evidence").text
    form = browser.get(PAGE).text
    assert 'value="kgst">KGST chain (56417)<' in form
    assert 'value="som">Digital-som chain (417)<' in form
    answer = browser.post(PAGE, {"chain": "kgst", "to": "1 234"})
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"{PAGE}?said=replay_ordered",
    )
    waiting = browser.get(PAGE).text
    assert "hx-trigger" in waiting
    with desk.parts.store.unit(read_only=True) as u:
        (task,) = u.evidence_tasks.newest(TaskKind.REPLAY)
    assert (task.subject, task.order["to"], task.asked_by) == ("kgst", 1234, who)
    assert browser.get(f"{PAGE}/{task.id}/verdict").status_code == 409
    far = {"state": "running", "said": {"progress": {"what": "blocks", "done": 3, "whole": 7}}}
    worked(desk, tmp_path, far)
    assert '<progress max="7" value="3"' in browser.get(PAGE).text
    worked(desk, tmp_path, _ended())
    shown = browser.get(PAGE)
    assert "badge-good" in shown.text
    assert "hx-trigger" not in shown.text
    taken = browser.get(f"{PAGE}/{task.id}/verdict")
    assert f'filename="synak-{task.id}.json"' in taken.headers["content-disposition"]
    assert hashlib.sha256(taken.content).hexdigest() in shown.text
    assert json.loads(taken.content)["identical"] is True


def test_a_difference_names_its_block_and_a_replay_that_was_cut_off_can_be_started_again(
    desk: World, tmp_path: Path
) -> None:
    browser = desk.browser("ermek")
    browser.post(PAGE, {"chain": "kgst"})
    worked(desk, tmp_path, _ended(differences=[DIFFERS], head=None, equal_up_to=3))
    text = browser.get(PAGE).text
    assert "Block 4 does not calculate to what was sealed" in text
    assert "badge-good" not in text.split('id="replays"')[1]
    browser.post(PAGE, {"chain": "som", "to": "5"})
    worked(desk, tmp_path, {"state": "unknown"})
    text = browser.get(PAGE).text
    assert "The replay was cut off" in text
    assert 'name="to" value="5"' in text
    assert browser.post(PAGE, {"chain": "som", "to": "5"}).status_code == 303


def test_no_other_seat_sees_starts_or_takes_a_replay(desk: World, tmp_path: Path) -> None:
    desk.browser("ermek").post(PAGE, {"chain": "kgst"})
    worked(desk, tmp_path, _ended())
    with desk.parts.store.unit(read_only=True) as u:
        (task,) = u.evidence_tasks.newest(TaskKind.REPLAY)
    for who in OTHERS:
        browser, headers = desk.browser(who), _as(desk, who)
        client = desk.browser(None).client
        answers = (
            browser.get(PAGE),
            browser.post(PAGE, {"chain": "kgst"}),
            browser.get(f"{PAGE}/{task.id}/verdict"),
            client.get(API, headers=headers),
            client.post(API, json={"chain": "kgst"}, headers=headers),
            client.get(f"{API}/{task.id}", headers=headers),
            client.get(f"{API}/{task.id}/verdict", headers=headers),
        )
        assert [each.status_code for each in answers] == [403] * 7, who
    with desk.parts.store.unit(read_only=True) as u:
        assert [each.id for each in u.evidence_tasks.newest(TaskKind.REPLAY)] == [task.id]


def test_an_order_that_cannot_be_says_why_and_starts_nothing(desk: World) -> None:
    browser = desk.browser("ermek")
    for form, code in (
        ({"chain": "bitcoin"}, "gateway.chain_unknown"),
        ({"chain": "kgst", "to": "-1"}, "replay.not_a_block"),
        ({"chain": "kgst", "to": "x"}, "replay.not_a_block"),
        ({"chain": "kgst", "to": "9" * 17}, "replay.not_a_block"),
        ({"chain": "kgst", "to": "\u0663"}, "replay.not_a_block"),
    ):
        answer = browser.post(PAGE, form)
        assert (answer.status_code, code in answer.text) == (400, True), form
    client, headers = desk.browser(None).client, _as(desk, "ermek")
    for body in ({}, {"chain": "x"}, {"chain": "kgst", "to": -1}, {"chain": 1}):
        assert client.post(API, json=body, headers=headers).status_code == 400, body
    with desk.parts.store.unit(read_only=True) as u:
        assert u.evidence_tasks.newest(TaskKind.REPLAY) == ()


def _as(desk: World, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {desk.hub.token_for(name)}"}


def test_a_program_orders_follows_and_takes_the_verdict(desk: World, tmp_path: Path) -> None:
    client, headers = desk.browser(None).client, _as(desk, "jyldyz")
    key = {**headers, "Idempotency-Key": "once"}
    first, again = (
        client.post(API, json={"chain": "kgst", "to": 7}, headers=key) for _ in range(2)
    )
    assert (first.status_code, again.json()["id"]) == (202, first.json()["id"])
    address = f"{API}/{first.json()['id']}"
    assert client.get(f"{address}/verdict", headers=headers).status_code == 409
    worked(desk, tmp_path, _ended())
    found = client.get(address, headers=headers).json()
    assert (found["state"], found["identical"], found["differences"]) == ("ready", True, [])
    data = client.get(f"{address}/verdict", headers=headers).content
    assert hashlib.sha256(data).hexdigest() == found["sha256"]
    assert [each["id"] for each in client.get(API, headers=headers).json()] == [found["id"]]
