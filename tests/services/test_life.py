"""The later life of a permit on a real chain and gateway: each act beside what refuses it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.document import document_hash
from sandbox.domain.regime import months_later
from sandbox.domain.seats import Channel
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import permit_key
from sandbox.services import extensions, faucet, holders
from sandbox.services.appeals import AppealDecision, appeal
from sandbox.services.automatic import (
    DecideAutomatic,
    confirm_automatic,
    lift_automatic,
    look_at,
    run_deadlines,
)
from sandbox.services.calls import call_data, read
from sandbox.services.completion import CompletePermit, complete
from sandbox.services.countersigning import Countersign, countersign
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
from sandbox.services.duty import EndDuty, EnterDuty, end_duty, enter_duty
from sandbox.services.extensions import AskExtension, DeclineExtension, ProposeExtension
from sandbox.services.faucet import AskFaucet
from sandbox.services.holders import LeavePermit, ProposeWindDown, StayInPermit, Surrender
from sandbox.services.interventions import Halt, halt
from sandbox.services.life_views import life_view
from sandbox.services.outcomes import (
    ProposeAppealDecision,
    ProposeGraduation,
    propose_appeal_decision,
    propose_graduation,
)
from sandbox.services.permits import public_permit
from sandbox.services.policies import policy_of
from sandbox.services.reviews import (
    AnswerQuestion,
    AskQuestion,
    ReturnApplication,
    answer_question,
    ask_question,
    return_application,
)
from tests.services.world import KGST, LIMITS

PLAN = "Every customer redeems in full within three days; the bank answers for the rest."
WEEKS = timedelta(days=45)


def _effective(world, number):
    where = world.system.national["kgst"]
    return read(world.ports.gateway, "kgst", where.supervisor, "effective", permit_key(number))


def _sign(world, file_id, who="feruza"):
    """The second signature under the newest proposal."""
    proposed = [each for each in world.file(file_id).decisions if each.status == "proposed"]
    last = max(proposed, key=lambda each: each.authored_at)
    return world.do(countersign, who, Countersign(last.id), ports=True)


def _life(world, file_id, who="ermek"):
    actor = world.actor(who)
    view = world.file(file_id, who)
    with world.store.unit(read_only=True) as u:
        return life_view(u, actor, view, at=world.at)


def _lines(world, file_id):
    return {(each.kind, each.state): each for each in _life(world, file_id).deadlines}


def _policy_state(world, number):
    with world.store.unit(read_only=True) as u:
        permit = u.permits.get(number)
        return policy_of(u, permit, u.files.get(permit.file)).state


def _of(world, number):
    return world.permit(number).file


def _on_duty(world, who="gulnara"):
    span = (world.at - timedelta(hours=1), world.at + timedelta(days=7))
    return world.do(enter_duty, "ermek", EnterDuty(who, *span))


def _later(world, ahead):
    """Move the desk's clock and let the worker draw what is due."""
    world.clock.ahead = ahead
    run_deadlines(world.worker.desk)


def _asked(world, number, days=30):
    until = world.permit(number).terms.end + timedelta(days=days)
    return AskExtension(number, until, "The merchants joined late.")


# extension


def test_an_extension_asked_for_and_signed_by_two_moves_the_end_on_chain_once(world):
    number = world.active()
    end, file_id = world.permit(number).terms.end, _of(world, number)
    asked = world.do(extensions.ask_extension, "damira", _asked(world, number))
    assert asked.state == "active"
    assert "propose_extension" in _life(world, file_id).can
    proposal = ProposeExtension(number, "In order.")
    world.do(extensions.propose_extension, "ermek", proposal, ports=True)
    with pytest.raises(NotAllowed, match=r"approval\.author_cannot_countersign"):
        _sign(world, file_id, "ermek")
    _sign(world, file_id)
    world.settle()
    permit = world.permit(number)
    assert permit.terms.end == end + timedelta(days=30)
    assert (permit.state, permit.published_version) == ("active", 2)
    assert _effective(world, number)[3] == int(permit.terms.end.timestamp())
    assert [each.state.value for each in _life(world, file_id).petitions] == ["granted"]
    with pytest.raises(Conflict, match=r"extension\.twice"):
        world.do(extensions.ask_extension, "damira", _asked(world, number))
    assert "ask_extension" not in _life(world, file_id, "damira").can


def test_an_extension_is_not_had_otherwise(world):
    number = world.active()
    file_id, end = _of(world, number), world.permit(number).terms.end
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
        world.do(extensions.ask_extension, "bakyt", _asked(world, number))
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        world.do(extensions.ask_extension, "ermek", _asked(world, number))
    world.do(extensions.ask_extension, "aigul", _asked(world, number))
    with pytest.raises(Conflict, match=r"petition\.open_already"):
        world.do(extensions.ask_extension, "damira", _asked(world, number))
    command = ProposeExtension(number, "more", end + timedelta(days=31))
    with pytest.raises(InvalidInput, match=r"extension\.beyond_request"):
        world.do(extensions.propose_extension, "ermek", command, ports=True)
    declined = DeclineExtension(file_id, "The term is enough.")
    world.do(extensions.decline_extension, "ermek", declined)
    (petition,) = _life(world, file_id, "aigul").petitions
    assert (petition.state.value, petition.answer) == ("declined", "The term is enough.")
    world.clock.ahead = timedelta(days=75)
    with pytest.raises(Conflict, match=r"extension\.too_late"):
        world.do(extensions.ask_extension, "aigul", _asked(world, number))


def test_an_extension_is_not_signed_after_the_end(world):
    number = world.active()
    file_id = _of(world, number)
    world.do(extensions.ask_extension, "aigul", _asked(world, number))
    world.do(extensions.propose_extension, "ermek", ProposeExtension(number, "ok"), ports=True)
    world.clock.ahead = timedelta(days=91)
    with pytest.raises(Conflict, match=r"extension\.after_the_end"):
        _sign(world, file_id)
    with world.store.unit() as u:
        apply_deadlines(u, at=world.at)
        u.commit()
    view = _life(world, file_id)
    assert world.file(file_id).state == "expired"
    assert [each.state.value for each in view.petitions] == ["declined"]
    assert ("settlement", "open") in _lines(world, file_id)


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
    file_id = _of(world, number)
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
    assert _policy_state(world, number) == "ended"
    with world.store.unit(read_only=True) as u:
        assert public_permit(u, number, at=world.at).standing == "ended"
    world.do(holders.propose_wind_down, "ermek", ProposeWindDown(number, "A plan."), ports=True)
    _sign(world, file_id)
    world.settle()
    assert _effective(world, number)[1] == 2
    assert "propose_wind_down" not in _life(world, file_id).can
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
    world.do(propose_graduation, "ermek", command, ports=True)
    with pytest.raises(Conflict, match=r"outcome\.proposed_already"):
        world.do(propose_graduation, "gulnara", command, ports=True)
    assert _life(world, file_id, "aigul").graduated is None
    assert _sign(world, file_id).state == "graduated"
    with world.store.unit(read_only=True) as u:
        decision = u.decisions.get(_life(world, file_id, "aigul").graduated)
    document = decision.document
    assert document["tested_scope"] == scope
    assert document["number"] == number
    assert set(document["covers"]) == set(document["notice"]) == {"en", "ru", "ky"}
    assert len({each.address for each in decision.signatures}) == 2
    assert document_hash({**document, "tested_scope": "everything"}) != document_hash(document)
    assert _policy_state(world, number) == "ended"


def test_a_halted_permit_is_not_surrendered(world):
    number = world.active()
    world.do(halt, "ermek", Halt(number, "Keys leaked."), ports=True)
    with pytest.raises(Conflict, match=r"lifecycle\.not_from_here"):
        world.do(holders.surrender, "damira", Surrender(number, "Tired.", PLAN), ports=True)


# a sponsor's withdrawal, the duty officer


def test_a_sponsors_withdrawal_suspends_by_itself_until_the_duty_officer_decides(world):
    number = world.active()
    file_id = _of(world, number)
    world.do(holders.leave, "damira", LeavePermit(number, "A new board."))
    _later(world, timedelta(days=7))
    assert world.file(file_id).state == "active"
    _later(world, WEEKS)
    run_deadlines(world.worker.desk)
    file = world.file(file_id)
    assert file.state == "suspended"
    assert [each.kind for each in file.timeline].count("file.sponsor_gone") == 1
    assert (world.permit(number).version, _policy_state(world, number)) == (1, "suspended")
    decide = DecideAutomatic(file_id, "Customers come first.")
    with pytest.raises(NotAllowed, match=r"duty\.not_on_duty"):
        world.do(confirm_automatic, "gulnara", decide, ports=True)
    _on_duty(world)
    assert "decide_automatic" in _life(world, file_id, "gulnara").can
    assert "decide_automatic" not in _life(world, file_id, "feruza").can
    lifted = world.do(lift_automatic, "gulnara", decide, ports=True)
    assert (lifted.state, _policy_state(world, number)) == ("active", "active")
    assert _lines(world, file_id)["new_sponsor", "open"].due > world.at
    with pytest.raises(Conflict, match=r"automatic\.none_waits"):
        world.do(lift_automatic, "gulnara", decide, ports=True)


def test_a_confirmed_automatic_suspension_is_signed_by_one_then_by_two(world):
    number = world.active()
    file_id = _of(world, number)
    world.do(holders.leave, "damira", LeavePermit(number, "A new board."))
    _later(world, WEEKS)
    _on_duty(world)
    world.clock.ahead = WEEKS + timedelta(hours=1)
    command = DecideAutomatic(file_id, "Confirmed.", key="confirm-1")
    for _ in range(2):
        world.do(confirm_automatic, "gulnara", command, ports=True)
    world.settle()
    assert _effective(world, number)[:2] == (2, 2)
    assert world.permit(number).interim_until is not None
    with pytest.raises(NotAllowed, match=r"approval\.author_cannot_countersign"):
        _sign(world, file_id, "gulnara")
    _sign(world, file_id, "feruza")
    world.settle()
    assert world.permit(number).interim_until is None
    (line,) = [each for each in _life(world, file_id).deadlines if each.kind == "duty_confirmation"]
    assert line.state == "met"


def test_a_confirmation_that_lapses_and_a_halt_that_ends_let_no_trial_go_on_without_a_sponsor(
    world,
):
    number = world.active()
    file_id = _of(world, number)
    world.do(holders.leave, "damira", LeavePermit(number, "A new board."))
    _later(world, WEEKS)
    _on_duty(world)
    world.do(confirm_automatic, "gulnara", DecideAutomatic(file_id, "Confirmed."), ports=True)
    world.do(halt, "feruza", Halt(number, "Keys leaked."), ports=True)
    assert world.file(file_id).state == "halted"
    world.clock.ahead = WEEKS + timedelta(hours=73)
    with world.store.unit() as u:
        apply_deadlines(u, at=world.at)
        u.commit()
    assert (world.file(file_id).state, _policy_state(world, number)) == ("suspended", "suspended")
    assert _life(world, file_id).automatic is not None
    with world.store.unit(read_only=True) as u:
        assert public_permit(u, number, at=world.at).standing == "suspended"


def test_a_sponsor_that_stays_ends_the_deadline_and_an_unconfirmed_suspension(world):
    number = world.active()
    file_id = _of(world, number)
    world.do(holders.leave, "damira", LeavePermit(number, "A new board."))
    with pytest.raises(Conflict, match=r"petition\.open_already"):
        world.do(holders.leave, "damira", LeavePermit(number, "Again."))
    _later(world, WEEKS)
    assert world.file(file_id).state == "suspended"
    back = world.do(holders.stay, "damira", StayInPermit(number), ports=True)
    assert (back.state, _life(world, file_id).automatic) == ("active", None)
    _later(world, 2 * WEEKS)
    assert world.file(file_id).state == "active"


def test_nobody_enters_themselves_and_only_regulators_are_named(world):
    span = (world.at, world.at + timedelta(days=1))
    with pytest.raises(NotAllowed, match=r"duty\.not_oneself"):
        world.do(enter_duty, "ermek", EnterDuty("ermek", *span))
    for who in ("aigul", "jyldyz", "nobody"):
        with pytest.raises(InvalidInput, match=r"duty\.no_officer"):
            world.do(enter_duty, "ermek", EnterDuty(who, *span))
    with pytest.raises(InvalidInput, match=r"duty\.wrong_span"):
        world.do(enter_duty, "ermek", EnterDuty("gulnara", span[1], span[0]))
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        world.do(enter_duty, "damira", EnterDuty("gulnara", *span))
    duty = _on_duty(world)
    world.do(end_duty, "feruza", EndDuty(duty))
    with pytest.raises(Conflict, match=r"duty\.over"):
        world.do(end_duty, "feruza", EndDuty(duty))


# appeals


def _refused(world):
    file = world.reviewed()
    world.do(propose_refusal, "ermek", ProposeRefusal(file.id, "Not ready."))
    assert _sign(world, file.id).state == "refused"
    return file.id


def test_a_refusal_falls_by_two_who_took_no_part_and_the_review_goes_on(world):
    file_id = _refused(world)
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        world.do(appeal, "damira", AppealDecision(file_id, "Unfair."))
    filed = world.do(appeal, "aigul", AppealDecision(file_id, "The plan was not read."))
    assert filed.state == "refusal_appealed"
    command = ProposeAppealDecision(file_id, "overturn", "It was not read.")
    for who in ("ermek", "feruza"):
        assert "decide_appeal" not in _life(world, file_id, who).can
        with pytest.raises(NotAllowed, match=r"appeal\.took_part"):
            world.do(propose_appeal_decision, who, command)
    wrong = ProposeAppealDecision(file_id, "forget", "…")
    with pytest.raises(InvalidInput, match=r"appeal\.unknown_outcome"):
        world.do(propose_appeal_decision, "gulnara", wrong)
    world.do(propose_appeal_decision, "gulnara", command)
    for who in ("ermek", "feruza"):
        with pytest.raises(NotAllowed, match=r"appeal\.took_part"):
            _sign(world, file_id, who)
    assert _sign(world, file_id, "zarina").state == "under_review"
    assert [each.state.value for each in _life(world, file_id).petitions] == ["granted"]
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
    assert _sign(world, file_id, "zarina").state == "refused"
    with pytest.raises(Conflict, match=r"appeal\.decided_already"):
        world.do(appeal, "aigul", AppealDecision(file_id, "Again."))
    assert "appeal" not in _life(world, file_id, "aigul").can


def test_an_appeal_after_the_period_is_refused(world):
    file_id = _refused(world)
    assert "appeal" in _life(world, file_id, "aigul").can
    _later(world, timedelta(days=70))
    with pytest.raises(Conflict, match=r"appeal\.too_late"):
        world.do(appeal, "aigul", AppealDecision(file_id, "Late."))
    assert "file.period_over" in [each.kind for each in world.file(file_id).timeline]


def test_a_revocation_that_falls_is_reinstated_by_two_ordinary_signatures(world):
    number = world.active()
    file_id = _of(world, number)
    world.do(propose_revoke, "ermek", ProposeRevoke(number, "breach"), ports=True)
    _sign(world, file_id)
    world.settle()
    with pytest.raises(Conflict, match=r"complete\.may_be_appealed"):
        world.do(complete, "ermek", CompletePermit(file_id), ports=True)
    world.do(appeal, "aigul", AppealDecision(file_id, "There was no breach."))
    assert _policy_state(world, number) == "ended"
    world.do(
        propose_appeal_decision,
        "gulnara",
        ProposeAppealDecision(file_id, "overturn", "There was none."),
    )
    assert _sign(world, file_id, "zarina").state == "suspended"
    assert _effective(world, number)[1] == 2
    world.do(propose_reinstate, "ermek", ProposeReinstate(number, "The appeal."), ports=True)
    _sign(world, file_id)
    world.settle()
    assert (world.file(file_id).state, _effective(world, number)[1]) == ("active", 1)


def test_a_revoked_permit_is_completed_after_the_period_and_never_graduates(world):
    number = world.active()
    file_id = _of(world, number)
    world.do(propose_revoke, "ermek", ProposeRevoke(number, "breach"), ports=True)
    _sign(world, file_id)
    world.settle()
    _later(world, timedelta(days=70))
    done = world.do(complete, "ermek", CompletePermit(file_id), ports=True)
    assert done.state == "completed"
    with pytest.raises(Conflict, match=r"graduation\.revoked"):
        world.do(propose_graduation, "ermek", ProposeGraduation(file_id, "all"), ports=True)


# deadlines


def test_a_question_has_a_deadline_in_working_days_and_the_authoritys_stands_still(world):
    file = world.reviewed()
    before = _lines(world, file.id)["decision", "open"]
    asked = world.do(ask_question, "ermek", AskQuestion(file.id, "Who answers at night?"))
    (question,) = asked.questions
    lines = _lines(world, file.id)
    assert lines["answer", "open"].due == question.due
    assert lines["decision", "paused"].kind == "decision"
    _later(world, timedelta(days=30))
    late = _lines(world, file.id)["answer", "open"]
    assert late.overdue is True
    kinds = [each.kind for each in world.file(file.id).timeline]
    assert (kinds.count("file.reminded"), kinds.count("file.overdue")) in {(0, 1), (1, 0), (1, 1)}
    answer = AnswerQuestion(file.id, question.id, "Two people.")
    world.do(answer_question, "aigul", answer)
    lines = _lines(world, file.id)
    assert ("answer", "met") in lines
    assert lines["decision", "open"].due >= before.due + timedelta(days=28)


def test_a_reminder_comes_before_the_end_and_each_once(world):
    file = world.submitted()
    for days in (10, 10, 20, 20, 40):
        _later(world, timedelta(days=days))
    kinds = [each.kind for each in world.file(file.id).timeline]
    assert kinds.count("file.overdue") == 1
    assert kinds.count("file.reminded") <= 1


def test_a_returned_application_lapses_in_the_interim_and_is_lifted_or_confirmed(world):
    file = world.reviewed()
    returned = ReturnApplication(file.id, "The plan.")
    assert world.do(return_application, "ermek", returned).state == "draft"
    _later(world, timedelta(days=60))
    assert world.file(file.id).state == "lapsed"
    _on_duty(world)
    lift = DecideAutomatic(file.id, "The applicant was ill.")
    assert world.do(lift_automatic, "gulnara", lift, ports=True).state == "draft"
    world.clock.ahead = timedelta(days=120)
    run_deadlines(world.worker.desk)
    assert world.file(file.id).state == "lapsed"
    _on_duty(world)
    confirm = DecideAutomatic(file.id, "Nobody answers.")
    assert world.do(confirm_automatic, "gulnara", confirm, ports=True).state == "withdrawn"


def test_a_draft_that_was_never_submitted_does_not_lapse(world):
    saved = world.drafted()
    _later(world, timedelta(days=400))
    assert world.file(saved.file, "aigul").state == "draft"


def test_two_workers_at_once_draw_one_consequence(world):
    number = world.active()
    world.do(holders.leave, "damira", LeavePermit(number, "A new board."))
    world.clock.ahead = WEEKS
    with world.store.unit(read_only=True) as u:
        due = [each.id for each in u.deadlines.to_look_at(world.at)]
    barrier = threading.Barrier(2)

    def work():
        barrier.wait()
        for each in due:
            with world.store.unit() as u:
                look_at(u, each, at=world.at)
                u.commit()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_deadlines(world.worker.desk)
    file = world.file(_of(world, number))
    kinds = [each.kind for each in file.timeline]
    assert (file.state, kinds.count("file.sponsor_gone")) == ("suspended", 1)


def test_a_worker_that_ends_before_the_commit_has_done_nothing_and_the_next_does_it(world):
    number = world.active()
    world.do(holders.leave, "damira", LeavePermit(number, "A new board."))
    world.clock.ahead = WEEKS

    class Ended(Exception):
        """The process ends here."""

    def end(_step):
        raise Ended

    with pytest.raises(Ended):
        run_deadlines(replace(world.worker.desk, at_step=end))
    assert world.file(_of(world, number)).state == "active"
    for _ in range(3):
        run_deadlines(world.worker.desk)
    kinds = [each.kind for each in world.file(_of(world, number)).timeline]
    assert kinds.count("file.sponsor_gone") == 1
