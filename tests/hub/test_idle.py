"""When a server that nobody uses ends, and what is said of it."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from sandbox.hub.idle import Idle
from sandbox.hub.idle_rule import Look, Rule, Watch
from sandbox.hub.idle_words import LONGEST, why_stopped, words
from sandbox.locale import LANGUAGES
from sandbox.settings import Settings

START = datetime(2026, 9, 1, 9, tzinfo=UTC)
RULE = Rule(seconds=3600, warning=600, running=7200)


def after(seconds):
    return START + timedelta(seconds=seconds)


@pytest.fixture
def watch():
    return Watch(RULE, START)


def looks(watch, until, *, begin=0, active=START, runs=False):
    """As the server does, each five seconds; the last look."""
    found = None
    for second in range(begin, until + 1, 5):
        found = watch.look(after(second), active, runs=runs)
    return found


@pytest.mark.parametrize(
    ("second", "left", "warns"),
    [(2995, 605, False), (3000, 600, True), (3595, 5, True), (3600, 0, True), (5000, 0, True)],
)
def test_warning_comes_before_the_end(watch, second, left, warns):
    assert looks(watch, second) == Look(left, warns=warns, runs=False)


def test_warning_takes_half_of_a_short_time_at_most():
    short = Watch(Rule(60, 600, 7200), START)
    assert not looks(short, 25).warns
    assert looks(short, 30, begin=30).warns


def test_who_is_there_begins_anew_and_who_was_there_before_does_not(watch):
    assert looks(watch, 3590).left == 10
    watch.use(after(3591))
    assert watch.look(after(3592), START, runs=False) == Look(3599, warns=False, runs=False)
    assert looks(watch, 3591 + 3604, begin=3595).left == 0


def test_what_a_kernel_did_counts_as_use(watch):
    assert looks(watch, 3600, active=after(600)).left == 600
    assert looks(watch, 4200, begin=3605, active=after(600)).left == 0


def test_what_runs_keeps_the_server_and_its_end_begins_the_time_anew(watch):
    assert looks(watch, 7000, runs=True) == Look(200, warns=True, runs=True)
    assert watch.look(after(7005), START, runs=False) == Look(3600, warns=False, runs=False)
    assert looks(watch, 7005 + 3600, begin=7010).left == 0


def test_what_never_ends_is_cut_off_whatever_it_prints(watch):
    assert looks(watch, 7195, active=after(7195), runs=True).left == 5
    assert looks(watch, 7200, begin=7200, active=after(7200), runs=True).left == 0


def test_what_prints_in_the_background_keeps_the_server_no_longer_than_what_runs(watch):
    for second in range(0, RULE.running + RULE.seconds + 5, 5):
        found = watch.look(after(second), after(second), runs=False)
        assert found.warns == (second >= RULE.running + RULE.seconds - RULE.warning)
    assert found.left == 0


def test_commands_one_after_the_other_keep_it_no_longer_either(watch):
    for second in range(0, RULE.running + RULE.seconds + 5, 5):
        found = watch.look(after(second), START, runs=second % 600 != 0)
    assert found.left == 0


def test_who_is_there_lets_it_run_on(watch):
    looks(watch, 7100, runs=True)
    watch.use(after(7101))
    assert looks(watch, 7200, begin=7105, runs=True).left > 7000


def test_what_runs_is_never_given_less_than_what_does_not():
    assert looks(Watch(Rule(3600, 600, 60), START), 2000, runs=True).left == 1600


def test_machine_that_slept_warns_for_the_whole_time_before_the_end(watch):
    looks(watch, 100)
    assert watch.look(after(90_000), START, runs=False) == Look(600, warns=True, runs=False)
    assert watch.look(after(90_590), START, runs=False).left == 10
    assert watch.look(after(90_600), START, runs=False).left == 0


def test_limits_reach_the_server_as_they_are_set():
    hub = Settings.load({"SYNAK_IDLE_TIMEOUT": "120", "SYNAK_IDLE_RUNNING": "240"}).hub
    assert Rule.read(Rule.of(hub).environment()) == Rule(120, 600, 240)


def test_server_without_limits_does_not_start():
    with pytest.raises(KeyError):
        Rule.read({"SYNAK_IDLE_TIMEOUT": "120"})


@pytest.mark.parametrize("runs", [False, True])
@pytest.mark.parametrize("spoken", LANGUAGES)
def test_words_name_the_minutes_and_the_reason(monkeypatch, spoken, runs):
    monkeypatch.delenv("SYNAK_LANGUAGE", raising=False)
    told = words(Look(540, warns=True, runs=runs), RULE, spoken)
    assert "9" in told["warning"]
    assert ("120" if runs else "60") in told["stopped"]
    assert "{" not in "".join(told.values())
    assert max(map(len, told.values())) <= LONGEST, "whole, in JupyterLab"
    assert told["warning"] != words(Look(540, warns=True, runs=not runs), RULE, spoken)["warning"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (600, "10 min"),
        (599, "10 min"),
        (90, "1 min"),
        (91, "2 min"),
        (60, "1 min"),
        (59, "50 s"),
        (10, "10 s"),
        (4, "10 s"),
        (0, "10 s"),
    ],
)
def test_time_left_is_never_nothing_and_never_rounded_up_from_a_half(monkeypatch, seconds, said):
    monkeypatch.delenv("SYNAK_LANGUAGE", raising=False)
    assert f"about {said}." in words(Look(seconds, warns=True, runs=False), RULE, "en")["warning"]


@pytest.mark.parametrize(
    ("spoken", "minutes", "seconds"),
    [("en", "9 min", "30 s"), ("ru", "9 мин", "30 с"), ("ky", "9 мүнөт", "30 секунд")],
)
def test_time_is_said_in_the_readers_language(monkeypatch, spoken, minutes, seconds):
    monkeypatch.delenv("SYNAK_LANGUAGE", raising=False)
    for runs in (False, True):
        assert f"{minutes} " in words(Look(540, warns=True, runs=runs), RULE, spoken)[
            "warning"
        ].replace(".", " ")
        soon = words(Look(30, warns=True, runs=runs), Rule(30, 10, 30), spoken)
        assert f"{seconds} " in soon["warning"].replace(".", " ")
        assert f"{seconds} " in soon["stopped"].replace(".", " ")


def test_language_of_the_start_comes_before_the_browsers(monkeypatch):
    monkeypatch.setenv("SYNAK_LANGUAGE", "ru")
    assert words(Look(540, warns=True, runs=False), RULE, "en")["go_on"] == "Продолжить работу"


def test_nothing_is_said_of_a_server_that_somebody_stopped():
    assert why_stopped("", RULE, "en") == ""


@pytest.mark.parametrize(
    ("method", "path", "status", "known", "used"),
    [
        ("PUT", "/user/aigul/api/contents/a.ipynb", 200, True, True),
        ("PUT", "/user/aigul/api/contents/a.ipynb", 507, True, False),
        ("PUT", "/user/aigul/api/contents/a.ipynb", 200, False, False),
        ("PUT", "/user/aigul/lab/api/workspaces/default", 204, True, False),
        ("GET", "/user/aigul/api/sessions", 200, True, False),
        ("GET", "/user/aigul/lab", 200, True, True),
    ],
)
def test_request_is_use_if_a_person_changes_or_opens_something(method, path, status, known, used):
    page = {"Accept": "text/html"} if path.endswith("/lab") else {}
    request = SimpleNamespace(method=method, path=path, headers=page, arguments={})
    answered = SimpleNamespace(
        request=request, _jupyter_current_user=known, get_status=lambda: status
    )
    idle = Idle(SimpleNamespace(base_url="/user/aigul/"), RULE)
    idle.watch = Watch(RULE, datetime.now(UTC) - timedelta(minutes=30))
    idle.note(answered)
    assert (idle.watch.look(datetime.now(UTC), START, runs=False).left > 1800) == used


@pytest.mark.parametrize(
    ("headers", "arguments", "used"),
    [
        ({"Authorization": "token own"}, {}, False),
        ({"Authorization": "Bearer own"}, {}, False),
        ({}, {"token": [b"own"]}, False),
        ({"Authorization": "token of-the-page"}, {}, True),
    ],
)
def test_what_comes_with_the_servers_own_token_is_no_use(monkeypatch, headers, arguments, used):
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "own")
    request = SimpleNamespace(
        method="PUT", path="/user/aigul/api/contents/a", headers=headers, arguments=arguments
    )
    answered = SimpleNamespace(request=request, _jupyter_current_user=True, get_status=lambda: 200)
    idle = Idle(SimpleNamespace(base_url="/user/aigul/"), RULE)
    idle.watch = Watch(RULE, datetime.now(UTC) - timedelta(minutes=30))
    idle.note(answered)
    assert (idle.watch.look(datetime.now(UTC), START, runs=False).left > 1800) == used
