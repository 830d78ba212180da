"""The manifests, the chart's values and the recipes of images, as far as no cluster is needed."""

import copy
import re

import kubernetes_validate
import pytest
import yaml

from sandbox.run.prepare import _SECRETS
from tests.hub.kubernetes_support import FOLDER, documents, of_kind, values

OLDEST, NEWEST = "1.33.0", "1.37.0"
"""Kubernetes from where pods have user namespaces of their own without a switch."""
CHART = "4.4.0"
KEYS = {
    "custom": {"synak"},
    "hub": {
        *("image", "args", "config", "db", "extraEnv", "extraVolumes", "extraVolumeMounts"),
        *("resources", "containerSecurityContext", "networkPolicy", "pdb"),
    },
    "proxy": {"service", "chp"},
    "singleuser": {"image", "storage", "cpu", "cloudMetadata", "networkPolicy"},
    "scheduling": {"userScheduler", "userPlaceholder"},
    "prePuller": {"hook", "continuous"},
    "cull": {"enabled"},
    "ingress": {"enabled", "ingressClassName", "hosts", "tls"},
}
"""Keys of the chart 4.4.0 that are used here; read in its schema, not a copy of it."""
MADE_BY_THE_OPERATOR = {
    ("Secret", "synak-hub", "synak-hub-secrets"),
    ("Secret", "synak-platform", "synak-hub-secrets"),
    ("Secret", "synak-platform", "synak-database"),
    ("Secret", "synak-store", "synak-database"),
}
"""In the how-to's commands; no secret is in a file."""


def names(document):
    return (
        f"{document['kind']} {document['metadata'].get('namespace', '')}/"
        + (document["metadata"]["name"])
    )


def pods():
    return [(names(one), one["spec"]["template"]["spec"]) for one in of_kind("StatefulSet")]


def containers():
    return [
        (f"{owner} {each['name']}", each, spec)
        for owner, spec in pods()
        for each in (*spec.get("initContainers", []), *spec["containers"])
    ]


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_manifest_is_what_kubernetes_says(version):
    for one in documents():
        kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize(
    ("kind", "key", "wrong"),
    [("StatefulSet", "replicas", "one"), ("NetworkPolicy", "podSelektor", {}), ("Service", "x", 1)],
)
def test_a_broken_manifest_is_refused(kind, key, wrong):
    one = copy.deepcopy(of_kind(kind)[0])
    one["spec"][key] = wrong
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(one, NEWEST, strict=True)


def test_no_two_manifests_have_one_name():
    found = [names(one) for one in documents()]
    assert sorted(set(found)) == sorted(found)


def test_only_the_launcher_is_more_than_restricted_and_nothing_is_privileged():
    for name, each, spec in containers():
        context = {**spec.get("securityContext", {}), **each.get("securityContext", {})}
        assert not context.get("privileged"), name
        assert context["capabilities"]["drop"] == ["ALL"], name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        if name.startswith("StatefulSet synak-platform/plane "):
            assert spec["hostUsers"] is False
        if name.endswith((" launcher", " secrets")):
            continue
        assert context["runAsNonRoot"] is True, name
        assert context["runAsUser"] != 0, name
        assert context["allowPrivilegeEscalation"] is False, name
        assert "add" not in context["capabilities"], name
    for name, spec in pods():
        assert spec["automountServiceAccountToken"] is False, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), name


def test_namespaces_say_what_they_bear():
    found = {
        one["metadata"]["name"]: one["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for one in of_kind("Namespace")
    }
    assert found == {
        "synak-hub": "restricted",
        "synak-store": "restricted",
        "synak-platform": "privileged",
    }
    assert {one["metadata"].get("namespace", "") for one in documents()} == {"", *found}


def test_every_container_asks_for_what_it_needs_and_has_a_ceiling():
    for name, each, _spec in containers():
        assert set(each["resources"]["requests"]) == {"cpu", "memory"}, name
        assert "memory" in each["resources"]["limits"], name


def test_long_running_parts_are_probed_and_drained_by_a_person():
    for owner, spec in pods():
        assert any("readinessProbe" in each for each in spec["containers"]), owner
        assert any("livenessProbe" in each for each in spec["containers"]), owner
    selected = [one["spec"]["selector"]["matchLabels"] for one in of_kind("PodDisruptionBudget")]
    assert selected == [one["spec"]["selector"]["matchLabels"] for one in of_kind("StatefulSet")]


def test_one_writer_of_the_journals():
    plane = next(one for one in of_kind("StatefulSet") if one["metadata"]["name"] == "plane")
    assert plane["spec"]["replicas"] == 1
    (claim,) = plane["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["accessModes"] == ["ReadWriteOncePod"]


def references(namespace, found):
    """(kind, namespace, name) of every secret and configuration that something names."""
    if isinstance(found, list):
        return {one for each in found for one in references(namespace, each)}
    if not isinstance(found, dict):
        return set()
    out = {one for each in found.values() for one in references(namespace, each)}
    for key, kind in (("secretKeyRef", "Secret"), ("configMapRef", "ConfigMap")):
        if key in found:
            out.add((kind, namespace, found[key]["name"]))
    if isinstance(found.get("secret"), dict) and "secretName" in found["secret"]:
        out.add(("Secret", namespace, found["secret"]["secretName"]))
    if isinstance(found.get("configMap"), dict):
        out.add(("ConfigMap", namespace, found["configMap"]["name"]))
    return out


def test_whatever_is_named_is_there_or_in_the_how_to():
    named = references("synak-hub", values())
    for one in documents():
        named |= references(one["metadata"].get("namespace", ""), one)
    there = {
        (one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"])
        for one in documents()
    }
    assert named - there == MADE_BY_THE_OPERATOR
    text = (FOLDER.parents[1] / "docs" / "how-to" / "kubernetes.md").read_text()
    for _kind, namespace, name in MADE_BY_THE_OPERATOR:
        assert name in text
        assert namespace in text


def test_the_how_to_makes_every_secret_that_the_hub_reads():
    """Those of the launcher's table that hub.py reads, by their names."""
    read = {"cookie_secret", "desk_oauth_secret", "desk_token", "manager_token"}
    read |= {"membership_token"}
    made = {name for _make, holders in _SECRETS for process, name in holders if process == "hub"}
    assert read < made
    text = (FOLDER.parents[1] / "docs" / "how-to" / "kubernetes.md").read_text()
    assert all(name in text for name in read)


def test_no_secret_is_in_a_file():
    assert not of_kind("Secret")
    for path in FOLDER.rglob("*.*"):
        if path.is_file() and path.suffix in {".yaml", ".Containerfile"}:
            assert not re.search(r"[0-9a-f]{32}|postgresql\S*://\S+:\S+@", path.read_text()), path


def test_the_values_use_keys_of_the_chart():
    assert {name: set(found) for name, found in values().items()} == KEYS
    assert f"version {CHART}" in (FOLDER / "values.yaml").read_text()


def test_the_values_point_at_what_the_manifests_make():
    own = values()["custom"]["synak"]
    services = {
        f"{one['metadata']['name']}.{one['metadata']['namespace']}.svc": {
            port["port"] for port in one["spec"]["ports"]
        }
        for one in of_kind("Service")
    }
    for name in ("desk", "gateway"):
        host, _, port = own[name].removeprefix("http://").partition(":")
        assert int(port) in services[host]
    config = yaml.safe_load((FOLDER / "platform" / "config.yaml").read_text().split("---")[2])
    for name in ("SYNAK_HOST", "SYNAK_TLS", "SYNAK_SIGN_IN_FILE"):
        assert config["data"][name] == values()["hub"]["extraEnv"][name]


def test_ways_round_our_policies_are_off():
    found = values()
    assert found["hub"]["networkPolicy"]["enabled"] is False
    assert found["proxy"]["chp"]["networkPolicy"]["enabled"] is False
    assert found["singleuser"]["networkPolicy"]["enabled"] is False
    assert found["singleuser"]["cloudMetadata"] == {"blockWithIptables": False}
    assert found["proxy"]["service"]["type"] == "ClusterIP"
    hosts = ["synak.example", "*.synak.example"]
    assert found["ingress"]["hosts"] == hosts == found["ingress"]["tls"][0]["hosts"]


def faults(recipe):
    """What is wrong with a recipe of an image."""
    lines = [line.strip() for line in recipe.replace("\\\n", " ").splitlines()]
    first = next(line for line in lines if line.startswith("FROM "))
    image = first.split()[1]
    out = []
    if ":" not in image or image.endswith(":latest") or "/" in image:
        out.append("base")
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    if not users or users[-1] in {"0", "root"}:
        out.append("user")
    copied = [line for line in lines if line.startswith("COPY ")]
    if not copied or ".lock" not in copied[0] or any(" . " in f"{line} " for line in copied):
        out.append("order")
    if any("pip install" in line and "--require-hashes" not in line for line in lines):
        out.append("hashes")
    return out


@pytest.mark.parametrize("name", ["platform", "singleuser"])
def test_recipes_are_pinned_unprivileged_and_in_order(name):
    text = (FOLDER / "images" / f"{name}.Containerfile").read_text()
    assert faults(text) == []
    for line in text.splitlines():
        if line.startswith("COPY"):
            for source in line.split()[2:-1]:
                assert (FOLDER.parents[1] / source).exists(), source
    tag = {"platform": values()["hub"]["image"], "singleuser": values()["singleuser"]["image"]}
    assert f"{tag[name]['name']}:{tag[name]['tag']}" in text


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("3.11-slim-bookworm", "latest"), "base"),
        (("python:3", "registry.example/python:3"), "base"),
        (("USER 1000", "USER root"), "user"),
        (("COPY --chown=1000 requirements", "COPY --chown=1000 sandbox sandbox\nCOPY r"), "order"),
        (("--require-hashes ", ""), "hashes"),
    ],
)
def test_a_careless_recipe_is_refused(change, fault):
    text = (FOLDER / "images" / "platform.Containerfile").read_text()
    assert fault in faults(text.replace(*change))
