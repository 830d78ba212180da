"""The closed vocabularies in words: states, clauses, acts, seats, events of the log.

Every value of the domain's vocabularies must be here (a test compares); each is a
message of the catalogues.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from sandbox.domain.terms import VALUE_LIMITS
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AssetCode
from sandbox.kit.money import DECIMALS, NO_LIMIT, parse_amount
from sandbox.locale import forms, has_wording, translator, wording
from sandbox.locale.catalogue import N_, Language
from sandbox.locale.states import STATES
from sandbox.web import (
    committee_words,
    course_words,
    life_words,
    report_words,
    settlement_words,
    suspicion_words,
)

if TYPE_CHECKING:
    from sandbox.web.visit import Visit

TONES: Final[Mapping[str, str]] = {
    **committee_words.TONES,
    "ordered": "accent",
    "running": "accent",
    "ready": "good",
    "failed": "bad",
    "exam_running": "good",
    "exam_paused_now": "warn",
    "exam_over": "accent",
    **dict.fromkeys(("work_waiting", "work_marking", "mark_waiting", "mark_held"), "warn"),
    **dict.fromkeys(("work_graded", "mark_sent"), "good"),
    **dict.fromkeys(("work_failed", "mark_failed"), "bad"),
    "similarity_open": "accent",
    "similarity_answered": "accent",
    "similarity_proposed": "accent",
    "similarity_appealed": "accent",
    "finding_no_case": "good",
    "finding_allowed": "good",
    "finding_breach": "warn",
    "finding_overturned": "good",
    "active": "good",
    "valid": "good",
    "registered": "good",
    "joining": "accent",
    "in_force": "good",
    "approved": "good",
    "approving": "accent",
    "admitting": "accent",
    "admitted": "good",
    "ledger_closing": "warn",
    "ledger_closed": "warn",
    "signed": "accent",
    "activating": "accent",
    "submitted": "accent",
    "sponsor_signed": "accent",
    "under_review": "accent",
    "committee": "accent",
    "decided": "accent",
    "proposed": "accent",
    "question_open": "warn",
    "suspended": "warn",
    "halted": "bad",
    "revoked": "bad",
    "refused": "bad",
    "lapsed": "warn",
    "surrendered": "warn",
    "refusal_appealed": "accent",
    "revocation_appealed": "accent",
    "completed": "good",
    "graduated": "good",
    "met": "good",
    "evidence_filed": "accent",
    "due_soon": "warn",
    "not_met": "bad",
    "overdue": "bad",
    "report_due": "warn",
    "report_submitted": "accent",
    "report_signed": "accent",
    "report_returned": "warn",
    "report_accepted": "good",
    "incident_interim": "warn",
    "incident_open": "warn",
    "incident_final": "accent",
    "incident_closed": "good",
    "severity_critical": "bad",
    "severity_major": "warn",
}
CLAUSES: Final[Mapping[str, str]] = {
    "still_holding": N_("Still holds money"),
    "per_transaction": N_("Amount per transaction"),
    "window_volume": N_("Volume in any 24 hours"),
    "customer_cap": N_("Holding cap of a customer"),
    "merchant_cap": N_("Holding cap of a merchant"),
    "outstanding_cap": N_("Money in circulation"),
    "outstanding": N_("Money in circulation"),
    "max_customers": N_("Customers"),
    "max_merchants": N_("Merchants"),
    "transactions_per_day": N_("Transactions in any 24 hours"),
    "deployments": N_("Successful deployments"),
    "requests_per_second": N_("Requests per second"),
    "gas_per_transaction": N_("Gas per transaction"),
    "payload_bytes": N_("Size of a request"),
    "units_per_day": N_("Compute units in any 24 hours"),
    "gas_per_day": N_("Gas in any 24 hours"),
    "server_cores": N_("Cores of each workspace"),
    "server_memory": N_("Memory of each workspace"),
    "server_hours_per_day": N_("Workspace hours in a day"),
    "server_disk": N_("Disk of each workspace"),
    "contract_review": N_("Contracts need approval before they touch money"),
    "unapproved_code": N_("Unapproved code ran in an approved contract"),
    "week_volume": N_("Volume in any 7 days"),
    "month_volume": N_("Volume in any 30 days"),
    "customer_day_volume": N_("One customer's payments in any 24 hours"),
    "customer_total": N_("One customer's payments in the whole trial"),
    "travel_rule": N_("A payment above this needs an identified payer"),
    "loss_cap": N_("Customers' money not covered"),
    "steps": N_("Steps by which limits may rise"),
    "complaint_rate": N_("Complaint rate in 30 days"),
    "waterfall": N_("What exceeds a holding cap goes to the settlement wallet"),
    "ledger_claim": N_("What a supervised ledger keeps for this person"),
    "ledger_closed": N_("A supervised ledger that is closed"),
    "residences": N_("Where customers and merchants live"),
    "residence": N_("Where customers and merchants live"),
    "person_kind": N_("One person, one kind"),
    "failed_deployments_count": N_("Failed deployments count"),
    "contracts": N_("Contracts that may be called"),
    "contract_scope": N_("Contracts that may be called"),
    "state": N_("State of the permit"),
    "not_started": N_("Start of the term"),
    "asset_scope": N_("Permitted assets"),
    "chain_scope": N_("Permitted chains"),
    "not_a_member": N_("Members of the permit only"),
    "cross_permit": N_("Another permit"),
    "consent": N_("Consent of the customer"),
    "wind_down": N_("Suspended or winding down"),
    "reverted": N_("The product's own contract"),
    "native_value": N_("Native value"),
    "start": N_("Start of the term"),
    "end": N_("End of the term"),
    "assets": N_("Permitted assets"),
    "term_days": N_("Length of the term"),
}
UNITS: Final[Mapping[str, str]] = {
    "requests_per_second": N_("requests"),
    "gas_per_transaction": N_("gas"),
    "payload_bytes": N_("bytes"),
    "units_per_day": N_("compute units"),
    "gas_per_day": N_("gas"),
    "server_cores": N_("cores"),
    "server_memory": N_("MB"),
    "server_hours_per_day": N_("hours"),
    "server_disk": N_("MB"),
    "max_customers": N_("persons"),
    "max_merchants": N_("persons"),
    "transactions_per_day": N_("transactions"),
    "deployments": N_("deployments"),
    "term_days": N_("days"),
    "complaint_rate": N_("for each 10,000 payments"),
}
KINDS: Final[Mapping[str, str]] = {
    "grant": N_("Grant of the permit"),
    "refuse": N_("Refusal of the permit"),
    "vary": N_("Variation of the conditions"),
    "reinstate": N_("Reinstatement"),
    "revoke": N_("Revocation"),
    "tighten": N_("Lowering of limits"),
    "suspend": N_("Suspension"),
    "halt": N_("Halt"),
    "confirm": N_("Confirmation of an interim act"),
    "extend": N_("Extension of the term"),
    "change_sponsor": N_("Change of the sponsor"),
    "wind_down_approval": N_("Approval of the settlement plan"),
    "graduate": N_("Statement of the tested scope"),
    "uphold": N_("Appeal declined: the decision stands"),
    "overturn": N_("Appeal granted: the decision falls"),
    "customer": N_("Customer"),
    "merchant": N_("Merchant"),
    "bank": N_("Bank"),
    "payment_operator": N_("Payment system operator"),
    "payment_organisation": N_("Payment organisation"),
    "startup": N_("Start-up"),
    "authority": N_("Authority"),
    "university": N_("University"),
    "police": N_("Police"),
    "capital": N_("Capital"),
    "safeguarding": N_("Safeguarding of customers' money"),
    "insurance": N_("Insurance"),
    "disclosure": N_("Disclosure to customers"),
    "report": N_("Report"),
    "milestone": N_("Milestone"),
    "indicator": N_("Indicator"),
    "exit_plan_evidence": N_("Exit plan"),
    "fee": N_("Fee"),
    "none_identification": N_("not identified"),
    "simplified_identification": N_("simplified identification"),
    "full_identification": N_("fully identified"),
}
SEATS: Final[Mapping[str, str]] = {
    "startup_owner": N_("Start-up: owner"),
    "startup_developer": N_("Start-up: developer"),
    "compliance_officer": N_("Start-up: compliance officer"),
    "observer": N_("Start-up: observer"),
    "sponsor": N_("Sponsor"),
    "sponsor_compliance": N_("Sponsor: compliance officer"),
    "regulator": N_("Regulator"),
    "intelligence": N_("Financial intelligence service"),
    "auditor": N_("Auditor"),
    "expert": N_("Expert"),
    "coordinator": N_("Coordinator"),
    "teacher": N_("Teacher"),
    "student": N_("Student"),
    "trainer": N_("Trainer"),
    "trainee": N_("Trainee"),
    "operator": N_("Operator"),
}
WAITS: Final[Mapping[str, str]] = {
    "applicant": N_("the applicant"),
    "sponsor": N_("the sponsor"),
    "regulator": N_("the regulator"),
    "second_regulator": N_("a second regulator"),
    "the_committee": N_("the Committee"),
    "system": N_("the system"),
    "nobody": N_("nobody"),
}
SAID: Final[Mapping[str, str]] = {
    **committee_words.SAID,
    **course_words.SAID,
    **life_words.SAID,
    **report_words.SAID,
    **settlement_words.SAID,
    "replay_ordered": N_("Ordered. It starts as soon as no other replay is running."),
    "evidence_ordered": N_("Ordered. The file is being made."),
    "saved": N_("Saved."),
    "str_submitted": N_("The report is submitted. Tell nobody of it."),
    "verified": N_("The source is verified."),
    "submitted": N_("The application is submitted. The sponsor signs next."),
    "signed": N_("Signed. The regulator takes it up next."),
    "taken_up": N_("You have taken the file up."),
    "asked": N_("The question is sent to the applicant."),
    "answered": N_("The answer is sent."),
    "returned": N_("The application is returned to the applicant."),
    "proposed": N_("The decision is proposed. A second person must countersign it."),
    "signed_grant": N_("Countersigned: the permit is granted and is now being put in force."),
    "signed_refuse": N_("Countersigned: the application is refused."),
    "signed_vary": N_("Countersigned: the changed conditions are now being put in force."),
    "signed_reinstate": N_("Countersigned: active again as soon as the chain holds it."),
    "signed_revoke": N_("Countersigned: the permit is revoked; customers can still redeem."),
    "signed_confirm": N_("Countersigned: the interim act is permanent now."),
    "signed_tighten": N_("Countersigned: the lowered limits are permanent now."),
    "signed_suspend": N_("Countersigned: the suspension holds until two regulators lift it."),
    "signed_halt": N_("Countersigned: the halt is confirmed."),
    "version_proposed": N_("Proposed. A regulator must confirm it."),
    "version_confirmed": N_("Confirmed: this version is in force."),
    "version_dropped": N_("Dropped: what was in force stays."),
    "competence_proposed": N_("Proposed. A second regulator of your authority must confirm it."),
    "competence_dropped": N_("The proposal is dropped: your authority stays competent."),
    "competence_changed": N_("The file is handed to the other authority; it is no longer yours."),
    "shared": N_("The other authority reads the file from now on."),
    "share_ended": N_("The other authority reads the file no more."),
    "handed_over": N_("Handed over; both were told."),
    "delegated": N_("Your colleague acts for you in that time."),
    "delegation_ended": N_("The delegation is over from now on."),
    "attached": N_("The document is attached."),
    "taken_away": N_("The document is taken away."),
    "recorded": N_("Kept; only the authority sees it."),
    "letter_issued": N_("The letter is numbered and sent out."),
    "signature_attached": N_("The signature is attached."),
    "proposal_withdrawn": N_("The proposal is withdrawn."),
    "withdrawn": N_("The application is withdrawn."),
    "tightened": N_("The limit is lowered and in force. A second person must confirm it."),
    "suspended": N_("The permit is suspended: customers can still redeem."),
    "halted": N_("The permit is halted: nothing moves."),
    "revoked": N_("The key is revoked."),
    "invited": N_("The people are invited."),
    "complaint_answered": N_("The answer is sent."),
    "complaint_concluded": N_("Concluded and closed."),
    "complaint_erased": N_("The words are erased."),
    "described": N_("It is written down; the chain is told where the conditions ask for it."),
    "requirement_set": N_("The requirement is set."),
    "evidence_filed": N_("The evidence is filed. The regulator judges it."),
    "requirement_judged": N_("The requirement is judged."),
}
CHAINS: Final[Mapping[str, str]] = {
    "kgst": N_("KGST chain"),
    "som": N_("Digital-som chain"),
    "gateway": N_("gateway"),
}
"""What a figure is asked of."""
SECTIONS: Final[Mapping[str, str]] = {
    "product": N_("Product"),
    "applicant": N_("Applicant"),
    "test": N_("Test"),
    "rules": N_("Rules and data"),
    "documents": N_("Documents"),
    "limits": N_("Limits"),
    "check": N_("Check and submit"),
}
FIELDS: Final[Mapping[str, str]] = {
    **suspicion_words.FIELDS,
    "product": N_("Product"),
    "summary": N_("What is new for customers"),
    "sponsor": N_("Sponsor"),
    "money_flow": N_("Flow of money, end to end"),
    "test_plan": N_("Test plan"),
    "safeguards": N_("Safeguards for customers"),
    "grounds": N_("Grounds"),
    "plan": N_("Settlement plan"),
    "scope": N_("Tested scope"),
    "risks": N_("Risks"),
    "exemption": N_("Exemption relied on"),
    "exit_plan": N_("Exit plan"),
    "product_kind": N_("Kind of product"),
    "innovation": N_("What exists today, and what is different"),
    "consumer_benefit": N_("Benefit for consumers"),
    "legal_identity": N_("Legal identity"),
    "key_persons": N_("Key persons"),
    "business_plan": N_("Business plan"),
    "monitoring": N_("How the test is monitored and assessed"),
    "risk_matrix": N_("Risk matrix"),
    "aml_policy": N_("Policy against money laundering"),
    "client_agreement": N_("Agreement with clients"),
    "data_protection": N_("Protection of personal data"),
    "reasons": N_("Reasons"),
    "terms": N_("Limits"),
}
TABLES: Final = (
    STATES,
    CLAUSES,
    KINDS,
    SEATS,
    WAITS,
    UNITS,
    committee_words.COMMITTEE,
    settlement_words.DATA,
)


def name_of(lang: Language, value: str) -> str:
    """A vocabulary's value in words; the value itself when it is not of ours."""
    for table in TABLES:
        if value in table:
            return translator(lang).gettext(table[value])
    return value


def field_name(lang: Language, field: str) -> str:
    """A field of the application or of the conditions in words."""
    if field in FIELDS:
        return translator(lang).gettext(FIELDS[field])
    asset, dot, clause = field.rpartition(".")
    return f"{name_of(lang, clause)} ({asset_name(lang, asset)})" if dot else name_of(lang, field)


def section_name(lang: Language, section: str) -> str:
    """A section of the application form."""
    return translator(lang).gettext(SECTIONS[section])


def section_of(field: str) -> str:
    """In which section of the form a field is."""
    for section, fields in (
        ("product", "product product_kind summary innovation consumer_benefit sponsor money_flow"),
        ("applicant", "legal_identity key_persons business_plan"),
        ("rules", "exemption aml_policy client_agreement data_protection"),
    ):
        if field in fields.split():
            return section
    return "test" if field in FIELDS and field != "terms" else "limits"


def unit_of(lang: Language, clause: str) -> str:
    """The unit a person types a count in; empty for a bare number."""
    return translator(lang).gettext(UNITS[clause]) if clause in UNITS else ""


def asset_name(lang: Language, asset: str) -> str:
    """An asset as people call it: ``KGST``, ``сом``."""
    return forms.SYMBOLS.get(cast("AssetCode", asset), {}).get(lang, asset)


def chain_name(lang: Language, part: str) -> str:
    """A chain, also as a part that is out of reach (``chain:kgst``), or the gateway."""
    name = part.removeprefix("chain:")
    return translator(lang).gettext(CHAINS[name]) if name in CHAINS else name


def typed_value(lang: Language, value: str, field: str = "") -> str:
    """A kept value as an input shows it: in the reader's form, and their word for "no limit"."""
    if value == NO_LIMIT.value:
        return translator(lang).gettext("no limit")
    asset, dot, _ = field.partition(".")
    try:
        if dot and asset in DECIMALS:
            return forms.amount(parse_amount(value, DECIMALS[asset]), asset, lang)
        return forms.number(parse_amount(value, 0), lang)
    except InvalidInput:
        return value


def said(lang: Language, code: str) -> str:
    """What a page says was done, from the code in its address; nothing for unknown codes."""
    return translator(lang).gettext(SAID[code]) if code in SAID else ""


def amount_text(lang: Language, value: object, asset: str | None) -> str:
    """Minor units in human form with the unit."""
    if value is None:
        return "—"
    if asset in DECIMALS:
        return forms.money(int(str(value)), asset, lang)
    return forms.number(int(str(value)), lang)


def limit_text(lang: Language, clause: str, value: object, asset: str | None = None) -> str:
    """A limit in words: ``5 000,00 KGST``, ``20 persons``, ``no limit``."""
    if value is None:
        return "—"
    text = getattr(value, "value", value)
    if text == "no limit":
        return translator(lang).gettext("no limit")
    if clause in VALUE_LIMITS or clause == "outstanding":
        return amount_text(lang, text, asset)
    unit = UNITS.get(clause)
    figure = forms.number(int(str(text)), lang)
    return f"{figure}\u00a0{translator(lang).gettext(unit)}" if unit else figure


def _refusal_params(refusal: Any) -> dict[str, object]:
    params = dict(refusal.wording)
    params.update(
        asset=refusal.asset,
        limit=refusal.limit,
        used=refusal.used,
        requested=refusal.requested,
        frees_at=refusal.frees_at,
        permit=refusal.permit,
        version=refusal.version,
    )
    params.setdefault("subject", refusal.sender)
    return params


def shortened(value: str, head: int = 10, tail: int = 6) -> str:
    """A long address or hash with its middle left out, cut the same everywhere.

    >>> shortened("0x5FbDB2315678afecb367f032d93F642f64180aa3")
    '0x5FbDB231…180aa3'
    """
    return value if len(value) <= head + tail else f"{value[:head]}…{value[-tail:]}"


def party_text(lang: Language, movement: Any, *, payer: bool) -> str:
    """A party to a movement; the log names persons, so contracts and the issuer have no number.

    Only a customer's payment is counted as volume, so what was counted went to a contract.
    """
    person = movement.from_person if payer else movement.to_person
    wallet = movement.from_wallet if payer else movement.to_wallet
    if person.removeprefix("0x").strip("0"):
        return shortened(wallet or person)
    other = movement.to_person if payer else movement.from_person
    inside = not other.removeprefix("0x").strip("0") or movement.counted != "0"
    if inside:
        word = N_("contract")
    else:
        word = N_("contract or issuer") if payer else N_("contract or redemption")
    return translator(lang).gettext(word)


def refusal_text(lang: Language, refusal: Any) -> str:
    """Why a transaction was refused, in words."""
    code = f"refused.{refusal.clause}"
    if not has_wording(code):
        return wording(refusal.code, _refusal_params(refusal), lang)
    return wording(code, _refusal_params(refusal), lang)


def what_to_do(lang: Language, refusal: Any) -> str:
    """What helps after a refusal; empty when nobody wrote it down."""
    code = f"what_to_do.{refusal.clause}"
    return wording(code, _refusal_params(refusal), lang) if has_wording(code) else ""


def seats_text(lang: Language, visit: Visit) -> str:
    """The reader's organisation and seats."""
    if visit.me is None:
        return ""
    seats = ", ".join(name_of(lang, seat) for seat in visit.me.seats)
    return f"{visit.me.org_name} · {seats}" if visit.me.org_name else seats
