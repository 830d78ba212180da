"""The JSON interface: who may ask, what is answered, and that a token carries no act of law."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from sandbox.api.bounds import BODY_BYTES, BUNDLE_BODY_BYTES, limit_for
from sandbox.kit.errors import SynakError
from tests.web.world import URL, World, world

V1 = "/desk/api/v1"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("desk")) as found:
        number = found.granted()
        found.refuse(number, 7)
        yield found


@pytest.fixture(scope="module")
def key(desk: World) -> str:
    made = desk.browser("bakyt").post(
        "/desk/permits/SB-2026-0001/keys", {"name": "Laptop", "days": "30"}
    )
    return re.search(r"spk_[A-Za-z0-9_-]{20,}", made.text)[0]


def ask(
    desk: World, path: str, token: str | None = None, method: str = "GET", **options: object
) -> httpx.Response:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    headers |= options.pop("headers", {})
    return desk.browser(None).client.request(method, V1 + path, headers=headers, **options)


def server_token(desk: World, name: str, context: str) -> str:
    return desk.hub.token_for(name, f"access:servers!server={name}/{context}", "custom:synak:trial")


def test_a_permit_key_opens_its_trial(desk: World, key: str) -> None:
    answer = ask(desk, "/trial", key)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["number"] == "SB-2026-0001"
    assert body["terms"]["assets"][0]["per_transaction"] == str(5000 * 10**18)
    assert body["terms"]["max_customers"] == "20"


def test_a_server_token_opens_the_trial_of_its_context(desk: World) -> None:
    token = server_token(desk, "bakyt", "permit-sb-2026-0001")
    assert ask(desk, "/trial", token).json()["number"] == "SB-2026-0001"


@pytest.mark.parametrize("context", ["", "course-digital-money", "permit-sb-2026-0002", "permit-x"])
def test_a_server_token_of_another_context_opens_nothing(desk: World, context: str) -> None:
    answer = ask(desk, "/trial", server_token(desk, "bakyt", context))
    assert answer.status_code in (403, 404)


def test_another_start_ups_server_opens_nothing(desk: World) -> None:
    token = server_token(desk, "omar", "permit-sb-2026-0001")
    assert ask(desk, "/trial", token).status_code == 404


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "token.missing"),
        ("Basic Ym9iOmJvYg==", "token.missing"),
        ("Bearer ", "token.missing"),
        ("Bearer unknown", "token.unknown"),
        ("Bearer spk_unknown", "key.unknown"),
        ("Bearer " + "x" * 600, "token.unknown"),
    ],
)
def test_without_a_good_token_it_is_401_with_a_code(
    desk: World, header: str | None, code: str
) -> None:
    headers = {} if header is None else {"authorization": header}
    answer = desk.browser(None).client.get(f"{V1}/trial", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == code
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_browsers_cookie_opens_nothing_here(desk: World) -> None:
    assert desk.browser("bakyt").get(f"{V1}/trial").status_code == 401


def test_usage_names_every_limit(desk: World, key: str) -> None:
    body = ask(desk, "/trial/usage", key).json()
    lines = {line["clause"]: line for line in body["limits"]}
    assert lines["window_volume"]["used"] == str(361_250 * 10**18)
    assert lines["transactions_per_day"]["used"] == "962"
    assert body["incomplete"] == []


def test_deadlines_are_the_teams_and_nobody_elses(desk: World, key: str) -> None:
    answer = ask(desk, "/trial/deadlines", key)
    assert answer.status_code == 200, answer.text
    found = {each["kind"]: each for each in answer.json()}
    assert found["term"]["due"].startswith("2027-02-19")
    assert (found["decision"]["state"], found["decision"]["overdue"]) == ("met", False)
    assert "extension_notice" in found
    other = server_token(desk, "omar", "permit-sb-2026-0001")
    assert ask(desk, "/trial/deadlines", other).status_code == 404


def test_refusals_are_handed_out_after_the_last_one_known(desk: World, key: str) -> None:
    first = ask(desk, "/trial/refusals", key).json()
    assert [each["seq"] for each in first] == [7]
    assert first[0]["clause"] == "per_transaction"
    assert ask(desk, "/trial/refusals?after=7", key).json() == []


@pytest.mark.parametrize("after", ["-1", "x", "1.5", str(2**60)])
def test_a_wrong_place_in_the_refusals_is_malformed(desk: World, key: str, after: str) -> None:
    answer = ask(desk, f"/trial/refusals?after={after}", key)
    assert answer.status_code == 400
    assert answer.json()["code"] == "api.malformed"


def test_people_are_invited_once_per_idempotency_key_and_listed(desk: World, key: str) -> None:
    options = {"json": {"count": 2, "kind": "customer", "consent": True}}
    headers = {"idempotency-key": "invite-them-once"}
    made = ask(desk, "/trial/customers", key, "POST", headers=headers, **options)
    assert made.status_code == 201, made.text
    people = made.json()
    assert len(people) == 2
    assert all(each["token"].startswith("sct_") for each in people)
    again = ask(desk, "/trial/customers", key, "POST", headers=headers, **options).json()
    assert [each["id"] for each in again] == [each["id"] for each in people]
    assert all(each["token"] is None for each in again)
    everybody = ask(desk, "/trial/customers", key).json()
    assert {each["id"] for each in people} <= {each["id"] for each in everybody}
    own = ask(desk, "/customer", people[0]["token"]).json()
    assert own["id"] == people[0]["id"]
    assert ask(desk, "/trial/customers", people[0]["token"]).status_code in (403, 404)


@pytest.mark.parametrize(
    "body",
    [
        {"count": 0},
        {"count": -1},
        {"count": 201},
        {"count": 1.5},
        {"count": "x"},
        {"count": 1, "kind": "bank"},
        {"count": 1, "extra": 1},
        [],
        None,
    ],
)
def test_a_malformed_invitation_is_refused_and_nobody_is_invited(
    desk: World, key: str, body: object
) -> None:
    before = len(ask(desk, "/trial/customers", key).json())
    answer = ask(desk, "/trial/customers", key, "POST", json=body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "api.malformed"
    assert len(ask(desk, "/trial/customers", key).json()) == before


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b'{"count": NaN}'])
def test_what_is_no_json_is_refused(desk: World, key: str, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = ask(desk, "/trial/customers", key, "POST", content=content, headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("amount", ["-1", "1.5", "1e3", "", "01", "9" * 79])
def test_an_amount_that_is_no_minor_units_is_refused(desk: World, key: str, amount: str) -> None:
    people = ask(desk, "/trial/customers", key).json()
    address = people[0]["address"] if people else "0x" + "1" * 40
    body = {"address": address, "asset": "KGST", "amount": amount}
    assert ask(desk, "/trial/faucet", key, "POST", json=body).status_code == 400


def test_an_act_of_law_needs_a_browser(desk: World, key: str) -> None:
    for path in ("/desk/permits/SB-2026-0001/halt", "/desk/files/F-2026-0001/take-up"):
        answer = desk.browser(None).client.post(
            path, headers={"authorization": f"Bearer {key}", "origin": URL}, data={"x": "y"}
        )
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/desk/sign-in")
    paths = desk.browser(None).get(f"{V1}/openapi.json").json()["paths"]
    for word in ("suspend", "halt", "countersign", "grant", "tighten", "submit"):
        assert not [path for path in paths if word in path]


def test_the_head_and_its_consistency_are_public(desk: World) -> None:
    first = ask(desk, "/audit/head").json()
    desk.browser("aigul").post("/desk/files")
    second = ask(desk, "/audit/head").json()
    assert second["size"] > first["size"]
    proof = ask(desk, f"/audit/consistency?first={first['size']}&second={second['size']}").json()
    assert proof["first"] == first["size"]
    inclusion = ask(desk, f"/audit/inclusion?leaf=0&size={second['size']}").json()
    assert inclusion["leaf"]
    assert ask(desk, "/audit/inclusion?leaf=999999").status_code == 400


def test_national_names_chain_supervisor_and_token(desk: World) -> None:
    kgst = ask(desk, "/national").json()["chains"]["kgst"]
    assert kgst["chain_id"] == 56417
    assert kgst["asset"] == "KGST"
    assert kgst["rpc"].endswith("/rpc/kgst")


def test_a_part_out_of_reach_is_503_and_comes_back(desk: World) -> None:
    desk.gateway.down = True
    answer = ask(desk, "/national")
    assert answer.status_code == 503
    assert answer.json()["code"] == "gateway.unreachable"
    desk.gateway.down = False
    assert ask(desk, "/national").status_code == 200


def test_a_permits_public_record_has_nothing_private(desk: World) -> None:
    body = ask(desk, "/public/permits/sb-2026-0001").json()
    assert body["standing"] == "valid"
    assert set(body["notice"]) == {"ky", "ru", "en"}
    assert "bakyt" not in str(body)
    assert ask(desk, "/public/permits/SB-1999-0001").status_code == 404
    assert ask(desk, "/public/permits/nonsense").status_code == 400


def test_the_hub_learns_which_servers_a_user_may_start(desk: World) -> None:
    def may(user: str, secret: str = "hub-secret") -> httpx.Response:
        return ask(desk, f"/internal/contexts?user={user}", secret)

    assert "permit-sb-2026-0001" in [each["context"] for each in may("bakyt").json()]
    for each in may("bakyt").json():
        assert each.get("limits", {}) == {}
    for user in ("omar", "ermek", "damira", "nobody", "operator"):
        assert "permit-sb-2026-0001" not in [each["context"] for each in may(user).json()]
    assert may("bakyt", "wrong").status_code == 401
    assert ask(desk, "/internal/contexts?user=bakyt").status_code == 401


def test_an_unknown_address_and_a_wrong_method_are_problems(desk: World) -> None:
    assert ask(desk, "/nothing").json()["code"] == "web.not_found"
    assert ask(desk, "/trial", method="DELETE").status_code == 405
    strange = ask(desk, "/trial/faucet/a%0Ab", "unknown")
    assert strange.status_code in (401, 404)
    assert strange.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("lang", "word"), [("ru", "токен"), ("ky", "токен"), ("en", "token")])
def test_problems_speak_the_callers_language(desk: World, lang: str, word: str) -> None:
    answer = ask(desk, "/trial", headers={"accept-language": lang})
    assert word in answer.json()["title"]


def test_the_description_has_examples_and_names_the_security(desk: World) -> None:
    described = ask(desk, "/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert described["paths"]["/trial"]["get"]["security"]
    assert described["components"]["schemas"]["InviteBody"]["examples"]


def test_healthz_says_part_by_part(desk: World) -> None:
    answer = desk.browser(None).get("/desk/healthz")
    assert answer.status_code == 200
    assert answer.json()["checks"]["store"]["ok"] is True
    desk.gateway.down = True
    assert desk.browser(None).get("/desk/healthz").json()["checks"]["gateway"]["ok"] is False
    desk.gateway.down = False


def test_other_host_names_lead_to_the_public_address(desk: World) -> None:
    answer = desk.browser(None).get("/")
    assert answer.headers["location"] == f"{URL}/"


def test_every_error_class_has_a_status() -> None:
    assert {kind.status for kind in SynakError.__subclasses__()} == {
        400, 401, 403, 404, 409, 422, 500, 503,
    }  # fmt: skip


COURSE = "/courses/digital-money/assignments/wallets"


def chunks(size: int) -> Iterator[bytes]:
    """A body that states no length."""
    yield b'{"files":['
    for _ in range(size // 100_000):
        yield b"[]," * 33_333 + b" "
    yield b"[]]}"


@pytest.mark.parametrize(
    ("method", "path", "token", "size"),
    [
        ("POST", f"{COURSE}/submissions", None, 1_200_000),
        ("PUT", f"{COURSE}/release", None, 1_200_000),
        ("POST", f"{COURSE}/grading", "unknown", 1_200_000),
        ("POST", f"{COURSE}/submissions", "unknown", 13_000_000),
    ],
)
@pytest.mark.parametrize("stated", [True, False])
def test_a_body_that_is_too_large_is_not_read(
    desk: World, method: str, path: str, token: str | None, size: int, stated: bool
) -> None:
    body = b"".join(chunks(size)) if stated else chunks(size)
    answer = ask(desk, path, token, method, content=body, headers={"accept-language": "ru"})
    assert answer.status_code == 413, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (413, "api.too_large")
    assert "слишком большое" in problem["title"]
    assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "token", "size"),
    [(f"{COURSE}/submissions", None, 800_000), (f"{COURSE}/submissions", "unknown", 2_000_000)],
)
def test_a_body_within_its_bound_is_read(
    desk: World, path: str, token: str | None, size: int
) -> None:
    answer = ask(desk, path, token, "POST", content=b"".join(chunks(size)))
    assert answer.json()["code"] in ("api.malformed", "token.unknown", "token.missing")


@pytest.mark.parametrize(
    ("method", "path", "shows_token", "bundles"),
    [
        ("POST", "/c/courses/a/assignments/b/submissions", True, 1),
        ("PUT", "/c/courses/a/assignments/b/release", True, 2),
        ("PUT", "/c/courses/a/assignments/b/submissions", True, 0),
        ("POST", "/c/courses/a/assignments/b/submissions", False, 0),
        ("POST", "/c/courses/a/assignments/b/submissions/x", True, 0),
    ],
)
def test_only_files_with_a_token_may_be_large(
    method: str, path: str, shows_token: bool, bundles: int
) -> None:
    expected = bundles * BUNDLE_BODY_BYTES or BODY_BYTES
    assert limit_for(method, path, shows_token=shows_token) == expected
