"""``synak receipt verify``: checks offline, and says what does not hold."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from sandbox.domain.receipts import KEY_FILE, ReceiptKey, receipt_for, receipt_text
from sandbox.services.receipt_commands import app
from tests.domain.test_receipts import KEY, handed_in

OTHER = ReceiptKey.from_seed(b"o" * 32)


@pytest.fixture
def kept(tmp_path):
    """A receipt and the files it speaks of."""
    files = tmp_path / "lab"
    files.mkdir()
    (files / "answer.txt").write_bytes(b"42")
    action, bundle = handed_in()
    path = tmp_path / "receipt.json"
    path.write_text(receipt_text(receipt_for(action, bundle.entries, KEY)))
    return path, files


def verify(path, *words):
    done = CliRunner().invoke(app, ["verify", str(path), *map(str, words)])
    return done.exit_code, done.output


def test_receipt_of_these_files_holds(kept):
    code, said = verify(kept[0], "--key", KEY.public_hex, "--folder", kept[1])
    assert code == 0
    assert "student: lira" in said
    assert "organisation: demo-university" in said


def test_receipt_of_changed_files_does_not_hold(kept):
    (kept[1] / "answer.txt").write_bytes(b"43")
    code, said = verify(kept[0], "--key", KEY.public_hex, "--folder", kept[1])
    assert (code, "receipt.other_files" in said) == (1, True)


def test_altered_receipt_does_not_hold(kept):
    kept[0].write_text(kept[0].read_text().replace("lira", "marat"))
    code, said = verify(kept[0], "--key", KEY.public_hex)
    assert (code, "receipt.wrong_signature" in said) == (1, True)


def test_receipt_is_checked_with_the_key_kept_beside_it(kept):
    (kept[0].parent / KEY_FILE).write_text(KEY.public_hex + "\n")
    assert verify(kept[0])[0] == 0
    (kept[0].parent / KEY_FILE).write_text(OTHER.public_hex + "\n")
    assert verify(kept[0])[0] == 2


def test_the_key_in_the_receipt_itself_is_never_trusted(kept):
    action, bundle = handed_in()
    kept[0].write_text(receipt_text(receipt_for(action, bundle.entries, OTHER)))
    code, said = verify(kept[0], "--key", KEY.public_hex)
    assert (code, "receipt.other_key" in said) == (2, True)
    code, said = verify(kept[0])
    assert (code, "no key" in said) == (2, True)


@pytest.mark.parametrize("key", ["", "x", "11" * 31, "11" * 33, "ключ"])
def test_what_is_no_key_checks_nothing(kept, key):
    (kept[0].parent / KEY_FILE).write_text(key)
    assert verify(kept[0])[0] == 2
    assert verify(kept[0], "--key", key or " ")[0] == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"body": 1}', "[" * 100_000, "\ud83d"])
def test_what_is_no_receipt_is_said_to_be_none(kept, text):
    kept[0].write_text(text, errors="replace")
    code, said = verify(kept[0], "--key", KEY.public_hex)
    assert (code, "receipt.malformed" in said) == (1, True)


def test_a_file_that_is_not_there_cannot_be_checked(tmp_path):
    assert verify(tmp_path / "none.json", "--key", KEY.public_hex)[0] == 2
