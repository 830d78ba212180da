"""``synak course receipt``: checks offline, and fails on anything changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from sandbox.domain.classroom import Action, ActionKind
from sandbox.domain.coursework import Bundle
from sandbox.domain.receipts import ReceiptKey, receipt_for
from sandbox.grading.commands import app

KEY = ReceiptKey.from_seed(b"k" * 32)


@pytest.fixture
def kept(tmp_path):
    """A receipt and the files it speaks of."""
    files = tmp_path / "lab"
    files.mkdir()
    (files / "answer.txt").write_bytes(b"42")
    bundle = Bundle.of({"answer.txt": b"42"})
    action = Action(
        7, "a" * 32, datetime(2026, 11, 21, tzinfo=UTC), "lira", ActionKind.SUBMITTED,
        "digital-money", "lab", "lira", bundle.hash, {},
    )  # fmt: skip
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(receipt_for(action, bundle.entries, KEY)))
    return path, files


def check(path, files, key=KEY.public_hex):
    words = ["receipt", str(path), "--public-key", key, "--folder", str(files)]
    return CliRunner().invoke(app, words)


def test_receipt_of_these_files_holds(kept):
    done = check(*kept)
    assert done.exit_code == 0
    assert "lira handed in lab" in done.output


def test_receipt_of_changed_files_does_not_hold(kept):
    (kept[1] / "answer.txt").write_bytes(b"43")
    done = check(*kept)
    assert done.exit_code == 1
    assert "receipt.other_files" in done.output


def test_receipt_of_another_desk_does_not_hold(kept):
    done = check(*kept, key=ReceiptKey.from_seed(b"o" * 32).public_hex)
    assert done.exit_code == 1
    assert "receipt.wrong_signature" in done.output


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"body": 1}'])
def test_what_is_no_receipt_is_said_to_be_none(kept, text):
    kept[0].write_text(text)
    assert check(*kept).exit_code == 1


def test_folder_without_an_assignment_is_an_error(tmp_path):
    assert CliRunner().invoke(app, ["check", str(tmp_path)]).exit_code == 2
