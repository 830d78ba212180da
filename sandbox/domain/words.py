"""The closed vocabularies: each value is stored, signed or shown as it stands here."""

from __future__ import annotations

from enum import StrEnum


class OrganisationKind(StrEnum):
    """What an organisation is; decides who may sponsor."""

    STARTUP = "startup"
    BANK = "bank"
    PAYMENT_OPERATOR = "payment_operator"
    PAYMENT_ORGANISATION = "payment_organisation"
    AUTHORITY = "authority"
    UNIVERSITY = "university"
    POLICE = "police"

    @property
    def may_sponsor(self) -> bool:
        """Whether it may hold a permit for virtual-asset tests.

        Source: NBKR special regulatory regime, who may apply (facts: national-systems; to be
        confirmed).
        """
        return self in {self.BANK, self.PAYMENT_OPERATOR, self.PAYMENT_ORGANISATION}


class DecisionKind(StrEnum):
    """What a decision does."""

    GRANT = "grant"
    REFUSE = "refuse"
    VARY = "vary"
    REINSTATE = "reinstate"
    REVOKE = "revoke"
    TIGHTEN = "tighten"
    SUSPEND = "suspend"
    HALT = "halt"
    CONFIRM = "confirm"
    EXTEND = "extend"
    WIND_DOWN = "wind_down_approval"
    GRADUATE = "graduate"
    UPHOLD = "uphold"
    OVERTURN = "overturn"
    CHANGE_SPONSOR = "change_sponsor"


class DecisionStatus(StrEnum):
    """Where a decision stands."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"
    OVERTAKEN = "overtaken"
    LAPSED = "lapsed"


class MemberKind(StrEnum):
    """What an invited person is; the number is the contract's."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"

    @property
    def code(self) -> int:
        """The Supervisor's kind: 1 customer, 2 merchant."""
        return 1 if self is MemberKind.CUSTOMER else 2


class CustomerState(StrEnum):
    """Where an invited person stands."""

    INVITED = "invited"
    CONSENTED = "consented"
    REGISTERED = "registered"
    REFUSED = "refused"
    RELEASED = "released"


class KeyKind(StrEnum):
    """What an access key opens."""

    PERMIT_KEY = "permit_key"
    CUSTOMER_TOKEN = "customer_token"  # noqa: S105

    @property
    def prefix(self) -> str:
        """How the secret begins, so that people and logs can tell it."""
        return "spk_" if self is KeyKind.PERMIT_KEY else "sct_"


class FaucetState(StrEnum):
    """Where a request for test money stands."""

    ASKED = "asked"
    ISSUED = "issued"
    REFUSED = "refused"
