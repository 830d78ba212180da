"""Runs a user's server under the platform's rules, or not at all.

Rules:

- The server reads configuration from where the platform keeps it, and from nowhere else: a file
  ``nbgrader_config.py`` in a home is a program, and would run in the server itself. What nbgrader
  is told by a file ``nbgrader_config.json`` is data, and is heeded.
- A server that cannot hold the rule for unused workspaces ends at its start, with a message and a
  code that the hub knows.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final, NoReturn

from jupyter_core.paths import jupyter_config_path
from jupyterhub.singleuser.extension import JupyterHubSingleUser
from traitlets.config.application import Application
from traitlets.config.loader import PyFileConfigLoader

from sandbox.hub.idle import SETTING
from sandbox.hub.idle_rule import NO_RULE, Rule


class PlatformsPrograms(PyFileConfigLoader):
    """Runs configuration that is a program only where the platform keeps it."""

    places: Final = frozenset(Path(each).resolve() for each in jupyter_config_path())

    def _read_file_as_dict(self) -> None:
        if Path(self.full_filename).resolve().parent in self.places:
            super()._read_file_as_dict()
        else:
            _say(f"{self.full_filename} is a program and is not run; write a .json file instead.")


def serve() -> None:
    """Start, and run until the end."""
    try:
        Rule.read(os.environ)
    except (KeyError, ValueError) as error:
        _end(f"its limits cannot be read: {error!r}")
    Application.python_config_loader_class = PlatformsPrograms
    server = JupyterHubSingleUser.initialize_server(argv=sys.argv[1:])
    if SETTING not in server.web_app.settings:
        _end("its extension sandbox.hub.idle was not loaded, see above")
    server.start()


def _end(why: str) -> NoReturn:
    _say(f"This server does not start, as it cannot hold the rule for unused workspaces: {why}.")
    sys.exit(NO_RULE)


def _say(what: str) -> None:
    """Write into the server's log, which may not be set up yet."""
    sys.stderr.write(f"{what}\n")
