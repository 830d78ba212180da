"""Who may sign in outside development: by configuration alone, never by the shared password."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.domain.outside_accounts import provider
from sandbox.kit.errors import InvalidInput, Refused
from sandbox.run import prepare
from sandbox.run.identity import identities
from sandbox.services.outside_file import required
from sandbox.settings import Settings
from sandbox.toolchain.layout import CHECKOUT

GOOD = '[oidc.uni]\ntitle = "Uni"\nissuer = "https://login.example/x"\nclient_id = "synak"\n'
LOAD = """
import json, sys
from traitlets.config import Config
c, path = Config(), sys.argv[1]
exec(compile(open(path).read(), path, "exec"), {"get_config": lambda: c})
from sandbox.hub.pages import DeskAuthenticator
print(json.dumps({
    "shared": sorted(DeskAuthenticator.shared),
    "password": "user_password" in c.SharedPasswordAuthenticator,
    "providers": c.JupyterHub.template_vars["providers"],
}))
"""


def variables(tmp_path: Path, said: str | None = GOOD, **more: str) -> dict[str, str]:
    found = {"SYNAK_STATE_DIR": str(tmp_path / "state"), **more}
    if said is not None:
        (tmp_path / "sign-in.toml").write_text(said)
        found["SYNAK_SIGN_IN_FILE"] = str(tmp_path / "sign-in.toml")
    return found


def hub(tmp_path: Path, **more: str) -> dict[str, object]:
    """What the hub's own configuration comes to, with demo accounts left behind."""
    told = variables(tmp_path, **more)
    settings = Settings.load(told)
    ids = identities(settings.isolation.uid_base)
    prepare.make_folders(settings, ids)
    path = settings.paths.secrets("desk") / "oidc_uni"
    path.write_text("a secret")
    path.chmod(0o644)
    prepare.make_secrets(settings, ids)
    assert path.stat().st_mode & 0o777 == 0o600
    settings.paths.accounts_file.write_text(json.dumps([{"name": "lira"}]))
    config = CHECKOUT / "hub_config" / "jupyterhub_config.py"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SYNAK_")}
    line = [sys.executable, "-c", LOAD, str(config)]
    done = subprocess.run(line, env=kept | told, cwd=CHECKOUT, check=True, capture_output=True)
    return json.loads(done.stdout)


def test_outside_development_the_shared_password_opens_nothing(tmp_path):
    found = hub(tmp_path)
    assert found == {"shared": [], "password": False, "providers": [["uni", "Uni"]]}


def test_in_development_it_opens_the_demo_accounts_beside_the_providers(tmp_path):
    found = hub(tmp_path, SYNAK_DEVELOPMENT="1")
    assert found == {"shared": ["lira"], "password": True, "providers": [["uni", "Uni"]]}


@pytest.mark.parametrize("said", [None, "", "[oidc]\n"])
def test_without_a_provider_nothing_starts_outside_development(tmp_path, said):
    with pytest.raises(Refused) as refused:
        required(Settings.load(variables(tmp_path, said)))
    assert refused.value.code == "hub.no_authenticator"
    assert not required(Settings.load(variables(tmp_path, said, SYNAK_DEVELOPMENT="1")))


def test_a_secret_that_is_missing_is_said_before_anything_starts(tmp_path):
    settings = Settings.load(variables(tmp_path))
    ids = identities(settings.isolation.uid_base)
    prepare.make_folders(settings, ids)
    with pytest.raises(InvalidInput) as refused:
        prepare.make_secrets(settings, ids)
    assert refused.value.code == "outside.config"
    assert "oidc_uni" in str(refused.value)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("x", "settings.invalid"),
        ("[saml.x]", "not known"),
        ("[oidc.Uni]\n" + GOOD.partition("\n")[2], "name"),
        (GOOD + "secret = 'x'\n", "secret: not known"),
        (GOOD.replace("https", "http"), "not https"),
        (GOOD.replace("https://login.example/x", "https://a@b/x"), "no address"),
        (GOOD.replace("https://login.example/x", "https://b/x?y"), "no address"),
        (GOOD.replace("https://login.example/x", "https:///x"), "no address"),
        (GOOD.replace('title = "Uni"\n', ""), "title: missing"),
        (GOOD + "client_id = 5\n", "settings.invalid"),
        (GOOD + "ask = 5\n", "not a text"),
        (GOOD + 'algorithms = ["HS256"]\n', "algorithms"),
        (GOOD + 'algorithms = ["none"]\n', "algorithms"),
        (GOOD + "algorithms = []\n", "algorithms"),
        (GOOD + 'algorithms = "RS256"\n', "algorithms"),
        (GOOD + 'scopes = ["email"]\n', "openid"),
        (GOOD + 'origins = ["https://x/y"]\n', "origins"),
        (GOOD + 'number = "n"\n', "both or neither"),
        (GOOD + 'subject = "a b"\n', "claims"),
        (GOOD + GOOD.replace("oidc.uni", "oidc.two"), "twice"),
    ],
)
def test_what_cannot_be_right_is_refused(tmp_path, said, reason):
    with pytest.raises(InvalidInput) as refused:
        required(Settings.load(variables(tmp_path, said)))
    assert reason in str(refused.value)


LTI = (
    '[lti.moodle]\ntitle = "Moodle"\nissuer = "https://moodle.example"\nclient_id = "synak"\n'
    'jwks = "https://moodle.example/keys"\nauthorize = "https://moodle.example/auth?x=1"\n'
)


TAKES = LTI + 'deployments = ["1"]\ntoken = "https://moodle.example/token"\n'


def test_a_platform_is_enough_outside_development(tmp_path):
    said = LTI + 'deployments = ["1"]\n'
    (found,) = required(Settings.load(variables(tmp_path, said))).platforms
    assert (found.name, found.deployments, found.algorithms) == ("moodle", ("1",), ("RS256",))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (LTI, "deployments: missing"),
        (LTI + 'deployments = [""]\n', "deployments"),
        (LTI + "deployments = [1]\n", "deployments"),
        (LTI.replace("https://moodle.example/keys", "http://moodle.example/keys"), "missing"),
        (LTI.replace("/keys", "/keys?x") + 'deployments = ["1"]\n', "jwks: no address"),
        (LTI + 'deployments = ["1"]\nalgorithms = ["HS512"]\n', "algorithms"),
        (TAKES.replace("https://moodle.example/token", "http://moodle.example/token"), "token"),
        (TAKES.replace("/token", "/token?x=1"), "token: no address"),
        (TAKES + 'services = ["http://moodle.example"]\n', "services: not https"),
        (TAKES + 'services = ["https://moodle.example/x"]\n', "services"),
        (TAKES + 'services = "https://moodle.example"\n', "services"),
        (LTI + 'deployments = ["1"]\nservices = ["https://x.example"]\n', "without token"),
        (LTI + 'deployments = ["1"]\naudience = "x"\n', "without token"),
        (GOOD + LTI.replace("lti.moodle", "lti.uni") + 'deployments = ["1"]\n', "twice"),
    ],
)
def test_a_platform_that_cannot_be_right_is_refused(tmp_path, said, reason):
    with pytest.raises(InvalidInput) as refused:
        required(Settings.load(variables(tmp_path, said)))
    assert reason in str(refused.value)


def test_a_grade_book_is_asked_at_the_issuer_unless_its_origins_are_named(tmp_path):
    def books(said):
        (found,) = required(Settings.load(variables(tmp_path, said))).platforms
        return found.grade_books

    assert books(TAKES) == {"https://moodle.example"}
    assert books(TAKES + 'services = ["https://a.example"]\n') == {"https://a.example"}
    assert books(LTI + 'deployments = ["1"]\n') == frozenset(), "it takes no marks"


def start(tmp_path, said=TAKES, keys="first"):
    settings = Settings.load(variables(tmp_path, said, SYNAK_LTI_KEYS=keys))
    ids = identities(settings.isolation.uid_base)
    prepare.make_folders(settings, ids)
    prepare.make_secrets(settings, ids)
    return settings


def ids_of(settings):
    names = settings.sign_in.lti_key_names
    return [json.loads(settings.secret("desk", f"lti_public_{name}"))["kid"] for name in names]


def test_key_pairs_for_platforms_are_made_kept_and_renewed_by_name(tmp_path):
    (first,) = ids_of(start(tmp_path))
    assert ids_of(start(tmp_path, keys="first,second"))[0] == first
    renewed = ids_of(start(tmp_path, keys="second,first"))
    assert (renewed[1], len(set(renewed))) == (first, 2)
    settings = start(tmp_path, keys="second")
    assert ids_of(settings) == renewed[:1]
    private = settings.paths.secrets("worker") / "lti_key_second"
    assert private.stat().st_mode & 0o777 == 0o600
    held = [path.read_bytes() for path in settings.paths.secrets("desk").iterdir()]
    assert not any(b"PRIVATE" in each for each in held), "the worker's alone"
    private.unlink()
    assert ids_of(start(tmp_path, keys="second")) != renewed[:1], "published is what signs"
    private.write_text("no key")
    with pytest.raises(InvalidInput) as refused:
        start(tmp_path, keys="second")
    assert "no RSA key" in str(refused.value)


def test_no_key_pair_is_made_where_no_platform_takes_marks(tmp_path):
    settings = start(tmp_path, LTI + 'deployments = ["1"]\n')
    assert not (settings.paths.secrets("worker") / "lti_key_first").exists()


@pytest.mark.parametrize("keys", ["First", "a,,b", "../x", "a b", ","])
def test_names_of_keys_that_are_none_are_refused(tmp_path, keys):
    with pytest.raises(InvalidInput) as refused:
        Settings.load(variables(tmp_path, TAKES, SYNAK_LTI_KEYS=keys))
    assert refused.value.code == "settings.invalid"


def test_http_is_for_this_machine_in_development_alone():
    said = {"title": "x", "issuer": "http://127.0.0.1:9/x", "client_id": "x"}
    assert provider("x", said, development=True).issuer == "http://127.0.0.1:9/x"
    with pytest.raises(InvalidInput):
        provider("x", said)
    with pytest.raises(InvalidInput):
        provider("x", said | {"issuer": "http://192.168.1.1/"}, development=True)
