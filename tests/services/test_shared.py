"""Readings that many readers share."""

import threading

import pytest

from sandbox.services.shared import SharedReadings


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_only_what_is_too_old_is_made_again_and_together():
    clock, made = Clock(), []
    shared = SharedReadings(clock)

    def reading(names):
        def make(old):
            made.append([names[place] for place in old])
            return [f"{names[place]} at {clock.now:g}" for place in old]

        return shared.get_many(names, make, age=3.0)

    assert reading(["a", "b"]) == ["a at 0", "b at 0"]
    clock.now = 2
    assert reading(["c", "a"]) == ["c at 2", "a at 0"]
    clock.now = 4
    assert reading(["b", "c", "a"]) == ["b at 4", "c at 2", "a at 4"]
    assert made == [["a", "b"], ["c"], ["b", "a"]]
    assert shared.get("b", lambda: "anew", age=3.0) == "b at 4", "one store for both"


def test_a_failure_is_not_kept_and_lets_the_next_one_in():
    shared = SharedReadings()

    def fails(_old):
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011
        shared.get_many(["a"], fails, age=3.0)
    assert shared.get_many(["a"], lambda old: ["made"] * len(old), age=3.0) == ["made"]


def test_many_askers_at_once_make_each_reading_once():
    shared, made, ready = SharedReadings(), [], threading.Barrier(8)

    def make(old):
        made.extend(old)
        return [place * 10 for place in old]

    def ask():
        ready.wait(10)
        assert shared.get_many(["a", "b", "c"], make, age=60.0) == [0, 10, 20]

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for each in askers:
        each.start()
    for each in askers:
        each.join(10)
    assert sorted(made) == [0, 1, 2]
