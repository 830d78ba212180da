"""Who puts a name to something has read just that: an old page signs nothing that came since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from sandbox.domain.exit_report import ReportState
from sandbox.domain.records import Organisation
from sandbox.domain.requirements import RequirementState
from sandbox.domain.seats import Seat
from sandbox.domain.words import OrganisationKind
from tests.support.authority import only_authority
from tests.web.papers_world import give_back, save, submit
from tests.web.settlement_world import ended
from tests.web.test_requirements import _set
from tests.web.world import START, World

LESSONS = "Customers understood the cap once the shop had told them of it; we would say it earlier."


@dataclass(frozen=True)
class Case:
    """One act: who does it, on which page and path, what changes before, whether it was done."""

    who: str
    page: str
    path: str
    change: Callable[[], None]
    done: Callable[[], bool]
    more: dict[str, str]


def _sponsor_signs(desk: World) -> Case:
    file = desk.submitted()
    here = f"/desk/files/{file}"

    def change() -> None:
        give_back(desk, file)
        save(desk, file, "test", safeguards="The sponsor pays every loss without limit.")
        submit(desk, file)

    def done() -> bool:
        with desk.parts.store.unit(read_only=True) as u:
            return bool(u.files.get(file).sponsor_signature)

    path, more = f"{here}/sponsor-signature", {"understood": "yes"}
    return Case("damira", here, path, change, done, more)


def _another_authority(desk: World) -> Case:
    file = desk.under_review()
    with desk.parts.store.unit() as u:
        for name, rank in (("market", 2), ("third", 3)):
            body = Organisation(name, name.title(), OrganisationKind.AUTHORITY, START)
            u.organisations.add(body)
            u.authorities.add(only_authority(name, rank=rank, fallback=False))
        u.commit()
    path, ermek = f"/desk/files/{file}/competence", desk.browser("ermek")

    def propose(authority: str) -> None:
        form = {"authority": authority, "reasons": "Its product."}
        assert ermek.act(path, form).status_code == 303

    def change() -> None:
        assert ermek.sign(f"/desk/files/{file}", f"{path}/drop").status_code == 303
        propose("third")

    def done() -> bool:
        with desk.parts.store.unit(read_only=True) as u:
            return u.files.get(file).authority != "nbkr"

    propose("market")
    return Case("feruza", f"/desk/files/{file}", f"{path}/confirm", change, done, {})


def _requirement(desk: World) -> Case:
    file = desk.under_review()
    page, one = f"/desk/files/{file}/requirements", _set(desk, file)

    def show(evidence: str) -> None:
        form = {"evidence": evidence}
        assert desk.browser("aigul").act(f"{page}/{one}/file", form).status_code == 303

    def done() -> bool:
        with desk.parts.store.unit(read_only=True) as u:
            return u.requirements.get(one).state is RequirementState.MET

    show("A bank's statement of a million som.")
    return Case("ermek", page, f"{page}/{one}/confirm", lambda: show("None."), done, {})


def _exit_report(desk: World) -> Case:
    desk.granted()
    _, file, _ = ended(desk)
    page, aigul = f"/desk/files/{file}/report", desk.browser("aigul")
    path, judged = f"{page}/judgement", {"judgement": "accept"}
    assert aigul.act(page, {"lessons": LESSONS}).status_code == 303

    def change() -> None:
        back = {"judgement": "return", "reason": "Say more."}
        assert desk.browser("feruza").sign(page, path, back).status_code == 303
        assert aigul.act(page, {"lessons": "Nothing. " * 20}).status_code == 303

    def done() -> bool:
        with desk.parts.store.unit(read_only=True) as u:
            return u.exit_reports.get(file).state is ReportState.ACCEPTED

    return Case("ermek", page, path, change, done, judged)


def _earlier_end(desk: World) -> Case:
    page, ermek, feruza = "/desk/committee", desk.browser("ermek"), desk.browser("feruza")
    today = desk.clock.now().date()
    order = {"account": "gulnara", "role": "member", "order_number": "12"}
    assert ermek.act(f"{page}/appointments", order | {"since": str(today)}).status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        (seat,) = u.appointments.all("nbkr")
    path = f"{page}/appointments/{seat.id}"
    assert feruza.sign(page, f"{path}/confirm").status_code == 303

    def end(days: int) -> None:
        form = {"until": str(today + timedelta(days=days)), "order_number": "13"}
        assert ermek.act(f"{path}/end", form).status_code == 303

    def change() -> None:
        assert ermek.act(f"{path}/drop", {"reasons": "Another day."}).status_code == 303
        end(0)

    def done() -> bool:
        with desk.parts.store.unit(read_only=True) as u:
            return u.appointments.get(seat.id).until is not None

    end(200)
    return Case("feruza", page, f"{path}/confirm", change, done, {})


def _another_sponsor(desk: World) -> Case:
    number = desk.granted()
    with desk.parts.store.unit() as u:
        u.organisations.add(Organisation("bank2", "Second Bank", OrganisationKind.BANK, START))
        u.accounts.save(replace(u.accounts.get("omar"), org="bank2", seats=(Seat.SPONSOR,)))
        u.commit()
        file = u.permits.get(number).file
    page = f"/desk/files/{file}"

    def name(reasons: str) -> None:
        form = {"sponsor": "bank2", "reasons": reasons}
        assert desk.browser("aigul").act(f"{page}/sponsor-named", form).status_code == 303

    def done() -> bool:
        with desk.parts.store.unit(read_only=True) as u:
            return any(each.signature for each in u.petitions.of_file(file))

    name("Better terms.")
    change = lambda: name("It takes over every debt.")  # noqa: E731
    return Case("omar", page, f"{page}/sponsor-accepted", change, done, {})


@pytest.mark.parametrize(
    "case",
    [
        _sponsor_signs,
        _another_authority,
        _requirement,
        _exit_report,
        _earlier_end,
        _another_sponsor,
    ],
)
def test_an_old_page_signs_nothing_that_was_not_read(
    desk: World, case: Callable[[World], Case]
) -> None:
    this = case(desk)
    browser = desk.browser(this.who)
    old = browser.read(this.page, this.path) | this.more
    this.change()
    for form in (old, this.more):
        refused = browser.act(this.path, form)
        assert (refused.status_code, "act.other_than_read" in refused.text) == (409, True)
        assert not this.done()
    assert browser.sign(this.page, this.path, this.more).status_code == 303
    assert this.done()
