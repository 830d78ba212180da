"""Where a link may lead: places of our own, as browsers read addresses."""

from __future__ import annotations

import pytest

from sandbox.kit.local import is_local


@pytest.mark.parametrize("wanted", ["/", "/hub/home", "/hub/login?next=%2Fhub//x", "/desk/?q=а"])
def test_places_of_our_own_are_local(wanted: str) -> None:
    assert is_local(wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "hub/home",
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\r\n/evil.example",
        "/\x00/evil.example",
        "/hub/\x7f",
        "/hub/?x=\\evil",
        "/desk/../hub/admin",
        "/\u2028/evil.example",
    ],
)
def test_everything_else_is_not(wanted: str) -> None:
    assert not is_local(wanted)
