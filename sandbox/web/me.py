"""The reader's own account: who they are here, name in Latin letters, language, mail."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.kit.errors import InvalidInput, SynakError
from sandbox.services import identity, mailboxes, own_names
from sandbox.services.identity import SetLanguage
from sandbox.services.webhooks import may_manage
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)


@router.get("/desk/me")
def show(visit: Reader) -> Response:
    """The account."""
    return _page(visit)


def _page(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        box = mailboxes.mailbox(u, visit.known, at=visit.at)
        me = identity.me(u, visit.known)
        name = own_names.own_name(u, visit.known)
    return page(
        visit,
        "me.html",
        status=problem.error.status if problem else 200,
        me=me,
        box=box,
        name=name,
        mail=visit.parts.mail,
        webhooks=may_manage(visit.known),
        passkeys=visit.parts.passkeys is not None,
        problem=problem,
    )


@router.post("/desk/me/language")
def language(visit: Poster) -> Response:
    """In which language messages are written."""
    with visit.parts.store.unit() as u:
        command = SetLanguage(visit.form.get("language", ""))
        identity.set_language(u, visit.known, command, at=visit.at)
        u.commit()
    return RedirectResponse("/desk/me?said=saved", 303)


@router.post("/desk/me/name")
def latin_name(visit: Poster) -> Response:
    """How the reader's name is written in Latin letters."""
    try:
        with visit.parts.store.unit() as u:
            own_names.choose_latin(u, visit.known, visit.form.get("latin", ""), at=visit.at)
            u.commit()
    except InvalidInput as error:
        return _page(visit, Problem(error, "name"))
    return RedirectResponse("/desk/me?said=saved#name", 303)


@router.post("/desk/me/mail")
def ask(visit: Poster) -> Response:
    """Send a code to an address."""
    try:
        with visit.parts.store.unit() as u:
            address = visit.form.get("address", "")
            mailboxes.ask_for_code(u, visit.known, address, at=visit.at, mail=visit.parts.mail)
            u.commit()
    except SynakError as error:
        return _page(visit, Problem(error, "mail"))
    return RedirectResponse("/desk/me#mail", 303)


@router.post("/desk/me/mail/confirm")
def confirm(visit: Poster) -> Response:
    """Use the address whose code was typed."""
    try:
        with visit.parts.store.unit() as u:
            right = mailboxes.confirm(u, visit.known, visit.form.get("code", ""), at=visit.at)
            u.commit()
        if not right:
            raise InvalidInput("mail.wrong_code")
    except SynakError as error:
        return _page(visit, Problem(error, "mail"))
    return RedirectResponse("/desk/me?said=saved", 303)


@router.post("/desk/me/mail/remove")
def remove(visit: Poster) -> Response:
    """No more mail."""
    with visit.parts.store.unit() as u:
        mailboxes.forget(u, visit.known, at=visit.at)
        u.commit()
    return RedirectResponse("/desk/me?said=saved", 303)
