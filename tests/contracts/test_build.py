"""The build: once per content, whole or not at all, and small enough for a chain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.contracts import build as builder
from sandbox.contracts.artifacts import MAX_RUNTIME, Artifact
from sandbox.contracts.loader import artifact
from sandbox.kit.errors import NotFound


@pytest.mark.parametrize("name", builder.NATIONAL)
def test_a_national_contract_fits_a_chain(name: str) -> None:
    assert 0 < len(artifact(name).runtime) <= MAX_RUNTIME


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(NotFound) as caught:
        artifact("Treasury")
    assert caught.value.code == "contracts.unknown"


def test_the_abi_has_what_others_build_on() -> None:
    names = {entry.get("name") for entry in artifact("Supervisor").abi}
    assert {"publish", "register", "LimitExceeded", "NotPermitted", "Moved", "usage"} <= names


def test_a_build_of_the_same_content_is_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "artifacts.json"
    file.write_text(json.dumps({"digest": builder.digest(), "contracts": {}}), "utf-8")
    assert builder.build(file) == file
    assert json.loads(file.read_text("utf-8"))["contracts"] == {}


@pytest.mark.slow
def test_a_broken_build_is_renewed(tmp_path: Path) -> None:
    file = tmp_path / "artifacts.json"
    file.write_text('{"digest": "', "utf-8")
    built = json.loads(builder.build(file).read_text("utf-8"))
    assert built["digest"] == builder.digest()
    assert set(builder.NATIONAL) <= set(built["contracts"])
    assert [each.name for each in tmp_path.iterdir()] == ["artifacts.json"]


def test_an_artifact_survives_json() -> None:
    first = Artifact("A", "A.sol", [{"type": "constructor"}], b"\x60\x00", b"\xfe")
    assert Artifact.from_json("A", json.loads(json.dumps(first.as_json()))) == first
