"""Certificates for who holds one and for whoever is shown one.

Rules:

- a holder takes the token, and prints a page with a code; with the name, or with a hash of it;
- anybody checks a token here, without an account: nothing is written, so no session is needed;
- the code on paper leads to a page that says of what course the certificate is and whether it is
  valid, never whose: whoever has the paper types the name that is on it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sandbox.domain.badges import LARGEST, Badge, Identity, issuer_of, read_badge
from sandbox.domain.certificates import LANGUAGES, Certificate, criteria
from sandbox.domain.class_names import tidy
from sandbox.domain.receipts import ReceiptKey
from sandbox.kit.errors import IntegrityFailure, InvalidInput, NotFound, SynakError
from sandbox.services import certificates
from sandbox.services.classroom_room import load_receipt_key
from sandbox.web.form_reading import read_form
from sandbox.web.guard import check_origin
from sandbox.web.pages import Problem, page
from sandbox.web.qr import qr
from sandbox.web.uploads import POLICY, disposition
from sandbox.web.visit import Anybody, Reader, Visit, anybody

router = APIRouter(include_in_schema=False)
HIDDEN: Final = "hidden"
MOST_NAME: Final = 200


async def stranger(request: Request) -> AsyncIterator[Visit]:
    """A form of ours that changes nothing, from anybody, with one file or none."""
    parts, headers = request.app.state.parts, request.headers
    check_origin(parts.public_url, headers.get("origin"), headers.get("sec-fetch-site"))
    form = await read_form(request, LARGEST)
    visit = await anybody(request)
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    files = [each for each in form.values() if isinstance(each, UploadFile) and each.filename]
    visit = replace(visit, form=fields, upload=files[0] if files else None)
    request.state.visit = visit
    try:
        yield visit
    finally:
        await form.close()


Stranger = Annotated[Visit, Depends(stranger)]


@router.get("/desk/certificates")
def show(visit: Anybody) -> Response:
    """The reader's own certificates, the platform's key, and the check."""
    return _page(visit)


@router.post("/desk/certificates")
def check(visit: Stranger) -> Response:
    """Check a certificate that was sent or pasted."""
    try:
        found = read_badge(_sent(visit), _key(visit).public_hex, visit.at)
        listed = _listed(visit, found)
    except SynakError as error:
        return _page(visit, problem=Problem(error, "check"))
    name = tidy(visit.form.get("name", "")[:MOST_NAME])
    same, latin = found.is_of(name), found.is_latin_of(name)
    return _page(visit, badge=found, listed=listed, name=name, same=same, latin=latin)


@router.get("/desk/certificates/{certificate}")
def own(visit: Reader, certificate: str, name: str = "") -> Response:
    """One's own certificate, to print."""
    with visit.parts.store.unit(read_only=True) as u:
        found = certificates.own(u, visit.known.account, certificate)
        names = certificates.names_of(u, found.account)
    address = f"{visit.parts.public_url}/desk/public/certificates/{found.id}"
    return page(
        visit,
        "certificate.html",
        found=found,
        names=names,
        hidden=name == HIDDEN,
        address=address,
        drawing=qr(address),
        key=_key(visit).public_hex,
        **_said(visit, found),
    )


@router.get("/desk/certificates/{certificate}/{form}.jwt")
def take(visit: Reader, certificate: str, form: str) -> Response:
    """The token, as a file; ``form`` is ``named`` or ``hidden``.

    Raises:
        NotFound: ``certificate.not_found``.
    """
    if form not in ("named", HIDDEN):
        raise NotFound("certificate.not_found", id=form[:32])
    with visit.parts.store.unit(read_only=True) as u:
        found = certificates.own(u, visit.known.account, certificate)
        token = certificates.token_of(
            u,
            found,
            hidden=form == HIDDEN,
            key=_key(visit),
            public_url=visit.parts.public_url,
        )
    return _file(token, f"{found.course}-{form}.jwt")


@router.get("/desk/public/certificates/{certificate}")
def public(visit: Anybody, certificate: str) -> Response:
    """What the code on paper leads to."""
    return _public(visit, certificate)


@router.post("/desk/public/certificates/{certificate}")
def compare(visit: Stranger, certificate: str) -> Response:
    """Whether the name on the paper is the holder's."""
    return _public(visit, certificate, tidy(visit.form.get("name", "")[:MOST_NAME]))


@router.get("/desk/public/certificate-lists/{number}.jwt")
def revoked(visit: Anybody, number: int) -> Response:
    """The list of revoked certificates, signed now."""
    with visit.parts.store.unit(read_only=True) as u:
        token = certificates.published_list(
            u, number, at=visit.at, key=_key(visit), public_url=visit.parts.public_url
        )
    return _file(token, f"certificate-list-{number}.jwt")


def _file(token: str, name: str) -> Response:
    headers = {"Content-Disposition": disposition(name), "Content-Security-Policy": POLICY}
    return Response(token.encode(), media_type="application/jwt", headers=headers)


def _sent(visit: Visit) -> bytes:
    if visit.upload is not None:
        return visit.upload.file.read(LARGEST + 1)
    pasted = visit.form.get("token", "").strip()
    if not pasted:
        raise InvalidInput("badge.none")
    return pasted.encode()


def _listed(visit: Visit, found: Badge) -> bool:
    """Whether the platform's own list has it.

    Raises:
        IntegrityFailure: ``badge.revoked``.
    """
    with visit.parts.store.unit(read_only=True) as u:
        try:
            kept = certificates.find(u, found.id.removeprefix("urn:uuid:").replace("-", ""))
        except NotFound:
            return False
    if kept.revoked_at is not None:
        raise IntegrityFailure("badge.revoked")
    return True


def _page(visit: Visit, *, problem: Problem | None = None, **result: Any) -> HTMLResponse:
    held: tuple[Certificate, ...] = ()
    if visit.actor is not None:
        with visit.parts.store.unit(read_only=True) as u:
            held = certificates.all_own(u, visit.known.account)
    key = _key(visit).public_hex
    shown = {"badge": None, "listed": False, "name": "", "same": False, "latin": False} | result
    return page(
        visit,
        "badges.html",
        status=400 if problem else 200,
        held=held,
        key=key,
        issuer=issuer_of(key),
        problem=problem,
        most=MOST_NAME,
        **shown,
    )


def _public(visit: Visit, certificate: str, name: str = "") -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        found = certificates.find(u, certificate)
        names = certificates.names_of(u, found.account)
    return page(
        visit,
        "certificate_public.html",
        found=found,
        name=name,
        same=Identity(names[0]).is_of(name),
        latin=any(Identity(each).is_of(name) for each in names[1:]),
        most=MOST_NAME,
        **_said(visit, found),
    )


def _said(visit: Visit, found: Certificate) -> dict[str, Any]:
    paragraphs = dict(zip(LANGUAGES, criteria(found).split("\n\n"), strict=True))
    return {"title": found.titles.get(visit.lang, found.course), "criteria": paragraphs}


def _key(visit: Visit) -> ReceiptKey:
    return load_receipt_key(visit.parts.receipt_key)
