"""The page that checks a certificate without the platform: one file, saved while it is trusted.

Everything it needs is in it: key, words, script. Its own policy names the script and the style by
their hashes and allows nothing else: it loads nothing, sends no form and moves no address.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.domain.badge_status import TYPES
from sandbox.domain.badges import BADGE, CONTEXTS, header_of, issuer_of
from sandbox.locale import translator
from sandbox.locale.errors import error_codes, wording
from sandbox.services.classroom_room import load_receipt_key
from sandbox.web.pages import page
from sandbox.web.uploads import disposition
from sandbox.web.visit import Anybody, Visit

router = APIRouter(include_in_schema=False)
STATIC: Final = Path(__file__).parent / "static"
MOST_NAME: Final = 200
_PARAMS: Final = ("limit", "algorithm", "until", "since", "address", "at")
PLACES: Final = {name: f"{{{name}}}" for name in _PARAMS}
"""Parameters of errors as the script fills them in."""


@router.get("/desk/certificates/offline.html")
def offline(visit: Anybody) -> Response:
    """The page as a file, in the reader's language."""
    script = (STATIC / "offline_check.js").read_text("utf-8")
    style = (STATIC / "offline_check.css").read_text("utf-8")
    key = load_receipt_key(visit.parts.receipt_key).public_hex
    made = page(
        visit,
        "certificate_offline.html",
        script=script,
        style=style,
        policy=f"default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"script-src {_named(script)}; style-src {_named(style)}",
        key=key,
        told=_told(visit, key),
        most=MOST_NAME,
    )
    made.headers["Content-Disposition"] = disposition(f"synak-certificates-{visit.lang}.html")
    return made


def _named(content: str) -> str:
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _told(visit: Visit, key: str) -> dict[str, Any]:
    """What the script is told: the key, what a certificate looks like, and the words."""
    _ = translator(visit.lang).gettext
    codes = [each for each in error_codes() if each.startswith(("badge.", "offline."))]
    return {
        "header": header_of(key),
        "issuer": issuer_of(key),
        "types": BADGE,
        "contexts": CONTEXTS,
        "listTypes": TYPES,
        "errors": {code: wording(code, PLACES, visit.lang) for code in sorted(codes)},
        "words": {
            "holds": _("The certificate holds"),
            "fails": _("The certificate does not hold"),
            "unable": _("The certificate was not checked"),
            "course": _("Course"),
            "holder": _("Holder of the certificate"),
            "hidden": _("The name is hidden: only a hash of it is in the certificate."),
            "by": _("Issued by"),
            "since": _("Issued"),
            "until": _("Valid until"),
            "same": _("The holder's name is: %(name)s") % {"name": "{name}"},
            "latin": _(
                "This is the Latin form that the holder chose: %(name)s."
                " Ask for the written name too."
            )
            % {"name": "{name}"},
            "other": _("This is not the holder's name: %(name)s") % {"name": "{name}"},
            "listed": _("By the list of %(at)s it is not revoked.") % {"at": "{at}"},
            "unlisted": _("No list was given: whether it is revoked is unknown."),
        },
    }
