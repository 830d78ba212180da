"""Every message that pages (desk and hub) and mail hold, found by Babel's own extractors."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel.messages.extract import extract_from_dir

ROOT = Path(__file__).resolve().parents[2]
PLACES = (
    *("sandbox/web", "sandbox/hub", "sandbox/locale", "sandbox/services", "hub_config"),
    *("sandbox/forensics",),
)
TEMPLATES = {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true", "silent": "false"}


@cache
def messages() -> frozenset[str]:
    """Message ids in templates and code; read once."""
    found = set()
    for place in PLACES:
        for _file, _line, message, _comments, _context in extract_from_dir(
            str(ROOT / place),
            method_map=[("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")],
            options_map={"**.html": TEMPLATES},
            keywords={"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)},
        ):
            found.add(message if isinstance(message, str) else message[0])
    return frozenset(message for message in found if message)
