"""Stops a user's server that nobody uses, with a warning before; an extension of that server.

As long as a page is open JupyterLab asks for lists and writes its layout down, and the server's own
rule takes that for use: one forgotten page kept a seat for ever. Here use is

- a request that changes something and succeeds, such as a save, or that opens a page,
- what a kernel or a terminal does,
- keys and clicks in JupyterLab, and its button "Go on working": ``labextensions/synak-idle``.

What comes with the server's own token is a program's, which every cell can be, and no use.

The rules of time are in ``sandbox.hub.idle_rule``. Nothing is saved at the end, because pages save
what was changed every 10 seconds, and what they hold when they begin to warn.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.ioloop import PeriodicCallback

from sandbox.hub.idle_rule import EXIT_NOTE, RAN_TOO_LONG, UNUSED, Look, Rule, Watch
from sandbox.hub.idle_words import words

_LOOK_MS: Final = 5000
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FAILED: Final = 400
_NO_LOOK: Final = timedelta(minutes=5)
SETTING: Final = "synak_idle"
"""Of the web application: the server's `Idle`."""


class Idle:
    """Looks after one server.

    Args:
        server: the running server application.
        rule: when it ends.
    """

    def __init__(self, server: Any, rule: Rule) -> None:
        self._server = server
        self.watch = Watch(rule, datetime.now(UTC))
        self._looked = datetime.now(UTC)
        self._layout = url_path_join(server.base_url, "lab", "api", "")

    @property
    def holds(self) -> bool:
        """Whether the rule is looked at."""
        return datetime.now(UTC) - self._looked < _NO_LOOK

    def note(self, handler: web.RequestHandler) -> None:
        """A request has been answered: see whether a person made it."""
        request = handler.request
        changes = request.method not in _READS and not request.path.startswith(self._layout)
        opens = "text/html" in request.headers.get("Accept", "")
        known = getattr(handler, "_jupyter_current_user", None)  # of Jupyter's handlers alone
        person = known and not _is_programs(request)
        if person and (changes or opens) and handler.get_status() < _FAILED:
            self.watch.use(datetime.now(UTC))

    def look(self) -> Look:
        """How the server stands now."""
        kernels, settings = self._server.kernel_manager, self._server.web_app.settings
        active = [kernels.last_kernel_activity]
        if "terminal_last_activity" in settings:
            active.append(settings["terminal_last_activity"])
        computes = any(
            kernels.kernel_model(one)["execution_state"] == "busy"
            for one in kernels.list_kernel_ids()
        )
        terminals = getattr(settings.get("terminal_manager"), "terminals", {})
        runs = computes or any(_has_command(one.ptyproc) for one in terminals.values())
        return self.watch.look(datetime.now(UTC), max(active), runs=runs)

    def end_unused(self) -> None:
        """Stop the server when its time has come."""
        found = self.look()
        self._looked = datetime.now(UTC)
        if found.left == 0:
            self._server.log.warning("Nobody uses this server any more; it stops: %s", found)
            os.environ[EXIT_NOTE] = str(RAN_TOO_LONG if found.runs else UNUSED)
            self._server.stop()


def _is_programs(request: Any) -> bool:
    """Whether a request comes with the token that lies in the server's own variables."""
    own = os.environ.get("JUPYTERHUB_API_TOKEN", "")
    given = request.headers.get("Authorization", "").partition(" ")[2].strip()
    typed = [each.decode(errors="replace") for each in request.arguments.get("token", ())]
    return bool(own) and own in (given, *typed)


def _has_command(terminal: Any) -> bool:
    """Whether something else than the terminal's shell is in front."""
    try:
        return os.tcgetpgrp(terminal.fd) != int(terminal.pid)
    except (OSError, ValueError):
        return False  # it has just ended


class IdleHandler(APIHandler):
    """``/synak/idle``: how long until the end, in words; POST says that somebody is there."""

    @web.authenticated
    def get(self) -> None:
        """Seconds left, whether to warn, and the words for it."""
        idle: Idle = self.settings[SETTING]
        found = idle.look()
        told = words(found, idle.watch.rule, self.request.headers.get("Accept-Language"))
        self.finish(json.dumps({"left": found.left, "warns": found.warns, **told}))

    @web.authenticated
    def post(self) -> None:
        """Begin anew.

        Raises:
            HTTPError: 403, for a program.
        """
        if _is_programs(self.request):
            raise web.HTTPError(403)
        self.settings[SETTING].watch.use(datetime.now(UTC))
        self.get()


class RuleHandler(JupyterHandler):
    """``/synak/rule``: whether the rule is held here, for the hub; it tells nothing of anybody."""

    @allow_unauthenticated
    def get(self) -> None:
        """204: it is held. 503: nobody has looked for minutes."""
        self.set_status(204 if self.settings[SETTING].holds else 503)
        self.finish()


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Where Jupyter finds the extension."""
    return [{"module": "sandbox.hub.idle"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Look every few seconds, note each request, answer pages that ask."""
    settings = server.web_app.settings
    idle = settings[SETTING] = Idle(server, Rule.read(os.environ))
    told = settings["log_function"]

    def noted(handler: web.RequestHandler) -> None:
        idle.note(handler)
        told(handler)

    settings["log_function"] = noted
    base = url_path_join(settings["base_url"], "synak")
    handlers = [(f"{base}/idle", IdleHandler), (f"{base}/rule", RuleHandler)]
    server.web_app.add_handlers(".*$", handlers)
    PeriodicCallback(idle.end_unused, _LOOK_MS).start()
