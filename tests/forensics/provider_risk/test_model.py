"""Models are read strictly: what the software fixes stays, what is changed has another version."""

from __future__ import annotations

import copy
import json

import jsonschema
import pytest

from sandbox.forensics.provider_risk import CannotRate, Model, schema
from sandbox.forensics.provider_risk.model import AXES


def shipped():
    return copy.deepcopy(dict(Model.shipped().data))


def changed(path, value, version=2):
    """The shipped model with one place changed, or taken out (``...``)."""
    data = {**shipped(), "version": version}
    *way, last = path.split("/")
    place = data
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    if value is ...:
        del place[last]
    else:
        place[int(last) if last.isdigit() else last] = value
    return data


def refused(code, source):
    with pytest.raises(CannotRate) as error:
        Model.read(source)
    assert error.value.code == f"provider_risk.{code}"
    assert len({error.value.explain(each) for each in ("en", "ru", "ky")}) == 3


def test_the_shipped_model_has_every_axis_source_and_a_weight_of_a_hundred():
    model = Model.shipped()
    indicators = model.indicators.values()
    assert {each.axis for each in indicators} == set(AXES)
    sources = {"ledger", "travel_rule", "screening", "reserves", "alerts", "person"}
    assert {each.source for each in indicators} == sources
    assert sum(each.weight for each in indicators) == 100
    assert [each.start for each in model.tiers] == [0, 25, 50, 75]
    assert Model.read(shipped()).hash == model.hash
    assert all(each.bands[0][1] == 0 and each.worst[1] == 100 for each in indicators)


def test_the_schema_says_what_the_reader_reads():
    checked = jsonschema.Draft202012Validator(schema())
    checked.check_schema(schema())
    assert checked.is_valid(shipped())
    for path in ("axes/operations", "tiers/0/measure", "indicators/custody/bands", "version"):
        assert not checked.is_valid(changed(path, ...) if path != "version" else {})
    assert not checked.is_valid({**shipped(), "more": 1})
    assert not checked.is_valid(changed("indicators/custody/unit", "points"))


def test_weights_bands_and_tiers_may_be_others_under_another_version():
    data = changed("indicators/custody/weight", 12)
    data["indicators"]["products"]["weight"] = 8
    data["indicators"]["unhosted"]["bands"] = [[0, 0], [2000, 100]]
    data["tiers"][1]["from"] = 30
    found = Model.read(json.dumps(data).encode())
    assert (found.version, found.indicators["custody"].weight, found.tiers[1].start) == (2, 12, 30)
    assert found.hash != Model.shipped().hash
    refused("version_taken", {**data, "version": 1})


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("version", 0, "malformed"),
        ("version", True, "malformed"),
        ("axes/operations", ..., "malformed"),
        ("axes/operations/ky", " ", "malformed"),
        ("axes/operations", [], "malformed"),
        ("tiers", [], "tiers"),
        ("tiers/1/from", 0, "tiers"),
        ("tiers/0/from", 1, "tiers"),
        ("tiers/3/from", 101, "tiers"),
        ("tiers/3/from", 75.0, "tiers"),
        ("tiers/3/measure", "limits", "tiers"),
        ("tiers/3/titles/ru", ..., "malformed"),
        ("indicators/custody", ..., "indicators"),
        ("indicators/custody/axis", "operations", "fixed"),
        ("indicators/custody/axis", "other", "malformed"),
        ("indicators/custody/source", "ledger", "fixed"),
        ("indicators/unhosted/unit", "count", "fixed"),
        ("indicators/unhosted/unit", [], "malformed"),
        ("indicators/unhosted/levels", [], "malformed"),
        ("indicators/custody/levels", "none", "malformed"),
        ("indicators/custody/levels/2", ..., "malformed"),
        ("indicators/custody/weight", 11, "weights"),
        ("indicators/custody/weight", 0, "weights"),
        ("indicators/custody/weight", "10", "weights"),
        ("indicators/custody/bands", [[0, 0]], "bands"),
        ("indicators/custody/bands", [[0, 0], [1, 50]], "bands"),
        ("indicators/unhosted/bands", [[1, 0], [2, 50]], "bands"),
        ("indicators/unhosted/bands", [[0, 0], [2, 0]], "bands"),
        ("indicators/unhosted/bands", [[0, 0], [10_001, 50]], "bands"),
        ("indicators/unhosted/bands", [[0, 0], [2, 101]], "bands"),
        ("indicators/unhosted/bands", [[0, 0], [2, 50.0]], "bands"),
        ("indicators/unhosted/bands", {"0": 0}, "bands"),
    ],
)
def test_what_cannot_be_right_is_refused(path, value, code):
    data = shipped() | {"version": 2}
    if path == "indicators/custody/levels/2":
        data["indicators"]["custody"]["levels"].pop()
        code = "bands"
    else:
        data = changed(path, value)
        if path == "version":
            data["version"] = value
    refused(code, data)


@pytest.mark.parametrize(
    "source", [b"", b"[]", b'{"version": 1, "version": 1}', b"\xff", "/nowhere"]
)
def test_what_is_no_model_is_refused(source):
    refused("malformed", source)


def test_an_indicator_that_the_software_does_not_measure_is_refused():
    data = shipped() | {"version": 2}
    data["indicators"]["mood"] = data["indicators"]["custody"]
    refused("indicators", data)
    refused("malformed", {**shipped(), "version": 2, "more": {1, 2}})
