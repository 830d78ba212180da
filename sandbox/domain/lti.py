"""Learning platforms that send their people here: LTI 1.3, as configured and as launched.

Rules:

1. A platform is data: issuer, our client id there, its deployments, its key set, where it signs
   people in. A launch from another deployment is refused.
2. A launch says who came and from which link. Roles in it give nothing: who teaches here is the
   desk's own record, and an "Instructor" of a platform is whoever made a course there.
3. Where a launch leads is a page of the desk; every other address leads to the courses.
4. Marks go back to a platform that is configured with an address for tokens (``domain.passback``).

Source: 1EdTech LTI 1.3 core; 1EdTech Security Framework 1.0, 5.1 (platform-originating launch).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.domain.outside_accounts import (
    LONGEST_SUBJECT,
    Outsider,
    checked_algorithms,
    origin,
    read_entry,
    require_address,
    wrong,
)
from sandbox.kit.errors import NotAuthenticated
from sandbox.kit.local import is_local

CLAIM: Final = "https://purl.imsglobal.org/spec/lti/claim/"
COURSES: Final = "/desk/courses"
LONGEST_WANTED: Final = 500


@dataclass(frozen=True)
class LtiPlatform:
    """A platform, as configured.

    Attributes:
        name: in addresses; no provider has the same.
        title: as people know it.
        issuer: compared letter by letter.
        client_id: what the platform calls this install.
        deployments: the ids that launches may come from.
        jwks: address of the platform's keys.
        authorize: where it signs people in.
        algorithms: of signatures that are believed.
        university: whose numbers its ``person_sourcedid`` holds; empty: they find nobody.
        ask: whom somebody asks who is not known here.
        token: where it gives tokens for its services; empty: no marks go back to it.
        services: origins of its grade book; empty: the issuer's own.
        audience: whom our proof at ``token`` is for; empty: that address.
    """

    name: str
    title: str
    issuer: str
    client_id: str
    deployments: tuple[str, ...]
    jwks: str
    authorize: str
    algorithms: tuple[str, ...] = ("RS256",)
    university: str = ""
    ask: str = ""
    token: str = ""
    services: tuple[str, ...] = ()
    audience: str = ""

    @property
    def grade_books(self) -> frozenset[str]:
        """The origins at which its grade book may be asked; none where no marks go back."""
        if not self.token:
            return frozenset()
        return frozenset(self.services or (origin(self.issuer),))


LISTS: Final = frozenset({"deployments", "algorithms", "services"})
NEEDED: Final = ("title", "issuer", "client_id", "deployments", "jwks", "authorize")


def platform(name: str, said: Any, *, development: bool = False) -> LtiPlatform:
    """One platform.

    Raises:
        InvalidInput: ``outside.config``.
    """
    entry = f"lti.{name}"
    given = read_entry(entry, name, said, known=LtiPlatform, lists=LISTS, needed=NEEDED)
    found = LtiPlatform(name, **given)
    for key in ("issuer", "jwks", "authorize"):
        url = getattr(found, key)
        require_address(entry, key, url, development=development, query=key == "authorize")
    checked_algorithms(entry, found.algorithms)
    _checked_grade_book(entry, found, development=development)
    if not all(0 < len(each) <= LONGEST_SUBJECT for each in found.deployments):
        raise wrong(entry, "deployments: an id is empty or too long")
    return found


def _checked_grade_book(entry: str, found: LtiPlatform, *, development: bool) -> None:
    if not found.token and (found.services or found.audience):
        raise wrong(entry, "services, audience: without token")
    if found.token:
        require_address(entry, "token", found.token, development=development)
    for each in found.services:
        require_address(entry, "services", each, development=development)
        if origin(each) != each:
            raise wrong(entry, "services: scheme, host and port only")


def launched(found: LtiPlatform, claims: Mapping[str, Any], public: str) -> tuple[Outsider, str]:
    """Who came, and where to, by the claims of a token that was checked.

    Args:
        found: whose token it is.
        claims: of the token.
        public: this install's public address.

    Raises:
        NotAuthenticated: ``outside.token`` naming the claim.
    """
    for name, right in (("message_type", "LtiResourceLinkRequest"), ("version", "1.3.0")):
        if claims.get(CLAIM + name) != right:
            raise NotAuthenticated("outside.token", reason=name)
    if claims.get(CLAIM + "deployment_id") not in found.deployments:
        raise NotAuthenticated("outside.token", reason="deployment_id")
    link = claims.get(CLAIM + "resource_link")
    if not isinstance(link, dict) or not isinstance(link.get("id"), str) or not link["id"]:
        raise NotAuthenticated("outside.token", reason="resource_link")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise NotAuthenticated("outside.token", reason="sub")
    lis = claims.get(CLAIM + "lis")
    number = lis.get("person_sourcedid") if isinstance(lis, dict) and found.university else ""
    said = next((claims[each] for each in ("email", "name") if claims.get(each)), subject)
    outsider = Outsider(
        provider=found.name,
        issuer=found.issuer,
        subject=subject,
        number=number[:40] if isinstance(number, str) else "",
        shown="".join(each for each in str(said)[:120] if each.isprintable()),
    )
    return outsider, target(claims.get(CLAIM + "target_link_uri"), public)


def target(url: object, public: str) -> str:
    """The page of the desk that an address means; the courses for any other.

    >>> target("https://synak.example/desk/courses/money/lab", "https://synak.example")
    '/desk/courses/money/lab'
    >>> target("https://elsewhere.example/desk/", "https://synak.example")
    '/desk/courses'
    """
    if not isinstance(url, str) or not url.startswith(f"{public}/desk/"):
        return COURSES
    path = url.removeprefix(public)
    return path if is_local(path) and len(path) <= LONGEST_WANTED else COURSES
