"""Outside witnesses of the audit log: what is read, and when it is whole, altered or neither."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sandbox.domain.head_paper import PaperHead, grouped, head_line, read_text, words_of
from sandbox.kit.errors import InvalidInput
from sandbox.services import audit
from sandbox.services.audit import HeadKey, verify_log
from sandbox.services.audit_witness import head_in
from sandbox.services.commands import app

AT = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
HEX64 = st.text("0123456789abcdef", min_size=64, max_size=64)


def _fill(store, count=10, word="act"):
    with store.unit() as u:
        for number in range(count):
            data = {"n": number}
            u.audit.append(kind=f"test.{word}", actor="ermek", subject="x", data=data, at=AT)
        u.commit()


@pytest.fixture
def key(tmp_path):
    return HeadKey.load(tmp_path / "head.key")


@pytest.fixture
def kept(store, key):
    """A head that somebody kept of ten records, of which there are fifteen now."""
    _fill(store)
    with store.unit() as u:
        head = audit.head(u, at=AT, key=key)
        u.commit()
    _fill(store, 5)
    with store.unit() as u:
        audit.head(u, at=AT, key=key)
        u.commit()
    return head


def _line(head):
    return head_line(
        size=head.size,
        root=head.root,
        at=head.at.isoformat(),
        signature=head.signature,
        public_key=head.public_key,
    )


def _mail(text):
    message = EmailMessage()
    message["Message-ID"], message["Subject"] = "<1@synak.test>", "Head"
    message.set_content(f"Сомдун журналы\n\n{text}\n")
    return message.as_bytes()


def _typed(size, root, words):
    return f"size: {size}\nroot: {grouped(root)}\nat: today\nwords: {words}\n"


def _run(store, tmp_path, *contents, more=()):
    flags = []
    for number, content in enumerate(contents):
        path = tmp_path / f"witness-{number}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        flags += ["--witness", str(path)]
    url = store.url.render_as_string()
    return CliRunner().invoke(app, ["verify", "--database", url, *flags, *more])


def _forms(head):
    wrapped = "\n".join(f"> {_line(head)[n : n + 60]}" for n in range(0, len(_line(head)), 60))
    return {
        "mail": _mail(_line(head)),
        "forwarded": _mail(wrapped),
        "pdf": b"%PDF-1.4\n\xe2\xe3\n/Subject (" + _line(head).encode() + b")\n%%EOF",
        "text": f"page 12: {_line(head)}.",
        "typed": _typed(f"{head.size:,}", head.root.upper(), words_of(head.size, head.root)),
        "json": json.dumps({**head.__dict__, "at": head.at.isoformat()}),
    }


FORMS = (
    "mail",
    "typed",
    "pdf",
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("forwarded", "text", "json")),
)


@pytest.mark.parametrize("form", FORMS)
def test_a_witness_of_any_form_fits_a_log_that_grew(store, kept, tmp_path, form):
    done = _run(store, tmp_path, _forms(kept)[form])
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "whole: nothing was altered")
    assert "begins with its 10" in done.stdout


@pytest.mark.parametrize("form", FORMS)
def test_a_witness_of_any_form_exposes_a_log_rewritten_as_a_whole(store, key, kept, tmp_path, form):
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_entry")
        connection.exec_driver_sql("DELETE FROM tree_head")
    _fill(store, 15, word="other")
    with store.unit() as u:
        audit.head(u, at=AT, key=key)
        u.commit()
    assert _run(store, tmp_path).exit_code == 0, "alone the rewritten log looks sound"
    done = _run(store, tmp_path, _forms(kept)[form])
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (1, "ALTERED: see above")
    assert "they were rewritten" in done.stdout


@pytest.mark.parametrize("form", FORMS)
def test_a_witness_of_any_form_exposes_a_cut_off_end(store, kept, tmp_path, form):
    with store.engine.begin() as connection:
        connection.exec_driver_sql('DELETE FROM audit_entry WHERE "index" >= 7')
        connection.exec_driver_sql("DELETE FROM tree_head WHERE size = 15")
    done = _run(store, tmp_path, _forms(kept)[form])
    assert done.exit_code == 1
    assert "it knows 10 records, the log has 7: records are missing" in done.stdout


def _other_key(kept, tmp_path):
    other = HeadKey.load(tmp_path / "other.key")
    from sandbox.domain.heads import head_bytes

    root = "ab" * 32
    signature = other.sign(head_bytes(10, root, kept.at.isoformat()))
    line = head_line(
        size=10,
        root=root,
        at=kept.at.isoformat(),
        signature=signature,
        public_key=other.public,
    )
    return line, other.public


def test_what_does_not_fit_without_speaking_for_itself_is_no_alteration(store, kept, tmp_path):
    line = _line(kept)
    words = words_of(10, kept.root)
    wrong_root = "0" + kept.root[1:] if kept.root[0] != "0" else "1" + kept.root[1:]
    cases = {
        "checksum words do not fit": _typed(11, kept.root, words),
        "the checksum words do not fit": _typed(10, wrong_root, words),
        "has neither signature nor checksum words": f"size: 10\nroot: {wrong_root}\n",
        "is not signed by the key it names": line.replace(kept.root, wrong_root),
        "signed nothing in this log": _other_key(kept, tmp_path)[0],
        "no head in it": "a letter about something else",
        "several heads": f"{line} {line.replace(':10:', ':11:', 1)}",
        "not the JSON of a head": "{}",
    }
    for words_said, content in cases.items():
        done = _run(store, tmp_path, content)
        assert (done.exit_code, done.stdout.splitlines()[-1]) == (
            2,
            "CANNOT CHECK as asked: see above",
        ), words_said
        assert words_said in done.stdout
        assert "what to do: " in done.stdout


def test_a_head_of_a_key_that_the_reader_knows_is_an_alteration(store, kept, tmp_path):
    line, public = _other_key(kept, tmp_path)
    done = _run(store, tmp_path, line, more=["--key", public])
    assert done.exit_code == 1
    done = _run(store, tmp_path, more=["--key", public])
    assert (done.exit_code, "if yours is right" in done.stdout) == (2, True)
    assert _run(store, tmp_path, more=["--key", kept.public_key]).exit_code == 0
    assert _run(store, tmp_path, more=["--key", "typed"]).exit_code == 2


def test_an_alteration_outweighs_what_cannot_be_checked(store, kept, tmp_path):
    with store.engine.begin() as connection:
        statement = """UPDATE audit_entry SET actor = 'nobody' WHERE "index" = 2"""
        connection.exec_driver_sql(statement)
    done = _run(store, tmp_path, _line(kept), "nothing")
    assert done.exit_code == 1
    assert "record 2 is not what was written" in done.stdout
    assert "lies behind the first wrong record" in done.stdout
    missing = CliRunner().invoke(
        app,
        ["verify", "--database", store.url.render_as_string(), "--witness", str(tmp_path / "no")],
    )
    assert (missing.exit_code, "No such file" in missing.stdout) == (1, True)


@settings(max_examples=20)
@given(size=st.integers(0, 10**12), root=HEX64, place=st.integers(0, 63), digit=st.integers(1, 15))
def test_the_words_notice_another_size_and_any_other_digit(size, root, place, digit):
    words = words_of(size, root)
    other = f"{(int(root[place], 16) + digit) % 16:x}"
    changed = root[:place] + other + root[place + 1 :]
    assert PaperHead(size, root, words=words).typed_right()
    assert not PaperHead(size, changed, words=words).typed_right()
    assert not PaperHead(size + 1, root, words=words).typed_right()
    assert read_text(_typed(size, root, words)) == PaperHead(size, root, words=words)


@settings(max_examples=25)
@given(st.binary(max_size=400))
def test_nothing_in_a_file_makes_reading_it_break(content):
    for each in (content, b"%PDF-" + content, b"{" + content, b"Message-ID: <1@x>\n\n" + content):
        with contextlib.suppress(InvalidInput):
            head_in(each)


def test_a_verification_says_how_far_it_is_and_asks_for_roots(store, monkeypatch):
    monkeypatch.setattr(audit, "TELLS", 4)
    _fill(store, 10)
    told = []
    with store.unit(read_only=True) as u:
        report = verify_log(u, sizes={0, 3, 10, 11}, progress=told.append)
        leaves = u.audit.leaves(0, 3)
    from sandbox.kit.merkle import root

    assert (told, sorted(report.roots)) == ([4, 8], [0, 3, 10])
    assert report.roots[3] == root(leaves).hex()
