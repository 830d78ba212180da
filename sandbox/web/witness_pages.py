"""Outside witnesses of the audit log: what they have, the printed register, a proof step by step.

Rules: the register and what mailbox and chain have are for regulators and auditors (others: not
found); the proof of an entry is for everybody, since the heads and proofs are public, and says who
did what only to those who may read the log.
"""

from __future__ import annotations

from io import BytesIO
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.documents import LARGEST, MEDIA, MEGABYTE
from sandbox.domain.head_paper import grouped
from sandbox.domain.seats import Right
from sandbox.domain.witnesses import MOST_SCANS
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.merkle import climb
from sandbox.services import audit, register_pages
from sandbox.services.documents import media_inside
from sandbox.services.witnessing import head_lines
from sandbox.web.pages import Problem, page
from sandbox.web.qr import qr
from sandbox.web.register_pdf import register_pdf
from sandbox.web.uploads import download, take_in
from sandbox.web.visit import Anybody, Poster, Reader, Visit, uploader

router = APIRouter(include_in_schema=False)
Sender = Annotated[Visit, Depends(uploader(LARGEST))]
SHOWN: Final = (InvalidInput, Conflict)
HOME: Final = "/desk/audit/witnesses"


@router.get(HOME)
def show(visit: Reader) -> Response:
    """What each witness has."""
    return _witnesses(visit)


def _witnesses(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        view = register_pages.witnesses(u, visit.known)
    return page(
        visit,
        "witnesses.html",
        status=problem.error.status if problem else 200,
        view=view,
        problem=problem,
    )


@router.post("/desk/audit/pages")
def make(visit: Poster) -> Response:
    """Make the next page of the register."""
    try:
        with visit.parts.store.unit() as u:
            made = register_pages.make_page(
                u, visit.known, head_key=visit.parts.head_key, at=visit.at, key=visit.key
            )
            u.commit()
    except SHOWN as error:
        return _witnesses(visit, Problem(error, "make"))
    return RedirectResponse(f"/desk/audit/pages/{made.number}", 303)


@router.get("/desk/audit/pages/{number}")
def show_page(visit: Reader, number: int) -> Response:
    """One page of the register."""
    return _page(visit, number)


def _page(visit: Visit, number: int, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        head, scans = register_pages.register_page(u, visit.known, _small(number))
    return page(
        visit,
        "register_page.html",
        status=problem.error.status if problem else 200,
        head=head,
        root=grouped(head.root),
        lines=head_lines(head),
        code=qr(head.line),
        scans=scans,
        more=head.prints > 0 and len(scans) < MOST_SCANS,
        accepted=",".join(f".{ending}" for ending in MEDIA),
        largest=LARGEST // MEGABYTE,
        problem=problem,
    )


@router.post("/desk/audit/pages/{number}/print")
def print_(visit: Poster, number: int) -> Response:
    """The page as PDF: the original once, then reprints that say so."""
    with visit.parts.store.unit() as u:
        head, copy = register_pages.print_page(
            u, visit.known, _small(number), at=visit.at, key=visit.key
        )
        made = register_pdf(head, copy, node_modules=visit.parts.node_modules, other=visit.lang)
        u.commit()
    name = f"synak-register-{head.number}{f'-reprint-{copy - 1}' if copy > 1 else ''}.pdf"
    return download(BytesIO(made), name=name, media="application/pdf", size=len(made))


@router.post("/desk/audit/pages/{number}/scans")
def add(visit: Sender, number: int) -> Response:
    """Attach a scan of the signed page."""
    with visit.parts.store.unit(read_only=True) as u:
        register_pages.register_page(u, visit.known, _small(number))
    try:
        with register_pages.scans_of(visit.parts.blobs).incoming() as fresh:
            name = take_in(visit.upload, fresh, most=LARGEST)
            media = media_inside(name, fresh)
            with visit.parts.store.unit() as u:
                register_pages.add_scan(
                    u, visit.known, number, name, fresh, media=media, at=visit.at
                )
                u.commit()
    except SHOWN as error:
        return _page(visit, number, Problem(error, "scan"))
    return RedirectResponse(f"/desk/audit/pages/{number}?said=attached", 303)


@router.get("/desk/audit/pages/{number}/scans/{scan}")
def take(visit: Reader, number: int, scan: str) -> Response:
    """A scan as a download."""
    blobs = register_pages.scans_of(visit.parts.blobs)
    with visit.parts.store.unit(read_only=True) as u:
        found, content = register_pages.open_scan(u, visit.known, _small(number), scan, blobs=blobs)
    return download(content, name=found.name, media=found.media, size=found.size)


@router.get("/desk/audit/proof")
def prove(entry: int = 0) -> Response:
    """Where the number that was typed is proven."""
    return RedirectResponse(f"/desk/audit/proof/{max(0, min(entry, 2**53))}", 303)


@router.get("/desk/audit/proof/{index}")
def proof(visit: Anybody, index: int) -> Response:
    """That an entry is in the log of the newest head, each step of it."""
    with visit.parts.store.unit() as u:
        head = audit.head(u, at=visit.at, key=visit.parts.head_key)
        if not 0 <= index < head.size:
            raise NotFound("web.not_found")
        found = audit.inclusion(u, index, size=head.size)
        entry = next(iter(u.audit.page(after=index - 1, limit=1)))
        u.commit()
    leaf = bytes.fromhex(found.leaf or "")
    siblings = [bytes.fromhex(each) for each in found.proof]
    steps = climb(leaf, index, head.size, siblings)
    reached = (steps[-1].result if steps else leaf).hex() if steps is not None else ""
    return page(
        visit,
        "proof.html",
        head=head,
        entry=entry,
        steps=steps or (),
        reached=reached,
        holds=reached == head.root,
        reads=visit.has(Right.READ_AUDIT),
    )


def _small(number: int) -> int:
    """A page's number within what the store holds; what is beyond is no page."""
    return number if 0 <= number < 2**31 else 0
