"""Who takes a permit over signs for everything that was submitted, documents too."""

from __future__ import annotations

from dataclasses import replace

from sandbox.domain.records import Organisation
from sandbox.domain.seats import Seat
from sandbox.domain.words import OrganisationKind
from sandbox.services.sponsorship import signature_holds, submitted_documents
from tests.web.papers_world import attach, sign, submit, take_up
from tests.web.world import START, World


def _second_bank(desk: World) -> None:
    with desk.parts.store.unit() as u:
        u.organisations.add(Organisation("bank2", "Second Bank", OrganisationKind.BANK, START))
        u.accounts.save(replace(u.accounts.get("omar"), org="bank2", seats=(Seat.SPONSOR,)))
        u.commit()


def test_a_new_sponsors_signature_covers_the_documents(desk: World) -> None:
    file_id = desk.draft()
    _second_bank(desk)
    attach(desk.browser("aigul"), file_id, "safeguards.txt", b"Client money in an own account.")
    submit(desk, file_id)
    sign(desk, file_id)
    take_up(desk, file_id)
    desk.grant(file_id, desk.propose(file_id))
    fields = {"sponsor": "bank2", "reasons": "Better terms."}
    named = desk.browser("aigul").act(f"/desk/files/{file_id}/sponsor-named", fields)
    here = f"/desk/files/{file_id}"
    accepted = desk.browser("omar").sign(here, f"{here}/sponsor-accepted")
    assert (named.status_code, accepted.status_code) == (303, 303)
    with desk.parts.store.unit(read_only=True) as u:
        file = u.files.get(file_id)
        (petition,) = (each for each in u.petitions.of_file(file_id) if each.sponsor)
        taken_over = replace(file, sponsor="bank2", sponsor_signature=petition.signature)
        documents = submitted_documents(u, file)
        assert len(documents) == 1
        assert signature_holds(file, documents)
        assert signature_holds(taken_over, documents)
        assert not signature_holds(taken_over, ())


def test_an_error_of_a_form_that_is_not_on_the_page_stands_on_top(desk: World) -> None:
    file_id = desk.draft()
    submit(desk, file_id)
    fields = {"sponsor": "nobody", "reasons": "Better terms."}
    refused = desk.browser("aigul").act(f"/desk/files/{file_id}/sponsor-named", fields)
    assert refused.status_code in {400, 404, 409}
    assert refused.text.count('id="problem"') == 1
