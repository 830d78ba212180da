"""``synak badge verify``: checks offline, and says what it does not know."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from sandbox.domain.badge_status import status_list
from sandbox.domain.badges import moment, sign
from sandbox.domain.certificates import list_address
from sandbox.services.badge_commands import app
from tests.domain.test_badges import KEY, MADE, NAMES, NOW, OTHER, URL, said


@pytest.fixture
def kept(tmp_path):
    path = tmp_path / "digital-money-named.jwt"
    path.write_text(sign(said(), KEY) + "\n")
    return path


def verify(path, *words, key=KEY.public_hex):
    done = CliRunner().invoke(app, ["verify", str(path), "--key", str(key), *map(str, words)])
    return done.exit_code, done.output


def listed(tmp_path, *revoked, number=1):
    path = tmp_path / "list.jwt"
    path.write_text(status_list(list_address(URL, number), revoked, NOW, KEY))
    return path


def test_a_certificate_holds_and_its_revocation_is_unknown_without_a_list(kept):
    code, words = verify(kept)
    assert code == 0
    assert f"holder: {NAMES[0]}" in words
    assert "revocation: UNKNOWN" in words
    assert list_address(URL, 1) in words


def test_a_list_tells_whether_it_is_revoked(kept, tmp_path):
    code, words = verify(kept, "--list", listed(tmp_path, 5))
    assert (code, f"not revoked as of {moment(NOW)}" in words) == (0, True)
    code, words = verify(kept, "--list", listed(tmp_path, MADE.list_place))
    assert (code, "badge.revoked" in words) == (1, True)
    code, words = verify(kept, "--list", listed(tmp_path, number=2))
    assert (code, "badge.other_list" in words) == (2, True)


def test_the_key_may_be_a_file_and_is_never_the_certificates_own(kept, tmp_path):
    file = tmp_path / "key.txt"
    file.write_text(KEY.public_hex + "\n")
    assert verify(kept, key=file)[0] == 0
    code, words = verify(kept, key=OTHER.public_hex)
    assert (code, "badge.other_key" in words) == (2, True)
    assert verify(kept, key="x")[0] == 2


def test_a_name_is_compared_even_when_it_is_hidden(kept):
    kept.write_text(sign(said(hidden=True), KEY))
    code, words = verify(kept)
    assert (code, "hidden" in words, NAMES[0] in words) == (0, True, False)
    assert verify(kept, "--name", NAMES[0])[0] == 0
    assert verify(kept, "--name", "Somebody Else")[0] == 1


@pytest.mark.parametrize("hidden", [True, False])
def test_the_latin_form_that_the_holder_chose_does_not_tell_whose_it_is(kept, hidden):
    kept.write_text(sign(said(names=("Асанов Асан", "Osmonov Bakyt"), hidden=hidden), KEY))
    code, words = verify(kept, "--name", "Osmonov Bakyt")
    assert (code, "ask for the written name" in words, "the holder's" in words) == (2, True, False)
    code, words = verify(kept, "--name", "Асанов Асан")
    assert (code, "name: the holder's" in words) == (0, True)


def test_an_altered_or_ended_one_does_not_hold(kept):
    text = kept.read_text()
    kept.write_text(text[:600] + ("A" if text[600] != "A" else "B") + text[601:])
    assert verify(kept)[0] == 1
    kept.write_text(sign(said() | {"validUntil": "2024-06-01T00:00:00Z"}, KEY))
    code, words = verify(kept)
    assert (code, "badge.expired" in words) == (1, True)


@pytest.mark.parametrize("content", [b"", b"{}", b"a.b.c", b"." * 70_000, b"\xff" * 50])
def test_what_is_no_certificate_is_said_to_be_none(kept, content):
    kept.write_bytes(content)
    code, words = verify(kept)
    assert (code, "badge." in words) == (1, True)


def test_a_file_that_is_not_there_cannot_be_checked(tmp_path):
    assert verify(tmp_path / "none.jwt")[0] == 2
