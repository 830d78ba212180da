"""Settlement in words; a test compares with the vocabularies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.locale.catalogue import N_

WORDS: Final[Mapping[str, str]] = {
    "return_ordered": N_("Waits for a second regulator"),
    "return_running": N_("Being returned"),
    "return_settled": N_("Settled and proven"),
    "step_ended": N_("The test has ended: money can only come home"),
    "step_approved": N_("Two regulators have approved the plan"),
    "step_customers": N_("Customers take their money home themselves"),
    "step_returned": N_("What is left is returned for them"),
    "step_proved": N_("The chain proves that nobody holds anything"),
    "step_completed": N_("The trial is completed"),
    "way_account": N_("to the account that the person named"),
    "way_custody": N_("in custody"),
    "act_asked": N_("No answer yet"),
    "act_sent": N_("Under way"),
    "act_done": N_("Returned"),
    "act_refused": N_("Not done"),
}
"""Values of the page; ``step_`` and ``way_`` stand before words that mean something elsewhere."""
DATA: Final[Mapping[str, str]] = {
    "data_customer": N_("tie to the ledger"),
    "data_identification": N_("residence and identification"),
    "data_payout": N_("account to pay to"),
    "data_customer_words": N_("names and words beside payments"),
    "data_customer_access": N_("codes, sessions, tokens"),
    "data_complaint": N_("words of complaints"),
    "data_member": N_("display name"),
    "data_mail": N_("mail address and messages"),
    "data_notice": N_("notices"),
    "data_passkey": N_("passkeys"),
    "data_outside_account": N_("accounts elsewhere"),
}
"""What a receipt of an erasure names."""
TONES: Final[Mapping[str, str]] = {
    "return_ordered": "warn",
    "return_running": "accent",
    "return_settled": "good",
    "act_asked": "warn",
    "act_sent": "accent",
    "act_done": "good",
    "act_refused": "bad",
}
SAID: Final[Mapping[str, str]] = {
    "return_ordered": N_("Ordered. A second regulator confirms it."),
    "return_begun": N_("What is left is being returned now."),
    "return_goes_on": N_("It goes on."),
    "paid_out": N_("Entered as paid out."),
    "person_erased": N_("Erased. The receipt is below."),
    "hold_set": N_("The records are kept from now on."),
    "hold_lifted": N_("The records are no longer kept by order."),
    "report_filed": N_("The exit report is filed."),
    "report_accepted": N_("The exit report is accepted."),
    "report_returned": N_("The exit report is returned to the firm."),
}
