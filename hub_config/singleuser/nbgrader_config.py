"""nbgrader in a course's server: exchange and executor are the platform's.

Whose server it is decides nothing here: the desk does, by the server's token.
"""

from __future__ import annotations

import os
from pathlib import Path

c = get_config()

exchange = "sandbox.hub.exchange"
c.ExchangeFactory.fetch_assignment = f"{exchange}.student.FetchAssignment"
c.ExchangeFactory.submit = f"{exchange}.student.Submit"
c.ExchangeFactory.fetch_feedback = f"{exchange}.student.FetchFeedback"
c.ExchangeFactory.list = f"{exchange}.listing.List"
c.ExchangeFactory.release_assignment = f"{exchange}.teacher.ReleaseAssignment"
c.ExchangeFactory.collect = f"{exchange}.teacher.Collect"
c.ExchangeFactory.release_feedback = f"{exchange}.teacher.ReleaseFeedback"
c.ExchangeFactory.exchange = f"{exchange}.base.HttpExchange"

c.Autograde.autograde_preprocessors = [
    f"{exchange}.execute.PlatformExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.OverwriteCells.add_missing_cells = True
# formgrader shows what students wrote: no script of theirs may run beside the teacher's session.
# Its template does not heed sanitize_html, so text passes a filter of ours.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {"markdown2html": f"{exchange}.clean.markdown_to_clean_html"}
c.HTMLExporter.preprocessors = [f"{exchange}.clean.CleanOutputs"]

context = os.environ.get("SYNAK_CONTEXT", "")
if context.startswith("course-"):
    course = context.removeprefix("course-")
    c.CourseDirectory.course_id = course
    # Also before the folder is there: a teacher's is made while the server starts.
    c.CourseDirectory.root = str(Path.home() / course)
