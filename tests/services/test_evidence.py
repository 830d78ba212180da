"""Evidence files: what is in them, who may have them, and that whatever is altered is named."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.domain.heads import head_bytes
from sandbox.kit.canonical import canonical
from sandbox.services.evidence_verify import verify_file
from sandbox.store import Store
from tests.gateway.support import System
from tests.services.exports import ORDER, Ahead, Evidence, joined, lines, parts, written


@pytest.fixture(scope="module")
def evidence(empty_store):
    """One gateway, one store, one permit that lived, beside another permit."""
    root = Path(tempfile.mkdtemp(prefix="ev-"))
    system = System(root, clock=Ahead()).start()
    shutil.copy(empty_store, root / "store.db")
    store = Store(f"sqlite:///{root}/store.db")
    made = Evidence(store, system, root / "evidence")
    made.other = made.active(max_customers="2")
    made.people(made.other, 1)
    made.number = made.lived()
    made.enter()
    made.file = made.exported(made.number)
    made.named = made.exported(made.number, replaced(without_names=False))
    yield made
    store.close()
    system.stop()
    shutil.rmtree(root, ignore_errors=True)


def replaced(**changes):
    return type(ORDER)(**{**ORDER.__dict__, **changes})


def test_an_untouched_file_holds_and_says_what_it_is(evidence):
    report = verify_file(evidence.file, key=evidence.key.public)
    assert report.problems == []
    assert all(ok for _, ok in report.steps)
    facts = report.facts
    assert (facts["permit"], facts["recipient"]) == (evidence.number, ORDER.recipient)
    assert facts["legal_basis"] == ORDER.legal_basis
    assert facts["refusals"] == 1
    assert facts["succeeded"] >= 6
    (version,) = facts["versions"]
    assert len(version["signatures"]) == 2
    assert version["published"]["kgst"].startswith("0x")
