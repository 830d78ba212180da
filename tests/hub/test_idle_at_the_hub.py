"""Workspaces that nobody uses: warned, saved, stopped, kept, and told afterwards why."""

import contextlib
import json
import re
import socket
import time

import pytest
from websockets.sync.client import connect

from tests.support.browser import browsers
from tests.support.system import cookie, system

TIMEOUT, WARNING, RUNNING, SEATS = 60, 30, 200, 3
AUTOSAVE = 10
LONG = 400
"""Seconds to wait for what comes after one of the times above, on a loaded machine."""
ENGLISH, RUSSIAN = {"Accept-Language": "en"}, {"Accept-Language": "ru"}
UNUSED = "nobody used it for 1 min"
CUT_OFF = "something ran in it for 3 min and nobody was there"
WARNED = "Этим рабочим местом давно никто не пользуется."
WRITTEN = "typed and never saved by hand"
NO_AUTOSAVE = "lab/api/settings/@jupyterlab/docmanager-extension:plugin"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def hub():
    """A system of three seats that stops unused workspaces after a minute."""
    limits = {"TIMEOUT": TIMEOUT, "WARNING": WARNING, "RUNNING": RUNNING}
    variables = {f"SYNAK_IDLE_{name}": str(value) for name, value in limits.items()}
    with system(SYNAK_SEATS=str(SEATS), **variables) as one:
        one.start()
        yield one


@pytest.fixture(autouse=True)
def _tidy(hub):
    """Nobody's workspace takes the next test's seat."""
    yield
    for user in ("aigul", "bakyt", "cholpon", "ermek", "damira"):
        if _runs(hub, user):
            hub.stop_server(user)
            _await(lambda one=user: not _runs(hub, one))


def _await(met, seconds=LONG):
    deadline = time.monotonic() + seconds
    while not (found := met()):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return found


def _runs(hub, user):
    return "" in hub.hub_api(user, "GET", f"/users/{user}").json()["servers"]


def _ready(hub, user):
    servers = hub.hub_api(user, "GET", f"/users/{user}").json()["servers"]
    return servers.get("", {}).get("ready", False)


def _told(hub, user):
    """What the workspace itself says of its end; nothing once it is gone. Asking is no use."""
    answer = hub.client(user).get(hub.server_url(user) + "synak/idle", headers=ENGLISH)
    return answer.json() if answer.status_code == 200 else None


def _page(hub, user, path, headers=ENGLISH):
    return hub.client(user).get(path, headers=headers).text


def _send(hub, user, method, path, **options):
    base = hub.server_url(user)
    token = cookie(hub.client(user), "_xsrf", f"/user/{user}/")
    headers = {"X-XSRFToken": token, "Referer": base + "lab"}
    return hub.client(user).request(method, base + path, headers=headers, **options)


def _type(hub, user, command):
    """Type a command into a new terminal and close its page."""
    terminal = _send(hub, user, "POST", "api/terminals", json={}).json()["name"]
    base = hub.server_url(user)
    with connect(
        base.replace("http://", "ws://", 1) + f"terminals/websocket/{terminal}",
        sock=socket.create_connection(("127.0.0.1", hub.port)),
        additional_headers={
            "Cookie": hub.client(user).build_request("GET", base).headers["cookie"]
        },
        origin=base.split("/user/")[0],
        proxy=None,
    ) as channel:
        _await(lambda: "$" in channel.recv(timeout=LONG))
        channel.send(json.dumps(["stdin", f"{command}\r"]))
        _await(lambda: command[-8:] in channel.recv(timeout=LONG))


def _let_run(kernel, code):
    """Run a cell and close its page while it runs."""
    with contextlib.suppress(TimeoutError):
        kernel.run(code, timeout=5)


def test_seat_of_an_unused_workspace_is_free_and_what_runs_keeps_its_own(hub):
    longer = 2 * TIMEOUT
    hub.start_server("cholpon")
    _type(hub, "cholpon", f"sleep {longer}; echo done > done.txt")
    hub.start_server("bakyt")
    with hub.kernel("bakyt") as kernel:
        _let_run(kernel, f"import time; time.sleep({longer}); open('done.txt', 'w').write('done')")
        _seat_goes_on(hub)
        for user in ("bakyt", "cholpon"):
            _await(lambda one=user: _ended_well(hub, one))
    for user in ("bakyt", "cholpon", "ermek"):
        _await(lambda one=user: not _runs(hub, one))
        assert UNUSED in _page(hub, user, "/hub/home"), "what ran has ended"
    hub.start_server("aigul")
    assert UNUSED not in _page(hub, "aigul", "/hub/home")
    assert hub.run_cell("aigul", "home", "print(open('work.txt').read())") == "kept\n"
    hub.stop_server("aigul")
    _await(lambda: not _runs(hub, "aigul"))
    assert UNUSED not in _page(hub, "aigul", "/hub/home"), "somebody stopped it"


def _seat_goes_on(hub):
    """From whose page is open and unused, to who waits."""
    hub.start_server("aigul")
    hub.run_cell("aigul", "home", "open('work.txt', 'w').write('kept')")
    hub.ask_for_server("ermek")
    _await(lambda: "Your place: 1." in _page(hub, "ermek", "/hub/spawn-pending/ermek"))
    assert UNUSED not in _page(hub, "aigul", "/hub/home")
    warned = []

    def gone():
        """Whether it is, asked as an open page does."""
        warned.append(_told(hub, "aigul"))
        hub.client("aigul").get(hub.server_url("aigul") + "api/sessions")
        return not _runs(hub, "aigul")

    _await(gone)
    warns = [each["warns"] for each in warned if each]
    assert warns == sorted(warns), "first it does not, then it does"
    assert set(warns) == {False, True}
    _await(lambda: _ready(hub, "ermek"))
    assert UNUSED in _page(hub, "aigul", "/hub/home")
    assert UNUSED in _page(hub, "aigul", "/hub/user/aigul/lab")
    assert "никто не пользовался 1 мин" in _page(hub, "aigul", "/hub/home", RUSSIAN)


def _ended_well(hub, user):
    """Whether what ran in a workspace has come to its end there; looking is no use of it."""
    assert _runs(hub, user), "cut off"
    file = hub.client(user).get(hub.server_url(user) + "api/contents/done.txt")
    return file.status_code == 200


def test_what_never_ends_is_cut_off_and_the_page_says_so(hub):
    hub.start_server("damira")
    with hub.kernel("damira") as kernel, contextlib.suppress(Exception):
        _let_run(kernel, "while True: print('.', end='', flush=True); __import__('time').sleep(1)")
        told = _await(lambda: (found := _told(hub, "damira")) and found["warns"] and found)
        assert "Something has been running here for long" in told["warning"]
        assert hub.client("bakyt").get(hub.server_url("damira") + "synak/idle").status_code == 403
        forged = hub.client("damira").post(hub.server_url("damira") + "synak/idle")
        assert forged.status_code == 403
        assert _told(hub, "damira")["warns"], "neither was use"
        _await(lambda: not _runs(hub, "damira"))
    assert CUT_OFF in _page(hub, "damira", "/hub/home")


@pytest.fixture
def people(hub):
    """Ends with each test: an open Playwright holds the event loop that others need."""
    with browsers(hub) as everybody:
        yield everybody


def _enter(hub, person):
    """Start a workspace by its page, and open a notebook."""
    person.page.goto(f"{hub.url}/hub/spawn/{person.user}")
    person.page.wait_for_url(re.compile(r"synak\.localhost.*/lab"), timeout=LONG * 1000)
    card = person.page.locator('.jp-LauncherCard[data-category="Notebook"]').first
    card.click(timeout=LONG * 1000)
    person.page.locator(".jp-Notebook .cm-content").first.click(timeout=LONG * 1000)


def _saved(hub, user):
    """Whether what was typed is in the file; looking at it is no use of the workspace."""
    file = hub.state / "homes" / user / "home" / "Untitled.ipynb"
    return WRITTEN in file.read_text("utf-8")


def test_page_saves_by_itself_and_a_button_in_one_of_two_tabs_keeps_the_workspace(hub, people):
    person = people.fresh("aigul", language="ru").sign_in()
    _enter(hub, person)
    person.page.keyboard.type(f"# {WRITTEN}")
    _await(lambda: _saved(hub, person.user))
    hub.enter_server("aigul")
    other = person.context.new_page()
    other.goto(hub.server_url("aigul") + "lab/workspaces/other")
    for page in (person.page, other):
        page.get_by_text(WARNED).first.wait_for(timeout=LONG * 1000)
    person.page.get_by_role("button", name="Продолжить работу").first.click(trial=True)
    person.shot("idle-warning")
    assert _told(hub, "aigul")["warns"], "an open page alone is no use"
    other.get_by_role("button", name="Продолжить работу").first.click()
    _await(lambda: not _told(hub, "aigul")["warns"])
    for page in (person.page, other):
        page.get_by_text(WARNED).first.wait_for(state="hidden", timeout=LONG * 1000)
    person.page.get_by_text(WARNED).first.wait_for(timeout=LONG * 1000)
    person.page.keyboard.press("Shift")
    person.page.get_by_text(WARNED).first.wait_for(state="hidden", timeout=LONG * 1000)
    assert _runs(hub, "aigul")
    person.page.get_by_text("Рабочее место остановлено").first.wait_for(timeout=LONG * 1000)
    person.shot("idle-stopped")
    assert person.errors == []
    person.page.goto(f"{hub.url}/hub/home")
    assert "никто не пользовался 1 мин" in person.text()
    assert person.serious_findings() == []
    person.shot("idle-home")


def test_text_of_who_switched_saving_off_is_saved_before_the_stop(hub, people):
    hub.start_server("bakyt")
    setting = {"raw": '{"autosave": false}'}
    assert _send(hub, "bakyt", "PUT", NO_AUTOSAVE, json=setting).status_code == 204
    person = people.fresh("bakyt", language="ru").sign_in()
    _enter(hub, person)
    person.page.keyboard.type(f"# {WRITTEN}")
    began = time.monotonic()
    _await(lambda: _saved(hub, person.user))
    assert time.monotonic() - began > 2 * AUTOSAVE, "the page saved when it warned, not before"
    _await(lambda: not _runs(hub, "bakyt"))
    hub.start_server("bakyt")
    hub.enter_server("bakyt")
    answer = hub.client("bakyt").get(hub.server_url("bakyt") + "api/contents/Untitled.ipynb")
    assert WRITTEN in answer.text
