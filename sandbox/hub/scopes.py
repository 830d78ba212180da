"""Scopes and roles at the hub: who gets which power, least first.

Rules:

- Nobody is an admin of the hub: no account, no service, no notebook.
- A user's server holds its own token: it reports activity, may be entered by its
  owner, and may ask the gateway, the desk or the exchange as that server. Never
  ``inherit``, which hands the user's whole power to every notebook.
- Acts of law need the scope of the desk, which only the desk's browser sign-in gives.
- Users cannot make tokens at the hub; permit keys are made at the desk.

The hub's configuration and the reference page are both made from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

DESK: Final = "custom:synak:desk"
TRIAL: Final = "custom:synak:trial"
COURSE: Final = "custom:synak:course"

CUSTOM_SCOPES: Final[Mapping[str, Mapping[str, str]]] = {
    DESK: {"description": "Act at the desk, from a browser session only."},
    TRIAL: {"description": "Submit to the trial chains for a permit."},
    COURSE: {"description": "Fetch and submit coursework."},
}

DESK_SERVICE: Final = "desk"
MANAGER_SERVICE: Final = "manager"
MEMBERSHIP_SERVICE: Final = "membership"

_OWN_SERVER: Final = (
    "users:activity!user",
    "access:servers!server",
    "read:users:name!user",
    "read:users:groups!user",
)


def roles() -> list[dict[str, Any]]:
    """The roles, as JupyterHub's ``load_roles`` takes them."""
    return [
        {
            "name": "user",
            "description": "Own servers and the desk; no tokens.",
            "scopes": [
                "read:users!user",
                "users:activity!user",
                "servers!user",
                "access:servers!user",
                f"access:services!service={DESK_SERVICE}",
                DESK,
            ],
        },
        {
            "name": "server",
            "description": "What a user's server may do with its token.",
            "scopes": [*_OWN_SERVER, TRIAL, COURSE],
        },
        {
            "name": "permit-operators",
            "description": "May have servers that submit to the trial chains.",
            "groups": ["startups", "sponsors"],
            "scopes": [TRIAL],
        },
        {
            "name": "classroom",
            "description": "May have servers that fetch and submit coursework.",
            "groups": ["teachers", "students", "trainers", "trainees"],
            "scopes": [COURSE],
        },
        {
            "name": "route-keeper",
            "description": "Has the routes of the proxy restored after the proxy was restarted.",
            "services": [MANAGER_SERVICE],
            "scopes": ["proxy"],
        },
        {
            "name": "membership-keeper",
            "description": "Ends servers, tokens and user of whoever left an organisation.",
            "services": [MEMBERSHIP_SERVICE],
            "scopes": ["read:servers", "read:tokens", "delete:servers", "delete:users"],
        },
    ]


def reference_roles() -> list[dict[str, Any]]:
    """The roles for the reference page."""
    return roles()


def server_scopes(context: str) -> list[str]:
    """The scopes of one server's token.

    Args:
        context: ``home``, ``permit-…`` or ``course-…``.

    >>> TRIAL in server_scopes("permit-sb-2026-0001"), TRIAL in server_scopes("home")
    (True, False)
    """
    kind = context.partition("-")[0]
    extra = {"permit": [TRIAL], "course": [COURSE]}.get(kind, [])
    return [*_OWN_SERVER, *extra]
