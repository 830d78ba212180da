"""Where formgrader's links lead: into JupyterLab, below the server's own address.

nbgrader's page script links to ``/tree/…``, ``/notebooks/…`` and ``/edit/…`` at the top of the
host, and means the classic interface. Here a server lies below ``/user/<name>/<context>/`` and
shows JupyterLab alone. So the script is served with links below the server's address, and those
addresses redirect to the same folder or file in JupyterLab.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_escape, url_path_join
from nbgrader.server_extensions.formgrader.handlers import static_path
from tornado.routing import PathMatches, Rule
from tornado.web import authenticated

CLASSIC: Final = ("tree", "notebooks", "edit")
"""The first words of the classic interface's addresses."""


class ToLab(JupyterHandler):
    """A classic address, as JupyterLab has it."""

    @authenticated
    def get(self, path: str) -> None:
        """Go on to the same folder or file."""
        self.redirect(url_escape(url_path_join(self.base_url, "lab/tree", path)))


class LinkScript(JupyterHandler):
    """nbgrader's script of links, with links below this server's address."""

    @authenticated
    def get(self) -> None:
        """The script."""
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        source = Path(static_path, "js", "utils.js").read_text("utf-8")
        self.finish(script(source, self.base_url))


def script(source: str, base: str) -> str:
    """The script with the links of a server.

    Args:
        source: as nbgrader has it.
        base: the server's address on its host, with a slash at both ends.

    >>> script('directory: "/tree/"', "/user/kanat/course/")
    'directory: "/user/kanat/course/tree/"'
    """
    for word in CLASSIC:
        source = source.replace(f'"/{word}/"', f'"{base}{word}/"')
    return source


def add_links(application: Any, base: str) -> None:
    """Put these handlers before nbgrader's.

    Args:
        application: the server's web application.
        base: the server's address on its host, with a slash at both ends.
    """
    words = "|".join(CLASSIC)
    application.default_router.rules[:0] = [
        Rule(PathMatches(f"{base}formgrader/static/js/utils.js"), LinkScript),
        Rule(PathMatches(f"{base}(?:{words})/(.*)"), ToLab),
    ]
