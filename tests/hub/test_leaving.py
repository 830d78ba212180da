"""Whoever leaves, at a really running hub: server stopped, tokens gone, let in no more."""

import re
import time

import pytest

pytestmark = pytest.mark.slow


def fields(page, action):
    """The hidden fields of the form that posts to a path."""
    form = page[page.index(f'action="{action}"') :]
    form = form[: form.index("</form>")]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))


@pytest.fixture
def desk(running_system):
    """The operator, signed in at the desk through the hub."""
    client = running_system.client("operator")
    page = client.get("/desk/sign-in?next=/desk/members")
    assert page.status_code == 200, page.text[-500:]
    assert page.url.path == "/desk/members"
    return client


def test_a_leavers_server_stops_and_nothing_of_theirs_opens_again(running_system, desk):
    running_system.start_server("marat")
    marat = running_system.client("marat")
    base = running_system.server_url("marat")
    assert marat.get(base + "api/status").status_code == 200
    page = desk.get("/desk/members").text
    assert "member-marat" in page
    action = "/desk/members/marat/end"
    posted = {
        **fields(page, action),
        "reasons": "Has finished the course.",
        "successor": "",
        "_password": running_system.password,
    }
    headers = {"Origin": running_system.url}
    answer = desk.post(action, data=posted, headers=headers)
    assert answer.status_code == 200, answer.text[-500:]
    receipt = answer.url.path
    assert receipt.startswith("/desk/members/departures/"), answer.text
    deadline = time.monotonic() + 90
    while "badge-warn" in (text := desk.get(receipt).text):
        assert time.monotonic() < deadline, text
        time.sleep(0.5)
    row = re.search(r"<tr><th scope=\"row\">[^<]*marat</th><td>([^<]*)</td>", text)
    assert row is not None, text
    assert row[1] == "home", "the receipt names the server that ran"
    assert marat.get(base + "api/status", follow_redirects=False).status_code != 200
    assert marat.get("/hub/api/user").status_code in {401, 403}
    with running_system.anonymous() as fresh:
        fresh.get("/hub/login")
        token = next(one.value for one in fresh.cookies.jar if one.name == "_xsrf")
        form = {"username": "marat", "password": running_system.password, "_xsrf": token}
        refused = fresh.post("/hub/login", data=form, follow_redirects=False)
        assert refused.status_code == 403, "neither the list nor the desk lets them in"
        other = {**form, "username": "lira"}
        assert fresh.post("/hub/login", data=other, follow_redirects=False).status_code == 302
