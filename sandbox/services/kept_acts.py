"""Acts that are confirmed by signing in once more at a provider.

1. ``keep``: the form waits, sealed, in the session that sent it.
2. The person signs in at the provider, which is asked to forget that they are signed in there
   (``services.oidc``).
3. ``confirm``: the provider's word is of a sign-in after 1, and of the account's own person.
4. ``prove``: the same form comes once more from the same session, and is used up.

A proof stands for the request that brought it and no other. Rules: ``domain.kept_acts``.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import datetime

from sandbox.domain.kept_acts import KEPT, KeptAct
from sandbox.domain.outside_accounts import Outsider
from sandbox.domain.seats import Actor
from sandbox.kit.errors import Conflict, NotAllowed, NotAuthenticated, NotFound
from sandbox.store import UnitOfWork
from sandbox.store.outside_tables import KeptActs


def keep(u: UnitOfWork, kept: KeptAct) -> None:
    """Step 1.

    Raises:
        Conflict: ``store.conflict`` when the session ended meanwhile (from the unit of work).
    """
    KeptActs(u.session).keep(kept)


def own(u: UnitOfWork, session: str, kept: str, *, at: datetime) -> KeptAct:
    """A form that waits, or waited lately, in this very session; held by a writing unit.

    Raises:
        NotFound: ``confirm.not_found``.
    """
    found = KeptActs(u.session).find(kept[:32], lock=True)
    if found is None or found.session != session or at >= found.asked_at + KEPT:
        raise NotFound("confirm.not_found")
    return found


def confirm(
    u: UnitOfWork, actor: Actor, kept: KeptAct, outsider: Outsider, *, at: datetime
) -> None:
    """Step 3, after the token was checked. A second confirmation only lengthens the first.

    Raises:
        NotAllowed: ``confirm.another_person``.
        NotAuthenticated: ``confirm.too_late``: the form waited too long.
        Conflict: ``confirm.used``.
    """
    bound = u.outside.of(outsider.issuer, outsider.subject)
    if bound is None or bound.account != actor.account:
        raise NotAllowed("confirm.another_person")
    if kept.used_at is not None:
        raise Conflict("confirm.used")
    if not kept.waits(at):
        raise NotAuthenticated("confirm.too_late")
    KeptActs(u.session).confirm(kept.id, outsider.provider, at)


def prove(
    u: UnitOfWork, actor: Actor, kept: KeptAct, *, digest: str, path: str, at: datetime
) -> Actor:
    """Step 4. The caller commits before the act is done.

    Args:
        u: a writing unit of work.
        actor: who is signed in.
        kept: as :func:`own` found it in the same unit.
        digest: of the act that is asked for now, hex.
        path: of that act, for the audit log.
        at: now.

    Returns:
        The actor, as somebody who proved just now who they are.

    Raises:
        NotAuthenticated: ``confirm.other_act``, ``confirm.not_confirmed``, ``confirm.too_late``.
        Conflict: ``confirm.used``.
    """
    if not hmac.compare_digest(kept.digest, digest):
        raise NotAuthenticated("confirm.other_act")
    if kept.used_at is not None:
        raise Conflict("confirm.used")
    if kept.confirmed_at is None:
        raise NotAuthenticated("confirm.not_confirmed")
    if not kept.may_be_done(at):
        raise NotAuthenticated("confirm.too_late")
    if not KeptActs(u.session).use_up(kept.id, at):
        raise Conflict("confirm.used")
    u.audit.append(
        kind="account.confirmed_elsewhere",
        actor=actor.account,
        subject=actor.account,
        data={"provider": kept.provider, "path": path, "act": digest},
        at=at,
    )
    return replace(actor, reauthenticated_at=at)
