import pytest

from sandbox.isolation import probe as module
from sandbox.isolation.probe import Isolation, Probe, probe
from sandbox.kit.errors import Refused


def test_full_isolation_is_accepted_outside_development():
    Probe(Isolation.SEPARATE_USERS).require(development=False)


@pytest.mark.parametrize("level", [Isolation.ONE_USER, Isolation.NONE])
def test_weaker_isolation_is_refused_outside_development(level):
    with pytest.raises(Refused) as refused:
        Probe(level, "a reason", "an advice").require(development=False)
    assert refused.value.code == "isolation.too_weak"
    assert refused.value.params == {
        "level": level.value,
        "reason": "a reason",
        "advice": "an advice",
    }


@pytest.mark.parametrize("level", [Isolation.ONE_USER, Isolation.NONE])
def test_weaker_isolation_is_accepted_in_development(level):
    Probe(level, "a reason", "an advice").require(development=True)


def test_without_bubblewrap_nothing_is_called_isolated(monkeypatch):
    monkeypatch.setattr(module, "bubblewrap", lambda: None)
    found = probe()
    assert found.level is Isolation.NONE
    assert "bubblewrap" in found.advice


def test_bubblewrap_that_cannot_isolate_is_not_called_isolation(monkeypatch, tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'setting up uid map: Permission denied' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(module, "bubblewrap", lambda: str(broken))
    found = probe()
    assert found.level is Isolation.NONE
    assert "Permission denied" in found.reason
    assert found.advice
