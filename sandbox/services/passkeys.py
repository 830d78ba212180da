"""Passkeys of an account: add, list, remove, and prove one act with one of them.

1. ``ask`` makes a challenge: random bytes and the digest of the act; the page seals it, and the
   session it is for, into the form.
2. The browser's authenticator verifies its user and signs it.
3. ``prove`` uses the challenge up, checks origin, relying party, user verification, signature and
   counter, and writes into the audit log which passkey stood for which act.

A proof stands for the request that brought it and no other. Rules: ``domain.passkeys``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from sandbox.domain.application import plain_text
from sandbox.domain.passkeys import (
    CHALLENGE_LIFE,
    LONGEST_NAME,
    MOST,
    NONCE_BYTES,
    Passkey,
    counter_grew,
)
from sandbox.domain.seats import Actor, require_just_proved
from sandbox.kit.errors import Conflict, InvalidInput, NotAuthenticated, NotFound
from sandbox.store import UnitOfWork

REQUIRED: Final = UserVerificationRequirement.REQUIRED
LONGEST_ANSWER: Final = 20_000


@dataclass(frozen=True)
class PasskeyView:
    """A passkey as its owner sees it."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class Question:
    """What the browser is asked, and what has to be kept until it answers.

    Attributes:
        options: for ``navigator.credentials``, binary values in base64url.
        challenge: to be sealed.
    """

    options: Mapping[str, Any]
    challenge: bytes


@dataclass(frozen=True)
class Given:
    """What a browser answered.

    Attributes:
        text: as sent, JSON.
        challenge: as it was sealed, for this session, lately.
        authority: the relying party.
    """

    text: str
    challenge: bytes
    authority: Authority


class Authority:
    """The relying party: for whom passkeys are made.

    Args:
        host: its id.
        origin: the one origin that answers come from.
        only: whether acts of law need a passkey.
    """

    def __init__(self, host: str, origin: str, *, only: bool = False) -> None:
        self.only = only
        self._server = Fido2Server(
            PublicKeyCredentialRpEntity(id=host, name="Synak"),
            verify_origin=lambda said: hmac.compare_digest(said.encode(), origin.encode()),
        )
        self._server.timeout = int(CHALLENGE_LIFE.total_seconds() * 1000)  # type: ignore[assignment]

    def ask(self, passkeys: tuple[Passkey, ...], digest: bytes) -> Question:
        """A challenge for one act.

        Args:
            passkeys: the account's.
            digest: of the act.
        """
        challenge = secrets.token_bytes(NONCE_BYTES) + digest
        options, _ = self._server.authenticate_begin(
            [_data(each) for each in passkeys], REQUIRED, challenge
        )
        return Question(dict(options), challenge)

    def ask_new(self, actor: Actor, name: str, passkeys: tuple[Passkey, ...]) -> Question:
        """A challenge for a new passkey; one that the account has already is not taken again."""
        challenge = secrets.token_bytes(NONCE_BYTES)
        handle = hashlib.sha256(f"synak account\x00{actor.account}".encode()).digest()
        options, _ = self._server.register_begin(
            PublicKeyCredentialUserEntity(id=handle, name=actor.account, display_name=name),
            [_data(each) for each in passkeys],
            ResidentKeyRequirement.PREFERRED,
            REQUIRED,
            challenge=challenge,
        )
        return Question(dict(options), challenge)

    def made(self, challenge: bytes, answer: Mapping[str, Any]) -> tuple[str, str, int]:
        """Check a new passkey: its id, its data, its counter.

        Raises:
            ValueError: not for us, or not verified.
        """
        found = self._server.register_complete(_state(challenge), answer)
        data = found.credential_data
        if data is None:
            raise ValueError("no credential")
        return _id(data.credential_id), bytes(data).hex(), found.counter

    def used(
        self, challenge: bytes, passkeys: tuple[Passkey, ...], answer: Mapping[str, Any]
    ) -> tuple[str, int]:
        """Check an answer: which passkey gave it, and where its counter stands.

        Raises:
            ValueError: not for us, not verified, or signed by no passkey of the account.
        """
        every = [_data(each) for each in passkeys]
        found = self._server.authenticate_complete(_state(challenge), every, answer)
        counter = AuthenticationResponse.from_dict(answer).response.authenticator_data.counter
        return _id(found.credential_id), counter


def list_passkeys(u: UnitOfWork, actor: Actor) -> tuple[PasskeyView, ...]:
    """The reader's own passkeys."""
    found = u.passkeys.of_account(actor.account)
    return tuple(PasskeyView(each.id, each.name, each.created_at, each.used_at) for each in found)


def add(u: UnitOfWork, actor: Actor, name: str, given: Given, *, at: datetime) -> PasskeyView:
    """Add a passkey of the reader's own.

    Raises:
        NotAuthenticated: ``seat.needs_reauthentication``; ``passkey.not_proved``.
        InvalidInput: ``text.*``.
        Conflict: ``passkey.too_many``, ``passkey.used_before``, ``passkey.there_already``.
    """
    require_just_proved(actor, at)
    title = plain_text("name", name, limit=LONGEST_NAME, name=True)
    if not title:
        raise InvalidInput("text.empty", field="name")
    if len(u.passkeys.of_account(actor.account)) >= MOST:
        raise Conflict("passkey.too_many", most=MOST)
    _use_up(u, given.challenge, at)
    try:
        passkey, data, counter = given.authority.made(given.challenge, _read(given.text))
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise NotAuthenticated("passkey.not_proved") from error
    if u.passkeys.find(passkey) is not None:
        raise Conflict("passkey.there_already")
    made = u.passkeys.add(Passkey(passkey, actor.account, title, data, counter, at))
    _say(u, "account.passkey_added", actor, made, at=at)
    return PasskeyView(made.id, made.name, made.created_at, None)


def remove(u: UnitOfWork, actor: Actor, passkey: str, *, at: datetime) -> None:
    """Take away a passkey of the reader's own.

    Raises:
        NotAuthenticated: ``seat.needs_reauthentication``.
        NotFound: ``passkey.not_found``, also when it is somebody else's.
    """
    require_just_proved(actor, at)
    found = u.passkeys.find(passkey[:64])
    if found is None or found.account != actor.account:
        raise NotFound("passkey.not_found", id=passkey[:64])
    u.passkeys.remove(found.id)
    _say(u, "account.passkey_removed", actor, found, at=at)


def forget_all(u: UnitOfWork, account: str, *, at: datetime) -> int:
    """Take away all passkeys of an account whose owner lost them; for the operator's command."""
    found = u.passkeys.of_account(account)
    for each in found:
        u.passkeys.remove(each.id)
    if found:
        u.audit.append(
            kind="account.passkeys_forgotten",
            actor="operator",
            subject=account,
            data={"passkeys": [each.id for each in found]},
            at=at,
        )
    return len(found)


def prove(
    u: UnitOfWork, actor: Actor, given: Given, *, digest: bytes, path: str, at: datetime
) -> Actor:
    """Prove one act.

    Args:
        u: a writing unit of work; the caller commits.
        actor: who is signed in.
        given: what the browser answered.
        digest: of the act that is asked for now.
        path: of that act, for the audit log.
        at: now.

    Returns:
        The actor, as somebody who proved just now who they are.

    Raises:
        NotAuthenticated: ``passkey.not_proved``; ``passkey.other_act`` when the form is not the
            one that the challenge was made for; ``passkey.copied``.
        Conflict: ``passkey.used_before``.
    """
    if not hmac.compare_digest(given.challenge[NONCE_BYTES:], digest):
        raise NotAuthenticated("passkey.other_act")
    _use_up(u, given.challenge, at)
    own = u.passkeys.of_account(actor.account)
    try:
        used, counter = given.authority.used(given.challenge, own, _read(given.text))
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise NotAuthenticated("passkey.not_proved") from error
    passkey = u.passkeys.get(used, lock=True)
    if not counter_grew(passkey.counter, counter):
        raise NotAuthenticated("passkey.copied", name=passkey.name)
    u.passkeys.save(replace(passkey, counter=counter, used_at=at))
    _say(u, "account.passkey_used", actor, passkey, at=at, path=path, act=digest.hex())
    return replace(actor, reauthenticated_at=at)


def _use_up(u: UnitOfWork, challenge: bytes, at: datetime) -> None:
    """Raises ``passkey.used_before`` for the second; a race ends in ``store.conflict``."""
    name = hashlib.sha256(challenge).hexdigest()
    if not u.passkeys.use_up(name, at, forget=at - 2 * CHALLENGE_LIFE):
        raise Conflict("passkey.used_before")


def _read(answer: str) -> Mapping[str, Any]:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("too long")
    try:
        found = json.loads(answer)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(found, dict):
        raise TypeError("not an object")
    return found


def _state(challenge: bytes) -> Mapping[str, Any]:
    return {"challenge": websafe_encode(challenge), "user_verification": REQUIRED}


def _data(passkey: Passkey) -> AttestedCredentialData:
    return AttestedCredentialData(bytes.fromhex(passkey.data))


def _id(credential: bytes) -> str:
    return hashlib.sha256(credential).hexdigest()


def _say(
    u: UnitOfWork, kind: str, actor: Actor, passkey: Passkey, *, at: datetime, **data: Any
) -> None:
    u.audit.append(
        kind=kind,
        actor=actor.account,
        subject=actor.account,
        data={"passkey": passkey.id, **data},
        at=at,
    )
