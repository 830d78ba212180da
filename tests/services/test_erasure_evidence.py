"""An erasure and evidence files on a real chain: those made before, and those made afterwards."""

from __future__ import annotations

import pytest

from sandbox.domain.residence import Attributes, Identification
from sandbox.services.audit import verify_log
from sandbox.services.evidence_verify import verify_file
from sandbox.services.known_people import note
from tests.services.exports import lived

pytestmark = pytest.mark.slow


def test_evidence_files_hold_before_and_after_an_erasure(empty_store):
    with lived(empty_store) as made:
        with made.store.unit() as u:
            person = u.customers.of_permit(made.number)[0]
            who = made.actor("bakyt")
            note(u, who, [person], Attributes("KZ", Identification.FULL), at=made.at)
            u.commit()
        before = made.exported(made.number)
        assert verify_file(before).problems == []
        with made.store.unit() as u:
            (entry,) = u.audit.of_kinds(made.number, {"permit.customer_described"})
            u.audit.erase(entry.index, actor="damira", at=made.at)
            u.erasures.take_customer(person.id)
            u.commit()
        with made.store.unit(read_only=True) as u:
            assert verify_log(u).ok
        assert verify_file(before).problems == []
        assert verify_file(made.exhibit).problems == []
        assert verify_file(made.exported(made.number)).problems == []
