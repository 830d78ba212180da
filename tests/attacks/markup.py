"""What in a page could run: found by parsing, so that harmless text is not mistaken for it."""

from __future__ import annotations

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script = False

    def handle_starttag(self, tag, attrs):
        self._script = tag == "script"
        if tag in ("iframe", "object", "embed"):
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag):
        self._script = False

    def handle_data(self, data):
        if self._script and "alert(" in data:
            self.found.append(f"script {data[:60]}")


def runnable(html: str) -> list[str]:
    """Event handlers, javascript: links and scripts that call ``alert``, and frames.

    nbgrader's own page has handlers of its own; none of them calls ``alert``.
    """
    reader = _Reader()
    reader.feed(html)
    frames = ("iframe", "object", "embed")
    return [each for each in reader.found if "alert" in each or each in frames]
