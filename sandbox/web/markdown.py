r"""Markdown of a course as HTML that can neither run nor load anything.

Rules:

1. What comes from here is escaped by the renderer and then passes nh3's list: two mistakes are
   needed for a tag of an author to survive. Tags in the source stand as text.
2. Pictures only from the page's own addresses, given to ``picture:<name>``; others are left out.
3. Headings begin at the third level: the page has its title, and its sections have theirs.
4. What may be wider than a phone (tables, code) scrolls by itself, and by keyboard.

>>> html("A `key`<script>", str)
Markup('<p>A <code>key</code>&lt;script&gt;</p>')
>>> inline("1. Who *signs* `x`?")
Markup('1. Who <em>signs</em> <code>x</code>?')
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any, Final

import mistune
import mistune.plugins
import nh3
from markupsafe import Markup

from sandbox.grading.lessons import PICTURE

_INLINE: Final = {"a", "strong", "em", "del", "code", "br", "img", "span"}
_TAGS: Final = _INLINE | {
    *("p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr", "pre", "div"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES: Final = {
    "a": {"href"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "pre": {"tabindex", "class"},
    "div": {"tabindex", "class"},
    "span": {"class"},
    "th": {"scope"},
}
Address = Callable[[str], str]


class _Renderer(mistune.HTMLRenderer):
    """HTML for a page of the desk.

    Args:
        address: the name of a picture to its address.
    """

    def __init__(self, address: Address) -> None:
        super().__init__(escape=True)
        self._address = address

    def heading(self, text: str, level: int, **_attributes: Any) -> str:
        """A heading below the page's own."""
        place = min(6, max(3, level))
        return f"<h{place}>{text}</h{place}>\n"

    def block_code(self, code: str, info: str | None = None) -> str:  # noqa: ARG002
        """Code or a drawing, which scrolls by itself."""
        return _scrolling(code.rstrip())

    def image(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
        """A picture of the lesson, which opens by itself to be enlarged; of others the words."""
        said, name = escape(text), url.removeprefix(PICTURE)
        if not url.startswith(PICTURE) or not name:
            return f"<em>{said}</em>"
        where = escape(self._address(name))
        return f'<a href="{where}"><img src="{where}" alt="{said}"></a>'


def html(source: str, address: Address) -> Markup:
    """Markdown as HTML.

    Args:
        source: of an author.
        address: the name of a picture to its address on the desk.
    """
    made = mistune.create_markdown(
        renderer=_Renderer(address), plugins=["table", "strikethrough", "math", _Wide()]
    )(source)
    return _clean(str(made), _TAGS)


def inline(source: str) -> Markup:
    """One line of Markdown as HTML, without a paragraph round it."""
    renderer = _Renderer(lambda _name: "")
    words = mistune.InlineParser()(" ".join(source.split()), {})
    made = renderer.render_tokens(words, mistune.BlockState())
    return _clean(made, _INLINE - {"img"})


def _clean(made: str, tags: set[str]) -> Markup:
    cleaned = nh3.clean(
        made, tags=tags, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto"}
    )
    return Markup(cleaned.strip())  # noqa: S704  cleaned above


class _Wide(mistune.plugins.Plugin):
    """Tables that scroll by themselves; formulas as they were written."""

    def __call__(self, md: mistune.Markdown) -> None:
        """Take part in a renderer."""
        assert isinstance(md.renderer, _Renderer)
        for name, render in (
            ("table", _table),
            ("block_math", _formula),
            ("inline_math", _in_line),
        ):
            md.renderer.register(name, render)


def _table(_renderer: Any, text: str) -> str:
    return f'<div class="table-wrap" tabindex="0"><table>{text}</table></div>\n'


def _formula(_renderer: Any, text: str) -> str:
    return _scrolling(text.strip())


def _in_line(_renderer: Any, text: str) -> str:
    return f'<span class="mono">{escape(text, quote=False)}</span>'


def _scrolling(text: str) -> str:
    return f'<pre class="code" tabindex="0"><code>{escape(text, quote=False)}</code></pre>\n'
