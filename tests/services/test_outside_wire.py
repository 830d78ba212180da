"""What is asked of a provider: nothing but configured origins, and not again and again."""

from __future__ import annotations

import gzip
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.kit.errors import NotAuthenticated, Unavailable
from sandbox.services.outside_wire import LONGEST, REST, TOGETHER, Outside
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


def test_an_answer_is_not_unpacked() -> None:
    with served(Counting()) as found:
        outside = Outside("uni", frozenset({found.url}))
        found.said = (200, gzip.compress(json.dumps({"a": "b" * 100 * LONGEST}).encode()))
        found.heads = {"content-encoding": "gzip"}
        with pytest.raises(Unavailable):
            outside.get(f"{found.url}/keys")
        found.heads, found.said = {}, (200, {"a": 1})
        assert outside.get(f"{found.url}/others") == {"a": 1}


def test_a_provider_that_is_slow_keeps_only_so_many_waiting() -> None:
    answered = threading.Event()

    class Slow(Counting):
        def answer(self, *_: Any) -> Any:
            self.asked += 1
            answered.wait(8)
            return self.said

    with served(Slow()) as found, ThreadPoolExecutor(TOGETHER) as pool:
        outside = Outside("uni", frozenset({found.url}))
        waiting = [pool.submit(outside.get, f"{found.url}/keys") for _ in range(TOGETHER)]
        until = time.monotonic() + 6
        while found.asked < TOGETHER and time.monotonic() < until:
            time.sleep(0.01)
        with pytest.raises(Unavailable) as refused:
            outside.get(f"{found.url}/keys")
        assert refused.value.code == "outside.unreachable"
        with pytest.raises(Unavailable):
            outside.post(found.url, {})
        assert found.asked == TOGETHER, "nobody else is kept waiting"
        answered.set()
        assert [each.result() for each in waiting] == [{"a": 1}] * TOGETHER
        assert outside.get(f"{found.url}/keys") == {"a": 1}, "their places are free again"
