"""Foundry's cast and forge as anybody types them."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from sandbox.contracts.forge import native_compiler
from sandbox.kit.ids import CHAIN_IDS
from sandbox.toolchain import tools
from tests.clients.till import till

pytestmark = pytest.mark.slow

STRANGER = "0x00000000000000000000000000000000DeaDBeef"


def run(program, *arguments, cwd=None):
    """One command line; what it printed, or what it complained of."""
    done = subprocess.run(
        [str(program), *arguments],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        cwd=cwd,
        env={**os.environ, "NO_PROXY": "*", "FOUNDRY_DISABLE_NIGHTLY_WARNING": "1"},
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


@pytest.fixture
def cast(trial, chain, owner):
    """cast with the address; ``own=True`` adds the team's own key."""

    def command(name, *arguments, own=False, fails=False):
        key = ["--private-key", owner.key.to_0x_hex()] if own else []
        place = ["--rpc-url", trial.url(chain)]
        code, out, err = run(tools.cast(), name, *place, *key, *arguments)
        assert (code != 0) == fails, (name, arguments, out, err)
        return err if fails else out

    return command


@pytest.fixture
def deployed(cast, trial, chain):
    """A till, deployed by ``cast send --create`` with cast's own defaults."""
    code = "0x" + till().bytecode.hex() + trial.national(chain)["token"][2:].rjust(64, "0").lower()
    receipt = json.loads(cast("send", "--json", "--create", code, own=True))
    assert receipt["status"] == "0x1"
    return receipt["contractAddress"]


def test_it_deploys_sends_calls_and_reads_logs(cast, deployed, owner):
    sent = json.loads(cast("send", "--json", deployed, "note(uint256)", "7", own=True))
    assert sent["status"] == "0x1"
    assert cast("call", deployed, "payments()(uint256)") == "1"
    logs = cast("logs", "--from-block", "1", "--address", deployed, "Paid(address,uint256)")
    assert f"{7:064x}" in logs
    receipt = json.loads(cast("receipt", sent["transactionHash"], "--json"))
    assert receipt["blockNumber"] == sent["blockNumber"]
    transaction = json.loads(cast("tx", sent["transactionHash"], "--json"))
    assert transaction["from"] == owner.address.lower()
    assert cast("nonce", owner.address, "--block", "pending") == cast("nonce", owner.address)
    assert int(cast("storage", deployed, "0"), 16) == 1
    assert len(cast("code", deployed)) > 2


def test_it_is_told_why_a_call_reverts(cast, deployed):
    for way in ("call", "estimate"):
        assert "reverted" in cast(way, deployed, "note(uint256)", "0", fails=True)
    assert int(cast("estimate", deployed, "note(uint256)", "9")) > 21_000


def test_it_reads_the_chain(cast, chain):
    assert cast("chain-id") == str(CHAIN_IDS[chain])
    number = int(cast("block-number"))
    assert int(cast("block", "latest", "--field", "number")) >= number
    assert cast("age", "latest")
    assert cast("client").startswith("synak/")
    assert int(cast("gas-price")) == (10**9 if chain == "kgst" else 0)
    assert int(cast("base-fee")) == 0
    assert json.loads(cast("rpc", "eth_feeHistory", "0x2", "latest", "[50]"))["oldestBlock"]


def test_an_account_of_zero_balance_sends_with_casts_own_defaults(trial):
    """cast never offers less than one wei; on this chain that must not stop anybody."""
    empty = trial.join("som")
    options = ["--rpc-url", trial.url("som"), "--private-key", empty.key.to_0x_hex(), "--json"]
    code, out, err = run(tools.cast(), "balance", empty.address, *options[:2])
    assert (code, out) == (0, "0"), err
    for more in ([], ["--legacy"]):
        call = ["send", trial.national("som")["token"], "approve(address,uint256)", STRANGER, "1"]
        code, out, err = run(tools.cast(), *call, *options, *more)
        assert (code, json.loads(out or "{}").get("status")) == (0, "0x1"), err


@pytest.mark.parametrize("chain", ["kgst"])
def test_a_refused_payment_names_its_clause(cast, trial, chain, owner):
    trial.fund(owner.address, "KGST", 10)
    call = ("transfer(address,uint256)", STRANGER, "1", "--gas-limit", "300000")
    said = cast("send", trial.national(chain)["token"], *call, own=True, fails=True)
    assert "does not take part in this permit" in said


@pytest.mark.slow
def test_forge_creates_a_contract(trial, chain, owner, tmp_path):
    """forge over an empty project of one contract, with the compiler that npm brings."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "Note.sol").write_text(
        "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n"
        "contract Note { uint256 public value; constructor(uint256 v) { value = v; } }\n"
    )
    (tmp_path / "foundry.toml").write_text('[profile.default]\nsrc = "src"\noffline = true\n')
    code, out, err = run(
        tools.forge(),
        *(
            "create",
            "src/Note.sol:Note",
            "--broadcast",
            "--json",
            "--use",
            str(native_compiler(tmp_path)),
            "--offline",
        ),
        *("--rpc-url", trial.url(chain), "--private-key", owner.key.to_0x_hex()),
        *("--constructor-args", "5"),
        cwd=tmp_path,
    )
    assert code == 0, (out, err)
    address = json.loads(out[out.index("{") :])["deployedTo"]
    code, out, err = run(
        tools.cast(), "call", address, "value()(uint256)", "--rpc-url", trial.url(chain)
    )
    assert (code, out) == (0, "5"), err
