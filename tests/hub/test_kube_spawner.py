"""Pods and claims as the real KubeSpawner makes them, without a cluster."""

import asyncio
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import kubernetes_validate
import pytest
import yaml
from kubernetes_asyncio.client import ApiClient
from kubernetes_asyncio.config import kube_config

from sandbox.hub import kube_spawner
from sandbox.hub.contexts import Context, Contexts
from sandbox.hub.idle_rule import UNUSED, Rule
from sandbox.hub.kube_spawner import HOME, SynakKubeSpawner
from sandbox.hub.scopes import COURSE, TRIAL
from sandbox.hub.spawner import token_scopes
from sandbox.hub.start_queue import StartQueue
from sandbox.kit.errors import InvalidInput, NotAllowed, Unavailable
from sandbox.settings import Settings
from sandbox.toolchain.layout import CHECKOUT
from tests.hub.kubernetes_support import FOLDER
from tests.hub.kubernetes_support import values as chart_values

PERMIT = "permit-sb-2026-0001"
TODAY = "1.37.0"
LOOPS: list[asyncio.Runner] = []


@pytest.fixture(autouse=True)
def no_cluster(tmp_path_factory, monkeypatch):
    """How to reach a cluster: at a port where there is none; nothing here asks it."""
    path = tmp_path_factory.mktemp("kube") / "config"
    here = {"cluster": "none", "user": "nobody"}
    told = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "none",
        "contexts": [{"name": "none", "context": here}],
        "clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:9"}}],
        "users": [{"name": "nobody", "user": {}}],
    }
    path.write_text(yaml.safe_dump(told))
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(path))
    with asyncio.Runner() as runner:
        LOOPS.append(runner)
        yield
        LOOPS.clear()


def here(work):
    """Run in the test's own loop, which KubeSpawner's client belongs to."""
    return LOOPS[-1].run(work)


class Known(Contexts):
    """A desk that answers from a list."""

    def __init__(self, **limits):
        super().__init__("http://127.0.0.1:9/", "token")
        self.limits = limits

    async def of(self, user):
        found = [Context("course-money", "course", "Money")]
        if user == "aigul":
            found.append(Context(PERMIT, "permit", "Trial", dict(self.limits)))
        return found


class Stored(SimpleNamespace):
    """A spawner's row."""


def spawner(user="aigul", name=PERMIT, **limits):
    SynakKubeSpawner.contexts = Known(**limits)
    SynakKubeSpawner.queue = StartQueue(at_once=2, seats=4)
    SynakKubeSpawner.inside = "http://proxy-public.synak-hub.svc"
    SynakKubeSpawner.idle = Rule(3600, 600, 43_200)
    row = Stored(name=name, server=None, state={}, user_options={}, last_activity=None)
    person = SimpleNamespace(
        name=user, id=7, url=f"/user/{user}/", escaped_name=user, server_url=lambda _name="": "/x/"
    )
    base = "http://proxy-public.synak-hub.svc/hub/"
    hub = SimpleNamespace(
        public_host="https://synak.example", base_url="/hub/", url=base, api_url=f"{base}api"
    )

    async def new():
        return SynakKubeSpawner(user=person, hub=hub, orm_spawner=row, image="synak:1")

    one = here(new())
    one.api_token = "a-token"
    one.public_url = f"https://{user}.synak.example/"
    return one


def made(one):
    """The pod and the claim that a start would ask for, as the cluster's API takes them."""

    async def both():
        one.arrange(await one.contexts.require(one.user.name, one.context))
        pod, claim = await one.get_pod_manifest(), one.get_pvc_manifest()
        async with ApiClient() as api:
            return api.sanitize_for_serialization(pod), api.sanitize_for_serialization(claim)

    pod, claim = here(both())
    for each in (pod, claim):
        kubernetes_validate.validate(each, TODAY, strict=True)
    return pod, claim


def test_a_pod_has_no_power():
    pod, _claim = made(spawner())
    spec = pod["spec"]
    (container,) = spec["containers"]
    assert spec["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in spec
    assert "initContainers" not in spec
    assert spec["enableServiceLinks"] is False
    assert spec["restartPolicy"] == "Never", "a server that stopped itself stays so"
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "fsGroup": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "runAsUser": 1000,
        "runAsGroup": 1000,
        "privileged": False,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert [one["mountPath"] for one in container["volumeMounts"]] == [HOME]
    assert not any("hostPath" in one for one in spec["volumes"])


@pytest.mark.parametrize("trait", ["privileged", "allow_privilege_escalation"])
def test_configuration_cannot_give_it_any(trait):
    one = spawner()
    setattr(one, trait, True)
    pod, _claim = made(one)
    context = pod["spec"]["containers"][0]["securityContext"]
    assert context["allowPrivilegeEscalation"] is False
    assert not context.get("privileged")


def test_policies_find_the_pod_and_the_claim_is_its_own():
    one = spawner()
    pod, claim = made(one)
    assert pod["metadata"]["labels"]["component"] == "singleuser-server"
    assert pod["metadata"]["labels"]["synak/kind"] == "permit"
    (volume,) = pod["spec"]["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_limits_of_a_permit_are_the_pods():
    pod, claim = made(spawner(server_cores=1, server_memory=512, server_disk=100))
    asked = pod["spec"]["containers"][0]["resources"]
    assert asked["limits"] == {"cpu": 1.0, "memory": 512 << 20}
    assert asked["requests"] == {"cpu": 0.25, "memory": 256 << 20}
    assert claim["spec"]["resources"]["requests"]["storage"] == "100Mi"


def test_without_limits_the_installs_hold_and_no_permit_gets_more_memory():
    for one in (spawner(), spawner(server_memory=65536), spawner(name="course-money")):
        pod, claim = made(one)
        limits = pod["spec"]["containers"][0]["resources"]["limits"]
        assert limits == {"cpu": 2.0, "memory": 1536 << 20}
        assert claim["spec"]["resources"]["requests"]["storage"] == "2048Mi"


def test_changed_limits_hold_from_the_next_start():
    one = spawner(server_cores=1)
    before, _claim = made(one)
    SynakKubeSpawner.contexts = Known(server_cores=4)
    after, _claim = made(one)
    SynakKubeSpawner.contexts = Known()
    freed, _claim = made(one)
    found = [
        each["spec"]["containers"][0]["resources"]["limits"]["cpu"]
        for each in (before, after, freed)
    ]
    assert found == [1.0, 4.0, 2.0]


def test_hours_that_nobody_counts_keep_it_from_starting():
    with pytest.raises(Unavailable) as refused:
        made(spawner(server_hours_per_day=8))
    assert refused.value.code == "hub.limit_not_held"


@pytest.mark.parametrize("wrong", [{"server_cores": 65}, {"cores": 1}])
def test_limits_that_are_none_are_refused(wrong):
    with pytest.raises(InvalidInput):
        made(spawner(**wrong))


@pytest.mark.parametrize(("user", "name"), [("bakyt", PERMIT), ("aigul", "course-law")])
def test_a_foreign_context_is_refused_before_anything_is_made(user, name, monkeypatch):
    one = spawner(user, name)
    asked = []
    monkeypatch.setattr(kube_spawner.KubeSpawner, "start", lambda _self: asked.append(1))
    with pytest.raises(Exception, match=name) as refused:
        here(one.start())
    assert refused.value.status_code == NotAllowed.status
    assert not asked


def test_the_own_context_is_started_and_takes_a_seat(monkeypatch):
    one = spawner()

    async def started(_self):
        return "http://10.1.0.3:8888"

    monkeypatch.setattr(kube_spawner.KubeSpawner, "start", started)
    assert here(one.start()) == "http://10.1.0.3:8888"
    assert one.cpu_limit == 2.0
    assert not one.queue.full
    one.queue.seats = 1
    assert one.queue.full


def test_names_that_collide_or_are_long_stay_apart():
    pairs = [
        *(("aigul", "course-money"), ("aigul-course", "money"), ("aigul", "course-money-")),
        *(("a" * 32, f"course-{'b' * 48}"), ("a" * 32, f"course-{'b' * 47}c")),
        *(("aigul", ""), ("aigul", "home")),
    ]
    found = [spawner(user, name) for user, name in pairs]
    for names in ([one.pod_name for one in found], [one.pvc_name for one in found]):
        assert len(set(names)) == len(pairs)
        assert all(len(name) <= 63 for name in names)


def test_why_an_unused_pod_ended_is_kept_when_it_is_gone_and_a_failure_is_no_such_reason():
    one = spawner()
    codes = [UNUSED, 1]

    async def ended():
        return codes.pop(0)

    one._poll = ended
    assert [here(one.poll()), here(one.poll())] == [UNUSED, 1]
    assert one.get_state()["ended"] == "unused"
    other = spawner()
    codes, other._poll = [1], ended
    assert here(other.poll()) == 1
    assert "ended" not in other.get_state()


def test_the_environment_is_a_workspaces(monkeypatch):
    env = spawner().get_env()
    assert env["SYNAK_URL"] == "http://proxy-public.synak-hub.svc"
    assert env["SYNAK_CONTEXT"] == PERMIT
    assert (env["SYNAK_IDLE_TIMEOUT"], env["SYNAK_IDLE_RUNNING"]) == ("3600", "43200")
    assert "SYNAK_LANGUAGE" not in env, "no page asked"
    assert env["JUPYTERHUB_DEFAULT_URL"] == "/lab/tree/trial.ipynb"
    assert env["JUPYTERHUB_API_URL"].startswith("http://proxy-public.synak-hub.svc/hub/api")
    assert "no-course" in env["JUPYTER_CONFIG_PATH"]
    course = spawner(name="course-money").get_env()
    assert course["JUPYTERHUB_DEFAULT_URL"] == "/lab"
    assert "no-course" not in course["JUPYTER_CONFIG_PATH"]


def test_the_first_notebook_is_copied_once_for_a_permit_only(tmp_path):
    one = spawner()
    made(one)
    line = [*one.cmd[:4], "true"]
    for _ in range(2):
        subprocess.run(line, env={**os.environ, "HOME": str(tmp_path)}, check=True)
    (copied,) = tmp_path.iterdir()
    copied.write_text("mine")
    subprocess.run(line, env={**os.environ, "HOME": str(tmp_path)}, check=True)
    assert copied.name == "trial.ipynb"
    assert copied.read_text() == "mine"
    other = spawner(name="course-money")
    made(other)
    assert "cp" not in " ".join(other.cmd)


def test_the_token_is_for_its_context_only():
    permit, course = token_scopes(spawner()), token_scopes(spawner(name="course-money"))
    assert TRIAL in permit
    assert COURSE not in permit
    assert COURSE in course
    assert TRIAL not in course


LOAD = """
import json, sys
from traitlets.config import Config
c, path = Config(), sys.argv[1]
exec(compile(open(path).read(), path, "exec"), {"get_config": lambda: c})
from sandbox.hub.kube_spawner import SynakKubeSpawner
print(json.dumps({
    "url": c.JupyterHub.public_url,
    "routes": c.Proxy.extra_routes,
    "admins": sorted(c.Authenticator.admin_users),
    "image": c.KubeSpawner.image,
    "services": [one["name"] for one in c.JupyterHub.services],
    "spawner": c.JupyterHub.spawner_class.__name__,
    "server_hub": c.Spawner.hub_connect_url,
    "disk": SynakKubeSpawner.disk,
}))
"""


def configured(tmp_path, *, without=""):
    """What hub.py comes to with the values of the chart, its settings and secrets."""
    told = {**chart_values()["hub"]["extraEnv"], "SYNAK_STATE_DIR": str(tmp_path)}
    told["SYNAK_SIGN_IN_FILE"] = str(tmp_path / "sign-in.toml")
    (tmp_path / "sign-in.toml").write_text(
        '[oidc.uni]\ntitle = "Uni"\nissuer = "https://login.example/x"\nclient_id = "synak"\n'
    )
    told["SYNAK_CHART_VALUES"] = str(tmp_path / "values.yaml")
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(chart_values()))
    told |= {"POD_NAMESPACE": "synak-hub", "HELM_RELEASE_NAME": "hub"}
    settings = Settings.load(told)
    folder = settings.paths.secrets("hub")
    folder.mkdir(parents=True)
    names = {"cookie_secret", "desk_oauth_secret", "desk_token", "manager_token"}
    for name in (names | {"membership_token"}) - {without}:
        (folder / name).write_text("ab" * 32)
    kept = {name: text for name, text in os.environ.items() if not name.startswith("SYNAK_")}
    line = [sys.executable, "-c", LOAD, str(FOLDER / "hub.py")]
    return subprocess.run(line, env=kept | told, cwd=CHECKOUT, capture_output=True, check=False)


def test_the_hubs_configuration_loads_with_the_charts_values(tmp_path):
    done = configured(tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    inside = "proxy-public.synak-hub.svc"
    assert found["url"] == "https://synak.example"
    assert found["admins"] == []
    assert found["spawner"] == "SynakKubeSpawner"
    assert found["services"] == ["desk", "manager", "membership"]
    assert found["image"] == "synak-singleuser:0.1.0"
    assert found["server_hub"] == f"http://{inside}"
    assert found["disk"] == 2048
    assert set(found["routes"]) == {
        *(f"synak.example/{each}/" for each in ("desk", "rpc")),
        *(f"{inside}/{each}/" for each in ("desk", "rpc", "hub")),
    }


def test_without_a_secret_the_hub_does_not_start(tmp_path):
    done = configured(tmp_path, without="membership_token")
    assert done.returncode != 0
    assert b"settings.no_secret" in done.stderr
