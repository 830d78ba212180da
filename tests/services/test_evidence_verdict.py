"""The verdicts of ``synak evidence verify``: each by the command, with its exit code and advice."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from sandbox.kit.canonical import canonical
from sandbox.services.evidence_commands import LAST_LINES, app
from sandbox.services.evidence_verdict import EXIT_CODES, REASONS, Verdict
from tests.services.exports import ORDER, bound_anew, parts, signed_anew, written

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "verify.md"


def told(path, *flags):
    """Exit code, last line and the codes of what was not checked and of what is wrong."""
    words = CliRunner().invoke(app, ["verify", str(path), *flags])
    values = json.loads(CliRunner().invoke(app, ["verify", str(path), *flags, "--json"]).stdout)
    assert EXIT_CODES[values["verdict"]] == words.exit_code
    assert words.stdout.splitlines()[-1] == LAST_LINES[values["verdict"]]
    for each in values["not_checked"]:
        assert f"CANNOT CHECK: {each['words']}" in words.stdout
        assert f"what to do: {each['what_to_do']}" in words.stdout
    return (
        words.exit_code,
        [each["code"] for each in values["not_checked"]],
        sorted({each["code"] for each in values["problems"]}),
    )


@pytest.fixture
def kept(evidence):
    """A head that somebody kept of this log."""
    with evidence.store.unit(read_only=True) as u:
        head = u.audit.heads()[0]
    names = ("size", "root", "signature", "public_key")
    return {**{name: getattr(head, name) for name in names}, "at": head.at.isoformat()}


@pytest.fixture
def platform(evidence):
    """The key that signs heads."""
    return Ed25519PrivateKey.from_private_bytes((evidence.folder / "head_key").read_bytes())


def _head(tmp_path, value):
    path = tmp_path / "head.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return "--head", str(path)


def test_a_whole_file_ends_with_0_and_says_each_step(evidence, kept, tmp_path):
    file = evidence.exhibit
    assert told(file) == (0, [], [])
    key = evidence.key.public
    assert told(file, "--key", key) == told(file, "--key", key.upper()) == (0, [], [])
    assert told(file, *_head(tmp_path, kept)) == (0, [], [])
    assert told(file, *_head(tmp_path, {"https://log": kept})) == (0, [], [])
    words = CliRunner().invoke(app, ["verify", str(file)]).stdout
    assert f"permit {evidence.number}, for {ORDER.recipient}" in words
    assert evidence.system.national["kgst"].supervisor in words
    assert "compare this key" in words
    with_key = CliRunner().invoke(app, ["verify", str(file), "--key", key]).stdout
    assert "compare this key" not in with_key


def test_an_altered_file_ends_with_1_whatever_else_could_not_be_checked(evidence, tmp_path):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(evidence.exhibit.read_bytes()[:-100])
    assert told(broken) == (1, [], ["container"])
    found = parts(evidence.exhibit)
    changed = written(tmp_path / "x.zip", bound_anew({**found, "permit.json": b"{}"}))
    assert told(changed, "--key", "12")[:2] == (1, ["key_malformed"])


def test_a_file_that_is_not_there_or_cannot_be_read_ends_with_2(evidence, tmp_path):
    assert told(tmp_path / "none.zip") == (2, ["file_missing"], [])
    assert told(tmp_path) == (2, ["file_unreadable"], [])
    assert told("/proc/self/mem") == (2, ["file_unreadable"], [])  # a disk error: EIO


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_file_that_nobody_may_read_ends_with_2(evidence, tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(evidence.exhibit.read_bytes())
    path.chmod(0)
    assert told(path) == (2, ["file_unreadable"], [])


def test_a_file_of_another_format_ends_with_2(evidence, tmp_path):
    found = parts(evidence.exhibit)
    manifest = {**json.loads(found["manifest.json"]), "format": "synak-evidence/1"}
    changed = {**found, "manifest.json": canonical(manifest)}
    path = written(tmp_path / "x.zip", changed)
    assert told(path) == (2, ["unknown_format"], [])
    changed["manifest.json"] = canonical({**manifest, "format": "my own"})
    assert told(written(tmp_path / "x.zip", changed)) == (1, [], ["malformed"])


@pytest.mark.parametrize("key", ["12", "zz" * 32, "ab" * 31 + "a", "0x" + "ab" * 32, " "])
def test_a_mistyped_key_ends_with_2(evidence, key):
    assert told(evidence.exhibit, "--key", key) == (2, ["key_malformed"], [])


def test_a_key_that_is_not_the_files_ends_with_2_and_shows_the_files(evidence):
    key = evidence.key.public
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
    assert told(evidence.exhibit, "--key", wrong) == (2, ["other_key"], [])
    words = CliRunner().invoke(app, ["verify", str(evidence.exhibit), "--key", wrong]).stdout
    assert f"CANNOT CHECK: the file is signed by {key}" in words


@pytest.mark.parametrize(
    "text", ["", "no json", "{}", "[]", "7", "null", '{"a": {}, "b": {}}', '{"size": "x"}']
)
def test_a_kept_head_that_cannot_be_read_ends_with_2(evidence, tmp_path, text):
    assert told(evidence.exhibit, *_head(tmp_path, text)) == (2, ["head_unreadable"], [])


def test_a_kept_head_that_is_not_there_ends_with_2(evidence, tmp_path):
    flags = ("--head", str(tmp_path / "none.json"))
    assert told(evidence.exhibit, *flags) == (2, ["head_unreadable"], [])


@pytest.mark.parametrize(
    ("change", "code"), [({"size": 10**6}, "head_newer"), ({"size": 1}, "head_between")]
)
def test_a_kept_head_that_cannot_be_compared_ends_with_2(
    evidence, kept, platform, tmp_path, change, code
):
    head = signed_anew(platform, {**kept, **change})
    assert told(evidence.exhibit, *_head(tmp_path, head)) == (2, [code], [])


def test_a_kept_head_with_a_wrong_signature_or_of_another_key_ends_with_2(evidence, kept, tmp_path):
    bent = {**kept, "root": "11" * 32}
    assert told(evidence.exhibit, *_head(tmp_path, bent)) == (2, ["head_unsigned"], [])
    other = signed_anew(Ed25519PrivateKey.generate(), kept)
    assert told(evidence.exhibit, *_head(tmp_path, other)) == (2, ["head_of_other_key"], [])


def test_a_kept_head_of_another_truth_ends_with_1(evidence, kept, platform, tmp_path):
    head = signed_anew(platform, {**kept, "root": "11" * 32})
    assert told(evidence.exhibit, *_head(tmp_path, head)) == (1, [], ["rewritten"])


def test_the_how_to_names_every_verdict_and_every_reason():
    rows = dict(re.findall(r"^\| (\d) \| `(\w+)` \|", HOW_TO.read_text(), re.MULTILINE))
    assert rows == {str(EXIT_CODES[each]): each.value for each in Verdict}
    assert set(re.findall(r"^\| `(\w+)` \|", HOW_TO.read_text(), re.MULTILINE)) == set(REASONS)
