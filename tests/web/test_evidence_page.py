"""The evidence page: who gets it, what an order needs, taking a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.domain.evidence_tasks import TaskKind, TaskState
from sandbox.services.journal_batches import ASKED, DISAGREES, alarm_of
from tests.web.world import World

ORDER: dict[str, Any] = {
    "recipient": "Court of Bishkek",
    "legal_basis": "Criminal Procedure Code, art. 200",
    "without_names": "yes",
}


@pytest.fixture
def full(desk: World) -> World:
    """A desk with a permit that is in force."""
    desk.number = desk.granted()
    return desk


def finished(full, content=b"a zip"):
    """What the worker leaves behind for the newest order."""
    with full.parts.store.unit() as u:
        (task, *_) = u.evidence_tasks.newest(TaskKind.EXPORT)
        result = {"digest": "0" * 64, "sha256": "ab" * 32, "bytes": len(content), "entry": 1}
        u.evidence_tasks.save(replace(task, state=TaskState.READY, result=result))
        u.commit()
    folder = full.parts.evidence
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{task.id}.zip").write_bytes(content)
    return task.id


@pytest.mark.parametrize("who", ["ermek", "jyldyz"])
def test_a_regulator_and_an_auditor_order_and_take_a_file(full, who):
    browser = full.browser(who)
    page = browser.get("/desk/evidence")
    assert page.status_code == 200
    assert full.number in page.text
    ordered = browser.post("/desk/evidence", {**ORDER, "permit": full.number})
    assert ordered.status_code == 303
    assert "Court of Bishkek" in browser.get(ordered.headers["location"]).text
    task = finished(full)
    taken = browser.post(f"/desk/evidence/{task}/file")
    assert (taken.status_code, taken.content) == (200, b"a zip")
    assert f'filename="synak-{task}.zip"' in taken.headers["content-disposition"]
    with full.parts.store.unit(read_only=True) as u:
        kinds = [(each.kind, each.actor) for each in u.audit.of_subjects(full.number)][-2:]
    assert kinds == [("evidence.ordered", who), ("evidence.taken", who)]


@pytest.mark.parametrize("who", ["aigul", "bakyt", "damira", "omar", "operator", "lira"])
def test_no_other_seat_sees_the_page_orders_or_takes(full, who):
    full.browser("ermek").post("/desk/evidence", {**ORDER, "permit": full.number})
    task = finished(full)
    browser = full.browser(who)
    assert browser.get("/desk/evidence").status_code == 403
    assert browser.post("/desk/evidence", {**ORDER, "permit": full.number}).status_code == 403
    assert browser.post(f"/desk/evidence/{task}/file").status_code == 403
    assert "/desk/evidence" not in browser.get("/desk/").text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"recipient": ""}, "evidence.recipient_missing"),
        ({"legal_basis": " "}, "evidence.basis_missing"),
        ({"since": "yesterday"}, "evidence.not_a_day"),
        ({"since": "2026-12-01", "until": "2026-11-01"}, "evidence.period_reversed"),
        ({"permit": "SB-2020-0001"}, "permit.not_found"),
    ],
)
def test_an_order_that_cannot_be_keeps_what_was_typed_and_says_why(full, change, code):
    browser = full.browser("ermek")
    answer = browser.post("/desk/evidence", {**ORDER, "permit": full.number, **change})
    assert answer.status_code in {400, 404}
    assert code in answer.text
    with full.parts.store.unit(read_only=True) as u:
        assert u.evidence_tasks.newest(TaskKind.EXPORT) == ()


def test_a_file_that_is_not_ready_is_not_given(full):
    browser = full.browser("ermek")
    browser.post("/desk/evidence", {**ORDER, "permit": full.number})
    with full.parts.store.unit(read_only=True) as u:
        (task,) = u.evidence_tasks.newest(TaskKind.EXPORT)
    answer = browser.post(f"/desk/evidence/{task.id}/file")
    assert (answer.status_code, "evidence.not_ready" in answer.text) == (409, True)


def _alarm(full, kind, **more):
    data = {"chain": "kgst", "code": "journal.cut_off", "params": {"ends": 7, "expected": 9}}
    with full.parts.store.unit() as u:
        u.audit.append(
            kind=kind,
            actor="feruza",
            subject=alarm_of("kgst"),
            data={**data, **more},
            at=full.parts.clock.now(),
        )
        u.commit()


def test_the_alarm_stands_on_the_page_and_only_regulators_may_accept(full):
    _alarm(full, DISAGREES)
    for who, may in (("ermek", True), ("jyldyz", False)):
        text = full.browser(who).get("/desk/evidence").text
        assert "journal.cut_off" in text
        assert ("/desk/evidence/accept" in text) == may
        assert "/desk/evidence#alarm-kgst" in full.browser(who).get("/desk/audit").text
    assert "#alarm-kgst" not in full.browser("aigul").get("/desk/audit").text
    loss = {"chain": "kgst", "reason": "the disk is lost"}
    assert full.browser("jyldyz").act("/desk/evidence/accept", loss).status_code == 403
    assert full.browser("ermek").post("/desk/evidence/accept", loss).status_code == 401
    assert full.browser("ermek").act("/desk/evidence/accept", loss).status_code == 303
    with full.parts.store.unit(read_only=True) as u:
        assert u.audit.of_subjects(alarm_of("kgst"))[-1].kind == ASKED


def test_evidence_that_is_taken_of_a_permit_is_the_authoritys_own(desk: World) -> None:
    number, ermek = desk.granted(), desk.browser("ermek")
    order = {"recipient": "Court", "legal_basis": "Article 200", "permit": number}
    assert ermek.act("/desk/evidence", order).status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        page = f"/desk/files/{u.permits.get(number).file}"
    assert "Evidence export ordered" in ermek.get(page).text
    for who in ("aigul", "bakyt", "damira"):
        seen = desk.browser(who).get(page)
        assert (seen.status_code, "Evidence export" in seen.text) == (200, False), who
        assert "Application submitted" in seen.text
