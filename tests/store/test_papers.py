"""Documents, submissions and letters on both stores; bytes beside them; what a migration keeps."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, insert

from sandbox.domain.documents import Document, DocumentKind
from sandbox.domain.papers import Mark, Note, Submission, Verdict, submission_digest
from sandbox.domain.records import Account, Organisation
from sandbox.domain.words import OrganisationKind
from sandbox.kit.errors import Conflict, IntegrityFailure, NotFound
from sandbox.store import Store
from sandbox.store.classroom_blobs import Blobs
from sandbox.store.store import MIGRATIONS
from tests.store.samples import file_sample

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
FILE = "F-2026-0001"


def people(u) -> None:
    u.organisations.add(Organisation("kattap-pay", "Kattap Pay", OrganisationKind.STARTUP, AT))
    u.accounts.add(Account("aigul", "Aigul", "p", "kattap-pay", (), "ky", True, AT))
    u.files.add(file_sample(AT))


def document(name: str = "a", version: int = 1) -> Document:
    return Document(
        *(name, FILE, "series", version, DocumentKind.OTHER, "а.pdf", "application/pdf", 5),
        *("00" * 32, "aigul", AT),
    )


def submission(number: int = 1) -> Submission:
    answers = {"product": "Төлөм"}
    return Submission(
        *(f"s{number}", FILE, number, answers, (document().line(),), "ab" * 32, "aigul", AT)
    )


def test_what_is_kept_comes_back_as_it_was(store):
    with store.unit() as u:
        people(u)
        u.documents.add(document())
        u.submissions.add(submission())
        mark = u.marks.add(Mark(FILE, "aml", Verdict.MET, "жакшы", "aigul", AT))
        u.notes.add(Note("n", FILE, "text", "aigul", AT))
        u.marks.save(replace(mark, remark="better"))
        u.commit()
    with store.unit(read_only=True) as u:
        assert u.documents.of_file(FILE) == (document(),)
        (kept,) = u.submissions.of_file(FILE)
        assert (dict(kept.answers), kept.documents) == (
            {"product": "Төлөм"},
            submission().documents,
        )
        assert u.marks.of_file(FILE)["aml"].revision == 2
        assert [each.text for each in u.notes.of_file(FILE)] == ["text"]


def test_a_number_and_a_version_are_taken_once(store):
    with store.unit() as u:
        people(u)
        u.documents.add(document())
        u.submissions.add(submission())
        u.commit()
    for add in (
        lambda u: u.documents.add(document("b")),
        lambda u: u.submissions.add(replace(submission(), id="other")),
    ):
        with pytest.raises(Conflict, match=r"store\.conflict"), store.unit() as u:
            add(u)
    with store.unit() as u:
        u.documents.add(document("b", 2))
        u.submissions.add(submission(2))
        u.commit()


def _people_of_then(store) -> None:
    """An applicant and a file in the schema of that time, whatever columns came since."""
    then = MetaData()
    then.reflect(store.engine)
    known = {
        "organisation": {"id": "kattap-pay", "kind": "startup", "created_at": AT},
        "account": {"name": "aigul", "person": "p", "seats": [], "active": True, "created_at": AT},
        "permit_file": {
            "id": FILE,
            "org": "kattap-pay",
            "state": "draft",
            "answers": {},
            "revision": 1,
            "created_by": "aigul",
            "created_at": AT,
            "updated_at": AT,
        },
    }
    with store.engine.begin() as connection:
        for name, values in known.items():
            table = then.tables[name]
            blank = {each.name: "" for each in table.columns if not each.nullable}
            connection.execute(insert(table).values({**blank, **values}))


def test_earlier_submissions_are_kept_from_the_log_and_erased_ones_stay_erased(empty_url):
    store = Store(empty_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.engine.connect() as connection:
        config.attributes["connection"] = connection
        before = ScriptDirectory.from_config(config).get_revision("0012").down_revision
        command.upgrade(config, before)
        connection.commit()
    answers = [{"product": "First"}, {"product": "Second"}, {"product": "Өчүрүлгөн"}]
    _people_of_then(store)
    with store.unit() as u:
        for each in answers:
            data = {"from": "draft", "to": "submitted", "answers": each}
            u.audit.append(kind="file.submit", actor="aigul", subject=FILE, data=data, at=AT)
        u.audit.append(kind="file.return", actor="ermek", subject=FILE, data={}, at=AT)
        u.audit.erase(2, actor="ermek", at=AT)
        u.commit()
    store.migrate()
    with store.unit(read_only=True) as u:
        kept = u.submissions.of_file(FILE)
    assert [(each.number, each.answers["product"], each.by, each.at) for each in kept] == [
        (1, "First", "aigul", AT),
        (2, "Second", "aigul", AT),
    ]
    assert kept[0].digest == submission_digest(answers[0], ())
    store.close()


def test_bytes_come_in_by_pieces_are_kept_whole_or_not_at_all(tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    with blobs.incoming() as fresh:
        for piece in (b"one ", b"two"):
            fresh.write(piece)
        name = fresh.keep()
    assert name == hashlib.sha256(b"one two").hexdigest()
    with blobs.open(name) as content:
        assert content.read() == b"one two"
    with blobs.incoming() as fresh:
        fresh.write(b"never kept")
    with pytest.raises(ZeroDivisionError):
        _fails_half_way(blobs)
    assert blobs.names() == {name}
    assert [path.name for path in blobs._folder.rglob("*") if path.is_file()] == [name]
    assert blobs.put(b"one two") == name
    assert blobs.get(name) == b"one two"


def _fails_half_way(blobs):
    with blobs.incoming() as fresh:
        fresh.write(b"half")
        fresh.write(bytes(1 // 0))


def test_changed_or_missing_bytes_are_not_given(tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    name = blobs.put(b"as written")
    path = blobs._path(name)
    path.chmod(0o600)
    path.write_bytes(b"otherwise")
    with pytest.raises(IntegrityFailure, match=r"classroom\.blob_changed"):
        blobs.open(name)
    blobs.discard(name)
    blobs.discard(name)
    for wanted in (name, "../../etc/passwd"):
        with pytest.raises(NotFound, match=r"classroom\.no_blob"):
            blobs.open(wanted)
