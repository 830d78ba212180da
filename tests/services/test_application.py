from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from sandbox.domain.seats import Channel
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated, NotFound
from sandbox.services.applications import (
    SaveDraft,
    StartApplication,
    SubmitApplication,
    WithdrawApplication,
    save_draft,
    start_application,
    submit_application,
    withdraw_application,
)
from sandbox.services.listing import list_files
from sandbox.services.reviews import (
    AnswerQuestion,
    AskQuestion,
    ReturnApplication,
    TakeUp,
    answer_question,
    ask_question,
    return_application,
    take_up,
)
from sandbox.services.sponsorship import SponsorSign, sign_as_sponsor
from tests.services.world import COMPLETE


def test_every_missing_part_is_named_at_once_and_nothing_is_lost(world):
    file = world.do(start_application, "aigul", StartApplication())
    kept = {"product": "Payments", "KGST.per_transaction": "-5", "assets": "KGST"}
    saved = world.do(save_draft, "aigul", SaveDraft(file.id, file.revision, kept))
    with pytest.raises(InvalidInput, match=r"application\.incomplete") as caught:
        world.do(submit_application, "aigul", SubmitApplication(file.id, saved.revision))
    parts = {each["part"]: each["code"] for each in caught.value.params["missing"]}
    assert parts["sponsor"] == parts["test_plan"] == "application.missing"
    assert parts["KGST.per_transaction"] == "terms.below_zero"
    assert parts["max_customers"] == "limits.missing"
    assert "product" not in parts
    after = world.file(file.id, "aigul")
    assert (after.state, dict(after.answers)) == ("draft", kept)


def test_a_complete_application_is_submitted_to_its_sponsor(world):
    file = world.submitted()
    assert (file.state, file.sponsor, file.missing) == ("submitted", "ala-too-demo-bank", ())
    assert [line.waits_for for line in world.look(list_files, "damira")] == ["sponsor"]


def test_an_autosave_over_an_old_revision_overwrites_nothing(world):
    file = world.do(start_application, "aigul", StartApplication())
    world.do(save_draft, "aigul", SaveDraft(file.id, file.revision, {"product": "First"}))
    with pytest.raises(Conflict, match=r"store\.changed_meanwhile") as caught:
        world.do(save_draft, "cholpon", SaveDraft(file.id, file.revision, {"product": "Lost"}))
    assert caught.value.params["current_revision"] == file.revision + 1
    assert world.file(file.id, "aigul").answers["product"] == "First"


def test_an_autosave_changes_only_the_fields_it_names(world):
    saved = world.drafted()
    again = world.do(save_draft, "aigul", SaveDraft(saved.file, saved.revision, {"risks": "few"}))
    assert again.missing == ()
    assert world.file(saved.file, "aigul").answers == {**COMPLETE, "risks": "few"}


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("product", "<b>Pay</b>", "text.markup"),
        ("product", "a" * 161, "text.too_long"),
        ("test_plan", "plan\x00", "text.control_character"),
        ("product", "Pay\u202egnp", "text.control_character"),
        ("colour", "red", "application.unknown_field"),
    ],
)
def test_a_bad_field_is_refused_and_the_draft_stays(world, field, text, code):
    saved = world.drafted()
    with pytest.raises(InvalidInput, match=code.replace(".", r"\.")):
        world.do(save_draft, "aigul", SaveDraft(saved.file, saved.revision, {field: text}))
    assert world.file(saved.file, "aigul").answers == COMPLETE


def test_a_sponsor_that_may_not_sponsor_is_named(world):
    saved = world.drafted(sponsor="demo-university")
    assert [(each.part, each.code) for each in saved.missing] == [
        ("sponsor", "application.sponsor_may_not")
    ]


def test_a_draft_is_nobody_elses_business(world):
    saved = world.drafted()
    for other in ("damira", "ermek", "jyldyz", "operator", "lira"):
        with pytest.raises(NotFound, match=r"file\.not_found"):
            world.file(saved.file, other)
        assert world.look(list_files, other) == ()


def test_a_submitted_file_is_seen_by_sponsor_regulator_and_auditor_only(world):
    file = world.submitted()
    for other in ("damira", "ermek", "jyldyz"):
        assert world.file(file.id, other).id == file.id
    for other in ("operator", "lira", "kanat"):
        with pytest.raises(NotFound):
            world.file(file.id, other)


def test_submitting_twice_with_one_key_is_one_act(world):
    saved = world.drafted()
    command = SubmitApplication(saved.file, saved.revision, key="form-1")
    first = world.do(submit_application, "aigul", command)
    second = world.do(submit_application, "aigul", command)
    assert first.state == second.state == "submitted"
    assert [each.kind for each in second.timeline].count("file.submit") == 1


def test_submitting_twice_without_a_key_is_refused_the_second_time(world):
    file = world.submitted()
    with pytest.raises(Conflict, match=r"application\.not_a_draft"):
        world.do(submit_application, "aigul", SubmitApplication(file.id, file.revision))


@pytest.mark.parametrize(
    ("channel", "error"), [(Channel.SERVER, "needs_browser"), (Channel.PERMIT_KEY, "needs_browser")]
)
def test_no_token_submits(world, channel, error):
    saved = world.drafted()
    actor = world.actor("aigul", channel=channel)
    with pytest.raises(NotAllowed, match=error):
        world.do(submit_application, actor, SubmitApplication(saved.file, saved.revision))


def test_submitting_needs_the_password_again(world):
    saved = world.drafted()
    actor = world.actor("aigul", fresh=False)
    with pytest.raises(NotAuthenticated, match=r"seat\.needs_reauthentication"):
        world.do(submit_application, actor, SubmitApplication(saved.file, saved.revision))


def test_a_developer_may_not_apply(world):
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        world.do(start_application, "bakyt", StartApplication())


def test_the_sponsors_signature_verifies_and_is_bound_to_the_answers(world):
    file = world.signed()
    signature = file.sponsor_signature
    message = encode_defunct(text=signature["text"])
    signer = Account.recover_message(message, signature=signature["signature"])
    assert (
        signer == signature["address"] == world.system.signer.address("sponsor/ala-too-demo-bank")
    )
    assert file.state == "sponsor_signed"
    assert "application sha-256: " in signature["text"]


def test_only_the_named_sponsor_signs(world):
    file = world.submitted()
    for other in ("aigul", "ermek", "operator"):
        with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
            world.do(sign_as_sponsor, other, SponsorSign(file.id, ""), ports=True)


def test_a_question_waits_for_its_answer_and_the_review_goes_on(world):
    file = world.reviewed()
    asked = world.do(ask_question, "ermek", AskQuestion(file.id, "Who answers complaints?"))
    assert asked.state == "question_open"
    question = asked.questions[0].id
    with pytest.raises(InvalidInput, match=r"text\.empty"):
        world.do(answer_question, "aigul", AnswerQuestion(file.id, question, "  "))
    answered = world.do(answer_question, "cholpon", AnswerQuestion(file.id, question, "We do."))
    assert answered.state == "under_review"
    with pytest.raises(Conflict, match=r"lifecycle\.not_from_here"):
        world.do(answer_question, "aigul", AnswerQuestion(file.id, question, "Again."))


def test_with_two_questions_open_one_answer_is_not_enough(world):
    file = world.reviewed()
    world.do(ask_question, "ermek", AskQuestion(file.id, "First?"))
    asked = world.do(ask_question, "feruza", AskQuestion(file.id, "Second?"))
    first, second = (each.id for each in asked.questions)
    still = world.do(answer_question, "aigul", AnswerQuestion(file.id, second, "Two."))
    assert still.state == "question_open"
    done = world.do(answer_question, "aigul", AnswerQuestion(file.id, first, "One."))
    assert done.state == "under_review"


def test_a_returned_application_loses_its_sponsors_signature_and_can_be_changed(world):
    file = world.reviewed()
    command = ReturnApplication(file.id, "The exit plan is thin.")
    returned = world.do(return_application, "ermek", command)
    assert (returned.state, returned.sponsor_signature) == ("draft", None)
    saved = world.do(save_draft, "aigul", SaveDraft(file.id, returned.revision, {"risks": "x"}))
    assert saved.revision == returned.revision + 1


def test_a_withdrawn_application_is_over(world):
    file = world.signed()
    assert (
        world.do(withdraw_application, "aigul", WithdrawApplication(file.id)).state == "withdrawn"
    )
    with pytest.raises(Conflict, match=r"lifecycle\.not_from_here"):
        world.do(take_up, "ermek", TakeUp(file.id))
