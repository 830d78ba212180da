"""Asking the browser for a passkey, in the form that is to be confirmed.

Rules:

1. What has to be kept until the answer comes is sealed into the form: challenge, session, moment.
   Nothing is written down before a passkey was really used.
2. The answer counts for the same form, in the same session, for ``CHALLENGE_LIFE``.
3. Where acts of law need a passkey, the password does for adding the first one and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.domain.passkeys import CHALLENGE_LIFE, act_digest
from sandbox.domain.seats import Actor
from sandbox.kit.errors import NotAuthenticated
from sandbox.services import passkeys
from sandbox.services.passkeys import Authority, Given, Question
from sandbox.store import Store
from sandbox.store.desk_sessions import DeskSession
from sandbox.web.session import Sessions

ANSWER: Final = "_passkey"
QUESTION: Final = "_question"
ADD: Final = "/desk/me/passkeys"


@dataclass(frozen=True)
class Asked:
    """What a page needs to ask for a passkey: options for the browser (JSON), and what is sealed.

    Attributes:
        act: the digest of what is confirmed, hex; empty for a new passkey.
    """

    options: str
    sealed: str
    act: str = ""


@dataclass(frozen=True)
class Act:
    """A form that is to be confirmed: who sends it, in which session, where to, what it says."""

    actor: Actor
    session: DeskSession
    path: str
    fields: Mapping[str, str]

    @property
    def digest(self) -> bytes:
        """Of account, path and fields."""
        return act_digest(self.actor.account, self.path, self.fields)


@dataclass(frozen=True)
class Asking:
    """Asks and checks.

    Attributes:
        store: has the passkeys.
        sessions: seals.
        authority: None where no passkeys are made.
    """

    store: Store
    sessions: Sessions
    authority: Authority | None

    def ask(self, act: Act, at: datetime) -> Asked | None:
        """The question that a form is confirmed by; None for whoever has no passkey."""
        if self.authority is None:
            return None
        with self.store.unit(read_only=True) as u:
            own = u.passkeys.of_account(act.actor.account)
        if not own:
            return None
        found = self.authority.ask(own, act.digest)
        return self._asked(found, act.session, at, act.digest.hex())

    def ask_new(self, actor: Actor, session: DeskSession, name: str, at: datetime) -> Asked | None:
        """The question that makes a new passkey."""
        if self.authority is None:
            return None
        with self.store.unit(read_only=True) as u:
            own = u.passkeys.of_account(actor.account)
        return self._asked(self.authority.ask_new(actor, name, own), session, at)

    def prove(self, act: Act, answer: str, sealed: str, at: datetime) -> Actor:
        """The actor as proved for this act; committed, so that the challenge is used up.

        Raises:
            NotAuthenticated: ``passkey.*``.
            Conflict: ``passkey.used_before``.
        """
        given = self.given(act.session, answer, sealed, at)
        with self.store.unit() as u:
            actor = passkeys.prove(u, act.actor, given, digest=act.digest, path=act.path, at=at)
            u.commit()
        return actor

    def given(self, session: DeskSession, answer: str, sealed: str, at: datetime) -> Given:
        """What was answered to a question of this session, lately.

        Raises:
            NotAuthenticated: ``passkey.too_late``.
        """
        opened = self.sessions.unseal(sealed)
        kept, challenge, moment = json.loads(opened) if opened else ("", "", "")
        if self.authority is None or kept != session.id_hash:
            raise NotAuthenticated("passkey.too_late")
        if (
            not datetime.fromisoformat(moment)
            <= at
            <= datetime.fromisoformat(moment) + (CHALLENGE_LIFE)
        ):
            raise NotAuthenticated("passkey.too_late")
        return Given(answer, bytes.fromhex(challenge), self.authority)

    def password_will_do(self, account: str, path: str) -> bool:
        """Whether a password confirms an act."""
        if self.authority is None or not self.authority.only:
            return True
        with self.store.unit(read_only=True) as u:
            return path == ADD and not u.passkeys.of_account(account)

    def _asked(self, found: Question, session: DeskSession, at: datetime, act: str = "") -> Asked:
        kept = json.dumps([session.id_hash, found.challenge.hex(), at.isoformat()])
        return Asked(json.dumps(found.options), self.sessions.seal(kept), act)
