"""Which records hold what of whom, how long they are kept, and what happens at the end.

Rules:

1. Every table of the store is in one line here; a test finds one that is not.
2. A period has its source; those of law are to be confirmed, as the texts were not found.
3. Within a period nothing of its line is erased; under a hold nothing of the person is.
4. What is pseudonymous or signed stays: no proof rests on what can be erased (``domain.audit``).

>>> from datetime import UTC
>>> ends(KINDS["identification"], datetime(2027, 1, 31, tzinfo=UTC)).isoformat()
'2032-01-31T00:00:00+00:00'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sandbox.domain.regime import Source, months_later
from sandbox.kit.ids import AccountName, Address, PermitNumber, PersonId

AML: Final = Source(
    "Law on countering the financing of terrorism and the legalisation of criminal proceeds: "
    "five years after the relation has ended"
)
DATA: Final = Source("Law on information of personal nature: no longer than its purpose needs")
OURS: Final = Source("Our own rule: no text on it was found")


class End(StrEnum):
    """What happens when a period is over."""

    ERASED = "erased"
    WITH_PERSON = "with_person"
    KEPT = "kept"


@dataclass(frozen=True)
class RecordKind:
    """One line.

    Attributes:
        tables: of the store, or the place where it lies.
        personal: what of a person is in it; empty for none.
        months: how long it is kept after ``since``; 0: no period of its own.
        since: from when.
        end: what happens then: erased by the worker, with the person, or kept.
        source: of the period.
    """

    tables: tuple[str, ...]
    personal: str
    months: int
    since: str
    end: End
    source: Source


KINDS: Final[Mapping[str, RecordKind]] = {
    "customer": RecordKind(
        ("customer",),
        "the random salt that ties a person's id to the ledger",
        *(60, "the end of the test; at once when the person leaves", End.ERASED, AML),
    ),
    "identification": RecordKind(
        ("known_person",),
        "country of residence, level of identification",
        *(60, "the end of the test", End.ERASED, AML),
    ),
    "payout": RecordKind(
        ("payout_account",),
        "bank account",
        *(0, "the money is paid out", End.WITH_PERSON, DATA),
    ),
    "customer_words": RecordKind(
        ("customer_label", "customer_bill", "customer_act"),
        "a merchant's name; what a payment is for, in the person's words",
        *(0, "leaving, or the end of the test", End.WITH_PERSON, DATA),
    ),
    "customer_access": RecordKind(
        ("customer_invitation", "customer_session", "counted_try", "access_key", "desk_session"),
        "keyed hashes of codes, tokens and network addresses",
        *(0, "they end by themselves", End.ERASED, DATA),
    ),
    "complaint": RecordKind(
        ("complaint",),
        "text, contact, answers",
        *(36, "it is closed", End.ERASED, OURS),
    ),
    "member": RecordKind(
        ("account",),
        "a name for display; the account's name stays under what it signed",
        *(0, "the account is closed", End.WITH_PERSON, DATA),
    ),
    "mail": RecordKind(
        ("mailbox", "mail"),
        "e-mail address, messages on their way",
        *(1, "sent or given up", End.ERASED, DATA),
    ),
    "notice": RecordKind(
        ("notice", "notice_place"),
        "which account was told of what",
        *(24, "told", End.ERASED, OURS),
    ),
    "file": RecordKind(
        (
            *("permit_file", "file_actor", "question", "decision", "permit", "submission"),
            *("file_document", "letter", "letter_signature", "paper_case", "paper_scan"),
            *("petition", "automatic_act", "deadline", "duty", "requirement", "review_mark"),
            *("review_note", "expert_invitation", "exit_report", "settlement", "money_return"),
            *("committee_appointment", "committee_rules", "committee_sitting", "committee_item"),
            *("contract_review", "review_source", "source_view", "organisation", "team_wallet"),
            *("authority", "competence_change", "file_share", "delegation", "departure"),
            *("report", "report_version", "incident", "incident_note", "drill"),
            *("permit_attestation", "supervised_ledger", "authority_version"),
        ),
        "names of officers and of a firm's key persons in answers, documents and signatures",
        *(0, "an official record", End.KEPT, OURS),
    ),
    "audit": RecordKind(
        ("audit_entry", "tree_head", "evidence_task", "witnessed_head", "page_scan"),
        "account names; residence and level of a person under a pseudonym: erased with the person",
        *(0, "the proofs stay for ever", End.KEPT, OURS),
    ),
    "ledger": RecordKind(
        (
            *("explorer_cursor", "explorer_block", "explorer_transaction", "explorer_log"),
            *("explorer_movement", "explorer_token", "explorer_holding", "explorer_address"),
            *("explorer_source", "ledger_hour", "refusal", "faucet_issue"),
            "permit_day",
        ),
        "wallets and salted ids, which nobody can tell apart once the salt is erased",
        *(0, "the journal is the truth", End.KEPT, OURS),
    ),
    "supervision": RecordKind(
        ("alert", "alert_cursor", "alert_activity", "supervision_setting", "supervision_record"),
        "wallets, under a pseudonym",
        *(60, "the case is closed", End.KEPT, AML),
    ),
    "suspicion": RecordKind(
        ("str_report", "str_party", "str_attachment", "inquiry", "suspension_order"),
        "what was reported of parties to transactions, and by whom",
        *(60, "the report is concluded", End.KEPT, AML),
    ),
    "sealed": RecordKind(
        ("sealed_identity",),
        "what named a person, kept from an erasure for the intelligence service alone",
        *(60, "it was sealed", End.ERASED, AML),
    ),
    "webhook": RecordKind(
        ("webhook_endpoint", "webhook_event", "webhook_attempt"),
        "an organisation's address; what its program was told and answered",
        *(1, "it was sent or given up", End.ERASED, OURS),
    ),
    "passkey": RecordKind(
        ("passkey", "passkey_challenge"),
        "a person's name for a device, and its public key",
        *(0, "the account is closed", End.WITH_PERSON, DATA),
    ),
    "school": RecordKind(
        (
            *("classroom_course", "classroom_member", "classroom_action", "classroom_bundle"),
            *("classroom_job", "classroom_mark", "classroom_person", "classroom_list"),
            *("classroom_extension", "classroom_scale", "classroom_sheet"),
            *("classroom_opinion", "classroom_quiz"),
            *("classroom_certificate", "department", "department_coordinator"),
            *("classroom_exam", "classroom_exam_room", "classroom_exam_entry"),
            *("classroom_seed", "classroom_self_check", "seat_booking"),
            *("investigation", "investigation_case", "investigation_answer"),
            *("investigation_message", "investigation_order", "investigation_rules"),
            *("investigation_acts", "investigation_seat"),
        ),
        "names, work handed in, answers in practice, marks, signed mark sheets, why somebody "
        "got more time, who coordinates a department, what happened in an exam, who booked seats, "
        "what trainees noted and found in a case that is made up",
        *(0, "the university's own rules", End.KEPT, OURS),
    ),
    "score": RecordKind(
        ("investigation_opinion", "investigation_signature", "investigation_contest"),
        "what a trainee answered and wrote in an investigation, a trainer's words on it, a contest",
        *(12, "the score expired", End.ERASED, OURS),
    ),
    "similarity": RecordKind(
        (
            *("similarity_comparison", "similarity_set_aside"),
            *("similarity_file", "similarity_step"),
        ),
        "whose works are alike, why a file was opened on a student, the answer, what was decided",
        *(0, "the university's own rules", End.KEPT, OURS),
    ),
    "sign_in": RecordKind(
        ("sign_in", "sign_in_code"),
        "hashes of a password and of one-time codes",
        *(0, "the account is closed", End.WITH_PERSON, DATA),
    ),
    "outside_account": RecordKind(
        ("outside_account", "outside_ticket", "kept_act", "lti_launch", "lti_mark"),
        "what another provider calls a person who signs in by it, and which marks went there; "
        "sealed, for 20 minutes, a form that waits until its sender has signed in once more",
        *(0, "it is taken back, or the account is closed", End.WITH_PERSON, DATA),
    ),
    "machinery": RecordKind(
        (
            *("outbox", "counter", "once", "form_key", "calendar_day", "calendar_change"),
            "regime_days",
        ),
        "account names beside one-time keys",
        *(0, "they are used up", End.KEPT, OURS),
    ),
    "retention": RecordKind(
        ("legal_hold", "erasure"),
        "a person's random id, without a name",
        *(0, "the receipt of an erasure", End.KEPT, DATA),
    ),
}


@dataclass(frozen=True)
class LegalHold:
    """Nothing of a person is erased while it stands. ``reason`` is the authority's own."""

    id: str
    subject: str
    permit: PermitNumber | None
    reason: str
    set_by: AccountName
    set_at: datetime
    ended_by: AccountName | None = None
    ended_at: datetime | None = None
    revision: int = 1


@dataclass(frozen=True)
class Erasure:
    """The receipt of an erasure.

    Attributes:
        subject: a customer's random id, or an account's name.
        erased: how many of what, by record kind.
        entries: places of the audit log whose bodies were erased.
        by: who; ``system`` for what the clock did.
    """

    id: str
    subject: str
    permit: PermitNumber | None
    erased: Mapping[str, int]
    entries: tuple[int, ...]
    by: str
    at: datetime


@dataclass(frozen=True)
class SealedIdentity:
    """What an erasure or a leaving would have taken of a person whom somebody looks at in secret.

    Attributes:
        customer: the random id.
        wallet: of the person.
        found: ``{salt, label, account, residence, level}``, of these what there was.
        at: when it was sealed last.
    """

    customer: PersonId
    permit: PermitNumber
    wallet: Address
    found: Mapping[str, str]
    at: datetime


def ends(kind: RecordKind, since: datetime) -> datetime:
    """When a period is over."""
    return months_later(since, kind.months)
