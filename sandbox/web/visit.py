"""One visit: who is reading, in which language, with which form; worked out before any page.

Numbered plan of a visit:

1. the language: cookie, else Accept-Language, else Kyrgyz;
2. the session, and every 60 s whether the hub still knows its token;
3. the actor: account, organisation and seats as the store has them now;
4. for a post: origin and fetch metadata (``guard``), then the form (``form_reading``), and when
   all of it is there, steps 2 and 3 once more: what counts is who that is, and what time it is,
   when the form has come, not when it began to come; then the form's token (``guard``);
5. a password that came along with an act of law is checked with the hub, a passkey's answer by
   ``passkey_asking``, a sign-in elsewhere by ``elsewhere``; where acts of law need a passkey, an
   earlier password counts for nothing.

Whatever the visit then writes, it writes as somebody whose session and seats are still the same:
that is looked at again as each writing unit of work begins.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Annotated, Final
from urllib.parse import quote

import anyio.to_thread
import structlog
from fastapi import Depends
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from sandbox.api.parts import DeskParts
from sandbox.domain.seats import Actor, Channel, Right, rights_of
from sandbox.kit.errors import NotAllowed, NotAuthenticated, SynakError, Unavailable
from sandbox.locale import Language, language
from sandbox.services import identity, notices
from sandbox.services.authorities import sight_changed
from sandbox.services.views import AccountView
from sandbox.store import UnitOfWork
from sandbox.store.desk_sessions import DeskSession
from sandbox.web.elsewhere import KEPT, Elsewhere
from sandbox.web.form_reading import read_form
from sandbox.web.guard import check_origin, check_token
from sandbox.web.passkey_asking import ANSWER, QUESTION, Act, Asking
from sandbox.web.session import HUB_RECHECK, Sessions

LANGUAGE_COOKIE: Final = "synak_language"
PASSWORD: Final = "_password"  # noqa: S105  a field's name
TURNS: Final = 4
"""Readers of live pages about whom the hub is asked at a time."""
LATE: Final = 30.0
"""Seconds by which that may be late, while it is under way."""
GRACE_SECONDS: Final = 300.0
"""How long pages stay readable while the hub is out of reach, after its last yes."""

log = structlog.get_logger("desk")


@dataclass(frozen=True)
class Visit:
    """A reader and what they sent.

    Attributes:
        request: the request itself.
        parts: what the desk is made of.
        lang: the reader's language.
        at: the present moment.
        session: None for a reader who is not signed in.
        actor: who that is to the services; None likewise.
        me: name, organisation, seats for display.
        unread: how many notices they have not read, counted up to 100.
        form: posted fields after all checks, without our own.
        key: the form's one-time key.
        upload: the file that came with the form, where a page takes one.
    """

    request: Request
    parts: DeskParts
    lang: Language
    at: datetime
    session: DeskSession | None = None
    actor: Actor | None = None
    me: AccountView | None = None
    unread: int = 0
    form: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    upload: UploadFile | None = None

    @property
    def here(self) -> str:
        """This page's own path; for a post, the page it came from."""
        if self.request.method not in ("GET", "HEAD"):
            return local_referrer(self.request)
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path

    @property
    def csrf(self) -> str:
        """The token for forms."""
        return self.session.csrf if self.session else ""

    @property
    def display_name(self) -> str:
        """How the reader is called."""
        return self.me.display_name if self.me else ""

    @property
    def request_id(self) -> str:
        """The id to quote when something went wrong."""
        return str(self.request.scope.get("state", {}).get("request_id", ""))

    @property
    def known(self) -> Actor:
        """The actor, for pages that need one.

        Raises:
            NotAuthenticated: ``session.needed``.
        """
        if self.actor is None:
            raise NotAuthenticated("session.needed")
        return self.actor

    def has(self, right: Right) -> bool:
        """Whether the reader's seats give a right."""
        return self.actor is not None and right in rights_of(self.actor.seats)


def act_of(visit: Visit) -> Act | None:
    """The form that a visit sends, as something that a passkey confirms."""
    if visit.actor is None or visit.session is None:
        return None
    return Act(visit.actor, visit.session, visit.request.url.path, visit.form)


class SignInNeeded(Exception):
    """Send the browser to sign in and back."""

    def __init__(self, here: str) -> None:
        super().__init__(here)
        self.location = f"/desk/sign-in?next={quote(here)}"


class PasswordNeeded(Exception):
    """Ask for the password, keeping every field of the form.

    Args:
        visit: with the form as posted.
        problem: why it is asked again, if it is.
    """

    def __init__(self, visit: Visit, problem: SynakError | None = None) -> None:
        super().__init__("password needed")
        self.visit = visit
        self.problem = problem


class Attempts:
    """Wrong passwords per account: five in a quarter of an hour, then no more until it passed."""

    LIMIT: Final = 5
    SPAN: Final = 900.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: dict[str, list[float]] = {}

    def reserve(self, account: str) -> float:
        """Count an attempt before its password is tried, so that parallel ones count as well.

        Returns:
            The attempt, for :meth:`give_back`.

        Raises:
            NotAllowed: ``login.too_many``.
        """
        now = self._clock()
        recent = [when for when in self._failed.get(account, ()) if when > now - self.SPAN]
        self._failed[account] = recent
        if len(recent) >= self.LIMIT:
            raise NotAllowed("login.too_many")
        recent.append(now)
        return now

    def give_back(self, account: str, attempt: float) -> None:
        """Forget an attempt whose password nobody looked at."""
        recent = self._failed.get(account, [])
        if attempt in recent:
            recent.remove(attempt)

    def passed(self, account: str) -> None:
        """Forget the wrong ones after a right one."""
        self._failed.pop(account, None)


class Reception:
    """Works out visits.

    Args:
        parts: what the desk is made of.
        sessions: who is signed in.
    """

    def __init__(self, parts: DeskParts, sessions: Sessions) -> None:
        self.parts = parts
        self.sessions = sessions
        self.asking = Asking(parts.store, sessions, parts.passkeys)
        self.attempts = Attempts()
        self._hub_said_yes: dict[str, float] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(TURNS)

    @property
    def elsewhere(self) -> Elsewhere:
        """Confirms acts by signing in once more at a provider."""
        parts = self.parts
        return Elsewhere(parts.store, self.sessions, parts.outside, parts.lti)

    async def visit(self, request: Request) -> Visit:
        """Steps 1 to 3."""
        at = self.parts.clock.now()
        cookies = request.headers.get("cookie", "")
        lang = language(
            request.headers.get("accept-language"), request.cookies.get(LANGUAGE_COOKIE)
        )
        visit = Visit(request, self.parts, lang, at)
        request.state.visit = visit
        session = await anyio.to_thread.run_sync(self.sessions.find, cookies, at)
        if session is None or not await self._hub_still_knows(session):
            return visit
        visit = await anyio.to_thread.run_sync(self._introduce, visit, session)
        request.state.visit = visit
        return visit

    async def still(self, visits: Sequence[Visit]) -> set[str]:
        """Which readers of live pages may go on reading, by the name of their session.

        Those whose session lives, whose account has the seats and the organisation it had when
        they came, whose authority still sees the files it saw, and whom the hub still knows: asked
        of the store for all of them at once.
        """
        sessions = await anyio.to_thread.run_sync(self._living, tuple(visits))
        known = await asyncio.gather(*(self._known_lately(each) for each in sessions))
        return {each.id_hash for each, yes in zip(sessions, known, strict=True) if yes}

    async def _known_lately(self, session: DeskSession) -> bool:
        """As ``_hub_still_knows``; asks in the background when it is not yet long due.

        So that the hub is asked about hundreds of readers one after another, while their news
        goes out. A heartbeat comes every 15 s, so nobody is left unasked for longer.
        """
        name = session.id_hash
        age = time.monotonic() - self._hub_said_yes.get(name, float("-inf"))
        if not HUB_RECHECK.total_seconds() <= age < HUB_RECHECK.total_seconds() + LATE:
            return await self._hub_still_knows(session)
        if name not in self._asking:
            self._asking[name] = task = asyncio.create_task(self._ask_hub(session))
            task.add_done_callback(lambda _: self._asking.pop(name, None))
        return True

    async def _ask_hub(self, session: DeskSession) -> None:
        async with self._turns:
            try:
                await self._hub_still_knows(session)
            except SynakError as error:
                log.warning("desk.live_reader_unknown", code=error.code)

    def _living(self, visits: Sequence[Visit]) -> list[DeskSession]:
        came = {visit.session.id_hash: visit for visit in visits if visit.session}
        living = self.sessions.living(list(came), self.parts.clock.now())
        with self.parts.store.unit(read_only=True) as u:
            accounts = u.accounts.named({each.account for each in living.values()})
            changed = sight_changed(
                u,
                {name: (came[name].known, came[name].at) for name in living},
                self.parts.clock.now(),
            )
        return [
            session
            for name, session in living.items()
            if (account := accounts.get(session.account)) is not None
            and frozenset(account.seats) == came[name].known.seats
            and account.org == came[name].known.org
            and name not in changed
        ]

    async def posted(self, request: Request, *, upload: int = 0) -> Visit:
        """Steps 1 to 5, for every request that changes something.

        Args:
            request: as it came.
            upload: bytes of the one file that the page takes; 0 for pages that take none.

        Raises:
            SignInNeeded: nobody was signed in.
            NotAuthenticated: ``session.ended`` while the form was under way.
        """
        visit = await self.visit(request)
        headers = request.headers
        check_origin(self.parts.public_url, headers.get("origin"), headers.get("sec-fetch-site"))
        if visit.session is None:
            raise SignInNeeded(local_referrer(request))
        form = await read_form(request, upload)
        visit = await self.visit(request)
        if visit.session is None:
            raise NotAuthenticated("session.ended")
        check_token(visit.session.csrf, _text(form, "_csrf"))
        fields = {
            name: value
            for name, value in form.items()
            if isinstance(value, str) and not name.startswith("_")
        }
        files = [each for each in form.values() if isinstance(each, UploadFile)]
        file = files[0] if files and files[0].filename else None
        visit = replace(visit, form=fields, key=_text(form, "_key") or None, upload=file)
        request.state.visit = visit
        password, answer, kept = (_text(form, name) for name in (PASSWORD, ANSWER, KEPT))
        if answer:
            sealed = _text(form, QUESTION) or ""
            way = partial(self.asking.prove, answer=answer, sealed=sealed)
            visit = await anyio.to_thread.run_sync(self._prove, visit, way)
        elif kept:
            cookies = headers.get("cookie", "")
            way = partial(self._prove_elsewhere, kept=kept, cookies=cookies)
            visit = await anyio.to_thread.run_sync(self._prove, visit, way)
        elif password is not None:
            visit = await self._reauthenticate(visit, password)
        request.state.visit = visit
        return visit

    def _prove_elsewhere(self, act: Act, *, kept: str, cookies: str, at: datetime) -> Actor:
        if not self.asking.password_will_do(act.actor.account, act.path):
            raise NotAllowed("passkey.needed")
        return self.elsewhere.prove(act, kept, cookies, at)

    def _prove(self, visit: Visit, prove: Callable[..., Actor]) -> Visit:
        """The visit with an actor who proved this one act, with a passkey or at a provider."""
        act = act_of(visit)
        if act is None:
            raise SignInNeeded("/desk/")
        try:
            actor = prove(act, at=visit.at)
        except SynakError as problem:
            log.warning("desk.not_proved", account=act.actor.account, code=problem.code)
            raise PasswordNeeded(visit, problem) from problem
        return replace(visit, actor=actor)

    def _introduce(self, visit: Visit, session: DeskSession) -> Visit:
        try:
            with self.parts.store.unit(read_only=True) as u:
                actor = identity.actor_of(
                    u,
                    session.account,
                    channel=Channel.BROWSER,
                    reauthenticated_at=None if self._passkeys_only else session.reauthenticated_at,
                    at=visit.at,
                )
                me = identity.me(u, actor)
                unread = notices.unread(u, actor)
        except (NotAllowed, NotAuthenticated):
            self.sessions.end(session)
            return replace(visit, session=None, actor=None, me=None, unread=0)
        store = self.parts.store.beginning_with(partial(_still, session, actor))
        parts = replace(self.parts, store=store)
        return replace(visit, parts=parts, session=session, actor=actor, me=me, unread=unread)

    @property
    def _passkeys_only(self) -> bool:
        return self.parts.passkeys is not None and self.parts.passkeys.only

    async def _hub_still_knows(self, session: DeskSession) -> bool:
        """Whether the hub's token behind a session still lives (asked every 60 s)."""
        now, name = time.monotonic(), session.id_hash
        last = self._hub_said_yes.get(name, float("-inf"))
        if now - last < HUB_RECHECK.total_seconds():
            return True
        token = self.sessions.unseal(session.hub_token_sealed)
        try:
            known = token is not None and await self._belongs_to(token, session.account)
        except Unavailable:
            if now - last > GRACE_SECONDS:
                raise
            return True
        if not known:
            self._hub_said_yes.pop(name, None)
            await anyio.to_thread.run_sync(self.sessions.end, session)
            return False
        if len(self._hub_said_yes) > 10_000:
            self._hub_said_yes.clear()
        self._hub_said_yes[name] = now
        return True

    async def _belongs_to(self, token: str, account: str) -> bool:
        try:
            return (await self.parts.hub.user_of(token)).name == account
        except NotAuthenticated:
            return False

    async def _reauthenticate(self, visit: Visit, password: str) -> Visit:
        session, actor = visit.session, visit.actor
        if session is None or actor is None:
            raise SignInNeeded("/desk/")
        account = session.account
        if self._passkeys_only:
            will_do, path = self.asking.password_will_do, visit.request.url.path
            if not await anyio.to_thread.run_sync(will_do, account, path):
                raise PasswordNeeded(visit, NotAllowed("passkey.needed"))
        try:
            attempt = self.attempts.reserve(account)
            try:
                await self.parts.hub.check_password(account, password)
            except (NotAllowed, Unavailable):
                self.attempts.give_back(account, attempt)
                raise
        except (NotAuthenticated, NotAllowed, Unavailable) as problem:
            log.warning("desk.reauthentication_failed", account=account, code=problem.code)
            raise PasswordNeeded(visit, problem) from problem
        self.attempts.passed(account)
        visit = replace(visit, at=self.parts.clock.now())
        if self._passkeys_only:
            return replace(visit, actor=replace(actor, reauthenticated_at=visit.at))
        session = await anyio.to_thread.run_sync(self.sessions.reauthenticated, session, visit.at)
        return await anyio.to_thread.run_sync(self._introduce, visit, session)


def _still(session: DeskSession, actor: Actor, u: UnitOfWork) -> None:
    """Refuse to write for somebody who was signed out or is no longer what they came as.

    Raises:
        NotAuthenticated: ``session.ended``, ``account.unknown``.
        Conflict: ``account.changed``.
    """
    identity.require_unchanged(u, actor)
    if u.sessions.find(session.id_hash) is None:
        raise NotAuthenticated("session.ended")


def local_referrer(request: Request) -> str:
    """The page of ours that the browser came from, for going back to it."""
    origin, _, path = request.headers.get("referer", "").partition("/desk/")
    return f"/desk/{path}" if origin and path else "/desk/"


def _text(form: FormData, name: str) -> str | None:
    value = form.get(name)
    return value if isinstance(value, str) else None


def _reception(request: Request) -> Reception:
    reception = request.app.state.reception
    assert isinstance(reception, Reception)
    return reception


async def anybody(request: Request) -> Visit:
    """A visit that needs nobody to be signed in."""
    return await _reception(request).visit(request)


async def signed_in(request: Request) -> Visit:
    """A visit of somebody who is signed in; others are sent to sign in."""
    visit = await _reception(request).visit(request)
    if visit.actor is None:
        raise SignInNeeded(visit.here)
    return visit


async def posted(request: Request) -> Visit:
    """A post of somebody who is signed in, checked."""
    visit = await _reception(request).posted(request)
    if visit.actor is None:
        raise SignInNeeded("/desk/")
    return visit


def uploader(size: int) -> Callable[[Request], AsyncIterator[Visit]]:
    """A post with one file of at most ``size`` bytes, checked as every post; closed at the end."""

    async def uploaded(request: Request) -> AsyncIterator[Visit]:
        visit = await _reception(request).posted(request, upload=size)
        if visit.actor is None:
            raise SignInNeeded("/desk/")
        try:
            yield visit
        finally:
            if visit.upload is not None:
                await visit.upload.close()

    return uploaded


Anybody = Annotated[Visit, Depends(anybody)]
Reader = Annotated[Visit, Depends(signed_in)]
Poster = Annotated[Visit, Depends(posted)]
