"""Script that a student stores: in text cells, outputs, file names, error messages.

Formgrader is nbgrader's own code; it renders with the ``HTMLExporter`` of our
configuration, so that is what is rendered here.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config.loader import PyFileConfigLoader

from sandbox.toolchain.layout import CHECKOUT
from tests.attacks.markup import runnable

CONFIG = CHECKOUT / "hub_config" / "singleuser" / "nbgrader_config.py"
SCRIPTS = [
    "<script>window.opener.alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>click</a>",
    "[click](javascript:alert(1))",
    "<svg onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
]


@pytest.fixture(scope="module")
def exporter():
    config = PyFileConfigLoader(CONFIG.name, path=str(CONFIG.parent)).load_config()
    assert config.HTMLExporter.sanitize_html is True
    return HTMLExporter(config=config)


def body(exporter, cell) -> str:
    html, _ = exporter.from_notebook_node(new_notebook(cells=[cell]))
    return html[html.index("<body") :]


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_in_a_text_cell_is_not_markup_for_the_teacher(exporter, script):
    assert runnable(body(exporter, new_markdown_cell(script))) == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_in_an_output_is_not_markup_for_the_teacher(exporter, script):
    shown = new_output("display_data", data={"text/html": script, "text/markdown": script})
    assert runnable(body(exporter, new_code_cell("x", outputs=[shown]))) == []


def test_without_our_configuration_the_script_would_run():
    html, _ = HTMLExporter().from_notebook_node(new_notebook(cells=[new_markdown_cell(SCRIPTS[0])]))
    assert runnable(html)


@pytest.mark.slow
def test_script_raised_as_an_error_reaches_the_feedback_as_text(grade):
    from sandbox.grading.feedback import FeedbackOf, render_feedback
    from tests.grading.test_feedback import AT, mark

    result = grade(f"def double(x):\n    raise ValueError({SCRIPTS[0]!r})", "")
    reason = result["notebooks"][0]["cells"][0]["reason"]
    assert reason["message"] == SCRIPTS[0]
    page = render_feedback(FeedbackOf("Lab", "lira", AT), [mark(reason=reason)], "en")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    for text in result["autograded"].values():
        nbformat.reads(text, as_version=4)


def test_configuration_is_where_the_servers_look():
    assert Path(CONFIG).is_file()
