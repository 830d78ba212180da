"""Open Badges 3.0: a credential as a token that the platform's key signs, and reading one back.

Rules:

- The form is the JSON Web Token proof: the payload is the credential, the header has the algorithm
  EdDSA and the public key; the issuer is that key itself (``did:key``).
- A token is checked with a key that the checker trusts. Its header must say just what ours says of
  that key: no other algorithm, ``none`` least of all, and no key of its own counts.
- One token has one spelling: base64url with other unused bits, padding or white space inside is
  refused, so that any byte that is changed is found.
- The first name of a holder is the written one; the Latin form after it is the holder's own choice
  and may be anybody's: alone it does not tell whose a certificate is.
- A hashed name is ``sha256$`` and the hash of name and salt: who knows the name can compare it.

>>> issuer_of("00" * 32)
'did:key:z6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP'

Source: 1EdTech Open Badges 3.0 section 8.2; W3C VC Data Model 2.0; RFC 7515, 8037; did:key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sandbox.domain.class_names import tidy
from sandbox.domain.receipts import ReceiptKey, public_key
from sandbox.kit import base58
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.strict_json import read_object

LARGEST: Final = 2**16
"""Bytes of a token at most."""
MOST_OPENINGS: Final = 200
ALGORITHM: Final = "EdDSA"
CONTEXTS: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
BADGE: Final = ("VerifiableCredential", "OpenBadgeCredential")
_ED25519: Final = b"\xed\x01"


@dataclass(frozen=True, slots=True)
class Identity:
    """One name of a holder; ``text`` is its hash when there is a ``salt``."""

    text: str
    salt: str = ""

    def is_of(self, name: str) -> bool:
        """Whether it is somebody's name, blanks aside."""
        wanted = tidy(name)
        return self.text == (hashed(wanted, self.salt) if self.salt else wanted)


@dataclass(frozen=True, slots=True)
class Badge:
    """What a token says that holds.

    Attributes:
        id: of the credential, ``urn:uuid:``…
        issuer: the name of whoever gave it.
        name: of the achievement.
        criteria: what it took, in three languages.
        at: since when it is valid.
        until: None: without end.
        names: of the holder: as written, then in Latin letters if the holder chose a form.
        status_list: address of the list that tells whether it is revoked.
        status_index: its place there.
    """

    id: str
    issuer: str
    name: str
    criteria: str
    at: datetime
    until: datetime | None
    names: tuple[Identity, ...]
    status_list: str
    status_index: int

    @property
    def hidden(self) -> bool:
        """Whether the holder's name is there as a hash only."""
        return any(each.salt for each in self.names)

    def is_of(self, name: str) -> bool:
        """Whether it is the holder's written name."""
        return any(each.is_of(name) for each in self.names[:1])

    def is_latin_of(self, name: str) -> bool:
        """Whether it is the Latin form alone, which the holder chose."""
        return not self.is_of(name) and any(each.is_of(name) for each in self.names[1:])


def issuer_of(public_hex: str) -> str:
    """The issuer's id: the Ed25519 key itself, as ``did:key``."""
    return f"did:key:z{base58.encode(_ED25519 + bytes.fromhex(public_hex))}"


def hashed(name: str, salt: str) -> str:
    """A name as Open Badges hash it."""
    return f"sha256${hashlib.sha256((name + salt).encode()).hexdigest()}"


def identity_objects(names: Sequence[str], salt: str = "") -> list[dict[str, Any]]:
    """Names of a holder as a credential has them; with a salt their hashes."""
    hidden = {"hashed": True, "salt": salt} if salt else {"hashed": False}
    return [
        {
            "type": "IdentityObject",
            "identityType": "name",
            "identityHash": hashed(tidy(name), salt) if salt else tidy(name),
            **hidden,
        }
        for name in names
    ]


def moment(at: datetime) -> str:
    """A moment as credentials write it, in whole seconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def sign(credential: Mapping[str, Any], key: ReceiptKey) -> str:
    """A credential as a token; the same one always has the same token.

    Args:
        credential: with ``id``, ``validFrom``, ``issuer.id`` and ``credentialSubject.id``, from
            which the token's own claims are made.
        key: the platform's.
    """
    claims = dict(credential) | _claims(credential)
    said = f"{_encoded(canonical(header_of(key.public_hex)))}.{_encoded(canonical(claims))}"
    return f"{said}.{_encoded(key.private.sign(said.encode()))}"


def read_signed(token: bytes, public_hex: str, *, most: int = LARGEST) -> dict[str, Any]:
    """What a key signed.

    Args:
        token: white space before and after it does not count.
        public_hex: of the key, from where the checker trusts it.
        most: bytes at most.

    Raises:
        InvalidInput: ``receipt.bad_key``.
        IntegrityFailure: ``badge.too_large``, ``badge.malformed``, ``badge.other_algorithm``,
            ``badge.other_key``, ``badge.wrong_signature``.
    """
    known = public_key(public_hex)
    token = token.strip()
    if len(token) > most:
        raise IntegrityFailure("badge.too_large", limit=most // 1024)
    try:
        head, body, signature = map(_decoded, token.split(b"."))
        header = read_object(head, openings=MOST_OPENINGS)
    except (TypeError, ValueError) as error:
        raise IntegrityFailure("badge.malformed") from error
    if header.get("alg") != ALGORITHM:
        raise IntegrityFailure("badge.other_algorithm", algorithm=str(header.get("alg"))[:20])
    if header != header_of(known):
        raise IntegrityFailure("badge.other_key")
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(known))
        key.verify(signature, token.rpartition(b".")[0])
    except (InvalidSignature, ValueError) as error:
        raise IntegrityFailure("badge.wrong_signature") from error
    try:
        return read_object(body, openings=MOST_OPENINGS)
    except (TypeError, ValueError) as error:
        raise IntegrityFailure("badge.malformed") from error


def read_badge(token: bytes, public_hex: str, at: datetime) -> Badge:
    """Check a certificate; whether it is revoked is for `domain.badge_status` to say.

    Args:
        token: the file, or what was pasted.
        public_hex: of the platform's key.
        at: the present moment.

    Raises:
        InvalidInput: ``receipt.bad_key``.
        IntegrityFailure: those of `read_signed`, ``badge.expired``, ``badge.not_yet``.
    """
    said = read_signed(token, public_hex)
    try:
        found = _badge(said, issuer_of(public_key(public_hex)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityFailure("badge.malformed") from error
    if found.until is not None and found.until <= at:
        raise IntegrityFailure("badge.expired", until=moment(found.until))
    if found.at > at:
        raise IntegrityFailure("badge.not_yet", since=moment(found.at))
    return found


def _badge(said: Mapping[str, Any], issuer: str) -> Badge:
    subject, status = said["credentialSubject"], said["credentialStatus"]
    right = (
        tuple(said["type"]) == BADGE
        and tuple(said["@context"]) == CONTEXTS
        and said["issuer"]["id"] == issuer
        and all(said.get(name) == value for name, value in _claims(said).items())
        and status["type"] == "BitstringStatusListEntry"
        and status["statusPurpose"] == "revocation"
    )
    if not right:
        raise ValueError("not a certificate")
    until = said.get("validUntil")
    return Badge(
        id=_text(said["id"]),
        issuer=_text(said["issuer"]["name"]),
        name=_text(subject["achievement"]["name"]),
        criteria=_text(subject["achievement"]["criteria"]["narrative"]),
        at=_moment(said["validFrom"]),
        until=None if until is None else _moment(until),
        names=tuple(
            Identity(_text(each["identityHash"]), _text(each["salt"]) if each["hashed"] else "")
            for each in subject["identifier"]
        ),
        status_list=_text(status["statusListCredential"]),
        status_index=int(_text(status["statusListIndex"])),
    )


def _claims(credential: Mapping[str, Any]) -> dict[str, Any]:
    """What a token says beside the credential, all of it made from the credential."""
    until = credential.get("validUntil")
    ends = {} if until is None else {"exp": int(_moment(until).timestamp())}
    return ends | {
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "nbf": int(_moment(credential["validFrom"]).timestamp()),
        "sub": credential["credentialSubject"]["id"],
    }


def header_of(public_hex: str) -> dict[str, Any]:
    """The one header that a token of a key has."""
    issuer = issuer_of(public_hex)
    return {
        "alg": ALGORITHM,
        "typ": "JWT",
        "kid": f"{issuer}#{issuer.removeprefix('did:key:')}",
        "jwk": {"kty": "OKP", "crv": "Ed25519", "x": _encoded(bytes.fromhex(public_hex))},
    }


def _moment(text: str) -> datetime:
    found = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if moment(found) != text:
        raise ValueError("another spelling of a moment")
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: bytes) -> bytes:
    try:
        found = base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no base64url") from error
    if _encoded(found).encode() != text:
        raise ValueError("another spelling of base64url")
    return found
