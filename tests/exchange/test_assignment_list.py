"""JupyterLab's assignment list in a real course server: what is refused is said in one sentence."""

from __future__ import annotations

import os
import socket
import sys
import threading
from datetime import timedelta

import httpx
import pytest
import uvicorn

from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.services import exam_rooms
from sandbox.toolchain.layout import CHECKOUT
from tests.exchange import exam_world as own
from tests.exchange.conftest import COURSE, LAB
from tests.support.jupyter import answering
from tests.support.ports import free_port
from tests.web.test_in_a_browser import chromium

__all__ = ["chromium"]

BASE = "/user/lira/course-digital-money/"
WITH_TOKEN = {"Authorization": "token lira"}


def _free() -> socket.socket:
    found = socket.socket()
    found.bind(("127.0.0.1", 0))
    return found


@pytest.fixture
def address(released):
    """The desk of the class at an address; Lira's account is in Russian."""
    with released.store.unit() as u:
        at = released.clock.now()
        u.accounts.add(Account("lira", "Lira", "p", None, (Seat.STUDENT,), "ru", True, at))
        u.commit()
    place = _free()
    config = uvicorn.Config(released.client.app, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([place],), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{place.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
    place.close()


@pytest.fixture
def page(released, address):
    """What Lira's page asks of her course's server."""
    home = released.home("lira")
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "JUPYTER_CONFIG_PATH": str(CHECKOUT / "hub_config" / "singleuser"),
        "SYNAK_CONTEXT": f"course-{COURSE}",
        "SYNAK_URL": address,
        "SYNAK_LANGUAGE": "ru",
        "JUPYTERHUB_API_TOKEN": "t-lira",
        "PYTHONPATH": str(CHECKOUT),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--port={port}", f"--ServerApp.base_url={BASE}", "--IdentityProvider.token=lira"]
    command += ["--expose-app-in-browser"]
    url = f"http://127.0.0.1:{port}{BASE}"
    with answering(
        command, home=home, environment=environment, url=url, headers=WITH_TOKEN
    ) as client:
        yield client


def press(page, action):
    """What the page gets for a button."""
    answer = page.post(f"assignments/{action}", json={"course_id": COURSE, "assignment_id": LAB})
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(page, action):
    """The sentence that the page shows."""
    found = press(page, action)
    assert found["success"] is False
    said = found["value"]
    assert not any(each in said for each in ("Traceback", "File ", "\n", "[", "Error")), said
    return said


@pytest.mark.slow
def test_what_is_refused_is_said_in_one_sentence_and_what_is_not_is_done(released, page):
    folder = released.home("lira") / LAB
    assert press(page, "fetch")["value"][0]["status"] == "fetched"
    assert "уже есть копия" in refused(page, "fetch")
    large = folder / "large.txt"
    large.write_bytes(bytes(30 << 20))
    said = refused(page, "submit")
    assert "large.txt" in said
    assert "30\u00a0МБ" in said
    assert "Уберите его из папки" in said
    large.unlink()
    (folder / "lab.ipynb").rename(folder / "my.ipynb")
    said = refused(page, "submit")
    assert "нет блокнота задания: lab.ipynb. Есть: my.ipynb" in said
    assert released.desk("lira").get("/submissions") == []
    (folder / "my.ipynb").rename(folder / "lab.ipynb")
    states = [each["status"] for each in press(page, "submit")["value"]]
    assert states == ["fetched", "submitted"]
    assert press(page, "fetch_feedback")["success"]


@pytest.mark.slow
def test_an_exam_that_is_not_started_or_stands_still_says_so(released, page):
    own.plan(released)
    released.clock.forward(own.OPENS - released.clock.now())
    code = own.opened(released)
    assert "вы его не начали" in refused(page, "fetch")
    assert not (released.home("lira") / LAB).exists()
    own.start(released, "lira", code)
    assert press(page, "fetch")["success"]
    pause = lambda r: exam_rooms.pause(r, LAB, (None, None), reason="Fire alarm.")  # noqa: E731
    own.act(released, "kanat", pause)
    released.clock.forward(timedelta(minutes=1))
    assert "Экзамен на паузе" in refused(page, "submit")


@pytest.mark.slow
def test_who_is_not_the_servers_user_presses_nothing(page):
    asked = {"course_id": COURSE, "assignment_id": LAB}
    url = str(page.base_url.join("assignments/submit"))
    answer = httpx.post(url, json=asked, trust_env=False)
    assert answer.status_code in (302, 403)


@pytest.fixture
def fetched(page):
    """Lira has the assignment: asked for before there is a list that would not show it."""
    press(page, "fetch")


@pytest.fixture
def small(page, chromium):
    """The assignment list on a small screen."""
    people = chromium.new_context(viewport={"width": 390, "height": 844})
    shown = people.new_page()
    shown.goto(f"{page.base_url}lab?token=lira")
    shown.wait_for_function("window.jupyterapp")
    shown.evaluate("() => jupyterapp.restored.then(() => null)")
    shown.evaluate("() => { jupyterapp.commands.execute('nbgrader:open-assignment-list') }")
    yield shown
    people.close()


def fits(words):
    """What is shown, all of it within the screen."""
    words.wait_for()
    wide, right = words.evaluate("it => [it.scrollWidth, it.getBoundingClientRect().right]")
    assert wide <= 390
    assert right <= 390
    return words.inner_text()


@pytest.mark.slow
@pytest.mark.usefixtures("fetched")
def test_a_small_screen_shows_the_whole_sentence(released, small):
    (released.home("lira") / LAB / "large.txt").write_bytes(bytes(30 << 20))
    small.click('button:text-is("Submit")', timeout=60_000)
    said = fits(small.locator("#submission-message pre"))
    assert said.startswith("Файл large.txt слишком большой: 30")


@pytest.mark.slow
def test_a_refused_fetch_is_shown_once(released, small):
    small.wait_for_selector('button:text-is("Fetch")', timeout=60_000)
    own.plan(released)
    released.clock.forward(own.OPENS - released.clock.now())
    small.click('button:text-is("Fetch")')
    words = small.locator("text=вы его не начали >> visible=true")
    said = fits(words)
    assert said.startswith("Это экзамен")
    assert words.count() == 1
