"""What is asked of a provider: nothing but configured origins, and not again and again."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.kit.errors import NotAuthenticated, Unavailable
from sandbox.services.outside_wire import REST, Outside
from tests.support.oidc import served


class Counting:
    """Answers with what is set, and counts."""

    url, said, asked = "", (200, {"a": 1}), 0

    def answer(self, *_: Any) -> Any:
        self.asked += 1
        return self.said


def test_an_address_that_failed_rests_for_a_moment() -> None:
    now = [0.0]
    with served(Counting()) as found:
        outside = Outside("uni", frozenset({found.url}), now=lambda: now[0])
        found.said = (500, {})
        for _ in range(3):
            with pytest.raises(Unavailable):
                outside.get(f"{found.url}/keys")
        assert found.asked == 1
        found.said = (200, {"a": 1})
        now[0] += REST
        assert outside.get(f"{found.url}/keys") == {"a": 1}


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_no_to_a_form_is_a_no(status: int) -> None:
    with served(Counting()) as found:
        found.said = (status, {"error": "invalid_grant"})
        with pytest.raises(NotAuthenticated):
            Outside("uni", frozenset({found.url})).post(f"{found.url}/token", {"code": "x"})


@pytest.mark.parametrize("path", ["http://127.0.0.1:1/", "http://localhost/", "file:///etc/passwd"])
def test_another_origin_is_never_asked(path: str) -> None:
    with served(Counting()) as found:
        outside = Outside("uni", frozenset({found.url}))
        for url in (path, found.url.replace("http://", "http://x@"), f"{found.url}.example/"):
            with pytest.raises(Unavailable) as refused:
                outside.get(url)
            assert refused.value.code == "outside.not_configured"
        assert found.asked == 0
