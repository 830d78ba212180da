"""The manifests as they are in the checkout, and a small reader of network policies."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from sandbox.toolchain.layout import CHECKOUT

FOLDER = CHECKOUT / "hub_config" / "kubernetes"
PLATFORM = FOLDER / "platform"


@cache
def documents() -> list[dict[str, Any]]:
    """Every manifest that kustomization.yaml names, in its order; shared, so copy to change."""
    named = yaml.safe_load((PLATFORM / "kustomization.yaml").read_text())["resources"]
    assert sorted(named) == sorted(
        path.name for path in PLATFORM.glob("*.yaml") if path.name != "kustomization.yaml"
    )
    return [one for name in named for one in yaml.safe_load_all((PLATFORM / name).read_text())]


def values() -> dict[str, Any]:
    return yaml.safe_load((FOLDER / "values.yaml").read_text())


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [one for one in documents() if one["kind"] == kind]


@dataclass(frozen=True)
class Peer:
    """A pod, or an address outside where there is no namespace."""

    name: str
    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    address: str = ""


def allowed(policies: list[dict], source: Peer, target: Peer, port: int, how: str = "TCP") -> bool:
    """Whether the source may open the port, as the documentation of NetworkPolicy says.

    Both ends have to allow it; an end that no policy selects for the direction allows all.
    """
    leaves = not source.namespace or _one_way(policies, source, target, "Egress", port, how)
    return leaves and (
        not target.namespace or _one_way(policies, target, source, "Ingress", port, how)
    )


def _one_way(policies, here: Peer, there: Peer, way: str, port: int, how: str) -> bool:
    chosen = [
        one["spec"]
        for one in policies
        if one["metadata"]["namespace"] == here.namespace
        and way in one["spec"]["policyTypes"]
        and _selects(one["spec"]["podSelector"], here.labels)
    ]
    if not chosen:
        return True
    key = {"Ingress": "from", "Egress": "to"}[way]
    return any(
        _port(rule, port, how)
        and (key not in rule or any(_is(each, there, here.namespace) for each in rule[key]))
        for spec in chosen
        for rule in spec.get(way.lower(), [])
    )


def _port(rule: dict, port: int, how: str) -> bool:
    return "ports" not in rule or any(
        each["port"] == port and each.get("protocol", "TCP") == how for each in rule["ports"]
    )


def _is(peer: dict, there: Peer, home: str) -> bool:
    if "ipBlock" in peer:
        if not there.address:
            return False
        number = ipaddress.ip_address(there.address)
        block = peer["ipBlock"]
        return number in ipaddress.ip_network(block["cidr"]) and not any(
            number in ipaddress.ip_network(each) for each in block.get("except", [])
        )
    if not there.namespace:
        return False
    if "namespaceSelector" in peer:
        names = {"kubernetes.io/metadata.name": there.namespace}
        if not _selects(peer["namespaceSelector"], names):
            return False
    elif there.namespace != home:
        return False
    return _selects(peer.get("podSelector", {}), there.labels)


def _selects(selector: dict, labels: dict[str, str]) -> bool:
    assert set(selector) <= {"matchLabels"}, "the reader knows no other selectors"
    return all(labels.get(name) == text for name, text in selector.get("matchLabels", {}).items())
