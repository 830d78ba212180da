"""Which posts come from our own pages.

A user's notebook server lives on another host name of the same *site*, so cookies
travel with its posts and SameSite does not help. Three checks, each enough to refuse:

1. ``Origin`` must be present and exactly our public origin (never ``null``);
2. ``Sec-Fetch-Site``, when the browser sends it, must be ``same-origin``;
3. the form must carry the session's token.

Source: OWASP CSRF Prevention Cheat Sheet; Fetch Metadata Request Headers (W3C).

>>> check_origin("http://synak.localhost:8000", "http://synak.localhost:8000", "same-origin")
"""

from __future__ import annotations

import hmac

from sandbox.kit.errors import NotAllowed
from sandbox.kit.local import is_local


def check_origin(public: str, origin: str | None, fetch_site: str | None) -> None:
    """Refuse a post that another origin sent.

    Args:
        public: our own origin.
        origin: the ``Origin`` header.
        fetch_site: the ``Sec-Fetch-Site`` header.

    Raises:
        NotAllowed: ``csrf.foreign_origin``.
    """
    if origin != public or fetch_site not in (None, "same-origin"):
        raise NotAllowed("csrf.foreign_origin")


def check_token(expected: str, sent: str | None) -> None:
    """Refuse a post without the session's token.

    Raises:
        NotAllowed: ``csrf.token_missing``.
    """
    if not sent or not hmac.compare_digest(expected.encode(), sent.encode()):
        raise NotAllowed("csrf.token_missing")


def local_path(wanted: str | None, fallback: str = "/desk/") -> str:
    """A place of ours to go to next, whatever a link asked for.

    >>> local_path("https://elsewhere.example/"), local_path("/desk/permits")
    ('/desk/', '/desk/permits')
    >>> local_path("/desk//elsewhere.example"), local_path("/desk/../hub/admin")
    ('/desk/', '/desk/')
    """
    if not wanted or not wanted.startswith("/desk/") or len(wanted) > 500:
        return fallback
    return wanted if is_local(wanted) else fallback
