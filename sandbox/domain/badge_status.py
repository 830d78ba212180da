"""Which certificates are revoked: a list of bits that the platform signs and publishes.

The place of a certificate is drawn at random and stands in the certificate alone, so that the list
tells only those who hold a certificate about that certificate, and of it no more than that it is
revoked.

Source: W3C Bitstring Status List 1.0 (the first bit of a byte is its highest).
"""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.domain.badges import Badge, issuer_of, moment, read_signed, sign
from sandbox.domain.receipts import ReceiptKey, public_key
from sandbox.kit.errors import IntegrityFailure

PLACES: Final = 131_072
"""Certificates in a list: the least that the standard allows."""
TYPES: Final = ("VerifiableCredential", "BitstringStatusListCredential")


def status_list(address: str, revoked: Iterable[int], at: datetime, key: ReceiptKey) -> str:
    """A list as a token.

    Args:
        address: where it is published.
        revoked: places of revoked certificates.
        at: the present moment.
        key: the platform's.
    """
    bits = bytearray(PLACES // 8)
    for place in revoked:
        bits[place // 8] |= 0x80 >> place % 8
    packed = base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).rstrip(b"=").decode()
    said = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": address,
        "type": list(TYPES),
        "issuer": {"id": issuer_of(key.public_hex)},
        "validFrom": moment(at),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": f"u{packed}",
        },
    }
    return sign(said, key)


def check_status(token: bytes, badge: Badge, public_hex: str, now: datetime) -> str:
    """Refuse a certificate that a list says is revoked.

    Args:
        token: the list.
        badge: the certificate.
        public_hex: of the platform's key.
        now: the present moment.

    Returns:
        Of when the list is.

    Raises:
        InvalidInput: ``receipt.bad_key``.
        IntegrityFailure: ``badge.revoked``, ``badge.other_list``, ``badge.list_malformed``,
            ``badge.list_of_another_time``: from before the certificate or after now,
            and those of `read_signed`.
    """
    said = read_signed(token, public_hex)
    try:
        bits = _bits(said, issuer_of(public_key(public_hex)))
        address, at = str(said["id"]), str(said["validFrom"])
        since = datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise IntegrityFailure("badge.list_malformed") from error
    if address != badge.status_list or not 0 <= badge.status_index < PLACES:
        raise IntegrityFailure("badge.other_list", address=badge.status_list[:200])
    if not badge.at <= since <= now:
        raise IntegrityFailure("badge.list_of_another_time", at=at)
    if bits[badge.status_index // 8] & (0x80 >> badge.status_index % 8):
        raise IntegrityFailure("badge.revoked")
    return at


def _bits(said: dict[str, Any], issuer: str) -> bytes:
    subject = said["credentialSubject"]
    packed = str(subject["encodedList"])
    right = (
        tuple(said["type"]) == TYPES
        and said["issuer"]["id"] == issuer
        and subject["statusPurpose"] == "revocation"
        and packed.startswith("u")
    )
    if not right:
        raise ValueError("no list of revoked certificates")
    raw = base64.urlsafe_b64decode(packed[1:] + "=" * (-len(packed[1:]) % 4))
    unpacker = zlib.decompressobj(wbits=31)
    bits = unpacker.decompress(raw, PLACES // 8 + 1)
    if len(bits) != PLACES // 8 or not unpacker.eof:
        raise ValueError("a list of another length")
    return bits
