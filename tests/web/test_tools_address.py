"""The address of the chains is shown as command-line tools can reach it."""

from __future__ import annotations

import pytest

from sandbox.web.permits import for_tools
from tests.web.world import World


def test_the_permit_and_the_key_show_an_address_that_tools_resolve(desk: World) -> None:
    number = desk.granted()
    bakyt = desk.browser("bakyt")
    made = bakyt.post(f"/desk/permits/{number}/keys", {"name": "Laptop", "days": "30"})
    for shown in (bakyt.get(f"/desk/permits/{number}").text, made.text):
        assert "http://127.0.0.1:8000/rpc/kgst" in shown
        assert ".localhost:8000/rpc/" not in shown


@pytest.mark.parametrize(
    "url", ["https://synak.example", "http://10.0.0.7:8000", "http://localhost.example:8000"]
)
def test_another_address_is_shown_as_it_is(url: str) -> None:
    assert for_tools(url) == url
