"""Offering to confirm an act by signing in once more where somebody signs in.

Rules:

1. The form is kept as the offer is made, so that the moment of asking is the desk's own.
2. What was confirmed is sent by the browser that came back from the provider, and by no other with
   the same session: whoever stole that could have its owner confirm a form that is not theirs.
3. Of learning platforms (LTI) nothing of the kind can be asked: a launch says nothing of when its
   person signed in.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.domain.kept_acts import LIFE, KeptAct
from sandbox.domain.seats import Actor
from sandbox.kit.cookies import only_value
from sandbox.kit.errors import Conflict, NotAuthenticated, NotFound
from sandbox.services import kept_acts
from sandbox.services.lti import Lti
from sandbox.services.oidc import Oidc
from sandbox.store import Store
from sandbox.web.passkey_asking import Act
from sandbox.web.session import Sessions, StateCookie

KEPT: Final = "_kept"
CAME: Final = "synak_confirmed"
"""The cookie that says which form a browser came back for."""


@dataclass(frozen=True)
class Offer:
    """What a page offers.

    Attributes:
        ways: addresses that lead to providers, by what these are called.
        until: how long the form waits.
        act: the digest of what is confirmed, hex.
    """

    ways: Mapping[str, str]
    until: datetime
    act: str = ""


@dataclass(frozen=True)
class Form:
    """A form as it was sent: where to, what it says, its one-time key."""

    path: str
    fields: Mapping[str, str]
    key: str


@dataclass(frozen=True)
class Elsewhere:
    """Keeps, offers and checks.

    Attributes:
        store: has the links and what waits.
        sessions: seals.
        outside: providers, by name.
        lti: platforms, by name.
    """

    store: Store
    sessions: Sessions
    outside: Mapping[str, Oidc]
    lti: Mapping[str, Lti]

    def offer(
        self, act: Act, key: str | None, at: datetime, kept: KeptAct | None = None
    ) -> Offer | None:
        """The ways to confirm an act; None for whoever has no account with a provider.

        Args:
            act: the form, which is kept.
            key: the form's one-time key.
            at: now.
            kept: the same form where it is kept already.
        """
        names = self._of(act.actor)
        titles = {name: self.outside[name].provider.title for name in names if name in self.outside}
        if not titles:
            return None
        try:
            waits = kept if kept and kept.waits(at) else self._keep(act, key or "", at)
        except Conflict:
            return None  # signed out meanwhile
        ways = {title: f"/desk/confirm/{waits.id}/{name}" for name, title in titles.items()}
        return Offer(ways, waits.asked_at + LIFE, waits.digest)

    def platforms_alone(self, actor: Actor) -> tuple[str, ...]:
        """What the learning platforms are called of somebody who has no provider beside them."""
        names = self._of(actor)
        if any(name in self.outside for name in names):
            return ()
        return tuple(self.lti[name].platform.title for name in names if name in self.lti)

    def form(self, kept: KeptAct) -> Form:
        """What waits.

        Raises:
            NotFound: ``confirm.not_found``: it was sealed by a secret that is no more.
        """
        opened = self.sessions.unseal(kept.sealed)
        if opened is None:
            raise NotFound("confirm.not_found")
        return Form(*json.loads(opened))

    def came_back(self, kept: KeptAct, cookies: str) -> bool:
        """Whether the browser of a ``Cookie`` header came back from a provider for a form."""
        sealed = only_value(cookies, StateCookie.of(self.sessions, CAME).name)
        return self.sessions.unseal(sealed, LIFE) == f"{CAME} {kept.id}"

    def prove(self, act: Act, kept: str, cookies: str, at: datetime) -> Actor:
        """The actor as proved for this act; committed, so that the confirmation is used up.

        Raises:
            NotFound: ``confirm.not_found``.
            NotAuthenticated: ``confirm.*``.
            Conflict: ``confirm.used``.
        """
        with self.store.unit() as u:
            found = kept_acts.own(u, act.session.id_hash, kept, at=at)
            waits = found.confirmed_at is not None and found.used_at is None
            if waits and not self.came_back(found, cookies):
                raise NotAuthenticated("confirm.not_confirmed")
            actor = kept_acts.prove(
                u, act.actor, found, digest=act.digest.hex(), path=act.path, at=at
            )
            u.commit()
        return actor

    def _of(self, actor: Actor) -> tuple[str, ...]:
        if not self.outside and not self.lti:
            return ()
        with self.store.unit(read_only=True) as u:
            return tuple(each.provider for each in u.outside.of_accounts([actor.account]))

    def _keep(self, act: Act, key: str, at: datetime) -> KeptAct:
        sealed = self.sessions.seal(json.dumps([act.path, dict(act.fields), key]))
        digest, session = act.digest.hex(), act.session.id_hash
        kept = KeptAct(uuid.uuid4().hex, session, digest, sealed, at, int(time.time()))
        with self.store.unit() as u:
            kept_acts.keep(u, kept)
            u.commit()
        return kept
