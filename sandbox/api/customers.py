"""Invited people: invite, list, consent; a customer's own token sees only that customer."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from sandbox.api.bearer import Caller
from sandbox.api.paging import LARGEST, After, behind, part
from sandbox.api.trial import IdempotencyKey
from sandbox.kit.ids import PersonId
from sandbox.services import customers, known_people
from sandbox.services.customer_codes import CodeView, MakeCodes, make_codes
from sandbox.services.customers import GiveConsent, InviteCustomers
from sandbox.services.keyed import Keyed
from sandbox.services.known_people import DescribePerson
from sandbox.services.views import CustomerView

router = APIRouter(tags=["customers"])


class InviteBody(BaseModel):
    """Whom to invite."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"count": 20, "kind": "customer", "consent": True}]},
    )
    count: int = Field(ge=1, le=200, description="How many people.")
    kind: Literal["customer", "merchant"] = "customer"
    consent: bool = Field(
        default=False,
        description="Synthetic people consent at once, each with their own wallet.",
    )
    residence: str = Field(
        default="KG", min_length=2, max_length=2, description="Where they live (ISO 3166-1)."
    )
    level: Literal["none", "simplified", "full"] = Field(
        default="none", description="How well they are identified."
    )


@router.post("/trial/customers", status_code=201, summary="Invite people")
def invite(call: Caller, body: InviteBody, key: IdempotencyKey = None) -> list[CustomerView]:
    """Each gets a wallet of their own; tokens are in this answer only."""
    command = InviteCustomers(
        permit=call.permit,
        count=body.count,
        kind=body.kind,
        consent=body.consent,
        residence=body.residence,
        level=body.level,
        key=key,
    )
    with call.parts.store.unit() as u:
        people = customers.invite(u, call.known, command, at=call.at, ports=call.parts.ports)
        u.commit()
    return list(people)


class CodesBody(BaseModel):
    """For whom invitation codes are made."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"people": ["3f0c…"], "label": None}]}
    )
    people: list[str] = Field(min_length=1, max_length=200, description="Ids of invited people.")
    label: str | None = Field(
        default=None, max_length=60, description="The name payers see; one merchant at a time."
    )


@router.post("/trial/customers/codes", status_code=201, summary="Make invitation codes")
def codes(call: Caller, body: CodesBody) -> list[CodeView]:
    """Codes for the customer's page; each ends the person's older ones and is in this answer only.

    From a notebook's server or a browser; a permit key makes none.
    """
    command = MakeCodes(permit=call.permit, people=tuple(body.people), label=body.label)
    keyed = Keyed(call.parts.session_secret)
    with call.parts.store.unit() as u:
        made = make_codes(u, call.known, command, at=call.at, keyed=keyed)
        u.commit()
    return list(made)


class DescribeBody(BaseModel):
    """What is known of people."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"customer": "all", "residence": "KG", "level": "full"}]},
    )
    customer: str = Field(max_length=40, description="The person's id, or `all`.")
    residence: str = Field(
        default="KG", min_length=2, max_length=2, description="Where they live (ISO 3166-1)."
    )
    level: Literal["none", "simplified", "full"]


class KnownBody(BaseModel):
    """What is known of one person."""

    customer: str
    residence: str
    level: str


@router.post("/trial/customers/attributes", summary="Say where people live and how identified")
def describe(call: Caller, body: DescribeBody, key: IdempotencyKey = None) -> list[KnownBody]:
    """The chain is told where the permit's terms ask for residence or identification."""
    command = DescribePerson(
        permit=call.permit,
        customer=PersonId(body.customer),
        residence=body.residence,
        level=body.level,
        key=key,
    )
    with call.parts.store.unit() as u:
        found = known_people.describe(u, call.known, command, at=call.at)
        u.commit()
    return [
        KnownBody(customer=each.customer, residence=each.residence, level=each.level)
        for each in found
    ]


@router.get("/trial/customers", summary="The permit's people")
def everybody(
    call: Caller,
    request: Request,
    response: Response,
    after: After = None,
    limit: Annotated[int | None, Query(ge=1, le=LARGEST, description="All when left out.")] = None,
) -> list[CustomerView]:
    """Invited, consented, registered, refused or released; all of them without a limit."""
    with call.parts.store.unit(read_only=True) as u:
        every = customers.list_customers(u, call.known, call.permit, at=call.at)
    found = behind(every, after, lambda each: each.id)
    return part(request, response, found, limit or len(found), lambda each: each.id)


@router.get("/customer", summary="The person behind a customer's token")
def me(call: Caller) -> CustomerView:
    """For a customer's token only."""
    with call.parts.store.unit(read_only=True) as u:
        return customers.me(u, call.known, at=call.at)


@router.post("/customer/consent", summary="Consent to the trial")
def consent(call: Caller) -> CustomerView:
    """Signed by the customer's own wallet; the worker then registers it on chain."""
    with call.parts.store.unit() as u:
        view = customers.consent(u, call.known, GiveConsent(), at=call.at, ports=call.parts.ports)
        u.commit()
    return view
