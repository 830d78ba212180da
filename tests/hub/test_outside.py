"""A university's account at a really running hub: provider, desk's ticket, hub's session."""

import re
import tempfile
from pathlib import Path

import pytest

from tests.hub.test_leaving import fields
from tests.support.oidc import CLIENT, SECRET, Provider, served
from tests.support.system import cookie, system

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def provider():
    with served(Provider()) as found:
        yield found


@pytest.fixture(scope="module")
def install(provider):
    """An install that believes the provider."""
    said = f'[oidc.uni]\ntitle = "Uni"\nissuer = "{provider.url}"\nclient_id = "{CLIENT}"\n'
    with tempfile.TemporaryDirectory() as folder, system() as one:
        path = Path(folder) / "sign-in.toml"
        Path(folder).chmod(0o755)
        path.write_text(said)
        path.chmod(0o644)
        one.variables["SYNAK_SIGN_IN_FILE"] = str(path)
        secrets = one.state / "secrets" / "desk"
        secrets.mkdir(parents=True)
        (secrets / "oidc_uni").write_text(SECRET)
        one.start()
        yield one


def there(provider, client, place):
    """Through the provider: where its answer led."""
    answer = client.get(place, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return client.get(provider.log_in(answer.headers["location"]))


def test_one_sign_in_for_hub_and_desk(install, provider):
    provider.claims = {"sub": "u-1", "email": "lira@uni.example"}
    client = install.client("lira")
    client.get("/desk/sign-in?next=/desk/me/outside")
    page = there(provider, client, "/desk/outside/uni?link=yes")
    assert "lira@uni.example" in page.text
    form = {**fields(page.text, "/desk/me/outside"), "_password": install.password}
    headers = {"Origin": install.url}
    for _ in range(5):
        done = client.post("/desk/me/outside", data=form, headers=headers)
        if done.status_code != 503:  # the hub was busy, and nothing was done
            break
    assert "/remove" in done.text, done.text[-800:]
    with install.anonymous() as fresh:
        login = fresh.get("/desk/courses")
        assert login.url.path == "/hub/login"
        place = re.search(r'href="(/desk/outside/uni\?next=[^"]+)"', login.text)[1]
        came = there(provider, fresh, place.replace("&amp;", "&"))
        assert came.url.path == "/desk/courses", came.url
        own = {"X-XSRFToken": cookie(fresh, "_xsrf", "/hub/")}
        assert fresh.get("/hub/api/user", headers=own).json()["name"] == "lira"
        assert fresh.get("/hub/outside").status_code == 401, "no ticket, nobody new"
        provider.claims = {"sub": "u-9"}
        unknown = there(provider, fresh, "/desk/outside/uni")
        assert (unknown.status_code, unknown.url.path) == (403, "/desk/outside")
    provider.claims = {"sub": "u-1"}
    with install.anonymous() as other:
        posted = other.post(
            "/hub/login",
            data={"username": "lira", "ticket": "x", "_xsrf": "x"},
            follow_redirects=False,
        )
        assert posted.status_code == 403
    omar = install.client("aigul")
    refused = there(provider, omar, "/desk/outside/uni")
    assert refused.status_code == 403, "a session of another account stays what it is"
    own = {"X-XSRFToken": cookie(omar, "_xsrf", "/hub/")}
    assert omar.get("/hub/api/user", headers=own).json()["name"] == "aigul"
