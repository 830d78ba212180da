"""``GET /terms/{number}``: one's own draft and permit for a lab; nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sandbox.domain.terms import Terms
from tests.web.world import World, world

V1 = "/desk/api/v1"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("desk")) as found:
        found.granted()
        yield found


def _ask(desk: World, number: str, name: str, context: str = "") -> httpx.Response:
    token = desk.hub.token_for(name, f"access:servers!server={name}/{context}")
    headers = {"authorization": f"Bearer {token}"}
    return desk.browser(None).client.get(f"{V1}/terms/{number}", headers=headers)


def test_a_permits_terms_are_a_document_for_its_team(desk: World) -> None:
    answer = _ask(desk, "sb-2026-0001", "bakyt", "permit-sb-2026-0001").json()
    assert (answer["number"], answer["version"]) == ("SB-2026-0001", 1)
    terms = Terms.from_dict(answer["terms"])
    assert terms.assets[0].per_transaction == 5_000 * 10**18


def test_a_drafts_terms_are_its_applicants_from_any_of_their_servers(desk: World) -> None:
    answer = _ask(desk, "F-2026-0001", "aigul").json()
    assert (answer["number"], answer["version"]) == ("F-2026-0001", 0)
    assert Terms.from_dict(answer["terms"]).max_customers == 20


@pytest.mark.parametrize("number", ["F-2026-0001", "SB-2026-0001", "SB-2026-9999", "F-1", "x"])
def test_another_persons_and_unknown_numbers_are_not_found(desk: World, number: str) -> None:
    for name, refused in (("lira", 404), ("nobody", 401)):
        assert _ask(desk, number, name).status_code == refused, number
    assert desk.browser(None).client.get(f"{V1}/terms/{number}").status_code == 401
