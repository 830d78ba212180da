"""`forge test` over the contracts: unit, every caller that may not, fuzz and invariants."""

from __future__ import annotations

import json
import secrets
import subprocess

import pytest

from sandbox.contracts.forge import forge_command, forge_environment


def _run(profile: str, timeout: float, *more: str) -> dict[str, dict[str, str]]:
    """Each suite's tests by name, with forge's word for how they ended."""
    done = subprocess.run(
        forge_command(["test", "--json", *more]),
        env=forge_environment(profile),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    report = json.loads(done.stdout)
    return {
        suite.rpartition(":")[2]: {
            name: f"{result['status']} {result.get('reason') or ''}".strip()
            for name, result in body["test_results"].items()
        }
        for suite, body in report.items()
    }


def _require_all_pass(suites: dict[str, dict[str, str]]) -> None:
    failed = {
        f"{suite}.{name}": status
        for suite, tests in suites.items()
        for name, status in tests.items()
        if status != "Success"
    }
    assert not failed


@pytest.mark.slow
def test_every_solidity_test_passes() -> None:
    suites = _run("default", timeout=240)
    _require_all_pass(suites)
    assert {"InvariantsTest", "VolumeTest", "PublishingTest"} <= set(suites)
    assert sum(len(tests) for tests in suites.values()) >= 150


@pytest.mark.slow
@pytest.mark.timeout(1_500)
def test_every_solidity_test_passes_in_deep_runs_from_another_seed() -> None:
    seed = hex(secrets.randbits(64))
    print("repeat with --fuzz-seed", seed)
    _require_all_pass(_run("deep", 1_400, "--fuzz-seed", seed))
