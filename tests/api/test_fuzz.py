"""The whole JSON interface under schemathesis: no server error, no answer that was not described.

Each kind of token that opens something is used; each operation gets well-formed requests at random
and malformed ones. Source: schemathesis, checks of its version in the lock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import schemathesis
import structlog
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sandbox.services.classroom_people import seed_course
from sandbox.web.app import create_app
from tests.api.test_interface import ask, server_token
from tests.web.world import World, world

pytestmark = pytest.mark.slow
EXAMPLES = 15
PERMIT = "SB-2026-0001"
KINDS = ("key", "team", "customer", "regulator", "teacher", "student", "nobody")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
COPY = {
    "of": "0" * 64,
    "parts": 1,
    "part": "",
    "supervisor": "0x" + "1" * 40,
    "token": "0x" + "2" * 40,
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer()],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    with world(tmp_path_factory.mktemp("desk")) as found:
        number = found.granted()
        for seq in range(1, 30):
            found.refuse(number, seq)
        found.gateway.public_state = lambda *_: COPY
        with found.parts.store.unit() as u:
            seed_course(u, found.clock.now(), teachers=["ermek"], students=["lira"])
            u.commit()
        found.app = create_app(
            replace(found.parts, receipt_key=found.parts.blobs.parent / "receipt.key")
        )
        yield found
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def tokens(desk: World) -> dict[str, str]:
    """One of each kind."""
    made = desk.browser("bakyt").post(f"/desk/permits/{PERMIT}/keys", {"name": "n", "days": "3"})
    team = server_token(desk, "bakyt", f"permit-{PERMIT.lower()}")
    people = ask(desk, "/trial/customers", team, "POST", json={"count": 1}).json()
    return {
        "key": re.search(r"spk_[A-Za-z0-9_-]{20,}", made.text)[0],
        "team": team,
        "customer": people[0]["token"],
        "regulator": desk.hub.token_for("ermek"),
        "teacher": server_token(desk, "ermek", "course-digital-money"),
        "student": server_token(desk, "lira", "course-digital-money"),
        "nobody": "unknown",
    }


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("kind", KINDS)
def test_every_operation_answers_as_it_is_described(
    desk: World, tokens: dict[str, str], kind: str, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_asgi("/desk/api/v1/openapi.json", desk.app)
    headers = {"Authorization": f"Bearer {tokens[kind]}"}
    statuses: set[int] = set()
    operations = [each.ok() for each in schema.get_all_operations()]
    for operation in operations:
        cases = operation.as_strategy(generation_mode=mode)

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def ask_it(case: schemathesis.Case) -> None:
            answer = case.call(headers=headers)
            statuses.add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        ask_it()
    assert len(operations) > 40
    if kind == "nobody":
        assert 401 in statuses
    elif mode is GenerationMode.POSITIVE:
        assert 200 in statuses, statuses
