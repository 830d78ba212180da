"""A class arriving together at a hub that starts two workspaces at a time."""

import contextlib
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.support.browser import browsers
from tests.support.system import cookie, system

AT_ONCE = 2
CLASS = (
    *("aigul", "bakyt", "cholpon", "damira", "nazgul", "ermek"),
    *("feruza", "gulnara", "zarina", "meerim", "azamat", "jyldyz"),
)
PLACE = re.compile(r"Your place: (\d+)\. Before you: (\d+)\.")
ENGLISH = {"Accept-Language": "en"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hub():
    """A system whose hub starts two at a time, and to which the class has signed in."""
    with system(SYNAK_SERVERS_AT_ONCE=str(AT_ONCE)) as one:
        one.start()
        for user in CLASS:
            one.client(user)
        yield one


@contextlib.contextmanager
def _held(hub):
    """Servers that were asked for stay in the making until the end of the block."""
    hub.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        hub.process.send_signal(signal.SIGCONT)


def _come(hub, user, name=""):
    """Press Start; the page a moment later, when the hub has got to the queue."""
    path = f"/hub/spawn/{user}/{name}".rstrip("/")
    hub.client(user).get(path, headers=ENGLISH)
    time.sleep(1)
    return _look(hub, user, name)


def _crowd(hub, users):
    """All in the same moment; their pages."""
    with ThreadPoolExecutor(len(users)) as pool:
        return list(pool.map(lambda user: _come(hub, user), users))


def _look(hub, user, name=""):
    path = f"/hub/spawn-pending/{user}/{name}".rstrip("/")
    return hub.client(user).get(path, headers=ENGLISH)


def _place(page):
    found = PLACE.search(page.text)
    return found and int(found[1])


def _all_placed(hub, users):
    """Where each stands, when all but those who are let in have come into the queue."""
    places = {user: _place(_look(hub, user)) for user in users}
    return places if sum(map(bool, places.values())) == len(users) - AT_ONCE else None


def _await(met, seconds=120):
    deadline = time.monotonic() + seconds
    while not (found := met()):
        assert time.monotonic() < deadline
        time.sleep(0.3)
    return found


def _servers(hub, user):
    return hub.hub_api(user, "GET", f"/users/{user}").json()["servers"]


def _ready(hub, user, name=""):
    return _servers(hub, user).get(name, {}).get("ready", False)


def _settled(hub, user):
    """Whether nothing is being started, stopped or, after a restart of the hub, looked at."""
    return not any(one["pending"] for one in _servers(hub, user).values())


@pytest.fixture(autouse=True)
def _tidy(hub):
    """Nobody's workspace is left to the next test."""
    yield
    everybody = (*CLASS, "lira", "marat", "operator")
    for user in everybody:
        _await(lambda one=user: _settled(hub, one))
        for name in _servers(hub, user):
            hub.stop_server(user, name or "home")
    for user in everybody:
        _await(lambda one=user: not _servers(hub, one))


def _leave(hub, user, name=""):
    client = hub.client(user)
    form = {"_xsrf": cookie(client, "_xsrf", "/hub/")}
    return client.post(f"/hub/leave-queue/{name}", data=form, headers=ENGLISH)


def test_twelve_at_once_see_their_places_and_all_come_in(hub):
    with _held(hub):
        pages = _crowd(hub, CLASS)
        assert {page.status_code for page in pages} == {200}
        places = _await(lambda: _all_placed(hub, CLASS))
        waiting = sorted(place for place in places.values() if place)
        assert waiting == list(range(1, len(CLASS) - AT_ONCE + 1))
    seen = {user: place or 0 for user, place in places.items()}

    def let_in():
        for user in CLASS:
            page = _look(hub, user)
            assert page.status_code == 200, page.text
            place = _place(page) or 0
            assert place <= seen[user], "nobody falls back"
            seen[user] = place
        return all(_ready(hub, user) for user in CLASS)

    _await(let_in)
    for user in CLASS:
        hub.enter_server(user)


def test_estimate_follows_the_last_starts(hub):
    with _held(hub):
        _crowd(hub, CLASS[:4])
        _await(lambda: _all_placed(hub, CLASS[:4]))
        waiting = [page for user in CLASS[:4] if _place(page := _look(hub, user))]
        assert all(re.search(r"it takes about \d+ (s|min)\.", page.text) for page in waiting)
    _await(lambda: all(_ready(hub, user) for user in CLASS[:4]))


def test_leaving_gives_up_the_place_and_others_move_up(hub):
    first, second, third, last = CLASS[:4]
    with _held(hub):
        _crowd(hub, (first, second))
        assert _place(_come(hub, third)) == 1
        assert _place(_come(hub, last)) == 2
        forged = hub.client(third).post("/hub/leave-queue/", data={})
        assert forged.status_code == 403
        assert _place(_look(hub, last)) == 2, "nobody was moved by what was refused"
        _leave(hub, CLASS[6])
        assert _place(_look(hub, last)) == 2, "nor by who does not wait"
        left = _leave(hub, third)
        assert left.url.path == "/hub/home"
        assert _place(_look(hub, last)) == 1
        _await(lambda: _look(hub, third).status_code == 409)
        page = _look(hub, third)
        assert "You gave up your place" in page.text
        assert _place(_come(hub, third)) == 2, "who left may come again, behind the others"
    _await(lambda: all(_ready(hub, user) for user in CLASS[:4]))


def test_further_workspace_comes_after_those_who_have_none(hub):
    course = "course-digital-money"
    hub.start_server("lira")
    with _held(hub):
        _crowd(hub, CLASS[:2])
        page = _come(hub, "lira", course)
        assert "You have another workspace" in page.text
        assert _place(page) == 1
        other = _come(hub, CLASS[2])
        assert "You have another workspace" not in other.text
        assert _place(other) == 1
        assert _place(_look(hub, "lira", course)) == 2
        home = hub.client("lira").get("/hub/home", headers=ENGLISH)
        assert f"/hub/spawn-pending/lira/{course}" in home.text
    _await(lambda: _ready(hub, "lira", course))


def test_context_that_is_not_yours_is_refused_at_once_and_not_after_waiting(hub):
    with _held(hub):
        _crowd(hub, CLASS[:3])
        hub.ask_for_server(CLASS[3], "course-digital-money")
        refused = _await(
            lambda: "is not yours" in _look(hub, CLASS[3], "course-digital-money").text
        )
        assert refused, "while nobody is let in"
    _await(lambda: all(_ready(hub, user) for user in CLASS[:3]))


@pytest.mark.parametrize("name", ["", "course-digital-money"])
def test_restart_of_the_hub_asks_people_to_queue_again(hub, name):
    with _held(hub):
        _crowd(hub, CLASS[:2])
        page = _come(hub, "marat", name)
        again = re.search(r'href="(/hub/spawn-pending/[^"]*queued=[^"]*)"', page.text)[1]
        assert _place(page) == 1
        process = next(
            one
            for one in psutil.Process(hub.process.pid).children(recursive=True)
            if "sandbox.hub.start hub" in " ".join(one.cmdline())
            and one.cmdline()[0].endswith("python")
        )
        process.terminate()
        psutil.wait_procs([process], 40)
    _await(lambda: hub.doctor()["hub"]["ok"])
    page = hub.client("marat").get(again.replace("&amp;", "&"), headers=ENGLISH)
    assert page.status_code == 200
    assert "its queue is empty now" in page.text
    assert "its queue is empty now" not in _look(hub, "marat", name).text, "only to who waited"
    assert _come(hub, "marat", name).status_code == 200
    _await(lambda: _ready(hub, "marat", name))


@pytest.fixture
def people(hub):
    """Ends with each test: an open Playwright holds the event loop that others need."""
    with browsers(hub) as everybody:
        yield everybody


@pytest.mark.parametrize(("language", "scripts"), [("ky", True), ("ru", False)])
def test_page_goes_on_by_itself_with_and_without_scripts(hub, people, language, scripts):
    person = people.fresh("operator", language=language, phone=True, scripts=scripts)
    if scripts:
        person.sign_in()
    else:
        person.page.goto(f"{hub.url}/hub/login")
        person.page.fill('input[name="username"]', "operator")
        person.page.fill('input[name="password"]', hub.password)
        person.page.click('button[type="submit"]')
    heading = {"ky": "Сиз кезектесиз", "ru": "Вы в очереди"}[language]
    with _held(hub):
        _crowd(hub, CLASS[:3])
        _await(lambda: _all_placed(hub, CLASS[:3]))
        person.page.goto(f"{hub.url}/hub/spawn/operator")
        assert person.page.locator("h1").inner_text() == heading
        assert ": 2." in person.text()
        if scripts:
            assert person.serious_findings() == []
            assert person.too_wide() <= 0
            person.shot(f"queue-{language}")
        _leave(hub, CLASS[2])
        person.page.locator("#lines", has_text=": 1.").wait_for(timeout=60_000)
    person.page.wait_for_url(re.compile(r"operator\.synak\.localhost.*/lab"), timeout=90_000)
    assert person.errors == []
