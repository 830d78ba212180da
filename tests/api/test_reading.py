"""Reading by programs: parts of lists, what did not change, and who may learn of which permit."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from sandbox.api.etags import tag_of
from tests.api.test_interface import V1, ask, server_token
from tests.web.world import World, world

PERMIT = "SB-2026-0001"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A permit with seven refusals, and a draft of the same start-up."""
    with world(tmp_path_factory.mktemp("desk")) as found:
        number = found.granted()
        for seq in range(1, 8):
            found.refuse(number, seq)
        found.browser("aigul").post("/desk/files")
        yield found


@pytest.fixture(scope="module")
def team(desk: World) -> str:
    return server_token(desk, "bakyt", f"permit-{PERMIT.lower()}")


def parts(desk: World, path: str, token: str) -> Iterator[list[dict[str, object]]]:
    """Every part of a list, by the links alone."""
    while True:
        answer = ask(desk, path, token)
        assert answer.status_code == 200, answer.text
        yield answer.json()
        link = answer.headers.get("link")
        if link is None:
            return
        found = re.fullmatch(rf'<{V1}(/[^>]+)>; rel="next"', link)
        assert found, link
        path = found[1]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_a_list_read_part_by_part_is_the_list(desk: World, team: str, limit: int) -> None:
    found = list(parts(desk, f"/trial/refusals?limit={limit}", team))
    assert [each["seq"] for part in found for each in part] == [1, 2, 3, 4, 5, 6, 7]
    assert [len(part) for part in found[:-1]] == [limit] * (len(found) - 1)
    assert found[-1], "no link leads to an empty part"


def test_the_registers_go_on_by_number_and_keep_what_was_asked(desk: World) -> None:
    token = desk.hub.token_for("aigul")
    found = list(parts(desk, "/files?limit=1&q=f-2026", token))
    assert [each["id"] for part in found for each in part] == ["F-2026-0001", "F-2026-0002"]
    assert ask(desk, "/files?q=ПЛАТЁЖ", token).json() == []
    assert [each["id"] for each in ask(desk, "/files?state=draft", token).json()] == ["F-2026-0002"]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "after=%20", "after=" + "x" * 65])
def test_a_part_that_cannot_be_is_refused(desk: World, query: str) -> None:
    answer = ask(desk, f"/files?{query}", desk.hub.token_for("ermek"))
    assert (answer.status_code, answer.json()["code"]) == (400, "api.malformed")


SEES = {
    "aigul": (["F-2026-0001", "F-2026-0002"], [PERMIT]),
    "bakyt": (["F-2026-0001", "F-2026-0002"], [PERMIT]),
    "damira": (["F-2026-0001"], [PERMIT]),
    "ermek": (["F-2026-0001"], [PERMIT]),
    "jyldyz": (["F-2026-0001"], [PERMIT]),
    "omar": ([], []),
    "operator": ([], []),
    "lira": ([], []),
}


@pytest.mark.parametrize("who", SEES)
def test_each_seat_reads_its_own_registers_and_nothing_else(desk: World, who: str) -> None:
    files, permits = SEES[who]
    token = desk.hub.token_for(who)
    assert [each["id"] for each in ask(desk, "/files", token).json()] == files
    assert [each["number"] for each in ask(desk, "/permits", token).json()] == permits


def test_a_permit_key_reads_its_own_permit_alone(desk: World) -> None:
    made = desk.browser("bakyt").post(f"/desk/permits/{PERMIT}/keys", {"name": "n", "days": "3"})
    key = re.search(r"spk_[A-Za-z0-9_-]{20,}", made.text)[0]
    assert [each["id"] for each in ask(desk, "/files", key).json()] == ["F-2026-0001"]
    assert [each["number"] for each in ask(desk, "/permits", key).json()] == [PERMIT]


def test_a_customers_token_reads_no_register(desk: World, team: str) -> None:
    people = ask(desk, "/trial/customers", team, "POST", json={"count": 1}).json()
    for path in ("/files", "/permits"):
        assert ask(desk, path, people[0]["token"]).json() == []


NAMES = ("Kattap", "kattap", "aigul", "bakyt", "Ala-Too", "alatoo", "Merchant payments")


@pytest.mark.parametrize("context", ["", "permit-sb-2026-0001"])
def test_who_stands_behind_another_permit_is_nowhere_in_the_interface(
    desk: World, context: str
) -> None:
    """Every read, as another start-up's server: found by the description, so none is forgotten."""
    token = server_token(desk, "omar", context) if context else desk.hub.token_for("omar")
    described = ask(desk, "/openapi.json").json()["paths"]
    known = {"number": PERMIT, "chain": "kgst", "course": "digital-money", "assignment": "lab"}
    asked = 0
    for path, operations in described.items():
        if "get" not in operations or path.startswith("/public/"):
            continue
        names = re.findall(r"{(\w+)}", path)
        filled = path
        for name in names:
            filled = filled.replace(f"{{{name}}}", known.get(name, "F-2026-0001"))
        for query in ("", f"?q=kattap&permit={PERMIT}&after=A"):
            text = ask(desk, filled + query, token).text
            assert not [name for name in NAMES if name in text], (filled + query, text)
            asked += 1
    assert asked > 40


def test_the_public_record_names_the_parties_as_it_is_meant_to(desk: World) -> None:
    assert "Kattap Pay" in ask(desk, f"/public/permits/{PERMIT}").text


def test_what_did_not_change_is_not_sent_again(desk: World, team: str) -> None:
    first = ask(desk, "/trial/refusals", team)
    tag = first.headers["etag"]
    assert tag == tag_of(first.content)
    assert first.headers["cache-control"] == "private, no-cache"
    for header in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = ask(desk, "/trial/refusals", team, headers={"if-none-match": header})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    other = ask(desk, "/trial/refusals", team, headers={"if-none-match": '"x"'})
    assert (other.status_code, other.content) == (200, first.content)


def test_what_changed_has_another_tag(desk: World, team: str) -> None:
    before = ask(desk, "/trial/refusals", team).headers["etag"]
    desk.refuse(PERMIT, 100)
    after = ask(desk, "/trial/refusals", team, headers={"if-none-match": before})
    assert after.status_code == 200
    assert after.headers["etag"] != before


def test_a_tag_is_no_way_round_a_token(desk: World, team: str) -> None:
    tag = ask(desk, "/trial", team).headers["etag"]
    stranger = server_token(desk, "omar", f"permit-{PERMIT.lower()}")
    for token, status in ((None, 401), ("unknown", 401), (stranger, 404)):
        for header in (tag, "*"):
            answer = ask(desk, "/trial", token, headers={"if-none-match": header})
            assert answer.status_code == status
            assert "etag" not in answer.headers


def test_acts_have_no_tag_and_are_done_whatever_is_asked(desk: World, team: str) -> None:
    answer = ask(
        desk, "/trial/customers", team, "POST", json={"count": 1}, headers={"if-none-match": "*"}
    )
    assert answer.status_code == 201
    assert "etag" not in answer.headers


def challenge(desk: World, team: str, key: str, **changes: str) -> httpx.Response:
    body = {"address": "0x" + "5" * 40, "chain": "kgst", "name": "deployer"} | changes
    headers = {"idempotency-key": key}
    return ask(desk, "/trial/wallets/challenges", team, "POST", json=body, headers=headers)


def test_a_challenge_is_asked_for_once_under_one_key(desk: World, team: str) -> None:
    first, again = (challenge(desk, team, "one-key-1") for _ in range(2))
    assert first.status_code == again.status_code == 201, again.text
    assert first.json() == again.json()
    assert challenge(desk, team, "another-1").json()["id"] != first.json()["id"]


def test_a_key_of_another_act_is_refused(desk: World, team: str) -> None:
    challenge(desk, team, "shared-key")
    answer = ask(
        desk,
        "/trial/customers",
        team,
        "POST",
        json={"count": 1},
        headers={"idempotency-key": "shared-key"},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "once.key_reused")


def test_every_operation_is_described_with_its_errors_and_every_body_with_an_example(
    desk: World,
) -> None:
    described = ask(desk, "/openapi.json").json()
    bodies = set()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            assert {"4XX", "5XX"} <= set(operation["responses"]), (method, path)
            assert "422" not in operation["responses"]
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            bodies.add(schema.get("$ref", schema.get("items", {}).get("$ref", "")))
    schemas = described["components"]["schemas"]
    for ref in bodies - {""}:
        assert schemas[ref.rpartition("/")[2]].get("examples"), ref
