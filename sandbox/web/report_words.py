"""The words of periodic reports: figures, sections, fields, what a page says was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.locale.catalogue import N_

FIGURES: Final[Mapping[str, str]] = {
    "customers_start": N_("Customers at the beginning"),
    "customers_new": N_("New customers"),
    "customers_left": N_("Customers who left"),
    "customers_end": N_("Customers at the end"),
    "merchants_start": N_("Merchants at the beginning"),
    "merchants_new": N_("New merchants"),
    "merchants_left": N_("Merchants who left"),
    "merchants_end": N_("Merchants at the end"),
    "payments": N_("Payments of customers"),
    "redemptions": N_("Times customers took money home"),
    "volume": N_("Paid by customers in the period"),
    "redeemed": N_("Taken home by customers in the period"),
    "largest_payment": N_("Largest payment"),
    "median_payment": N_("Median payment"),
    "held_at_end": N_("In customers' hands at the end"),
    "refusals_all": N_("Refusals in all"),
    "complaints_received": N_("Complaints received"),
    "complaints_answered": N_("Complaints answered"),
    "complaints_overdue": N_("Complaints not answered in time"),
    "complaints_escalated": N_("Complaints that went to the regulator"),
    "complaints_closed": N_("Complaints closed"),
    "complaints_open_at_end": N_("Complaints open at the end"),
    "incidents_reported": N_("Incidents reported"),
    "incidents_open_at_end": N_("Incidents open at the end"),
    "suspensions": N_("Suspensions"),
    "halts": N_("Halts"),
    "reinstatements": N_("Reinstatements"),
    "variations": N_("Changes of the conditions"),
    "contracts_deployed": N_("Contracts deployed"),
    "contracts_approved": N_("Contracts approved"),
    "contracts_withdrawn": N_("Approvals withdrawn or lapsed"),
    "transactions": N_("Transactions"),
    "transactions_failed": N_("Transactions that failed"),
}
"""Every figure but those that a clause names."""
SECTIONS: Final[Mapping[str, str]] = {
    "people": N_("Customers and merchants"),
    "money_of_customers": N_("Money of customers"),
    "limits": N_("Use of the limits"),
    "refusals": N_("Refusals by clause"),
    "complaints": N_("Complaints"),
    "incidents": N_("Incidents"),
    "acts": N_("Suspensions and changes"),
    "contracts": N_("Contracts and transactions"),
}
ORIGINS: Final[Mapping[str, str]] = {
    "people": N_("registrations and releases in the audit log"),
    "money_of_customers": N_("movements in the chain's index"),
    "limits": N_("movements and transactions in the chain's index"),
    "refusals": N_("the gateway's refusals"),
    "complaints": N_("complaints in the audit log"),
    "incidents": N_("incidents of this permit"),
    "acts": N_("acts in the audit log"),
    "contracts": N_("transactions in the chain's index"),
}
FIELDS: Final[Mapping[str, str]] = {
    "happened": N_("What happened in the period"),
    "changes": N_("Changes of the product, its contracts and its team"),
    "customers": N_("What customers say"),
    "risks": N_("Risks seen"),
    "measures": N_("What was done about them"),
    "plans": N_("Plans for the next period"),
}

INCIDENTS: Final[Mapping[str, str]] = {
    "incident_outage": N_("Outage or delay"),
    "incident_security": N_("Break-in or loss of a key"),
    "incident_data": N_("Leak of personal data"),
    "incident_wrong_payments": N_("Wrong payments"),
    "incident_loss": N_("Loss of customers' money"),
    "incident_third_party": N_("Failure of a supplier"),
    "incident_other": N_("Another incident"),
    "incident_kill_switch": N_("Kill switch used"),
    "incident_journal": N_("Damage of a chain's journal"),
    "incident_engine": N_("A chain's engine went down"),
    "incident_gateway": N_("The gateway went down"),
    "severity_minor": N_("Minor"),
    "severity_major": N_("Major"),
    "severity_critical": N_("Critical"),
    "follow_up": N_("Follow-up"),
    "final": N_("Final report"),
    "ask_again": N_("Asked again"),
    "close": N_("Closed with lessons"),
    "confirm": N_("Confirmed"),
    "lift": N_("Lifted"),
}
"""Kinds and severities of incidents, and as what something was said."""
SAID: Final[Mapping[str, str]] = {
    "report_saved": N_("Saved. Nothing is submitted yet."),
    "report_computed": N_("The figures are computed again."),
    "report_submitted": N_("The report is submitted."),
    "report_signed": N_("Signed. The regulator judges the report now."),
    "report_accepted": N_("The report is accepted."),
    "report_returned": N_("The report is returned; the firm has been told the reason."),
    "incident_reported": N_("The incident is reported."),
    "incident_said": N_("It is entered."),
}
"""What a page says was done."""
