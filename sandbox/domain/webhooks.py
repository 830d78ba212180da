"""Webhooks: which address may be told, of what, how it is signed and how long it is tried.

Rules:

1. An organisation's address hears of an entry of the audit log exactly when somebody of that
   organisation who manages its webhooks is told of it: ``domain.notices`` and ``domain.sight``
   decide, there is no second table.
2. What is sent says what happened to which file, the same in every language; reasons and
   conditions are read at the desk, behind its own rights.
3. Only https; in development http to this machine itself, but not to the install's own ports, where
   proxy, hub and gateway answer. No name and password in an address.
4. Nothing is sent to an address that is not public: private, loopback, link-local, shared,
   reserved, multicast, and what carries another address inside. Source: RFC 6890, RFC 4291.
5. Signed by the Standard Webhooks scheme: ``v1,`` and the base64 of HMAC-SHA256 over
   ``id.timestamp.body``; for a day after a change of the secret also with the one before.
6. Events of one address go in order. What fails is tried again after a growing pause; after three
   days the address is set aside, and those who manage it are told.

Source: Standard Webhooks, specification 1.0 (headers, signature, 410 ends it, 2xx is success).

>>> key = read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
>>> signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from sandbox.domain.notices import TOLD
from sandbox.domain.seats import FileSeat
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName, OrgId

VERSION: Final = 1
"""Of what is sent; a change that breaks readers gets another."""
TEST: Final = "webhook.test"
"""The kind of an event that only shows that the address works."""
PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
"""Standard Webhooks wants 24 to 64."""
OVERLAP: Final = timedelta(days=1)
"""How long what is sent is signed with the secret before as well."""
TOLERANCE: Final = timedelta(minutes=5)
"""How far a receiver lets the time of a message be from its own. Source: Standard Webhooks."""
GIVE_UP_AFTER: Final = timedelta(days=3)
KEPT: Final = timedelta(days=30)
"""How long events and tries are kept, sent or not."""
MOST_OF_ONE: Final = 5
"""Addresses of one organisation."""
LONGEST_URL: Final = 500
HEAD_KEPT: Final = 1000
"""Characters of an answer's beginning that the log keeps."""
_FIRST: Final = 10.0
_LONGEST: Final = 6 * 3600.0
_PORTS: Final = frozenset({80, 443}) | frozenset(range(1024, 65536))
_INSIDE: Final = tuple(
    ipaddress.ip_network(each)
    for each in (
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "2002::/16",  # 6to4
        "2001::/32",  # Teredo
        "::/96",
        "192.88.99.0/24",
        "fec0::/10",
    )
)
"""Addresses that carry another one inside, or are reserved without saying so."""

_FIRMS: Final = frozenset({FileSeat.APPLICANT, FileSeat.SPONSOR})
KINDS: Final[tuple[str, ...]] = tuple(kind for kind, seats in TOLD.items() if seats & _FIRMS)
"""The kinds that firms are told of at all, in the order of the table of notices."""


class EndpointState(StrEnum):
    """Whether an address is told."""

    ON = "on"
    PAUSED = "paused"
    SET_ASIDE = "set_aside"


class Outcome(StrEnum):
    """What became of one try."""

    TAKEN = "taken"
    REJECTED = "rejected"
    GONE = "gone"
    TOO_SLOW = "too_slow"
    OUT_OF_REACH = "out_of_reach"
    NOT_PUBLIC = "not_public"
    NO_TLS = "no_tls"
    NO_ANSWER = "no_answer"
    NOT_SIGNED = "not_signed"


@dataclass(frozen=True)
class Endpoint:
    """An address that an organisation wants to be told at.

    Attributes:
        kinds: only these; all that the organisation is told of when empty.
        secret: sealed.
        previous: the secret before, sealed, good until ``previous_until``.
        changed_at: when the state changed last.
    """

    id: str
    org: OrgId
    url: str
    kinds: tuple[str, ...]
    state: EndpointState
    secret: str
    created_by: AccountName
    created_at: datetime
    changed_at: datetime
    previous: str | None = None
    previous_until: datetime | None = None
    revision: int = 1

    @property
    def host(self) -> str:
        """The host's name: what may be said of an address where others read."""
        return urlsplit(self.url).hostname or ""

    def wants(self, kind: str) -> bool:
        """Whether it was chosen to be told of a kind."""
        return not self.kinds or kind in self.kinds


@dataclass(frozen=True)
class Event:
    """One thing one address is told.

    Attributes:
        seq: its place among what this address is told, from 1.
        id: the ``webhook-id``: the same at each try, so that a receiver knows a second copy.
        body: the JSON that is sent, to the byte.
        next_at: when to try (again) while it waits.
        failing_since: when the first try failed.
        again_at: when somebody asked to have it sent again.
    """

    id: str
    endpoint: str
    seq: int
    kind: str
    body: str
    created_at: datetime
    next_at: datetime
    attempts: int = 0
    failing_since: datetime | None = None
    taken_at: datetime | None = None
    again_at: datetime | None = None


@dataclass(frozen=True)
class Attempt:
    """One try.

    Attributes:
        seq: its place among the tries of this address, from 1.
        milliseconds: how long it took.
        status: of the answer, when there was one.
        head: the beginning of the answer, made printable.
        by_hand: whether somebody asked for it.
    """

    endpoint: str
    seq: int
    event: str
    kind: str
    at: datetime
    milliseconds: int
    outcome: Outcome
    status: int | None = None
    head: str = ""
    by_hand: bool = False


@dataclass(frozen=True)
class Told:
    """What happened, as far as an address is told of it.

    Attributes:
        kind: of the audit entry.
        at: when it happened.
        entry: the audit entry's number, for its proof of inclusion.
        file: the permit file.
        permit: the permit's number, once there is one.
        title: the product, as it was called then.
    """

    kind: str
    at: datetime
    entry: int | None = None
    file: str | None = None
    permit: str | None = None
    title: str = ""


def payload(told: Told, seq: int) -> dict[str, Any]:
    """What is sent: no words of any language beside the product's own name.

    Args:
        told: what happened.
        seq: its place among what this address is told, so that a receiver sees order and gaps.
    """
    return {
        "type": told.kind,
        "version": VERSION,
        "timestamp": told.at.isoformat().replace("+00:00", "Z"),
        "data": {
            "sequence": seq,
            "file": told.file,
            "permit": told.permit,
            "title": told.title,
            "audit_entry": told.entry,
        },
    }


def read_url(text: str, *, loopback: bool, own: range = range(0)) -> str:
    """An address as typed, if it may be one.

    Args:
        text: what was typed.
        loopback: whether http to this machine is allowed.
        own: ports of this machine that are the install's own and are never told.

    Raises:
        InvalidInput: ``webhook.url_malformed``, ``webhook.url_not_https``,
            ``webhook.url_not_public``, ``webhook.url_own``.
    """
    tidy = text.strip()
    found = _parts(tidy)
    host = found.hostname or ""
    here = host == "localhost" or _is_loopback(host)
    if found.scheme != "https" and not (loopback and found.scheme == "http" and here):
        raise InvalidInput("webhook.url_not_https")
    if (here or _is_private(host)) and not (loopback and here):
        raise InvalidInput("webhook.url_not_public")
    if here and found.port in own:
        raise InvalidInput("webhook.url_own")
    return tidy


def _parts(tidy: str) -> SplitResult:
    plain = tidy.isascii() and tidy.isprintable() and not set(tidy) & set(' \\"<>^`{|}')
    try:
        found = urlsplit(tidy)
        port = found.port
    except ValueError:
        raise InvalidInput("webhook.url_malformed") from None
    wrong = (
        not plain
        or len(tidy) > LONGEST_URL
        or not found.hostname
        or "@" in found.netloc
        or "#" in tidy
        or (port is not None and port not in _PORTS)
    )
    if wrong:
        raise InvalidInput("webhook.url_malformed")
    return found


def is_public(address: str) -> bool:
    """Whether an IP address is one that anybody on the internet may have.

    >>> is_public("93.184.215.14"), is_public("10.0.0.1"), is_public("169.254.169.254")
    (True, False, False)
    >>> is_public("::ffff:127.0.0.1"), is_public("64:ff9b::7f00:1"), is_public("fe80::1%eth0")
    (False, False, False)
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(found, "ipv4_mapped", None)
    if inner is not None:
        found = inner
    hidden = any(found.version == net.version and found in net for net in _INSIDE)
    return found.is_global and not found.is_multicast and not found.is_reserved and not hidden


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_private(host: str) -> bool:
    """Whether a host is written as an address that is not public; names are looked up later."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.endswith((".localhost", ".local", ".internal")) or "." not in host
    return not is_public(host)


def read_kinds(wanted: Iterable[str]) -> tuple[str, ...]:
    """The kinds that were chosen, in the table's order.

    Raises:
        InvalidInput: ``webhook.kind_unknown``.
    """
    chosen = set(wanted)
    unknown = sorted(chosen - set(KINDS))
    if unknown:
        raise InvalidInput("webhook.kind_unknown", kind=unknown[0][:60])
    return tuple(kind for kind in KINDS if kind in chosen)


def written_secret(raw: bytes) -> str:
    """A secret as it is handed out."""
    return PREFIX + base64.b64encode(raw).decode("ascii")


def read_secret(text: str) -> bytes:
    """The key of a secret that was handed out.

    Raises:
        InvalidInput: ``webhook.secret_malformed``.
    """
    try:
        raw = base64.b64decode(text.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not 24 <= len(raw) <= 64:
        raise InvalidInput("webhook.secret_malformed")
    return raw


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature of a message.

    Args:
        key: the secret's bytes.
        message_id: the ``webhook-id``.
        timestamp: the ``webhook-timestamp``, whole seconds.
        body: as sent, to the byte.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, sha256).digest()).decode("ascii")


def headers(keys: Iterable[bytes], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a message, signed with each key that is good."""
    timestamp = int(at.timestamp())
    signed = " ".join(signature(key, message_id, timestamp, body) for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signed,
    }


def verify(secret: str, said: Mapping[str, str], body: bytes, *, at: datetime) -> None:
    """Check that a message was signed with a secret, lately.

    Args:
        secret: ``whsec_…``.
        said: the request's headers, by names in any case.
        body: as received, to the byte.
        at: the receiver's own time.

    Raises:
        InvalidInput: ``webhook.not_signed``, ``webhook.too_old``, ``webhook.secret_malformed``.
    """
    key = read_secret(secret)
    small = {name.lower(): value for name, value in said.items()}
    message_id, moment = small.get("webhook-id", ""), small.get("webhook-timestamp", "")
    if not message_id or not is_digits(moment) or len(moment) > 12:
        raise InvalidInput("webhook.not_signed")
    if abs(at.timestamp() - int(moment)) > TOLERANCE.total_seconds():
        raise InvalidInput("webhook.too_old", minutes=TOLERANCE.seconds // 60)
    right = signature(key, message_id, int(moment), body).encode()
    given = small.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(right, each.encode("utf-8", "replace")) for each in given):
        raise InvalidInput("webhook.not_signed")


def pause_after(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many failed tries.

    Args:
        attempts: failed so far, >= 1.
        chance: 0 to 1, spreads the pauses by a fifth either way.

    >>> [pause_after(n, 0.5).total_seconds() for n in (1, 2, 5, 9, 40)]
    [10.0, 30.0, 810.0, 21600.0, 21600.0]
    """
    seconds = min(_LONGEST, _FIRST * 3.0 ** min(attempts - 1, 12))
    return timedelta(seconds=seconds * (0.8 + 0.4 * chance))


def printable_head(answer: bytes) -> str:
    r"""The beginning of an answer as text that can do nothing: no control characters.

    >>> printable_head(b"HTTP/1.1 200 OK\r\n\r\n\x1b[31m\x00")
    'HTTP/1.1 200 OK\n\n·[31m·'
    """
    text = answer.decode("utf-8", "replace").replace("\r\n", "\n")
    return "".join(c if c.isprintable() or c == "\n" else "·" for c in text)[:HEAD_KEPT]
