"""Extension, surrender, completion and appeals on a real chain: each act beside what refuses it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.document import document_hash
from sandbox.domain.regime import months_later
from sandbox.domain.seats import Channel
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.services import extensions, faucet, holders
from sandbox.services.appeals import AppealDecision, appeal
from sandbox.services.calls import call_data
from sandbox.services.completion import CompletePermit, complete
from sandbox.services.deadlines import apply_deadlines
from sandbox.services.decisions import (
    ProposeGrant,
    ProposeRefusal,
    ProposeReinstate,
    ProposeRevoke,
    ProposeVary,
    WithdrawProposal,
    propose_grant,
    propose_refusal,
    propose_reinstate,
    propose_revoke,
    propose_vary,
    withdraw_proposal,
)
from sandbox.services.exit_reports import FileReport, JudgeReport, file_report, judge_report
from sandbox.services.extensions import AskExtension, DeclineExtension, ProposeExtension
from sandbox.services.faucet import AskFaucet
from sandbox.services.holders import ProposeWindDown, Surrender
from sandbox.services.interventions import Halt, halt
from sandbox.services.outcomes import (
    ProposeAppealDecision,
    ProposeGraduation,
    propose_appeal_decision,
    propose_graduation,
)
from sandbox.services.permits import public_permit
from tests.services.life import (
    PLAN,
    asked,
    effective,
    later,
    life,
    lines,
    of,
    policy_state,
    sign,
)
from tests.services.world import KGST, LIMITS

# extension


def test_an_extension_asked_for_and_signed_by_two_moves_the_end_on_chain_once(world):
    number = world.active()
    end, file_id = world.permit(number).terms.end, of(world, number)
    filed = world.do(extensions.ask_extension, "damira", asked(world, number))
    assert filed.state == "active"
    assert "propose_extension" in life(world, file_id).can
    proposal = ProposeExtension(number, "In order.")
    world.do(extensions.propose_extension, "ermek", proposal, ports=True)
    with pytest.raises(NotAllowed, match=r"approval\.author_cannot_countersign"):
        sign(world, file_id, "ermek")
    sign(world, file_id)
    world.settle()
    permit = world.permit(number)
    assert permit.terms.end == end + timedelta(days=30)
    assert (permit.state, permit.published_version) == ("active", 2)
    assert effective(world, number)[3] == int(permit.terms.end.timestamp())
    assert [each.state.value for each in life(world, file_id).petitions] == ["granted"]
    with pytest.raises(Conflict, match=r"extension\.twice"):
        world.do(extensions.ask_extension, "damira", asked(world, number))
    assert "ask_extension" not in life(world, file_id, "damira").can


def test_an_extension_is_not_had_otherwise(world):
    number = world.active()
    file_id, end = of(world, number), world.permit(number).terms.end
    command = ProposeExtension(number, "Nobody asked.")
    with pytest.raises(NotFound, match=r"petition\.not_found"):
        world.do(extensions.propose_extension, "ermek", command, ports=True)
    later = {"end": (end + timedelta(days=1)).isoformat()}
    with pytest.raises(InvalidInput, match=r"extension\.not_by_variation"):
        world.do(propose_vary, "ermek", ProposeVary(number, later, "longer"), ports=True)
    beyond = months_later(end, 6) + timedelta(seconds=1)
    with pytest.raises(InvalidInput, match=r"extension\.too_long"):
        world.do(extensions.ask_extension, "aigul", AskExtension(number, beyond, "more"))
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        world.do(extensions.ask_extension, "bakyt", asked(world, number))
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        world.do(extensions.ask_extension, "ermek", asked(world, number))
    world.do(extensions.ask_extension, "aigul", asked(world, number))
    with pytest.raises(Conflict, match=r"petition\.open_already"):
        world.do(extensions.ask_extension, "damira", asked(world, number))
    command = ProposeExtension(number, "more", end + timedelta(days=31))
    with pytest.raises(InvalidInput, match=r"extension\.beyond_request"):
        world.do(extensions.propose_extension, "ermek", command, ports=True)
    declined = DeclineExtension(file_id, "The term is enough.")
    world.do(extensions.decline_extension, "ermek", declined)
    (petition,) = life(world, file_id, "aigul").petitions
    assert (petition.state.value, petition.answer) == ("declined", "The term is enough.")
    world.clock.ahead = timedelta(days=75)
    with pytest.raises(Conflict, match=r"extension\.too_late"):
        world.do(extensions.ask_extension, "aigul", asked(world, number))


def test_an_extension_is_not_signed_after_the_end(world):
    number = world.active()
    file_id = of(world, number)
    world.do(extensions.ask_extension, "aigul", asked(world, number))
    world.do(extensions.propose_extension, "ermek", ProposeExtension(number, "ok"), ports=True)
    world.clock.ahead = timedelta(days=91)
    with pytest.raises(Conflict, match=r"extension\.after_the_end"):
        sign(world, file_id)
    with world.store.unit() as u:
        apply_deadlines(u, at=world.at)
        u.commit()
    view = life(world, file_id)
    assert world.file(file_id).state == "expired"
    assert [each.state.value for each in view.petitions] == ["declined"]
    assert ("settlement", "open") in lines(world, file_id)


# surrender, completion, graduation


def _fund(world, number, address, amount):
    team = world.actor("bakyt", channel=Channel.SERVER, permit=number)
    world.do(faucet.ask, team, AskFaucet(number, address, "KGST", str(amount)))
    world.settle()


def _redeem(world, token, amount):
    """A customer redeems with its own token, at the public gateway."""
    world.worker.beat()
    where = world.system.national["kgst"].tokens["KGST"]

    def ask(method, *params):
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        return world.system.post("kgst", body, token).json()

    (sender,) = ask("eth_accounts")["result"]
    data = call_data("KGST", "redeem", amount)
    sent = ask("eth_sendTransaction", {"from": sender, "to": where, "data": data})
    deadline = time.monotonic() + 20
    while True:
        found = world.ports.gateway.rpc("kgst", "eth_getTransactionReceipt", [sent["result"]])
        if found:
            assert found["status"] == "0x1"
            return
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_surrendered_permit_winds_down_and_is_completed_only_when_all_money_is_home(world):
    number = world.active()
    file_id = of(world, number)
    (customer,) = world.people(number, 1)
    _fund(world, number, customer.address, 12 * KGST)
    command = Surrender(number, "No market.", "soon")
    with pytest.raises(InvalidInput, match=r"surrender\.no_plan"):
        world.do(holders.surrender, "damira", command, ports=True)
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        world.do(holders.surrender, "aigul", Surrender(number, "No market.", PLAN), ports=True)
    command = Surrender(number, "No market.", PLAN, key="surrender-1")
    for _ in range(2):
        assert world.do(holders.surrender, "damira", command, ports=True).state == "surrendered"
    assert policy_state(world, number) == "ended"
    with world.store.unit(read_only=True) as u:
        assert public_permit(u, number, at=world.at).standing == "ended"
    world.do(holders.propose_wind_down, "ermek", ProposeWindDown(number, "A plan."), ports=True)
    sign(world, file_id)
    world.settle()
    assert effective(world, number)[1] == 2
    assert "propose_wind_down" not in life(world, file_id).can
    with pytest.raises(Conflict, match=r"complete\.outstanding") as caught:
        world.do(complete, "ermek", CompletePermit(file_id), ports=True)
    (part,) = caught.value.params["missing"]
    assert part["params"] == {"asset": "KGST", "amount": str(12 * KGST)}
    _redeem(world, customer.token, 12 * KGST)
    done = world.do(complete, "ermek", CompletePermit(file_id), ports=True)
    assert done.state == "completed"
    _graduates(world, file_id, number)


def _graduates(world, file_id, number):
    scope = "Payments of up to twenty customers to three merchants in KGST."
    command = ProposeGraduation(file_id, scope)
    with pytest.raises(Conflict, match=r"report\.not_accepted"):
        world.do(propose_graduation, "ermek", command, ports=True)
    lessons = "Customers understood the cap once the shop had told them of it."
    filed = world.do(file_report, "aigul", FileReport(file_id, lessons))
    report = world.do(judge_report, "ermek", JudgeReport(file_id, filed.digest, accept=True))
    world.do(propose_graduation, "ermek", command, ports=True)
    with pytest.raises(Conflict, match=r"outcome\.proposed_already"):
        world.do(propose_graduation, "gulnara", command, ports=True)
    assert life(world, file_id, "aigul").graduated is None
    assert sign(world, file_id).state == "graduated"
    with world.store.unit(read_only=True) as u:
        decision = u.decisions.get(life(world, file_id, "aigul").graduated)
    document = decision.document
    assert document["tested_scope"] == scope
    assert document["exit_report"] == report.digest
    assert document["number"] == number
    assert set(document["covers"]) == set(document["notice"]) == {"en", "ru", "ky"}
    assert len({each.address for each in decision.signatures}) == 2
    assert document_hash({**document, "tested_scope": "everything"}) != document_hash(document)
    assert policy_state(world, number) == "ended"


def test_a_halted_permit_is_not_surrendered(world):
    number = world.active()
    world.do(halt, "ermek", Halt(number, "Keys leaked."), ports=True)
    with pytest.raises(Conflict, match=r"lifecycle\.not_from_here"):
        world.do(holders.surrender, "damira", Surrender(number, "Tired.", PLAN), ports=True)


# appeals


def _refused(world):
    file = world.reviewed()
    world.do(propose_refusal, "ermek", ProposeRefusal(file.id, "Not ready."))
    assert sign(world, file.id).state == "refused"
    return file.id


def test_a_refusal_falls_by_two_who_took_no_part_and_the_review_goes_on(world):
    file_id = _refused(world)
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        world.do(appeal, "damira", AppealDecision(file_id, "Unfair."))
    filed = world.do(appeal, "aigul", AppealDecision(file_id, "The plan was not read."))
    assert filed.state == "refusal_appealed"
    command = ProposeAppealDecision(file_id, "overturn", "It was not read.")
    for who in ("ermek", "feruza"):
        assert "decide_appeal" not in life(world, file_id, who).can
        with pytest.raises(NotAllowed, match=r"appeal\.took_part"):
            world.do(propose_appeal_decision, who, command)
    wrong = ProposeAppealDecision(file_id, "forget", "…")
    with pytest.raises(InvalidInput, match=r"appeal\.unknown_outcome"):
        world.do(propose_appeal_decision, "gulnara", wrong)
    world.do(propose_appeal_decision, "gulnara", command)
    for who in ("ermek", "feruza"):
        with pytest.raises(NotAllowed, match=r"appeal\.took_part"):
            sign(world, file_id, who)
    assert sign(world, file_id, "zarina").state == "under_review"
    assert [each.state.value for each in life(world, file_id).petitions] == ["granted"]
    granted = ProposeGrant(file_id, LIMITS, "in order")
    assert world.do(propose_grant, "ermek", granted, ports=True).state == "decided"


def test_a_second_account_of_a_signatory_decides_no_appeal(world):
    file_id = _refused(world)
    world.do(appeal, "aigul", AppealDecision(file_id, "The plan was not read."))
    with world.store.unit() as u:
        zarina = u.accounts.get("zarina")
        u.accounts.save(replace(zarina, person=u.accounts.get("feruza").person))
        u.commit()
    command = ProposeAppealDecision(file_id, "uphold", "It stands.")
    with pytest.raises(NotAllowed, match=r"appeal\.took_part"):
        world.do(propose_appeal_decision, "zarina", command)


def test_an_upheld_refusal_stands_and_is_not_appealed_again(world):
    file_id = _refused(world)
    world.do(appeal, "aigul", AppealDecision(file_id, "The plan was not read."))
    command = ProposeAppealDecision(file_id, "uphold", "It was read.")
    world.do(propose_appeal_decision, "gulnara", command)
    proposed = world.file(file_id).decisions[-1].id
    world.do(withdraw_proposal, "gulnara", WithdrawProposal(proposed, "A slip."))
    world.do(propose_appeal_decision, "gulnara", command)
    assert sign(world, file_id, "zarina").state == "refused"
    with pytest.raises(Conflict, match=r"appeal\.decided_already"):
        world.do(appeal, "aigul", AppealDecision(file_id, "Again."))
    assert "appeal" not in life(world, file_id, "aigul").can


def test_an_appeal_after_the_period_is_refused(world):
    file_id = _refused(world)
    assert "appeal" in life(world, file_id, "aigul").can
    later(world, timedelta(days=70))
    with pytest.raises(Conflict, match=r"appeal\.too_late"):
        world.do(appeal, "aigul", AppealDecision(file_id, "Late."))
    assert "file.period_over" in [each.kind for each in world.file(file_id).timeline]


def test_a_revocation_that_falls_is_reinstated_by_two_ordinary_signatures(world):
    number = world.active()
    file_id = of(world, number)
    world.do(propose_revoke, "ermek", ProposeRevoke(number, "breach"), ports=True)
    sign(world, file_id)
    world.settle()
    with pytest.raises(Conflict, match=r"complete\.may_be_appealed"):
        world.do(complete, "ermek", CompletePermit(file_id), ports=True)
    world.do(appeal, "aigul", AppealDecision(file_id, "There was no breach."))
    assert policy_state(world, number) == "ended"
    world.do(
        propose_appeal_decision,
        "gulnara",
        ProposeAppealDecision(file_id, "overturn", "There was none."),
    )
    assert sign(world, file_id, "zarina").state == "suspended"
    assert effective(world, number)[1] == 2
    world.do(propose_reinstate, "ermek", ProposeReinstate(number, "The appeal."), ports=True)
    sign(world, file_id)
    world.settle()
    assert (world.file(file_id).state, effective(world, number)[1]) == ("active", 1)


def test_a_revoked_permit_is_completed_after_the_period_and_never_graduates(world):
    number = world.active()
    file_id = of(world, number)
    world.do(propose_revoke, "ermek", ProposeRevoke(number, "breach"), ports=True)
    sign(world, file_id)
    world.settle()
    later(world, timedelta(days=70))
    done = world.do(complete, "ermek", CompletePermit(file_id), ports=True)
    assert done.state == "completed"
    with pytest.raises(Conflict, match=r"graduation\.revoked"):
        world.do(propose_graduation, "ermek", ProposeGraduation(file_id, "all"), ports=True)
