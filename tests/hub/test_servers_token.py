"""What a cell tries with its server's token: at the hub, the proxy, the desk, other contexts."""

import json

import pytest

REFUSED = {401, 403, 404, 405}
ASK = """
import json, os, urllib.error, urllib.request

class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

opener = urllib.request.build_opener(Stay)

def ask(method, url, body=None, **headers):
    headers = {"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"],
               "Content-Type": "application/json", **headers}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with opener.open(request) as answer:
            return answer.status, answer.headers.get("Location", ""), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Location", ""), error.read().decode()

HUB, SITE = os.environ["JUPYTERHUB_API_URL"], os.environ["SYNAK_URL"]
"""
LATE = "2999-01-01T00:00:00Z"
AT_THE_HUB = {
    "start the own server": ("POST", "/users/aigul/server"),
    "start a course's": ("POST", "/users/aigul/servers/course-digital-money"),
    "start another's": ("POST", "/users/bakyt/server"),
    "stop the own": ("DELETE", "/users/aigul/server"),
    "stop another's": ("DELETE", "/users/bakyt/server"),
    "make a token": ("POST", "/users/aigul/tokens", {"scopes": ["custom:synak:desk"]}),
    "list tokens": ("GET", "/users/aigul/tokens"),
    "make one for another": ("POST", "/users/bakyt/tokens", {}),
    "share the server": ("POST", "/shares/aigul/", {"user": "bakyt"}),
    "share it by a code": ("POST", "/share-codes/aigul/", {}),
    "list shares": ("GET", "/shares/aigul/"),
    "become an admin": ("PATCH", "/users/aigul", {"admin": True}),
    "take another name": ("PATCH", "/users/aigul", {"name": "damira"}),
    "make a user": ("POST", "/users/zarina"),
    "list people": ("GET", "/users"),
    "look at another": ("GET", "/users/bakyt"),
    "list groups": ("GET", "/groups"),
    "join a group": ("POST", "/groups/teachers/users", {"users": ["aigul"]}),
    "list routes": ("GET", "/proxy"),
    "move routes": ("PATCH", "/proxy", {"ip": "127.0.0.1", "port": 9, "auth_token": "x"}),
    "list services": ("GET", "/services/desk"),
    "end the hub": ("POST", "/shutdown", {}),
    "say another is there": ("POST", "/users/bakyt/activity", {"last_activity": LATE}),
}
AT_THE_SITE = {
    "the hub's pages": ("GET", "/hub/home"),
    "a start by page": ("GET", "/hub/spawn/aigul/course-digital-money"),
    "tokens by page": ("GET", "/hub/token"),
    "a session of the desk": (
        "GET",
        "/hub/api/oauth2/authorize?client_id=service-desk&response_type=code",
    ),
    "notices of the desk": ("GET", "/desk/notices"),
    "what only the hub asks": ("GET", "/desk/api/v1/internal/contexts?user=bakyt"),
    "bookings": ("GET", "/desk/api/v1/internal/bookings"),
    "another's groups": ("GET", "/desk/api/v1/internal/accounts?user=bakyt"),
    "a course of another context": ("GET", "/desk/api/v1/courses/digital-money/assignments"),
    "handing in there": ("POST", "/desk/api/v1/courses/digital-money/assignments/lab/submit"),
    "the proxy's routes": ("GET", "/hub/api/routes"),
}


def tried(inside, base, what):
    """What each try was answered."""
    return json.loads(
        inside(f"""{ASK}
print(json.dumps({{name: ask(way[0], {base} + way[1], *way[2:])
                  for name, way in json.loads({json.dumps(json.dumps(what))}).items()}}))""")
    )


def test_token_of_a_server_wins_nothing_at_the_hub(inside, running_system):
    answers = tried(inside, "HUB", AT_THE_HUB)
    assert {name: each[0] for name, each in answers.items() if each[0] not in REFUSED} == {}
    for user in ("aigul", "bakyt"):
        servers = running_system.hub_api(user, "GET", f"/users/{user}").json()["servers"]
        assert list(servers) == [""], "theirs runs, and no other was started"


def test_token_of_a_server_tells_of_its_owner_only_the_name_and_the_groups(inside):
    way = {"me": ("GET", "/user"), "page": ("GET", "/users/aigul")}
    answers = tried(inside, "HUB", way)
    status, _, text = answers["page"]
    assert (status, json.loads(text)["name"]) == (200, "aigul")
    assert not {"servers", "auth_state", "roles", "scopes"} & json.loads(text).keys()
    assert json.loads(text)["admin"] is False
    assert json.loads(answers["me"][2])["name"] == "aigul"


@pytest.mark.parametrize(
    "said",
    [
        {"last_activity": LATE},
        {"servers": {"": {"last_activity": LATE}}},
        {"servers": {"course-digital-money": {"last_activity": "2026-01-01T00:00:00Z"}}},
    ],
    ids=["of the person", "of the server", "of a server that does not run"],
)
def test_activity_of_times_to_come_and_of_servers_that_are_not_is_refused(inside, said):
    answers = tried(inside, "HUB", {"it": ("POST", "/users/aigul/activity", said)})
    assert answers["it"][0] == 400


def test_token_of_a_server_opens_no_page_and_no_other_context(inside):
    answers = tried(inside, "SITE", AT_THE_SITE)
    for name, (status, location, text) in answers.items():
        asks_to_sign_in = status in (302, 303) and ("login" in location or "sign-in" in location)
        assert status in {*REFUSED, 400} or asks_to_sign_in, (name, status, location)
        assert "code=" not in location, name
        if "/api/" in AT_THE_SITE[name][1]:
            assert "bakyt" not in text, name


def test_address_of_the_machine_and_forged_hosts_open_nothing_else(inside, running_system):
    internal = "/desk/api/v1/internal/contexts?user=bakyt"
    answer = inside(f"""{ASK}
found = []
for host in ("127.0.0.1", "localhost", "bakyt.synak.localhost:{running_system.port}", "evil"):
    for path in ({internal!r}, "/api/routes", "/user/bakyt/api/contents", "/hub/api/users/bakyt"):
        for more in ({{}}, {{"X-Forwarded-Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1"}}):
            found.append((host, path, ask("GET", SITE + path, Host=host, **more)[0]))
print(json.dumps(found))""")
    reached = [each for each in json.loads(answer) if each[2] in range(200, 300)]
    assert reached == []


def test_request_with_the_servers_own_token_keeps_no_seat(inside):
    answer = inside(f"""{ASK}
own = os.environ["JUPYTERHUB_SERVICE_URL"] + "synak/"
print(json.dumps([ask("POST", own + "idle", {{}})[0], ask("GET", own + "idle")[0],
                  ask("GET", own + "rule")[0]]))""")
    assert json.loads(answer) == [403, 200, 204], "it may look, and that is no use"
