"""JupyterLab's assignment list, which says why something was refused, and nothing else.

nbgrader's own answers a refused hand-in with a Python traceback, which its dialog shows, and a
refused fetch with the list, as if it had been done. Here both answer the sentence alone; the
traceback of what nobody foresaw goes to the server's log. nbgrader's page shows the sentence: of a
hand-in in its dialog, of a fetch in place of the list.
"""

from __future__ import annotations

import json
from typing import Any, Final

from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError, ExchangeFactory
from nbgrader.server_extensions.assignment_list.handlers import (
    AssignmentList,
    BaseAssignmentHandler,
)
from tornado.routing import PathMatches, Rule
from tornado.web import authenticated

from sandbox.hub.exchange.refusals import Refusal, said

PLUGINS: Final = {
    "fetch": "FetchAssignment",
    "submit": "Submit",
    "fetch_feedback": "FetchFeedback",
}
"""What the page asks for, and the plugin that does it."""
Answer = dict[str, Any]


class Assignments(AssignmentList):  # type: ignore[misc]
    """nbgrader's lists, with acts that answer in words."""

    def act(self, action: str, course: str, assignment: str) -> Answer:
        """Do something with an assignment.

        Args:
            action: of `PLUGINS`.
            course: its name, as the page says it.
            assignment: its name, as the page says it.

        Returns:
            ``success``, and ``value`` with the sentence when it was refused.
        """
        with self.get_assignment_dir_config():
            try:
                self._start(PLUGINS[action], course, assignment)
            except ExchangeError as refused:
                title = refused.title if isinstance(refused, Refusal) else str(refused)
                return {"success": False, "value": title}
            except Exception:
                self.log.exception("%s of %s broke", action, assignment)
                return {"success": False, "value": said("exchange.broke")}
        return {"success": True}

    def _start(self, plugin: str, course: str, assignment: str) -> None:
        config = self.load_config()
        config.CourseDirectory.course_id = course
        config.CourseDirectory.assignment_id = assignment
        getattr(ExchangeFactory(config=config), plugin)(
            coursedir=CourseDirectory(config=config),
            authenticator=Authenticator(config=config),
            config=config,
        ).start()


class Act(BaseAssignmentHandler):  # type: ignore[misc]
    """What the page's buttons ask for."""

    @authenticated
    def post(self, action: str) -> None:
        """Do it; the list as it is then, or why not."""
        asked = self.get_json_body() or {}
        course, assignment = str(asked.get("course_id")), str(asked.get("assignment_id"))
        done = self.manager.act(action, course, assignment)
        if done["success"]:
            done = self.manager.list_assignments(course_id=course)
        self.finish(json.dumps(done))


def answer_in_words(server: Any) -> None:
    """Put this in the way of nbgrader's own.

    Args:
        server: Jupyter's, in which the assignment list was set up.
    """
    manager = Assignments(parent=server)
    manager.root_dir = server.root_dir
    server.web_app.settings["assignment_list_manager"] = manager
    actions = "|".join(PLUGINS)
    server.web_app.default_router.rules[:0] = [
        Rule(PathMatches(f"{server.base_url}assignments/(?P<action>{actions})"), Act),
    ]
