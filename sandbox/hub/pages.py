"""The hub's pages in three languages: its own handlers, given a language.

The hub has no translations. Every handler of its pages is subclassed, so that
templates know the reader's language and, on the home page, the contexts the reader
may work in. An authenticator may bring handlers, and they come before the hub's own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
from jupyterhub.handlers import base, login, pages
from jupyterhub.handlers.base import BaseHandler
from tornado import web
from tornado.httputil import url_concat

from sandbox.hub import idle_words
from sandbox.hub.contexts import Context, Contexts
from sandbox.hub.idle_rule import Rule
from sandbox.hub.start_queue import StartQueue
from sandbox.hub.told import told
from sandbox.kit.cookies import only_value
from sandbox.kit.errors import NotAllowed, NotAuthenticated, SynakError, Unavailable
from sandbox.kit.local import is_local
from sandbox.locale import LANGUAGES, Language, language, translator
from sandbox.locale.banners import warnings_of
from sandbox.locale.catalogue import NAMES

COOKIE = "synak_language"
_YEAR_DAYS = 365


class InLanguage:
    """Mixed into each handler: the reader's language, words, and contexts."""

    contexts: Contexts
    queue: StartQueue
    idle: Rule
    _found: list[Context] | None = None

    @property
    def language(self) -> Language:
        """The reader's language."""
        handler: Any = self
        chosen = handler.get_cookie(COOKIE)
        return language(handler.request.headers.get("Accept-Language"), chosen)

    async def prepare(self) -> None:
        """Before the home page: find the contexts. Before a start: refuse at once."""
        handler: Any = super()
        await handler.prepare()
        request: Any = self
        if request.current_user is None:
            return
        name = request.current_user.name
        if isinstance(self, pages.HomeHandler):
            with contextlib.suppress(Unavailable):
                self._found = await self.contexts.of(name)
        if isinstance(self, pages.SpawnHandler) and len(request.path_args) == 2:
            try:
                await self.contexts.require(name, request.path_args[1])
            except SynakError as error:
                raise told(error, self.language) from error
        if isinstance(self, pages.SpawnPendingHandler):
            _look_on(request.current_user, request.path_args, self.language)

    @property
    def template_namespace(self) -> dict[str, Any]:
        """What templates know."""
        handler: Any = super()
        known: dict[str, Any] = handler.template_namespace
        request: Any = self
        words = translator(self.language)
        return {
            **known,
            "_": words.gettext,
            "language": self.language,
            "languages": [(code, NAMES[code]) for code in LANGUAGES],
            "here": request.request.uri,
            "contexts": self._found,
            "why_stopped": self._why_stopped,
            **(self._waiting() if isinstance(self, pages.SpawnPendingHandler) else {}),
        }

    def _why_stopped(self, user: Any, name: str) -> str:
        """What the page says of a server that stopped by itself; nothing of others."""
        record = user.orm_spawners.get(name)
        reason = ((record and record.state) or {}).get("ended", "")
        return idle_words.why_stopped(reason, self.idle, self.language)

    def _waiting(self) -> dict[str, Any]:
        """For the page of a start: its address to look again, and whether the queue is gone.

        The address names the queue that the reader stood in; another one answers after a restart.
        """
        request: Any = self
        queued, wanted = (request.get_argument(name, "") for name in ("queued", "next"))
        kept = {"queued": self.queue.name} | ({"next": wanted} if wanted else {})
        return {
            "again": url_concat(request.request.path, kept),
            "queue_gone": bool(queued) and queued != self.queue.name,
        }


def _look_on(user: Any, path: list[str], spoken: Language) -> None:
    """Tell one's own server who looks on, and in which language.

    The hub forgets a named server that it found stopped when it was restarted, and then says that
    there is none; its files are there, so the page says that it does not run.
    """
    owner, name = (*path, "")[:2]
    if owner == user.name and (not name or name in user.orm_spawners):
        user.spawners[name].spoken = spoken


def page_variables(
    *, development: bool, isolation: str, default: str, providers: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    """What templates know on every page, also those outside the localised handlers.

    Args:
        development: whether the install is one.
        isolation: what was found, a value of ``Isolation``.
        default: the language of first contact.
        providers: outside ones that people may sign in with: name and title.
    """
    words = translator(default)
    return {
        "_": lambda _user: words.gettext,  # the hub calls callables with the user
        "language": default,
        "languages": [(code, NAMES[code]) for code in LANGUAGES],
        "here": "/hub/home",
        "contexts": None,
        "providers": providers,
        "banners": warnings_of(development=development, isolation=isolation),
    }


class LanguageHandler(BaseHandler):  # type: ignore[misc]
    """``/hub/language/<code>``: remember the language and go back."""

    def get(self, code: str) -> None:
        """Set the cookie that the desk reads too."""
        if code not in LANGUAGES:
            raise web.HTTPError(404)
        self.set_cookie(
            COOKIE, code, expires_days=_YEAR_DAYS, path="/", httponly=True, samesite="lax"
        )
        wanted = self.get_argument("next", self.hub.base_url)
        self.redirect(wanted if is_local(wanted) else self.hub.base_url)


class Arrived(dict[str, str]):
    """Whom the desk sent: no form that is posted is of this kind."""


class ArrivalHandler(InLanguage, BaseHandler):  # type: ignore[misc]
    """``/hub/outside``: sign in whom the desk's ticket stands for; the ticket is in a cookie."""

    secure = False

    async def get(self) -> None:
        """Sign in, and go on.

        A session of another account is never changed for this one.
        """
        name = "__Host-synak_arrival" if self.secure else "synak_arrival"
        ticket = only_value(self.request.headers.get("Cookie", ""), name)
        self.clear_cookie(name, path="/" if self.secure else "/hub/", secure=self.secure)
        try:
            account = await self.contexts.came(ticket) if ticket else None
            if account is None:
                raise NotAuthenticated("outside.ticket")
            present = self.current_user
            if present is not None and present.name != account:
                raise NotAllowed("login.other_account", account=present.name)
        except SynakError as error:
            raise told(error, self.language) from error
        user = await self.login_user(Arrived(username=account))
        if user is None:
            raise told(NotAllowed("outside.closed"), self.language)
        self.redirect(self.get_next_url(user))


class LeaveQueueHandler(BaseHandler):  # type: ignore[misc]
    """``/hub/leave-queue/<server>``: give up one's own place."""

    queue: StartQueue

    @web.authenticated
    def post(self, name: str) -> None:
        """Leave, or do nothing where nobody waits, and go to the workspaces."""
        self.queue.leave((self.current_user.name, name))
        self.redirect(f"{self.hub.base_url}home")


def handlers(
    contexts: Contexts, queue: StartQueue, idle: Rule, *, secure: bool = False
) -> list[tuple[str, type]]:
    """The hub's page handlers in the reader's language.

    Args:
        contexts: asked for the home page, and whom a ticket stands for.
        queue: before the servers.
        idle: when a server that nobody uses stops itself.
        secure: whether the site is on https.
    """
    arrival = type("Arrival", (ArrivalHandler,), {"contexts": contexts, "secure": secure})
    leave = type("LeaveQueue", (LeaveQueueHandler,), {"queue": queue})
    out: list[tuple[str, type]] = [
        (r"/language/([a-z]{2})", LanguageHandler),
        (r"/outside", arrival),
        (r"/leave-queue/([^/]*)", leave),
    ]
    for pattern, handler, *_ in (
        *login.default_handlers,
        *pages.default_handlers,
        *base.default_handlers,
    ):
        known = {"contexts": contexts, "queue": queue, "idle": idle}
        localised = type(handler.__name__, (InLanguage, handler), known)
        out.append((pattern, localised))
    return out


def no_such_page() -> list[tuple[str, type]]:
    """What answers where no handler does, in the reader's language.

    The hub's own patterns that come after it, the logo and the API, are left out.
    """
    localised = type("NoSuchPage", (InLanguage, base.Template404), {})
    return [(r"/(?!api/|logo$|static/).*", localised)]


class DeskAuthenticator(SharedPasswordAuthenticator):  # type: ignore[misc]
    """Who signs in: demo accounts by one shared password, people of class lists by their own.

    Rules:

    - The shared password opens the accounts on the list that the hub read when it started, and no
      other; everybody else's password is checked by the desk, which counts the tries. The list is
      our own: the hub adds to ``allowed_users`` whoever has ever signed in.
    - Who comes from an outside provider was named by the desk, whose ticket the browser brought.
    - Whom the desk knows no more comes in no more.
    - The groups are the desk's answer at every sign-in and every refresh: nobody at the hub, and
      no service, may change them.
    """

    contexts: Contexts
    queue: StartQueue
    idle: Rule
    shared: frozenset[str] = frozenset()
    secure = False
    manage_groups = True

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        """The account and its groups, or None."""
        name = self.normalize_username(data.get("username", ""))
        try:
            if isinstance(data, Arrived):
                right = True
            elif name in self.shared:
                right = await super().authenticate(handler, data) is not None
            else:
                right = await self.contexts.opens(name, data.get("password", ""))
            groups = await self.contexts.groups_of(name) if right else None
        except Unavailable as error:
            raise told(error, language(None, None)) from error
        return None if groups is None else {"name": name, "groups": groups}

    async def check_allowed(self, username: str, authentication: Any = None) -> bool:  # noqa: ARG002
        """Whether an account is active at the desk; not now while the desk is away."""
        try:
            return await self.contexts.knows(username)
        except Unavailable as error:
            raise told(error, language(None, None)) from error

    async def refresh_user(self, user: Any, handler: Any = None) -> Any:  # noqa: ARG002
        """The groups as they are now; False for whom the desk knows no more."""
        try:
            groups = await self.contexts.groups_of(user.name)
        except Unavailable:
            return True
        return False if groups is None else {"name": user.name, "groups": groups}

    def get_handlers(self, app: Any) -> list[tuple[str, type]]:
        """The localised pages before the hub's own."""
        own: list[tuple[str, type]] = super().get_handlers(app)
        return [*handlers(self.contexts, self.queue, self.idle, secure=self.secure), *own]
