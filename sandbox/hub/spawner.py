"""The spawner: asks the launcher, waits until the server answers.

Rules:

- The hub runs without privileges; only the launcher starts processes.
- Who may start which context is asked each time, before anything is started.
- ``start`` returns only when the server answers: the hub's own polling backs off for
  seconds.
- Limits of a permit's servers go along with each start, and with each look while it runs, so
  that changed conditions hold; a desk out of reach leaves the last ones as they are.
- A server outlives the hub: a restarted hub asks the launcher and finds it.
- A server that does not say that it holds the rule for unused workspaces is stopped by the hub
  (``sandbox.hub.backstop``).
- Whose turn has not come waits before ``start``, so that waiting is not counted as starting.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from jupyterhub.objects import Server
from jupyterhub.spawner import Spawner

from sandbox.domain.held_seats import Key
from sandbox.domain.server_limits import PERMIT
from sandbox.hub import queue_words
from sandbox.hub.backstop import Ear, aware, is_over
from sandbox.hub.contexts import HOME, Context, Contexts
from sandbox.hub.idle_rule import NO_RULE, REASONS, UNUSED, Rule
from sandbox.hub.launcher_client import LauncherClient
from sandbox.hub.scopes import server_scopes
from sandbox.hub.start_queue import StartQueue
from sandbox.hub.told import told
from sandbox.kit.errors import SynakError, Unavailable
from sandbox.locale import LANGUAGES, Language
from sandbox.toolchain.layout import Layout

_POLL = 0.1
_ASK_LAUNCHER_EACH = 10
_PATIENCE = 5.0
_TELL_EACH = 2.0
_TELL_ANYWAY = 5
"""After so many looks without news: a page that is gone is noticed by what it does not take."""
_START_PAGES = {"permit": "/lab/tree/trial.ipynb"}
"""Kind of context: the page its server opens with; ``/lab`` for the others."""


class ContextSpawner:
    """What every spawner here does, put before JupyterHub's: who may have it, whose turn it is.

    Attributes:
        contexts: who may work where; set by the hub's configuration.
        queue: who may start now; set by the hub's configuration.
        idle: when a server that nobody uses stops itself; set by the hub's configuration.
        spoken: the language of the page that shows the start, when there is one.
        ended: why the server stopped by itself, of ``idle_rule.REASONS``; kept with its record.
    """

    user: Any
    name: Any
    contexts: Contexts
    queue: StartQueue
    idle: Rule
    spoken: Language | None = None
    ended = ""
    log: Any
    orm_spawner: Any
    server: Any
    stop: Callable[[], Awaitable[None]]
    _begin: Callable[[Context], Awaitable[Any]]
    """Starts the server of an authorised context; wording of errors is the caller's affair."""
    _poll: Callable[[], Awaitable[int | None]]
    """How the server ended; None while it runs."""
    _outside = False
    _ear: Ear | None = None
    """Of a server that is looked after."""

    @property
    def context(self) -> str:
        """The name of the context; the server without a name is ``home``."""
        return str(self.name) or HOME

    def get_env(self) -> dict[str, str]:
        """The server's variables: the page it opens with, and the language, if a page asked."""
        env: dict[str, str] = super().get_env()  # type: ignore[misc]
        page = _START_PAGES.get(self.context.partition("-")[0], "/lab")
        spoken = self._spoken()
        language = {"SYNAK_LANGUAGE": spoken} if spoken else {}
        return {**env, **language, "JUPYTERHUB_DEFAULT_URL": page}

    def get_state(self) -> dict[str, Any]:
        """What is kept with the server's record, also while it does not run."""
        state: dict[str, Any] = super().get_state()  # type: ignore[misc]
        return {**state, "ended": self.ended} if self.ended else state

    async def poll(self) -> int | None:
        """How the server ended; None while it runs. What the code says is kept."""
        if self._outside:
            return 0  # nothing was started yet
        code = await self._poll()
        if code is None and await self._forgotten():
            self.log.warning("Server %s holds no rule and is not used; it stops", self.key)
            await self.stop()
            code = UNUSED
        self.ended = REASONS.get(code or 0, self.ended)
        return code

    async def _forgotten(self) -> bool:
        """Whether the hub ends the server, which it has not heard of for long."""
        at = datetime.now(UTC)
        if self._ear is None or not self._ear.asks(at):
            return False
        if await self._holds_rule():
            self._ear.heard = at
        active = aware(self.orm_spawner.last_activity)
        return is_over(self.idle, heard=self._ear.heard, active=active, at=at)

    async def _holds_rule(self) -> bool:
        """Whether the server says that it holds the rule for unused workspaces."""
        try:
            async with self._client() as client:
                answer = await client.get(f"{self.server.base_url}synak/rule")
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.NO_CONTENT

    def _client(self) -> httpx.AsyncClient:
        """For questions to the server itself."""
        return httpx.AsyncClient(base_url=self.server.host, timeout=_PATIENCE, trust_env=False)

    async def authorise(self) -> Context:
        """Refuse a context that is not this user's; the message reaches the person."""
        try:
            return await self.contexts.require(str(self.user.name), self.context)
        except SynakError as error:
            raise told(error, self._language()) from error

    def _language(self) -> Language:
        """The language of whoever looks on or asked; English for programs."""
        return self._spoken() or "en"

    def _spoken(self) -> Language | None:
        if self.spoken is not None:
            return self.spoken
        spoken = getattr(getattr(self, "handler", None), "language", None)
        return next((one for one in LANGUAGES if one == spoken), None)

    @property
    def key(self) -> Key:
        """Of this server in the queue."""
        return str(self.user.name), str(self.name)

    def news(self) -> dict[str, Any]:
        """What the waiting person is told; says that they are there. See ``queue_words``."""
        return queue_words.told(self.queue.place(self.key, seen=True), self._language())

    async def run_pre_spawn_hook(self) -> None:
        """Wait for the turn; whose context it is not need not wait to learn that."""
        self._outside = True
        if self.queue.busy:
            await self.authorise()
        try:
            await self.queue.turn(self.key)
        except SynakError as error:
            raise told(error, self._language()) from error
        self._outside = False

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """What the waiting person is told, whenever it changes."""
        before, silent = None, 0
        while True:
            now = self.news()
            silent = 0 if now != before or silent >= _TELL_ANYWAY else silent + 1
            if silent == 0:
                yield {**now, "message": " ".join(now["lines"])}
            before = now
            await asyncio.sleep(_TELL_EACH)

    def start_polling(self) -> None:
        """A server that is looked after has a seat; also one that a restarted hub finds."""
        self.queue.runs(self.key)
        self._ear = self._ear or Ear(datetime.now(UTC))
        super().start_polling()  # type: ignore[misc]

    def run_post_stop_hook(self) -> Any:
        """Free the seat."""
        self._ear = None
        self.queue.ended(self.key)
        return super().run_post_stop_hook()  # type: ignore[misc]

    async def start(self) -> Any:
        """Start the server and wait until it answers.

        Returns:
            Its address, as the hub takes it.

        Raises:
            Refused: ``hub.server_hours_used``.
            Unavailable: ``server.not_answering``, ``server.ended``, ``server.no_rule``,
                ``hub.limit_not_held``,
                ``hub.volume_busy``, ``hub.volume_damaged``, ``hub.volume_not_moved``.
        """
        self.ended = ""
        context: Context | None = None
        try:
            context = await self.authorise()
            address = await self._begin(context)
            self.queue.runs(self.key)
        except SynakError as error:
            raise told(error, self._language(), context) from error
        finally:
            self.queue.started(self.key)
        return address


class SynakSpawner(ContextSpawner, Spawner):  # type: ignore[misc]
    """Starts a user's server for one context through the launcher.

    Attributes:
        layout: paths of the install; set by the hub's configuration.
    """

    layout: Layout

    @property
    def server(self) -> Any:
        """The server's address: a unix socket, which the hub's database has no column for."""
        found = Spawner.server.fget(self)
        address = self._address()
        if found is not None and not found.connect_url.startswith(address):
            found.connect_url = address
        return found

    @server.setter
    def server(self, server: Server) -> None:
        Spawner.server.fset(self, server)

    def _socket(self) -> Path:
        return self.layout.server_socket(str(self.user.name), self.context)

    def _address(self) -> str:
        return f"http+unix://{quote(str(self._socket()), safe='')}"

    @property
    def _launcher(self) -> LauncherClient:
        return LauncherClient(self.layout.launcher_socket)

    @property
    def _patient(self) -> LauncherClient:
        """The same for a start, which may move a home onto a volume first."""
        return LauncherClient(self.layout.launcher_socket, self.start_timeout)

    async def _begin(self, context: Context) -> str:
        await self._patient.ask(
            "server.start",
            user=str(self.user.name),
            context=self.context,
            env={name: str(value) for name, value in self.get_env().items()},
            limits=dict(context.limits),
        )
        await self._until_it_answers()
        return self._address()

    def _client(self) -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport(uds=str(self._socket()))
        return httpx.AsyncClient(
            base_url="http://server", transport=transport, timeout=_PATIENCE, trust_env=False
        )

    async def _until_it_answers(self) -> None:
        deadline = time.monotonic() + self.start_timeout - 5
        url = f"{self.server.base_url}api"
        async with self._client() as client:
            tries = 0
            while time.monotonic() < deadline:
                try:
                    answer = await client.get(url)
                    if answer.status_code < 500:
                        return
                except httpx.HTTPError:
                    pass
                tries += 1
                if tries % _ASK_LAUNCHER_EACH == 0 and (code := await self.poll()) is not None:
                    no_rule = code == NO_RULE
                    raise Unavailable("server.no_rule" if no_rule else "server.ended", exit=code)
                await asyncio.sleep(_POLL)
        raise Unavailable("server.not_answering", seconds=self.start_timeout)

    async def stop(self, now: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Stop the server; its home stays."""
        await self._launcher.ask("server.stop", user=str(self.user.name), context=self.context)

    async def _poll(self) -> int | None:
        """How the server ended; None while it runs or while the launcher is out of reach."""
        try:
            answer = await self._launcher.ask(
                "server.poll",
                user=str(self.user.name),
                context=self.context,
                **await self._changed_limits(),
            )
        except Unavailable:
            return None
        code: int | None = answer["exit"]
        return code

    async def _changed_limits(self) -> dict[str, Any]:
        """The limits as they are now; nothing where the desk does not say."""
        if not self.context.startswith(PERMIT):
            return {}
        with contextlib.suppress(SynakError):
            found = await self.contexts.require(str(self.user.name), self.context)
            return {"limits": dict(found.limits)}
        return {}


def token_scopes(spawner: ContextSpawner) -> list[str]:
    """The scopes of a server's token, by its context."""
    return server_scopes(spawner.context)
