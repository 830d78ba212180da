"""Who stands behind another permit is never learnt from the JSON interface: every address of it is
walked as every kind of caller, and no answer may hold a word that only the other firm has.

The words lie where a real firm's lie: names, titles, answers of the application, customers, keys,
webhooks, addresses of mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import structlog

from sandbox.api.bounds import BODY_BYTES
from sandbox.domain.mail import Mailbox
from sandbox.services.classroom_people import seed_course
from sandbox.web.app import create_app
from tests.api.test_interface import V1, ask, server_token
from tests.web.world import World, world

NUMBER, FILE = "SB-2026-0001", "F-2026-0001"
CANARIES = (
    "Kattap Canary",
    "Canary product",
    "Canary summary",
    "Canary person",
    "canary@kattap.kg",
    "canary-key",
    "hooks.canary.kg",
    "person-aigul",
)
REGISTER = "/public/permits/{number}"
PUBLIC = {(REGISTER, "Kattap Canary"), (REGISTER, "Canary product")}
"""The register that anybody verifies a permit in names firm and product, and nothing else."""
MAY_SEE = {"team", "key", "owner", "sponsor", "regulator", "auditor"}
"""Callers for whom these are their own, or their office."""
STRANGERS = ("other", "other key", "student", "operator", "customer", "expert", "nobody")


def _plant(desk: World) -> dict[str, str]:
    """Words of one firm wherever it leaves some; what its things are called in addresses."""
    with desk.parts.store.unit() as u:
        u.organisations.save(replace(u.organisations.get("kattap"), name="Kattap Canary"))
        u.accounts.save(replace(u.accounts.get("aigul"), display_name="Canary person"))
        file = u.files.get(FILE)
        answers = dict(file.answers) | {"summary": "Canary summary"}
        u.files.save(replace(file, title="Canary product", answers=answers))
        permit = u.permits.get(NUMBER)
        u.permits.save(replace(permit, title="Canary product"))
        u.mailboxes.add(Mailbox("aigul", "canary@kattap.kg"))
        seed_course(u, desk.clock.now(), teachers=["ermek"], students=["lira"])
        u.commit()
    desk.refuse(NUMBER, 7)
    page = desk.browser("aigul").post("/desk/webhooks", {"url": "https://hooks.canary.kg/x"})
    return {"webhook": re.search(r"/desk/webhooks/(wh_[0-9a-f]+)", page.text)[1]}


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict, dict]]:
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer()],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    folder: Path = tmp_path_factory.mktemp("desk")
    with world(folder) as desk:
        desk.granted()
        names = _plant(desk)
        desk.app = create_app(replace(desk.parts, receipt_key=folder / "receipt.key"))
        form = {"name": "canary-key", "days": "3"}
        made = desk.browser("bakyt").post(f"/desk/permits/{NUMBER}/keys", form)
        team = server_token(desk, "bakyt", f"permit-{NUMBER.lower()}")
        people = ask(desk, "/trial/customers", team, "POST", json={"count": 1}).json()
        names |= {"customer": people[0]["id"], "person": people[0]["id"]}
        tokens = {
            "key": re.search(r"spk_[A-Za-z0-9_-]{20,}", made.text)[0],
            "team": team,
            "owner": server_token(desk, "aigul", f"permit-{NUMBER.lower()}"),
            "sponsor": desk.hub.token_for("damira"),
            "regulator": desk.hub.token_for("ermek"),
            "auditor": desk.hub.token_for("jyldyz"),
            "other": server_token(desk, "omar", f"permit-{NUMBER.lower()}"),
            "other key": "spk_" + "a" * 43,
            "student": server_token(desk, "lira", "course-digital-money"),
            "operator": desk.hub.token_for("operator"),
            "customer": people[0]["token"],
            "expert": desk.hub.token_for("timur"),
            "nobody": "unknown",
        }
        yield desk, tokens, names
    structlog.reset_defaults()


def _paths(desk: World, names: dict[str, str]) -> list[tuple[str, str, str]]:
    """Every operation: method, path as described, path with the other firm's own names in it."""
    described = ask(desk, "/openapi.json").json()["paths"]
    known = {
        "number": NUMBER,
        "permit": NUMBER,
        "file": FILE,
        "file_id": FILE,
        "account": "aigul",
        "chain": "kgst",
        **names,
    }
    found = []
    for path, operations in described.items():
        filled = re.sub(r"\{(\w+)\}", lambda m: known.get(m[1], FILE), path)
        found += [(method.upper(), path, filled) for method in operations]
    return found


def _said(answer: httpx.Response) -> str:
    """All that an answer says: status line, headers, body."""
    return f"{answer.status_code} {dict(answer.headers)!r} {answer.text}"


def _bodies(desk: World, method: str, path: str) -> list[dict]:
    """What a caller sends: nothing, the description's own example, and what is malformed."""
    if method in ("GET", "DELETE"):
        return [{}]
    operation = ask(desk, "/openapi.json").json()["paths"][path][method.lower()]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    schemas = ask(desk, "/openapi.json").json()["components"]["schemas"]
    examples = schemas.get(name, {}).get("examples", [{}])
    return [{"json": examples[0]}, {"json": {"x": NUMBER}}, {"content": b"{"}]


@pytest.mark.slow
@pytest.mark.parametrize("who", STRANGERS)
def test_no_stranger_learns_a_word_from_any_address(
    walk: tuple[World, dict, dict], who: str
) -> None:
    desk, tokens, names = walk  # a customer of the product knows what it is called
    leaks, walked = [], 0
    for method, path, filled in _paths(desk, names):
        for body in _bodies(desk, method, path):
            for query in ("", f"?permit={NUMBER}&org=kattap&q=Canary&after=0"):
                answer = ask(desk, filled + query, tokens[who], method, **body)
                walked += 1
                text = _said(answer)
                said = [each for each in CANARIES if each in text and (path, each) not in PUBLIC]
                said = [each for each in said if (who, each) != ("customer", "Canary product")]
                leaks += [(method, path, each) for each in said]
                if answer.status_code >= 500 and answer.json()["code"] == "internal":
                    leaks.append((method, path, "500"))
    assert walked > 100
    assert leaks == []


def test_the_words_are_there_for_those_whose_they_are(walk: tuple[World, dict, dict]) -> None:
    """Else nobody's not seeing them would say anything."""
    desk, tokens, _ = walk
    seen = set()
    for who in MAY_SEE:
        for path in ("/files", "/permits", f"/permits/{NUMBER}", f"/files/{FILE}", "/webhooks"):
            text = ask(desk, path, tokens[who]).text
            seen |= {each for each in CANARIES if each in text}
    assert {"Canary product", "hooks.canary.kg"} <= seen


@pytest.mark.parametrize("path", ["/files/{}", "/permits/{}", "/webhooks/{}"])
def test_what_is_anothers_and_what_is_not_there_answer_alike(
    walk: tuple[World, dict, dict], path: str
) -> None:
    """Also in their tags and headers: only what the caller typed and the request's id differ."""
    desk, tokens, names = walk
    real = {"/files/{}": FILE, "/permits/{}": NUMBER, "/webhooks/{}": names["webhook"]}[path]
    gone = real[:-1] + ("0" if real[-1] != "0" else "1")
    told = []
    for name in (real, gone):
        answer = ask(desk, path.format(name), tokens["other"])
        headers = {k: v for k, v in answer.headers.items() if k != "x-request-id"}
        body = {k: v for k, v in answer.json().items() if k != "request_id"}
        told.append((answer.status_code, headers, repr(body).replace(name, "…")))
    assert told[0] == told[1]
    assert told[0][0] == 404


@pytest.mark.parametrize("where", ["value", "name", "deep"])
def test_nul_in_a_body_is_one_clear_error_on_every_store(
    walk: tuple[World, dict, dict], where: str
) -> None:
    desk, tokens, _ = walk
    body = {
        "value": {"url": "https://a.kg/\x00"},
        "name": {"url\x00": "https://a.kg/"},
        "deep": {"url": "https://a.kg/", "kinds": [["\x00"]]},
    }[where]
    answer = ask(desk, "/webhooks", tokens["owner"], "POST", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "api.nul")
    typed = rb'{"url": "https://a.kg/\\u0000"}'
    headers = {"content-type": "application/json"}
    answer = ask(desk, "/webhooks", tokens["owner"], "POST", content=typed, headers=headers)
    assert answer.json()["code"] != "api.nul", "six characters are not the one"
    wide = '{"url": "https://a.kg/\\u0000"}'.encode("utf-16")
    answer = ask(desk, "/webhooks", tokens["owner"], "POST", content=wide, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "api.nul")


@pytest.mark.parametrize(
    "body", [rb'{"people": ["\ud800"]}', rb'{"\udfff": 1}', b'{"people": ["\xed\xa0\x80"]}']
)
def test_half_a_character_in_a_body_is_one_clear_error(
    walk: tuple[World, dict, dict], body: bytes
) -> None:
    desk, tokens, _ = walk
    headers = {"content-type": "application/json"}
    answer = ask(
        desk, "/trial/customers/codes", tokens["owner"], "POST", content=body, headers=headers
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "api.half_character")
    whole = body.replace(rb"\ud800", rb"\ud83d\ude00").replace(rb"\udfff", b"x")
    whole = whole.replace(b"\xed\xa0\x80", b"\xed\x9f\xbf")
    answer = ask(
        desk, "/trial/customers/codes", tokens["owner"], "POST", content=whole, headers=headers
    )
    assert answer.json()["code"] != "api.half_character"


def test_a_huge_body_with_nul_is_too_large_before_anything_else(
    walk: tuple[World, dict, dict],
) -> None:
    desk, tokens, _ = walk
    content = b'"' + rb"\u0000" * BODY_BYTES + b'"'
    headers = {"content-type": "application/json"}
    answer = ask(desk, "/webhooks", tokens["owner"], "POST", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"], V1) == (413, "api.too_large", V1)
