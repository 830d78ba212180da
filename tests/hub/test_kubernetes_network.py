"""Who may speak to whom on a cluster: the network policies, read as their documentation says."""

import copy

import pytest

from tests.hub.kubernetes_support import Peer, allowed, of_kind

PROXY = Peer("proxy", "synak-hub", {"component": "proxy"}, "10.1.0.1")
HUB = Peer("hub", "synak-hub", {"component": "hub"}, "10.1.0.2")
USER = Peer("user", "synak-hub", {"component": "singleuser-server"}, "10.1.0.3")
OTHER = Peer("other user", "synak-hub", {"component": "singleuser-server"}, "10.1.0.4")
PULLER = Peer("puller", "synak-hub", {"component": "continuous-image-puller"}, "10.1.0.5")
PLANE = Peer("plane", "synak-platform", {"app": "plane"}, "10.2.0.1")
STORE = Peer("postgresql", "synak-store", {"app": "postgresql"}, "10.3.0.1")
INGRESS = Peer("ingress", "ingress-nginx", {"app": "nginx"}, "10.4.0.1")
STRANGER = Peer("stranger", "default", {"component": "hub", "app": "plane"}, "10.5.0.1")
DNS = Peer("dns", "kube-system", {"k8s-app": "kube-dns"}, "10.0.0.10")
API = Peer("the cluster's API", address="10.0.0.1")
METADATA = Peer("cloud metadata", address="169.254.169.254")
INTERNET = Peer("internet", address="203.0.113.7")
EVERYBODY = (
    *(PROXY, HUB, USER, OTHER, PULLER, PLANE, STORE, INGRESS, STRANGER, DNS, API),
    *(METADATA, INTERNET),
)
PORTS = (53, 80, 443, 587, 5432, 6443, 8000, 8001, 8010, 8020, 8081, 8888)

WAYS = {
    ("ingress", "proxy", 8000),
    ("user", "proxy", 8000),
    ("other user", "proxy", 8000),
    ("hub", "proxy", 8001),
    ("proxy", "hub", 8081),
    ("plane", "hub", 8081),
    *((one, each, 8888) for one in ("proxy", "hub") for each in ("user", "other user")),
    *(("proxy", "plane", port) for port in (8010, 8020)),
    ("hub", "plane", 8010),
    ("plane", "postgresql", 5432),
    *(
        (one, "dns", 53)
        for one in ("proxy", "hub", "user", "other user", "puller", "plane", "ingress")
    ),
    ("hub", "the cluster's API", 443),
    ("hub", "the cluster's API", 6443),
    ("plane", "internet", 443),
    ("plane", "internet", 587),
}
"""All that may be opened by or to a pod of ours."""
OURS = frozenset({"synak-hub", "synak-platform", "synak-store"})


def found(policies):
    return {
        (source.name, target.name, port)
        for source in EVERYBODY
        for target in EVERYBODY
        for port in PORTS
        if source != target
        and {source.namespace, target.namespace} & OURS
        and allowed(policies, source, target, port)
    }


def test_exactly_these_ways_are_open():
    hub_inside = {("hub", one.name, port) for one in EVERYBODY for port in (443, 6443)}
    # Pods of other namespaces have private addresses too, where the cluster's API is looked for.
    assert found(of_kind("NetworkPolicy")) - hub_inside == (
        WAYS - hub_inside - {("ingress", "dns", 53)}
    )
    assert hub_inside & WAYS <= found(of_kind("NetworkPolicy"))


@pytest.mark.parametrize("target", [HUB, OTHER, PLANE, STORE, API, METADATA, INTERNET, INGRESS])
def test_a_users_pod_reaches_the_proxy_and_names_only(target):
    policies = of_kind("NetworkPolicy")
    assert not any(allowed(policies, USER, target, port) for port in PORTS)
    assert allowed(policies, USER, PROXY, 8000)
    assert not allowed(policies, USER, PROXY, 8001)
    assert allowed(policies, USER, DNS, 53, "UDP")


def test_a_pod_of_the_same_labels_elsewhere_has_no_way_in():
    policies = of_kind("NetworkPolicy")
    for target in (PROXY, HUB, USER, PLANE, STORE):
        assert not any(allowed(policies, STRANGER, target, port) for port in PORTS)


def test_nobody_but_the_plane_reaches_the_store():
    policies = of_kind("NetworkPolicy")
    assert [one.name for one in EVERYBODY if allowed(policies, one, STORE, 5432)] == ["plane"]


@pytest.mark.parametrize("name", ["nothing", "user"])
def test_without_one_of_them_the_answer_is_another(name):
    policies = copy.deepcopy(of_kind("NetworkPolicy"))
    kept = [one for one in policies if one["metadata"]["name"] != name]
    assert found(kept) != found(policies)


def test_a_policy_that_lets_all_in_is_seen():
    policies = copy.deepcopy(of_kind("NetworkPolicy"))
    user = next(one for one in policies if one["metadata"]["name"] == "user")
    user["spec"]["egress"].append({})
    assert allowed(policies, USER, INTERNET, 443)
