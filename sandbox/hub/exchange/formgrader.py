"""formgrader without what lets others into a teacher's server.

Rules:

- The address of its first page may name a folder whose ``nbgrader_config.py``, a program, nbgrader
  then runs. A student may hand such a file in, and a link in any text leads there: the course's
  configuration is the only one, and what an address names is not heeded.
- Its pages write words of their address into their scripts as they are. An address with a letter
  that ends a text of a script or of a page leads nowhere, and templates escape.
- Its page of a submission loads MathJax from elsewhere into the teacher's session. Here nothing is
  loaded: formulas stand as they were written, as on the desk, and the page's own scripts find what
  they wait for.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import unquote

from jinja2 import DictLoader
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.httputil import HTTPServerRequest
from tornado.routing import Matcher, PathMatches, Rule
from tornado.web import HTTPError, authenticated

AS_WRITTEN: Final = """
{%- macro mathjax(url="") -%}
<script>var MathJax = {Hub: {Startup: {signal: {Interest: tell => tell("End")}}}};</script>
{%- endmacro %}
"""
"""In place of nbconvert's template of that name; the page asks it to say when it has ended."""
MARKUP: Final = re.compile(r"[\x00-\x1f\x7f\"'`<>&\\]|[\u2028\u2029]")


class FirstPage(JupyterHandler):
    """formgrader's first page, of this course whatever the address says."""

    @authenticated
    def get(self) -> None:
        """Go on to the course's assignments."""
        self.redirect(url_path_join(self.base_url, "formgrader", "manage_assignments"))


class Nowhere(JupyterHandler):
    """What is at no address."""

    @authenticated
    def get(self) -> None:
        """Refuse."""
        raise HTTPError(404)


class HoldsMarkup(Matcher):
    """Addresses of formgrader that hold markup.

    Args:
        start: what they begin with.
    """

    def __init__(self, start: str) -> None:
        self._start = start

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """Something, where the address is one of those."""
        ours = request.path.startswith(self._start)
        return {} if ours and MARKUP.search(unquote(request.path)) else None


def keep_to_itself(application: Any, base: str) -> None:
    """Put this in the way of nbgrader's own.

    Args:
        application: the server's web application, in which formgrader was set up.
        base: the server's address on its host, with a slash at both ends.
    """
    application.default_router.rules[:0] = [
        Rule(PathMatches(f"{base}formgrader/?"), FirstPage),
        Rule(HoldsMarkup(f"{base}formgrader/"), Nowhere),
    ]
    application.settings["nbgrader_jinja2_env"].autoescape = True
    application.settings["nbgrader_exporter"].extra_loaders = [
        DictLoader({"mathjax.html.j2": AS_WRITTEN})
    ]
