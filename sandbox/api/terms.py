"""The terms of one's own draft or permit, to be tried in a lab."""

from __future__ import annotations

from fastapi import APIRouter

from sandbox.api.bearer import Caller
from sandbox.services import terms_reading
from sandbox.services.terms_reading import TermsDocument

router = APIRouter(tags=["terms"])


@router.get("/terms/{number}", summary="The terms of a draft or a permit")
def terms(call: Caller, number: str) -> TermsDocument:
    """What the application asks for, or what is in force; for those who may see it."""
    with call.parts.store.unit(read_only=True) as u:
        return terms_reading.terms_document(u, call.known, number, at=call.at)
