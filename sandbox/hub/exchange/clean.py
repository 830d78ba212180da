"""Showing teachers what students wrote, so that none of it can run or call home.

formgrader's template turns text cells into HTML without cleaning them. These two take
part in nbconvert's own way, by ``c.HTMLExporter.filters`` and ``.preprocessors``:

- text cells become HTML and then pass an allow-list: no script, no handler, no frame,
  links to the web only, pictures only from the notebook itself;
- outputs keep plain text and pictures; HTML in them is escaped where it is not plain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import nh3
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors.sanitize import SanitizeHTML

_PICTURE: Final = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]*")
_renderer: Callable[..., Any] = IPythonRenderer
_markdown: Callable[..., Any] = MarkdownWithMath


@pass_context
def markdown_to_clean_html(context: Context, source: str) -> str:
    """The filter ``markdown2html``, cleaned.

    Args:
        context: of the template; names the cell and with it pasted pictures.
        source: Markdown.
    """
    cell = context.get("cell", {})
    attachments = cell.get("attachments", {}) if isinstance(cell, Mapping) else {}
    renderer = _renderer(escape=True, attachments=attachments, exclude_anchor_links=True)
    return clean(str(_markdown(renderer=renderer).render(source)))


def clean(html: str) -> str:
    """HTML without anything that could run or load.

    Args:
        html: from anybody.

    >>> clean('<p onclick=x><a href="javascript:alert(1)">a</a><img src="//evil/x.png"></p>')
    '<p><a rel="noopener noreferrer">a</a><img></p>'
    """
    return nh3.clean(
        html, url_schemes={"http", "https", "mailto", "data"}, attribute_filter=_attribute
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Pictures from the notebook only; ``data:`` nowhere else."""
    if tag == "img" and name == "src":
        return value if _PICTURE.fullmatch(value) else None
    if value.strip().lower().startswith("data:"):
        return None
    return value


class CleanOutputs(SanitizeHTML):
    """Cleans outputs and raw cells; text cells are cleaned by the filter."""

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Clean one cell.

        Args:
            cell: of the notebook.
            resources: passed on.
            cell_index: its place.
        """
        if cell.cell_type == "markdown":
            return cell, resources
        clean_cell: Callable[..., tuple[Any, Any]] = super().preprocess_cell
        return clean_cell(cell, resources, cell_index)
