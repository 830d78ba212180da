"""Script that a student stores: in text cells, outputs, file names, error messages.

Formgrader is nbgrader's own code; it renders with its own template and the
``HTMLExporter`` of our configuration, so that is what is rendered here.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.server_extensions.formgrader.handlers import template_path
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from sandbox.toolchain.layout import CHECKOUT
from tests.attacks.markup import runnable

CONFIG = CHECKOUT / "hub_config" / "singleuser" / "nbgrader_config.py"
SCRIPTS = [
    "<script>window.opener.alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>click</a>",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt&colon;alert(1))",
    "[click](&#106;avascript:alert(1))",
    "[click](data:text/html,<script>alert(1)</script>)",
    "<javascript:alert(1)>",
    "[click][1]\n\n[1]: javascript:alert(1)",
    '![x](x" onerror="alert(1))',
    "`code` </code><script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
]


def formgrader(config) -> HTMLExporter:
    """The exporter as formgrader makes it: our configuration, its template."""
    config = config.copy()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [template_path]
    return HTMLExporter(config=config)


@pytest.fixture(scope="module")
def exporter():
    return formgrader(PyFileConfigLoader(CONFIG.name, path=str(CONFIG.parent)).load_config())


def body(exporter, cell) -> str:
    notebook = new_notebook(cells=[cell])
    notebook.metadata["language_info"] = {"name": "python"}
    about = ("assignment_id", "notebook_id", "submission_id", "student", "last_name", "first_name")
    resources = dict.fromkeys((*about, "base_url", "notebook_path"), "x")
    html, _ = exporter.from_notebook_node(notebook, {**resources, "index": 0, "total": 1})
    return html[html.index("<body") :]


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_in_a_text_cell_is_not_markup_for_the_teacher(exporter, script):
    assert runnable(body(exporter, new_markdown_cell(script))) == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_in_an_output_is_not_markup_for_the_teacher(exporter, script):
    shown = new_output("display_data", data={"text/html": script, "text/markdown": script})
    assert runnable(body(exporter, new_code_cell("x", outputs=[shown]))) == []


def test_text_and_its_code_stay_readable(exporter):
    html = body(exporter, new_markdown_cell("## Why\n\n`a < b` and **bold**\n\n```\nx < y\n```"))
    for wanted in ("Why</h2>", "a &lt; b", "<strong>bold</strong>", "x &lt; y"):
        assert wanted in html


def test_pictures_come_from_the_notebook_only(exporter):
    pasted = {"a.png": {"image/png": "iVBORw0KGgo="}}
    cell = new_markdown_cell("![mine](attachment:a.png)", attachments=pasted)
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in body(exporter, cell)
    assert "evil" not in body(exporter, new_markdown_cell("![x](http://evil/count.png)"))


def test_without_our_configuration_the_script_would_run():
    assert runnable(body(formgrader(Config()), new_markdown_cell(SCRIPTS[0])))


@pytest.mark.slow
def test_script_raised_as_an_error_reaches_the_feedback_as_text(grade):
    from sandbox.grading.feedback import FeedbackOf, render_feedback
    from tests.grading.test_feedback import AT, mark

    result = grade(f"def double(x):\n    raise ValueError({SCRIPTS[0]!r})", "")
    reason = result["notebooks"][0]["cells"][0]["reason"]
    assert reason["message"] == "", "of a hidden test nothing is told that the student raised"
    shown = mark(reason=reason | {"message": SCRIPTS[0]})
    page = render_feedback(FeedbackOf("Lab", "lira", AT), [shown], "en")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    for text in result["autograded"].values():
        nbformat.reads(text, as_version=4)


def test_configuration_is_where_the_servers_look():
    assert Path(CONFIG).is_file()
