"""The application form: sections, autosave, missing parts named, submit, withdraw.

Rules:

- the form saves by itself while one writes (htmx) and by a button (without JavaScript);
- a tab saves what it changed and no more: two tabs never overwrite each other (``drafts``);
- nothing is required for saving; everything is required for submitting, and each
  missing part is named with a link to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.application import KINDS, required_parts
from sandbox.domain.documents import LARGEST, MEDIA, MEGABYTE, DocumentKind
from sandbox.domain.terms import ASSET_FLAGS, VALUE_LIMITS
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import Conflict, InvalidInput, SynakError
from sandbox.kit.ids import FileId
from sandbox.services import applications, documents, files, identity, sponsorship
from sandbox.services.applications import (
    SaveDraft,
    StartApplication,
    SubmitApplication,
    WithdrawApplication,
)
from sandbox.services.sponsorship import SponsorSign
from sandbox.services.views import FileView, SavedDraft
from sandbox.web.drafts import Compared, compare, marks, read_marks
from sandbox.web.limits import (
    ASSETS,
    GENERAL,
    SWITCHES,
    TECHNICAL,
    WATCHED,
    asset_of,
    plain,
    requested,
)
from sandbox.web.pages import Problem, fragment, page
from sandbox.web.usual import usual_ranges
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "product": (
        *("product", "product_kind", "summary", "innovation", "consumer_benefit"),
        *("sponsor", "money_flow"),
    ),
    "applicant": ("legal_identity", "key_persons", "business_plan"),
    "test": ("test_plan", "monitoring", "safeguards", "risks", "risk_matrix", "exit_plan"),
    "rules": ("exemption", "aml_policy", "client_agreement", "data_protection"),
    "documents": (),
    "limits": (
        "assets",
        *GENERAL,
        *TECHNICAL,
        *WATCHED,
        *SWITCHES,
        "contracts",
        "residences",
        "steps",
        *(f"{asset}.{clause}" for asset in ASSETS for clause in (*VALUE_LIMITS, *ASSET_FLAGS)),
    ),
    "check": (),
}
FIRST_ASSET: Final = "KGST"
"""Chosen in a new application until somebody chooses otherwise."""
TEXTS: Final = frozenset(
    name for part in ("product", "applicant", "test", "rules") for name in SECTIONS[part]
)


@router.post("/desk/files")
def start(visit: Poster) -> Response:
    """A new, empty application."""
    with visit.parts.store.unit() as u:
        view = applications.start_application(
            u, visit.known, StartApplication(title="", key=visit.key), at=visit.at
        )
        if not view.answers:  # what the form shows as chosen is chosen
            first = SaveDraft(FileId(view.id), view.revision, {"assets": FIRST_ASSET})
            applications.save_draft(u, visit.known, first, at=visit.at)
        u.commit()
    return RedirectResponse(f"/desk/files/{view.id}/form", 303)


@router.get("/desk/files/{file_id}/form")
def form(visit: Reader, file_id: FileId, section: str = "product") -> Response:
    """One section of the form."""
    return show_form(visit, file_id, section)


def show_form(
    visit: Visit, file_id: FileId, section: str, problem: Problem | None = None
) -> HTMLResponse | RedirectResponse:
    """One section, with what was typed when saving it failed."""
    section = section if section in SECTIONS else "product"
    with visit.parts.store.unit(read_only=True) as u:
        view = files.file_view(u, visit.known, file_id, at=visit.at)
        sponsors = identity.sponsors(u, visit.known)
        attached = documents.list_documents(u, visit.known, file_id)
    if "submit" not in view.possible and problem is None:
        return RedirectResponse(f"/desk/files/{file_id}", 303)
    typed, theirs = _typed(visit, view.answers) if problem else (visit.form, {})
    return page(
        visit,
        "form.html",
        status=problem.error.status if problem else 200,
        file=view,
        section=section,
        sections=_progress(view),
        next_section=_next(section),
        sponsors=sponsors,
        product_kinds=tuple(KINDS),
        required=required_parts(view.answers),
        attached=attached,
        document_kinds=tuple(DocumentKind),
        accepted=",".join(f".{ending}" for ending in MEDIA),
        largest=LARGEST // MEGABYTE,
        usual=usual_ranges(visit.lang),
        chosen=asset_of(plain(visit.lang, typed)) or asset_of(view.answers),
        assets=ASSETS,
        general=GENERAL,
        technical=TECHNICAL,
        requested=requested(visit.lang, view.answers, visit.at),
        problem=problem,
        typed=typed,
        theirs=theirs,
        was=marks(view.answers, SECTIONS[section]),
        wrong_saved=[part for part in view.missing if view.answers.get(part.part)],
    )


@router.post("/desk/files/{file_id}/form")
def save(visit: Poster, file_id: FileId, section: str = "product") -> Response:
    """Save a section: as a page for a button, as a fragment for autosave."""
    quietly = visit.request.headers.get("hx-request") == "true"
    try:
        saved = _save(visit, file_id)
    except (InvalidInput, Conflict) as error:
        if quietly:
            return _saved(visit, None, error)
        return show_form(visit, file_id, section, Problem(error))
    if quietly:
        return _saved(visit, saved, None)
    onward = visit.form.get("go") or section
    return RedirectResponse(f"/desk/files/{file_id}/form?section={onward}&said=saved", 303)


def _save(visit: Visit, file_id: FileId) -> SavedDraft:
    """Save what this tab changed.

    Raises:
        Conflict: ``store.changed_meanwhile``: another tab changed the same field otherwise.
        InvalidInput: as ``applications.save_draft``.
    """
    revision, sent = _revision(visit), _sent(visit)
    with visit.parts.store.unit() as u:
        if "was" in visit.form:
            view = files.file_view(u, visit.known, file_id, at=visit.at)
            both = _compared(visit, view.answers)
            if both.theirs:
                raise Conflict(
                    "store.changed_meanwhile",
                    what="file",
                    current_revision=view.revision,
                    read=revision,
                )
            revision, sent = view.revision, dict(both.touched)
        command = SaveDraft(file=file_id, revision=revision, answers=sent)
        saved = applications.save_draft(u, visit.known, command, at=visit.at)
        u.commit()
    return saved


def _sent(visit: Visit) -> dict[str, str]:
    """The answers in a posted form."""
    texts = {name: text for name, text in visit.form.items() if name in TEXTS}
    return texts | plain(visit.lang, visit.form)


def _compared(visit: Visit, answers: Mapping[str, str]) -> Compared:
    return compare(_sent(visit), read_marks(visit.form.get("was", "")), answers)


def _typed(visit: Visit, answers: Mapping[str, str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What was typed in this tab, and what another one saved in the same fields."""
    if "was" not in visit.form:
        return visit.form, {}
    both = _compared(visit, answers)
    shown_only = _sent(visit).keys() - both.touched.keys()
    if "assets" in shown_only:
        shown_only |= {f"asset.{asset}" for asset in ASSETS} | {"asset.shown"}
    return {k: v for k, v in visit.form.items() if k not in shown_only}, both.theirs


def _saved(visit: Visit, saved: SavedDraft | None, error: SynakError | None) -> HTMLResponse:
    """What autosave shows; swapped whatever the status."""
    sent = _sent(visit)
    return HTMLResponse(
        fragment(visit, "saved.html", saved=saved, error=error, was=marks(sent, sent)),
        status_code=error.status if error else 200,
    )


@router.post("/desk/files/{file_id}/submit")
def submit(visit: Poster, file_id: FileId) -> Response:
    """Submit a complete application: an act of law, so what is missing is said before it."""
    lacking = _incomplete(visit, file_id)
    if lacking is not None:
        return show_form(visit, file_id, "check", Problem(lacking))
    command = SubmitApplication(file=file_id, revision=_revision(visit), key=visit.key)
    try:
        with visit.parts.store.unit() as u:
            applications.submit_application(u, visit.known, command, at=visit.at)
            u.commit()
    except (InvalidInput, Conflict) as error:
        return show_form(visit, file_id, "check", Problem(error))
    return RedirectResponse(f"/desk/files/{file_id}?said=submitted", 303)


@router.post("/desk/files/{file_id}/withdraw")
def withdraw(visit: Poster, file_id: FileId) -> Response:
    """Take an application back before it is decided."""
    with visit.parts.store.unit() as u:
        applications.withdraw_application(
            u, visit.known, WithdrawApplication(file=file_id, key=visit.key), at=visit.at
        )
        u.commit()
    return RedirectResponse(f"/desk/files/{file_id}?said=withdrawn", 303)


@router.post("/desk/files/{file_id}/sponsor-signature")
def sign(visit: Poster, file_id: FileId) -> Response:
    """The sponsor signs as the holder of the permit."""
    if visit.form.get("understood") != "yes":
        raise InvalidInput("sponsor.not_understood")
    with visit.parts.store.unit() as u:
        sponsorship.sign_as_sponsor(
            u,
            visit.known,
            SponsorSign(file_id, visit.form.get("read", ""), key=visit.key),
            at=visit.at,
            ports=visit.parts.ports,
        )
        u.commit()
    return RedirectResponse(f"/desk/files/{file_id}?said=signed", 303)


def _incomplete(visit: Visit, file_id: FileId) -> InvalidInput | None:
    """What a draft still lacks, as the error that submitting it would raise."""
    with visit.parts.store.unit(read_only=True) as u:
        view = files.file_view(u, visit.known, file_id, at=visit.at)
    if not view.missing:
        return None
    parts = [
        {"part": each.part, "code": each.code, "params": dict(each.params)} for each in view.missing
    ]
    return InvalidInput("application.incomplete", missing=parts)


def _revision(visit: Visit) -> int:
    text = visit.form.get("revision", "")
    if not is_digits(text):
        raise InvalidInput("form.malformed")
    return int(text)


def _progress(view: FileView) -> list[tuple[str, int, bool]]:
    """Each section with the number of parts still missing in it, and whether anything is in it."""
    missing = [part.part for part in view.missing]
    return [
        (
            name,
            sum(1 for part in missing if part in fields),
            any(view.answers.get(each, "").strip() for each in fields),
        )
        for name, fields in SECTIONS.items()
    ]


def _next(section: str) -> str:
    names = list(SECTIONS)
    return names[min(names.index(section) + 1, len(names) - 1)]
