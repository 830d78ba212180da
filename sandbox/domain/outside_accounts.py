"""Accounts that people have elsewhere, and the providers whose word on them is taken.

Rules:

1. A provider says that somebody has an account with it (issuer and subject). Who that is at the
   desk is the desk's own record; no claim makes an account, a seat or a role here.
2. One outside account belongs to one account of the desk, which has at most one at each provider.
3. A number in a claim finds a person only where the provider is configured as the university's own:
   numbers are unique within a university, e-mail addresses are nobody's proof.
4. Addresses of a provider are https; on this machine alone, and in development, http will do.
5. Nothing but the provider's own origin, and those configured beside it, is ever asked.

>>> origin("https://login.example/realms/uni")
'https://login.example'
>>> provider("uni", {"title": "Uni", "issuer": "http://login.example", "client_id": "synak"})
Traceback (most recent call last):
sandbox.kit.errors.InvalidInput: outside.config (entry='oidc.uni', reason='issuer: not https')

Source: OpenID Connect Core 1.0; RFC 9700 (best practice for OAuth 2.0).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName

ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
"""Signatures with a key pair. With a shared secret, or with none, nothing is believed."""
LONGEST_SUBJECT: Final = 255
"""Source: OpenID Connect Core 1.0, 2 (sub)."""
_NAME: Final = re.compile(r"^[a-z][a-z0-9-]{0,29}$")
_VALUE: Final = re.compile(r"^[!-~]{1,120}$")
_CLAIM: Final = re.compile(r"^[A-Za-z0-9_.:/-]{1,120}$")


class How(StrEnum):
    """By what an outside account was bound."""

    NUMBER = "number"
    CODE = "code"
    OWN = "own"


@dataclass(frozen=True)
class OutsideAccount:
    """An outside account that is bound.

    Attributes:
        provider: its name in the configuration.
        issuer: as the provider calls itself.
        subject: the provider's name for the person, stable.
        account: whose it is at the desk.
        how: by what it was bound.
    """

    id: str
    provider: str
    issuer: str
    subject: str
    account: AccountName
    how: How
    bound_at: datetime


@dataclass(frozen=True)
class Outsider:
    """Somebody whom a provider has just named.

    Attributes:
        number: of the student, where the provider is the university's own; else empty.
        shown: what the person knows the account by: a name or an address.
    """

    provider: str
    issuer: str
    subject: str
    number: str = ""
    shown: str = ""


@dataclass(frozen=True)
class OidcProvider:
    """A provider of OpenID Connect, as configured.

    Attributes:
        name: in addresses and in the name of its secret, ``oidc_<name>`` of the desk.
        title: as people know it.
        issuer: compared letter by letter.
        client_id: what the provider calls this install.
        subject: the claim that names a person for good.
        scopes: what is asked for; ``openid`` is always among them.
        algorithms: of signatures that are believed.
        origins: what is asked over the network beside the issuer's own origin.
        university: whose numbers ``number`` holds; empty: numbers find nobody.
        number: the claim with the student's number.
        ask: whom somebody asks who is not known here.
        acr: ways of signing in, of which an act of law needs one; empty: any.
    """

    name: str
    title: str
    issuer: str
    client_id: str
    subject: str = "sub"
    scopes: tuple[str, ...] = ("openid",)
    algorithms: tuple[str, ...] = ("RS256",)
    origins: tuple[str, ...] = ()
    university: str = ""
    number: str = ""
    ask: str = ""
    acr: tuple[str, ...] = ()


def origin(url: str) -> str:
    """Scheme, host and port of an address."""
    found = urlsplit(url)
    return f"{found.scheme}://{found.netloc}"


def provider(name: str, said: Any, *, development: bool = False) -> OidcProvider:
    """One provider.

    Raises:
        InvalidInput: ``outside.config``.
    """
    entry = f"oidc.{name}"
    needed = ("title", "issuer", "client_id")
    given = read_entry(entry, name, said, known=OidcProvider, lists=LISTS, needed=needed)
    found = OidcProvider(name, **given)
    require_address(entry, "issuer", found.issuer, development=development)
    for each in found.origins:
        require_address(entry, "origins", each, development=development)
        if origin(each) != each:
            raise wrong(entry, "origins: scheme, host and port only")
    checked_algorithms(entry, found.algorithms)
    if "openid" not in found.scopes:
        raise wrong(entry, "scopes: without openid")
    if not all(_VALUE.match(each) for each in found.acr):
        raise wrong(entry, "acr: not names of ways to sign in")
    if not all(_CLAIM.match(each) for each in (found.subject, found.number or "sub")):
        raise wrong(entry, "subject, number: not names of claims")
    if bool(found.university) != bool(found.number):
        raise wrong(entry, "university and number: both or neither")
    return found


LISTS: Final = frozenset({"scopes", "algorithms", "origins", "acr"})


def read_entry(
    entry: str,
    name: str,
    said: Any,
    *,
    known: Any,
    lists: Collection[str],
    needed: Collection[str],
) -> dict[str, Any]:
    """The fields of one entry, by their names.

    Args:
        entry: for errors.
        name: of the provider or platform.
        said: what stands there.
        known: the dataclass that it is for.
        lists: fields that are lists of texts.
        needed: fields that have to be there.

    Raises:
        InvalidInput: ``outside.config``.
    """
    if not _NAME.match(name):
        raise wrong(entry, "name: small letters, figures, hyphens")
    given = dict(table(entry, said))
    if unknown := set(given) - (set(known.__dataclass_fields__) - {"name"}):
        raise wrong(entry, f"{min(unknown)}: not known")
    for key, value in given.items():
        if key in lists:
            given[key] = _texts(entry, key, value)
        elif not isinstance(value, str) or len(value) > 300 or not value.isprintable():
            raise wrong(entry, f"{key}: not a text")
    for key in needed:
        if not given.get(key):
            raise wrong(entry, f"{key}: missing")
    return given


def checked_algorithms(entry: str, algorithms: Collection[str]) -> None:
    """Refuse algorithms that need a shared secret, or none.

    Raises:
        InvalidInput: ``outside.config``.
    """
    if not algorithms or not set(algorithms) <= ALGORITHMS:
        raise wrong(entry, f"algorithms: of {', '.join(sorted(ALGORITHMS))}")


def require_address(
    entry: str, key: str, url: str, *, development: bool, query: bool = False
) -> None:
    """Refuse what is no address to be asked; with a query only where that is said.

    Raises:
        InvalidInput: ``outside.config``.
    """
    try:
        found = urlsplit(url)
        host, _ = found.hostname or "", found.port
    except ValueError:
        raise wrong(entry, f"{key}: no address") from None
    plain = found.scheme == "http" and development and is_here(host)
    if found.scheme != "https" and not plain:
        raise wrong(entry, f"{key}: not https")
    bare = not ((found.query and not query) or found.fragment or "@" in found.netloc)
    if not host or not bare or not url.isascii() or not url.isprintable() or " " in url:
        raise wrong(entry, f"{key}: no address")


def is_here(host: str) -> bool:
    """Whether a host name is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def table(entry: str, said: Any) -> Mapping[str, Any]:
    """A table of the file.

    Raises:
        InvalidInput: ``outside.config``.
    """
    if not isinstance(said, dict):
        raise wrong(entry, "not a table")
    return said


def _texts(entry: str, key: str, said: Any) -> tuple[str, ...]:
    if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
        raise wrong(entry, f"{key}: not a list of texts")
    return tuple(said)


def wrong(entry: str, reason: str) -> InvalidInput:
    """The error that names an entry and what is wrong with it."""
    return InvalidInput("outside.config", entry=entry, reason=reason)
