"""Evidence exports by the JSON interface."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.test_evidence_page import finished
from tests.web.world import World, world

BODY = {"recipient": "Court of Bishkek", "legal_basis": "art. 200"}


def _as(desk: World, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {desk.hub.token_for(name)}"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as found:
        yield found


@pytest.fixture
def body(desk: World) -> dict[str, str]:
    return {**BODY, "permit": desk.granted()}


@pytest.mark.parametrize("who", ["ermek", "jyldyz"])
def test_a_regulator_and_an_auditor_order_follow_and_take(
    desk: World, body: dict[str, str], who: str
) -> None:
    client, headers = desk.browser(None).client, _as(desk, who)
    key = {**headers, "Idempotency-Key": "once"}
    first, again = (client.post("/desk/api/v1/evidence", json=body, headers=key) for _ in range(2))
    assert (first.status_code, again.json()["id"]) == (202, first.json()["id"])
    address = f"/desk/api/v1/evidence/{first.json()['id']}"
    assert client.get(address, headers=headers).json()["state"] == "ordered"
    assert client.get(f"{address}/file", headers=headers).status_code == 409
    finished(desk)
    assert client.get(address, headers=headers).json()["sha256"] == "ab" * 32
    assert client.get(f"{address}/file", headers=headers).content == b"a zip"
    assert len(client.get("/desk/api/v1/evidence", headers=headers).json()) == 1


@pytest.mark.parametrize("who", ["aigul", "bakyt", "damira", "operator", "lira"])
def test_no_other_seat_orders_or_lists(desk: World, body: dict[str, str], who: str) -> None:
    client, headers = desk.browser(None).client, _as(desk, who)
    assert client.post("/desk/api/v1/evidence", json=body, headers=headers).status_code == 403
    assert client.get("/desk/api/v1/evidence", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "change", [{"recipient": ""}, {"since": "2026-01-01T00:00:00"}, {"more": 1}]
)
def test_an_order_that_cannot_be_is_refused(
    desk: World, body: dict[str, str], change: dict[str, object]
) -> None:
    client = desk.browser(None).client
    answer = client.post(
        "/desk/api/v1/evidence", json={**body, **change}, headers=_as(desk, "ermek")
    )
    assert answer.status_code == 400
    assert not Path(desk.parts.evidence).exists()
