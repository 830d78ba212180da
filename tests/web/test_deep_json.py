"""JSON nested without end is refused in words, under the limit that each process has of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from sandbox.run.serve import RECURSION
from sandbox.services import passkeys
from tests.web.world import World

DEEP = "[" * 19_000


@pytest.fixture
def as_served() -> Iterator[None]:
    """A library raises the limit of whoever imports it; a process of ours takes that back."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(RECURSION)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("as_served")
@pytest.mark.parametrize("text", [DEEP, '{"a":' * 3_000, "["])
def test_a_kept_head_that_is_nested_without_end_is_malformed(desk: World, text: str) -> None:
    answer = desk.browser("jyldyz").post("/desk/audit/verify", {"head": text})
    assert (answer.status_code, "audit.head_malformed" in answer.text) == (400, True)


@pytest.mark.usefixtures("as_served")
def test_a_passkeys_answer_that_is_nested_without_end_is_no_answer() -> None:
    for text in (DEEP, "["):
        with pytest.raises(ValueError, match=r"deep|Expecting"):
            passkeys._read(text)
    assert passkeys._read('{"a": []}') == {"a": []}


@pytest.mark.usefixtures("as_served")
def test_a_body_of_the_interface_that_is_nested_without_end_is_refused(desk: World) -> None:
    desk.granted()
    for text in (DEEP, "["):
        answer = desk.browser(None).client.post(
            "/desk/api/v1/trial/faucet", content=text, headers={"content-type": "application/json"}
        )
        assert 400 <= answer.status_code < 500, answer.text
